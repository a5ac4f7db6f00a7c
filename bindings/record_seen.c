/* SPDX-License-Identifier: MIT
 *
 * record_seen.c -- open addressing by the lower bits of the hash; half of the slots stay free. */
#include "bindings/record_seen.h"

enum { FIRST_SIZE = 1 << 10 };

typedef struct entry {
  uint64_t hash, line;
} entry;

void mr_record_seen_init(mr_record_seen *seen, mr_alloc *alloc) {
  memset(seen, 0, sizeof *seen);
  seen->alloc = alloc;
  mr_buf_init(&seen->list, alloc);
}

void mr_record_seen_clear(mr_record_seen *seen) {
  mr_alloc_put(seen->alloc, seen->slots, seen->size * sizeof *seen->slots);
  seen->slots = NULL;
  seen->size = 0;
  mr_buf_clear(&seen->list);
}

static const entry *entries_of(const mr_record_seen *seen) {
  return (const entry *)(const void *)seen->list.ptr;
}

static uint64_t slot_of(uint64_t hash, size_t number) {
  return (hash & ~(uint64_t)UINT32_MAX) | number;
}

/* Where the hash is, or the free slot where it belongs. */
static size_t find(const mr_record_seen *seen, uint64_t hash) {
  size_t at = (size_t)hash & (seen->size - 1);
  for (uint64_t slot; (slot = seen->slots[at]) != 0; at = (at + 1) & (seen->size - 1))
    if (slot >> 32 == hash >> 32 && entries_of(seen)[(uint32_t)slot - 1].hash == hash)
      break;
  return at;
}

static int grow(mr_record_seen *seen, size_t count) {
  size_t size = seen->size ? seen->size * 2 : FIRST_SIZE;
  uint64_t *slots = (uint64_t *)mr_alloc_get(seen->alloc, size * sizeof *slots);
  if (!slots)
    return MR_ERR_MEMORY;
  memset(slots, 0, size * sizeof *slots);
  for (size_t i = 0; i < count; i++) { /* all differ */
    uint64_t hash = entries_of(seen)[i].hash;
    size_t at = (size_t)hash & (size - 1);
    while (slots[at])
      at = (at + 1) & (size - 1);
    slots[at] = slot_of(hash, i + 1);
  }
  mr_alloc_put(seen->alloc, seen->slots, seen->size * sizeof *seen->slots);
  seen->slots = slots;
  seen->size = size;
  return MR_OK;
}

void mr_record_seen_expect(const mr_record_seen *seen, uint64_t hash) {
#if defined(__GNUC__)
  if (seen->size)
    __builtin_prefetch(&seen->slots[(size_t)hash & (seen->size - 1)]);
#else
  MR_UNUSED(seen);
  MR_UNUSED(hash);
#endif
}

int mr_record_seen_add(mr_record_seen *seen, uint64_t hash, uint64_t line, uint64_t *first) {
  size_t count = seen->list.len / sizeof(entry);
  *first = 0;
  if (hash == 0)
    return MR_OK;
  if (count * 2 >= seen->size && count < MR_RECORD_SEEN_MOST) {
    int status = grow(seen, count);
    if (status != MR_OK)
      return status;
  }
  size_t at = find(seen, hash);
  if (seen->slots[at]) {
    *first = entries_of(seen)[(uint32_t)seen->slots[at] - 1].line;
    return MR_OK;
  }
  if (count == MR_RECORD_SEEN_MOST)
    return MR_OK;
  const entry e = {hash, line};
  mr_buf_put(&seen->list, &e, sizeof e);
  if (seen->list.status != MR_OK)
    return MR_ERR_MEMORY;
  seen->slots[at] = slot_of(hash, count + 1);
  return MR_OK;
}
