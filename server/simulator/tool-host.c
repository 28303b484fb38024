/* The way of a tool to the process that answers for its host. */
#include "tool.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    fail(path);
  }
  strcpy(address.sun_path, path);
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
  close(descriptor);
  return -1;
}

/* The process belongs to nobody: it outlives this one, its group and its terminal. */
static void start_server(const char *node, const char *program, const char *path) {
  int ready[2];
  char said;
  if (pipe(ready) != 0) fail("pipe");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    int null = open("/dev/null", O_RDWR);
    if (chdir("/") != 0 || null < 0) _exit(1);
    for (int descriptor = 0; descriptor < 3; descriptor++) dup2(null, descriptor);
    /* In this order, because either end may be number 3. */
    int kept = fcntl(ready[1], F_DUPFD, 4);
    if (kept < 0 || dup2(kept, 3) < 0 || close_range(4, ~0U, 0) != 0) _exit(1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(node,
           (char *[]){(char *)node, "--max-semi-space-size=1", "--max-old-space-size=96", (char *)program, host,
                      (char *)path, NULL},
           (char *[]){NULL});
    _exit(1);
  }
  close(ready[1]);
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
  ssize_t got;
  while ((got = read(ready[0], &said, 1)) < 0 && errno == EINTR) continue;
  close(ready[0]);
  if (got != 1) {
    errno = ECHILD;
    fail("the simulated host does not answer");
  }
}

/* HOST/state/tools has three lines: the directory of the host's sockets, Node.js, and the process's program. */
int reach_server(void) {
  char file[PATH_MAX + 16], lines[3 * PATH_MAX], path[PATH_MAX + 64], lock[sizeof path + 8];
  snprintf(file, sizeof file, "%s/state/tools", host);
  int descriptor = open(file, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(file);
  ssize_t count = read(descriptor, lines, sizeof lines - 1);
  close(descriptor);
  if (count < 0) fail(file);
  lines[count] = '\0';
  char *rest = lines, *directory = strsep(&rest, "\n"), *node = strsep(&rest, "\n"), *program = strsep(&rest, "\n");
  if (program == NULL) fail(file);
  /* One process for each mount namespace, because callers in different ones mean different files by a path. */
  struct stat space = {0};
  stat("/proc/self/ns/mnt", &space);
  snprintf(path, sizeof path, "%s/%lx", directory, (unsigned long)space.st_ino);
  int server = connect_to(path);
  if (server >= 0) return server;
  /* Of callers that come at once, one starts the process and the others wait. */
  snprintf(lock, sizeof lock, "%s.lock", path);
  mkdir(directory, 0700);
  int held = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (held < 0 || flock(held, LOCK_EX) != 0) fail(lock);
  server = connect_to(path);
  if (server < 0) {
    start_server(node, program, path);
    server = connect_to(path);
    if (server < 0) fail("the simulated host does not answer");
  }
  close(held);
  return server;
}
