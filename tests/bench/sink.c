/* SPDX-License-Identifier: MIT
 *
 * sink.c -- a server that costs as little as possible, to measure clients against:
 *   sink [PORT_FILE]      listens on a free port of 127.0.0.1 until it is ended
 * It takes every body and keeps none, checks no signature, answers the calls of a multipart
 * upload and of InvokeModel, and gives zeros: GET /bucket/4096 is an object of 4096 bytes.  What
 * is listed is empty; below the prefix sync1000/ there are 1000 objects, as wire.sh makes files. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_LIMIT 65536
#define BLOCK (1 << 20)

static const char zeros[BLOCK];

typedef struct connection {
  int fd;
  size_t have; /* bytes in head */
  char head[HEAD_LIMIT + 1];
  char body[BLOCK];
} connection;

static int send_all(int fd, const char *data, size_t n) {
  while (n > 0) {
    ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
    if (sent <= 0)
      return -1;
    data += sent;
    n -= (size_t)sent;
  }
  return 0;
}

/* The value of a header, or NULL; the head ends with an empty line. */
static const char *header(const char *head, const char *name) {
  size_t length = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
    if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') {
      const char *value = line + 3 + length;
      return value + strspn(value, " ");
    }
  }
  return NULL;
}

/* Reads and drops `left` bytes of a body in chunks of its own coding: until "0\r\n\r\n". */
static int drop_chunked(connection *c) {
  char tail[6] = {0};
  size_t n = c->have;
  memcpy(c->body, c->head, n);
  c->have = 0;
  for (;;) {
    for (size_t i = n > 5 ? n - 5 : 0; i < n; i++) {
      memmove(tail, tail + 1, 4);
      tail[4] = c->body[i];
    }
    if (memcmp(tail, "0\r\n\r\n", 5) == 0)
      return 0;
    ssize_t got = recv(c->fd, c->body, sizeof c->body, 0);
    if (got <= 0)
      return -1;
    n = (size_t)got;
  }
}

static int drop(connection *c, long long left) {
  size_t first = (long long)c->have < left ? c->have : (size_t)left;
  memmove(c->head, c->head + first, c->have - first);
  c->have -= first;
  left -= (long long)first;
  while (left > 0) {
    size_t want = left < BLOCK ? (size_t)left : BLOCK;
    ssize_t got = recv(c->fd, c->body, want, 0);
    if (got <= 0)
      return -1;
    left -= got;
  }
  return 0;
}

static int give(int fd, const char *type, const char *text) {
  char out[4096];
  int n = snprintf(out, sizeof out,
                   "HTTP/1.1 200 OK\r\nETag: \"sink-1\"\r\nx-amz-request-id: sink\r\nContent-Type: "
                   "%s\r\nContent-Length: %zu\r\n\r\n%s",
                   type, strlen(text), text);
  return send_all(fd, out, (size_t)n);
}

static int give_object(int fd, const char *path, const char *range, int body) {
  char out[512];
  const char *slash = strrchr(path, '/');
  long long size = slash ? atoll(slash + 1) : 0, from = 0, to = size - 1;
  int partial = range && sscanf(range, "bytes=%lld-%lld", &from, &to) >= 1;
  if (to >= size)
    to = size - 1;
  int n = snprintf(out, sizeof out,
                   "HTTP/1.1 %s\r\nETag: \"sink-1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                   "x-amz-request-id: sink\r\nAccept-Ranges: bytes\r\nContent-Type: "
                   "application/octet-stream\r\nContent-Length: %lld\r\n",
                   partial ? "206 Partial Content" : "200 OK", to - from + 1);
  if (partial)
    n += snprintf(out + n, sizeof out - (size_t)n, "Content-Range: bytes %lld-%lld/%lld\r\n", from, to, size);
  n += snprintf(out + n, sizeof out - (size_t)n, "\r\n");
  if (send_all(fd, out, (size_t)n))
    return -1;
  for (long long left = body ? to - from + 1 : 0; left > 0; left -= BLOCK) {
    if (send_all(fd, zeros, left < BLOCK ? (size_t)left : BLOCK))
      return -1;
  }
  return 0;
}

/* Objects 00001 to N of the prefix syncN/, in pages of 1000; versions 1 and 2 of the call. */
static int give_listing(int fd, const char *target) {
  enum { PAGE = 1000, ENTRY = 160 };
  const char *prefix = strstr(target, "prefix=sync"), *token = strstr(target, "continuation-token=");
  const char *marker = strstr(target, "marker=sync");
  const char *named = marker ? strstr(marker, "%2F") : NULL;
  int all = prefix ? atoi(prefix + 11) : 0;
  int from = token ? atoi(token + 19) : named ? atoi(named + 3) : 0;
  int last = all - from > PAGE ? from + PAGE : all;
  char *out = malloc(512 + ENTRY * PAGE);
  if (!out)
    return -1;
  int body = sprintf(out, "<ListBucketResult><Name>b</Name><IsTruncated>%s</IsTruncated>", last < all ? "true" : "false");
  if (last < all)
    body += sprintf(out + body, "<NextContinuationToken>%d</NextContinuationToken><NextMarker>sync%d/%05d</NextMarker>",
                    last, all, last);
  for (int i = from + 1; i <= last; i++)
    body += sprintf(out + body,
                    "<Contents><Key>sync%d/%05d</Key><Size>%d</Size><LastModified>2037-01-01T00:00:00.000Z"
                    "</LastModified><ETag>&quot;sink-1&quot;</ETag></Contents>",
                    all, i, 1024 + i * 7919 % 3073);
  body += sprintf(out + body, "</ListBucketResult>");
  char head[256];
  int n = sprintf(head,
                  "HTTP/1.1 200 OK\r\nx-amz-request-id: sink\r\nContent-Type: application/xml\r\n"
                  "Content-Length: %d\r\n\r\n", body);
  int status = send_all(fd, head, (size_t)n) || send_all(fd, out, (size_t)body) ? -1 : 0;
  free(out);
  return status;
}

static int answer(int fd, const char *method, const char *target, const char *range) {
  static const char xml[] = "application/xml";
  if (strcmp(method, "HEAD") == 0 || (strcmp(method, "GET") == 0 && !strchr(target, '?')) ||
      (strcmp(method, "GET") == 0 && strstr(target, "x-id=GetObject")))
    return give_object(fd, target, range, *method == 'G');
  if (strcmp(method, "POST") == 0 && strstr(target, "/model/"))
    return give(fd, "application/json",
                "{\"id\":\"msg_sink\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":"
                "\"text\",\"text\":\"an answer that is always the same\"}],\"stop_reason\":\"end_turn\","
                "\"usage\":{\"input_tokens\":10,\"output_tokens\":8}}");
  if (strcmp(method, "POST") == 0 && strstr(target, "uploadId="))
    return give(fd, xml,
                "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><ETag>\"sink-1\"</ETag>"
                "</CompleteMultipartUploadResult>");
  if (strcmp(method, "POST") == 0 && strstr(target, "uploads"))
    return give(fd, xml,
                "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>sink</UploadId>"
                "</InitiateMultipartUploadResult>");
  if (strcmp(method, "GET") == 0)
    return give_listing(fd, target);
  return give(fd, xml, "");
}

/* One request: 0 to go on, -1 at the end of the connection. */
static int serve_once(connection *c) {
  char *end;
  while (c->head[c->have] = '\0', !(end = strstr(c->head, "\r\n\r\n"))) {
    ssize_t got = c->have < HEAD_LIMIT ? recv(c->fd, c->head + c->have, HEAD_LIMIT - c->have, 0) : 0;
    if (got <= 0)
      return -1;
    c->have += (size_t)got;
  }
  char method[8], target[4096], range_text[64];
  end[2] = '\0'; /* headers cannot be looked for behind the head */
  if (sscanf(c->head, "%7s %4095s", method, target) != 2)
    return -1;
  const char *length = header(c->head, "content-length"), *coding = header(c->head, "transfer-encoding");
  const char *range = header(c->head, "range"), *expect = header(c->head, "expect");
  long long body = length ? atoll(length) : 0;
  if (range) {
    snprintf(range_text, sizeof range_text, "%s", range);
    range = range_text;
  }
  size_t head = (size_t)(end - c->head) + 4;
  int waits = expect != NULL, chunked = coding != NULL;
  memmove(c->head, c->head + head, c->have - head);
  c->have -= head;
  static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
  if (waits && send_all(c->fd, go_on, sizeof go_on - 1))
    return -1;
  if (chunked ? drop_chunked(c) : drop(c, body))
    return -1;
  return answer(c->fd, method, target, range);
}

static void *serve(void *argument) {
  connection *c = argument;
  int on = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  while (serve_once(c) == 0) {
  }
  close(c->fd);
  free(c);
  return NULL;
}

int main(int argc, char **argv) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) ||
      getsockname(listener, (struct sockaddr *)&address, &size) || listen(listener, 256)) {
    perror("sink");
    return 1;
  }
  FILE *out = argc > 1 ? fopen(argv[1], "w") : stdout;
  if (!out)
    return 1;
  fprintf(out, "%d\n", ntohs(address.sin_port));
  fflush(out);
  for (;;) {
    connection *c = malloc(sizeof *c);
    pthread_t thread;
    if (!c)
      return 1;
    c->have = 0;
    c->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (c->fd < 0 || pthread_create(&thread, NULL, serve, c)) {
      free(c);
      continue;
    }
    pthread_detach(thread);
  }
}
