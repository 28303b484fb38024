/* What the files of tool.c share. */
#define _GNU_SOURCE
#include <limits.h>

/* The directory of the simulated host, and the name of this program. */
extern char host[PATH_MAX], *tool;

/* Ends with status 1 and a sentence, which has errno's reason. */
_Noreturn void fail(const char *what);

/* @returns a connection to a Unix socket, or -1 when nobody listens there */
int connect_to(const char *path);

/* Connects to the process that answers for the host, and starts it when it does not run. */
int reach_server(void);
