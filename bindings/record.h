/* SPDX-License-Identifier: MIT
 *
 * record.h -- the lint of fine-tuning data: bytes in, findings out.
 * No I/O and no Lua.  Feed the file in chunks of any size; a line may span chunks.  Findings
 * come in the order of the input, those about the file as a whole last. */
#ifndef MR_RECORD_H
#define MR_RECORD_H

#include "bindings/record_block.h"

typedef struct mr_record_options {
  mr_record_family family;          /* MR_RECORD_AUTO: as the profile, or as the first record */
  const mr_record_profile *profile; /* NULL: the limits of the family */
  bool near_duplicates;             /* look for them, which takes longer */
  bool validation;                  /* a validation set: no minimum, other maxima */
  size_t max_line;                  /* bytes kept of a line; 0 for 64 MiB */
  size_t most_findings;             /* that the sink gets, all are counted; 0 for all */
} mr_record_options;

typedef struct mr_record mr_record;

/* The sink is called while mr_record_feed, mr_record_take and mr_record_finish run.  NULL: no
 * memory. */
mr_record *mr_record_new(mr_alloc *alloc, const mr_record_options *options, mr_record_sink sink);
void mr_record_free(mr_record *r);
/* MR_OK or MR_ERR_MEMORY; bad data is a finding, never an error. */
int mr_record_feed(mr_record *r, const void *bytes, size_t n);
/* Ends the input, when no block is out.  Call it once; then only stats and free. */
int mr_record_finish(mr_record *r);
/* Counts so far; good until the next call. */
const mr_record_stats *mr_record_stats_of(const mr_record *r);

/* Feeding on several threads: each piece of input is cut into a block, blocks are checked on
 * any threads (mr_record_block_check), and taken in the order in which they were cut.  The
 * bytes must stay until the block was checked.  Cut only when the family is known: before, the
 * first record tells it, so feed. */
bool mr_record_family_known(const mr_record *r);
/* MR_OK or MR_ERR_MEMORY.  The block is the caller's, initialized, and its allocator must be
 * good on the thread that checks it. */
int mr_record_cut(mr_record *r, const void *bytes, size_t n, mr_record_block *block);
/* For input that the block's thread reads itself: the next n bytes are those in which its lines
 * begin. It sets b->offset to the first of them, checks in steps, and leaves a last line without
 * a newline in the head, with has_rest. */
void mr_record_claim(mr_record *r, uint64_t n, mr_record_block *block);
/* MR_OK or MR_ERR_MEMORY, also that of the check.  The block can be cut into again. */
int mr_record_take(mr_record *r, mr_record_block *block);

#endif
