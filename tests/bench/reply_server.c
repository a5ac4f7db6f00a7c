/* SPDX-License-Identifier: MIT
 *
 * reply_server -- the least HTTP server: any request with a Content-Length gets the same small
 * JSON reply, at once, on kept connections; for measuring clients.
 * Prints its port on 127.0.0.1; ends when its standard output has no reader. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 65536 };

typedef struct client {
  int fd;
  size_t have;
  char bytes[BUFFER + 1];
} client;

static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                            "x-amzn-RequestId: 11111111-2222-3333-4444-555555555555\r\n"
                            "Content-Length: 50\r\n\r\n"
                            "{\"content\":[{\"text\":\"an answer of a few words\"}]}\n";

/* Answers every whole request in the buffer; 0 when the connection is to be closed. */
static int answer(client *c) {
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
    if (send(c->fd, reply, sizeof reply - 1, MSG_NOSIGNAL) < 0)
      return 0;
    memmove(c->bytes, c->bytes + whole, c->have - whole);
    c->have -= whole;
  }
}

static int take(int listener, int poll) {
  int one = 1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  client *c = fd >= 0 ? malloc(sizeof *c) : NULL;
  if (!c)
    return -1;
  c->fd = fd;
  c->have = 0;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct epoll_event e = {.events = EPOLLIN, .data = {.ptr = c}};
  return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e);
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), poll = epoll_create1(EPOLL_CLOEXEC);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0)
    return 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  struct epoll_event batch[64], e = {.events = EPOLLIN, .data = {.ptr = NULL}};
  struct epoll_event gone = {.events = 0, .data = {.ptr = &gone}};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &e);
  epoll_ctl(poll, EPOLL_CTL_ADD, STDOUT_FILENO, &gone); /* told when the reader closes */
  for (;;) {
    int n = epoll_wait(poll, batch, 64, -1);
    for (int i = 0; i < n; i++) {
      client *c = batch[i].data.ptr;
      if (batch[i].data.ptr == &gone)
        return 0;
      if (!c) {
        take(listener, poll);
        continue;
      }
      ssize_t got = recv(c->fd, c->bytes + c->have, BUFFER - c->have, 0);
      c->have += got > 0 ? (size_t)got : 0;
      if (got <= 0 || !answer(c)) {
        close(c->fd);
        free(c);
      }
    }
  }
}
