/* SPDX-License-Identifier: MIT
 *
 * alloc_classes.h -- memory for one thread's Lua state, which makes and drops much of the same sizes.
 * What is freed is kept in a list of its size and given out again, without a search and without
 * merging; all of it goes back at the end.  Sizes are told, so nothing is noted beside the bytes. */
#ifndef MR_ALLOC_CLASSES_H
#define MR_ALLOC_CLASSES_H

#include "host/base.h"

typedef struct mr_alloc_classes mr_alloc_classes;

/* NULL: no memory. */
mr_alloc_classes *mr_alloc_classes_new(void);
/* Gives all memory back, except what is larger than the classes: that must have been freed. */
void mr_alloc_classes_free(mr_alloc_classes *c);
/* An mr_alloc_fn; ud: the mr_alloc_classes. */
void *mr_alloc_classes_resize(void *ud, void *ptr, size_t old, size_t n);

#endif
