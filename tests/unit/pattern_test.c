/* SPDX-License-Identifier: MIT
 *
 * pattern_test.c -- the patterns of the models, and the bound on the time that they take. */
#include "tests/support/support.h"

#include <stdio.h>

#include "bindings/pattern.h"
#include "bindings/pattern_code.h"
#include "bindings/shape.h"

static int match_status;

static bool matches(const char *pattern, const char *text) {
  mr_buf scratch;
  bool matched = false;
  mr_buf_init(&scratch, NULL);
  match_status = mr_pattern_match(mr_slice_of(pattern), mr_slice_of(text), &scratch, &matched);
  mr_buf_clear(&scratch);
  return matched;
}

static void test_each_construct(void **state) {
  static const struct {
    const char *pattern, *text;
    bool matched;
  } cases[] = {
      {"", "", true},
      {"", "a", false},
      {"abc", "abc", true},
      {"abc", "abcd", false},
      {"abc", "ab", false},
      {"a|b|cd", "cd", true},
      {"a|b|cd", "c", false},
      {"a|", "", true},
      {"(a|b)c", "bc", true},
      {"(?:a|b)+", "abba", true},
      {"a*", "", true},
      {"a*", "aaaa", true},
      {"a+", "", false},
      {"a?b", "b", true},
      {"a{3}", "aaa", true},
      {"a{3}", "aa", false},
      {"a{2,}", "a", false},
      {"a{2,}", "aaaaa", true},
      {"a{1,3}", "aaaa", false},
      {"a{0,2}", "", true},
      {"a{0,2}b", "aab", true},
      {"a{0}b", "b", true},
      {"(ab){2,3}", "ababab", true},
      {"(ab){2,3}", "abababab", false},
      {"(a*)*", "aaa", true},
      {"(a*)+b", "aab", true},
      {"(a?){3}", "aa", true},
      {"[a-c]", "b", true},
      {"[^a-c]", "b", false},
      {"[^a-c]", "d", true},
      {"[a-]", "-", true},
      {"[-a]", "-", true},
      {"[a\\-z]", "-", true},
      {"[a\\-z]", "m", false},
      {"[]", "a", false},
      {"[\\w-]+", "a-b_9", true},
      {"\\d{2}", "42", true},
      {"\\D", "4", false},
      {"\\s\\S", " x", true},
      {"[\\s\\S]+", "a\nb", true},
      {".", "\n", false},
      {".*", "anything at all", true},
      {"\\.", ".", true},
      {"\\.", "x", false},
      {"\\x41\\u0042", "AB", true},
      {"^a$", "a", true},
      {"a^b", "ab", false},
      {"(^a|b)$", "b", true},
      {"a$b", "ab", false},
      {"{a}", "{a}", true},
      {"a{,2}", "a{,2}", true},
      {"\xc3\xbc+", "\xc3\xbc\xc3\xbc", true},
      {"[\xc3\xa4-\xc3\xbc]", "\xc3\xb6", true},
      {".", "\xf0\x9f\x90\xb1", true},
      {"\\p{L}+", "abc\xc3\xbc", true},
      {"\\p{N}", "x", false},
      {"\\P{L}", "x", false},
      {"\\P{L}+", "1 \xe3\x80\x82", true},
      {"\\P{Lu}", "x", true},
      {"[^\\p{L}]+", "1 \xe3\x80\x82", true},
      {"[^\\p{L}]", "x", false},
      {"[^\\p{Lu}]", "x", true},
      {"[^\\p{Greek}]", "x", true},
      {"[^\\P{L}]+", "ab\xc3\xbc", true},
      {"[^\\P{L}]", "1", false},
      {"[^\\P{Nd}]", "x", false},
      {"[^\\P{Nd}]", "7", true},
      {"[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*", "a b/c=1", true},
      {"a+?b*?", "aab", true},
  };
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    bool got = matches(cases[i].pattern, cases[i].text);
    if (got != cases[i].matched || match_status != MR_OK)
      printf("/%s/ against \"%s\": %d\n", cases[i].pattern, cases[i].text, match_status);
    assert_int_equal(match_status, MR_OK);
    assert_int_equal(got, cases[i].matched);
  }
}

static void test_what_is_no_pattern_is_not_enforced(void **state) {
  static const char *const bad[] = {"(",     ")",     "a)",    "[a",      "*",      "a**",
                                    "+a",    "(?=a)", "(?!a)", "\\1",     "a{3,2}", "\\",
                                    "[z-a]", "\\xg1", "a\\b",  "(?<n>a)", "\\p", "\\p)", "\xff"};
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(bad); i++) {
    bool got = matches(bad[i], "whatever");
    if (match_status == MR_OK)
      printf("accepted: %s\n", bad[i]);
    assert_int_not_equal(match_status, MR_OK);
    assert_true(got);
  }
  matches("(a{5000}){5000}", "a");
  assert_int_equal(match_status, MR_ERR_LIMIT);
}

static bool fits(const char *shape_name, const char *text) {
  const mr_models *m = &mr_models_table;
  const mr_service *s = mr_service_find(m, mr_slice_of("bedrock"));
  const mr_shape *shape = mr_shape_find(m, s, mr_slice_of(shape_name));
  char pattern[4096];
  assert_non_null(shape);
  mr_slice p = mr_text(m, shape->pattern);
  assert_true(p.len > 0 && p.len < sizeof pattern);
  memcpy(pattern, p.ptr, p.len);
  pattern[p.len] = '\0';
  bool got = matches(pattern, text);
  assert_int_equal(match_status, MR_OK);
  return got;
}

/* What the service accepts and refuses. */
static void test_patterns_of_bedrock(void **state) {
  MR_UNUSED(state);
  assert_true(fits("JobName", "a--b"));
  assert_true(fits("JobName", "anthropic-finetuning-cookbook-training"));
  assert_false(fits("JobName", "a_b"));
  assert_true(fits("CustomModelName", "anthropic_finetuning_cookbook"));
  assert_false(fits("CustomModelName", "a__b"));
  assert_true(fits("RoleArn", "arn:aws:iam::123456789012:role/service-role/x"));
  assert_false(fits("RoleArn", "YOUR_ROLE_ARN"));
  assert_true(fits("S3Uri", "s3://bucket"));
  assert_true(fits("S3Uri", "s3://bucket/"));
  assert_true(fits("S3Uri", "s3://bucket/finetuning_example_results/"));
  assert_false(fits("S3Uri", "s3://b/date=2026/x.jsonl"));
  assert_false(fits("S3Uri", "s3://bucket//x"));
  assert_false(fits("S3Uri", "s3://bucket/a b"));
}

/* Every pattern of every model compiles. */
static void test_all_patterns_compile(void **state) {
  const mr_models *m = &mr_models_table;
  size_t count = 0, largest = 0;
  MR_UNUSED(state);
  for (uint32_t i = 0; i < m->service_count; i++)
    for (uint32_t k = 0; k < m->services[i].shapes.count; k++) {
      const mr_shape *shape = &m->shapes[m->services[i].shapes.first + k];
      mr_buf code, ranges;
      if (!shape->pattern)
        continue;
      mr_buf_init(&code, NULL);
      mr_buf_init(&ranges, NULL);
      assert_int_equal(mr_pattern_compile(mr_text(m, shape->pattern), &code, &ranges), MR_OK);
      if (code.len / sizeof(mr_pattern_step) > largest)
        largest = code.len / sizeof(mr_pattern_step);
      count++;
      mr_buf_clear(&code);
      mr_buf_clear(&ranges);
    }
  assert_true(count > 20);
  printf("%zu patterns, the largest has %zu steps\n", count, largest);
}

/* What makes a backtracking matcher run for years. */
static void test_hostile_patterns_take_linear_time(void **state) {
  char text[20002];
  MR_UNUSED(state);
  memset(text, 'a', 20000);
  text[20000] = '!';
  text[20001] = '\0';
  assert_false(matches("(a+)+", text));
  assert_false(matches("(a|aa)*", text));
  assert_false(matches("([a-zA-Z]+)*", text));
}

static void test_memory_runs_out(void **state) {
  MR_UNUSED(state);
  for (long at = 1; at < 40; at++) {
    support_failing failing = {at, 0, true};
    mr_alloc alloc;
    mr_buf scratch;
    bool matched = false;
    mr_alloc_init(&alloc, support_failing_alloc, &failing, 0);
    mr_buf_init(&scratch, &alloc);
    int status = mr_pattern_match(mr_slice_of("([a-z]{1,9}|[0-9]+)*x"), mr_slice_of("abc1x"),
                                  &scratch, &matched);
    assert_true(matched);
    assert_true(status == MR_OK || status == MR_ERR_MEMORY);
    mr_buf_clear(&scratch);
    assert_int_equal(alloc.used, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_construct),
      cmocka_unit_test(test_what_is_no_pattern_is_not_enforced),
      cmocka_unit_test(test_patterns_of_bedrock),
      cmocka_unit_test(test_all_patterns_compile),
      cmocka_unit_test(test_hostile_patterns_take_linear_time),
      cmocka_unit_test(test_memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
