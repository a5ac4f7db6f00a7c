/* SPDX-License-Identifier: MIT
 *
 * host_header_test.c -- moonrock.h compiles by itself in every language it is for, and keeps
 * what its comments promise. */
#include "tests/support/host_script.h"

#include <stdio.h>

/* The struct of the first release is what callers were compiled with. */
_Static_assert(sizeof(mr_task) == 4, "a task is 32 bits");
_Static_assert(MR_CAP_ALL == (MR_CAP_CLOCK | MR_CAP_ENV | MR_CAP_READ | MR_CAP_WRITE | MR_CAP_NET |
                              MR_CAP_PROCESS | MR_CAP_DEBUG), "ALL is all");

static void the_header_compiles_alone(void **state) {
  (void)state;
  static const char *const ways[] = {
      "cc -x c -std=c99", "cc -x c -std=c11", "cc -x c -std=c17", "c++ -x c++ -std=c++11"};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    char line[512];
    snprintf(line, sizeof line,
             "command -v %.3s >/dev/null || exit 0; printf '#include \"host/moonrock.h\"\\n"
             "mr_config mr_test_config = MR_CONFIG_INIT;\\n' | "
             "%s -Wall -Wextra -pedantic-errors -Werror -I'%s' -fsyntax-only -",
             ways[i], ways[i], MR_SOURCE_DIR);
    if (system(line) != 0)
      fail_msg("moonrock.h does not compile: %s", ways[i]);
  }
}

static void null_is_an_argument(void **state) {
  (void)state;
  mr_report r;
  assert_int_equal(mr_create(NULL, NULL), MR_ERR_ARG);
  assert_int_equal(mr_spawn(NULL, "x", "", 0, 0, NULL, NULL), MR_ERR_ARG);
  assert_int_equal(mr_spawn_file(NULL, "x", 0, NULL, NULL), MR_ERR_ARG);
  assert_int_equal(mr_cancel(NULL, 1), MR_ERR_ARG);
  assert_int_equal(mr_step(NULL, 0), MR_ERR_ARG);
  assert_int_equal(mr_poll(NULL, 0), MR_ERR_ARG);
  assert_int_equal(mr_run(NULL), MR_ERR_ARG);
  assert_int_equal(mr_module(NULL, "x", NULL), MR_ERR_ARG);
  assert_int_equal(mr_reap(NULL, &r), 0);
  assert_int_equal(mr_fds(NULL, NULL, 0), 0);
  assert_int_equal(mr_timeout_ms(NULL), -1);
  assert_int_equal(mr_memory(NULL), 0);
  assert_null(mr_lua(NULL));
  assert_string_equal(mr_errmsg(NULL), "out of memory");
  assert_string_equal(mr_status_name((mr_status)99), "unknown status");
  mr_interrupt(NULL);
  mr_terminate(NULL);
  mr_destroy(NULL);
}

static void a_failure_is_explained(void **state) {
  (void)state;
  mr_state *s = make_state(0, 0, 0);
  assert_string_equal(mr_errmsg(s), "");
  assert_int_equal(mr_cancel(s, 12345), MR_ERR_ARG);
  assert_string_not_equal(mr_errmsg(s), "");
  assert_int_equal(mr_spawn(s, "x", "return (", 8, 0, NULL, NULL), MR_ERR_SYNTAX);
  assert_non_null(strstr(mr_errmsg(s), "x:1:"));
  assert_int_equal(mr_spawn(s, "x", NULL, 0, 0, NULL, NULL), MR_ERR_ARG);
  assert_non_null(strstr(mr_errmsg(s), "text"));
  assert_int_equal(mr_spawn_file(s, "@none.such", 0, NULL, NULL), MR_ERR_ARG);
  assert_non_null(strstr(mr_errmsg(s), "none.such"));
  mr_destroy(s);
}

static void a_task_id_is_good_for_one_task(void **state) {
  (void)state;
  mr_state *s = make_state(0, 0, 0);
  mr_task first, second;
  mr_report r;
  mr_spawn(s, "x", "", 0, 0, NULL, &first);
  assert_int_equal(mr_run(s), MR_OK);
  mr_spawn(s, "x", "return 1", 8, 0, NULL, &second);
  assert_int_not_equal(first, second);
  assert_int_equal(mr_cancel(s, first), MR_ERR_ARG);
  assert_int_equal(mr_run(s), MR_OK);
  assert_int_equal(mr_reap(s, &r), 1);
  assert_int_equal(r.task, first);
  assert_int_equal(mr_reap(s, &r), 1);
  assert_string_equal(r.text, "1");
  mr_destroy(s);
}

static void a_report_lives_until_the_next(void **state) {
  (void)state;
  mr_state *s = make_state(0, 0, 0);
  mr_report r;
  const char *fails = "error(('long text '):rep(30), 0)", *litter = "for i = 1, 1e4 do local _ = ('x'):rep(i) end error('b')";
  mr_spawn(s, "x", fails, strlen(fails), 0, NULL, NULL);
  mr_run(s);
  assert_int_equal(mr_reap(s, &r), 1);
  mr_spawn(s, "x", litter, strlen(litter), 0, NULL, NULL);
  assert_int_equal(mr_run(s), MR_ERR_RUN);
  assert_int_equal(strncmp(r.text, "long text long text", 19), 0);
  mr_destroy(s);
}

static void limits_have_their_status(void **state) {
  (void)state;
  mr_config config = MR_CONFIG_INIT;
  mr_state *s;
  config.max_tasks = 2;
  assert_int_equal(mr_create(&config, &s), MR_OK);
  expect_script(s, TASK "for i = 1, 5 do task.spawn(task.yield) end", MR_ERR_LIMIT, "LimitReached: 2 tasks");
  mr_spawn(s, "x", "", 0, 0, NULL, NULL);
  mr_spawn(s, "x", "", 0, 0, NULL, NULL);
  assert_int_equal(mr_spawn(s, "x", "", 0, 0, NULL, NULL), MR_ERR_LIMIT);
  assert_non_null(strstr(mr_errmsg(s), "2 tasks"));
  mr_destroy(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_header_compiles_alone),   cmocka_unit_test(null_is_an_argument),
      cmocka_unit_test(a_failure_is_explained),      cmocka_unit_test(a_task_id_is_good_for_one_task),
      cmocka_unit_test(a_report_lives_until_the_next), cmocka_unit_test(limits_have_their_status),
  };
  return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
