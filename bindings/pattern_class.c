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

static void add_table(mr_pattern_parser *c, const range *table, size_t n, bool negated) {
  uint32_t next = 0;
  for (size_t i = 0; i < n; i++) {
    if (!negated)
      add_range(c, table[i].low, table[i].high);
    else if (table[i].low > next)
      add_range(c, next, table[i].low - 1);
    next = table[i].high + 1;
  }
  if (negated)
    add_range(c, next, LAST);
}

static const range digit_class[] = {{'0', '9'}};
static const range word_class[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const range space_class[] = {
    {9, 13},          {32, 32},         {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
    {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
/* Unicode properties are exact in ASCII; beyond it every character is taken to have them. */
static const range letter_class[] = {{'A', 'Z'}, {'a', 'z'}, {NON_ASCII, LAST}};
static const range number_class[] = {{'0', '9'}, {NON_ASCII, LAST}};
static const range blank_class[] = {{' ', ' '}, {NON_ASCII, LAST}};
static const range any_class[] = {{0, LAST}};

bool mr_pattern_escape_class(mr_pattern_parser *c, char kind) {
  switch (kind) {
  case 'd':
  case 'D':
    add_table(c, digit_class, MR_COUNT(digit_class), kind == 'D');
    return true;
  case 'w':
  case 'W':
    add_table(c, word_class, MR_COUNT(word_class), kind == 'W');
    return true;
  case 's':
  case 'S':
    add_table(c, space_class, MR_COUNT(space_class), kind == 'S');
    return true;
  default:
    return false;
  }
}

/* \p{L}, \p{Lu}, \pL ...: after the 'p'. */
void mr_pattern_property(mr_pattern_parser *c, bool negated) {
  char kind = 0;
  if (c->at < c->end && *c->at == '{') {
    if (c->end - c->at > 1)
      kind = c->at[1];
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
  if (negated)
    add_table(c, any_class, MR_COUNT(any_class), false);
  else if (kind == 'L')
    add_table(c, letter_class, MR_COUNT(letter_class), false);
  else if (kind == 'N')
    add_table(c, number_class, MR_COUNT(number_class), false);
  else if (kind == 'Z')
    add_table(c, blank_class, MR_COUNT(blank_class), false);
  else
    add_table(c, any_class, MR_COUNT(any_class), false);
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
        mr_pattern_property(c, kind == 'P');
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
