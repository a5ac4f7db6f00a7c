/* SPDX-License-Identifier: MIT
 *
 * pattern_code.h -- a compiled pattern: the program that pattern.c runs.
 * Jumps are relative to their own place, so that a block of code can be copied. */
#ifndef MR_PATTERN_CODE_H
#define MR_PATTERN_CODE_H

#include "host/buf.h"

typedef enum mr_pattern_op {
  MR_PATTERN_CHAR,
  MR_PATTERN_ANY,
  MR_PATTERN_CLASS,
  MR_PATTERN_NOT_CLASS,
  MR_PATTERN_SPLIT, /* goes on behind it and at its target */
  MR_PATTERN_JUMP,
  MR_PATTERN_BEGIN,
  MR_PATTERN_END,
  MR_PATTERN_MATCH
} mr_pattern_op;

typedef struct mr_pattern_step {
  uint32_t op : 4, count : 28; /* count: ranges of a class */
  int32_t arg; /* the code point; the class's first range; the relative target */
} mr_pattern_step;

typedef struct mr_pattern_range {
  uint32_t low, high;
} mr_pattern_range;

/* Fills two empty buffers, of mr_pattern_step and mr_pattern_range; the last step is
 * MR_PATTERN_MATCH.  MR_ERR_ARG: malformed or not supported; MR_ERR_LIMIT: too large;
 * MR_ERR_MEMORY. */
int mr_pattern_compile(mr_slice pattern, mr_buf *code, mr_buf *ranges);

#endif
