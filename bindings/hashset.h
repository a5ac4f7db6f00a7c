/* SPDX-License-Identifier: MIT
 *
 * hashset.h -- a set of 128-bit hashes with a limit of memory: what was seen before? */
#ifndef MR_HASHSET_H
#define MR_HASHSET_H

#include "bindings/siphash.h"
#include "host/alloc.h"

typedef struct mr_hashset {
  mr_hash128 *slots; /* a power of two of them; both words 0: free */
  size_t count, room, most; /* bytes of slots at most: `most` */
  mr_alloc *alloc;
} mr_hashset;

/* most: bytes; while the set grows, half as many again. */
void mr_hashset_init(mr_hashset *set, mr_alloc *alloc, size_t most);
void mr_hashset_clear(mr_hashset *set);
bool mr_hashset_has(const mr_hashset *set, mr_hash128 hash);
/* 1: it is new and now a member; 0: it was one; MR_ERR_LIMIT: it is new and there is no
 * room; MR_ERR_MEMORY. */
int mr_hashset_add(mr_hashset *set, mr_hash128 hash);

#endif
