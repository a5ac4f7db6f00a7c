/* SPDX-License-Identifier: MIT
 *
 * json_token.c -- what single tokens of an index say.
 * The text was checked when it was indexed, so nothing is checked again. */
#include "bindings/json_index.h"
#include "bindings/json_scan.h"
#include "bindings/text.h"

static uint32_t hex4(const char *p) {
  uint32_t code = 0;
  for (int i = 0; i < 4; i++)
    code = code << 4 | (uint32_t)mr_hex_value((unsigned char)p[i]);
  return code;
}

/* What one character behind a backslash stands for. */
static const char meant[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};

/* The escape whose backslash is at *from. */
static char *put_escape(char *to, const char **from) {
  const char *p = *from;
  char c = meant[(unsigned char)p[1]];
  if (c) {
    *to = c;
    *from = p + 2;
    return to + 1;
  }
  uint32_t code = hex4(p + 2);
  p += 6;
  if (code >= 0xd800 && code <= 0xdbff) {
    code = 0x10000 + ((code - 0xd800) << 10) + (hex4(p + 2) - 0xdc00);
    p += 6;
  }
  *from = p;
  return to + mr_utf8_write(to, code);
}

#ifdef MR_JSON_SSE2
/* Copies from *from on, at least 32 bytes before the end, undoing simple escapes; stops at
 * another escape or behind 16 bytes.  All escapes of a block are found before the first is
 * undone, so that none waits for the one before it. */
static inline char *copy_block(char *to, const char **from) {
  const char *base = *from;
  __m128i v = _mm_loadu_si128((const __m128i *)(const void *)base);
  unsigned marks = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
  unsigned at = 0;
  _mm_storeu_si128((__m128i *)(void *)to, v);
  while (marks) {
    unsigned next = (unsigned)__builtin_ctz(marks);
    char c = meant[(unsigned char)base[next + 1]];
    to += next - at;
    at = next;
    if (!c)
      break;
    *to++ = c;
    at = next + 2;
    memcpy(to, base + at, 16);
    marks &= ~(3u << next);
  }
  if (!marks && at < 16) {
    to += 16 - at;
    at = 16;
  }
  *from = base + at;
  return to;
}
#endif

/* The bytes between a string's quotes, written without their escapes. */
static char *unescape(char *to, const char *from, const char *end, bool is_wide) {
  while (from < end) {
    if (is_wide) {
      to = mr_json_unescape_avx512(to, &from, end);
    } else {
#ifdef MR_JSON_SSE2
      while (end - from >= 40) {
        to = copy_block(to, &from);
        if (*from == '\\' && from[1] == 'u')
          break;
      }
#endif
      to = mr_json_copy_unescaped(to, &from, end);
    }
    if (from < end)
      to = put_escape(to, &from);
  }
  return to;
}

mr_slice mr_json_unescape(mr_slice raw, mr_buf *scratch, mr_json_variant variant) {
  bool is_wide = (variant == MR_JSON_FASTEST || variant == MR_JSON_AVX512) && mr_json_has_avx512();
  mr_buf_reset(scratch);
  char *start = mr_buf_reserve(scratch, raw.len + MR_JSON_COPY_ROOM);
  if (!start)
    return mr_slice_make("", 0);
  char *end = unescape(start, raw.ptr + 1, raw.ptr + raw.len - 1, is_wide);
  scratch->len = (size_t)(end - start);
  return mr_buf_view(scratch);
}

mr_slice mr_json_token_string(mr_slice text, mr_json_token string, mr_buf *scratch) {
  mr_slice raw = mr_json_token_raw(text, string);
  if (!(string.link & MR_JSON_ESCAPED))
    return mr_slice_make(raw.ptr + 1, raw.len - 2);
  return mr_json_unescape(raw, scratch, MR_JSON_FASTEST);
}

/* The digits from *p on, appended to `whole` as far as they surely fit; gives how many did, and
 * in *left_out whether some did not. */
static int64_t read_digits(const char **p, const char *end, uint64_t *whole, bool *left_out) {
  const uint64_t room = UINT64_C(100000000000000000); /* below it, one more digit fits */
  const char *first = *p, *at = first;
  for (; at < end && (unsigned char)(*at - '0') <= 9 && *whole < room; at++)
    *whole = *whole * 10 + (uint64_t)(*at - '0');
  int64_t taken = at - first;
  for (; at < end && (unsigned char)(*at - '0') <= 9; at++)
    *left_out = true;
  *p = at;
  return taken;
}

/* The number behind an exponent's letter; past what zeros behind a point can make up for, its
 * value does not matter. */
static int64_t read_exponent(const char *p, const char *end) {
  bool is_small = *p == '-';
  int64_t value = 0;
  for (p += *p == '-' || *p == '+'; p < end; p++)
    value = value < INT64_C(10000000000) ? value * 10 + (*p - '0') : value;
  return is_small ? -value : value;
}

mr_json_event mr_json_token_number(mr_slice text, mr_json_token token, int64_t *integer,
                                   double *number) {
  mr_slice raw = mr_json_token_raw(text, token);
  const char *p = raw.ptr, *end = p + raw.len;
  bool is_negative = *p == '-', is_long = false;
  uint64_t whole = 0;
  int64_t exponent = 0;
  p += is_negative;
  read_digits(&p, end, &whole, &is_long);
  if (p == end) {
    if (!is_long)
      *integer = is_negative ? -(int64_t)whole : (int64_t)whole;
    if (!is_long || mr_text_to_integer(raw, integer) == MR_OK) {
      *number = (double)*integer;
      return MR_JSON_INTEGER;
    }
    is_long = true;
  }
  *integer = 0;
  if (p < end && *p == '.') {
    p++;
    exponent = -read_digits(&p, end, &whole, &is_long);
  }
  if (p < end)
    exponent += read_exponent(p + 1, end);
  if (is_long || exponent != (int)exponent || !mr_text_scale(whole, (int)exponent, number))
    mr_text_to_double(raw, number);
  else if (is_negative)
    *number = -*number;
  return MR_JSON_DOUBLE;
}
