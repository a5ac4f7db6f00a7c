/* SPDX-License-Identifier: MIT
 *
 * secret_test.c -- secrets are copied once, compared whole, and gone when they should be. */
#include "tests/support/support.h"

#include "bindings/secret.h"

#define S(text) mr_slice_make(text, sizeof(text) - 1)

/* An allocator that keeps what it was given back, to look at. */
typedef struct keeper {
  unsigned char block[256];
  bool used;
} keeper;

static void *keep(void *ud, void *ptr, size_t old, size_t n) {
  keeper *k = ud;
  (void)old;
  if (n == 0) {
    k->used = false;
    return NULL;
  }
  assert_null(ptr); /* a secret never grows in place */
  assert_false(k->used);
  k->used = true;
  return n <= sizeof k->block ? k->block : NULL;
}

static void memory_is_zero_when_given_back(void **state) {
  (void)state;
  keeper k;
  mr_alloc alloc;
  mr_secret s;
  memset(&k, 0xaa, sizeof k);
  k.used = false;
  mr_alloc_init(&alloc, keep, &k, 0);
  mr_secret_init(&s, &alloc);
  assert_int_equal(mr_secret_set(&s, "abcdef", 6), MR_OK);
  assert_memory_equal(k.block, "abcdef", 6);
  assert_int_equal(mr_secret_set(&s, "gh", 2), MR_OK); /* the old bytes go first */
  assert_memory_equal(k.block, "gh\0\0\0\0", 6);
  mr_secret_wipe(&s);
  assert_int_equal(s.len, 0);
  assert_true(k.used); /* views of it may still be read */
  assert_memory_equal(k.block, "\0\0\0\0\0\0", 6);
  assert_int_equal(mr_secret_set(&s, "ij", 2), MR_OK);
  mr_secret_clear(&s);
  mr_secret_clear(&s);
  assert_false(k.used);
  assert_memory_equal(k.block, "\0\0\0\0\0\0", 6);
  assert_int_equal(alloc.used, 0);
}

static void equality_is_of_all_bytes(void **state) {
  (void)state;
  mr_secret s;
  mr_secret_init(&s, NULL);
  assert_true(mr_secret_equal(mr_secret_view(&s), S("")));
  assert_int_equal(mr_secret_set(&s, "a\0c", 3), MR_OK);
  assert_true(mr_secret_equal(mr_secret_view(&s), S("a\0c")));
  assert_false(mr_secret_equal(mr_secret_view(&s), S("a\0d")));
  assert_false(mr_secret_equal(mr_secret_view(&s), S("a")));
  assert_false(mr_secret_equal(mr_secret_view(&s), S("")));
  assert_int_equal(mr_secret_set(&s, "", 0), MR_OK);
  assert_int_equal(s.len, 0);
  assert_null(s.ptr);
  mr_secret_clear(&s);
}

static void no_memory_leaves_it_empty(void **state) {
  (void)state;
  mr_alloc alloc;
  mr_secret s;
  mr_alloc_init(&alloc, NULL, NULL, 2);
  mr_secret_init(&s, &alloc);
  assert_int_equal(mr_secret_set(&s, "ab", 2), MR_OK);
  assert_int_equal(mr_secret_set(&s, "abc", 3), MR_ERR_MEMORY);
  assert_null(s.ptr);
  assert_int_equal(s.len, 0);
  assert_int_equal(alloc.used, 0);
  mr_secret_clear(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(memory_is_zero_when_given_back),
                                     cmocka_unit_test(equality_is_of_all_bytes),
                                     cmocka_unit_test(no_memory_leaves_it_empty)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
