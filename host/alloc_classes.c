/* SPDX-License-Identifier: MIT
 *
 * alloc_classes.c -- lists of free blocks by size.
 * Sixteen bytes apart up to 1 KiB, then four sizes to each doubling, so that at most a fifth
 * of a block is lost; what is larger is malloc's. */
#include "host/alloc_classes.h"

#include <stdlib.h>

enum {
  SMALL = 1024,
  LARGEST = 32768,
  CLASSES = SMALL / 16 + 4 * 5, /* five doublings */
  CHUNK = 256 * 1024
};

typedef struct block {
  struct block *next;
} block;

/* Sixteen bytes, so that blocks behind it are aligned as malloc's. */
typedef struct chunk {
  struct chunk *next;
  void *unused;
} chunk;

struct mr_alloc_classes {
  block *spare[CLASSES];
  chunk *chunks;
  char *at, *end; /* of the newest chunk */
};

mr_alloc_classes *mr_alloc_classes_new(void) {
  return calloc(1, sizeof(mr_alloc_classes));
}

void mr_alloc_classes_free(mr_alloc_classes *c) {
  if (!c)
    return;
  while (c->chunks) {
    chunk *next = c->chunks->next;
    free(c->chunks);
    c->chunks = next;
  }
  free(c);
}

/* n: 1 to LARGEST; *size: of the blocks of its class. */
static inline unsigned class_of(size_t n, size_t *size) {
  if (n <= SMALL) {
    unsigned i = (unsigned)((n - 1) / 16);
    *size = (i + 1) * (size_t)16;
    return i;
  }
  unsigned shift = 0;
  while (n > (size_t)SMALL * 2 << shift)
    shift++;
  size_t step = (size_t)SMALL / 4 << shift, base = (size_t)SMALL << shift;
  unsigned i = (unsigned)((n - base - 1) / step);
  *size = base + (i + 1) * step;
  return SMALL / 16 + 4 * shift + i;
}

static void *from_chunk(mr_alloc_classes *c, size_t size) {
  if ((size_t)(c->end - c->at) < size) {
    chunk *more = malloc(CHUNK);
    if (!more)
      return NULL;
    more->next = c->chunks;
    c->chunks = more;
    c->at = (char *)(more + 1);
    c->end = (char *)more + CHUNK;
  }
  char *p = c->at;
  c->at += size;
  return p;
}

static void *get(mr_alloc_classes *c, size_t n) {
  size_t size;
  if (n > LARGEST)
    return malloc(n);
  unsigned i = class_of(n, &size);
  block *b = c->spare[i];
  if (!b)
    return from_chunk(c, size);
  c->spare[i] = b->next;
  __builtin_prefetch(b->next, 1); /* freed long ago: by the next call it may be in the cache */
  return b;
}

static void put(mr_alloc_classes *c, void *ptr, size_t n) {
  size_t size;
  if (n > LARGEST) {
    free(ptr);
    return;
  }
  unsigned i = class_of(n, &size);
  block *b = ptr;
  b->next = c->spare[i];
  c->spare[i] = b;
}

void *mr_alloc_classes_resize(void *ud, void *ptr, size_t old, size_t n) {
  mr_alloc_classes *c = ud;
  size_t had = 0, wanted = 0;
  if (!ptr || old == 0)
    return n ? get(c, n) : NULL;
  if (n == 0) {
    put(c, ptr, old);
    return NULL;
  }
  if (old > LARGEST && n > LARGEST)
    return realloc(ptr, n);
  if (old <= LARGEST && n <= LARGEST && class_of(old, &had) == class_of(n, &wanted))
    return ptr;
  void *moved = get(c, n);
  if (!moved)
    return NULL;
  memcpy(moved, ptr, old < n ? old : n);
  put(c, ptr, old);
  return moved;
}
