/* SPDX-License-Identifier: MIT
 *
 * record.h -- the lint of fine-tuning data: bytes in, findings out.
 * No I/O and no Lua.  Feed the file in chunks of any size; a line may span chunks.  Findings
 * come in the order of the input, those about the file as a whole last. */
#ifndef MR_RECORD_H
#define MR_RECORD_H

#include "bindings/record_rules.h"
#include "host/alloc.h"

typedef struct mr_record_options {
  mr_record_family family;          /* MR_RECORD_AUTO: as the profile, or as the first record */
  const mr_record_profile *profile; /* NULL: the limits of the family */
  bool validation;                  /* a validation set: no minimum, other maxima */
  size_t max_line;                  /* bytes kept of a line; 0 for 64 MiB */
} mr_record_options;

typedef struct mr_record_stats {
  uint64_t bytes, lines;
  uint64_t records; /* lines that hold a JSON object */
  uint64_t errors, warnings;
  uint64_t messages, user, assistant, system; /* how many */
  uint64_t characters;                        /* of all texts */
  uint64_t tokens;                            /* estimate: 6 characters a token */
  uint64_t longest_line, longest_bytes;       /* which line is the longest, and how long */
  uint64_t most_tokens_line, most_tokens;     /* which record has most tokens */
  mr_record_family family;                    /* as found; AUTO while unknown */
  const char *profile;                        /* whose limits were used */
} mr_record_stats;

typedef struct mr_record mr_record;

/* The sink is called while mr_record_feed and mr_record_finish run.  NULL: no memory. */
mr_record *mr_record_new(mr_alloc *alloc, const mr_record_options *options, mr_record_sink sink);
void mr_record_free(mr_record *r);
/* MR_OK or MR_ERR_MEMORY; bad data is a finding, never an error. */
int mr_record_feed(mr_record *r, const void *bytes, size_t n);
/* Ends the input.  Call it once; then only stats and free. */
int mr_record_finish(mr_record *r);
/* Counts so far; good until the next call. */
const mr_record_stats *mr_record_stats_of(const mr_record *r);

#endif
