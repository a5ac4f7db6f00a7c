/* SPDX-License-Identifier: MIT
 *
 * alloc.c -- counted, capped memory, and the two operations that secrets need.
 * A request that would pass the cap is refused before the allocator is asked; shrinking
 * and freeing always go through. */
#include "host/alloc.h"

#include <stdlib.h>

void mr_alloc_init(mr_alloc *a, mr_alloc_fn fn, void *ud, size_t max) {
  memset(a, 0, sizeof *a);
  a->fn = fn;
  a->ud = ud;
  a->max = max;
}

static void *resize_uncounted(mr_alloc *a, void *ptr, size_t old, size_t n) {
  if (a && a->fn)
    return a->fn(a->ud, ptr, old, n);
  if (n == 0) {
    free(ptr);
    return NULL;
  }
  return realloc(ptr, n);
}

/* Do n bytes more stay below every cap? */
static bool fits(const mr_alloc *a, size_t n) {
  for (; a; a = a->parent)
    if (a->max && (n > a->max || a->used > a->max - n))
      return false;
  return true;
}

static void count(mr_alloc *a, size_t old, size_t n) {
  for (; a; a = a->parent) {
    a->used = a->used - old + n;
    if (a->used > a->peak)
      a->peak = a->used;
  }
}

void *mr_alloc_resize(mr_alloc *a, void *ptr, size_t old, size_t n) {
  if (ptr == NULL)
    old = 0;
  if (n > old && !fits(a, n - old))
    return NULL;
  void *moved = resize_uncounted(a, ptr, old, n);
  if (n > 0 && moved == NULL)
    return NULL;
  count(a, old, n);
  return moved;
}

bool mr_alloc_reserve(mr_alloc *a, size_t n) {
  bool has_room = fits(a, n);
  if (has_room)
    count(a, 0, n);
  return has_room;
}

void mr_alloc_release(mr_alloc *a, size_t n) {
  count(a, n, 0);
}

size_t mr_alloc_room(const mr_alloc *a) {
  size_t room = SIZE_MAX;
  for (; a; a = a->parent)
    if (a->max && (a->used >= a->max || a->max - a->used < room))
      room = a->used >= a->max ? 0 : a->max - a->used;
  return room;
}

mr_alloc *mr_alloc_none(void) {
  static const mr_alloc none = {NULL, NULL, 1, SIZE_MAX, 0, NULL};
  return (mr_alloc *)(uintptr_t)&none; /* never written to, as nothing is ever given */
}

void *mr_alloc_get(mr_alloc *a, size_t n) {
  return mr_alloc_resize(a, NULL, 0, n ? n : 1);
}

void mr_alloc_put(mr_alloc *a, void *ptr, size_t n) {
  if (ptr)
    mr_alloc_resize(a, ptr, n ? n : 1, 0);
}

void mr_wipe(void *ptr, size_t n) {
  if (n == 0)
    return;
  memset(ptr, 0, n);
  __asm__ __volatile__("" : : "r"(ptr) : "memory"); /* or the compiler may leave it out */
}

bool mr_equal_secret(const void *a, const void *b, size_t n) {
  const unsigned char *x = a, *y = b;
  unsigned char difference = 0;
  for (size_t i = 0; i < n; i++)
    difference |= (unsigned char)(x[i] ^ y[i]);
  return difference == 0;
}
