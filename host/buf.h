/* SPDX-License-Identifier: MIT
 *
 * buf.h -- a growing byte buffer with a sticky error.
 * Append freely and look at `status` once at the end: after a failed growth every append
 * is a no-op.  With `wipe` set, memory is overwritten before it is given back. */
#ifndef MR_BUF_H
#define MR_BUF_H

#include <stdarg.h>

#include "host/alloc.h"

typedef struct mr_buf {
  char *ptr; /* NULL while empty; not terminated unless mr_buf_text was called */
  size_t len;
  size_t cap;
  mr_alloc *alloc; /* NULL: plain malloc */
  int status;      /* MR_OK, or MR_ERR_MEMORY for good */
  bool wipe;
} mr_buf;

void mr_buf_init(mr_buf *b, mr_alloc *alloc);
/* Gives the memory back; the buffer is empty and usable again, its error forgotten. */
void mr_buf_clear(mr_buf *b);
/* Empties the buffer and keeps its memory. */
void mr_buf_reset(mr_buf *b);
/* Room for n more bytes, to be filled by the caller who then adds to len; NULL on failure. */
char *mr_buf_reserve(mr_buf *b, size_t n);
void mr_buf_put(mr_buf *b, const void *bytes, size_t n);
void mr_buf_slice(mr_buf *b, mr_slice s);
void mr_buf_puts(mr_buf *b, const char *text);
void mr_buf_printf(mr_buf *b, const char *fmt, ...) MR_PRINTF(2, 3);
void mr_buf_vprintf(mr_buf *b, const char *fmt, va_list args);
/* The content with a NUL behind it (not counted); "" when empty or failed. */
const char *mr_buf_text(mr_buf *b);
static inline void mr_buf_putc(mr_buf *b, char c) {
  if (b->len < b->cap && b->status == MR_OK)
    b->ptr[b->len++] = c;
  else
    mr_buf_put(b, &c, 1);
}
static inline mr_slice mr_buf_view(const mr_buf *b) {
  return mr_slice_make(b->ptr ? b->ptr : "", b->len);
}

#endif
