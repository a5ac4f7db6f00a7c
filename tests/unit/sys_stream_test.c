/* SPDX-License-Identifier: MIT
 *
 * Tests of host/sys_stream.c: files and pipes give what was asked for, whatever stdio holds already; one that is
 * silent is left. */
#define _GNU_SOURCE
#include "host/sys_stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/support.h"

enum { MUCH = 3 * 1000 * 1000 };

static const atomic_bool never = false;

static char byte_at(size_t i) {
  return (char)(i * 7 + i / 251);
}

static void expect(mr_buf *b, size_t from, size_t n) {
  assert_int_equal(b->len, n);
  for (size_t i = 0; i < n; i++)
    if (b->ptr[i] != byte_at(from + i))
      fail_msg("byte %zu is another", from + i);
  mr_buf_reset(b);
}

static void *write_much(void *ud) {
  int fd = *(int *)ud;
  char piece[1000];
  for (size_t i = 0; i < MUCH; i += sizeof piece) {
    for (size_t k = 0; k < sizeof piece; k++)
      piece[k] = byte_at(i + k);
    assert_int_equal(write(fd, piece, sizeof piece), sizeof piece);
  }
  close(fd);
  return NULL;
}

/* A writer that is slow may be taken for silent. */
static void read_whole(FILE *f, size_t n, mr_buf *b) {
  int error;
  size_t before;
  do {
    before = b->len;
    error = mr_sys_stream_read(f, n - b->len, &never, b);
    assert_true(error == 0 || error == EAGAIN);
  } while (b->len < n && (error || b->len > before));
}

static void read_all(FILE *f) {
  mr_buf b;
  char line[10];
  mr_buf_init(&b, NULL);
  assert_int_equal(fread(line, 1, sizeof line, f), sizeof line); /* stdio holds what follows */
  read_whole(f, 1, &b);
  expect(&b, 10, 1);
  read_whole(f, 2000000, &b);
  expect(&b, 11, 2000000);
  read_whole(f, 2000000, &b);
  expect(&b, 2000011, MUCH - 2000011);
  read_whole(f, 2000000, &b);
  assert_int_equal(b.len, 0);
  mr_buf_clear(&b);
}

static void pipes_and_files_come_whole(void **state) {
  MR_UNUSED(state);
  int ends[2];
  pthread_t writer;
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(pthread_create(&writer, NULL, write_much, &ends[1]), 0);
  FILE *f = fdopen(ends[0], "r");
  read_all(f);
  fclose(f);
  pthread_join(writer, NULL);
  f = tmpfile();
  int fd = dup(fileno(f));
  write_much(&fd);
  rewind(f);
  read_all(f);
  fclose(f);
  f = fopen("/dev/zero", "r"); /* tells nobody how much it has */
  mr_buf b;
  mr_buf_init(&b, NULL);
  assert_int_equal(mr_sys_stream_read(f, 5000000, &never, &b), 0);
  assert_int_equal(b.len, 5000000);
  mr_buf_clear(&b);
  fclose(f);
}

static void silence_is_left(void **state) {
  MR_UNUSED(state);
  int ends[2];
  mr_buf b;
  mr_buf_init(&b, NULL);
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], "abc", 3), 3);
  FILE *f = fdopen(ends[0], "r");
  assert_int_equal(mr_sys_stream_read(f, 100, &never, &b), 0);
  assert_int_equal(b.len, 3);
  assert_int_equal(mr_sys_stream_read(f, 100, &never, &b), EAGAIN);
  assert_int_equal(b.len, 3);
  assert_int_equal(write(ends[1], "defg", 4), 4);
  atomic_bool stop = true;
  assert_int_equal(mr_sys_stream_read(f, 100, &stop, &b), 0);
  assert_int_equal(b.len, 3);
  close(ends[1]);
  assert_int_equal(mr_sys_stream_read(f, 100, &never, &b), 0);
  assert_memory_equal(b.ptr, "abcdefg", 7);
  assert_int_equal(b.len, 7);
  fclose(f);
  mr_buf_clear(&b);
}

static void what_is_refused(void **state) {
  MR_UNUSED(state);
  mr_buf b;
  mr_buf_init(&b, NULL);
  FILE *f = fopen("/", "r");
  assert_int_equal(mr_sys_stream_read(f, 5, &never, &b), EISDIR);
  fclose(f);
  mr_buf_clear(&b);
  mr_alloc little;
  mr_alloc_init(&little, NULL, NULL, 100);
  mr_buf small;
  mr_buf_init(&small, &little);
  f = fopen("/dev/zero", "r");
  assert_int_equal(mr_sys_stream_read(f, 100000, &never, &small), ENOMEM);
  fclose(f);
  mr_buf_clear(&small);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pipes_and_files_come_whole),
      cmocka_unit_test(silence_is_left),
      cmocka_unit_test(what_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
