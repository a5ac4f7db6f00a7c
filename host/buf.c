/* SPDX-License-Identifier: MIT
 *
 * buf.c -- a growing byte buffer with a sticky error.
 * Growth doubles, so appending n bytes costs O(n) in all; a wiping buffer never uses
 * realloc, because that would leave the old copy behind. */
#include "host/buf.h"

#include <stdio.h>

void mr_buf_init(mr_buf *b, mr_alloc *alloc) {
  memset(b, 0, sizeof *b);
  b->alloc = alloc;
}

void mr_buf_clear(mr_buf *b) {
  if (b->wipe && b->ptr)
    mr_wipe(b->ptr, b->cap);
  mr_alloc_put(b->alloc, b->ptr, b->cap);
  b->ptr = NULL;
  b->len = b->cap = 0;
  b->status = MR_OK;
}

void mr_buf_reset(mr_buf *b) {
  if (b->wipe && b->ptr)
    mr_wipe(b->ptr, b->cap);
  b->len = 0;
  b->status = MR_OK;
}

static bool grow(mr_buf *b, size_t n) {
  size_t want = b->cap ? b->cap : 64;
  if (n > SIZE_MAX - b->len)
    goto fail;
  while (want < b->len + n) {
    if (want > SIZE_MAX / 2)
      goto fail;
    want *= 2;
  }
  char *moved;
  if (b->wipe) {
    moved = mr_alloc_get(b->alloc, want);
    if (!moved)
      goto fail;
    if (b->ptr) {
      memcpy(moved, b->ptr, b->len);
      mr_wipe(b->ptr, b->cap);
      mr_alloc_put(b->alloc, b->ptr, b->cap);
    }
  } else {
    moved = mr_alloc_resize(b->alloc, b->ptr, b->cap, want);
    if (!moved)
      goto fail;
  }
  b->ptr = moved;
  b->cap = want;
  return true;
fail:
  b->status = MR_ERR_MEMORY;
  return false;
}

char *mr_buf_reserve(mr_buf *b, size_t n) {
  if (b->status < 0)
    return NULL;
  if ((b->cap - b->len < n || b->ptr == NULL) && !grow(b, n))
    return NULL;
  return b->ptr + b->len;
}

void mr_buf_put(mr_buf *b, const void *bytes, size_t n) {
  if (n == 0)
    return;
  char *to = mr_buf_reserve(b, n);
  if (to) {
    memcpy(to, bytes, n);
    b->len += n;
  }
}

void mr_buf_slice(mr_buf *b, mr_slice s) {
  mr_buf_put(b, s.ptr, s.len);
}

void mr_buf_puts(mr_buf *b, const char *text) {
  mr_buf_put(b, text, strlen(text));
}

void mr_buf_vprintf(mr_buf *b, const char *fmt, va_list args) {
  va_list again;
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, fmt, args);
  if (n > 0) {
    char *to = mr_buf_reserve(b, (size_t)n + 1);
    if (to) {
      vsnprintf(to, (size_t)n + 1, fmt, again);
      b->len += (size_t)n;
    }
  }
  va_end(again);
}

void mr_buf_printf(mr_buf *b, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  mr_buf_vprintf(b, fmt, args);
  va_end(args);
}

const char *mr_buf_text(mr_buf *b) {
  char *end = mr_buf_reserve(b, 1);
  if (!end)
    return "";
  *end = '\0';
  return b->ptr;
}
