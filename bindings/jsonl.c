/* SPDX-License-Identifier: MIT
 *
 * jsonl.c -- cuts chunks into lines.
 * Nothing is looked at but line ends (and a byte order mark): what a line holds, NUL bytes
 * too, is for whoever reads it. */
#include "bindings/jsonl.h"

void mr_jsonl_init(mr_jsonl *s, mr_alloc *alloc, size_t limit) {
  memset(s, 0, sizeof *s);
  s->limit = limit ? limit : MR_JSONL_LIMIT;
  mr_buf_init(&s->rest, alloc);
}

void mr_jsonl_clear(mr_jsonl *s) {
  mr_buf_clear(&s->rest);
}

void mr_jsonl_feed(mr_jsonl *s, mr_slice chunk) {
  s->at = chunk.ptr;
  s->end = chunk.ptr + chunk.len;
}

/* A rest that is kept for many small lines stays small. */
static void forget_rest(mr_jsonl *s) {
  if (s->rest.cap > (size_t)1 << 20)
    mr_buf_clear(&s->rest);
  else
    mr_buf_reset(&s->rest);
  s->rest_given = false;
  s->dropped = 0;
}

/* Adds to the rest what still fits. */
static void keep(mr_jsonl *s, const char *p, size_t n) {
  size_t room = s->limit + 1 - s->rest.len; /* one more for the "\r" of "\r\n" */
  size_t kept = n < room ? n : room;
  mr_buf_put(&s->rest, p, kept);
  s->dropped += n - kept;
}

/* The line is complete: its bytes, its place, and `ended` bytes of line end. */
static int give(mr_jsonl *s, mr_jsonl_line *line, mr_slice text, size_t ended) {
  uint64_t whole = text.len + s->dropped;
  line->number = ++s->lines;
  line->offset = s->offset;
  s->offset += whole + ended;
  if (s->dropped == 0 && text.len && ended && text.ptr[text.len - 1] == '\r')
    text.len--;
  line->is_long = s->dropped > 0 || text.len > s->limit;
  if (text.len > s->limit)
    text.len = s->limit;
  if (line->number == 1 && text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0) {
    text.ptr += 3;
    text.len -= 3;
    line->offset += 3;
  }
  line->text = text;
  return 1;
}

int mr_jsonl_next(mr_jsonl *s, mr_jsonl_line *line) {
  if (s->rest_given)
    forget_rest(s);
  size_t left = (size_t)(s->end - s->at);
  const char *stop = left ? memchr(s->at, '\n', left) : NULL;
  const char *from = s->at;
  if (!stop) {
    if (left)
      keep(s, from, left);
    s->at = s->end;
    return s->rest.status < 0 ? s->rest.status : 0;
  }
  s->at = stop + 1;
  if (s->rest.len == 0)
    return give(s, line, mr_slice_make(from, (size_t)(stop - from)), 1);
  keep(s, from, (size_t)(stop - from));
  if (s->rest.status < 0)
    return s->rest.status;
  s->rest_given = true;
  return give(s, line, mr_buf_view(&s->rest), 1);
}

int mr_jsonl_finish(mr_jsonl *s, mr_jsonl_line *line) {
  if (s->rest_given)
    forget_rest(s);
  if (s->rest.len == 0)
    return 0;
  s->rest_given = true;
  return give(s, line, mr_buf_view(&s->rest), 0);
}

bool mr_jsonl_is_blank(mr_slice line) {
  size_t i = 0;
  while (i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t' || line.ptr[i] == '\r'))
    i++;
  return i == line.len;
}
