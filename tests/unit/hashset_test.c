/* SPDX-License-Identifier: MIT
 *
 * hashset_test.c -- members are found again, and a full set says so. */
#include "tests/support/support.h"

#include "bindings/hashset.h"

static mr_hash128 hash_of(uint64_t i) {
  const mr_siphash_key key = {{1, 2}};
  return mr_siphash(key, mr_slice_make((const char *)&i, sizeof i));
}

static void members_are_found_again(void **state) {
  MR_UNUSED(state);
  mr_hashset set;
  mr_hashset_init(&set, NULL, (size_t)16 << 20);
  for (uint64_t i = 0; i < 50000; i++)
    assert_int_equal(mr_hashset_add(&set, hash_of(i)), 1);
  for (uint64_t i = 0; i < 100000; i++)
    assert_int_equal(mr_hashset_has(&set, hash_of(i)), i < 50000);
  assert_int_equal(mr_hashset_add(&set, hash_of(7)), 0);
  mr_hashset_clear(&set);
}

static void all_bits_0_is_a_hash_too(void **state) {
  MR_UNUSED(state);
  mr_hashset set;
  mr_hashset_init(&set, NULL, (size_t)1 << 20);
  assert_false(mr_hashset_has(&set, (mr_hash128){0, 0}));
  assert_int_equal(mr_hashset_add(&set, (mr_hash128){0, 0}), 1);
  assert_int_equal(mr_hashset_add(&set, (mr_hash128){0, 0}), 0);
  mr_hashset_clear(&set);
}

static void a_full_set_says_so_and_still_knows_its_members(void **state) {
  MR_UNUSED(state);
  mr_hashset set;
  uint64_t members = 0;
  mr_hashset_init(&set, NULL, 64 << 10);
  while (mr_hashset_add(&set, hash_of(members)) == 1)
    members++;
  assert_int_equal(members, 4096 / 8 * 7);
  assert_int_equal(mr_hashset_add(&set, hash_of(members)), MR_ERR_LIMIT);
  assert_int_equal(mr_hashset_add(&set, hash_of(members - 1)), 0);
  mr_hashset_clear(&set);
  mr_hashset_init(&set, NULL, 0);
  assert_int_equal(mr_hashset_add(&set, hash_of(0)), MR_ERR_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(members_are_found_again),
      cmocka_unit_test(all_bits_0_is_a_hash_too),
      cmocka_unit_test(a_full_set_says_so_and_still_knows_its_members),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
