/* SPDX-License-Identifier: MIT
 *
 * sys_lines.c -- ranges of a file, cut at line ends.
 * A line begins behind a newline, so the byte before the range is read as well. */
#include "host/sys_lines.h"

#include <errno.h>

#include "host/sys.h"

/* PIECE: bytes of a range at a time, so that a processor's cache still has them when they are
 * looked at; the steps: behind the range. */
enum { PIECE = 1 << 18, FIRST_STEP = 4096, LAST_STEP = 1 << 20 };

void mr_sys_lines_init(mr_sys_lines *l, mr_alloc *alloc) {
  memset(l, 0, sizeof *l);
  mr_buf_init(&l->bytes, alloc);
  l->ended = true;
}

void mr_sys_lines_clear(mr_sys_lines *l) {
  mr_buf_clear(&l->bytes);
  l->ended = true;
}

void mr_sys_lines_begin(mr_sys_lines *l, int fd, int64_t from, int64_t to, int64_t size) {
  l->fd = fd;
  l->error = 0;
  l->from = l->start = from;
  l->to = to < size ? to : size;
  l->size = size;
  l->at = from > 0 ? from - 1 : 0;
  l->step = FIRST_STEP;
  l->begun = false;
  l->ended = l->from >= l->to;
}

/* n bytes from l->at on, or an error. */
static bool fetch(mr_sys_lines *l, size_t n) {
  size_t got = 0;
  mr_buf_reset(&l->bytes);
  char *to = mr_buf_reserve(&l->bytes, n);
  l->error = to ? mr_sys_pread(l->fd, to, n, l->at, &got) : ENOMEM;
  if (!l->error && got < n)
    l->error = ESTALE;
  l->ended = l->error != 0;
  l->bytes.len = got;
  l->at += (int64_t)n;
  return !l->error;
}

static bool fetch_inside(mr_sys_lines *l) {
  int64_t left = l->to - l->at;
  return fetch(l, left < PIECE ? (size_t)left : PIECE);
}

/* Gives what was fetched of the range, but for what is skipped. */
static bool give_inside(mr_sys_lines *l, size_t skipped, mr_slice *bytes) {
  size_t n = l->bytes.len;
  l->ended = l->at == l->size || (l->at == l->to && (skipped == n || l->bytes.ptr[n - 1] == '\n'));
  *bytes = mr_slice_make(l->bytes.ptr + skipped, n - skipped);
  return bytes->len > 0;
}

/* From the first line that begins in the range. */
static bool first_bytes(mr_sys_lines *l, mr_slice *bytes) {
  bool found = l->from == 0;
  size_t skipped;
  l->begun = true;
  do {
    l->start = l->at;
    skipped = 0;
    if (!fetch_inside(l))
      return false;
    if (!found) {
      const char *newline = memchr(l->bytes.ptr, '\n', l->bytes.len);
      found = newline != NULL;
      skipped = found ? (size_t)(newline - l->bytes.ptr) + 1 : l->bytes.len;
    }
  } while (skipped == l->bytes.len && l->at < l->to);
  l->start += (int64_t)skipped;
  return give_inside(l, skipped, bytes);
}

bool mr_sys_lines_next(mr_sys_lines *l, mr_slice *bytes) {
  if (l->ended)
    return false;
  if (!l->begun)
    return first_bytes(l, bytes);
  if (l->at < l->to)
    return fetch_inside(l) && give_inside(l, 0, bytes);
  int64_t left = l->size - l->at;
  if (!fetch(l, left < (int64_t)l->step ? (size_t)left : l->step))
    return false;
  const char *newline = memchr(l->bytes.ptr, '\n', l->bytes.len);
  size_t n = newline ? (size_t)(newline - l->bytes.ptr) + 1 : l->bytes.len;
  l->ended = newline || l->at == l->size;
  if (l->step < LAST_STEP)
    l->step *= 4;
  *bytes = mr_slice_make(l->bytes.ptr, n);
  return true;
}
