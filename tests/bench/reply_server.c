/* SPDX-License-Identifier: MIT
 *
 * reply_server -- the least HTTP server: any request with a Content-Length gets the same JSON
 * reply of 1 KB on a kept connection; for measuring clients.
 *   reply_server [DELAY_MS [CERTIFICATE KEY]]     replies after the delay; by TLS with the two
 * Prints its port on 127.0.0.1; ends when its standard output has no reader. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 65536, CONTENT = 1024, MOST_LATE = 16384 };

typedef struct client {
  int fd;
  SSL *ssl;       /* NULL: plain */
  bool gone;      /* freed once nothing is owed to it */
  unsigned owed;  /* replies that wait for their time */
  size_t have;
  char bytes[BUFFER + 1];
} client;

typedef struct server {
  SSL_CTX *tls;
  int64_t delay;
  size_t reply_len;
  char reply[CONTENT + 512];
  struct {
    client *to;
    int64_t due;
  } late[MOST_LATE]; /* a ring: all wait equally long */
  size_t first, count;
} server;

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void make_reply(server *s) {
  char content[CONTENT + 1];
  memset(content, 'a', CONTENT);
  memcpy(content, "{\"content\":[{\"text\":\"", 21);
  memcpy(content + CONTENT - 4, "\"}]}", 5);
  s->reply_len = (size_t)snprintf(s->reply, sizeof s->reply,
                                  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                  "Date: Mon, 05 Jan 2026 10:00:00 GMT\r\n"
                                  "x-amzn-RequestId: 11111111-2222-3333-4444-555555555555\r\n"
                                  "X-Amzn-Bedrock-Invocation-Latency: 200\r\n"
                                  "Content-Length: %d\r\n\r\n%s",
                                  CONTENT, content);
}

static bool reply_to(const server *s, client *c) {
  if (c->ssl)
    return SSL_write(c->ssl, s->reply, (int)s->reply_len) == (int)s->reply_len;
  return send(c->fd, s->reply, s->reply_len, MSG_NOSIGNAL) == (ssize_t)s->reply_len;
}

/* Answers every whole request in the buffer, now or later; false: close the connection. */
static bool answer(server *s, client *c) {
  for (;;) {
    c->bytes[c->have] = '\0';
    char *end = strstr(c->bytes, "\r\n\r\n");
    if (!end)
      return c->have < BUFFER;
    const char *length = strcasestr(c->bytes, "\ncontent-length:");
    size_t whole = (size_t)(end + 4 - c->bytes);
    whole += length && length < end ? strtoul(length + 16, NULL, 10) : 0;
    if (c->have < whole)
      return whole <= BUFFER;
    if (s->delay > 0) {
      if (s->count == MOST_LATE)
        return false;
      size_t at = (s->first + s->count++) % MOST_LATE;
      s->late[at].to = c;
      s->late[at].due = now_ms() + s->delay;
      c->owed++;
    } else if (!reply_to(s, c)) {
      return false;
    }
    memmove(c->bytes, c->bytes + whole, c->have - whole);
    c->have -= whole;
  }
}

static void drop(client *c) {
  if (!c->gone) {
    SSL_free(c->ssl);
    close(c->fd);
  }
  c->gone = true;
  if (c->owed == 0)
    free(c);
}

static void reply_late(server *s) {
  for (int64_t now = now_ms(); s->count > 0 && s->late[s->first].due <= now; s->count--) {
    client *c = s->late[s->first].to;
    s->first = (s->first + 1) % MOST_LATE;
    c->owed--;
    if (c->gone || !reply_to(s, c))
      drop(c);
  }
}

static void take(const server *s, int listener, int poll) {
  int one = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  client *c = fd >= 0 ? calloc(1, sizeof *c) : NULL;
  if (!c)
    return;
  c->fd = fd;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (s->tls) {
    c->ssl = SSL_new(s->tls);
    SSL_set_fd(c->ssl, fd);
    SSL_set_accept_state(c->ssl);
  }
  struct epoll_event e = {.events = EPOLLIN, .data = {.ptr = c}};
  epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e);
}

/* Reads all that there is; false: close the connection. */
static bool serve(server *s, client *c) {
  for (;;) {
    ssize_t got = c->ssl ? SSL_read(c->ssl, c->bytes + c->have, (int)(BUFFER - c->have))
                         : recv(c->fd, c->bytes + c->have, BUFFER - c->have, 0);
    if (got <= 0)
      return c->ssl && SSL_get_error(c->ssl, (int)got) == SSL_ERROR_WANT_READ;
    c->have += (size_t)got;
    if (!answer(s, c))
      return false;
    if (!c->ssl)
      return true;
  }
}

int main(int argc, char **argv) {
  static server s;
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
  s.delay = argc > 1 ? atoi(argv[1]) : 0;
  if (argc > 3) {
    s.tls = SSL_CTX_new(TLS_server_method());
    if (!s.tls || SSL_CTX_use_certificate_file(s.tls, argv[2], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(s.tls, argv[3], SSL_FILETYPE_PEM) != 1)
      return 1;
    SSL_CTX_set_mode(s.tls, SSL_MODE_RELEASE_BUFFERS);
  }
  make_reply(&s);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), poll = epoll_create1(EPOLL_CLOEXEC);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, 1024) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0)
    return 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  struct epoll_event batch[64], e = {.events = EPOLLIN, .data = {.ptr = NULL}};
  struct epoll_event gone = {.events = 0, .data = {.ptr = &gone}};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &e);
  epoll_ctl(poll, EPOLL_CTL_ADD, STDOUT_FILENO, &gone); /* told when the reader closes */
  for (;;) {
    int64_t wait = s.count ? s.late[s.first].due - now_ms() : -1;
    int n = epoll_wait(poll, batch, 64, s.count && wait < 0 ? 0 : (int)wait);
    for (int i = 0; i < n; i++) {
      if (batch[i].data.ptr == &gone)
        return 0;
      if (!batch[i].data.ptr)
        take(&s, listener, poll);
      else if (!serve(&s, batch[i].data.ptr))
        drop(batch[i].data.ptr);
    }
    reply_late(&s);
  }
}
