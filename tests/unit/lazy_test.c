/* SPDX-License-Identifier: MIT
 *
 * lazy_test.c -- documents: what is read, and what is left as it was when something is edited. */
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "bindings/lazy.h"

typedef struct doc {
  mr_json_index index;
  mr_lazy lazy;
  void *pieces[64];
  size_t count;
} doc;

static void *more(void *ud, size_t n) {
  doc *d = ud;
  assert_true(d->count < MR_COUNT(d->pieces));
  return d->pieces[d->count++] = malloc(n);
}

static void begin(doc *d, const char *text) {
  memset(d, 0, sizeof *d);
  mr_json_index_init(&d->index, NULL);
  assert_int_equal(mr_json_index_build(&d->index, mr_slice_of(text), NULL), MR_OK);
  mr_lazy_init(&d->lazy, mr_slice_of(text), d->index.tokens, NULL, 0);
  d->lazy.more = more;
  d->lazy.ud = d;
}

static void end(doc *d) {
  for (size_t i = 0; i < d->count; i++)
    free(d->pieces[i]);
  mr_json_index_free(&d->index);
}

static mr_lazy_ref value(doc *d, const char *json) {
  mr_json_index index;
  mr_lazy_ref v;
  mr_json_index_init(&index, NULL);
  assert_int_equal(mr_json_index_build(&index, mr_slice_of(json), NULL), MR_OK);
  assert_int_equal(mr_lazy_add(&d->lazy, mr_slice_of(json), index.tokens, index.count, &v), MR_OK);
  mr_json_index_free(&index);
  return v;
}

static mr_lazy_ref at(mr_lazy_ref v, const char *key) {
  return mr_lazy_member(v, mr_slice_of(key));
}

static void set(doc *d, mr_lazy_ref object, const char *key, const char *json) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\"", key);
  mr_lazy_ref v = value(d, json), name = value(d, quoted);
  assert_int_equal(mr_lazy_set_member(&d->lazy, object, mr_slice_of(key), name, v), MR_OK);
}

static void expect(mr_lazy_ref v, const char *json) {
  mr_buf out;
  mr_buf_init(&out, NULL);
  assert_int_equal(mr_lazy_write(v, &out), MR_OK);
  assert_string_equal(mr_buf_text(&out), json);
  mr_buf_clear(&out);
}

static void members_are_found_by_the_bytes_of_their_keys(void **state) {
  MR_UNUSED(state);
  doc d;
  begin(&d, "{\"a\":1,\"b\\u0063\":{\"x\":[]},\"a\":[1,2],\"\":0}");
  mr_lazy_ref root = mr_lazy_root(&d.lazy);
  expect(at(root, "a"), "[1,2]");
  expect(at(at(root, "bc"), "x"), "[]");
  expect(at(root, ""), "0");
  assert_null(at(root, "b\\u0063").in);
  assert_null(at(root, "c").in);
  assert_int_equal(mr_lazy_count(root), 4);
  end(&d);
}

static void elements_are_found_forwards_and_backwards(void **state) {
  MR_UNUSED(state);
  doc d;
  begin(&d, "[0,[1,[]],{\"k\":2},\"3\"]");
  mr_lazy_cursor c = {0, 0};
  mr_lazy_ref root = mr_lazy_root(&d.lazy);
  expect(mr_lazy_element(root, 3, &c), "\"3\"");
  expect(mr_lazy_element(root, 1, &c), "[1,[]]");
  expect(mr_lazy_element(root, 2, &c), "{\"k\":2}");
  assert_null(mr_lazy_element(root, 4, &c).in);
  expect(mr_lazy_element(root, 0, &c), "0");
  end(&d);
}

static void an_edit_leaves_the_rest_as_it_was(void **state) {
  MR_UNUSED(state);
  doc d;
  begin(&d, " { \"a\" : 1e2,\t\"b\": { \"c\" : [1 , 2.0] , \"d\":-0 } } ");
  mr_lazy_ref root = mr_lazy_root(&d.lazy);
  set(&d, at(root, "b"), "d", "5");
  expect(root, "{ \"a\" : 1e2,\t\"b\": { \"c\" : [1 , 2.0] , \"d\":5 } }");
  set(&d, root, "z", "[]");
  expect(root, "{ \"a\" : 1e2,\t\"b\": { \"c\" : [1 , 2.0] , \"d\":5 },\t\"z\" : [] }");
  mr_lazy_ref list = at(at(root, "b"), "c");
  assert_int_equal(mr_lazy_set_element(&d.lazy, list, 2, value(&d, "{}")), MR_OK);
  set(&d, mr_lazy_element(list, 2, &(mr_lazy_cursor){0, 0}), "k", "\"v\"");
  expect(list, "[1 , 2.0 , {\"k\":\"v\"}]");
  assert_null(mr_lazy_raw(root).ptr);
  assert_non_null(mr_lazy_raw(at(root, "a")).ptr);
  end(&d);
}

static void what_is_removed_takes_its_comma_along(void **state) {
  MR_UNUSED(state);
  const char *const names[] = {"a", "b", "c"};
  const char *const left[] = {"{\"b\":2, \"c\":3, \"b\":4}", "{\"a\":1, \"c\":3}",
                              "{\"a\":1, \"b\":2, \"b\":4}"};
  doc d;
  for (size_t i = 0; i < 3; i++) {
    begin(&d, "{\"a\":1, \"b\":2, \"c\":3, \"b\":4}");
    mr_lazy_ref root = mr_lazy_root(&d.lazy);
    assert_int_equal(mr_lazy_remove_member(&d.lazy, root, mr_slice_of(names[i])), MR_OK);
    expect(root, left[i]);
    for (size_t k = 0; k < 3; k++)
      assert_int_equal(mr_lazy_remove_member(&d.lazy, root, mr_slice_of(names[k])), MR_OK);
    expect(root, "{}");
    set(&d, root, "n", "1");
    expect(root, "{\"n\":1}");
    end(&d);
  }
  begin(&d, "[1,2]");
  mr_lazy_ref root = mr_lazy_root(&d.lazy);
  for (int i = 0; i < 3; i++)
    assert_int_equal(mr_lazy_remove_last(&d.lazy, root), MR_OK);
  expect(root, "[]");
  end(&d);
}

static void numbers_are_compared_by_value(void **state) {
  MR_UNUSED(state);
  static const struct {
    const char *a, *b;
    bool same;
  } cases[] = {{"1", "1.0", true},       {"100", "1e2", true},   {"1e2", "10e1", true},
               {"0.10", "1e-1", true},   {"-0", "0", true},      {"0e9", "0.00", true},
               {"1", "-1", false},       {"12", "21", false},    {"1", "10", false},
               {"1.5", "15", false},     {"120", "12e1", true},  {"1e400", "10E399", true},
               {"0.001", "1e-3", true},  {"1.05", "1.5", false}, {"10.50", "1050e-2", true},
               {"18446744073709551616", "18446744073709551617", false}};
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    assert_int_equal(mr_lazy_same_number(mr_slice_of(cases[i].a), mr_slice_of(cases[i].b)),
                     cases[i].same);
    assert_int_equal(mr_lazy_same_number(mr_slice_of(cases[i].b), mr_slice_of(cases[i].a)),
                     cases[i].same);
  }
}

static void values_are_compared_without_order_of_keys(void **state) {
  MR_UNUSED(state);
  static const struct {
    const char *a, *b;
    bool same;
  } cases[] = {
      {"{\"a\":1,\"b\":[true,null]}", "{ \"b\" : [true, null], \"a\":1.0 }", true},
      {"{\"\\u0061\":\"\\n\"}", "{\"a\":\"\\u000a\"}", true},
      {"{\"a\":1,\"a\":2}", "{\"a\":2}", true},
      {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
      {"[1,2]", "[2,1]", false},
      {"[1]", "[1,1]", false},
      {"{\"a\":\"x\"}", "{\"a\":\"y\"}", false},
      {"[]", "{}", false},
      {"[true]", "[false]", false},
  };
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    doc a, b;
    begin(&a, cases[i].a);
    begin(&b, cases[i].b);
    assert_int_equal(mr_lazy_equal(mr_lazy_root(&a.lazy), mr_lazy_root(&b.lazy), NULL), cases[i].same);
    end(&a);
    end(&b);
  }
}

static void edits_without_end_are_refused_when_written(void **state) {
  MR_UNUSED(state);
  enum { DEPTH = 3000 };
  doc d;
  begin(&d, "{}");
  char *room = malloc(DEPTH * 1024);
  d.lazy.spare = room;
  d.lazy.left = DEPTH * 1024;
  mr_lazy_ref inner = mr_lazy_root(&d.lazy);
  mr_buf out;
  mr_buf_init(&out, NULL);
  for (int i = 0; i < DEPTH; i++) {
    set(&d, inner, "a", "{}");
    inner = at(inner, "a");
  }
  mr_lazy_ref root = mr_lazy_root(&d.lazy);
  assert_int_equal(mr_lazy_write(root, &out), MR_ERR_LIMIT);
  assert_int_equal(mr_lazy_equal(root, root, NULL), MR_ERR_LIMIT);
  mr_buf_clear(&out);
  free(room);
  end(&d);
}

static void memory_that_ends_changes_nothing(void **state) {
  MR_UNUSED(state);
  doc d;
  begin(&d, "{\"a\":[1]}");
  mr_lazy_ref root = mr_lazy_root(&d.lazy), two = value(&d, "2");
  d.lazy.left = 0;
  d.lazy.more = NULL;
  assert_int_equal(mr_lazy_set_member(&d.lazy, root, mr_slice_of("a"), two, two), MR_ERR_MEMORY);
  assert_int_equal(mr_lazy_set_element(&d.lazy, at(root, "a"), 1, two), MR_ERR_MEMORY);
  expect(root, "{\"a\":[1]}");
  end(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(members_are_found_by_the_bytes_of_their_keys),
      cmocka_unit_test(elements_are_found_forwards_and_backwards),
      cmocka_unit_test(an_edit_leaves_the_rest_as_it_was),
      cmocka_unit_test(what_is_removed_takes_its_comma_along),
      cmocka_unit_test(numbers_are_compared_by_value),
      cmocka_unit_test(values_are_compared_without_order_of_keys),
      cmocka_unit_test(edits_without_end_are_refused_when_written),
      cmocka_unit_test(memory_that_ends_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
