/* SPDX-License-Identifier: MIT
 *
 * siphash.h -- SipHash-2-4 with 128 bits of result (Aumasson and Bernstein).
 * Keyed: who does not know the key cannot make two texts that collide, so that two records of
 * equal hash are taken for equal. */
#ifndef MR_SIPHASH_H
#define MR_SIPHASH_H

#include "host/base.h"

typedef struct mr_siphash_key {
  uint64_t word[2]; /* little-endian words of the 16 bytes */
} mr_siphash_key;

typedef struct mr_hash128 {
  uint64_t low, high; /* of the 16 bytes, little-endian */
} mr_hash128;

mr_hash128 mr_siphash(mr_siphash_key key, mr_slice bytes);

#endif
