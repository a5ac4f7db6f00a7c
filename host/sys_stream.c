/* SPDX-License-Identifier: MIT
 *
 * sys_stream.c -- reads a FILE, and comes back where it is silent.
 * stdio blocks until it has all that was asked for, so of what may be silent it is asked for no more than
 * the kernel has; what its own buffer holds besides only means that it asks the kernel for less. */
#define _GNU_SOURCE
#include "host/sys_stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { LOOK_MS = 50, BLOCK = 256 * 1024, AT_FIRST = 16 * 1024 * 1024 };

/* How much can be read without waiting, 0 perhaps at its end; -1: nothing came for a while.  What does not
 * tell is a device like /dev/urandom. */
static int ready(int fd) {
  struct pollfd look = {.fd = fd, .events = POLLIN};
  int bytes = 0;
  if (poll(&look, 1, LOOK_MS) <= 0)
    return -1;
  return ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : BLOCK;
}

int mr_sys_stream_read(FILE *file, size_t n, const atomic_bool *stop, mr_buf *out) {
  struct stat facts;
  int fd = fileno(file);
  bool may_wait = fstat(fd, &facts) < 0 || !S_ISREG(facts.st_mode);
  size_t before = out->len, wanted = before + n;
  clearerr(file);
  if (!mr_buf_reserve(out, n < AT_FIRST ? n : AT_FIRST)) /* memory that is not touched costs nothing */
    return ENOMEM;
  while (out->len < wanted && !*stop) {
    size_t some = wanted - out->len < BLOCK ? wanted - out->len : BLOCK;
    int bytes = may_wait ? ready(fd) : BLOCK;
    if (bytes < 0)
      return out->len == before ? EAGAIN : 0;
    if (some > (size_t)bytes)
      some = bytes > 0 ? (size_t)bytes : 1;
    char *to = mr_buf_reserve(out, some);
    if (!to)
      return ENOMEM;
    size_t got = fread(to, 1, some, file);
    out->len += got;
    if (got < some)
      return ferror(file) ? errno : 0;
  }
  return 0;
}
