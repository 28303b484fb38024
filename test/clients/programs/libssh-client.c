/*
 * A customer's program on libssh: PORT LOGIN KEY KNOWN_HOSTS MODE [COMMAND...]
 *
 *   exec      one command without a pty; stdin until its end, exit status
 *   terminal  a command, or a shell, on a pty of this terminal's size
 *   rekey     as exec, asking for new keys after each 64 KiB
 *   channels  a channel for each command on one connection, all open before the first is read
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <libssh/libssh.h>

static volatile sig_atomic_t resized;
static struct termios saved;
static int raw;

static void on_resize(int number) {
  (void)number;
  resized = 1;
}

static void restore(void) {
  if (raw) tcsetattr(0, TCSADRAIN, &saved);
}

static void fail(ssh_session session, const char *what) {
  fprintf(stderr, "libssh-client: %s: %s\n", what, session ? ssh_get_error(session) : "");
  exit(255);
}

static void window(int *columns, int *rows) {
  struct winsize size;
  *columns = 80;
  *rows = 24;
  if (ioctl(0, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    *columns = size.ws_col;
    *rows = size.ws_row;
  }
}

static void write_all(int file, const char *data, int length) {
  while (length > 0) {
    ssize_t done = write(file, data, (size_t)length);
    if (done < 0 && errno != EINTR) exit(255);
    if (done > 0) {
      data += done;
      length -= (int)done;
    }
  }
}

/* @returns whether anything was received */
static int pump_out(ssh_session session, ssh_channel channel, int is_stderr) {
  char buffer[16384];
  int length = ssh_channel_read_nonblocking(channel, buffer, sizeof buffer, is_stderr);
  if (length == SSH_ERROR) fail(session, "read");
  if (length > 0) write_all(is_stderr ? 2 : 1, buffer, length);
  return length > 0;
}

static ssh_channel open_channel(ssh_session session) {
  ssh_channel channel = ssh_channel_new(session);
  if (channel == NULL || ssh_channel_open_session(channel) != SSH_OK) fail(session, "channel");
  return channel;
}

static int talk(ssh_session session, ssh_channel channel) {
  char buffer[16384];
  int reading = 1;
  while (!ssh_channel_is_eof(channel) || ssh_channel_poll(channel, 0) > 0) {
    int came;
    if (resized) {
      int columns, rows;
      resized = 0;
      window(&columns, &rows);
      ssh_channel_change_pty_size(channel, columns, rows);
    }
    came = pump_out(session, channel, 0) | pump_out(session, channel, 1);
    if (came) continue;
    /* Read stdin only while the server has room: a write would wait, and nobody would read meanwhile. */
    int room = reading && ssh_channel_window_size(channel) > 0;
    struct pollfd files[2] = {{ssh_get_fd(session), POLLIN, 0}, {room ? 0 : -1, POLLIN, 0}};
    if (poll(files, 2, 1000) < 0) continue;
    if (files[1].revents != 0) {
      size_t most = ssh_channel_window_size(channel);
      ssize_t length = read(0, buffer, most < sizeof buffer ? most : sizeof buffer);
      if (length > 0) {
        if (ssh_channel_write(channel, buffer, (uint32_t)length) != length) fail(session, "write");
      } else if (length == 0) {
        reading = 0;
        ssh_channel_send_eof(channel);
      }
    }
  }
  return ssh_channel_get_exit_status(channel);
}

int main(int count, char **given) {
  int port, columns, rows, status = 0;
  const char *mode;
  if (count < 6) fail(NULL, "PORT LOGIN KEY KNOWN_HOSTS MODE [COMMAND...]");
  port = atoi(given[1]);
  mode = given[5];
  ssh_session session = ssh_new();
  ssh_key key = NULL;
  int no = 0;
  uint64_t rekey = 65536;
  ssh_options_set(session, SSH_OPTIONS_HOST, "127.0.0.1");
  ssh_options_set(session, SSH_OPTIONS_PORT, &port);
  ssh_options_set(session, SSH_OPTIONS_USER, given[2]);
  ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, given[4]);
  ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
  ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
  if (strcmp(mode, "rekey") == 0) ssh_options_set(session, SSH_OPTIONS_REKEY_DATA, &rekey);
  if (strcmp(mode, "rekey") == 0) ssh_set_log_level(SSH_LOG_PACKET);
  if (ssh_connect(session) != SSH_OK) fail(session, "connect");
  if (ssh_session_is_known_server(session) != SSH_KNOWN_HOSTS_OK) fail(session, "host key");
  if (ssh_pki_import_privkey_file(given[3], NULL, NULL, NULL, &key) != SSH_OK) fail(session, "key");
  char certificate[4096];
  ssh_key certified = NULL;
  snprintf(certificate, sizeof certificate, "%s-cert.pub", given[3]);
  if (ssh_pki_import_cert_file(certificate, &certified) == SSH_OK &&
      ssh_pki_copy_cert_to_privkey(certified, key) != SSH_OK)
    fail(session, "certificate");
  // As libssh's tutorial does. It reads then which signatures the server takes, and needs that for RSA keys.
  if (ssh_userauth_none(session, NULL) != SSH_AUTH_DENIED) fail(session, "methods");
  if (ssh_userauth_publickey(session, NULL, key) != SSH_AUTH_SUCCESS) fail(session, "login");
  if (strcmp(mode, "channels") == 0) {
    ssh_channel channels[16];
    int at, channel_count = count - 6 < 16 ? count - 6 : 16;
    for (at = 0; at < channel_count; at += 1) channels[at] = open_channel(session);
    for (at = 0; at < channel_count; at += 1)
      if (ssh_channel_request_exec(channels[at], given[6 + at]) != SSH_OK) fail(session, "exec");
    for (at = 0; at < channel_count; at += 1) {
      char buffer[4096];
      int length, each;
      while ((length = ssh_channel_read(channels[at], buffer, sizeof buffer, 0)) > 0) write_all(1, buffer, length);
      each = ssh_channel_get_exit_status(channels[at]);
      if (each != 0) status = each;
    }
    return status;
  }
  ssh_channel channel = open_channel(session);
  if (strcmp(mode, "terminal") == 0) {
    const char *term = getenv("TERM");
    struct sigaction action = {.sa_handler = on_resize};
    window(&columns, &rows);
    if (ssh_channel_request_pty_size(channel, term ? term : "xterm", columns, rows) != SSH_OK) fail(session, "pty");
    sigaction(SIGWINCH, &action, NULL);
    if (tcgetattr(0, &saved) == 0) {
      struct termios now = saved;
      cfmakeraw(&now);
      raw = 1;
      atexit(restore);
      tcsetattr(0, TCSANOW, &now);
    }
  }
  if ((count > 6 ? ssh_channel_request_exec(channel, given[6]) : ssh_channel_request_shell(channel)) != SSH_OK)
    fail(session, "exec");
  status = talk(session, channel);
  ssh_disconnect(session);
  return status < 0 ? 255 : status;
}
