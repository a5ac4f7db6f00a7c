/* SPDX-License-Identifier: MIT
 *
 * json_write.c -- the writer: commas, indentation and escapes, nothing kept but two bits a
 * level.  Its pretty form is byte for byte that of Python's json.dumps(value, indent=2):
 * empty containers stay on one line, ": " behind a key, no space behind a comma. */
#include "bindings/json.h"

#include <math.h>

#include "bindings/json_put.h"
#include "bindings/json_stage.h"
#include "bindings/text.h"

void mr_json_writer_init(mr_json_writer *w, mr_buf *out, int indent, bool ascii) {
  w->out = out;
  w->indent = indent < 0 ? 0 : indent;
  w->ascii = ascii;
  w->status = MR_OK;
  w->depth = 0;
  w->after_key = false;
  memset(w->filled, 0, sizeof w->filled);
  memset(w->objects, 0, sizeof w->objects);
}

static inline bool bit(const unsigned char *bits, int d) {
  return bits[d >> 3] >> (d & 7) & 1;
}

static inline void set_bit(unsigned char *bits, int d, bool on) {
  unsigned char mask = (unsigned char)(1u << (d & 7));
  bits[d >> 3] = (unsigned char)(on ? bits[d >> 3] | mask : bits[d >> 3] & ~mask);
}

static void misuse(mr_json_writer *w) {
  if (w->status == MR_OK)
    w->status = MR_ERR_ARG;
}

static inline void put(mr_json_writer *w, char c) {
  mr_buf *b = w->out;
  if (b->cap > b->len && b->status == MR_OK)
    b->ptr[b->len++] = c;
  else
    mr_buf_putc(b, c);
}

static void new_line(mr_json_writer *w) {
  size_t n = (size_t)w->indent * (size_t)w->depth;
  char *to = mr_buf_reserve(w->out, n + 1);
  if (!to)
    return;
  *to = '\n';
  memset(to + 1, ' ', n);
  w->out->len += n + 1;
}

/* What stands between the last item of the container and the next. */
static void separate(mr_json_writer *w) {
  int d = w->depth - 1;
  if (bit(w->filled, d))
    put(w, ',');
  set_bit(w->filled, d, true);
  if (w->indent > 0)
    new_line(w);
}

/* Before any value; false if none may stand here. */
static inline bool before_value(mr_json_writer *w) {
  if (w->status < 0)
    return false;
  if (w->after_key) {
    w->after_key = false;
    return true;
  }
  if (w->depth == 0)
    return true;
  if (bit(w->objects, w->depth - 1)) {
    misuse(w);
    return false;
  }
  separate(w);
  return true;
}

static void open(mr_json_writer *w, bool is_object) {
  if (!before_value(w))
    return;
  if (w->depth >= MR_JSON_MAX_DEPTH) {
    w->status = MR_ERR_LIMIT;
    return;
  }
  set_bit(w->objects, w->depth, is_object);
  set_bit(w->filled, w->depth, false);
  w->depth++;
  put(w, is_object ? '{' : '[');
}

static void close(mr_json_writer *w, bool is_object) {
  if (w->status < 0)
    return;
  if (w->depth == 0 || w->after_key || bit(w->objects, w->depth - 1) != is_object) {
    misuse(w);
    return;
  }
  w->depth--;
  if (w->indent > 0 && bit(w->filled, w->depth))
    new_line(w);
  put(w, is_object ? '}' : ']');
}

void mr_json_open_object(mr_json_writer *w) {
  open(w, true);
}

void mr_json_close_object(mr_json_writer *w) {
  close(w, true);
}

void mr_json_open_array(mr_json_writer *w) {
  open(w, false);
}

void mr_json_close_array(mr_json_writer *w) {
  close(w, false);
}

/* ---- strings ---- */

/* A string is written in pieces, so that room for the worst case can be taken beforehand. */
enum { PIECE = 4096, WORST = 6 /* bytes of output for one of input */, SLACK = 96 };

static char *put_unit(char *to, unsigned unit) {
  static const char digits[] = "0123456789abcdef";
  *to++ = '\\';
  *to++ = 'u';
  *to++ = digits[unit >> 12 & 15];
  *to++ = digits[unit >> 8 & 15];
  *to++ = digits[unit >> 4 & 15];
  *to++ = digits[unit & 15];
  return to;
}

/* A byte below 0x80 that is not plain. */
static inline char *escape(char *to, unsigned char c) {
  static const char letters[] = "btnvfr"; /* 8 to 13; \v is no escape of JSON */
  if ((c < 0x20 && (c < 8 || c > 13 || c == 11)) || c == 0x7f)
    return put_unit(to, c);
  *to++ = '\\';
  *to++ = c >= 8 && c <= 13 ? letters[c - 8] : (char)c;
  return to;
}

static char *escape_sequence(char *to, const char *p, size_t n) {
  uint32_t code = 0;
  mr_utf8_read(mr_slice_make(p, n), &code);
  if (code < 0x10000)
    return put_unit(to, code);
  code -= 0x10000;
  return put_unit(put_unit(to, 0xd800 + (code >> 10)), 0xdc00 + (code & 0x3ff));
}

#ifdef MR_JSON_SSE2
/* As much as is ASCII (or anything, where all is known to be UTF-8) and at least 32 bytes before
 * stop; not for `ascii`.  All bytes of a block that need an escape are found before the first
 * is written. */
static char *quote_blocks(char *to, const char **p, const char *stop, bool is_utf8) {
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
  const __m128i most = _mm_set1_epi8(0x1f);
  const char *base = *p;
  for (; stop - base >= 32; base += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)base);
    if (!is_utf8 && _mm_movemask_epi8(v))
      break;
    __m128i odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)),
                               _mm_cmpeq_epi8(_mm_min_epu8(v, most), v));
    unsigned marks = (unsigned)_mm_movemask_epi8(odd), at = 0;
    _mm_storeu_si128((__m128i *)(void *)to, v);
    for (; marks; marks &= marks - 1) {
      unsigned next = (unsigned)__builtin_ctz(marks);
      to = escape(to + (next - at), (unsigned char)base[next]);
      at = next + 1;
      memcpy(to, base + at, 16);
    }
    to += 16 - at;
  }
  while (is_utf8 && base < stop && ((unsigned char)*base & 0xc0) == 0x80)
    *to++ = *base++; /* a block may end inside a sequence */
  *p = base;
  return to;
}
#endif

/* How a string is written. */
typedef struct quoting {
  const char *end;
  bool ascii, is_wide;
  bool is_utf8; /* all that is left is known to be; else each sequence is looked at */
  bool is_new;  /* nothing above 0x7f was met yet */
} quoting;

/* Writes the sequence at *p and advances *p; NULL if it is ill-formed. */
static inline char *put_sequence(char *to, const char **p, const quoting *q) {
  size_t n = mr_json_sequence(*p, q->end);
  if (n == 0)
    return NULL;
  if (q->ascii) {
    to = escape_sequence(to, *p, n);
  } else {
    if (q->end - *p >= 4)
      memcpy(to, *p, 4); /* of one size, so it is no call */
    else
      memcpy(to, *p, n);
    to += n;
  }
  *p += n;
  return to;
}

/* What needs no decision: blocks of ASCII, or of anything if all is known to be UTF-8. */
static inline char *put_blocks(char *to, const char **p, const char *stop, const quoting *q) {
  if (q->ascii)
    return to;
  if (q->is_wide) {
    to = mr_json_escape_avx512(to, p, stop, q->is_utf8);
    while (q->is_utf8 && *p >= stop && *p < q->end && ((unsigned char)**p & 0xc0) == 0x80)
      *to++ = *(*p)++; /* the piece ends inside a sequence */
    return to;
  }
#ifdef MR_JSON_SSE2
  to = quote_blocks(to, p, stop, q->is_utf8);
#endif
  return to;
}

/* Writes the bytes from *p up to `stop` (or a few more, to end with a sequence) and advances
 * *p; NULL if they are ill-formed. */
static char *quote_piece(char *to, const char **p, const char *stop, quoting *q) {
  while (*p < stop) {
    to = put_blocks(to, p, stop, q);
    if (*p >= stop)
      break;
    to = mr_json_copy_plain(to, p, stop);
    if (*p == stop)
      break;
    unsigned char c = (unsigned char)**p;
    if (c < 0x80) {
      (*p)++;
      if (c == 0x7f && !q->ascii)
        *to++ = (char)c;
      else
        to = escape(to, c);
      continue;
    }
    if (q->is_new) {
      q->is_new = false;
      q->is_utf8 = mr_json_is_utf8(mr_slice_make(*p, (size_t)(q->end - *p)));
      if (q->is_utf8)
        continue;
    }
    do {
      to = put_sequence(to, p, q);
      if (!to)
        return NULL;
    } while (*p < stop && (unsigned char)**p >= 0x80);
  }
  return to;
}

int mr_json_quote_as(mr_buf *out, mr_slice s, bool ascii, bool is_wide) {
  enum { WORTH_A_CHECK = 64 };
  size_t len = out->len;
  const char *p = s.ptr ? s.ptr : "";
  quoting q = {p + s.len, ascii, is_wide, false, s.len >= WORTH_A_CHECK && !ascii};
  do {
    const char *stop = q.end - p > PIECE ? p + PIECE : q.end;
    size_t room = (size_t)(stop - p) * WORST + SLACK;
    char *to = out->status == MR_OK && out->cap - out->len >= room ? out->ptr + out->len
                                                                   : mr_buf_reserve(out, room);
    if (!to)
      return MR_ERR_MEMORY;
    char *start = to;
    if (p == s.ptr || s.len == 0)
      *to++ = '"';
    to = quote_piece(to, &p, stop, &q);
    if (!to) {
      out->len = len;
      return MR_ERR_ARG;
    }
    if (p == q.end)
      *to++ = '"';
    out->len += (size_t)(to - start);
  } while (p < q.end);
  return MR_OK;
}

int mr_json_quote(mr_buf *out, mr_slice s, bool ascii) {
  return mr_json_quote_as(out, s, ascii, mr_json_has_avx512());
}

/* ---- values ---- */

void mr_json_put_key(mr_json_writer *w, mr_slice key) {
  if (w->status < 0)
    return;
  if (w->depth == 0 || w->after_key || !bit(w->objects, w->depth - 1)) {
    misuse(w);
    return;
  }
  w->after_key = true;
  if (w->indent == 0 && w->out->status == MR_OK &&
      mr_json_put_plain(w->out, bit(w->filled, w->depth - 1) ? ',' : 0, key, ':')) {
    set_bit(w->filled, w->depth - 1, true);
    return;
  }
  separate(w);
  if (mr_json_quote(w->out, key, w->ascii) == MR_ERR_ARG)
    misuse(w);
  put(w, ':');
  if (w->indent > 0)
    put(w, ' ');
}

void mr_json_put_string(mr_json_writer *w, mr_slice s) {
  if (before_value(w) && !mr_json_put_plain(w->out, 0, s, 0) &&
      mr_json_quote(w->out, s, w->ascii) == MR_ERR_ARG)
    misuse(w);
}

void mr_json_put_integer(mr_json_writer *w, int64_t value) {
  if (before_value(w))
    mr_text_integer(w->out, value);
}

void mr_json_put_double(mr_json_writer *w, double value) {
  if (!isfinite(value))
    misuse(w);
  if (before_value(w))
    mr_text_double(w->out, value);
}

void mr_json_put_bool(mr_json_writer *w, bool value) {
  if (before_value(w))
    mr_buf_put(w->out, value ? "true" : "false", value ? 4 : 5);
}

void mr_json_put_null(mr_json_writer *w) {
  if (before_value(w))
    mr_buf_put(w->out, "null", 4);
}

void mr_json_put_raw(mr_json_writer *w, mr_slice json) {
  if (before_value(w))
    mr_buf_slice(w->out, json);
}

int mr_json_writer_end(const mr_json_writer *w) {
  if (w->status < 0)
    return w->status;
  if (w->out->status < 0)
    return w->out->status;
  return w->depth > 0 || w->after_key ? MR_ERR_ARG : MR_OK;
}
