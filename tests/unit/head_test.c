/* SPDX-License-Identifier: MIT
 *
 * Header fields in one piece of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/head.h"

static mr_slice of(const char *text) {
  return mr_slice_of(text);
}

static void fields_come_back_in_their_order(void **state) {
  mr_buf head;
  mr_pair h = {{NULL, 0}, {NULL, 0}};
  MR_UNUSED(state);
  mr_buf_init(&head, NULL);
  mr_head_put(&head, of("Content-Type"), of("A/B"));
  mr_head_put(&head, of(""), mr_slice_make(NULL, 0));
  mr_head_put(&head, of("x"), mr_slice_make("a\0b", 3));
  mr_slice rest = mr_buf_view(&head);
  assert_true(mr_head_next(&rest, &h));
  assert_true(mr_slice_is(h.name, "content-type") && mr_slice_is(h.value, "A/B"));
  assert_true(mr_head_next(&rest, &h));
  assert_int_equal(h.name.len + h.value.len, 0);
  assert_true(mr_head_next(&rest, &h));
  assert_true(mr_slice_is(h.name, "x") && mr_slice_equal(h.value, mr_slice_make("a\0b", 3)));
  assert_false(mr_head_next(&rest, &h));
  assert_false(mr_head_next(&rest, &h));
  mr_buf_clear(&head);
}

static void a_field_is_written_as_it_is(void **state) {
  char memory[64];
  mr_pair h;
  MR_UNUSED(state);
  size_t n = mr_head_size(of("Name"), of("value"));
  assert_true(n <= sizeof memory);
  mr_head_write(memory, of("Name"), of("value"));
  mr_slice rest = mr_slice_make(memory, n);
  assert_true(mr_head_next(&rest, &h));
  assert_true(mr_slice_is(h.name, "Name") && mr_slice_is(h.value, "value"));
  assert_int_equal(rest.len, 0);
}

static void names_are_equal_in_any_case(void **state) {
  MR_UNUSED(state);
  assert_true(mr_slice_alike(of("ETag"), of("etag")));
  assert_true(mr_slice_alike(mr_slice_make(NULL, 0), of("")));
  assert_false(mr_slice_alike(of("etag"), of("etags")));
  assert_false(mr_slice_alike(of("etag"), of("etaf")));
}

static void memory_runs_out(void **state) {
  mr_buf head;
  mr_alloc alloc;
  MR_UNUSED(state);
  mr_alloc_init(&alloc, NULL, NULL, 64);
  mr_buf_init(&head, &alloc);
  mr_head_put(&head, of("name"), of("value"));
  assert_int_equal(head.status, MR_OK);
  for (int i = 0; i < 10; i++)
    mr_head_put(&head, of("name"), of("value"));
  assert_int_equal(head.status, MR_ERR_MEMORY);
  mr_buf_clear(&head);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields_come_back_in_their_order),
      cmocka_unit_test(a_field_is_written_as_it_is),
      cmocka_unit_test(names_are_equal_in_any_case),
      cmocka_unit_test(memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
