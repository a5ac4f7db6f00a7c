/* SPDX-License-Identifier: MIT
 *
 * Tests of host/dynamic.c: functions by name, and what is said of those that are missing. */
#include "host/dynamic.h"

#include "tests/support/support.h"

typedef struct math {
  double (*cosine)(double);
  double (*root)(double);
} math;

static void functions_are_found_in_order(void **state) {
  static const char *const names[] = {"cos", "sqrt"};
  const char *why = "";
  math m = {NULL, NULL};
  (void)state;
  assert_int_equal(mr_dynamic_load("libm.so.6", names, 2, &m, &why), MR_OK);
  assert_true(m.cosine(0.0) == 1.0);
  assert_true(m.root(9.0) == 3.0);
}

static void what_is_missing_is_named(void **state) {
  static const char *const names[] = {"cos", "no_such_function"};
  const char *why = "";
  math m = {NULL, NULL};
  (void)state;
  assert_int_equal(mr_dynamic_load("libm.so.6", names, 2, &m, &why), MR_ERR_IO);
  assert_non_null(strstr(why, "no_such_function"));
  assert_int_equal(mr_dynamic_load("libno-such-thing.so.1", names, 2, &m, &why), MR_ERR_IO);
  assert_non_null(strstr(why, "libno-such-thing.so.1"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_are_found_in_order),
      cmocka_unit_test(what_is_missing_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
