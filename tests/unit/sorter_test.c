/* SPDX-License-Identifier: MIT
 *
 * sorter_test.c -- the same order with any memory, held against qsort; and a store that fails. */
#include "tests/support/support.h"

#include <errno.h>
#include <stdio.h>

#include "bindings/sorter.h"

typedef struct store {
  mr_buf bytes;
  size_t most; /* bytes it takes; then ENOSPC */
  bool no_read;
  uint64_t held, most_held; /* bytes that are not forgotten */
} store;

static int store_write(void *ud, uint64_t at, const void *bytes, size_t n) {
  store *s = ud;
  assert_int_equal(at, s->bytes.len);
  if (s->bytes.len + n > s->most)
    return ENOSPC;
  mr_buf_put(&s->bytes, bytes, n);
  s->held += n;
  s->most_held = s->held > s->most_held ? s->held : s->most_held;
  return 0;
}

/* Who reads them all the same gets nonsense. */
static void store_forget(void *ud, uint64_t at, uint64_t n) {
  store *s = ud;
  assert_true(n <= s->held && at + n <= s->bytes.len);
  memset(s->bytes.ptr + at, 0xee, n);
  s->held -= n;
}

static int store_read(void *ud, uint64_t at, void *to, size_t n) {
  const store *s = ud;
  if (s->no_read)
    return EIO;
  assert_true(at + n <= s->bytes.len);
  if (n)
    memcpy(to, s->bytes.ptr + at, n);
  return 0;
}

typedef struct pair {
  uint32_t key, number;
} pair;

enum { PAIRS = 20000 };

static int by_key(const void *a, const void *b) {
  const pair *x = a, *y = b;
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return x->number < y->number ? -1 : 1;
}

static void fill(pair *pairs, uint32_t keys) {
  uint32_t x = 12345;
  for (uint32_t i = 0; i < PAIRS; i++) {
    x = x * 1664525u + 1013904223u;
    pairs[i] = (pair){(x >> 8) % keys, i};
  }
}

/* Keys of 12 bytes, so that the first eight do not tell; payloads of different lengths. */
static int add(mr_sorter *s, pair p) {
  char key[16], payload[64];
  int n = snprintf(payload, sizeof payload, "%u%.*s", p.number, (int)(p.number % 40 + 1),
                   ".........................................");
  snprintf(key, sizeof key, "%012u", p.key);
  return mr_sorter_add(s, (mr_sort_item){mr_slice_make(key, 12), mr_slice_make(payload, (size_t)n), 12});
}

static void check(size_t memory, uint32_t keys, uint64_t limit, bool unique) {
  static const size_t count = PAIRS;
  pair *pairs = malloc(count * sizeof *pairs);
  store disk = {.most = SIZE_MAX};
  mr_sorter s;
  mr_sort_item item;
  fill(pairs, keys);
  mr_buf_init(&disk.bytes, NULL);
  mr_sorter_init(&s, memory, (mr_sort_store){store_write, store_read, store_forget, &disk});
  s.limit = limit;
  s.unique = unique;
  for (size_t i = 0; i < count; i++)
    assert_int_equal(add(&s, pairs[i]), MR_OK);
  assert_int_equal(mr_sorter_finish(&s), MR_OK);
  qsort(pairs, count, sizeof *pairs, by_key);
  size_t given = 0;
  for (size_t i = 0; i < count && (!limit || given < limit); i++) {
    if (unique && i && pairs[i].key == pairs[i - 1].key)
      continue;
    assert_int_equal(mr_sorter_next(&s, &item), 1);
    assert_int_equal(strtoul(item.payload.ptr, NULL, 10), pairs[i].number);
    given++;
  }
  assert_int_equal(mr_sorter_next(&s, &item), 0);
  assert_int_equal(mr_sorter_next(&s, &item), 0);
  if (unique && !limit)
    assert_int_equal(s.dropped, count - given);
  if (!limit) {
    assert_int_equal(disk.held, 0);
    if (s.stored > 2 << 20) /* there were several passes, and they did not keep all they read */
      assert_true(disk.most_held < s.stored * 2 / 3);
  }
  mr_sorter_clear(&s);
  mr_buf_clear(&disk.bytes);
  free(pairs);
}

static void any_memory_gives_the_same_order(void **state) {
  MR_UNUSED(state);
  static const size_t memory[] = {0, 100000, 300000, 1 << 20, 64 << 20};
  for (size_t i = 0; i < MR_COUNT(memory); i++) {
    check(memory[i], 1000, 0, false);
    check(memory[i], 1, 0, false);
    check(memory[i], 1000000, 0, false);
    check(memory[i], 7, 0, true);
    check(memory[i], 5000, 0, true);
    check(memory[i], 1000, 1, false);
    check(memory[i], 1000, 137, false);
    check(memory[i], 1000, 5000, false);
    check(memory[i], 1000, PAIRS + 1, false);
    check(memory[i], 5000, 4000, true);
  }
}

static void large_items_and_none(void **state) {
  MR_UNUSED(state);
  store disk = {.most = SIZE_MAX};
  mr_sorter s;
  mr_sort_item item;
  char *large = calloc(1, 300000);
  mr_buf_init(&disk.bytes, NULL);
  mr_sorter_init(&s, 0, (mr_sort_store){store_write, store_read, store_forget, &disk});
  for (char key = 'e'; key >= 'a'; key--)
    assert_int_equal(mr_sorter_add(&s, (mr_sort_item){mr_slice_make(&key, 1), mr_slice_make(large, 300000u - (size_t)key), 1}),
                     MR_OK);
  assert_int_equal(mr_sorter_finish(&s), MR_OK);
  for (char key = 'a'; key <= 'e'; key++) {
    assert_int_equal(mr_sorter_next(&s, &item), 1);
    assert_int_equal(item.key.ptr[0], key);
    assert_int_equal(item.payload.len, 300000u - (size_t)key);
  }
  assert_int_equal(mr_sorter_next(&s, &item), 0);
  mr_sorter_clear(&s);
  mr_buf_clear(&disk.bytes);
  free(large);
  mr_sorter_init(&s, 0, (mr_sort_store){store_write, store_read, store_forget, &disk});
  assert_int_equal(mr_sorter_finish(&s), MR_OK);
  assert_int_equal(mr_sorter_next(&s, &item), 0);
  mr_sorter_clear(&s);
}

static void a_store_that_fails_is_told(void **state) {
  MR_UNUSED(state);
  static const size_t most[] = {0, 100000, 400000, 900000};
  for (size_t i = 0; i < MR_COUNT(most); i++) {
    store disk = {.most = most[i]};
    mr_sorter s;
    int status = MR_OK;
    mr_buf_init(&disk.bytes, NULL);
    mr_sorter_init(&s, 0, (mr_sort_store){store_write, store_read, store_forget, &disk});
    for (uint32_t k = 0; k < PAIRS && status == MR_OK; k++)
      status = add(&s, (pair){k * 7919 % 1000, k});
    if (status == MR_OK)
      status = mr_sorter_finish(&s);
    assert_int_equal(status, MR_ERR_IO);
    assert_int_equal(s.error, ENOSPC);
    mr_sorter_clear(&s);
    mr_buf_clear(&disk.bytes);
  }
  store disk = {.most = SIZE_MAX, .no_read = true};
  mr_sorter s;
  mr_buf_init(&disk.bytes, NULL);
  mr_sorter_init(&s, 0, (mr_sort_store){store_write, store_read, store_forget, &disk});
  for (uint32_t k = 0; k < PAIRS; k++)
    assert_int_equal(add(&s, (pair){k, k}), MR_OK);
  assert_int_equal(mr_sorter_finish(&s), MR_ERR_IO);
  assert_int_equal(s.error, EIO);
  mr_sorter_clear(&s);
  mr_buf_clear(&disk.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_memory_gives_the_same_order),
      cmocka_unit_test(large_items_and_none),
      cmocka_unit_test(a_store_that_fails_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
