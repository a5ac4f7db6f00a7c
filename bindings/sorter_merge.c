/* SPDX-License-Identifier: MIT
 *
 * sorter_merge.c -- runs that lie in the store, read page by page and merged by a heap.
 * If there are more runs than pages fit into the memory, neighbours are merged first.  What has
 * been read is forgotten at once, so the store never holds much more than the input. */
#include "bindings/sorter.h"

#include <stdlib.h>

enum { LEAST_PAGE = 8 << 10, MOST_PAGE = 1 << 18, FORGOTTEN = 1 << 20 };

static mr_sort_run *runs_of(const mr_sorter *s) {
  return (mr_sort_run *)(void *)s->runs.ptr;
}

static void forget(const mr_sorter *s, mr_sort_run *run, uint64_t to) {
  if (to > run->kept)
    s->store.forget(s->store.ud, run->kept, to - run->kept);
  run->kept = to;
}

/* At least n bytes from the run's place on are in its page. */
static int fill(mr_sorter *s, mr_sort_run *run, size_t n) {
  size_t left = run->filled - run->pos;
  if (left >= n)
    return MR_OK;
  memmove(run->page, run->page + run->pos, left);
  run->pos = 0;
  run->filled = left;
  if (n > run->page_size) {
    char *page = realloc(run->page, n);
    if (!page)
      return MR_ERR_MEMORY;
    run->page = page;
    run->page_size = n;
  }
  uint64_t more = run->end - run->at;
  size_t room = run->page_size - left, take = more < room ? (size_t)more : room;
  s->error = s->store.read(s->store.ud, run->at, run->page + left, take);
  if (s->error)
    return MR_ERR_IO;
  run->at += take;
  run->filled += take;
  if (run->at - run->kept >= FORGOTTEN || run->at == run->end)
    forget(s, run, run->at);
  return MR_OK;
}

/* 1: run->item is the next; 0: the run has ended. */
static int advance(mr_sorter *s, mr_sort_run *run) {
  mr_sort_head h;
  if (run->pos == run->filled && run->at == run->end)
    return 0;
  int status = fill(s, run, sizeof h);
  if (status < 0)
    return status;
  memcpy(&h, run->page + run->pos, sizeof h);
  size_t size = sizeof h + h.key + h.payload;
  status = fill(s, run, size);
  if (status < 0)
    return status;
  const char *at = run->page + run->pos + sizeof h;
  run->item =
      (mr_sort_item){mr_slice_make(at, h.key), mr_slice_make(at + h.key, h.payload), h.group};
  run->prefix = mr_sort_prefix(run->item.key);
  run->pos += size;
  return 1;
}

static bool is_before(const mr_sort_run *a, const mr_sort_run *b) {
  if (a->prefix != b->prefix)
    return a->prefix < b->prefix;
  int order = mr_slice_compare(a->item.key, b->item.key);
  return order ? order < 0 : a->order < b->order;
}

static void sift_down(mr_sorter *s, size_t i) {
  mr_sort_run *run = s->heap[i];
  for (size_t child; (child = 2 * i + 1) < s->in_heap; i = child) {
    if (child + 1 < s->in_heap && is_before(s->heap[child + 1], s->heap[child]))
      child++;
    if (!is_before(s->heap[child], run))
      break;
    s->heap[i] = s->heap[child];
  }
  s->heap[i] = run;
}

void mr_sorter_close_runs(mr_sorter *s) {
  for (size_t i = 0; i < mr_sorter_runs(s); i++) {
    free(runs_of(s)[i].page);
    runs_of(s)[i].page = NULL;
  }
  free(s->heap);
  s->heap = NULL;
  s->in_heap = 0;
}

/* Begins to merge `count` runs from `first` on. */
static int open_some(mr_sorter *s, size_t first, size_t count) {
  size_t page = s->memory / (count + 1);
  page = page < LEAST_PAGE ? LEAST_PAGE : page > MOST_PAGE ? MOST_PAGE : page;
  s->heap = malloc(count * sizeof(mr_sort_run *));
  if (!s->heap)
    return MR_ERR_MEMORY;
  s->advance = false;
  for (size_t i = first; i < first + count; i++) {
    mr_sort_run *run = &runs_of(s)[i];
    run->page = malloc(page);
    run->page_size = page;
    run->filled = run->pos = 0;
    run->kept = run->at;
    if (!run->page)
      return MR_ERR_MEMORY;
    int got = advance(s, run);
    if (got < 0)
      return got;
    if (got)
      s->heap[s->in_heap++] = run;
  }
  for (size_t i = s->in_heap / 2; i-- > 0;)
    sift_down(s, i);
  return MR_OK;
}

static int next_item(mr_sorter *s, mr_sort_item *item) {
  if (s->advance) {
    int got = advance(s, s->heap[0]);
    if (got < 0)
      return got;
    if (!got)
      s->heap[0] = s->heap[--s->in_heap];
    if (s->in_heap)
      sift_down(s, 0);
  }
  s->advance = s->in_heap > 0;
  if (!s->in_heap)
    return 0;
  *item = s->heap[0]->item;
  return 1;
}

/* As next_item, and of equal keys the first alone if that is wanted. */
static int next_wanted(mr_sorter *s, mr_sort_item *item, bool is_first) {
  for (;;) {
    int got = next_item(s, item);
    if (got != 1 || !s->unique)
      return got;
    if (is_first || !mr_slice_equal(item->key, mr_buf_view(&s->last)))
      break;
    s->dropped++;
  }
  mr_buf_reset(&s->last);
  mr_buf_slice(&s->last, item->key);
  return s->last.status < 0 ? MR_ERR_MEMORY : 1;
}

int mr_sorter_next_merged(mr_sorter *s, mr_sort_item *item) {
  return next_wanted(s, item, s->given == 0);
}

/* The runs from `first` on become one, behind all others in the store. */
static int merge_some(mr_sorter *s, size_t first, size_t count, mr_sort_run *merged) {
  uint64_t at = s->stored, n = 0;
  mr_sort_item item;
  *merged = (mr_sort_run){.at = s->stored};
  int status = open_some(s, first, count);
  while (status == MR_OK && (!s->limit || n < s->limit)) {
    int got = next_wanted(s, &item, n == 0);
    if (got != 1) {
      status = got;
      break;
    }
    status = mr_sorter_put(s, &at, item);
    n++;
  }
  if (status == MR_OK)
    status = mr_sorter_flush(s, &at);
  for (size_t i = first; status == MR_OK && i < first + count; i++) /* a limit leaves some unread */
    forget(s, &runs_of(s)[i], runs_of(s)[i].end);
  mr_sorter_close_runs(s);
  merged->end = s->stored = at;
  return status;
}

int mr_sorter_open_runs(mr_sorter *s) {
  size_t most = s->memory / (4 * LEAST_PAGE);
  if (most < 4)
    most = 4;
  while (mr_sorter_runs(s) > most) {
    size_t count = mr_sorter_runs(s), made = 0;
    for (size_t first = 0; first < count; first += most) {
      size_t some = count - first < most ? count - first : most;
      mr_sort_run merged = runs_of(s)[first];
      int status = some > 1 ? merge_some(s, first, some, &merged) : MR_OK;
      if (status < 0)
        return status;
      merged.order = made;
      runs_of(s)[made++] = merged;
    }
    s->runs.len = made * sizeof(mr_sort_run);
  }
  return open_some(s, 0, mr_sorter_runs(s));
}
