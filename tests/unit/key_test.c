/* SPDX-License-Identifier: MIT
 *
 * key_test.c -- keys have the order of their values: lists of values in order, each held
 * against each. */
#include "tests/support/support.h"

#include "bindings/key.h"

static void key_of(mr_key_writer *w, const char *json, mr_key_order order, bool descending) {
  mr_json_index index;
  mr_json_index_init(&index, NULL);
  uint32_t token = UINT32_MAX;
  if (*json) {
    assert_int_equal(mr_json_index_build(&index, mr_slice_of(json), NULL), MR_OK);
    token = 0;
  }
  assert_int_equal(mr_key_reset(w), MR_OK);
  mr_key_put(w, mr_slice_of(json), &index, token, order, descending);
  assert_int_equal(mr_key_status(w), MR_OK);
  mr_json_index_free(&index);
}

static int compare(const mr_buf *a, const mr_buf *b) {
  size_t n = a->len < b->len ? a->len : b->len;
  int order = memcmp(a->ptr, b->ptr, n);
  if (order == 0)
    assert_int_equal(a->len, b->len); /* no key begins another */
  return (order > 0) - (order < 0);
}

/* Values in rising order; those that begin with '=' equal the one before. */
static void expect(const char *const *values, size_t n, mr_key_order order) {
  mr_key_writer a, b;
  mr_key_init(&a, NULL);
  mr_key_init(&b, NULL);
  int rank_a = -1;
  for (size_t i = 0; i < n; i++) {
    rank_a += values[i][0] != '=';
    int rank_b = -1;
    for (size_t k = 0; k < n; k++) {
      rank_b += values[k][0] != '=';
      for (int descending = 0; descending < 2; descending++) {
        key_of(&a, values[i] + (values[i][0] == '='), order, descending);
        key_of(&b, values[k] + (values[k][0] == '='), order, descending);
        int wanted = (rank_a > rank_b) - (rank_a < rank_b);
        if (compare(&a.out, &b.out) != (descending ? -wanted : wanted))
          fail_msg("%s and %s", values[i], values[k]);
      }
    }
  }
  mr_key_clear(&a);
  mr_key_clear(&b);
}

static void kinds_and_numbers(void **state) {
  MR_UNUSED(state);
  static const char *const values[] = {
      "", "null", "false", "true", "-1e400", "-12345678901234567891", "-12345678901234567890", "-10", "-9.5",
      "-1", "=-1.0", "=-10e-1", "-0.1", "-1e-400", "0", "=-0", "=0.000", "=0e9", "1e-999999999999999999999", "1e-400",
      "0.00099", "0.001", "=1e-3", "0.1", "0.10000000000000000001", "1", "=1.0", "=0.1e1", "=100e-2", "1.5", "2", "9.99",
      "10", "=1E1", "=1e+1", "99", "100", "12345678901234567890", "=1234567890123456789e1", "12345678901234567891", "1e101",
      "1e400", "1e999999999999999999999", "\"\"", "\"\\u0000\"", "\"\\u0000\\u0000\"", "\"\\u0001\"", "\"A\"", "=\"\\u0041\"",
      "\"A\\u0000\"", "\"AB\"", "\"a\"", "\"\xc3\xa9\"", "=\"\\u00e9\"", "\"\xe2\x82\xac\"", "\"\xf0\x9f\x98\x80\"", "[]", "[null]",
      "[1]", "[1,2]", "[2]", "[[]]", "{}", "{\"a\":1}", "={\"a\":2,\"a\":1}", "{\"a\":1,\"b\":2}",
      "={\"b\":2,\"a\":1}", "={ \"b\":2.0, \"\\u0061\":1 }", "{\"a\":2}", "{\"b\":[{\"x\":1,\"y\":2}]}",
      "={\"b\":[{\"y\":2,\"x\":1}]}"};
  expect(values, MR_COUNT(values), MR_KEY_VALUE);
}

static void strings_as_numbers(void **state) {
  MR_UNUSED(state);
  static const char *const values[] = {"", "null", "\"-3\"", "1", "=\"1\"", "=\" 1.0 \"", "\"2\"", "10", "=\"10\"",
                                       "\"\"", "\"-\"", "\"1 2\"", "\"a\""};
  expect(values, MR_COUNT(values), MR_KEY_NUMBER);
}

static void numbers_as_text(void **state) {
  MR_UNUSED(state);
  static const char *const values[] = {"", "null", "1", "=\"1\"", "10", "2", "false", "=\"false\"", "\"x\"", "[]"};
  expect(values, MR_COUNT(values), MR_KEY_TEXT);
}

static void natural_order(void **state) {
  MR_UNUSED(state);
  static const char *const values[] = {"5", "\"\"", "\"1\"", "=\"01\"", "\"2\"", "\"10\"", "\"a\"", "\"a0\"", "\"a1\"",
                                       "\"a1b\"", "\"a9\"", "\"a10\"", "=\"a010\"", "\"a10b2\"", "\"a10b10\"",
                                       "\"a99999999999999999999999\"", "\"ab\"", "\"b1\""};
  expect(values, MR_COUNT(values), MR_KEY_NATURAL);
}

static void folded_strings(void **state) {
  MR_UNUSED(state);
  static const char *const values[] = {"\"\"", "=\" \\n\"", "\"a b\"", "=\"A \\t B \"", "=\"\xc2\xa0" "a\xe3\x80\x80" "b\"",
                                       "\"ab\"", "\"stra\xc3\x9f" "e\"", "\"\xc3\xa9\"", "=\"\xc3\x89\"", "\"\xd0\xb6\"",
                                       "=\"\xd0\x96\"", "[\"x\"]", "=[\"X\"]"};
  expect(values, MR_COUNT(values), MR_KEY_FOLDED);
}

static void keys_in_a_row_keep_their_order(void **state) {
  MR_UNUSED(state);
  static const char *const values[] = {"1", "10", "\"a\"", "\"a\\u0000\"", "\"ab\"", "[1]", "[1,1]", "{}"};
  mr_key_writer a, b, one;
  mr_key_init(&a, NULL);
  mr_key_init(&b, NULL);
  mr_key_init(&one, NULL);
  size_t n = MR_COUNT(values);
  for (size_t i = 0; i < n * n; i++)
    for (size_t k = 0; k < n * n; k++) {
      mr_key_writer *to[2] = {&a, &b};
      size_t which[2] = {i, k};
      for (int t = 0; t < 2; t++) {
        assert_int_equal(mr_key_reset(to[t]), MR_OK);
        key_of(&one, values[which[t] / n], MR_KEY_VALUE, true);
        mr_buf_put(&to[t]->out, one.out.ptr, one.out.len);
        key_of(&one, values[which[t] % n], MR_KEY_VALUE, false);
        mr_buf_put(&to[t]->out, one.out.ptr, one.out.len);
      }
      int wanted = i / n != k / n ? (i / n < k / n ? 1 : -1) : (i % n > k % n) - (i % n < k % n);
      assert_int_equal(compare(&a.out, &b.out), wanted);
    }
  mr_key_clear(&a);
  mr_key_clear(&b);
  mr_key_clear(&one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kinds_and_numbers), cmocka_unit_test(strings_as_numbers),
      cmocka_unit_test(numbers_as_text),   cmocka_unit_test(natural_order),
      cmocka_unit_test(folded_strings),    cmocka_unit_test(keys_in_a_row_keep_their_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
