/* SPDX-License-Identifier: MIT
 *
 * number.c -- numbers as text: integers, and the shortest text that means the same double.
 * The shortest decimal is found by Giulietti's Schubfach ("The Schubfach way to render
 * doubles", 2020): with 126 or more bits of a power of ten, rounding the scaled value "to odd"
 * keeps all that comparing it with the bounds of its interval needs. */
#include "host/number.h"

#include "host/number_power.h"

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233"
                            "34353637383940414243444546474849505152535455565758596061626364656667"
                            "6869707172737475767778798081828384858687888990919293949596979899";

char *mr_text_digits(char *end, uint64_t value) {
  for (; value >= 100; value /= 100) {
    end -= 2;
    memcpy(end, pairs + value % 100 * 2, 2);
  }
  if (value >= 10) {
    end -= 2;
    memcpy(end, pairs + value * 2, 2);
  } else {
    *--end = (char)('0' + value);
  }
  return end;
}

/* ---- integers ---- */

void mr_text_integer(mr_buf *out, int64_t value) {
  char digits[20], *end = digits + sizeof digits;
  char *p = mr_text_digits(end, value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value);
  if (value < 0)
    *--p = '-';
  mr_buf_put(out, p, (size_t)(end - p));
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

/* ---- doubles ---- */

enum { FRACTION_BITS = 52, EXPONENT_BIAS = 1075 };

/* whole times ten to `exponent`. */
typedef struct decimal {
  uint64_t whole;
  int exponent;
} decimal;

/* floor(n * 10^e / 2^x) for the x that the caller's shift of n stands for; the last bit is set
 * if anything was cut off. */
static uint64_t scale_to_odd(mr_power g, uint64_t n) {
  uint64_t low, ignored;
  uint64_t carry = mr_multiply(g.low, n, &ignored);
  uint64_t high = mr_multiply(g.high, n, &low);
  low += carry;
  high += low < carry;
  return high | (low > 1);
}

/* Of the decimals that read back as the double, the shortest; of those, the nearest.  The
 * double is fraction * 2^binary; four times the scaled value and its bounds are compared, so
 * that halves and quarters are integers too. */
static decimal find_shortest(uint64_t fraction, int binary, bool is_power_of_two) {
  bool takes_bounds = fraction % 2 == 0; /* ties go to even */
  /* floor(log10(2^binary)), or of three quarters of it where the lower neighbour is nearer */
  int k = (int)(((int64_t)binary * 1262611 - (is_power_of_two ? 524031 : 0)) >> 22);
  int shift = binary + mr_power_log2(-k) + 1;
  mr_power g = mr_powers[-k - MR_POWER_FIRST];
  if (++g.low == 0)
    g.high++;
  uint64_t middle = scale_to_odd(g, (4 * fraction) << shift);
  uint64_t lower = scale_to_odd(g, (4 * fraction - 2 + is_power_of_two) << shift) + !takes_bounds;
  uint64_t upper = scale_to_odd(g, (4 * fraction + 2) << shift) - !takes_bounds;
  uint64_t s = middle / 4;
  if (s >= 10) { /* one digit less, if exactly one of the two neighbours is inside */
    uint64_t shorter = s / 10;
    bool below = lower <= 40 * shorter, above = 40 * shorter + 40 <= upper;
    if (below != above)
      return (decimal){shorter + above, k + 1};
  }
  bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
  if (below != above)
    return (decimal){s + above, k};
  uint64_t half = 4 * s + 2;
  return (decimal){s + (middle > half || (middle == half && s % 2 == 1)), k};
}

/* The divisors are constants, so that the compiler divides by multiplying. */
static decimal drop_zeros(decimal d) {
  if (d.whole % 100000000 == 0) {
    d.whole /= 100000000;
    d.exponent += 8;
  }
  if (d.whole % 10000 == 0) {
    d.whole /= 10000;
    d.exponent += 4;
  }
  while (d.whole % 10 == 0) {
    d.whole /= 10;
    d.exponent++;
  }
  return d;
}

/* Python's repr: a plain decimal from 1e-4 to below 1e16, otherwise an exponent of at least
 * two digits.  The value is 0.digits times ten to `point`. */
static char *lay_out(char *to, const char *digits, int count, int point) {
  if (point > -4 && point <= 0) {
    memcpy(to, "0.000", 5);
    to += 2 - point;
    memcpy(to, digits, (size_t)count);
    return to + count;
  }
  if (point > 0 && point <= 16) {
    if (count <= point) {
      memcpy(to, digits, (size_t)count);
      memset(to + count, '0', (size_t)(point - count));
      memcpy(to + point, ".0", 2);
      return to + point + 2;
    }
    memcpy(to, digits, (size_t)point);
    to[point] = '.';
    memcpy(to + point + 1, digits + point, (size_t)(count - point));
    return to + count + 1;
  }
  int exponent = point - 1;
  *to++ = digits[0];
  if (count > 1) {
    *to++ = '.';
    memcpy(to, digits + 1, (size_t)count - 1);
    to += count - 1;
  }
  *to++ = 'e';
  *to++ = exponent < 0 ? '-' : '+';
  if (exponent < 0)
    exponent = -exponent;
  if (exponent >= 100) {
    *to++ = (char)('0' + exponent / 100);
    exponent %= 100;
  }
  memcpy(to, pairs + 2 * exponent, 2);
  return to + 2;
}

void mr_text_double(mr_buf *out, double value) {
  char digits[20], text[40], *to = text, *p;
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
  int biased = (int)(bits >> FRACTION_BITS & 0x7ff);
  bool is_nan = biased == 0x7ff && fraction != 0;
  if (bits >> 63 && !is_nan)
    *to++ = '-';
  if (biased == 0x7ff) {
    memcpy(to, is_nan ? "nan" : "inf", 3);
    to += 3;
  } else if (biased == 0 && fraction == 0) {
    memcpy(to, "0.0", 3);
    to += 3;
  } else {
    bool is_power = fraction == 0 && biased > 1;
    if (biased > 0)
      fraction |= UINT64_C(1) << FRACTION_BITS;
    decimal d =
        drop_zeros(find_shortest(fraction, (biased > 0 ? biased : 1) - EXPONENT_BIAS, is_power));
    p = mr_text_digits(digits + sizeof digits, d.whole);
    int count = (int)(digits + sizeof digits - p);
    to = lay_out(to, p, count, count + d.exponent);
  }
  mr_buf_put(out, text, (size_t)(to - text));
}
