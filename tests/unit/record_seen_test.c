/* SPDX-License-Identifier: MIT
 *
 * record_seen_test.c -- the first line of each hash is found again, however many came between. */
#include "tests/support/support.h"

#include "bindings/record_seen.h"

/* Different for each i, and many with the same lower or upper half. */
static uint64_t hash_of(uint64_t i) {
  return i % 3 == 0 ? i + 1 : i % 3 == 1 ? (i + 1) << 32 : (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t first_of(mr_record_seen *seen, uint64_t hash, uint64_t line) {
  uint64_t first;
  assert_int_equal(mr_record_seen_add(seen, hash, line, &first), MR_OK);
  return first;
}

static void the_first_line_of_a_hash_is_told(void **state) {
  MR_UNUSED(state);
  mr_record_seen seen;
  mr_record_seen_init(&seen, NULL);
  for (uint64_t i = 0; i < 3000; i++) {
    mr_record_seen_expect(&seen, hash_of(i));
    assert_int_equal(first_of(&seen, hash_of(i), i + 1), 0);
  }
  for (uint64_t i = 0; i < 3000; i++)
    assert_int_equal(first_of(&seen, hash_of(i), 9999), i + 1);
  assert_int_equal(first_of(&seen, hash_of(3000), 3001), 0);
  mr_record_seen_clear(&seen);
}

static void no_hash_is_no_repetition(void **state) {
  MR_UNUSED(state);
  mr_record_seen seen;
  mr_record_seen_init(&seen, NULL);
  assert_int_equal(first_of(&seen, 0, 1), 0);
  assert_int_equal(first_of(&seen, 0, 2), 0);
  mr_record_seen_clear(&seen);
}

static void beyond_a_million_only_those_before_are_known(void **state) {
  MR_UNUSED(state);
  mr_record_seen seen;
  mr_record_seen_init(&seen, NULL);
  const uint64_t mixer = UINT64_C(0x9e3779b97f4a7c15);
  for (uint64_t i = 1; i <= MR_RECORD_SEEN_MOST + 10; i++)
    assert_int_equal(first_of(&seen, i * mixer, i), 0);
  assert_int_equal(first_of(&seen, (MR_RECORD_SEEN_MOST + 10) * mixer, 1), 0);
  assert_int_equal(first_of(&seen, MR_RECORD_SEEN_MOST * mixer, 1), MR_RECORD_SEEN_MOST);
  mr_record_seen_clear(&seen);
}

static void without_memory_nothing_is_lost(void **state) {
  MR_UNUSED(state);
  mr_alloc alloc;
  mr_record_seen seen;
  uint64_t first, known = 0;
  mr_alloc_init(&alloc, NULL, NULL, 64 << 10);
  mr_record_seen_init(&seen, &alloc);
  while (mr_record_seen_add(&seen, hash_of(known), known + 1, &first) == MR_OK)
    known++;
  assert_true(known >= 512);
  mr_record_seen_clear(&seen);
  assert_int_equal(alloc.used, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_line_of_a_hash_is_told),
      cmocka_unit_test(no_hash_is_no_repetition),
      cmocka_unit_test(beyond_a_million_only_those_before_are_known),
      cmocka_unit_test(without_memory_nothing_is_lost),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
