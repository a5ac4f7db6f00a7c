/* SPDX-License-Identifier: MIT
 *
 * Tests of host/output.c: the new content or the old one, never a part, and never a
 * temporary file left behind. */
#define _GNU_SOURCE
#include "host/output.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/sys.h"
#include "tests/support/support.h"

static char *folder;
static char path_text[8][512];
static int path_next;

static const char *in(const char *name) {
  char *text = path_text[path_next++ % 8];
  snprintf(text, 512, "%s/%s", folder, name);
  return text;
}

static int set_up(void **state) {
  (void)state;
  folder = support_folder();
  return folder ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  support_remove_tree(folder);
  free(folder);
  return 0;
}

static void expect(const char *path, const char *text, size_t n) {
  mr_buf out;
  mr_buf_init(&out, NULL);
  assert_int_equal(mr_sys_read(path, 0, -1, &out), 0);
  assert_int_equal(out.len, n);
  assert_memory_equal(mr_buf_view(&out).ptr, text, n);
  mr_buf_clear(&out);
}

/* The names in the folder, one after the other with a blank behind each. */
static void expect_names(const char *names) {
  mr_buf out;
  mr_buf_init(&out, NULL);
  assert_int_equal(mr_sys_list(folder, &out), 0);
  for (size_t i = 0; i < out.len; i++) {
    if (out.ptr[i] == 0)
      out.ptr[i] = ' ';
  }
  assert_string_equal(mr_buf_text(&out), names);
  mr_buf_clear(&out);
}

static int replace(const char *path, const char *text) {
  mr_slice parts[2] = {mr_slice_of(text), mr_slice_make("!", 1)};
  return mr_output_replace(path, parts, 2);
}

static void replace_makes_and_replaces(void **state) {
  (void)state;
  assert_int_equal(replace(in("a"), "one"), 0);
  expect(in("a"), "one!", 4);
  assert_int_equal(replace(in("a"), "two, longer"), 0);
  expect(in("a"), "two, longer!", 12);
  assert_int_equal(mr_output_replace(in("a"), NULL, 0), 0);
  expect(in("a"), "", 0);
  expect_names("a ");
}

static void parts_may_come_in_any_order(void **state) {
  (void)state;
  mr_output o = {0};
  assert_int_equal(mr_output_open(&o, in("a")), 0);
  assert_int_equal(mr_output_write(&o, "world", 5, 6), 0);
  assert_int_equal(mr_output_write(&o, "hello ", 6, 0), 0);
  assert_int_equal(mr_output_commit(&o), 0);
  assert_false(o.is_open);
  assert_int_equal(mr_output_commit(&o), EBADF);
  assert_int_equal(mr_output_write(&o, "x", 1, 0), EBADF);
  mr_output_abort(&o);
  expect(in("a"), "hello world", 11);
  expect_names("a ");
}

static void a_time_of_its_own(void **state) {
  (void)state;
  static const int64_t times[] = {1700000000000000000, 1700000000123456789, 0, -1, -1000000001};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    mr_output o = {0};
    mr_file_facts facts;
    assert_int_equal(mr_output_open(&o, in("a")), 0);
    assert_int_equal(mr_output_write(&o, "x", 1, 0), 0);
    assert_int_equal(mr_output_set_time(&o, times[i]), 0);
    assert_int_equal(mr_output_commit(&o), 0);
    assert_int_equal(mr_sys_stat(in("a"), &facts), 0);
    assert_int_equal(facts.mtime_ns, times[i]);
    assert_int_equal(mr_output_set_time(&o, 0), EBADF);
  }
  expect_names("a ");
  mr_output device = {0};
  assert_int_equal(mr_output_open(&device, "/dev/null"), 0);
  assert_int_equal(mr_output_set_time(&device, 0), 0);
  assert_int_equal(mr_output_commit(&device), 0);
  mr_file_facts facts;
  assert_int_equal(mr_sys_stat("/dev/null", &facts), 0);
  assert_int_not_equal(facts.mtime_ns, 0);
}

static void abort_keeps_the_old_file(void **state) {
  (void)state;
  mr_output o = {0};
  assert_int_equal(replace(in("a"), "old"), 0);
  assert_int_equal(mr_output_open(&o, in("a")), 0);
  assert_int_equal(mr_output_write(&o, "new", 3, 0), 0);
  mr_output_abort(&o);
  mr_output_abort(&o);
  expect(in("a"), "old!", 4);
  expect_names("a ");
}

static void mode_and_links_survive(void **state) {
  (void)state;
  struct stat st;
  assert_int_equal(replace(in("a"), "old"), 0);
  assert_int_equal(chmod(in("a"), 0640), 0);
  assert_int_equal(symlink("a", in("link")), 0);
  assert_int_equal(replace(in("link"), "new"), 0);
  expect(in("a"), "new!", 4);
  assert_int_equal(lstat(in("link"), &st), 0);
  assert_true(S_ISLNK(st.st_mode));
  assert_int_equal(stat(in("a"), &st), 0);
  assert_int_equal(st.st_mode & 07777, 0640);
  mode_t mask = umask(077);
  assert_int_equal(replace(in("private"), "x"), 0);
  umask(mask);
  assert_int_equal(stat(in("private"), &st), 0);
  assert_int_equal(st.st_mode & 07777, 0600);
}

static void refusals_leave_nothing(void **state) {
  (void)state;
  assert_int_equal(replace(in("missing/a"), "x"), ENOENT);
  assert_int_equal(replace(in("missing/"), "x"), ENOENT);
  assert_int_equal(replace("", "x"), ENOENT);
  assert_int_equal(replace(folder, "x"), EISDIR);
  if (geteuid() != 0) {
    assert_int_equal(replace(in("a"), "old"), 0);
    assert_int_equal(chmod(in("a"), 0444), 0);
    assert_int_equal(replace(in("a"), "new"), EACCES);
    assert_int_equal(mr_sys_remove(in("a")), 0);
  }
  char name[300];
  memset(name, 'n', 299);
  name[299] = 0;
  assert_int_equal(replace(in(name), "x"), ENAMETOOLONG);
  memset(name, 'n', 255);
  name[255] = 0;
  assert_int_equal(replace(in(name), "x"), 0);
  assert_int_equal(mr_sys_remove(in(name)), 0);
  expect_names("");
}

static void commit_that_fails_leaves_nothing(void **state) {
  (void)state;
  mr_output o = {0};
  assert_int_equal(mr_output_open(&o, in("a")), 0);
  assert_int_equal(mr_sys_mkdir(in("a/b")), 0); /* a folder has taken the name */
  assert_int_equal(mr_output_commit(&o), EISDIR);
  expect_names("a ");
}

static void devices_are_written_in_place(void **state) {
  (void)state;
  struct stat st;
  assert_int_equal(replace("/dev/null", "x"), 0);
  assert_int_equal(stat("/dev/null", &st), 0);
  assert_true(S_ISCHR(st.st_mode));
  if (access("/dev/full", W_OK) == 0)
    assert_int_equal(replace("/dev/full", "x"), ENOSPC);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(replace_makes_and_replaces, set_up, tear_down),
      cmocka_unit_test_setup_teardown(parts_may_come_in_any_order, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_time_of_its_own, set_up, tear_down),
      cmocka_unit_test_setup_teardown(abort_keeps_the_old_file, set_up, tear_down),
      cmocka_unit_test_setup_teardown(mode_and_links_survive, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refusals_leave_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(commit_that_fails_leaves_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(devices_are_written_in_place, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
