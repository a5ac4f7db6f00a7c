/* SPDX-License-Identifier: MIT
 *
 * reserve.c -- first fit over the bits of 64 blocks. */
#include "host/reserve.h"

/* The bits of the blocks that n bytes at block `at` take. */
static uint64_t bits(size_t at, size_t n) {
  size_t count = (n + MR_RESERVE_BLOCK - 1) / MR_RESERVE_BLOCK;
  uint64_t ones = count < 64 ? ((uint64_t)1 << count) - 1 : ~(uint64_t)0;
  return ones << at;
}

void *mr_reserve_get(mr_reserve *r, size_t n) {
  for (size_t at = 0; at < MR_RESERVE_BLOCKS; at++) {
    if (n > sizeof r->blocks - at * MR_RESERVE_BLOCK)
      break;
    if (!(r->taken & bits(at, n))) {
      r->taken |= bits(at, n);
      return r->blocks[at];
    }
  }
  return NULL;
}

void mr_reserve_trim(mr_reserve *r, const void *ptr, size_t had, size_t n) {
  size_t at = (size_t)((uintptr_t)ptr - (uintptr_t)r->blocks) / MR_RESERVE_BLOCK;
  r->taken &= ~(bits(at, had) & ~bits(at, n));
}
