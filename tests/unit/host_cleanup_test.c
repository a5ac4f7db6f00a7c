/* SPDX-License-Identifier: MIT
 *
 * host_cleanup_test.c -- cleanup that errs, waits for ever, spawns or loops still ends. */
#include "tests/support/host_script.h"

#include <stdio.h>
#include <time.h>

#define CLOSING "local function closing(f) return setmetatable({}, {__close = f}) end "
#define VIRTUAL "require 'moonrock.time'.make_virtual{epoch = 0} "

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void cleanup_that_waits_for_ever_is_ended(void **state) {
  (void)state;
  check_script(VIRTUAL TASK CLOSING
               "local time, log = require 'moonrock.time', '' "
               "local t = task.spawn(function() local a <close> = closing(function() log = log .. 'outer' end) "
               "  local b <close> = closing(function() task.sleep(1e6) end) task.sleep(1e6) end) "
               "task.sleep(1) local from = time.monotonic() t:cancel() local ok, e = pcall(t.wait, t) "
               "return tostring(ok) .. log .. (time.monotonic() - from) .. tostring(e)",
               MR_OK, "falseouter10.0Cancelled: the task was ended before");
}

static void a_stop_waits_for_the_handler_that_runs_already(void **state) {
  (void)state;
  static const char *const bodies[] = {
      "do local a <close> = closing(function() task.sleep(5) log = log .. 'released ' end) end",
      "coroutine.wrap(function() do local a <close> = closing(function() task.sleep(5) "
      "  log = log .. 'released ' end) end coroutine.yield() end)()",
      "do local a <close> = closing(function() task.yield() task.sleep(5) "
      "  coroutine.wrap(function() task.sleep(1) log = log .. 'released ' end)() end) end"};
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    char script[1024];
    snprintf(script, sizeof script,
             VIRTUAL TASK CLOSING
             "local log = '' local t = task.spawn(function() %s log = log .. 'after ' task.sleep(0) "
             "  log = log .. 'too far' end) "
             "task.sleep(1) t:cancel() local ok, e = pcall(t.wait, t) return log .. e.code .. t:status()",
             bodies[i]);
    check_script(script, MR_OK, "released after Cancelledcancelled");
  }
}

static void handlers_of_a_reset_may_not_wait_nor_loop(void **state) {
  (void)state;
  check_script(VIRTUAL TASK CLOSING
               "local e local t = task.spawn(function() "
               "  local a <close> = closing(function() e = select(2, pcall(task.sleep, 1)) end) "
               "  local b <close> = closing(function() while true do end end) "
               "  local c <close> = closing(function() task.sleep(1e6) end) task.sleep(1e6) end) "
               "task.sleep(1) t:cancel() pcall(t.wait, t) return tostring(t:status())",
               MR_OK, "cancelled");
}

static void what_cleanup_spawns_ends_with_it(void **state) {
  (void)state;
  check_script(VIRTUAL TASK CLOSING
               "local time = require 'moonrock.time' local helper "
               "local t = task.spawn(function() local a <close> = closing(function() "
               "  helper = task.spawn(function() task.spawn(task.sleep, 1e6):wait() end) end) task.sleep(1e6) end) "
               "task.sleep(1) t:cancel() pcall(t.wait, t) local from = time.monotonic() "
               "pcall(helper.wait, helper) return time.monotonic() - from",
               MR_OK, "10.0");
}

static void an_endless_chain_of_cleanup_ends_destroy(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_CLOCK, 0, 0);
  const char *script = VIRTUAL TASK CLOSING
      "local function again() local a <close> = closing(function() task.spawn(again) end) task.sleep(1e6) end again()";
  assert_int_equal(mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL), MR_OK);
  mr_step(s, 0);
  double from = seconds();
  mr_destroy(s);
  assert_true(seconds() - from < 60);
}

static void a_second_interrupt_is_second_for_each_task(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_CLOCK, 0, 0);
  mr_report r;
  const char *script = TASK CLOSING "local a <close> = closing(function() task.sleep(0.001) cleaned = (cleaned or 0) + 1 end) "
                            "task.sleep(1000)";
  for (int i = 0; i < 2; i++) {
    assert_int_equal(mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL), MR_OK);
    assert_int_equal(mr_step(s, -1), MR_WAIT);
    mr_interrupt(s);
    assert_int_equal(mr_run(s), MR_ERR_CANCEL);
    assert_int_equal(mr_reap(s, &r), 1);
  }
  expect_script(s, "return cleaned", MR_OK, "2");
  mr_destroy(s);
}

static void an_interrupt_ends_a_step_without_a_budget(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_CLOCK, 0, 0);
  const char *script = "while true do pcall(function() while true do end end) end";
  assert_int_equal(mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL), MR_OK);
  mr_interrupt(s);
  assert_int_equal(mr_step(s, -1), MR_OK);
  assert_int_equal(mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL), MR_OK);
  mr_step(s, 100);
  mr_interrupt(s);
  assert_int_equal(mr_step(s, -1), MR_OK);
  mr_destroy(s);
}

static void finalizers_of_a_closing_state_start_nothing(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_ALL, 0, 0);
  const char *script = TASK "kept = setmetatable({}, {__gc = function() task.spawn(print) task.future():wait() end})";
  assert_int_equal(mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL), MR_OK);
  mr_run(s);
  mr_destroy(s);
}

static void the_first_task_is_a_task_too(void **state) {
  (void)state;
  check_script("return require 'moonrock.task'.current():status()", MR_OK, "running");
}

static void the_text_of_an_error_may_not_loop(void **state) {
  (void)state;
  double from = seconds();
  mr_state *s = make_state(0, 0, 0);
  mr_report r;
  const char *script = "error(setmetatable({}, {__tostring = function() while true do end end}))";
  assert_int_equal(mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL), MR_OK);
  mr_step(s, -1);
  assert_int_equal(mr_reap(s, &r), 1);
  assert_int_equal(r.status, MR_ERR_RUN);
  assert_string_not_equal(r.text, "");
  mr_destroy(s);
  assert_true(seconds() - from < 60);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cleanup_that_waits_for_ever_is_ended),
      cmocka_unit_test(a_stop_waits_for_the_handler_that_runs_already),
      cmocka_unit_test(handlers_of_a_reset_may_not_wait_nor_loop),
      cmocka_unit_test(what_cleanup_spawns_ends_with_it),
      cmocka_unit_test(an_endless_chain_of_cleanup_ends_destroy),
      cmocka_unit_test(a_second_interrupt_is_second_for_each_task),
      cmocka_unit_test(an_interrupt_ends_a_step_without_a_budget),
      cmocka_unit_test(finalizers_of_a_closing_state_start_nothing),
      cmocka_unit_test(the_first_task_is_a_task_too),
      cmocka_unit_test(the_text_of_an_error_may_not_loop),
  };
  return cmocka_run_group_tests_name("cleanup", tests, NULL, NULL);
}
