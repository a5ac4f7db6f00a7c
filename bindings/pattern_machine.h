/* SPDX-License-Identifier: MIT
 *
 * pattern_machine.h -- what pattern.c and pattern_find.c share: the steps of a program that are
 * alive at a place of the text. */
#ifndef MR_PATTERN_MACHINE_H
#define MR_PATTERN_MACHINE_H

#include "bindings/pattern_code.h"

typedef struct mr_pattern_machine {
  const mr_pattern_step *code;
  const mr_pattern_range *ranges;
  uint32_t *mark; /* the step in which an instruction was last added */
  uint32_t *now, *next, *stack;
  uint32_t now_count, next_count;
  uint32_t step;
} mr_pattern_machine;

/* Adds to `next` the instruction and what is reached from it without a character.  The stack
 * holds two entries for each instruction, and one. */
void mr_pattern_add(mr_pattern_machine *m, uint32_t start, bool at_begin, bool at_end);
bool mr_pattern_takes(const mr_pattern_machine *m, const mr_pattern_step *x, uint32_t code);

#endif
