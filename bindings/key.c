/* SPDX-License-Identifier: MIT
 *
 * key.c -- values to keys.
 * A tag byte, then for strings the bytes with 00 as 00 FF and 00 00 at the end, for numbers the
 * power of ten, two digits a byte and 00, for arrays and objects what they hold and 00.  All
 * tags are above 00.  What is negative or descending is the complement. */
#include "bindings/key.h"

#include <stdlib.h>

#include "bindings/text.h"

enum { ABSENT = 1, NIL, FALSE, TRUE, NEGATIVE, ZERO, POSITIVE, STRING, ARRAY, OBJECT };

typedef struct spot {
  size_t at, key, len; /* of a member in out: its place, bytes of its name's key, of all */
  const char *base;
} spot;

void mr_key_init(mr_key_writer *w, mr_alloc *alloc) {
  mr_buf_init(&w->out, alloc);
  mr_buf_init(&w->scratch, alloc);
  mr_buf_init(&w->spots, alloc);
  mr_buf_init(&w->sorted, alloc);
}

void mr_key_clear(mr_key_writer *w) {
  mr_buf_clear(&w->out);
  mr_buf_clear(&w->scratch);
  mr_buf_clear(&w->spots);
  mr_buf_clear(&w->sorted);
}

int mr_key_status(const mr_key_writer *w) {
  return w->out.status < 0 || w->scratch.status < 0 || w->spots.status < 0 || w->sorted.status < 0
             ? MR_ERR_MEMORY
             : MR_OK;
}

int mr_key_reset(mr_key_writer *w) {
  int status = mr_key_status(w);
  mr_buf_reset(&w->out);
  return status;
}

static void complement(mr_buf *out, size_t from) {
  for (size_t i = from; i < out->len; i++)
    out->ptr[i] = (char)~out->ptr[i];
}

/* ---- numbers ---- */

typedef struct decimal {
  int64_t power; /* the value is 0.d1d2d3... times ten to the power */
  const char *first, *last; /* from the first digit that is not 0 to behind the last such */
} decimal;

static int64_t read_power(const char *p, const char *end) {
  bool negative = p < end && *p == '-';
  int64_t power = 0;
  if (p < end && (*p == '-' || *p == '+'))
    p++;
  for (; p < end; p++)
    if (power < INT64_C(1000000000000000))
      power = power * 10 + (*p - '0');
  return negative ? -power : power;
}

static decimal read_decimal(const char *p, const char *end) {
  decimal d = {0, NULL, NULL};
  bool in_fraction = false;
  for (; p < end && *p != 'e' && *p != 'E'; p++) {
    if (*p == '.') {
      in_fraction = true;
    } else {
      if (*p != '0') {
        d.last = p + 1;
        if (!d.first)
          d.first = p;
      }
      if (d.first)
        d.power += !in_fraction;
      else
        d.power -= in_fraction;
    }
  }
  if (p < end)
    d.power += read_power(p + 1, end);
  return d;
}

static void put_number(mr_buf *out, mr_slice raw) {
  bool negative = raw.ptr[0] == '-';
  decimal d = read_decimal(raw.ptr + negative, raw.ptr + raw.len);
  if (!d.first) {
    mr_buf_putc(out, ZERO);
    return;
  }
  mr_buf_putc(out, negative ? NEGATIVE : POSITIVE);
  size_t from = out->len;
  if (d.power >= -100 && d.power <= 100) {
    mr_buf_putc(out, (char)(d.power + 128));
  } else {
    uint64_t power = (uint64_t)d.power + (UINT64_C(1) << 62);
    mr_buf_putc(out, d.power < 0 ? 1 : (char)254);
    for (int shift = 56; shift >= 0; shift -= 8)
      mr_buf_putc(out, (char)(power >> shift));
  }
  int pair = -1; /* the first digit of the two that make a byte */
  for (const char *p = d.first; p < d.last; p++) {
    if (*p == '.')
      continue;
    if (pair < 0) {
      pair = (*p - '0') * 10;
    } else {
      mr_buf_putc(out, (char)(pair + (*p - '0') + 1));
      pair = -1;
    }
  }
  if (pair >= 0)
    mr_buf_putc(out, (char)(pair + 1));
  mr_buf_putc(out, 0);
  if (negative)
    complement(out, from);
}

/* ---- strings ---- */

static void put_escaped(mr_buf *out, mr_slice s) {
  for (size_t i = 0; i < s.len;) {
    const char *zero = memchr(s.ptr + i, 0, s.len - i);
    size_t n = zero ? (size_t)(zero - s.ptr) - i : s.len - i;
    mr_buf_put(out, s.ptr + i, n);
    i += n;
    if (zero) {
      mr_buf_put(out, "\0\xff", 2);
      i++;
    }
  }
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* A run of digits: '0', how many count, and these. */
static void put_natural(mr_buf *out, mr_slice s) {
  size_t i = 0;
  while (i < s.len) {
    size_t from = i;
    while (i < s.len && !is_digit(s.ptr[i]))
      i++;
    put_escaped(out, mr_slice_make(s.ptr + from, i - from));
    if (i == s.len)
      break;
    while (i < s.len && s.ptr[i] == '0')
      i++;
    from = i;
    while (i < s.len && is_digit(s.ptr[i]))
      i++;
    size_t n = i - from;
    mr_buf_putc(out, '0');
    mr_buf_putc(out, (char)(n < 255 ? n : 255));
    if (n >= 255)
      for (int shift = 24; shift >= 0; shift -= 8)
        mr_buf_putc(out, (char)(n >> shift));
    mr_buf_put(out, s.ptr + from, n);
  }
}

/* Lower case of the alphabets whose cases lie at a fixed distance. */
static uint32_t fold(uint32_t c) {
  if (c < 0x80)
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) ||
      (c >= 0x410 && c <= 0x42f))
    return c + 32;
  if (c >= 0x400 && c <= 0x40f)
    return c + 80;
  return c >= 0x100 && c <= 0x137 && c != 0x130 ? c | 1 : c;
}

static bool is_space(uint32_t c) {
  return c <= ' ' || c == 0x7f || c == 0x85 || c == 0xa0 || (c >= 0x2000 && c <= 0x200b) ||
         c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x3000 || c == 0xfeff;
}

/* Never longer than the string: cases of one letter have the same length in UTF-8. */
static void put_folded(mr_buf *out, mr_slice s) {
  char *to = mr_buf_reserve(out, s.len), *from = to;
  bool space = false;
  if (!to)
    return;
  for (size_t i = 0, n; i < s.len; i += n) {
    uint32_t c = (unsigned char)s.ptr[i];
    n = 1;
    if (c >= 0x80)
      n = mr_utf8_read(mr_slice_make(s.ptr + i, s.len - i), &c);
    if (n == 0) /* JSON that was checked has none such */
      return;
    if (is_space(c)) {
      space = to > from;
      continue;
    }
    if (space)
      *to++ = ' ';
    space = false;
    if (c < 0x80)
      *to++ = (char)fold(c);
    else
      to += mr_utf8_write(to, fold(c));
  }
  out->len += (size_t)(to - from);
}

/* The number that a string spells, white space around it aside; len 0: none. */
static mr_slice spelled_number(mr_slice s) {
  mr_json_index index;
  mr_slice number = {NULL, 0};
  if (s.len == 0 || s.len > 400 || !strpbrk("0123456789- \t", (char[]){s.ptr[0], 0}))
    return number;
  mr_json_index_init(&index, NULL);
  if (mr_json_index_build(&index, s, NULL) == MR_OK && index.count == 1) {
    char c = s.ptr[index.tokens[0].at];
    if (c == '-' || is_digit(c))
      number = mr_json_token_raw(s, index.tokens[0]);
  }
  mr_json_index_free(&index);
  return number;
}

static void put_string(mr_key_writer *w, mr_slice s, mr_key_order order) {
  mr_slice number = order == MR_KEY_NUMBER ? spelled_number(s) : mr_slice_make(NULL, 0);
  if (number.len) {
    put_number(&w->out, number);
    return;
  }
  mr_buf_putc(&w->out, STRING);
  if (order == MR_KEY_NATURAL)
    put_natural(&w->out, s);
  else if (order == MR_KEY_FOLDED)
    put_folded(&w->out, s);
  else
    put_escaped(&w->out, s);
  mr_buf_put(&w->out, "\0\0", 2);
}

/* ---- containers ---- */

static void put_value(mr_key_writer *w, mr_slice text, const mr_json_index *index, uint32_t token,
                      mr_key_order order);

static int by_name(const void *a, const void *b) {
  const spot *x = a, *y = b;
  size_t least = x->key < y->key ? x->key : y->key;
  int order = memcmp(x->base + x->at, y->base + y->at, least);
  return order ? order : x->at < y->at ? -1 : 1;
}

static bool is_same_name(const spot *x, const spot *y) {
  return x->key == y->key && memcmp(x->base + x->at, y->base + y->at, x->key) == 0;
}

/* The members that were appended behind `from`, whose spots lie behind `first`, are put into
 * the order of their names. */
static void sort_members(mr_key_writer *w, size_t from, size_t first) {
  size_t n = (w->spots.len - first) / sizeof(spot);
  spot *spots = (spot *)(void *)(w->spots.ptr + first);
  for (size_t i = 0; i < n; i++)
    spots[i].base = w->out.ptr;
  qsort(spots, n, sizeof *spots, by_name);
  mr_buf_reset(&w->sorted);
  for (size_t i = 0; i < n; i++)
    if (i + 1 == n || !is_same_name(&spots[i], &spots[i + 1]))
      mr_buf_put(&w->sorted, w->out.ptr + spots[i].at, spots[i].len);
  if (w->sorted.status < 0)
    return;
  memcpy(w->out.ptr + from, w->sorted.ptr, w->sorted.len);
  w->out.len = from + w->sorted.len;
}

static void put_object(mr_key_writer *w, mr_slice text, const mr_json_index *index, uint32_t token,
                       mr_key_order order) {
  uint32_t end = index->tokens[token].link - 1;
  mr_buf_putc(&w->out, OBJECT);
  size_t from = w->out.len, first = w->spots.len;
  for (uint32_t i = token + 1; i < end; i = mr_json_token_after(index, text, i + 1)) {
    spot s = {w->out.len, 0, 0, NULL};
    mr_buf_putc(&w->out, STRING);
    put_escaped(&w->out, mr_json_token_string(text, index->tokens[i], &w->scratch));
    mr_buf_put(&w->out, "\0\0", 2);
    s.key = w->out.len - s.at;
    put_value(w, text, index, i + 1, order);
    s.len = w->out.len - s.at;
    mr_buf_put(&w->spots, &s, sizeof s);
  }
  if (mr_key_status(w) == MR_OK && w->spots.len > first)
    sort_members(w, from, first);
  w->spots.len = first;
  mr_buf_putc(&w->out, 0);
}

static void put_value(mr_key_writer *w, mr_slice text, const mr_json_index *index, uint32_t token,
                      mr_key_order order) {
  mr_json_token t = index->tokens[token];
  switch (text.ptr[t.at]) {
  case 'n':
    mr_buf_putc(&w->out, NIL);
    break;
  case 'f':
    mr_buf_putc(&w->out, FALSE);
    break;
  case 't':
    mr_buf_putc(&w->out, TRUE);
    break;
  case '"':
    put_string(w, mr_json_token_string(text, t, &w->scratch), order);
    break;
  case '[':
    mr_buf_putc(&w->out, ARRAY);
    for (uint32_t i = token + 1; i < t.link - 1; i = mr_json_token_after(index, text, i))
      put_value(w, text, index, i, order);
    mr_buf_putc(&w->out, 0);
    break;
  case '{':
    put_object(w, text, index, token, order);
    break;
  default:
    put_number(&w->out, mr_json_token_raw(text, t));
  }
}

void mr_key_put(mr_key_writer *w, mr_slice text, const mr_json_index *index, uint32_t token,
                mr_key_order order, bool descending) {
  size_t from = w->out.len;
  char kind = token == UINT32_MAX ? 0 : text.ptr[index->tokens[token].at];
  if (!kind)
    mr_buf_putc(&w->out, ABSENT);
  else if (order == MR_KEY_TEXT && kind != '"' && kind != 'n' && kind != '{' && kind != '[')
    put_string(w, mr_json_token_raw(text, index->tokens[token]), order);
  else
    put_value(w, text, index, token, order);
  if (descending && w->out.status == MR_OK)
    complement(&w->out, from);
}
