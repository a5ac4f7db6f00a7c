/* SPDX-License-Identifier: MIT
 *
 * hashset.c -- open addressing; the hash itself is the place, since it is keyed and even.
 * At most seven eighths of the slots are taken. */
#include "bindings/hashset.h"

enum { FIRST_ROOM = 1 << 10 };

void mr_hashset_init(mr_hashset *set, mr_alloc *alloc, size_t most) {
  memset(set, 0, sizeof *set);
  set->alloc = alloc;
  set->most = most;
}

void mr_hashset_clear(mr_hashset *set) {
  mr_alloc_put(set->alloc, set->slots, set->room * sizeof *set->slots);
  set->slots = NULL;
  set->count = set->room = 0;
}

/* All bits 0 stands for a free slot. */
static mr_hash128 usable(mr_hash128 hash) {
  if (!hash.low && !hash.high)
    hash.low = 1;
  return hash;
}

/* Its slot, or the free one where it belongs. */
static size_t find(const mr_hashset *set, mr_hash128 hash) {
  size_t i = (size_t)hash.low & (set->room - 1);
  while ((set->slots[i].low || set->slots[i].high) &&
         (set->slots[i].low != hash.low || set->slots[i].high != hash.high))
    i = (i + 1) & (set->room - 1);
  return i;
}

static int grow(mr_hashset *set) {
  mr_hashset wider = *set;
  wider.room = set->room ? set->room * 2 : FIRST_ROOM;
  if (wider.room * sizeof *set->slots > set->most)
    return MR_ERR_LIMIT;
  wider.slots = mr_alloc_get(set->alloc, wider.room * sizeof *wider.slots);
  if (!wider.slots)
    return MR_ERR_MEMORY;
  memset(wider.slots, 0, wider.room * sizeof *wider.slots);
  for (size_t i = 0; i < set->room; i++)
    if (set->slots[i].low || set->slots[i].high)
      wider.slots[find(&wider, set->slots[i])] = set->slots[i];
  mr_alloc_put(set->alloc, set->slots, set->room * sizeof *set->slots);
  *set = wider;
  return MR_OK;
}

bool mr_hashset_has(const mr_hashset *set, mr_hash128 hash) {
  if (!set->room)
    return false;
  const mr_hash128 *slot = &set->slots[find(set, usable(hash))];
  return slot->low || slot->high;
}

int mr_hashset_add(mr_hashset *set, mr_hash128 hash) {
  if (mr_hashset_has(set, hash))
    return 0;
  if (set->count >= set->room / 8 * 7) {
    int status = grow(set);
    if (status < 0)
      return status;
  }
  hash = usable(hash);
  set->slots[find(set, hash)] = hash;
  set->count++;
  return 1;
}
