/* SPDX-License-Identifier: MIT
 *
 * Tests of host/output_order.c: pieces brought in any order, and by several threads, stand in
 * theirs; an end and an error are final. */
#define _GNU_SOURCE
#include "host/output_order.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/sys.h"
#include "tests/support/support.h"

enum { PIECES = 300, THREADS = 4 };

typedef struct fixture {
  char *folder;
  char path[512];
  mr_output output;
  mr_output_order *order;
  atomic_uint next;
} fixture;

static void begin(fixture *f) {
  memset(f, 0, sizeof *f);
  f->folder = support_folder();
  snprintf(f->path, sizeof f->path, "%s/file", f->folder);
  assert_int_equal(mr_output_open(&f->output, f->path), 0);
  f->order = mr_output_order_new(&f->output);
  assert_non_null(f->order);
}

static void finish(fixture *f, mr_buf *found) {
  mr_output_order_free(f->order);
  assert_int_equal(mr_output_commit(&f->output), 0);
  mr_buf_init(found, NULL);
  assert_int_equal(mr_sys_read(f->path, 0, -1, found), 0);
  support_remove_tree(f->folder);
  free(f->folder);
}

static int put(fixture *f, mr_buf *b, unsigned number, bool is_end) {
  mr_buf_printf(b, "%u%*s\n", number, (int)(number * 37 % 5000), "");
  return mr_output_order_put(f->order, number, b, is_end);
}

static void check_pieces(const mr_buf *found, unsigned count) {
  const char *p = found->ptr, *end = p + found->len;
  for (unsigned i = 0; i < count; i++) {
    char *behind;
    assert_true(p < end);
    assert_int_equal(strtoul(p, &behind, 10), i);
    p = behind + i * 37 % 5000 + 1;
  }
  assert_ptr_equal(p, end);
}

static void backwards(void **state) {
  MR_UNUSED(state);
  fixture f;
  mr_buf b, found;
  begin(&f);
  mr_buf_init(&b, NULL);
  for (unsigned i = PIECES; i-- > 0;) {
    assert_int_equal(put(&f, &b, i, false), 0);
    assert_int_equal(b.len, 0);
  }
  mr_buf_clear(&b);
  finish(&f, &found);
  check_pieces(&found, PIECES);
  mr_buf_clear(&found);
}

static void *bring(void *ud) {
  fixture *f = ud;
  mr_buf b;
  mr_buf_init(&b, NULL);
  for (unsigned i; (i = f->next++) < PIECES;)
    if (put(f, &b, i, false) != 0)
      break;
  mr_buf_clear(&b);
  return NULL;
}

static void by_threads(void **state) {
  MR_UNUSED(state);
  fixture f;
  mr_buf found;
  pthread_t threads[THREADS];
  begin(&f);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, bring, &f), 0);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  finish(&f, &found);
  check_pieces(&found, PIECES);
  mr_buf_clear(&found);
}

static void an_end(void **state) {
  MR_UNUSED(state);
  fixture f;
  mr_buf b, found;
  begin(&f);
  mr_buf_init(&b, NULL);
  put(&f, &b, 4, false);
  put(&f, &b, 2, true);
  put(&f, &b, 1, false);
  put(&f, &b, 0, false);
  put(&f, &b, 3, false);
  put(&f, &b, 6, false); /* its turn never comes */
  mr_buf_clear(&b);
  finish(&f, &found);
  check_pieces(&found, 3);
  mr_buf_clear(&found);
}

static void a_full_disk(void **state) {
  MR_UNUSED(state);
  mr_output o;
  mr_buf b;
  mr_buf_init(&b, NULL);
  assert_int_equal(mr_output_open(&o, "/dev/full"), 0);
  mr_output_order *order = mr_output_order_new(&o);
  mr_buf_puts(&b, "x");
  assert_int_equal(mr_output_order_put(order, 1, &b, false), 0);
  mr_buf_puts(&b, "y");
  assert_int_equal(mr_output_order_put(order, 0, &b, false), ENOSPC);
  assert_int_equal(mr_output_order_put(order, 2, &b, false), ENOSPC);
  mr_buf_clear(&b);
  mr_output_order_free(order);
  mr_output_order_free(NULL);
  mr_output_abort(&o);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(backwards), cmocka_unit_test(by_threads),
                                     cmocka_unit_test(an_end), cmocka_unit_test(a_full_disk)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
