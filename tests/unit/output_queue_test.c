/* SPDX-License-Identifier: MIT
 *
 * Tests of host/output_queue.c: what is put is written, in order where it overlaps; errors
 * are told once and for all; an end that drops does not wait for the rest. */
#define _GNU_SOURCE
#include "host/output_queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/sys.h"
#include "tests/support/support.h"

enum { BLOCKS = 40 };

static void put(mr_output_queue *q, char fill, size_t n, int64_t offset, int expected, bool may_wait) {
  char *block = mr_output_queue_block(q);
  assert_non_null(block);
  memset(block, fill, n);
  int error = mr_output_queue_put(q, block, n, offset, may_wait);
  assert_true(error == 0 || error == expected);
}

static void write_blocks(bool may_wait) {
  char path[512];
  char *folder = support_folder();
  mr_output o;
  mr_buf found;
  snprintf(path, sizeof path, "%s/file", folder);
  assert_int_equal(mr_output_open(&o, path), 0);
  mr_output_queue *q = mr_output_queue_new(&o);
  assert_non_null(q);
  for (int i = 0; i < BLOCKS; i++) {
    put(q, '-', MR_OUTPUT_BLOCK, (int64_t)i * MR_OUTPUT_BLOCK, 0, may_wait);
    put(q, (char)('A' + i % 26), 1000, (int64_t)i * MR_OUTPUT_BLOCK, 0, !may_wait);
  }
  assert_int_equal(mr_output_queue_end(q, false), 0);
  assert_int_equal(mr_output_commit(&o), 0);
  mr_buf_init(&found, NULL);
  assert_int_equal(mr_sys_read(path, 0, -1, &found), 0);
  assert_int_equal(found.len, BLOCKS * MR_OUTPUT_BLOCK);
  for (int i = 0; i < BLOCKS; i++) {
    assert_int_equal(found.ptr[i * MR_OUTPUT_BLOCK + 999], 'A' + i % 26);
    assert_int_equal(found.ptr[i * MR_OUTPUT_BLOCK + 1000], '-');
  }
  mr_buf_clear(&found);
  support_remove_tree(folder);
  free(folder);
}

static void all_is_written_in_order(void **state) {
  MR_UNUSED(state);
  write_blocks(true);
  write_blocks(false);
}

static void a_full_disk(void **state) {
  MR_UNUSED(state);
  mr_output o;
  assert_int_equal(mr_output_open(&o, "/dev/full"), 0);
  mr_output_queue *q = mr_output_queue_new(&o);
  assert_non_null(q);
  for (int i = 0; i < BLOCKS; i++)
    put(q, 'x', MR_OUTPUT_BLOCK, (int64_t)i * MR_OUTPUT_BLOCK, ENOSPC, i % 2);
  assert_int_equal(mr_output_queue_end(q, false), ENOSPC);
  mr_output_abort(&o);
}

static void dropped(void **state) {
  MR_UNUSED(state);
  char path[512];
  char *folder = support_folder();
  mr_output o;
  mr_buf names;
  snprintf(path, sizeof path, "%s/file", folder);
  for (int n = 0; n < 20; n += 3) {
    assert_int_equal(mr_output_open(&o, path), 0);
    mr_output_queue *q = mr_output_queue_new(&o);
    assert_non_null(q);
    for (int i = 0; i < n; i++)
      put(q, 'x', MR_OUTPUT_BLOCK, (int64_t)i * MR_OUTPUT_BLOCK, 0, n % 2);
    mr_output_unlink(&o);
    assert_int_equal(mr_output_queue_end(q, true), 0);
    mr_output_abort(&o);
  }
  assert_int_equal(mr_output_queue_end(NULL, true), 0);
  mr_buf_init(&names, NULL);
  assert_int_equal(mr_sys_list(folder, &names), 0);
  assert_int_equal(names.len, 0);
  mr_buf_clear(&names);
  support_remove_tree(folder);
  free(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_is_written_in_order),
                                     cmocka_unit_test(a_full_disk), cmocka_unit_test(dropped)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
