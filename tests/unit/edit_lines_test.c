/* SPDX-License-Identifier: MIT
 *
 * edit_lines_test.c -- lines from a pipe: whole, long, without an end, and without memory. */
#include "host/edit_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/support.h"

static int ends[2];

static void say(const char *bytes, size_t n) {
  assert_int_equal(write(ends[1], bytes, n), (ssize_t)n);
}

static void expect(mr_edit_lines *l, mr_buf *line, mr_slice want) {
  int got = 0;
  for (int i = 0; i < 10000 && got == 0; i++)
    got = mr_edit_lines_take(l, line);
  assert_int_equal(got, 1);
  assert_int_equal(line->len, want.len);
  assert_memory_equal(line->ptr, want.ptr, want.len);
}

static void lines_and_the_rest(void **state) {
  MR_UNUSED(state);
  mr_edit_lines l;
  mr_buf line;
  assert_int_equal(pipe(ends), 0);
  mr_edit_lines_init(&l, NULL, ends[0]);
  mr_buf_init(&line, NULL);
  say("one\r\ntwo\nthr", 12);
  assert_false(mr_edit_lines_ready(&l));
  expect(&l, &line, mr_slice_of("one"));
  assert_true(mr_edit_lines_ready(&l));
  expect(&l, &line, mr_slice_of("two"));
  assert_false(mr_edit_lines_ready(&l));
  say("ee\nrest", 7);
  expect(&l, &line, mr_slice_of("three"));
  close(ends[1]);
  expect(&l, &line, mr_slice_of("rest"));
  assert_int_equal(mr_edit_lines_take(&l, &line), 0);
  assert_true(l.ended && mr_edit_lines_ready(&l));
  mr_edit_lines_clear(&l);
  mr_buf_clear(&line);
  close(ends[0]);
}

/* Memory is refused in the middle: what was not read stays in the pipe, and what was read stays
 * too, so that the line is whole when there is memory again. */
static void no_memory_loses_nothing(void **state) {
  MR_UNUSED(state);
  enum { LONG = 40000 };
  mr_alloc alloc;
  mr_edit_lines l;
  mr_buf line;
  char *text = malloc(LONG + 1);
  for (int i = 0; i < LONG; i++)
    text[i] = (char)('a' + i % 26);
  text[LONG] = '\n';
  mr_alloc_init(&alloc, NULL, NULL, 20000);
  assert_int_equal(pipe(ends), 0);
  mr_edit_lines_init(&l, &alloc, ends[0]);
  mr_buf_init(&line, &alloc);
  say(text, LONG + 1);
  int got = 0;
  for (int i = 0; i < 100 && got == 0; i++)
    got = mr_edit_lines_take(&l, &line);
  assert_int_equal(got, MR_ERR_MEMORY);
  assert_int_equal(l.error, ENOMEM);
  alloc.max = 70000; /* for the input, but not for a second copy */
  for (got = 0; got == 0;)
    got = mr_edit_lines_take(&l, &line);
  assert_int_equal(got, MR_ERR_MEMORY);
  alloc.max = 0;
  expect(&l, &line, mr_slice_make(text, LONG));
  mr_edit_lines_clear(&l);
  mr_buf_clear(&line);
  assert_int_equal(alloc.used, 0);
  free(text);
  close(ends[0]);
  close(ends[1]);
}

/* What is read ahead comes first, whoever asks then. */
static void kept_for_later(void **state) {
  MR_UNUSED(state);
  mr_edit_lines l;
  mr_buf line;
  char byte;
  assert_int_equal(pipe(ends), 0);
  mr_edit_lines_init(&l, NULL, ends[0]);
  mr_buf_init(&line, NULL);
  assert_false(mr_edit_lines_hold(&l));
  assert_false(mr_edit_lines_byte(&l, &byte) || mr_edit_lines_cut(&l, 'x'));
  say("axbx\n", 5);
  assert_true(mr_edit_lines_hold(&l));
  assert_true(mr_edit_lines_cut(&l, 'x'));
  assert_true(mr_edit_lines_byte(&l, &byte));
  assert_int_equal(byte, 'a');
  expect(&l, &line, mr_slice_of("bx"));
  close(ends[1]);
  assert_false(mr_edit_lines_hold(&l));
  assert_true(l.ended);
  mr_edit_lines_clear(&l);
  mr_buf_clear(&line);
  close(ends[0]);
}

static void what_cannot_be_read(void **state) {
  MR_UNUSED(state);
  mr_edit_lines l;
  mr_buf line;
  int folder = open("/", O_RDONLY);
  mr_edit_lines_init(&l, NULL, folder);
  mr_buf_init(&line, NULL);
  assert_int_equal(mr_edit_lines_take(&l, &line), MR_ERR_IO);
  assert_int_equal(l.error, EISDIR);
  mr_edit_lines_clear(&l);
  close(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(lines_and_the_rest),
                                     cmocka_unit_test(no_memory_loses_nothing), cmocka_unit_test(kept_for_later),
                                     cmocka_unit_test(what_cannot_be_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
