/* SPDX-License-Identifier: MIT
 *
 * pattern_find_test.c -- where patterns occur: held against every part of a text in turn. */
#include "tests/support/support.h"

#include "bindings/pattern.h"
#include "bindings/pattern_code.h"

typedef struct finder {
  mr_buf code, ranges, scratch, sets, states;
  mr_pattern_finder f;
} finder;

static void finder_init(finder *f, const char *pattern, mr_alloc *alloc) {
  mr_buf *all[] = {&f->code, &f->ranges, &f->scratch, &f->sets, &f->states};
  for (size_t i = 0; i < MR_COUNT(all); i++)
    mr_buf_init(all[i], i < 2 ? NULL : alloc);
  assert_int_equal(mr_pattern_compile(mr_slice_of(pattern), &f->code, &f->ranges), MR_OK);
  f->f = (mr_pattern_finder){&f->code, &f->ranges, &f->scratch, &f->sets, &f->states};
}

static void finder_clear(finder *f) {
  mr_buf *all[] = {&f->code, &f->ranges, &f->scratch, &f->sets, &f->states};
  for (size_t i = 0; i < MR_COUNT(all); i++)
    mr_buf_clear(all[i]);
}

static void test_places(void **state) {
  static const struct {
    const char *pattern, *text;
    size_t from;
    int found;
    size_t start, end;
  } cases[] = {
      {"a", "", 0, 0, 0, 0},
      {"a", "bab", 0, 1, 1, 2},
      {"a", "bab", 2, 0, 0, 0},
      {"a+", "baaab", 0, 1, 1, 4},
      {"a+", "baaab", 2, 1, 2, 4},
      {"abcd|bc", "xabce abcd", 0, 1, 2, 4}, /* the attempt that began first fails */
      {"a*b", "aaaab", 0, 1, 0, 5},
      {"a*", "aaa", 0, 1, 0, 3},
      {"a*", "bbb", 0, 0, 0, 0}, /* only without characters */
      {"^a", "ba", 0, 0, 0, 0},
      {"^a", "ab", 0, 1, 0, 1},
      {"b$", "bab", 0, 1, 2, 3},
      {"[^a]b", "\xc3\xbc" "b", 0, 1, 0, 3},
      {"\xc3\xbc.", "a\xc3\xb6\xc3\xbc\xe4\xb8\xad", 0, 1, 3, 8},
      {"[\xc3\xa4-\xc3\xbc]+", "a\xc3\xb6\xc3\xbcz", 0, 1, 1, 5},
      {"[^a]", "a\xff", 0, 1, 1, 2}, /* no UTF-8: a byte */
  };
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    finder f;
    finder_init(&f, cases[i].pattern, NULL);
    for (int again = 0; again < 2; again++) { /* the second time with states that are known */
      size_t start = 0, end = 0;
      int found =
          mr_pattern_find(&f.f, mr_slice_of(cases[i].text), cases[i].from, &start, &end);
      if (found != cases[i].found || start != cases[i].start || end != cases[i].end)
        fail_msg("/%s/ in \"%s\": %d, %zu to %zu", cases[i].pattern, cases[i].text, found, start,
                 end);
    }
    finder_clear(&f);
  }
}

/* The first part of the text, and there the longest, that the pattern matches as a whole. */
static int slow_find(finder *f, mr_slice text, size_t from, size_t *start, size_t *end) {
  for (*start = from; *start < text.len; ++*start)
    for (*end = text.len; *end > *start; --*end) {
      bool matched = false;
      assert_int_equal(mr_pattern_run(&f->code, &f->ranges,
                                      mr_slice_make(text.ptr + *start, *end - *start), &f->scratch,
                                      &matched),
                       MR_OK);
      if (matched)
        return 1;
    }
  return 0;
}

static void test_all_texts_of_few_letters(void **state) {
  static const char *const patterns[] = {
      "ab",        "a+b",         "(ab|ba)+c", "a(b|c){2}a", "c[ab]*c", "[^a]a[^a]", "(a|b)?c{2,3}",
      "(a?b){2}c", "abca|bc|cab", ".b.",       "a{2}|b+c"};
  char text[8];
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(patterns); i++) {
    finder f;
    finder_init(&f, patterns[i], NULL);
    for (unsigned number = 0; number < 2187; number++) { /* 3^7 */
      unsigned rest = number;
      for (size_t k = 0; k < 7; k++, rest /= 3)
        text[k] = (char)('a' + rest % 3);
      size_t start = 0, end = 0, want_start, want_end, from = number % 4;
      int found = mr_pattern_find(&f.f, mr_slice_make(text, 7), from, &start, &end);
      int want = slow_find(&f, mr_slice_make(text, 7), from, &want_start, &want_end);
      if (found != want || (found && (start != want_start || end != want_end)))
        fail_msg("/%s/ in %.7s from %zu: %d, %zu to %zu", patterns[i], text, from, found, start,
                 end);
    }
    finder_clear(&f);
  }
}

/* More states than are kept: which of the last twelve letters were an a. */
static void test_states_are_forgotten(void **state) {
  enum { LENGTH = 20000 };
  static char text[LENGTH];
  uint32_t seed = 7;
  finder f;
  size_t start = 0, end = 0;
  MR_UNUSED(state);
  for (size_t i = 0; i < LENGTH; i++) {
    seed = seed * 1664525u + 1013904223u;
    text[i] = seed >> 31 ? 'a' : 'b';
  }
  text[LENGTH - 14] = 'a';
  text[LENGTH - 1] = '!';
  finder_init(&f, "a[ab]{12}!", NULL);
  assert_int_equal(mr_pattern_find(&f.f, mr_slice_make(text, LENGTH), 0, &start, &end), 1);
  assert_int_equal(start, LENGTH - 14);
  assert_int_equal(end, LENGTH);
  assert_int_equal(mr_pattern_find(&f.f, mr_slice_make(text, LENGTH - 1), 0, &start, &end), 0);
  assert_true(f.states.cap + f.sets.cap < 1 << 20);
  finder_clear(&f);
}

static void test_memory_runs_out(void **state) {
  MR_UNUSED(state);
  bool done = false;
  for (long at = 1; at < 60; at++) {
    support_failing failing = {at, 0, true};
    mr_alloc alloc;
    finder f;
    size_t start = 0, end = 0;
    mr_alloc_init(&alloc, support_failing_alloc, &failing, 0);
    finder_init(&f, "a[ab]{9}c", &alloc);
    mr_slice text = mr_slice_of("abbabaabbbabbabaabbabbbaabbaabbbbbc");
    int found = mr_pattern_find(&f.f, text, 0, &start, &end);
    assert_true(found == MR_ERR_MEMORY || found == 1);
    done = found == 1;
    if (done)
      assert_int_equal(start, 24);
    finder_clear(&f);
    assert_int_equal(alloc.used, 0);
  }
  assert_true(done);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_places),
      cmocka_unit_test(test_all_texts_of_few_letters),
      cmocka_unit_test(test_states_are_forgotten),
      cmocka_unit_test(test_memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
