/*
 * What a half needs of the system and Node.js does not have.
 *
 * send(path, message): sends one datagram to a Unix socket and returns 0, or the errno. Node.js has no sockets of this
 * kind, and systemd listens on one (sd_notify(3)). A path that begins with `@` is an abstract name (unix(7)). It never
 * waits: a socket that takes nothing now gives EAGAIN.
 *
 * trim(): gives the free pages between the pieces of native memory back to the system (malloc_trim(3)). Only
 * glibc keeps such pages.
 */
#define NAPI_VERSION 8
#include <features.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <errno.h>
#include <node_api.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* More than any message of ours. */
#define MOST_BYTES 4096

static int send_to(const char *path, size_t path_length, const char *message, size_t length) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  if (path_length == 0 || path_length >= sizeof address.sun_path) return ENAMETOOLONG;
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path, path_length);
  size_t ending = 1;
  if (path[0] == '@') {
    address.sun_path[0] = '\0';
    ending = 0;
  }
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_length + ending);
  int fault = 0;
  if (sendto(descriptor, message, length, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, size) < 0)
    fault = errno;
  close(descriptor);
  return fault;
}

static napi_value send_message(napi_env env, napi_callback_info info) {
  napi_value given[2], answer;
  size_t count = 2, path_length = 0, length = 0;
  char path[sizeof ((struct sockaddr_un *)0)->sun_path + 1], message[MOST_BYTES + 1];
  int fault = EINVAL;
  if (napi_get_cb_info(env, info, &count, given, NULL, NULL) == napi_ok && count == 2 &&
      napi_get_value_string_utf8(env, given[0], path, sizeof path, &path_length) == napi_ok &&
      napi_get_value_string_utf8(env, given[1], message, sizeof message, &length) == napi_ok)
    fault = send_to(path, path_length, message, length);
  return napi_create_int32(env, fault, &answer) == napi_ok ? answer : NULL;
}

static napi_value trim(napi_env env, napi_callback_info info) {
  napi_value nothing;
  (void)info;
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return napi_get_undefined(env, &nothing) == napi_ok ? nothing : NULL;
}

static int offer(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function) == napi_ok &&
         napi_set_named_property(env, exports, name, function) == napi_ok;
}

static napi_value begin(napi_env env, napi_value exports) {
  return offer(env, exports, "send", send_message) && offer(env, exports, "trim", trim) ? exports : NULL;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, begin)
