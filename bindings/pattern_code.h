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
  int32_t arg;                 /* the code point; the class's first range; the relative target */
} mr_pattern_step;

typedef struct mr_pattern_range {
  uint32_t low, high;
} mr_pattern_range;

/* Fills two empty buffers, of mr_pattern_step and mr_pattern_range; the last step is
 * MR_PATTERN_MATCH.  MR_ERR_ARG: malformed or not supported; MR_ERR_LIMIT: too large;
 * MR_ERR_MEMORY. */
int mr_pattern_compile(mr_slice pattern, mr_buf *code, mr_buf *ranges);

/* ---- shared by pattern_code.c and pattern_class.c ---- */

typedef struct mr_pattern_parser {
  const char *at, *end;
  mr_buf *code, *ranges;
  int status; /* MR_OK, or the first failure */
  int depth;
} mr_pattern_parser;

static inline size_t mr_pattern_ranges(const mr_pattern_parser *p) {
  return p->ranges->len / sizeof(mr_pattern_range);
}
/* Notes the first failure and goes to the end of the pattern. */
void mr_pattern_fail(mr_pattern_parser *p, int status);
/* One code point, as it stands or behind a backslash that has been read. */
uint32_t mr_pattern_char(mr_pattern_parser *p);
uint32_t mr_pattern_escape(mr_pattern_parser *p);
/* Add ranges: of the letter behind a backslash (d D w W s S; false: another), of a property
 * (behind \p or \P, in a negated set or not), of a set in brackets (behind '['; true: it is
 * negated). */
bool mr_pattern_escape_class(mr_pattern_parser *p, char kind);
void mr_pattern_property(mr_pattern_parser *p, bool negated, bool in_negated);
bool mr_pattern_set(mr_pattern_parser *p);

#endif
