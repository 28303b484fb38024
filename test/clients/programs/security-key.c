/*
 * A middleware of OpenSSH for security keys (PROTOCOL.u2f, sk-api.h) without a device: it hands each request to a
 * Unix socket, one line there and one line back, with all bytes in hexadecimal.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define VERSION 0x000a0000
#define FAILED -1
#define UNSUPPORTED -2
#define MOST (1 << 20)

struct sk_option;
struct sk_resident_key;

struct sk_enroll_response {
  uint8_t flags;
  uint8_t *public_key;
  size_t public_key_len;
  uint8_t *key_handle;
  size_t key_handle_len;
  uint8_t *signature;
  size_t signature_len;
  uint8_t *attestation_cert;
  size_t attestation_cert_len;
  uint8_t *authdata;
  size_t authdata_len;
};

struct sk_sign_response {
  uint8_t flags;
  uint32_t counter;
  uint8_t *sig_r;
  size_t sig_r_len;
  uint8_t *sig_s;
  size_t sig_s_len;
};

static char *hex(const void *bytes, size_t length) {
  char *text = calloc(2 * length + 2, 1);
  if (length == 0) strcpy(text, "-");
  for (size_t at = 0; at < length; at++) sprintf(text + 2 * at, "%02x", ((const uint8_t *)bytes)[at]);
  return text;
}

/* Takes the next word of an answer; "-" is no bytes. */
static uint8_t *unhex(char **words, size_t *length) {
  char *word = strtok_r(NULL, " \n", words);
  *length = word == NULL || strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
  uint8_t *bytes = calloc(*length + 1, 1);
  for (size_t at = 0; at < *length; at++) {
    unsigned int byte = 0;
    sscanf(word + 2 * at, "%2x", &byte);
    bytes[at] = byte;
  }
  return bytes;
}

/* Asks, and returns 0 with the words behind "ok", or the number of an error. */
static int ask(const char *request, char **answer, char **words) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  const char *path = getenv("SECURITY_KEY_SOCKET");
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  size_t length = 0;
  ssize_t got;
  if (path == NULL || strlen(path) >= sizeof to.sun_path || fd == -1) return FAILED;
  strcpy(to.sun_path, path);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) == -1) return FAILED;
  for (size_t left = strlen(request); left > 0; left -= got, request += got)
    if ((got = write(fd, request, left)) <= 0) return FAILED;
  *answer = calloc(MOST, 1);
  while (length < MOST - 1 && (got = read(fd, *answer + length, MOST - 1 - length)) > 0) length += got;
  close(fd);
  char *first = strtok_r(*answer, " \n", words);
  if (first != NULL && strcmp(first, "ok") == 0) return 0;
  char *number = strtok_r(NULL, " \n", words);
  return number == NULL ? FAILED : atoi(number);
}

uint32_t sk_api_version(void) { return VERSION; }

int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application, uint8_t flags,
              const char *pin, struct sk_option **options, struct sk_enroll_response **made) {
  (void)challenge, (void)challenge_len, (void)pin, (void)options;
  char request[512], *answer, *words;
  snprintf(request, sizeof request, "enroll %u %u %s\n", alg, flags, application);
  int error = ask(request, &answer, &words);
  if (error != 0) return error;
  struct sk_enroll_response *key = calloc(1, sizeof *key);
  key->flags = flags;
  key->public_key = unhex(&words, &key->public_key_len);
  key->key_handle = unhex(&words, &key->key_handle_len);
  key->signature = calloc(1, key->signature_len = 1);
  *made = key;
  return 0;
}

int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application, const uint8_t *key_handle,
            size_t key_handle_len, uint8_t flags, const char *pin, struct sk_option **options,
            struct sk_sign_response **made) {
  (void)alg, (void)options;
  char *secret = hex(pin, pin == NULL ? 0 : strlen(pin));
  char *handle = hex(key_handle, key_handle_len);
  char *bytes = hex(data, data_len);
  size_t most = strlen(secret) + strlen(handle) + strlen(bytes) + strlen(application) + 64;
  char *request = malloc(most), *answer, *words;
  snprintf(request, most, "sign %u %s %s %s %s\n", flags, secret, handle, application, bytes);
  int error = ask(request, &answer, &words);
  if (error != 0) return error;
  struct sk_sign_response *signature = calloc(1, sizeof *signature);
  signature->flags = atoi(strtok_r(NULL, " \n", &words));
  signature->counter = strtoul(strtok_r(NULL, " \n", &words), NULL, 10);
  signature->sig_r = unhex(&words, &signature->sig_r_len);
  signature->sig_s = unhex(&words, &signature->sig_s_len);
  *made = signature;
  return 0;
}

int sk_load_resident_keys(const char *pin, struct sk_option **options, struct sk_resident_key ***keys, size_t *count) {
  (void)pin, (void)options, (void)keys, (void)count;
  return UNSUPPORTED;
}
