/* SPDX-License-Identifier: MIT
 *
 * edit_lines.c -- lines as they are read, piece by piece.
 * Room comes before the read, so that no byte is taken off a pipe which cannot be kept. */
#define _POSIX_C_SOURCE 200809L
#include "host/edit_lines.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { PIECE = 4096, KEPT_MAX = 4 * PIECE };

void mr_edit_lines_init(mr_edit_lines *l, mr_alloc *alloc, int fd) {
  memset(l, 0, sizeof *l);
  l->fd = fd;
  mr_buf_init(&l->input, alloc);
}

void mr_edit_lines_clear(mr_edit_lines *l) {
  mr_buf_clear(&l->input);
  l->searched = 0;
}

void mr_edit_lines_reset(mr_edit_lines *l) {
  mr_buf_reset(&l->input);
  l->searched = 0;
}

static const char *line_end(const mr_edit_lines *l) {
  size_t left = l->input.len - l->searched;
  return left ? memchr(l->input.ptr + l->searched, '\n', left) : NULL;
}

bool mr_edit_lines_ready(const mr_edit_lines *l) {
  return l->ended || line_end(l);
}

static int no_memory(mr_edit_lines *l) {
  l->input.status = MR_OK; /* the next time there may be some */
  l->error = ENOMEM;
  return MR_ERR_MEMORY;
}

/* The first line of what was read, if there is a whole one. */
static int take_line(mr_edit_lines *l, mr_buf *line) {
  const char *end = line_end(l), *from = l->input.ptr;
  if (!end && !(l->ended && l->input.len)) {
    l->searched = l->input.len;
    return 0;
  }
  size_t n = end ? (size_t)(end - from) : l->input.len, taken = end ? n + 1 : n;
  mr_buf_reset(line);
  mr_buf_put(line, from, n > 0 && from[n - 1] == '\r' ? n - 1 : n);
  if (line->status < 0)
    return no_memory(l);
  memmove(l->input.ptr, from + taken, l->input.len - taken);
  l->input.len -= taken;
  l->searched = 0;
  return 1;
}

/* Reads once. */
static int fill(mr_edit_lines *l) {
  char *to = mr_buf_reserve(&l->input, PIECE);
  if (!to)
    return no_memory(l);
  ssize_t n = read(l->fd, to, PIECE);
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return 0;
  if (n < 0) {
    l->error = errno;
    return MR_ERR_IO;
  }
  l->ended = n == 0;
  l->input.len += (size_t)n;
  return 0;
}

bool mr_edit_lines_hold(mr_edit_lines *l) {
  struct pollfd in = {l->fd, POLLIN, 0};
  if (l->input.len < KEPT_MAX && !l->ended && poll(&in, 1, 0) > 0)
    fill(l); /* what cannot be kept is still there */
  return l->input.len > 0;
}

static void cut(mr_edit_lines *l, char *at) {
  memmove(at, at + 1, (size_t)(l->input.ptr + --l->input.len - at));
}

bool mr_edit_lines_byte(mr_edit_lines *l, char *to) {
  if (l->input.len == 0)
    return false;
  *to = *l->input.ptr;
  cut(l, l->input.ptr);
  return true;
}

bool mr_edit_lines_cut(mr_edit_lines *l, char byte) {
  char *at = l->input.len ? memchr(l->input.ptr, byte, l->input.len) : NULL;
  if (at)
    cut(l, at);
  return at != NULL;
}

int mr_edit_lines_take(mr_edit_lines *l, mr_buf *line) {
  int status = take_line(l, line);
  if (status != 0 || l->ended)
    return status;
  status = fill(l);
  return status < 0 ? status : take_line(l, line);
}
