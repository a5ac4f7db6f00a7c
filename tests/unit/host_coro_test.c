/* SPDX-License-Identifier: MIT
 *
 * host_coro_test.c -- our coroutines beside stock ones, and how a cancel, a close and a wait
 * go through them. */
#include "tests/support/host_script.h"

static void a_cancel_passes_resume(void **state) {
  (void)state;
  check_script(TASK "local rounds = 0 local t = task.spawn(function() "
                    "  while true do coroutine.resume(coroutine.create(task.sleep), 100) rounds = rounds + 1 end end) "
                    "task.sleep(0) t:cancel() local ok, e = pcall(t.wait, t) return e.code .. rounds",
               MR_OK, "Cancelled0");
  check_script(TASK "local t = task.spawn(function() "
                    "  coroutine.resume(coroutine.create(function() pcall(coroutine.wrap(function() "
                    "    coroutine.resume(coroutine.create(task.sleep), 100) end)) end)) return 'kept' end) "
                    "task.sleep(0) t:cancel() return tostring((pcall(t.wait, t))) .. t:status()",
               MR_OK, "falsecancelled");
}

static void a_cancel_passes_close(void **state) {
  (void)state;
  check_script(TASK "local t = task.spawn(function() local co = coroutine.create(function() "
                    "  local x <close> = setmetatable({}, {__close = function() task.sleep(100) end}) coroutine.yield() end) "
                    "  coroutine.resume(co) coroutine.close(co) return 'kept' end) "
                    "task.sleep(0) t:cancel() return tostring((pcall(t.wait, t))) .. t:status()",
               MR_OK, "falsecancelled");
}

static void exit_passes_resume(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_CLOCK, 0, 0);
  mr_report r;
  const char *script = "coroutine.resume(coroutine.create(function() os.exit(3) end)) while true do end";
  assert_int_equal(mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL), MR_OK);
  assert_int_equal(mr_run(s), MR_OK);
  assert_int_equal(mr_reap(s, &r), 1);
  assert_int_equal(r.exit_code, 3);
  mr_destroy(s);
}

static void closes_may_nest(void **state) {
  (void)state;
  /* the pcall of the outer cleanup keeps its error although an inner close came later */
  check_script("local seen local function closing(f) return setmetatable({}, {__close = f}) end "
               "local inner = coroutine.create(function() coroutine.yield() end) coroutine.resume(inner) "
               "local outer = coroutine.create(function() local x <close> = closing(function() "
               "  seen = pcall(function() coroutine.close(inner) error('kept') end) end) coroutine.yield() end) "
               "coroutine.resume(outer) return tostring(coroutine.close(outer)) .. tostring(seen)",
               MR_OK, "truefalse");
  check_script(TASK "local log = '' local function one(name, seconds) return task.spawn(function() "
                    "  local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() "
                    "    pcall(function() task.sleep(seconds) error('kept') end) log = log .. name end}) "
                    "    coroutine.yield() end) coroutine.resume(co) return coroutine.close(co) end) end "
                    "local a, b = one('a', 0.002), one('b', 0.001) return tostring(a:wait()) .. tostring(b:wait()) .. log",
               MR_OK, "truetrueba");
}

static void deep_nesting_is_an_error(void **state) {
  (void)state;
  check_script("local function deep(n) return coroutine.wrap(function() return deep(n + 1) end)() end "
               "local ok, e = pcall(deep, 1) return tostring(ok) .. tostring(e):match('C stack overflow')",
               MR_OK, "falseC stack overflow");
  check_script(TASK "local function deep(n) if n == 0 then task.sleep(0) return 'bottom' end "
                    "return coroutine.wrap(deep)(n - 1) end return deep(40)", MR_OK, "bottom");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cancel_passes_resume), cmocka_unit_test(a_cancel_passes_close),
      cmocka_unit_test(exit_passes_resume),     cmocka_unit_test(closes_may_nest),
      cmocka_unit_test(deep_nesting_is_an_error),
  };
  return cmocka_run_group_tests_name("coroutines", tests, NULL, NULL);
}
