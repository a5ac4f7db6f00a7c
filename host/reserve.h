/* SPDX-License-Identifier: MIT
 *
 * reserve.h -- a little memory that is always there, for what must not fail.
 * 64 blocks of 64 bytes inside the struct, aligned as malloc's.  Not for several threads. */
#ifndef MR_RESERVE_H
#define MR_RESERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MR_RESERVE_BLOCK = 64, MR_RESERVE_BLOCKS = 64 };

typedef struct mr_reserve { /* zeroed at first */
  uint64_t taken;           /* a bit for each block */
  _Alignas(max_align_t) char blocks[MR_RESERVE_BLOCKS][MR_RESERVE_BLOCK];
} mr_reserve;

static inline bool mr_reserve_owns(const mr_reserve *r, const void *ptr) {
  return (uintptr_t)ptr - (uintptr_t)r->blocks < sizeof r->blocks;
}

/* n > 0 bytes in blocks side by side; NULL when there are not so many. */
void *mr_reserve_get(mr_reserve *r, size_t n);

/* Of the `had` bytes at ptr, which the reserve owns, only the first n are needed, n <= had. */
void mr_reserve_trim(mr_reserve *r, const void *ptr, size_t had, size_t n);

#endif
