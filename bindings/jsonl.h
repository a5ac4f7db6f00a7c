/* SPDX-License-Identifier: MIT
 *
 * jsonl.h -- chunks in, lines out, with their numbers and places.
 * A line ends with "\n" or "\r\n", the last one also with the input; a byte order mark at the
 * very start is no part of the first.  A line within one chunk is not copied; what a chunk
 * leaves over is kept until the line is complete.  Memory is that of the longest line. */
#ifndef MR_JSONL_H
#define MR_JSONL_H

#include "host/buf.h"

/* Longest line where the caller does not say: 1 GiB. */
#define MR_JSONL_LIMIT ((size_t)1 << 30)

typedef struct mr_jsonl_line {
  mr_slice text;   /* without its end; good until the next call */
  uint64_t number; /* from 1 */
  uint64_t offset; /* of its first byte in the input, from 0 */
  bool is_long;    /* longer than the limit: text is its beginning, the rest was passed over */
} mr_jsonl_line;

typedef struct mr_jsonl {
  size_t limit;
  uint64_t lines;  /* lines given */
  uint64_t offset; /* bytes of the input before `at` and the rest */
  uint64_t dropped; /* bytes of that line which were not kept */
  mr_buf rest;
  bool rest_given; /* the caller has seen it: the next call empties it */
  const char *at, *end;
} mr_jsonl;

/* limit: bytes of a line; 0 for MR_JSONL_LIMIT. */
void mr_jsonl_init(mr_jsonl *s, mr_alloc *alloc, size_t limit);
void mr_jsonl_clear(mr_jsonl *s);
/* The next bytes of the input, which stay the caller's and must stay until mr_jsonl_next
 * has returned 0. */
void mr_jsonl_feed(mr_jsonl *s, mr_slice chunk);
/* 1: a line; 0: feed more, or, once the input has ended, call mr_jsonl_finish;
 * MR_ERR_MEMORY. */
int mr_jsonl_next(mr_jsonl *s, mr_jsonl_line *line);
/* The last line if it has no end: 1, or 0 if there is none. */
int mr_jsonl_finish(mr_jsonl *s, mr_jsonl_line *line);
/* White space only: no record, but counted as a line. */
bool mr_jsonl_is_blank(mr_slice line);

#endif
