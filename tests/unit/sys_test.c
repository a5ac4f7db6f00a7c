/* SPDX-License-Identifier: MIT
 *
 * Tests of host/sys.c: files and folders with their errors, the terminal, the process. */
#define _GNU_SOURCE
#include "host/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/support.h"

static char *folder;
static char path_text[8][512];
static int path_next;

/* A name in the test's folder; good for eight calls. */
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

static void put(const char *path, const char *text) {
  mr_slice part = mr_slice_of(text);
  assert_int_equal(mr_sys_append(path, &part, 1), 0);
  assert_int_equal(mr_sys_sync(path), 0);
}

static void expect(const char *path, int64_t offset, int64_t length, const char *text) {
  mr_buf out;
  mr_buf_init(&out, NULL);
  assert_int_equal(mr_sys_read(path, offset, length, &out), 0);
  assert_int_equal(out.len, strlen(text));
  assert_memory_equal(mr_buf_view(&out).ptr, text, out.len);
  mr_buf_clear(&out);
}

static void read_gives_the_part_asked_for(void **state) {
  (void)state;
  const char *path = in("a");
  put(path, "0123456789");
  put(path, "abc");
  expect(path, 0, -1, "0123456789abc");
  expect(path, 10, -1, "abc");
  expect(path, 3, 4, "3456");
  expect(path, 12, 100, "c");
  expect(path, 13, -1, "");
  expect(path, 1000, 5, "");
  expect(path, 0, 0, "");
}

static void read_big_files_and_files_of_unknown_size(void **state) {
  (void)state;
  size_t n = 3 * 1024 * 1024 + 17;
  char *big = malloc(n);
  for (size_t i = 0; i < n; i++)
    big[i] = (char)(i * 31 >> 3);
  mr_slice parts[2] = {{big, n / 2}, {big + n / 2, n - n / 2}};
  const char *path = in("big");
  assert_int_equal(mr_sys_append(path, parts, 2), 0);
  mr_buf out;
  mr_buf_init(&out, NULL);
  assert_int_equal(mr_sys_read(path, 0, -1, &out), 0);
  assert_int_equal(out.len, n);
  assert_memory_equal(out.ptr, big, n);
  mr_buf_reset(&out);
  assert_int_equal(mr_sys_read("/proc/self/status", 0, -1, &out), 0);
  assert_true(out.len > 100);
  mr_buf_clear(&out);
  free(big);
}

static void read_a_pipe(void **state) {
  (void)state;
  int fds[2];
  char name[64];
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  mr_slice part = mr_slice_of("hello world");
  assert_int_equal(mr_sys_write(fds[1], &part, 1), 0);
  close(fds[1]);
  snprintf(name, sizeof name, "/proc/self/fd/%d", fds[0]);
  expect(name, 6, 3, "wor");
  close(fds[0]);
}

static void errors_are_errno_values(void **state) {
  (void)state;
  mr_buf out;
  mr_buf_init(&out, NULL);
  mr_file_facts facts;
  assert_int_equal(mr_sys_read(in("missing"), 0, -1, &out), ENOENT);
  assert_int_equal(mr_sys_read(folder, 0, -1, &out), EISDIR);
  assert_int_equal(mr_sys_read(in("missing"), -1, -1, &out), EINVAL);
  put(in("file"), "x");
  assert_int_equal(mr_sys_read(in("file/below"), 0, -1, &out), ENOTDIR);
  assert_int_equal(mr_sys_stat(in("missing"), &facts), ENOENT);
  assert_int_equal(mr_sys_list(in("missing"), &out), ENOENT);
  assert_int_equal(mr_sys_list(in("file"), &out), ENOTDIR);
  assert_int_equal(mr_sys_remove(in("missing")), ENOENT);
  assert_int_equal(mr_sys_rename(in("missing"), in("b")), ENOENT);
  assert_int_equal(mr_sys_mkdir(in("file/sub")), ENOTDIR);
  assert_int_equal(mr_sys_mkdir(in("file")), ENOTDIR);
  assert_int_equal(mr_sys_mkdir(""), ENOENT);
  if (geteuid() != 0) {
    chmod(in("file"), 0);
    assert_int_equal(mr_sys_read(in("file"), 0, -1, &out), EACCES);
  }
  if (access("/dev/full", W_OK) == 0) {
    mr_slice part = mr_slice_of("x");
    assert_int_equal(mr_sys_append("/dev/full", &part, 1), ENOSPC);
  }
  mr_buf_clear(&out);
}

static void read_tells_that_memory_ran_out(void **state) {
  (void)state;
  mr_alloc small;
  mr_alloc_init(&small, NULL, NULL, 100);
  mr_buf out;
  mr_buf_init(&out, &small);
  const char *path = in("a");
  for (int i = 0; i < 20; i++)
    put(path, "0123456789");
  assert_int_equal(mr_sys_read(path, 0, -1, &out), ENOMEM);
  mr_buf_clear(&out);
  assert_int_equal(small.used, 0);
}

static void stat_tells_kind_size_and_time(void **state) {
  (void)state;
  mr_file_facts facts;
  put(in("a"), "12345");
  assert_int_equal(mr_sys_stat(in("a"), &facts), 0);
  assert_int_equal(facts.kind, MR_FILE_REGULAR);
  assert_int_equal(facts.size, 5);
  assert_true(facts.mtime_ns > INT64_C(1600000000) * 1000000000);
  assert_int_equal(mr_sys_stat(folder, &facts), 0);
  assert_int_equal(facts.kind, MR_FILE_DIRECTORY);
  assert_int_equal(mr_sys_stat("/dev/null", &facts), 0);
  assert_int_equal(facts.kind, MR_FILE_OTHER);
}

static void links_are_told_and_resolved(void **state) {
  (void)state;
  mr_file_facts facts;
  mr_buf out;
  mr_buf_init(&out, NULL);
  put(in("a"), "12345");
  assert_int_equal(mr_sys_mkdir(in("d")), 0);
  assert_int_equal(symlink("../a", in("d/link")), 0);
  assert_int_equal(symlink("nothing", in("broken")), 0);
  assert_int_equal(symlink("loop", in("loop")), 0);
  assert_int_equal(mr_sys_stat(in("a"), &facts), 0);
  assert_false(facts.is_link);
  assert_int_equal(mr_sys_stat(in("d/link"), &facts), 0);
  assert_true(facts.is_link);
  assert_int_equal(facts.kind, MR_FILE_REGULAR);
  assert_int_equal(facts.size, 5);
  assert_int_equal(mr_sys_stat(in("broken"), &facts), ENOENT);
  assert_int_equal(mr_sys_stat(in("loop"), &facts), ELOOP);
  char *real = realpath(in("a"), NULL);
  assert_non_null(real);
  assert_int_equal(mr_sys_real_path(in("d/../d/link"), &out), 0);
  assert_string_equal(mr_buf_text(&out), real);
  free(real);
  assert_int_equal(mr_sys_real_path(in("broken"), &out), ENOENT);
  assert_int_equal(mr_sys_real_path(in("loop"), &out), ELOOP);
  mr_buf_clear(&out);
}

static void folders_are_made_listed_and_removed(void **state) {
  (void)state;
  mr_buf out;
  mr_buf_init(&out, NULL);
  assert_int_equal(mr_sys_mkdir(in("x//y/z/")), 0);
  assert_int_equal(mr_sys_mkdir(in("x/y/z")), 0);
  assert_int_equal(mr_sys_mkdir("/"), 0);
  put(in("x/b"), "");
  put(in("x/\xc3\xa4"), "");
  put(in("x/A"), "");
  assert_int_equal(mr_sys_list(in("x"), &out), 0);
  assert_int_equal(out.len, 9);
  assert_memory_equal(out.ptr, "A\0b\0y\0\xc3\xa4\0", 9);
  assert_int_equal(mr_sys_remove(in("x/y")), ENOTEMPTY);
  assert_int_equal(mr_sys_remove(in("x/y/z")), 0);
  assert_int_equal(mr_sys_remove(in("x/b")), 0);
  assert_int_equal(mr_sys_rename(in("x/A"), in("B")), 0);
  expect(in("B"), 0, -1, "");
  mr_buf_reset(&out);
  assert_int_equal(mr_sys_list(in("x/y"), &out), 0);
  assert_int_equal(out.len, 0);
  mr_buf_clear(&out);
}

static void descriptors_read_and_write_at_places(void **state) {
  (void)state;
  int fd;
  size_t got;
  char text[16];
  put(in("a"), "0123456789");
  assert_int_equal(mr_sys_open_new(in("a"), &fd), EEXIST);
  assert_int_equal(mr_sys_open_write(in("b"), &fd), ENOENT);
  assert_int_equal(mr_sys_open_write(in("a"), &fd), 0);
  assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  assert_int_equal(mr_sys_pwrite(fd, "XY", 2, 12), 0);
  assert_int_equal(mr_sys_pwrite(fd, "XY", 2, -1), EINVAL);
  assert_int_equal(mr_sys_fsync(fd), 0);
  mr_sys_close(fd);
  assert_int_equal(mr_sys_open_read(in("a"), &fd), 0);
  assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  assert_int_equal(mr_sys_pread(fd, text, sizeof text, 8, &got), 0);
  assert_int_equal(got, 6);
  assert_memory_equal(text, "89\0\0XY", 6);
  assert_int_equal(mr_sys_pread(fd, text, 2, 0, &got), 0);
  assert_int_equal(got, 2);
  mr_sys_close(fd);
  mr_sys_close(-1);
  assert_int_equal(mr_sys_pread(-1, text, 1, 0, &got), EBADF);
}

static void a_scratch_file_has_no_name(void **state) {
  (void)state;
  int fd;
  size_t got;
  char text[8];
  mr_buf names;
  mr_buf_init(&names, NULL);
  assert_int_equal(mr_sys_mkdir(in("scratch")), 0);
  assert_int_equal(mr_sys_open_scratch(in("scratch"), &fd), 0);
  assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  assert_int_equal(mr_sys_list(in("scratch"), &names), 0);
  assert_int_equal(names.len, 0);
  mr_buf_clear(&names);
  assert_int_equal(mr_sys_pwrite(fd, "abc", 3, 2), 0);
  assert_int_equal(mr_sys_pread(fd, text, sizeof text, 0, &got), 0);
  assert_int_equal(got, 5);
  assert_memory_equal(text, "\0\0abc", 5);
  mr_sys_close(fd);
  assert_int_equal(mr_sys_open_scratch(in("no such folder"), &fd), ENOENT);
  assert_int_equal(fd, -1);
}

static void a_lock_is_held_once(void **state) {
  (void)state;
  int first, second;
  put(in("l"), "");
  assert_int_equal(mr_sys_lock(in("l"), &first), 0);
  assert_int_equal(mr_sys_lock(in("l"), &second), EWOULDBLOCK);
  assert_int_equal(second, -1);
  mr_sys_close(first);
  assert_int_equal(mr_sys_lock(in("l"), &second), 0);
  mr_sys_close(second);
  assert_int_equal(mr_sys_lock(folder, &second), 0);
  mr_sys_close(second);
  assert_int_equal(mr_sys_lock(in("none"), &second), ENOENT);
}

static void terminal_and_process(void **state) {
  (void)state;
  int fds[2];
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  assert_false(mr_sys_is_terminal(fds[0]));
  assert_int_equal(mr_sys_width(fds[0]), 0);
  close(fds[0]);
  close(fds[1]);
  setenv("MOONROCK_TEST_VARIABLE", "value", 1);
  assert_string_equal(mr_sys_getenv("MOONROCK_TEST_VARIABLE"), "value");
  unsetenv("MOONROCK_TEST_VARIABLE");
  assert_null(mr_sys_getenv("MOONROCK_TEST_VARIABLE"));
  assert_int_equal(mr_sys_pid(), getpid());
  unsigned char a[600] = {0}, b[600] = {0};
  assert_int_equal(mr_sys_random(a, sizeof a), 0);
  assert_int_equal(mr_sys_random(b, sizeof b), 0);
  assert_memory_not_equal(a, b, sizeof a);
  assert_memory_not_equal(a + 300, b + 300, 300);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(read_gives_the_part_asked_for, set_up, tear_down),
      cmocka_unit_test_setup_teardown(read_big_files_and_files_of_unknown_size, set_up, tear_down),
      cmocka_unit_test_setup_teardown(read_a_pipe, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_scratch_file_has_no_name, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_lock_is_held_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(errors_are_errno_values, set_up, tear_down),
      cmocka_unit_test_setup_teardown(read_tells_that_memory_ran_out, set_up, tear_down),
      cmocka_unit_test_setup_teardown(stat_tells_kind_size_and_time, set_up, tear_down),
      cmocka_unit_test_setup_teardown(links_are_told_and_resolved, set_up, tear_down),
      cmocka_unit_test_setup_teardown(folders_are_made_listed_and_removed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(descriptors_read_and_write_at_places, set_up, tear_down),
      cmocka_unit_test_setup_teardown(terminal_and_process, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
