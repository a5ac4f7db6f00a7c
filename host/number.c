/* SPDX-License-Identifier: MIT
 *
 * number.c -- numbers as text, both ways, exact and without the locale.
 * Short numbers, nearly all that occur, take a path of a few multiplications; the rest asks
 * the C library, but only with text that has no decimal point (12345e-3), since the point is
 * the one thing in it that a locale changes. */
#include "host/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The powers of ten that a double holds exactly. */
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum {
  EXACT_POWER = 22,
  /* More significant digits than any double or midpoint of two has (767): what follows
   * only matters by being zero or not. */
  MAX_DIGITS = 800
};

/* ---- reading ---- */

/* Digits gathered from the text: the value is 0.digits times ten to `point`. */
typedef struct decimal {
  char digits[MAX_DIGITS + 1];
  int count;
  int64_t point;
  bool is_negative;
} decimal;

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static void add_digit(decimal *d, char c) {
  if (d->count < MAX_DIGITS)
    d->digits[d->count++] = c;
  else if (c != '0')
    d->digits[MAX_DIGITS - 1] |= 1; /* not zero: breaks a tie, as the true digits would */
}

static bool scan_decimal(mr_slice s, decimal *d) {
  size_t i = 0;
  int64_t exponent = 0;
  d->count = 0;
  d->point = 0;
  d->is_negative = s.len > 0 && s.ptr[0] == '-';
  i += d->is_negative;
  if (i == s.len || !is_digit(s.ptr[i]))
    return false;
  if (s.ptr[i] == '0') {
    i++;
  } else {
    for (; i < s.len && is_digit(s.ptr[i]); i++) {
      add_digit(d, s.ptr[i]);
      d->point++;
    }
  }
  if (i < s.len && s.ptr[i] == '.') {
    size_t first = ++i;
    for (; i < s.len && is_digit(s.ptr[i]); i++) {
      if (d->count == 0 && s.ptr[i] == '0')
        d->point--;
      else
        add_digit(d, s.ptr[i]);
    }
    if (i == first)
      return false;
  }
  if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
    i++;
    bool is_negative = i < s.len && s.ptr[i] == '-';
    if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+'))
      i++;
    size_t first = i;
    for (; i < s.len && is_digit(s.ptr[i]); i++)
      if (exponent < INT64_C(1000000000000000))
        exponent = exponent * 10 + (s.ptr[i] - '0');
    if (i == first)
      return false;
    d->point += is_negative ? -exponent : exponent;
  }
  while (d->count > 0 && d->digits[d->count - 1] == '0')
    d->count--;
  return i == s.len;
}

bool mr_text_scale(int64_t whole, int exponent, double *out) {
  const int64_t exact = INT64_C(1) << 53;
  if (whole > exact || whole < -exact || exponent < -EXACT_POWER || exponent > EXACT_POWER)
    return false;
  *out = exponent < 0 ? (double)whole / powers[-exponent] : (double)whole * powers[exponent];
  return true;
}

static double digits_to_double(decimal *d) {
  char text[MAX_DIGITS + 32];
  int64_t exponent = d->point - d->count;
  if (d->count == 0)
    return 0;
  if (d->count <= 15) {
    int64_t whole = 0;
    double value;
    for (int i = 0; i < d->count; i++)
      whole = whole * 10 + (d->digits[i] - '0');
    if (exponent == (int)exponent && mr_text_scale(whole, (int)exponent, &value))
      return value;
  }
  if (d->point > 400)
    return HUGE_VAL;
  if (d->point < -400)
    return 0;
  snprintf(text, sizeof text, "%.*se%d", d->count, d->digits, (int)exponent);
  return strtod(text, NULL);
}

int mr_text_to_double(mr_slice s, double *out) {
  decimal d;
  if (!scan_decimal(s, &d))
    return MR_ERR_ARG;
  double value = digits_to_double(&d);
  *out = d.is_negative ? -value : value;
  return MR_OK;
}

/* ---- writing ---- */

/* whole times ten to `exponent`. */
typedef struct shortest {
  uint64_t whole;
  int exponent;
} shortest;

static bool reads_back(shortest s, double value) {
  char text[48];
  snprintf(text, sizeof text, "%llue%d", (unsigned long long)s.whole, s.exponent);
  return strtod(text, NULL) == value;
}

/* value rounded to `precision` significant digits, as the C library rounds: exactly. */
static shortest rounded(double value, int precision) {
  char text[64];
  shortest s = {0, 0};
  snprintf(text, sizeof text, "%.*e", precision - 1, value);
  const char *p = text;
  for (; *p != 'e'; p++)
    if (is_digit(*p)) /* whatever else stands there is the locale's point */
      s.whole = s.whole * 10 + (uint64_t)(*p - '0');
  s.exponent = atoi(p + 1) - (precision - 1);
  return s;
}

/* Few decimals: some power of ten makes it a whole number that divides back exactly.  With
 * at most 15 digits there is only one such decimal for a double, so it is the shortest. */
static bool find_short(double value, shortest *out) {
  if (value >= 1e15 || value < 1e-7)
    return false;
  for (int k = 0; k <= EXACT_POWER; k++) {
    double scaled = value * powers[k];
    if (scaled >= 1e15)
      return false;
    uint64_t whole = (uint64_t)(scaled + 0.5);
    if ((double)whole / powers[k] == value) {
      out->whole = whole;
      out->exponent = -k;
      return true;
    }
  }
  return false;
}

/* Of `precision` digits, the decimal nearest to value that reads back as it.  Next to a power
 * of two the nearest decimal may lie on the side where doubles are dense and not read back
 * while its neighbour on the other side does. */
static bool find_at(double value, int precision, shortest *out) {
  shortest near = rounded(value, precision), other = near;
  *out = near;
  if (reads_back(near, value))
    return true;
  other.whole = near.whole + 1;
  *out = other;
  if (reads_back(other, value))
    return true;
  other.whole = near.whole - 1;
  *out = other;
  return reads_back(other, value);
}

static shortest find_shortest(double value) {
  shortest s;
  if (find_short(value, &s))
    return s;
  /* 15 digits always survive the way through a normal double, so fewer are found by
   * dropping zeros; below the normal range each length is tried. */
  for (int precision = value < 2.2250738585072014e-308 ? 1 : 15; precision < 17; precision++)
    if (find_at(value, precision, &s))
      return s;
  return rounded(value, 17);
}

/* Python's repr: a plain decimal from 1e-4 to below 1e16, otherwise an exponent of at least
 * two digits. */
static void lay_out(mr_buf *out, const char *digits, int count, int point) {
  static const char zeros[] = "0000000000000000";
  if (point > -4 && point <= 0) {
    mr_buf_put(out, "0.", 2);
    mr_buf_put(out, zeros, (size_t)-point);
    mr_buf_put(out, digits, (size_t)count);
  } else if (point > 0 && point <= 16) {
    if (count <= point) {
      mr_buf_put(out, digits, (size_t)count);
      mr_buf_put(out, zeros, (size_t)(point - count));
      mr_buf_put(out, ".0", 2);
    } else {
      mr_buf_put(out, digits, (size_t)point);
      mr_buf_putc(out, '.');
      mr_buf_put(out, digits + point, (size_t)(count - point));
    }
  } else {
    int exponent = point - 1;
    mr_buf_putc(out, digits[0]);
    if (count > 1) {
      mr_buf_putc(out, '.');
      mr_buf_put(out, digits + 1, (size_t)count - 1);
    }
    mr_buf_put(out, exponent < 0 ? "e-" : "e+", 2);
    if (exponent < 0)
      exponent = -exponent;
    if (exponent < 10)
      mr_buf_putc(out, '0');
    mr_text_integer(out, exponent);
  }
}

void mr_text_double(mr_buf *out, double value) {
  char digits[24];
  int at = sizeof digits;
  if (isnan(value)) {
    mr_buf_put(out, "nan", 3);
    return;
  }
  if (signbit(value)) {
    mr_buf_putc(out, '-');
    value = -value;
  }
  if (isinf(value)) {
    mr_buf_put(out, "inf", 3);
    return;
  }
  if (value == 0) {
    mr_buf_put(out, "0.0", 3);
    return;
  }
  shortest s = find_shortest(value);
  for (; s.whole % 10 == 0; s.exponent++)
    s.whole /= 10;
  for (; s.whole > 0; s.whole /= 10)
    digits[--at] = (char)('0' + s.whole % 10);
  int count = (int)sizeof digits - at;
  lay_out(out, digits + at, count, count + s.exponent);
}

/* ---- integers ---- */

void mr_text_integer(mr_buf *out, int64_t value) {
  char digits[20];
  size_t at = sizeof digits;
  uint64_t rest = value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value;
  do {
    digits[--at] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (value < 0)
    digits[--at] = '-';
  mr_buf_put(out, digits + at, sizeof digits - at);
}

int mr_text_to_integer(mr_slice s, int64_t *out) {
  bool is_negative = s.len > 0 && s.ptr[0] == '-';
  uint64_t value = 0, limit = (uint64_t)INT64_MAX + is_negative;
  size_t i = is_negative;
  if (i == s.len)
    return MR_ERR_ARG;
  for (; i < s.len; i++) {
    unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
    if (digit > 9 || value > (limit - digit) / 10)
      return MR_ERR_ARG;
    value = value * 10 + digit;
  }
  *out = !is_negative ? (int64_t)value : value == limit ? INT64_MIN : -(int64_t)value;
  return MR_OK;
}
