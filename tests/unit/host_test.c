/* SPDX-License-Identifier: MIT
 *
 * host_test.c -- the embedding interface: tasks, waits, cancel, limits, memory. */
#include "tests/support/host_script.h"

static void scripts_give_results(void **state) {
  (void)state;
  check_script("return 6 * 7", MR_OK, "42");
  check_script("error('boom')", MR_ERR_RUN, "test:1: boom");
  check_script("local t <close> = setmetatable({}, {__close = function() error('in close') end})",
               MR_ERR_RUN, "test:1: in close");
}

static void tasks_wait_and_join(void **state) {
  (void)state;
  check_script(TASK "local t = task.spawn(function(a) task.sleep(0.001) return a + 1 end, 1) return t:wait()",
               MR_OK, "2");
  check_script(TASK "local t = task.spawn(function() error({1}) end) "
                    "local ok, e = pcall(t.wait, t) return tostring(ok) .. #e", MR_OK, "false1");
  check_script(TASK "local f = task.future() task.spawn(function() f:set('x', 'y') end) "
                    "local a, b = f:wait() return a .. b", MR_OK, "xy");
  check_script(TASK "local log = {} "
                    "local a = task.spawn(function() for i = 1, 3 do log[#log + 1] = 'a' task.yield() end end) "
                    "local b = task.spawn(function() for i = 1, 3 do log[#log + 1] = 'b' task.yield() end end) "
                    "a:wait() b:wait() return table.concat(log)", MR_OK, "ababab");
}

static void waits_pass_through_coroutines(void **state) {
  (void)state;
  check_script(TASK "local gen = coroutine.wrap(function() for i = 1, 3 do task.sleep(0.001) coroutine.yield(i) end end) "
                    "local sum = 0 for v in gen do sum = sum + v end return sum", MR_OK, "6");
  check_script(TASK "local outer = coroutine.wrap(function() "
                    "  local inner = coroutine.wrap(function() task.sleep(0.001) coroutine.yield(1) task.yield() coroutine.yield(2) end) "
                    "  for v in inner do task.yield() coroutine.yield(v * 10) end end) "
                    "local sum = 0 for v in outer do sum = sum + v end return sum", MR_OK, "30");
  check_script(TASK "local log = '' do local x <close> = setmetatable({}, {__close = function() task.sleep(0.001) log = log .. 'c' end}) "
                    "log = log .. 'b' end return log .. 'd'", MR_OK, "bcd");
  check_script(TASK "local ok, e = pcall(function() local x <close> = setmetatable({}, {__close = function() task.sleep(0.001) end}) "
                    "error('deep', 0) end) return e", MR_OK, "deep");
  check_script(TASK "local co = coroutine.create(function() task.sleep(0.001) error('inner', 0) end) "
                    "local ok, e = coroutine.resume(co) return tostring(ok) .. e .. coroutine.status(co)", MR_OK,
               "falseinnerdead");
}

static void stock_coroutines_behave(void **state) {
  (void)state;
  check_script("local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) return c * 2 end) "
               "local _, x = coroutine.resume(co, 1, 2) local _, y = coroutine.resume(co, 10) "
               "return x .. ' ' .. y .. ' ' .. coroutine.status(co)", MR_OK, "3 20 dead");
  check_script("local co co = coroutine.create(function() return coroutine.resume(co) end) "
               "local a, b, c = coroutine.resume(co) return c", MR_OK, "cannot resume non-suspended coroutine");
  check_script("return select(2, coroutine.resume(coroutine.create(function() return 1 end), 2))", MR_OK, "1");
  check_script("return tostring(coroutine.isyieldable()) .. tostring(select(2, coroutine.running()))", MR_OK,
               "falsetrue");
  check_script("return select(2, pcall(coroutine.yield))", MR_OK, "attempt to yield from outside a coroutine");
}

static void closing_a_coroutine_runs_cleanup_that_waits(void **state) {
  (void)state;
  check_script(TASK "local log = '' local co = coroutine.create(function() "
                    "local x <close> = setmetatable({}, {__close = function() task.sleep(0.001) log = log .. 'closed' end}) "
                    "while true do pcall(coroutine.yield) end end) coroutine.resume(co) "
                    "return tostring(coroutine.close(co)) .. log .. coroutine.status(co)", MR_OK, "trueclosed");
}

static void waiting_below_c_names_the_place(void **state) {
  (void)state;
  check_script(TASK "table.sort({2, 1}, function(a, b) task.sleep(0) return a < b end)", MR_ERR_RUN,
               "CannotWait: a script cannot wait inside a function called by 'sort'");
  check_script(TASK "return (string.gsub('a', 'a', function() task.sleep(0) end))", MR_ERR_RUN,
               "CannotWait: a script cannot wait inside a function called by 'gsub'");
  check_script(TASK "table.sort({2, 1}, function(a, b) coroutine.wrap(function() task.sleep(0) end)() end)",
               MR_ERR_RUN, "CannotWait");
}

static void cancel_unwinds_and_is_not_swallowed(void **state) {
  (void)state;
  check_script(TASK "local log = '' local t = task.spawn(function() "
                    "local x <close> = setmetatable({}, {__close = function() task.sleep(0.001) log = log .. 'closed' end}) "
                    "while true do pcall(task.sleep, 100) end end) "
                    "task.sleep(0.001) t:cancel() local ok, e = pcall(t.wait, t) "
                    "return tostring(ok) .. e.code .. log .. t:status()", MR_OK, "falseCancelledclosedcancelled");
  check_script(TASK "local t = task.spawn(function() return 1 end) t:cancel() return tostring(pcall(t.wait, t))",
               MR_OK, "false");
  check_script(TASK "local t = task.spawn(function() "
                    "local x <close> = setmetatable({}, {__close = function() error('other') end}) "
                    "pcall(task.sleep, 100) return 'swallowed' end) "
                    "task.sleep(0.001) t:cancel() return tostring((pcall(t.wait, t)))", MR_OK, "false");
}

static void busy_loops_end_at_the_cpu_limit(void **state) {
  (void)state;
  static const char *const loops[] = {
      "while true do end", "while true do pcall(function() while true do end end) end",
      "while true do pcall(coroutine.wrap(function() while true do end end)) end",
      "local t <close> = setmetatable({}, {__close = function() while true do end end}) while true do end"};
  for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
    mr_state *s = make_state(0, 20000, 0);
    expect_script(s, loops[i], MR_ERR_LIMIT, "");
    mr_destroy(s);
  }
}

static void an_interrupt_ends_a_busy_loop(void **state) {
  (void)state;
  mr_state *s = make_state(0, 0, 0);
  const char *script = "while true do pcall(function() while true do end end) end";
  mr_report r;
  mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL);
  assert_int_equal(mr_step(s, 1000), MR_AGAIN);
  mr_interrupt(s);
  assert_int_equal(mr_run(s), MR_ERR_CANCEL);
  assert_int_equal(mr_reap(s, &r), 1);
  assert_int_equal(r.status, MR_ERR_CANCEL);
  mr_destroy(s);
}

static void destroy_runs_cleanup(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_CLOCK, 0, 0);
  const char *script = TASK "local x <close> = setmetatable({}, {__close = function() task.sleep(0.001) end}) "
                            "task.sleep(1000)";
  mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL);
  assert_int_equal(mr_step(s, -1), MR_WAIT);
  mr_destroy(s);
}

static void a_deadlock_is_told(void **state) {
  (void)state;
  check_script(TASK "task.future():wait()", MR_ERR_RUN, "Deadlock");
}

static void memory_is_capped(void **state) {
  (void)state;
  mr_state *s = make_state(0, 0, 2u << 20);
  expect_script(s, "local t = {} for i = 1, 1e9 do t[i] = {} end", MR_ERR_MEMORY, "not enough memory");
  expect_script(s, "return 'still alive'", MR_OK, "still alive");
  mr_destroy(s);
}

static void an_empty_config_denies(void **state) {
  (void)state;
  mr_state *s = make_state(0, 0, 0);
  expect_script(s, "return tostring(io) .. tostring(os.execute) .. tostring(os.getenv) .. tostring(string.dump)",
                MR_OK, "nilnilnilnil");
  expect_script(s, "dofile('/etc/passwd')", MR_ERR_DENIED, "Denied: '/etc/passwd' needs the capability 'read'");
  expect_script(s, "return select(2, load('\\27Lua'))", MR_OK, "attempt to load a binary chunk (mode is 't')");
  mr_destroy(s);
}

/* ---- each allocation fails in turn ---- */

typedef struct failing {
  long countdown; /* -1: never */
  long blocks;
} failing;

static void *failing_alloc(void *ud, void *ptr, size_t old, size_t n) {
  failing *f = ud;
  (void)old;
  if (n == 0) {
    f->blocks -= ptr != NULL;
    free(ptr);
    return NULL;
  }
  if (f->countdown > 0 && --f->countdown == 0)
    return NULL;
  void *moved = realloc(ptr, n);
  f->blocks += ptr == NULL && moved != NULL;
  return moved;
}

static void run_with(failing *f) {
  static const char script[] =
      TASK "local t = task.spawn(function() local x <close> = setmetatable({}, {__close = function() end}) "
           "task.yield() return ('x'):rep(100) end) "
           "local g = coroutine.wrap(function() task.yield() coroutine.yield(1) end) g() "
           "return #t:wait()";
  mr_config config = MR_CONFIG_INIT;
  mr_state *s;
  mr_report r;
  config.alloc = failing_alloc;
  config.ud = f;
  config.caps = MR_CAP_CLOCK;
  if (mr_create(&config, &s) == MR_OK &&
      mr_spawn(s, "test", script, sizeof script - 1, 0, NULL, NULL) == MR_OK)
    mr_run(s);
  while (s && mr_reap(s, &r))
    assert_non_null(r.text);
  mr_destroy(s);
}

static void every_failed_allocation_is_survived(void **state) {
  (void)state;
  long points = 0;
  for (long n = 1; n < 100000; n++) {
    failing f = {n, 0};
    run_with(&f);
    if (f.blocks != 0)
      fail_msg("allocation %ld failing leaks %ld blocks", n, f.blocks);
    points = n;
    if (f.countdown > 0)
      break; /* the whole run needs fewer */
  }
  assert_true(points > 300);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scripts_give_results),
      cmocka_unit_test(tasks_wait_and_join),
      cmocka_unit_test(waits_pass_through_coroutines),
      cmocka_unit_test(stock_coroutines_behave),
      cmocka_unit_test(closing_a_coroutine_runs_cleanup_that_waits),
      cmocka_unit_test(waiting_below_c_names_the_place),
      cmocka_unit_test(cancel_unwinds_and_is_not_swallowed),
      cmocka_unit_test(busy_loops_end_at_the_cpu_limit),
      cmocka_unit_test(an_interrupt_ends_a_busy_loop),
      cmocka_unit_test(destroy_runs_cleanup),
      cmocka_unit_test(a_deadlock_is_told),
      cmocka_unit_test(memory_is_capped),
      cmocka_unit_test(an_empty_config_denies),
      cmocka_unit_test(every_failed_allocation_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
