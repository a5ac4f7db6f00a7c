/* SPDX-License-Identifier: MIT
 *
 * suggest_test.c -- guesses at what was meant, and none where nothing is near. */
#include "tests/support/support.h"

#include "bindings/suggest.h"

static const mr_models *const m = &mr_models_table;

static bool is(mr_slice s, const char *text) {
  return mr_slice_is(s, text);
}

static void test_edit_distance(void **state) {
  MR_UNUSED(state);
  assert_int_equal(mr_edit_distance(mr_slice_of("abc"), mr_slice_of("abc"), 9), 0);
  assert_int_equal(mr_edit_distance(mr_slice_of("abc"), mr_slice_of("Abc"), 9), 1);
  assert_int_equal(mr_edit_distance(mr_slice_of("abc"), mr_slice_of("acb"), 9), 2);
  assert_int_equal(mr_edit_distance(mr_slice_of("abc"), mr_slice_of("abcd"), 9), 2);
  assert_int_equal(mr_edit_distance(mr_slice_of(""), mr_slice_of("abc"), 9), 6);
  assert_int_equal(mr_edit_distance(mr_slice_of("abc"), mr_slice_of("xyz"), 3), 4);
}

static void test_names(void **state) {
  const mr_service *s3 = mr_service_find(m, mr_slice_of("s3"));
  const mr_shape *shape = mr_shape_find(m, mr_service_find(m, mr_slice_of("bedrock")),
                                        mr_slice_of("CreateModelCustomizationJobRequest"));
  MR_UNUSED(state);
  assert_true(is(mr_operation_suggest(m, s3, mr_slice_of("put_objct")), "put_object"));
  assert_true(is(mr_operation_suggest(m, s3, mr_slice_of("PutObjekt")), "PutObject"));
  assert_true(is(mr_operation_suggest(m, s3, mr_slice_of("putobject")), "put_object"));
  assert_true(is(mr_operation_suggest(m, s3, mr_slice_of("frobnicate")), ""));
  assert_true(is(mr_member_suggest(m, shape, mr_slice_of("hyperParamters")), "hyperParameters"));
  assert_true(is(mr_member_suggest(m, shape, mr_slice_of("hyperparameters")), "hyperParameters"));
  assert_true(is(mr_member_suggest(m, shape, mr_slice_of("job_name")), "jobName"));
  assert_true(is(mr_member_suggest(m, shape, mr_slice_of("xyzzy")), ""));
}

static void test_words(void **state) {
  const mr_shape *shape = mr_shape_find(m, mr_service_find(m, mr_slice_of("bedrock")),
                                        mr_slice_of("CommitmentDuration"));
  MR_UNUSED(state);
  assert_non_null(shape);
  assert_true(
      is(mr_word_suggest(m, shape->first, shape->count, mr_slice_of("one_month")), "OneMonth"));
  assert_true(is(mr_word_suggest(m, shape->first, shape->count, mr_slice_of("forever")), ""));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_edit_distance),
                                     cmocka_unit_test(test_names), cmocka_unit_test(test_words)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
