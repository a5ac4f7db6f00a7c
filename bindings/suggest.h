/* SPDX-License-Identifier: MIT
 *
 * suggest.h -- "did you mean": the nearest name of a model. */
#ifndef MR_SUGGEST_H
#define MR_SUGGEST_H

#include "bindings/shape.h"

/* How many edits (insert, delete, replace, swap; case counts a little) lie between the two,
 * in halves of an edit; more than `limit` halves comes out as limit + 1. */
unsigned mr_edit_distance(mr_slice a, mr_slice b, unsigned limit);
/* The name that was probably meant, or an empty slice. */
mr_slice mr_operation_suggest(const mr_models *m, const mr_service *s, mr_slice name);
mr_slice mr_member_suggest(const mr_models *m, const mr_shape *structure, mr_slice name);
mr_slice mr_word_suggest(const mr_models *m, uint32_t first, uint32_t count, mr_slice word);

#endif
