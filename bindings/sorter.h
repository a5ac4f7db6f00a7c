/* SPDX-License-Identifier: MIT
 *
 * sorter.h -- puts (key, payload) into the order of the keys, in a given amount of memory.
 * Equal keys keep the order in which they came.  What does not fit goes, sorted, to a store
 * that the caller gives (a file, in tests a buffer), and is merged from there; the result is
 * the same for any amount of memory.  Memory is malloc's: a sorter belongs to jobs. */
#ifndef MR_SORTER_H
#define MR_SORTER_H

#include "bindings/text.h"

/* Write and read give 0 or an errno value. */
typedef struct mr_sort_store {
  int (*write)(void *ud, uint64_t at, const void *bytes, size_t n);
  int (*read)(void *ud, uint64_t at, void *to, size_t n); /* all n bytes */
  void (*forget)(void *ud, uint64_t at, uint64_t n);      /* nobody will read these again */
  void *ud;
} mr_sort_store;

typedef struct mr_sort_item {
  mr_slice key, payload; /* good until the next call */
  size_t group;          /* bytes of the key that make a group */
} mr_sort_item;

typedef struct mr_sort_entry mr_sort_entry;
typedef struct mr_sort_run mr_sort_run;

typedef struct mr_sorter {
  mr_sort_store store;
  size_t memory;   /* bytes, at least MR_SORTER_LEAST */
  uint64_t limit;  /* only that many of the first; 0: all */
  bool unique;     /* of equal keys only the first */
  int error;       /* the store's, behind MR_ERR_IO */
  uint64_t dropped; /* by unique */
  uint64_t stored; /* bytes that went to the store */
  char *arena;     /* items from its start, entries from its end */
  size_t room, used;
  size_t entries;
  mr_buf bound;    /* with limit: no key from this one on can be among the first */
  bool is_bounded;
  mr_buf runs;     /* of mr_sort_run */
  mr_buf page;     /* on its way to the store */
  /* reading */
  bool is_sorted;
  size_t next;          /* entry */
  mr_sort_run **heap;
  size_t in_heap;
  mr_buf last;          /* key that was given last */
  uint64_t given;
  bool advance;         /* the run on top was given */
} mr_sorter;

#define MR_SORTER_LEAST ((size_t)64 << 10)

void mr_sorter_init(mr_sorter *s, size_t memory, mr_sort_store store);
void mr_sorter_clear(mr_sorter *s);
/* MR_OK, MR_ERR_MEMORY or MR_ERR_IO. */
int mr_sorter_add(mr_sorter *s, mr_sort_item item);
/* Ends the input. */
int mr_sorter_finish(mr_sorter *s);
/* 1: an item; 0: there is no more; MR_ERR_MEMORY or MR_ERR_IO. */
int mr_sorter_next(mr_sorter *s, mr_sort_item *item);
/* Runs that lie in the store. */
size_t mr_sorter_runs(const mr_sorter *s);

/* ---- shared by the sorter*.c files ---- */

typedef struct mr_sort_head {
  uint32_t key, group, payload; /* bytes of what follows; payload behind the key */
  uint32_t kept;                /* a mark while the arena is compacted */
} mr_sort_head;

/* Sorted items in the store, and the page of them that is in memory. */
struct mr_sort_run {
  uint64_t at, end; /* what has not been read */
  uint64_t kept;    /* before `at`; from here on the store has not been told to forget */
  size_t order;     /* earlier runs have the earlier of equal keys */
  char *page;
  size_t page_size, filled, pos;
  mr_sort_item item;
  uint64_t prefix;
};

static inline uint64_t mr_sort_prefix(mr_slice key) {
  uint64_t x = 0;
  for (size_t i = 0; i < 8; i++)
    x = x << 8 | (i < key.len ? (unsigned char)key.ptr[i] : 0);
  return x;
}
int mr_sorter_put(mr_sorter *s, uint64_t *at, mr_sort_item item); /* through the page */
int mr_sorter_flush(mr_sorter *s, uint64_t *at);
/* Merges runs until few enough are left to be read at once, and opens these. */
int mr_sorter_open_runs(mr_sorter *s);
int mr_sorter_next_merged(mr_sorter *s, mr_sort_item *item);
void mr_sorter_close_runs(mr_sorter *s);

#endif
