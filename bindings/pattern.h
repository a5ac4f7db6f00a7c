/* SPDX-License-Identifier: MIT
 *
 * pattern.h -- does a text match a pattern of the service models?
 * Patterns are ECMAScript regular expressions without captures, look-around and back
 * references, and must match the whole text, code point by code point.  Time is bounded by
 * pattern length times text length, whatever the two are (Thompson's simulation). */
#ifndef MR_PATTERN_H
#define MR_PATTERN_H

#include "host/buf.h"

/* scratch: working memory, emptied first; give the same one again to save allocations.
 * MR_OK: *matched is the answer.  MR_ERR_ARG: the pattern is malformed or uses what is not
 * supported; MR_ERR_LIMIT: it is too large; MR_ERR_MEMORY.  For these *matched is true: a
 * pattern that cannot be checked here is left to the service. */
int mr_pattern_match(mr_slice pattern, mr_slice text, mr_buf *scratch, bool *matched);
/* The same with a program of mr_pattern_compile (pattern_code.h), which may be kept. */
int mr_pattern_run(const mr_buf *code, const mr_buf *ranges, mr_slice text, mr_buf *scratch,
                   bool *matched);

/* A compiled pattern with what a search needs; the last three begin empty and are kept from search
 * to search, not more than some 100 KiB. */
typedef struct mr_pattern_finder {
  const mr_buf *code, *ranges;
  mr_buf *scratch, *sets, *states;
} mr_pattern_finder;

/* Where the pattern occurs first at or behind byte `from`, and there as long as it can; bytes
 * [*start, *end).  An occurrence without characters is none.  1, 0, or MR_ERR_MEMORY. */
int mr_pattern_find(const mr_pattern_finder *finder, mr_slice text, size_t from, size_t *start,
                    size_t *end);

#endif
