/* SPDX-License-Identifier: MIT
 *
 * http_listen.c -- our own socket, because the library does not tell why it cannot listen. */
#define _GNU_SOURCE
#include "host/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

typedef union address {
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
} address;

static bool fill(const char *host, int port, bool six, address *out) {
  memset(out, 0, sizeof *out);
  if (six) {
    out->six.sin6_family = AF_INET6;
    out->six.sin6_port = htons((uint16_t)port);
    return inet_pton(AF_INET6, host, &out->six.sin6_addr) == 1;
  }
  out->four.sin_family = AF_INET;
  out->four.sin_port = htons((uint16_t)port);
  return inet_pton(AF_INET, host, &out->four.sin_addr) == 1;
}

int mr_http_listen(const char *host, int *port, bool *six, const char **why) {
  address at;
  int on = 1;
  *six = strchr(host, ':') != NULL;
  if (!fill(host, *port, *six, &at)) {
    *why = "the address is not numeric (127.0.0.1, ::1)";
    return -1;
  }
  socklen_t size = *six ? sizeof at.six : sizeof at.four;
  int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    goto fail;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (*six)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, &at.any, size) < 0 || listen(fd, BACKLOG) < 0 || getsockname(fd, &at.any, &size) < 0)
    goto fail;
  *port = ntohs(*six ? at.six.sin6_port : at.four.sin_port);
  return fd;
fail:
  *why = strerror(errno);
  if (fd >= 0)
    close(fd);
  return -1;
}
