/* SPDX-License-Identifier: MIT
 *
 * process_test.c -- children that speak, complain, hang, flood, die or leave others behind. */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/support.h"

typedef struct outcome {
  int error;
  mr_process_end end;
  char said[64], complained[64];
  size_t length;
  double seconds;
} outcome;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static outcome run(const char *program, const char *line, int64_t timeout_ms, size_t max) {
  const char *const argv[] = {program, "-c", line, NULL};
  mr_process_spec spec = {argv, timeout_ms, max, NULL};
  mr_buf said, complained;
  outcome o;
  memset(&o, 0, sizeof o);
  mr_buf_init(&said, NULL);
  mr_buf_init(&complained, NULL);
  said.wipe = true;
  double begun = seconds();
  o.error = mr_process_run(&spec, &said, &complained, &o.end);
  o.seconds = seconds() - begun;
  o.length = said.len;
  strncpy(o.said, mr_buf_text(&said), sizeof o.said - 1);
  strncpy(o.complained, mr_buf_text(&complained), sizeof o.complained - 1);
  mr_buf_clear(&said);
  mr_buf_clear(&complained);
  return o;
}

static void speaks(void **state) {
  (void)state;
  outcome o = run("sh", "printf hello; printf oops >&2; exit 3", 20000, 100);
  assert_int_equal(o.error, 0);
  assert_int_equal(o.end.code, 3);
  assert_int_equal(o.end.signal, 0);
  assert_string_equal(o.said, "hello");
  assert_string_equal(o.complained, "oops");
  assert_false(o.end.timed_out || o.end.too_long);
}

static void is_not_there(void **state) {
  (void)state;
  assert_int_equal(run("/nowhere/program", "", 1000, 10).error, ENOENT);
}

static void hangs(void **state) {
  (void)state;
  outcome o = run("sh", "exec sleep 60", 100, 10);
  assert_true(o.end.timed_out);
  assert_int_equal(o.end.signal, 9);
  assert_int_equal(o.end.code, -1);
  assert_true(o.seconds < 20);
}

static void is_stopped(void **state) {
  static const char *const argv[] = {"sleep", "60", NULL};
  const atomic_bool stop = true;
  mr_process_spec spec = {argv, 60000, 10, &stop};
  mr_process_end end;
  mr_buf said, complained;
  (void)state;
  mr_buf_init(&said, NULL);
  mr_buf_init(&complained, NULL);
  double begun = seconds();
  assert_int_equal(mr_process_run(&spec, &said, &complained, &end), 0);
  assert_int_equal(end.signal, 9);
  assert_false(end.timed_out);
  assert_true(seconds() - begun < 20);
}

/* A pipe that a grandchild keeps open is not waited for. */
static void leaves_somebody(void **state) {
  (void)state;
  outcome o = run("sh", "sleep 30 & echo done", 20000, 100);
  assert_int_equal(o.end.code, 0);
  assert_string_equal(o.said, "done\n");
  assert_true(o.seconds < 15);
}

/* Who holds the write end of a pipe is alive. */
static void takes_its_children_along(void **state) {
  int ends[2], input = dup(STDIN_FILENO), nothing = open("/dev/null", O_RDONLY);
  char byte;
  (void)state;
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(dup2(nothing, STDIN_FILENO), STDIN_FILENO);
  outcome o = run("sh", "sleep 60 & wait", 200, 10);
  assert_true(o.end.timed_out);
  close(ends[1]);
  struct pollfd polled = {ends[0], POLLIN, 0};
  assert_int_equal(poll(&polled, 1, 20000), 1);
  assert_int_equal(read(ends[0], &byte, 1), 0);
  close(ends[0]);
  close(nothing);
  dup2(input, STDIN_FILENO);
  close(input);
}

/* Never taken for a success. */
static void how_it_ended_is_lost(void **state) {
  (void)state;
  signal(SIGCHLD, SIG_IGN);
  outcome o = run("sh", "echo said; exit 3", 20000, 100);
  outcome killed = run("sh", "exec sleep 60", 100, 10);
  signal(SIGCHLD, SIG_DFL);
  assert_int_equal(o.error, ECHILD);
  assert_int_equal(o.end.code, -1);
  assert_string_equal(o.said, "said\n");
  assert_int_equal(killed.error, 0);
  assert_true(killed.end.timed_out);
  assert_int_equal(killed.end.code, -1);
}

static void floods(void **state) {
  (void)state;
  outcome o = run("sh", "exec yes", 20000, 50000);
  assert_true(o.end.too_long);
  assert_int_equal(o.length, 50000);
  o = run("sh", "yes | head -c 10000000 >&2; echo fine", 20000,
          100); /* complaints have a bound, too */
  assert_int_equal(o.end.code, 0);
  assert_string_equal(o.said, "fine\n");
}

static void dies(void **state) {
  (void)state;
  outcome o = run("sh", "kill -TERM $$", 20000, 100);
  assert_int_equal(o.end.signal, 15);
  assert_int_equal(o.end.code, -1);
}

static void reads_nothing(void **state) {
  (void)state;
  outcome o = run("sh", "test -t 0 || cat; echo end", 20000, 100);
  assert_string_equal(o.said, "end\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(speaks),          cmocka_unit_test(is_not_there),
      cmocka_unit_test(hangs),           cmocka_unit_test(leaves_somebody),
      cmocka_unit_test(is_stopped),
      cmocka_unit_test(takes_its_children_along), cmocka_unit_test(floods),          cmocka_unit_test(dies),
      cmocka_unit_test(reads_nothing),     cmocka_unit_test(how_it_ended_is_lost),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
