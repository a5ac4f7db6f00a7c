/* SPDX-License-Identifier: MIT
 *
 * json_read.c -- the pull reader: one pass, no allocation but for strings with escapes.
 * A state says what may come next; containers are one bit each (object or array), so depth
 * costs no recursion.  A key's colon is consumed together with the key. */
#include "bindings/json.h"

#include "bindings/json_scan.h"
#include "bindings/text.h"

enum {
  EXPECT_VALUE,
  EXPECT_FIRST_ELEMENT, /* just behind [ */
  EXPECT_FIRST_KEY,     /* just behind { */
  EXPECT_MORE,          /* behind a value inside a container: comma or end */
  EXPECT_NOTHING,       /* behind the value */
  EXPECT_END,           /* MR_JSON_END was given */
  FAILED
};

void mr_json_init(mr_json_reader *r, mr_slice input, mr_alloc *alloc, int max_depth) {
  r->text = mr_slice_make("", 0);
  r->integer = 0;
  r->number = 0;
  r->start = r->end = r->at = 0;
  r->depth = 0;
  r->message = NULL;
  r->status = MR_OK;
  r->input = input.ptr ? input : mr_slice_make("", 0);
  r->max_depth = max_depth <= 0                  ? MR_JSON_DEPTH
                 : max_depth > MR_JSON_MAX_DEPTH ? MR_JSON_MAX_DEPTH
                                                 : max_depth;
  r->expect = EXPECT_VALUE;
  mr_buf_init(&r->own, alloc);
  r->scratch = &r->own;
}

void mr_json_borrow(mr_json_reader *r, mr_buf *scratch) {
  r->scratch = scratch;
}

void mr_json_seek(mr_json_reader *r, size_t offset) {
  r->at = r->start = r->end = offset < r->input.len ? offset : r->input.len;
}

void mr_json_clear(mr_json_reader *r) {
  mr_buf_clear(&r->own);
  r->text = mr_slice_make("", 0);
}

/* The fault begins at p. */
static mr_json_event fail(mr_json_reader *r, const char *p, int status, const char *message) {
  r->status = status;
  r->message = message;
  r->start = r->end = (size_t)(p - r->input.ptr);
  r->expect = FAILED;
  return MR_JSON_ERROR;
}

static mr_json_event unexpected(mr_json_reader *r, const char *p, const char *message) {
  if (p == r->input.ptr + r->input.len)
    message = "the text ends before the value does";
  return fail(r, p, MR_ERR_SYNTAX, message);
}

static inline const char *skip_space(const char *p, const char *end) {
  while (p < end && (unsigned char)*p <= ' ' &&
         (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    p++;
  return p;
}

static inline bool is_digit(char c) {
  return (unsigned char)(c - '0') <= 9;
}

static inline bool in_object(const mr_json_reader *r) {
  int d = r->depth - 1;
  return r->objects[d >> 3] >> (d & 7) & 1;
}

/* Behind a complete value whose token ends at p. */
static inline mr_json_event done(mr_json_reader *r, const char *p, mr_json_event event) {
  r->at = r->end = (size_t)(p - r->input.ptr);
  r->expect = r->depth > 0 ? EXPECT_MORE : EXPECT_NOTHING;
  return event;
}

/* ---- strings ---- */

static int hex4(const char *p, const char *end) {
  int code = 0;
  if (end - p < 4)
    return -1;
  for (int i = 0; i < 4; i++) {
    int digit = mr_hex_value((unsigned char)p[i]);
    if (digit < 0)
      return -1;
    code = code << 4 | digit;
  }
  return code;
}

/* \u and what follows; *at is at the backslash.  As put_escape. */
static char *put_code(char *to, const char **at, const char *end, const char **message) {
  const char *p = *at + 2;
  int code = hex4(p, end), low;
  if (code < 0) {
    *message = "\\u needs four hex digits";
    return NULL;
  }
  p += 4;
  if (code >= 0xd800 && code <= 0xdfff) {
    low = code <= 0xdbff && end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2, end) : -1;
    if (low < 0xdc00 || low > 0xdfff) {
      *message = "\\u escape of a lone surrogate";
      return NULL;
    }
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    p += 6;
  }
  *at = p;
  return to + mr_utf8_write(to, (uint32_t)code);
}

/* What one character behind a backslash stands for; 0 for "u" and what is no escape. */
static const char escapes[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                  ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};

/* Writes what stands at *at, a byte that is not plain, no closing quote and no escape of one
 * character, to `to` and advances *at.  Returns the end of what was written, or NULL and what
 * is wrong. */
static char *put_special(char *to, const char **at, const char *end, const char **message) {
  const char *p = *at;
  unsigned char c = (unsigned char)*p;
  if (c == '\\') {
    if (end - p >= 2 && p[1] == 'u')
      return put_code(to, at, end, message);
    *message = end - p < 2 ? "the text ends inside a string" : "invalid escape in a string";
    return NULL;
  }
  if (c >= 0x80) {
    size_t n = mr_json_sequence(p, end);
    if (n == 0)
      *message = "invalid UTF-8 in a string";
    memcpy(to, p, n);
    *at = p + n;
    return n ? to + n : NULL;
  }
  if (c != 0x7f) {
    *message = c ? "control character in a string (must be escaped)" : "NUL byte in a string";
    return NULL;
  }
  *to = (char)c;
  *at = p + 1;
  return to + 1;
}

/* A string with escapes; p is at the first, and what is before it is good.  Copied in pieces,
 * so that no single byte needs a look at the buffer. */
static const char *escaped_string(mr_json_reader *r, const char *open, const char *p) {
  enum { PIECE = 4096, SLACK = 32 };
  const char *end = r->input.ptr + r->input.len, *message = NULL;
  mr_buf *out = r->scratch;
  mr_buf_reset(out);
  mr_buf_put(out, open + 1, (size_t)(p - open - 1));
  while (p < end) {
    const char *stop = end - p > PIECE ? p + PIECE : end;
    char *start = mr_buf_reserve(out, (size_t)(stop - p) + SLACK), *to = start;
    if (!to) {
      fail(r, open, MR_ERR_MEMORY, "not enough memory");
      return NULL;
    }
    while (p < stop) {
      to = mr_json_copy_plain(to, &p, stop);
      if (p == stop)
        break;
      if (*p == '\\' && end - p >= 2 && escapes[(unsigned char)p[1]]) {
        *to++ = escapes[(unsigned char)p[1]];
        p += 2;
        continue;
      }
      if (*p == '"') {
        out->len += (size_t)(to - start);
        r->text = mr_buf_view(out);
        return p + 1;
      }
      to = put_special(to, &p, end, &message);
      if (!to) {
        fail(r, p, MR_ERR_SYNTAX, message);
        return NULL;
      }
    }
    out->len += (size_t)(to - start);
  }
  fail(r, open, MR_ERR_SYNTAX, "the text ends inside a string");
  return NULL;
}

/* The bytes from the opening quote at `open` on; p is the first that is not plain.  Returns
 * the place behind the closing quote, or NULL after fail(). */
static const char *long_string(mr_json_reader *r, const char *open, const char *p) {
  const char *end = r->input.ptr + r->input.len, *message;
  for (; p < end && *p != '"'; p = mr_json_plain_end(p, end)) {
    if (*p == '\\')
      return escaped_string(r, open, p);
    while (p < end && (unsigned char)*p >= 0x80) {
      size_t n = mr_json_sequence(p, end);
      if (n == 0) {
        fail(r, p, MR_ERR_SYNTAX, "invalid UTF-8 in a string");
        return NULL;
      }
      p += n;
    }
    if (p < end && ((unsigned char)*p < 0x20 || *p == 0x7f)) {
      char ignored[4];
      if (!put_special(ignored, &p, end, &message)) {
        fail(r, p, MR_ERR_SYNTAX, message);
        return NULL;
      }
    }
  }
  if (p == end) {
    fail(r, open, MR_ERR_SYNTAX, "the text ends inside a string");
    return NULL;
  }
  r->text = mr_slice_make(open + 1, (size_t)(p - open - 1));
  return p + 1;
}

/* p is at the opening quote.  As long_string, which is for what is not plain throughout. */
static inline const char *read_string(mr_json_reader *r, const char *p) {
  const char *end = r->input.ptr + r->input.len;
  const char *stop = mr_json_plain_end(p + 1, end);
  if (stop == end || *stop != '"')
    return long_string(r, p, stop);
  r->text = mr_slice_make(p + 1, (size_t)(stop - p - 1));
  return stop + 1;
}

/* ---- numbers ---- */

/* The slow way, for numbers of many digits; the grammar was checked. */
static mr_json_event long_number(mr_json_reader *r, const char *p, bool is_whole) {
  if (is_whole && mr_text_to_integer(r->text, &r->integer) == MR_OK) {
    r->number = (double)r->integer;
    return done(r, p, MR_JSON_INTEGER);
  }
  mr_text_to_double(r->text, &r->number);
  return done(r, p, MR_JSON_DOUBLE);
}

static mr_json_event read_number(mr_json_reader *r, const char *start) {
  const char *p = start, *end = r->input.ptr + r->input.len;
  bool is_negative = *p == '-';
  const uint64_t room = UINT64_C(100000000000000000); /* below it, one more digit fits */
  uint64_t whole = 0;
  int64_t exponent = 0;
  p += is_negative;
  const char *first = p;
  while (p < end && is_digit(*p) && whole < room)
    whole = whole * 10 + (uint64_t)(*p++ - '0');
  if (p == first)
    return unexpected(r, p, is_negative ? "a digit must follow '-'" : "a value was expected");
  if (*first == '0' && p - first > 1)
    return fail(r, start, MR_ERR_SYNTAX, "a number must not begin with a zero");
  bool is_long = false;
  for (; p < end && is_digit(*p); p++)
    is_long = true;
  bool is_whole = p == end || (*p != '.' && *p != 'e' && *p != 'E');
  if (is_whole && !is_long) {
    r->text = mr_slice_make(start, (size_t)(p - start));
    r->integer = is_negative ? -(int64_t)whole : (int64_t)whole;
    r->number = (double)r->integer;
    return done(r, p, MR_JSON_INTEGER);
  }
  if (p < end && *p == '.') {
    const char *fraction = ++p;
    for (; p < end && is_digit(*p) && whole < room; p++) {
      whole = whole * 10 + (uint64_t)(*p - '0');
      exponent--;
    }
    for (; p < end && is_digit(*p); p++)
      is_long = true;
    if (p == fraction)
      return unexpected(r, p, "a digit must follow the decimal point");
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    p++;
    bool is_small = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
      p++;
    const char *digits = p;
    int64_t value = 0;
    for (; p < end && is_digit(*p); p++)
      if (value < INT64_C(10000000000)) /* more than zeros behind the point can make up for */
        value = value * 10 + (*p - '0');
    if (p == digits)
      return unexpected(r, p, "a digit must follow the exponent sign");
    exponent += is_small ? -value : value;
  }
  r->text = mr_slice_make(start, (size_t)(p - start));
  if (is_whole || is_long || exponent != (int)exponent ||
      !mr_text_scale(whole, (int)exponent, &r->number))
    return long_number(r, p, is_whole);
  if (is_negative)
    r->number = -r->number;
  return done(r, p, MR_JSON_DOUBLE);
}

/* ---- events ---- */

static mr_json_event word(mr_json_reader *r, const char *p, const char *text, size_t n,
                          mr_json_event event) {
  if ((size_t)(r->input.ptr + r->input.len - p) < n || memcmp(p, text, n) != 0)
    return fail(r, p, MR_ERR_SYNTAX, "a value was expected");
  return done(r, p + n, event);
}

static mr_json_event open(mr_json_reader *r, const char *p, bool is_object) {
  int d = r->depth;
  if (d >= r->max_depth)
    return fail(r, p, MR_ERR_LIMIT, "nested too deeply");
  unsigned char bit = (unsigned char)(1u << (d & 7));
  r->objects[d >> 3] =
      (unsigned char)(is_object ? r->objects[d >> 3] | bit : r->objects[d >> 3] & ~bit);
  r->depth = d + 1;
  r->at = r->end = (size_t)(p + 1 - r->input.ptr);
  r->expect = is_object ? EXPECT_FIRST_KEY : EXPECT_FIRST_ELEMENT;
  return is_object ? MR_JSON_OBJECT : MR_JSON_ARRAY;
}

static mr_json_event close(mr_json_reader *r, const char *p, mr_json_event event) {
  r->start = (size_t)(p - r->input.ptr);
  r->depth--;
  return done(r, p + 1, event);
}

static mr_json_event value(mr_json_reader *r, const char *p) {
  const char *end = r->input.ptr + r->input.len;
  if (p == end)
    return unexpected(r, p, NULL);
  r->start = (size_t)(p - r->input.ptr);
  switch (*p) {
  case '"':
    p = read_string(r, p);
    return p ? done(r, p, MR_JSON_STRING) : MR_JSON_ERROR;
  case '{':
    return open(r, p, true);
  case '[':
    return open(r, p, false);
  case 't':
    return word(r, p, "true", 4, MR_JSON_TRUE);
  case 'f':
    return word(r, p, "false", 5, MR_JSON_FALSE);
  case 'n':
    return word(r, p, "null", 4, MR_JSON_NULL);
  case '\xef':
    if (p == r->input.ptr && end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
      return fail(r, p, MR_ERR_SYNTAX, "a byte order mark stands before the value");
    return fail(r, p, MR_ERR_SYNTAX, "a value was expected");
  default:
    return read_number(r, p);
  }
}

static mr_json_event key(mr_json_reader *r, const char *p, const char *message) {
  const char *end = r->input.ptr + r->input.len;
  if (p == end || *p != '"')
    return unexpected(r, p, message);
  size_t start = (size_t)(p - r->input.ptr);
  p = read_string(r, p);
  if (!p)
    return MR_JSON_ERROR;
  r->start = start;
  r->end = (size_t)(p - r->input.ptr);
  p = skip_space(p, end);
  if (p == end || *p != ':')
    return unexpected(r, p, "':' was expected behind the key");
  r->at = (size_t)(p + 1 - r->input.ptr);
  r->expect = EXPECT_VALUE;
  return MR_JSON_KEY;
}

mr_json_event mr_json_next(mr_json_reader *r) {
  const char *end = r->input.ptr + r->input.len;
  const char *p = skip_space(r->input.ptr + r->at, end);
  switch (r->expect) {
  case EXPECT_VALUE:
    return value(r, p);
  case EXPECT_FIRST_ELEMENT:
    return p < end && *p == ']' ? close(r, p, MR_JSON_ARRAY_END) : value(r, p);
  case EXPECT_FIRST_KEY:
    return p < end && *p == '}' ? close(r, p, MR_JSON_OBJECT_END)
                                : key(r, p, "a key in quotes or '}' was expected");
  case EXPECT_MORE:
    if (p < end && *p == ',') {
      p = skip_space(p + 1, end);
      return in_object(r) ? key(r, p, "a key in quotes was expected behind ','") : value(r, p);
    }
    if (in_object(r))
      return p < end && *p == '}' ? close(r, p, MR_JSON_OBJECT_END)
                                  : unexpected(r, p, "',' or '}' was expected");
    return p < end && *p == ']' ? close(r, p, MR_JSON_ARRAY_END)
                                : unexpected(r, p, "',' or ']' was expected");
  case EXPECT_NOTHING:
    if (p < end)
      return fail(r, p, MR_ERR_SYNTAX, "nothing may follow the value");
    r->start = r->end = r->at = (size_t)(p - r->input.ptr);
    r->expect = EXPECT_END;
    return MR_JSON_END;
  case EXPECT_END:
    return MR_JSON_END;
  default:
    return MR_JSON_ERROR;
  }
}

int mr_json_skip(mr_json_reader *r, mr_json_event begun, mr_slice *raw) {
  if (begun == MR_JSON_KEY)
    begun = mr_json_next(r);
  size_t start = r->start;
  if (begun == MR_JSON_OBJECT || begun == MR_JSON_ARRAY)
    for (int outside = r->depth - 1; begun != MR_JSON_ERROR && r->depth > outside;)
      begun = mr_json_next(r);
  if (begun == MR_JSON_ERROR)
    return r->status;
  *raw = mr_slice_make(r->input.ptr + start, r->end - start);
  return MR_OK;
}

void mr_json_position(mr_slice input, size_t offset, size_t *line, size_t *column) {
  size_t lines = 1, from = 0;
  if (offset > input.len)
    offset = input.len;
  for (size_t i = 0; i < offset; i++)
    if (input.ptr[i] == '\n') {
      lines++;
      from = i + 1;
    }
  *line = lines;
  *column = 1;
  if (offset > from)
    *column += mr_utf8_count(mr_slice_make(input.ptr + from, offset - from));
}
