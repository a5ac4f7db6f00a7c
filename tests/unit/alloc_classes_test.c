/* SPDX-License-Identifier: MIT
 *
 * Tests of host/alloc_classes.c: random sizes keep their bytes and never overlap; what was freed is
 * used again. */
#include "host/alloc_classes.h"

#include <stdlib.h>

#include "tests/support/support.h"

enum { BLOCKS = 400, ROUNDS = 60000 };

static void check(const unsigned char *p, size_t n, unsigned char fill) {
  for (size_t i = 0; i < n; i++)
    assert_int_equal(p[i], fill);
}

static void bytes_stay(void **state) {
  MR_UNUSED(state);
  static unsigned char *blocks[BLOCKS];
  static size_t sizes[BLOCKS];
  mr_alloc_classes *c = mr_alloc_classes_new();
  assert_non_null(c);
  srand(5);
  for (int round = 0; round < ROUNDS; round++) {
    size_t i = (size_t)rand() % BLOCKS, most = (size_t)16 << rand() % 13;
    size_t n = rand() % 4 ? (size_t)rand() % most + 1 : 0, old = sizes[i];
    check(blocks[i], old < 64 ? old : 64, (unsigned char)i);
    unsigned char *p = mr_alloc_classes_resize(c, blocks[i], old, n);
    assert_true((p != NULL) == (n > 0));
    assert_int_equal((uintptr_t)p % 16, 0);
    check(p, old < n ? old : n, (unsigned char)i);
    if (n > old)
      memset(p + old, (int)(i & 255), n - old);
    blocks[i] = p;
    sizes[i] = n;
  }
  for (size_t i = 0; i < BLOCKS; i++) {
    check(blocks[i], sizes[i], (unsigned char)i);
    if (i % 2 || sizes[i] > 32768) /* the rest goes with the whole */
      assert_null(mr_alloc_classes_resize(c, blocks[i], sizes[i], 0));
  }
  mr_alloc_classes_free(c);
  mr_alloc_classes_free(NULL);
}

static void what_was_freed_comes_again(void **state) {
  MR_UNUSED(state);
  mr_alloc_classes *c = mr_alloc_classes_new();
  for (size_t n = 1; n <= 32768; n += n / 3 + 1) {
    void *p = mr_alloc_classes_resize(c, NULL, 0, n);
    mr_alloc_classes_resize(c, p, n, 0);
    assert_ptr_equal(mr_alloc_classes_resize(c, NULL, 0, n), p);
  }
  mr_alloc_classes_free(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_stay),
                                     cmocka_unit_test(what_was_freed_comes_again)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
