/* SPDX-License-Identifier: MIT
 *
 * json_write.c -- the writer: commas, indentation and escapes, nothing kept but two bits a
 * level.  Its pretty form is byte for byte that of Python's json.dumps(value, indent=2):
 * empty containers stay on one line, ": " behind a key, no space behind a comma. */
#include "bindings/json.h"

#include <math.h>

#include "bindings/json_scan.h"
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

static void new_line(mr_json_writer *w) {
  static const char spaces[] = "                                ";
  size_t n = (size_t)w->indent * (size_t)w->depth;
  mr_buf_putc(w->out, '\n');
  for (; n > sizeof spaces - 1; n -= sizeof spaces - 1)
    mr_buf_put(w->out, spaces, sizeof spaces - 1);
  mr_buf_put(w->out, spaces, n);
}

/* What stands between the last item of the container and the next. */
static void separate(mr_json_writer *w) {
  int d = w->depth - 1;
  if (bit(w->filled, d))
    mr_buf_putc(w->out, ',');
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
  mr_buf_putc(w->out, is_object ? '{' : '[');
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
  mr_buf_putc(w->out, is_object ? '}' : ']');
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

static void put_unit(mr_buf *out, unsigned unit) {
  static const char digits[] = "0123456789abcdef";
  char text[6] = {'\\',
                  'u',
                  digits[unit >> 12 & 15],
                  digits[unit >> 8 & 15],
                  digits[unit >> 4 & 15],
                  digits[unit & 15]};
  mr_buf_put(out, text, sizeof text);
}

static void escape(mr_buf *out, unsigned char c) {
  static const char letters[] = "btnvfr"; /* 8 to 13; \v is no escape of JSON */
  char text[2] = {'\\', (char)c};
  if (c >= 8 && c <= 13 && c != 11)
    text[1] = letters[c - 8];
  else if (c < 0x20 || c == 0x7f) {
    put_unit(out, c);
    return;
  }
  mr_buf_put(out, text, 2);
}

static void escape_code(mr_buf *out, uint32_t code) {
  if (code < 0x10000) {
    put_unit(out, code);
    return;
  }
  code -= 0x10000;
  put_unit(out, 0xd800 + (code >> 10));
  put_unit(out, 0xdc00 + (code & 0x3ff));
}

int mr_json_quote(mr_buf *out, mr_slice s, bool ascii) {
  size_t len = out->len;
  const char *p = s.ptr ? s.ptr : "", *end = p + s.len, *from = p;
  mr_buf_putc(out, '"');
  while ((p = mr_json_plain_end(p, end)) < end) {
    unsigned char c = (unsigned char)*p;
    if (c == 0x7f && !ascii) {
      p++;
    } else if (c >= 0x80) {
      uint32_t code;
      size_t n = mr_utf8_read(mr_slice_make(p, (size_t)(end - p)), &code);
      if (n == 0) {
        out->len = out->status < 0 ? out->len : len;
        return MR_ERR_ARG;
      }
      if (ascii) {
        mr_buf_put(out, from, (size_t)(p - from));
        escape_code(out, code);
        from = p + n;
      }
      p += n;
    } else {
      mr_buf_put(out, from, (size_t)(p - from));
      escape(out, c);
      from = ++p;
    }
  }
  mr_buf_put(out, from, (size_t)(end - from));
  mr_buf_putc(out, '"');
  return out->status;
}

/* ---- values ---- */

void mr_json_put_key(mr_json_writer *w, mr_slice key) {
  if (w->status < 0)
    return;
  if (w->depth == 0 || w->after_key || !bit(w->objects, w->depth - 1)) {
    misuse(w);
    return;
  }
  separate(w);
  if (mr_json_quote(w->out, key, w->ascii) == MR_ERR_ARG)
    misuse(w);
  mr_buf_put(w->out, ": ", w->indent > 0 ? 2 : 1);
  w->after_key = true;
}

void mr_json_put_string(mr_json_writer *w, mr_slice s) {
  if (before_value(w) && mr_json_quote(w->out, s, w->ascii) == MR_ERR_ARG)
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
