/* SPDX-License-Identifier: MIT
 *
 * field_test.c -- ways to fields, good and bad. */
#include "tests/support/support.h"

#include "bindings/field.h"

/* The value at the end of the way, "" for none, "!" and a place for what is no way. */
static void expect(const char *json, const char *way, const char *value) {
  mr_field field;
  mr_json_index index;
  mr_buf scratch, out;
  size_t bad = 0;
  mr_slice text = mr_slice_of(json);
  mr_field_init(&field, NULL);
  mr_json_index_init(&index, NULL);
  mr_buf_init(&scratch, NULL);
  mr_buf_init(&out, NULL);
  assert_int_equal(mr_json_index_build(&index, text, NULL), MR_OK);
  if (mr_field_parse(&field, mr_slice_of(way), &bad) < 0) {
    mr_buf_printf(&out, "!%d", (int)bad);
  } else {
    uint32_t token = mr_field_find(&field, text, &index, &scratch);
    if (token != UINT32_MAX)
      mr_buf_slice(&out, mr_field_raw(text, &index, token));
  }
  assert_string_equal(mr_buf_text(&out), value);
  mr_buf_clear(&out);
  mr_buf_clear(&scratch);
  mr_json_index_free(&index);
  mr_field_clear(&field);
}

static const char record[] = "{\"a\":{\"b\":[1,{\"c\":\"x\"},[2]]},\"a.b\":3,\"\":4,\"d\":5,\"d\":6,\"e\\u0066\":7}";

static void ways_lead_to_values(void **state) {
  MR_UNUSED(state);
  expect(record, "a.b[1].c", "\"x\"");
  expect(record, "a.b[-1]", "[2]");
  expect(record, "a.b[-3]", "1");
  expect(record, "a.b[2][0]", "2");
  expect(record, "['a.b']", "3");
  expect(record, "[\"a\"].b[0]", "1");
  expect(record, "[\"\"]", "4");
  expect(record, "d", "6");
  expect(record, "ef", "7");
  expect("[[10, 11]]", "[0][1]", "11");
  expect("5", "", "5");
}

static void what_is_not_there_is_not_found(void **state) {
  MR_UNUSED(state);
  const char *ways[] = {"x", "a.x", "a.b.c", "a[0]", "a.b[3]", "a.b[-4]", "d.x", "d[0]"};
  for (size_t i = 0; i < MR_COUNT(ways); i++)
    expect(record, ways[i], "");
}

static void what_is_no_way_is_refused(void **state) {
  MR_UNUSED(state);
  expect("{}", ".a", "!0");
  expect("{}", "a.", "!2");
  expect("{}", "a..b", "!2");
  expect("{}", "a[", "!1");
  expect("{}", "a[x]", "!1");
  expect("{}", "a['x]", "!1");
  expect("{}", "a[1", "!1");
  expect("{}", "a]", "!0");
  expect("{}", "a[12345678901]", "!1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ways_lead_to_values),
      cmocka_unit_test(what_is_not_there_is_not_found),
      cmocka_unit_test(what_is_no_way_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
