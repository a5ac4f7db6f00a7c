/* SPDX-License-Identifier: MIT
 *
 * crc_fold.h -- long input of a CRC brought down to sixteen bytes by carry-less products. */
#ifndef MR_CRC_FOLD_H
#define MR_CRC_FOLD_H

#include "host/base.h"

/* Powers of x modulo the polynomial, bits reflected in 64: x^575, x^511, x^191, x^127. */
typedef struct mr_crc_powers {
  uint64_t far_low, far_high, near_low, near_high;
} mr_crc_powers;

/* Does this processor have the instruction? */
bool mr_crc_can_fold(void);
/* n: a multiple of 64, at least 64.  The checksum of `rest`, begun with 0, is that of the n
 * bytes at p, begun with crc (both without the inversion at the ends). */
void mr_crc_fold(const mr_crc_powers *k, uint64_t crc, const unsigned char *p, size_t n,
                 unsigned char rest[16]);

#endif
