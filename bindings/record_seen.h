/* SPDX-License-Identifier: MIT
 *
 * record_seen.h -- which line had a hash first; for the first million of different hashes.
 * What is remembered lies in the order in which it came; the table that is looked into at random
 * holds 8 bytes for each, so that it stays in the caches for long. */
#ifndef MR_RECORD_SEEN_H
#define MR_RECORD_SEEN_H

#include "host/buf.h"

#define MR_RECORD_SEEN_MOST ((size_t)1 << 20)

typedef struct mr_record_seen {
  mr_alloc *alloc;
  uint64_t *slots; /* upper half of a hash, and its number in `list` from 1 on; 0: free */
  size_t size;     /* of slots, a power of two, or 0 */
  mr_buf list;     /* hashes and their lines */
} mr_record_seen;

void mr_record_seen_init(mr_record_seen *seen, mr_alloc *alloc);
void mr_record_seen_clear(mr_record_seen *seen);
/* Fetches what the hash will need. */
void mr_record_seen_expect(const mr_record_seen *seen, uint64_t hash);
/* *first: the line that had this hash before; or 0, and it is remembered that this one has it, if
 * there is room. A hash of 0 stands for none.  MR_OK or MR_ERR_MEMORY. */
int mr_record_seen_add(mr_record_seen *seen, uint64_t hash, uint64_t line, uint64_t *first);

#endif
