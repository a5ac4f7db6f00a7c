/* SPDX-License-Identifier: MIT
 *
 * jsonl_test.c -- lines out of chunks: every way to cut the input gives the same lines. */
#include "tests/support/support.h"

#include "bindings/jsonl.h"

/* Appends "number@offset:text|" of every line, "!" before the bar of one that is too long. */
static void split(mr_slice input, size_t piece, size_t limit, mr_buf *out) {
  mr_jsonl s;
  mr_jsonl_line line;
  mr_jsonl_init(&s, NULL, limit);
  for (size_t at = 0; at < input.len; at += piece) {
    size_t n = input.len - at < piece ? input.len - at : piece;
    mr_jsonl_feed(&s, mr_slice_make(input.ptr + at, n));
    while (mr_jsonl_next(&s, &line) == 1) {
      mr_buf_printf(out, "%d@%d:", (int)line.number, (int)line.offset);
      mr_buf_slice(out, line.text);
      mr_buf_puts(out, line.is_long ? "!|" : "|");
    }
  }
  while (mr_jsonl_finish(&s, &line) == 1) {
    mr_buf_printf(out, "%d@%d:", (int)line.number, (int)line.offset);
    mr_buf_slice(out, line.text);
    mr_buf_puts(out, line.is_long ? "!|" : "|");
  }
  mr_jsonl_clear(&s);
}

static void expect(const char *bytes, size_t n, size_t limit, const char *lines) {
  for (size_t piece = 1; piece <= n + 1; piece++) {
    mr_buf out;
    mr_buf_init(&out, NULL);
    split(mr_slice_make(bytes, n), piece, limit, &out);
    assert_string_equal(mr_buf_text(&out), lines);
    mr_buf_clear(&out);
  }
}

static void lines_end_in_two_ways(void **state) {
  MR_UNUSED(state);
  expect("a\nbc\r\n\nd", 8, 0, "1@0:a|2@2:bc|3@6:|4@7:d|");
  expect("a\r", 2, 0, "1@0:a\r|");
  expect("\n", 1, 0, "1@0:|");
  expect("a\rb\n", 4, 0, "1@0:a\rb|");
}

static void a_mark_at_the_start_is_no_part_of_the_line(void **state) {
  MR_UNUSED(state);
  expect("\xef\xbb\xbf{}\n\xef\xbb\xbf\n", 10, 0, "1@3:{}|2@6:\xef\xbb\xbf|");
  expect("\xef\xbb", 2, 0, "1@0:\xef\xbb|");
}

static void a_line_over_the_limit_is_passed_over(void **state) {
  MR_UNUSED(state);
  expect("abc\nabcd\nabcdefgh\nx\n", 20, 3, "1@0:abc|2@4:abc!|3@9:abc!|4@18:x|");
  expect("abc\r\nabcd\r\nz", 12, 3, "1@0:abc|2@5:abc!|3@11:z|");
  expect("abcdef", 6, 3, "1@0:abc!|");
}

static void nul_bytes_stay(void **state) {
  MR_UNUSED(state);
  mr_jsonl s;
  mr_jsonl_line line;
  mr_jsonl_init(&s, NULL, 0);
  mr_jsonl_feed(&s, mr_slice_make("a\0b\n", 4));
  assert_int_equal(mr_jsonl_next(&s, &line), 1);
  assert_int_equal(line.text.len, 3);
  assert_memory_equal(line.text.ptr, "a\0b", 3);
  assert_int_equal(mr_jsonl_finish(&s, &line), 0);
  mr_jsonl_clear(&s);
}

static void white_space_is_no_record(void **state) {
  MR_UNUSED(state);
  static const char *const blank[] = {"", " ", "\t \r", "\r"};
  for (size_t i = 0; i < MR_COUNT(blank); i++)
    assert_true(mr_jsonl_is_blank(mr_slice_of(blank[i])));
  assert_true(mr_jsonl_is_blank(mr_slice_make(NULL, 0)));
  assert_false(mr_jsonl_is_blank(mr_slice_of(" 1 ")));
  assert_false(mr_jsonl_is_blank(mr_slice_make(" \0", 2)));
}

static void memory_that_ends_is_an_error(void **state) {
  MR_UNUSED(state);
  mr_alloc alloc;
  mr_jsonl s;
  mr_jsonl_line line;
  mr_alloc_init(&alloc, NULL, NULL, 100);
  mr_jsonl_init(&s, &alloc, 0);
  char bytes[200];
  memset(bytes, 'x', sizeof bytes);
  mr_jsonl_feed(&s, mr_slice_make(bytes, sizeof bytes));
  assert_int_equal(mr_jsonl_next(&s, &line), MR_ERR_MEMORY);
  mr_jsonl_clear(&s);
  assert_int_equal(alloc.used, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_end_in_two_ways),
      cmocka_unit_test(a_mark_at_the_start_is_no_part_of_the_line),
      cmocka_unit_test(a_line_over_the_limit_is_passed_over),
      cmocka_unit_test(nul_bytes_stay),
      cmocka_unit_test(white_space_is_no_record),
      cmocka_unit_test(memory_that_ends_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
