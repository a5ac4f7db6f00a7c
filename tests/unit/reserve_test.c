/* SPDX-License-Identifier: MIT
 *
 * reserve_test.c -- the reserve: blocks never overlap, and all come back.  That finalizers live by it
 * is seen in codec_memory_test.c. */
#include "tests/support/support.h"

#include "host/reserve.h"

static void blocks_come_back(void **state) {
  static mr_reserve r;
  void *held[MR_RESERVE_BLOCKS];
  (void)state;
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < MR_RESERVE_BLOCKS; i++) {
      held[i] = mr_reserve_get(&r, 1 + (size_t)i % MR_RESERVE_BLOCK);
      assert_non_null(held[i]);
      assert_true(mr_reserve_owns(&r, held[i]));
      for (int j = 0; j < i; j++)
        assert_ptr_not_equal(held[i], held[j]);
    }
    assert_null(mr_reserve_get(&r, 1));
    for (int i = 0; i < MR_RESERVE_BLOCKS; i++)
      mr_reserve_trim(&r, held[i], MR_RESERVE_BLOCK, 0);
    assert_true(r.taken == 0);
  }
}

static void sizes_fit_side_by_side(void **state) {
  static mr_reserve r;
  (void)state;
  assert_null(mr_reserve_get(&r, sizeof r.blocks + 1));
  char *all = mr_reserve_get(&r, sizeof r.blocks);
  assert_ptr_equal(all, r.blocks);
  mr_reserve_trim(&r, all, sizeof r.blocks, 65); /* two blocks are left to it */
  char *next = mr_reserve_get(&r, 3 * MR_RESERVE_BLOCK);
  assert_ptr_equal(next, r.blocks[2]);
  mr_reserve_trim(&r, all, 65, 65);
  mr_reserve_trim(&r, all, 65, 0);
  assert_null(mr_reserve_get(&r, 60 * MR_RESERVE_BLOCK));
  assert_ptr_equal(mr_reserve_get(&r, 59 * MR_RESERVE_BLOCK), r.blocks[5]);
  assert_false(mr_reserve_owns(&r, r.blocks[0] - 1));
  assert_false(mr_reserve_owns(&r, (char *)(&r + 1)));
  assert_false(mr_reserve_owns(&r, NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_come_back),
      cmocka_unit_test(sizes_fit_side_by_side),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
