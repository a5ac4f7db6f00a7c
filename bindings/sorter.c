/* SPDX-License-Identifier: MIT
 *
 * sorter.c -- collects items in one block of memory, sorts them, writes full blocks away.
 * Most comparisons end at the first eight bytes of the key, which lie beside the pointer. */
#include "bindings/sorter.h"

#include <stdlib.h>

struct mr_sort_entry {
  uint64_t prefix;
  char *at; /* of its mr_sort_head; of two equal keys the lower came first */
};

enum { PAGE = 1 << 18 };

void mr_sorter_init(mr_sorter *s, size_t memory, mr_sort_store store) {
  memset(s, 0, sizeof *s);
  s->store = store;
  s->memory = memory < MR_SORTER_LEAST ? MR_SORTER_LEAST : memory;
  mr_buf_init(&s->bound, NULL);
  mr_buf_init(&s->runs, NULL);
  mr_buf_init(&s->page, NULL);
  mr_buf_init(&s->last, NULL);
}

void mr_sorter_clear(mr_sorter *s) {
  mr_sorter_close_runs(s);
  mr_buf_clear(&s->bound);
  mr_buf_clear(&s->runs);
  mr_buf_clear(&s->page);
  mr_buf_clear(&s->last);
  free(s->arena);
  s->arena = NULL;
  s->room = s->used = s->entries = 0;
}

size_t mr_sorter_runs(const mr_sorter *s) {
  return s->runs.len / sizeof(mr_sort_run);
}

/* ---- the arena ---- */

/* Entry 0 is the last in memory; NULL before the first item. */
static mr_sort_entry *entries_of(const mr_sorter *s) {
  if (!s->arena)
    return NULL;
  return (mr_sort_entry *)(void *)(s->arena + s->room) - s->entries;
}

static mr_sort_head head_at(const char *at) {
  mr_sort_head h;
  memcpy(&h, at, sizeof h);
  return h;
}

static mr_sort_item item_at(const char *at) {
  mr_sort_head h = head_at(at);
  return (mr_sort_item){mr_slice_make(at + sizeof h, h.key),
                        mr_slice_make(at + sizeof h + h.key, h.payload), h.group};
}

static size_t size_at(const char *at) {
  mr_sort_head h = head_at(at);
  return sizeof h + h.key + h.payload;
}

static int compare_entries(const void *a, const void *b) {
  const mr_sort_entry *x = a, *y = b;
  if (x->prefix != y->prefix)
    return x->prefix < y->prefix ? -1 : 1;
  int order = mr_slice_compare(item_at(x->at).key, item_at(y->at).key);
  return order ? order : x->at < y->at ? -1 : 1;
}

/* Afterwards only what counts is left: the first of equal keys, and as many as the limit says. */
static void sort_entries(mr_sorter *s) {
  mr_sort_entry *e = entries_of(s);
  size_t n = s->entries, kept = 0;
  if (n == 0)
    return;
  qsort(e, n, sizeof *e, compare_entries);
  for (size_t i = 0; i < n && (!s->limit || kept < s->limit); i++) {
    if (s->unique && kept > 0 && e[i].prefix == e[kept - 1].prefix &&
        mr_slice_equal(item_at(e[i].at).key, item_at(e[kept - 1].at).key))
      s->dropped++;
    else
      e[kept++] = e[i];
  }
  memmove(e + (n - kept), e, kept * sizeof *e);
  s->entries = kept;
}

/* With a limit: a full block of candidates tells which keys come too late. */
static void note_bound(mr_sorter *s) {
  if (!s->limit || s->entries < s->limit)
    return;
  mr_slice key = item_at(entries_of(s)[s->entries - 1].at).key;
  if (s->is_bounded && mr_slice_compare(key, mr_buf_view(&s->bound)) >= 0)
    return;
  mr_buf_reset(&s->bound);
  mr_buf_slice(&s->bound, key);
  s->is_bounded = s->bound.status == MR_OK;
}

/* Moves the items that are left together, in the order in which they came. */
static void compact(mr_sorter *s) {
  mr_sort_entry *e = entries_of(s);
  size_t n = s->entries, used = s->used;
  for (size_t i = 0; i < n; i++) {
    mr_sort_head h = head_at(e[i].at);
    h.kept = 1;
    memcpy(e[i].at, &h, sizeof h);
  }
  s->used = s->entries = 0;
  for (size_t at = 0, size; at < used; at += size) {
    size = size_at(s->arena + at);
    mr_sort_head h = head_at(s->arena + at);
    if (!h.kept)
      continue;
    memmove(s->arena + s->used, s->arena + at, size);
    h.kept = 0;
    memcpy(s->arena + s->used, &h, sizeof h);
    s->entries++;
    *entries_of(s) =
        (mr_sort_entry){mr_sort_prefix(item_at(s->arena + s->used).key), s->arena + s->used};
    s->used += size;
  }
}

static size_t bytes_kept(const mr_sorter *s) {
  size_t n = 0;
  const mr_sort_entry *e = entries_of(s);
  for (size_t i = 0; i < s->entries; i++)
    n += size_at(e[i].at) + sizeof *e;
  return n;
}

/* ---- to the store ---- */

int mr_sorter_flush(mr_sorter *s, uint64_t *at) {
  if (s->page.status < 0)
    return MR_ERR_MEMORY;
  s->error = s->page.len ? s->store.write(s->store.ud, *at, s->page.ptr, s->page.len) : 0;
  *at += s->page.len;
  mr_buf_reset(&s->page);
  return s->error ? MR_ERR_IO : MR_OK;
}

int mr_sorter_put(mr_sorter *s, uint64_t *at, mr_sort_item item) {
  mr_sort_head h = {(uint32_t)item.key.len, (uint32_t)item.group, (uint32_t)item.payload.len, 0};
  mr_buf_put(&s->page, &h, sizeof h);
  mr_buf_slice(&s->page, item.key);
  mr_buf_slice(&s->page, item.payload);
  return s->page.len >= PAGE || s->page.len >= s->memory / 4 ? mr_sorter_flush(s, at) : MR_OK;
}

static int spill(mr_sorter *s) {
  mr_sort_run run = {.at = s->stored, .order = mr_sorter_runs(s)};
  uint64_t at = s->stored;
  int status = MR_OK;
  const mr_sort_entry *e = entries_of(s);
  for (size_t i = 0; i < s->entries && status == MR_OK; i++)
    status = mr_sorter_put(s, &at, item_at(e[i].at));
  if (status == MR_OK)
    status = mr_sorter_flush(s, &at);
  if (status < 0)
    return status;
  run.end = s->stored = at;
  mr_buf_put(&s->runs, &run, sizeof run);
  s->used = s->entries = 0;
  return s->runs.status;
}

/* Room for one more item. */
static int make_room(mr_sorter *s, size_t size) {
  size_t needed = size + sizeof(mr_sort_entry);
  if (s->entries) {
    sort_entries(s);
    note_bound(s);
    bool is_small = (s->limit || s->unique) && bytes_kept(s) + needed <= s->room / 2;
    if (is_small) {
      compact(s);
      return MR_OK;
    }
    int status = spill(s);
    if (status < 0)
      return status;
  }
  if (needed <= s->room)
    return MR_OK;
  free(s->arena); /* empty: the first item, or one that is larger than the block */
  s->room = needed < s->memory ? s->memory : needed;
  s->room = (s->room + 63) & ~(size_t)63;
  s->arena = malloc(s->room);
  if (!s->arena) {
    s->room = 0;
    return MR_ERR_MEMORY;
  }
  return MR_OK;
}

int mr_sorter_add(mr_sorter *s, mr_sort_item item) {
  mr_sort_head h = {(uint32_t)item.key.len, (uint32_t)item.group, (uint32_t)item.payload.len, 0};
  size_t size = sizeof h + item.key.len + item.payload.len;
  if (item.key.len > INT32_MAX || item.payload.len > INT32_MAX)
    return MR_ERR_MEMORY;
  if (s->is_bounded && mr_slice_compare(item.key, mr_buf_view(&s->bound)) >= 0)
    return MR_OK;
  if (s->used + size + (s->entries + 1) * sizeof(mr_sort_entry) > s->room) {
    int status = make_room(s, size);
    if (status < 0)
      return status;
  }
  char *at = s->arena + s->used;
  memcpy(at, &h, sizeof h);
  if (item.key.len)
    memcpy(at + sizeof h, item.key.ptr, item.key.len);
  if (item.payload.len)
    memcpy(at + sizeof h + item.key.len, item.payload.ptr, item.payload.len);
  s->used += size;
  s->entries++;
  *entries_of(s) = (mr_sort_entry){mr_sort_prefix(item.key), at};
  return MR_OK;
}

/* ---- reading ---- */

int mr_sorter_finish(mr_sorter *s) {
  sort_entries(s);
  s->is_sorted = true;
  if (mr_sorter_runs(s) == 0)
    return MR_OK;
  int status = spill(s);
  free(s->arena);
  s->arena = NULL;
  s->room = 0;
  return status < 0 ? status : mr_sorter_open_runs(s);
}

int mr_sorter_next(mr_sorter *s, mr_sort_item *item) {
  if (s->limit && s->given == s->limit)
    return 0;
  if (mr_sorter_runs(s) == 0) {
    if (s->next == s->entries)
      return 0;
    *item = item_at(entries_of(s)[s->next++].at);
    s->given++;
    return 1;
  }
  int got = mr_sorter_next_merged(s, item);
  s->given += got == 1;
  return got;
}
