/*
 * A program of the simulated Xen: a copy of it stands in HOST/bin under the name of each tool, such as `xl`. It passes
 * its arguments to the process that answers for the host (tools-process.ts), and starts that one when it does not run.
 * To start Node.js for each command would take fifty times as long. Here is what needs a process of the caller's own:
 * its output, its terminal, and that somebody may stop or kill it. The frames are described in caller.ts.
 */
#include "tool.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

/* `Ctrl-]`: it ends the console only when it is read alone. */
#define ESCAPE 0x1d
/* xenconsole reads its keyboard in pieces of this many bytes. */
#define READ_SIZE 60
#define MOST_FRAME (64 * 1024 * 1024)
/* How long a console that is being left waits for the rest of what the guest said. */
#define LEAVING_MS 1000
/* What a shell shows for a program that nobody reads any more. */
#define NOBODY_READS 141

char host[PATH_MAX], *tool;
static int server = -1, has_joined;
static volatile int console = -1;
/* What was typed and not sent yet. */
static char typed[16 * 1024];
static size_t typed_bytes;
static struct termios before;
static volatile sig_atomic_t is_raw;
/* Whether this console is being left, and the signal that it ends by, if one came. */
static volatile sig_atomic_t is_leaving, dies_of;

static void restore_terminal(void) {
  if (is_raw) tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
  is_raw = 0;
}

static void die_of(int number) {
  restore_terminal();
  signal(number, SIG_DFL);
  raise(number);
}

/*
 * What the guest said and nobody has read belongs to the next client, as with xenconsole, which reads a terminal. Here
 * the rest would go with the socket. So this client shows all up to the end that the domain then makes, and goes.
 */
static void begin_to_leave(void) {
  is_leaving = 1;
  shutdown(console, SHUT_WR);
}

static void on_signal(int number) {
  if (console < 0 || dies_of != 0) die_of(number);
  dies_of = number;
  begin_to_leave();
}

static _Noreturn void end(int status) {
  restore_terminal();
  _exit(status);
}

void fail(const char *what) {
  dprintf(STDERR_FILENO, "%s (simulated): %s: %s\n", tool, what, strerror(errno));
  end(1);
}

static void write_all(int descriptor, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(descriptor, bytes, count);
    if (written > 0) {
      bytes += written;
      count -= (size_t)written;
    } else if (errno == EAGAIN) {
      poll(&(struct pollfd){.fd = descriptor, .events = POLLOUT}, 1, -1);
    } else if (errno != EINTR) {
      end(NOBODY_READS);
    }
  }
}

static void send_all(const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = send(server, bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) fail("the simulated host has gone");
    if (sent > 0) {
      bytes += sent;
      count -= (size_t)sent;
    }
  }
}

static void receive_all(char *bytes, size_t count) {
  while (count > 0) {
    ssize_t received = recv(server, bytes, count, 0);
    if (received == 0) errno = ECONNRESET;
    if (received == 0 || (received < 0 && errno != EINTR)) fail("the simulated host has gone");
    if (received > 0) {
      bytes += received;
      count -= (size_t)received;
    }
  }
}

/* A length, and texts that each end with a zero byte. */
static void send_request(int count, char **arguments) {
  char directory[PATH_MAX], process[16];
  const char *stops = getenv("XL_SIMULATOR_MIGRATION_STOPS");
  if (getcwd(directory, sizeof directory) == NULL) strcpy(directory, "/");
  snprintf(process, sizeof process, "%d", (int)getpid());
  const char *own[] = {tool, process, directory, stops == NULL ? "" : stops};
  size_t length = 4;
  for (int at = 0; at < 4; at++) length += strlen(own[at]) + 1;
  for (int at = 1; at < count; at++) length += strlen(arguments[at]) + 1;
  char *request = malloc(length), *next = request + 4;
  if (request == NULL) fail("request");
  *(uint32_t *)(void *)request = (uint32_t)length - 4;
  for (int at = 0; at < 4; at++) next = stpcpy(next, own[at]) + 1;
  for (int at = 1; at < count; at++) next = stpcpy(next, arguments[at]) + 1;
  send_all(request, length);
  free(request);
}

static void make_raw(void) {
  if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0) return;
  struct termios raw = before;
  cfmakeraw(&raw);
  is_raw = 1;
  for (const int *each = (int[]){SIGHUP, SIGINT, SIGTERM, 0}; *each != 0; each++) signal(*each, on_signal);
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

/*
 * @param frame three texts: the socket of the domain, what to ask it, and the line that lets this process in
 */
static void join(char *frame) {
  char *ask = frame + strlen(frame) + 1, *welcome = ask + strlen(ask) + 1, reply[256];
  size_t count = 0;
  console = connect_to(frame);
  if (console >= 0) {
    dprintf(console, "%s\n", ask);
    /* Not one byte more than the line: the console's own come behind it. */
    while (count < sizeof reply - 1 && read(console, reply + count, 1) == 1 && reply[count] != '\n') count++;
  }
  reply[count] = '\0';
  if (console >= 0 && strcmp(reply, welcome) == 0) {
    fcntl(console, F_SETFL, fcntl(console, F_GETFL) | O_NONBLOCK);
    has_joined = 1;
    make_raw();
  } else if (console >= 0) {
    close(console);
    console = -1;
  }
  reply[count] = '\n';
  send_all(reply, count + 1);
}

/* When the host has gone, so has the console, and a console ends in peace. */
static void leave(void) {
  close(console);
  console = -1;
  typed_bytes = 0;
  if (dies_of != 0) die_of(dies_of);
  restore_terminal();
  if (send(server, "ended\n", 6, MSG_NOSIGNAL) != 6) end(0);
}

static void show_console(void) {
  static char shown[16 * 1024];
  ssize_t count = read(console, shown, sizeof shown);
  if (count > 0) write_all(STDOUT_FILENO, shown, (size_t)count);
  else if (count == 0 || (errno != EAGAIN && errno != EINTR)) leave();
}

static void send_typed(void) {
  ssize_t sent = send(console, typed, typed_bytes, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) leave();
  if (sent <= 0) return;
  typed_bytes -= (size_t)sent;
  memmove(typed, typed + sent, typed_bytes);
}

static int is_readable(int descriptor) {
  return poll(&(struct pollfd){.fd = descriptor, .events = POLLIN}, 1, 0) == 1;
}

/* All that is there at once, so that a paste does not go in pieces of 60 bytes. */
static void read_keyboard(void) {
  do {
    char *piece = typed + typed_bytes;
    ssize_t count = read(STDIN_FILENO, piece, READ_SIZE);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) break;
    if (count <= 0 || (count == 1 && *piece == ESCAPE)) {
      if (typed_bytes > 0) send_typed();
      if (console >= 0) begin_to_leave();
      return;
    }
    typed_bytes += (size_t)count;
  } while (typed_bytes + READ_SIZE <= sizeof typed && is_readable(STDIN_FILENO));
  send_typed();
}

static void obey(void) {
  struct __attribute__((packed)) {
    char kind;
    uint32_t length;
  } head;
  /* It may be killed before it has read what this process told it. */
  ssize_t there = has_joined ? recv(server, &head, 1, MSG_PEEK) : 1;
  if (there == 0 || (there < 0 && errno == ECONNRESET)) {
    if (console < 0) end(0);
    close(server);
    server = -1;
    return;
  }
  receive_all((char *)&head, sizeof head);
  if (head.length > MOST_FRAME) fail("frame");
  char *frame = malloc(head.length + 1);
  if (frame == NULL) fail("frame");
  receive_all(frame, head.length);
  switch (head.kind) {
    case 'o':
      write_all(STDOUT_FILENO, frame, head.length);
      break;
    case 'e':
      write_all(STDERR_FILENO, frame, head.length);
      break;
    case 'j':
      join(frame);
      break;
    case 's':
      raise(SIGSTOP);
      send_all("continued\n", 10);
      break;
    default:
      end((unsigned char)frame[0]);
  }
  free(frame);
}

int main(int count, char **arguments) {
  ssize_t length = readlink("/proc/self/exe", host, sizeof host - 1);
  tool = arguments[0];
  if (length < 0) fail("/proc/self/exe");
  /* Cuts off `/bin/TOOL`. */
  tool = strrchr(host, '/');
  *tool++ = '\0';
  tool = strdup(tool);
  *strrchr(host, '/') = '\0';
  char stopped[PATH_MAX + 16];
  snprintf(stopped, sizeof stopped, "%s/state/stopped", host);
  if (access(stopped, F_OK) == 0) {
    dprintf(STDERR_FILENO, "%s (simulated): this host is stopped\n", tool);
    return 1;
  }
  server = reach_server();
  send_request(count, arguments);
  for (;;) {
    int leaves = is_leaving && console >= 0;
    int reads = is_raw && typed_bytes == 0 && !leaves;
    int sends = typed_bytes > 0 && !leaves;
    struct pollfd ready[] = {
        {.fd = server, .events = POLLIN},
        {.fd = console, .events = (short)(POLLIN | (sends ? POLLOUT : 0))},
        {.fd = reads ? STDIN_FILENO : -1, .events = POLLIN},
    };
    int found = poll(ready, 3, leaves ? LEAVING_MS : -1);
    if (found == 0) leave();
    if (found <= 0) continue;
    if (ready[2].revents != 0) read_keyboard();
    if (console >= 0 && ready[1].revents & POLLOUT) send_typed();
    if (console >= 0 && ready[1].revents & (POLLIN | POLLHUP | POLLERR)) show_console();
    if (ready[0].revents != 0) obey();
  }
}
