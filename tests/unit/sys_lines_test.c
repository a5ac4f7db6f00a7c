/* SPDX-License-Identifier: MIT
 *
 * Tests of host/sys_lines.c: ranges of any length give every line once, in order; the file is only
 * what it was said to be, and one that has become shorter is an error. */
#define _GNU_SOURCE
#include "host/sys_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/sys.h"
#include "tests/support/support.h"

typedef struct file {
  char *folder;
  char path[512];
  int fd;
} file;

static void make(file *f, mr_slice text) {
  f->folder = support_folder();
  snprintf(f->path, sizeof f->path, "%s/file", f->folder);
  assert_int_equal(mr_sys_append(f->path, &text, 1), 0);
  assert_int_equal(mr_sys_open_read(f->path, &f->fd), 0);
}

static void drop(file *f) {
  mr_sys_close(f->fd);
  support_remove_tree(f->folder);
  free(f->folder);
}

/* All ranges of `step` bytes, one behind the other; each must begin where the last ended. */
static void check_cover(const file *f, mr_slice text, int64_t step) {
  mr_sys_lines l;
  mr_slice bytes;
  mr_buf all;
  mr_sys_lines_init(&l, NULL);
  mr_buf_init(&all, NULL);
  for (int64_t from = 0; from < (int64_t)text.len; from += step) {
    mr_sys_lines_begin(&l, f->fd, from, from + step, (int64_t)text.len);
    bool first = true;
    while (mr_sys_lines_next(&l, &bytes)) {
      if (first)
        assert_int_equal(l.start, all.len);
      first = false;
      mr_buf_slice(&all, bytes);
    }
    assert_int_equal(l.error, 0);
    if (!first && all.len < text.len)
      assert_int_equal(all.ptr[all.len - 1], '\n');
  }
  assert_int_equal(all.len, text.len);
  assert_memory_equal(all.ptr, text.ptr, text.len);
  mr_buf_clear(&all);
  mr_sys_lines_clear(&l);
}

static void every_line_once(void **state) {
  MR_UNUSED(state);
  static const char *const texts[] = {"a\nbb\n\nccc\ndddddddd\n", "\n\n\n", "no end", "a\nno end", "x\n"};
  for (size_t i = 0; i < MR_COUNT(texts); i++) {
    file f;
    make(&f, mr_slice_of(texts[i]));
    for (int64_t step = 1; step < 24; step++)
      check_cover(&f, mr_slice_of(texts[i]), step);
    drop(&f);
  }
}

/* The second range is read in two pieces, and the line before its first ends with the first piece. */
static void a_line_that_ends_with_a_piece(void **state) {
  MR_UNUSED(state);
  enum { RANGE = 300000, PIECE = 1 << 18 };
  mr_buf text;
  file f;
  mr_buf_init(&text, NULL);
  for (int around = -1; around <= 1; around++) {
    mr_buf_reset(&text);
    size_t n = (size_t)(RANGE - 1 + PIECE - 1 + around);
    memset(mr_buf_reserve(&text, n), 'x', n);
    text.len = n;
    for (int i = 0; i < 20000; i++)
      mr_buf_puts(&text, i % 3 ? "\nline" : "\n");
    make(&f, mr_buf_view(&text));
    check_cover(&f, mr_buf_view(&text), RANGE);
    check_cover(&f, mr_buf_view(&text), PIECE);
    drop(&f);
  }
  mr_buf_clear(&text);
}

static void long_lines(void **state) {
  MR_UNUSED(state);
  mr_buf text;
  file f;
  mr_buf_init(&text, NULL);
  for (int i = 0; i < 200; i++) {
    char *p = mr_buf_reserve(&text, 100000);
    size_t n = (size_t)(i * 7919 % 100000);
    memset(p, 'x', n);
    text.len += n;
    mr_buf_putc(&text, '\n');
  }
  make(&f, mr_buf_view(&text));
  check_cover(&f, mr_buf_view(&text), 1000);
  check_cover(&f, mr_buf_view(&text), 65536);
  check_cover(&f, mr_buf_view(&text), 1 << 30);
  drop(&f);
  mr_buf_clear(&text);
}

static void other_sizes(void **state) {
  MR_UNUSED(state);
  file f;
  mr_sys_lines l;
  mr_slice bytes;
  make(&f, mr_slice_of("one\ntwo\nthree"));
  mr_sys_lines_init(&l, NULL);
  assert_false(mr_sys_lines_next(&l, &bytes));
  mr_sys_lines_begin(&l, f.fd, 0, 100, 6); /* it has grown since */
  assert_true(mr_sys_lines_next(&l, &bytes));
  assert_true(mr_slice_is(bytes, "one\ntw"));
  assert_false(mr_sys_lines_next(&l, &bytes));
  assert_int_equal(l.error, 0);
  mr_sys_lines_begin(&l, f.fd, 2, 100, 50); /* it has become shorter */
  assert_false(mr_sys_lines_next(&l, &bytes));
  assert_int_equal(l.error, ESTALE);
  mr_sys_lines_begin(&l, f.fd, 0, 9, 50);
  assert_true(mr_sys_lines_next(&l, &bytes));
  assert_false(mr_sys_lines_next(&l, &bytes));
  assert_int_equal(l.error, ESTALE);
  mr_sys_lines_begin(&l, -1, 0, 9, 50);
  assert_false(mr_sys_lines_next(&l, &bytes));
  assert_int_equal(l.error, EBADF);
  mr_sys_lines_clear(&l);
  drop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_line_once),
                                     cmocka_unit_test(a_line_that_ends_with_a_piece),
                                     cmocka_unit_test(long_lines), cmocka_unit_test(other_sizes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
