/* SPDX-License-Identifier: MIT
 *
 * host_hostile_test.c -- one program that uses everything, disturbed at each of its points:
 * cancelled at each wait, destroyed after each step, each allocation failing (once, or from
 * then on), preempted all the time, interrupted by another thread. */
#define _GNU_SOURCE
#include "tests/support/host_script.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "host/module.h"

static const char echo[] = "local task = require 'moonrock.task' "
                           "return function(channel) for m in channel.receive, channel do "
                           "task.sleep(0.5) channel:send('echo ', m) end channel:finish() end";
const mr_script_entry mr_script_table[] = {
    {"echo", "scripts/echo.lua", echo, sizeof echo - 1, NULL, 0, NULL},
    {NULL, NULL, NULL, 0, NULL, 0, NULL}};
const mr_module_entry mr_module_table[] = {{NULL, NULL}};

#define BODY                                                                                      \
  "local isolate, random, err = require 'moonrock.isolate', require 'moonrock.random', require 'moonrock.error' " \
  "local log, open = {}, 0 "                                                                      \
  "local function guard(f) open = open + 1 return setmetatable({}, {__close = function() "        \
  "  open = open - 1 task.sleep(0.25) if f then f() end end}) end "                               \
  "local function program() "                                                                     \
  "  local a <close> = guard() task.sleep(1) "                                                    \
  "  local channel <close> = isolate.new('echo', {prefix = 'p'}):connect() "                      \
  "  local future = task.future() "                                                               \
  "  local child <close> = setmetatable({task.spawn(function() local b <close> = guard() "        \
  "    task.sleep(2) future:set(random.uuid()) return 'child' end)}, {__close = function(t) t[1]:cancel() pcall(t[1].wait, t[1]) end}) " \
  "  local co = coroutine.create(function() local c <close> = guard() for i = 1, 3 do task.sleep(0.5) coroutine.yield(i) end end) " \
  "  local closing <close> = setmetatable({}, {__close = function() coroutine.close(co) end}) "    \
  "  for i in function() return select(2, coroutine.resume(co)) end do channel:send('m', i) log[#log + 1] = channel:receive() task.yield() end " \
  "  assert(#future:wait() == 36) assert(child[1]:wait() == 'child') "                            \
  "  xpcall(function() local d <close> = guard(function() error('in close') end) error('x') end, err.capture) " \
  "  err.try(function() local co = coroutine.create(function() local e <close> = guard() coroutine.yield() end) " \
  "    coroutine.resume(co) coroutine.close(co) end) "                                            \
  "  channel:finish() assert(channel:receive() == nil) return table.concat(log, ' ') end "

static const char plain[] = TASK BODY "return program()";
static const char at_wait[] = "require 'moonrock.time'.make_virtual{epoch = 0} " TASK
    "local sleep, k, waits, victim = task.sleep, tonumber((...)), 0 "
    "for _, name in ipairs{'sleep', 'yield'} do local stock = task[name] "
    "  task[name] = function(...) if task.current() == victim then waits = waits + 1 "
    "    if waits == k then victim:cancel() end end return stock(...) end end "
    BODY "victim = task.spawn(function() local r = program() return r end) "
    "local ok, e = pcall(victim.wait, victim) sleep(60) "
    "assert(ok or err.is(e, 'Cancelled'), tostring(e)) assert(open == 0, 'left open: ' .. open) "
    "return (ok and 'done ' or 'cancelled ') .. waits";

static void cancelled_at_each_wait_it_cleans_up(void **state) {
  (void)state;
  for (int k = 1; k < 100; k++) {
    char number[12];
    const char *argv[] = {number};
    mr_state *s = make_state(MR_CAP_CLOCK, 0, 0);
    mr_report r;
    snprintf(number, sizeof number, "%d", k);
    assert_int_equal(mr_spawn(s, "test", at_wait, sizeof at_wait - 1, 1, argv, NULL), MR_OK);
    mr_run(s);
    assert_int_equal(mr_reap(s, &r), 1);
    bool done = strncmp(r.text, "done", 4) == 0;
    if (r.status != MR_OK || (!done && strncmp(r.text, "cancelled", 9) != 0))
      fail_msg("cancelled at wait %d: %s", k, r.text);
    mr_destroy(s);
    if (done && k > 8)
      return;
  }
  fail_msg("the program never came to its end");
}

static void destroyed_after_each_step_it_leaks_nothing(void **state) {
  (void)state;
  for (int steps = 0; steps < 60; steps++) {
    mr_state *s = make_state(MR_CAP_CLOCK, 0, 0);
    const char *head = "require 'moonrock.time'.make_virtual{epoch = 0} ";
    char text[sizeof plain + 100];
    snprintf(text, sizeof text, "%s%s", head, plain);
    assert_int_equal(mr_spawn(s, "test", text, strlen(text), 0, NULL, NULL), MR_OK);
    mr_status status = MR_AGAIN;
    for (int i = 0; i < steps && status > 0; i++)
      status = mr_step(s, 0);
    mr_destroy(s);
    if (status == MR_OK)
      return;
  }
}

static void run_with(support_failing *f) {
  static const char head[] = "require 'moonrock.time'.make_virtual{epoch = 0} ";
  static char text[sizeof plain + sizeof head];
  mr_config config = MR_CONFIG_INIT;
  mr_state *s;
  mr_report r;
  snprintf(text, sizeof text, "%s%s", head, plain);
  config.alloc = support_failing_alloc;
  config.ud = f;
  config.caps = MR_CAP_ALL;
  if (mr_create(&config, &s) == MR_OK &&
      mr_spawn(s, "test", text, strlen(text), 0, NULL, NULL) == MR_OK)
    mr_run(s);
  while (s && mr_reap(s, &r))
    assert_non_null(r.text);
  mr_destroy(s);
}

static void each_allocation_may_fail(void **state) {
  (void)state;
  for (int for_good = 0; for_good < 2; for_good++) {
    support_failing whole = {0, 0, false};
    run_with(&whole);
    assert_true(whole.count > 1000);
    for (long n = 1; n <= whole.count; n += n < 600 ? 1 : 7) {
      support_failing f = {n, 0, for_good};
      run_with(&f);
    }
  }
}

static void preempted_all_the_time_it_gives_the_same(void **state) {
  (void)state;
  static const char busy[] =
      TASK "local function spin(n) local x = 0 for i = 1, n do x = x + i % 7 end return x end "
           "local total = 0 for i in coroutine.wrap(function() for i = 1, 20 do spin(2000) coroutine.yield(i) end end) do "
           "  local ok, v = pcall(function() local c <close> = setmetatable({}, {__close = function() spin(2000) end}) "
           "    return coroutine.wrap(function() return select(2, pcall(spin, 3000)) end)() end) total = total + v end "
           "local list = {} for i = 1, 200 do list[i] = (i * 7919) % 211 end "
           "table.sort(list, function(a, b) spin(5) return a < b end) "
           "for i = 2, #list do assert(list[i - 1] <= list[i]) end return total";
  static const int signals[] = {0, SIGURG};
  for (size_t i = 0; i < 2; i++) {
    mr_config config = MR_CONFIG_INIT;
    mr_state *s;
    mr_report r;
    config.preempt_signal = signals[i];
    assert_int_equal(mr_create(&config, &s), MR_OK);
    mr_spawn(s, "test", busy, sizeof busy - 1, 0, NULL, NULL);
    long steps = 0;
    while (mr_step(s, signals[i] ? 500 : 1) == MR_AGAIN)
      steps++;
    assert_int_equal(mr_reap(s, &r), 1);
    assert_string_equal(r.text, "179960");
    if (!signals[i] && steps <= 20)
      fail_msg("only %ld steps", steps);
    mr_destroy(s);
  }
}

typedef struct nuisance {
  mr_state *s;
  atomic_bool stop;
} nuisance;

static void *interrupt_at_random(void *ud) {
  nuisance *n = ud;
  unsigned seed = 7;
  while (!n->stop) {
    usleep((useconds_t)(rand_r(&seed) % 2000));
    mr_interrupt(n->s);
  }
  return NULL;
}

static void *one_state(void *ud) {
  (void)ud;
  for (int i = 0; i < 10; i++) {
    mr_config config = MR_CONFIG_INIT;
    mr_report r;
    nuisance n = {NULL, false};
    pthread_t other;
    config.caps = MR_CAP_CLOCK;
    config.preempt_signal = SIGURG;
    if (mr_create(&config, &n.s) != MR_OK)
      return "create";
    pthread_create(&other, NULL, interrupt_at_random, &n);
    for (int k = 0; k < 5; k++) {
      static const char script[] = TASK "while true do pcall(task.sleep, 0.0005) "
                                        "for i = 1, 1e5 do pcall(coroutine.wrap(function() return i end)) end end";
      mr_spawn(n.s, "test", script, sizeof script - 1, 0, NULL, NULL);
      mr_run(n.s);
      if (mr_reap(n.s, &r) != 1 || r.status != MR_ERR_CANCEL)
        ud = "a loop ended otherwise";
    }
    n.stop = true;
    pthread_join(other, NULL);
    mr_destroy(n.s);
  }
  return ud;
}

static void interrupts_come_from_other_threads(void **state) {
  (void)state;
  pthread_t threads[2];
  for (int i = 0; i < 2; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, one_state, NULL), 0);
  for (int i = 0; i < 2; i++) {
    void *fault = NULL;
    pthread_join(threads[i], &fault);
    if (fault)
      fail_msg("%s", (char *)fault);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cancelled_at_each_wait_it_cleans_up),
      cmocka_unit_test(destroyed_after_each_step_it_leaks_nothing),
      cmocka_unit_test(each_allocation_may_fail),
      cmocka_unit_test(preempted_all_the_time_it_gives_the_same),
      cmocka_unit_test(interrupts_come_from_other_threads),
  };
  return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
