/* SPDX-License-Identifier: MIT
 *
 * number_read.c -- text to doubles, correctly rounded and without the locale.
 * One multiplication of doubles where that is exact; else one or two of integers by 128 bits
 * of the power of ten, as Eisel and Lemire do it (Lemire, "Number parsing at a gigabyte per
 * second", 2021); what they cannot decide goes to the C library, as text that has no decimal
 * point (12345e-3), since the point is the one thing in it that a locale changes. */
#include "host/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/number_power.h"

/* The powers of ten that a double holds exactly. */
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum {
  EXACT_POWER = 22,
  FRACTION_BITS = 52,
  /* More significant digits than any double or midpoint of two has (767): what follows
   * only matters by being zero or not. */
  MAX_DIGITS = 800
};

/* ---- from a whole number and a power of ten ---- */

static int leading_zeros(uint64_t v) {
#ifdef __GNUC__
  return __builtin_clzll(v);
#else
  int n = 0;
  for (; !(v >> 63); v <<= 1)
    n++;
  return n;
#endif
}

/* whole > 0.  False: undecided, or no normal double. */
static bool scale_wide(uint64_t whole, int exponent, double *out) {
  if (exponent < MR_POWER_FIRST || exponent > 308)
    return false;
  mr_power g = mr_powers[exponent - MR_POWER_FIRST];
  if (exponent < 0 && exponent >= -27 && ++g.low == 0)
    g.high++; /* too large rather than too small: so ties, which occur down there, are seen */
  int zeros = leading_zeros(whole);
  uint64_t low, more, ignored;
  whole <<= zeros;
  uint64_t high = mr_multiply(whole, g.high, &low);
  if ((high & 0x1ff) == 0x1ff) { /* the bits cut off could carry into the ones that count */
    more = mr_multiply(whole, g.low, &ignored);
    low += more;
    high += low < more;
    if (low == UINT64_MAX && (exponent < -27 || exponent > 55))
      return false;
  }
  int top = (int)(high >> 63);
  int drop = top + 64 - FRACTION_BITS - 3;
  uint64_t fraction = high >> drop; /* 54 bits: one more than the double takes */
  int biased = mr_power_log2(exponent) + 63 + top - zeros + 1023;
  if (low <= 1 && exponent >= -4 && exponent <= 23 && (fraction & 3) == 1 &&
      fraction << drop == high)
    fraction &= ~UINT64_C(1); /* exactly between two doubles: to the even one */
  fraction = (fraction + (fraction & 1)) >> 1;
  if (fraction == UINT64_C(2) << FRACTION_BITS) {
    fraction >>= 1;
    biased++;
  }
  if (biased < 1 || biased > 2046)
    return false;
  uint64_t bits = (fraction & ((UINT64_C(1) << FRACTION_BITS) - 1)) | (uint64_t)biased
                                                                          << FRACTION_BITS;
  memcpy(out, &bits, sizeof bits);
  return true;
}

bool mr_text_scale(uint64_t whole, int exponent, double *out) {
  if (whole <= UINT64_C(1) << 53 && exponent >= -EXACT_POWER && exponent <= EXACT_POWER) {
    *out = exponent < 0 ? (double)whole / powers[-exponent] : (double)whole * powers[exponent];
    return true;
  }
  if (whole == 0) {
    *out = 0;
    return true;
  }
  return scale_wide(whole, exponent, out);
}

/* ---- from text ---- */

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

static double digits_to_double(decimal *d) {
  char text[MAX_DIGITS + 32];
  int64_t exponent = d->point - d->count;
  if (d->count == 0)
    return 0;
  if (d->count <= 19) {
    uint64_t whole = 0;
    double value;
    for (int i = 0; i < d->count; i++)
      whole = whole * 10 + (uint64_t)(d->digits[i] - '0');
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
