/* SPDX-License-Identifier: MIT
 *
 * number_power.h -- powers of ten as 128-bit binary fractions, for exact conversions. */
#ifndef MR_NUMBER_POWER_H
#define MR_NUMBER_POWER_H

#include "host/base.h"

enum { MR_POWER_FIRST = -292, MR_POWER_LAST = 324 };

/* 10^e is (high * 2^64 + low) * 2^(mr_power_log2(e) - 127), or a little more; the highest bit
 * of high is set. */
typedef struct mr_power {
  uint64_t high, low;
} mr_power;

extern const mr_power mr_powers[MR_POWER_LAST - MR_POWER_FIRST + 1];

/* floor(log2(10^e)) for |e| up to 1233: log2(10) as a fraction of 2^19. */
static inline int mr_power_log2(int e) {
  return (int)((int64_t)e * 1741647 >> 19);
}

/* The 128 bits of a * b; the high half is the result. */
static inline uint64_t mr_multiply(uint64_t a, uint64_t b, uint64_t *low) {
#ifdef __SIZEOF_INT128__
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)a * b;
  *low = (uint64_t)product;
  return (uint64_t)(product >> 64);
#else
  uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
  uint64_t p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0;
  uint64_t middle = (p00 >> 32) + (p01 & 0xffffffff) + (p10 & 0xffffffff);
  *low = middle << 32 | (p00 & 0xffffffff);
  return a1 * b1 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
#endif
}

#endif
