/* SPDX-License-Identifier: MIT
 *
 * pattern_class.c -- characters and sets of them, as a pattern writes them. */
#include "bindings/pattern_code.h"
#include "bindings/text.h"

enum { NON_ASCII = 0x80, LAST = 0x10ffff };

typedef mr_pattern_range range;

void mr_pattern_fail(mr_pattern_parser *c, int status) {
  if (c->status == MR_OK)
    c->status = status;
  c->at = c->end;
}

static void add_range(mr_pattern_parser *c, uint32_t low, uint32_t high) {
  range r = {low, high};
  mr_buf_put(c->ranges, &r, sizeof r);
  if (c->ranges->status != MR_OK)
    mr_pattern_fail(c, MR_ERR_MEMORY);
}

/* negated: what is up to `last` and not in the table. */
static void add_table(mr_pattern_parser *c, const range *table, size_t n, bool negated,
                      uint32_t last) {
  uint32_t next = 0;
  for (size_t i = 0; i < n; i++) {
    if (!negated)
      add_range(c, table[i].low, table[i].high);
    else if (table[i].low > next)
      add_range(c, next, table[i].low - 1);
    next = table[i].high + 1;
  }
  if (negated)
    add_range(c, next, last);
}

static const range digit_class[] = {{'0', '9'}};
static const range word_class[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const range space_class[] = {
    {9, 13},          {32, 32},         {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
    {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
static const range letter_class[] = {{'A', 'Z'}, {'a', 'z'}};
static const range blank_class[] = {{' ', ' '}};
static const range any_class[] = {{0, LAST}};

bool mr_pattern_escape_class(mr_pattern_parser *c, char kind) {
  switch (kind) {
  case 'd':
  case 'D':
    add_table(c, digit_class, MR_COUNT(digit_class), kind == 'D', LAST);
    return true;
  case 'w':
  case 'W':
    add_table(c, word_class, MR_COUNT(word_class), kind == 'W', LAST);
    return true;
  case 's':
  case 'S':
    add_table(c, space_class, MR_COUNT(space_class), kind == 'S', LAST);
    return true;
  default:
    return false;
  }
}

/* Only what is known for sure is refused: what may be a member of the property is one, but in a
 * negated set only what must be.  Known are letters, digits and blanks of ASCII; of Lu, Nd, Zs and
 * the like, that they are some of these. */
static void add_property(mr_pattern_parser *c, char kind, bool is_whole, bool negated,
                         bool in_negated) {
  bool is_known = kind == 'L' || kind == 'N' || kind == 'Z';
  if (!(negated == in_negated ? is_known : is_known && is_whole)) {
    if (!in_negated)
      add_table(c, any_class, MR_COUNT(any_class), false, LAST);
    return;
  }
  uint32_t last = in_negated ? NON_ASCII - 1 : LAST;
  if (kind == 'L')
    add_table(c, letter_class, MR_COUNT(letter_class), negated, last);
  else if (kind == 'N')
    add_table(c, digit_class, MR_COUNT(digit_class), negated, last);
  else
    add_table(c, blank_class, MR_COUNT(blank_class), negated, last);
  if (!negated && !in_negated)
    add_range(c, NON_ASCII, LAST);
}

/* \p{L}, \p{Lu}, \pL ...: after the 'p'. */
void mr_pattern_property(mr_pattern_parser *c, bool negated, bool in_negated) {
  bool is_whole = true;
  char kind = 0;
  if (c->at < c->end && *c->at == '{') {
    if (c->end - c->at > 1)
      kind = c->at[1];
    is_whole = c->end - c->at > 2 && c->at[2] == '}';
    while (c->at < c->end && *c->at != '}')
      c->at++;
    if (c->at == c->end) {
      mr_pattern_fail(c, MR_ERR_ARG);
      return;
    }
    c->at++;
  } else if (c->at < c->end && ((*c->at | 0x20) >= 'a' && (*c->at | 0x20) <= 'z')) {
    kind = *c->at++;
  } else {
    mr_pattern_fail(c, MR_ERR_ARG);
    return;
  }
  add_property(c, kind, is_whole, negated, in_negated);
}

static uint32_t read_hex(mr_pattern_parser *c, int digits) {
  uint32_t value = 0;
  for (int i = 0; i < digits; i++) {
    int d = c->at < c->end ? mr_hex_value((unsigned char)*c->at) : -1;
    if (d < 0) {
      mr_pattern_fail(c, MR_ERR_ARG);
      return 0;
    }
    value = value * 16 + (uint32_t)d;
    c->at++;
  }
  return value;
}

uint32_t mr_pattern_char(mr_pattern_parser *c) {
  uint32_t code = 0;
  size_t n = mr_utf8_read(mr_slice_make(c->at, (size_t)(c->end - c->at)), &code);
  if (!n) {
    mr_pattern_fail(c, MR_ERR_ARG);
    return 0;
  }
  c->at += n;
  return code;
}

/* A single character behind a backslash, which has been read. */
uint32_t mr_pattern_escape(mr_pattern_parser *c) {
  if (c->at == c->end) {
    mr_pattern_fail(c, MR_ERR_ARG);
    return 0;
  }
  char kind = *c->at;
  c->at++;
  switch (kind) {
  case 't':
    return '\t';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 'f':
    return '\f';
  case 'v':
    return '\v';
  case '0':
    return 0;
  case 'x':
    return read_hex(c, 2);
  case 'u':
    return read_hex(c, 4);
  default:
    break;
  }
  if ((kind >= 'a' && kind <= 'z') || (kind >= 'A' && kind <= 'Z') ||
      (kind >= '1' && kind <= '9')) {
    mr_pattern_fail(c,
                    MR_ERR_ARG); /* a class in a place for one character, a back reference, ... */
    return 0;
  }
  c->at--;
  return mr_pattern_char(c);
}

bool mr_pattern_set(mr_pattern_parser *c) {
  bool negated = c->at < c->end && *c->at == '^';
  if (negated)
    c->at++;
  while (c->at < c->end && *c->at != ']') {
    uint32_t low;
    if (*c->at == '\\' && c->end - c->at > 1) {
      char kind = c->at[1];
      if (kind == 'p' || kind == 'P') {
        c->at += 2;
        mr_pattern_property(c, kind == 'P', negated);
        continue;
      }
      if (mr_pattern_escape_class(c, kind)) {
        c->at += 2;
        continue;
      }
      c->at++;
      low = kind == 'b' ? (c->at++, 8u) : mr_pattern_escape(c);
    } else {
      low = mr_pattern_char(c);
    }
    uint32_t high = low;
    if (c->end - c->at > 1 && c->at[0] == '-' && c->at[1] != ']') {
      const char *dash = c->at;
      c->at++;
      if (*c->at == '\\' && c->end - c->at > 1) {
        c->at++;
        if (memchr("dDwWsSpP", *c->at, 8)) {
          c->at = dash; /* "[x-\d]": the dash is itself */
        } else {
          high = mr_pattern_escape(c);
        }
      } else {
        high = mr_pattern_char(c);
      }
      if (c->at == dash) {
        add_range(c, '-', '-');
        c->at = dash + 1;
        high = low;
      }
    }
    if (high < low)
      mr_pattern_fail(c, MR_ERR_ARG);
    add_range(c, low, high);
  }
  if (c->at == c->end) {
    mr_pattern_fail(c, MR_ERR_ARG);
    return false;
  }
  c->at++;
  return negated;
}
