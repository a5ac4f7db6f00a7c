/* SPDX-License-Identifier: MIT
 *
 * alloc.h -- counted, capped memory.
 * One mr_alloc belongs to one mr_state and is used on that state's thread.  Everywhere an
 * `mr_alloc *` is taken, NULL means plain malloc, uncounted: that is what pool threads,
 * tests and fuzzers use. */
#ifndef MR_ALLOC_H
#define MR_ALLOC_H

#include "host/base.h"

typedef struct mr_alloc {
  mr_alloc_fn fn; /* NULL: realloc and free */
  void *ud;
  size_t max;  /* bytes; 0 no cap */
  size_t used; /* bytes now */
  size_t peak; /* most bytes ever */
  struct mr_alloc *parent; /* counts the same bytes, and its cap holds too; NULL */
} mr_alloc;

void mr_alloc_init(mr_alloc *a, mr_alloc_fn fn, void *ud, size_t max);
/* As realloc with the old size told: n == 0 frees and gives NULL; NULL also means refused. */
void *mr_alloc_resize(mr_alloc *a, void *ptr, size_t old, size_t n);
/* Refuses all: for what a finalizer may still use when its own finalizer has given the memory
 * back, and nobody would do so again. */
mr_alloc *mr_alloc_none(void);
void *mr_alloc_get(mr_alloc *a, size_t n);
void mr_alloc_put(mr_alloc *a, void *ptr, size_t n);
/* Counts n bytes that something else keeps on our behalf; false: they would pass the cap. */
bool mr_alloc_reserve(mr_alloc *a, size_t n);
void mr_alloc_release(mr_alloc *a, size_t n);
/* Bytes up to the cap; SIZE_MAX without one. */
size_t mr_alloc_room(const mr_alloc *a);
/* Overwrites memory in a way that the compiler may not leave out. */
void mr_wipe(void *ptr, size_t n);
/* Compares without telling by its time where the difference lies. */
bool mr_equal_secret(const void *a, const void *b, size_t n);

#endif
