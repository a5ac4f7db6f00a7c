/* SPDX-License-Identifier: MIT
 *
 * record_block.h -- some whole lines under check, on any thread.
 * A block knows nothing of the lines before it: it counts its own from 1, and what it finds is
 * put into the whole by record.c. */
#ifndef MR_RECORD_BLOCK_H
#define MR_RECORD_BLOCK_H

#include "bindings/record_check.h"
#include "bindings/record_found.h"

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

/* One record, for finding it again. */
typedef struct mr_record_entry {
  uint64_t hash;          /* of its bytes, not 0 */
  uint64_t near_hash;     /* of its values without letter case and white space; 0: not asked for */
  uint64_t id_hash;       /* of its recordId; 0: it has none */
  uint64_t offset;        /* in the input */
  uint32_t line;          /* in the block */
  uint32_t line_findings; /* about its line, dropped ones too */
  size_t findings;        /* of the block so far, those of its line included */
} mr_record_entry;

typedef struct mr_record_block {
  /* set by who cuts the input */
  mr_record_family family;          /* AUTO: as the first record */
  const mr_record_profile *profile; /* NULL: that of the family */
  size_t max_line, most_findings;
  bool near_duplicates; /* look for them */
  bool is_first;        /* the input starts here */
  bool is_last;         /* the head is the input's last line and has no newline */
  bool has_head;        /* a line that began in earlier bytes */
  mr_buf head;          /* it, without its newline; empty if it is too long */
  uint64_t head_length; /* its bytes, kept or not */
  bool has_rest;        /* what is in the head is the beginning of the input's last line */
  mr_slice lines;       /* whole lines behind it, each with its newline */
  uint64_t offset;      /* of the first byte in the input */
  /* what the check found; the lines of findings and stats count from the block */
  mr_record_found found;
  mr_buf entries; /* of mr_record_entry */
  mr_record_stats stats;
  uint64_t crlf; /* lines that end in CR LF */
  int status;    /* MR_OK or MR_ERR_MEMORY */
  uint64_t at;   /* offset of the next line */
  /* its own */
  mr_record_check check;
  mr_record_json json;
} mr_record_block;

void mr_record_block_init(mr_record_block *b, mr_alloc *alloc);
void mr_record_block_clear(mr_record_block *b);
void mr_record_block_check(mr_record_block *b);

/* The same in steps, for who reads the lines meanwhile: begin, any number of the others, end. */
void mr_record_block_begin(mr_record_block *b);
/* Whole lines, each with its newline; behind those before them in the input. */
void mr_record_block_lines(mr_record_block *b, mr_slice lines);
/* Adds to the head, or only to its length once that is too long. */
void mr_record_block_hold(mr_record_block *b, mr_slice part);
/* What was held is a line. */
void mr_record_block_line(mr_record_block *b);
void mr_record_block_end(mr_record_block *b);

#endif
