/* SPDX-License-Identifier: MIT
 *
 * isolate_test.c -- isolates, channels and virtual time, on tables of the test's own: the
 * host is linked without any binding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "host/module.h"

/* Compiled by another release of Lua, so that it is the source that runs. */
#define SCRIPT(name, text)                                                                        \
  {name, "scripts/" name ".lua", text, sizeof text - 1, "\033Lua of old", 11, "Lua 5.4.0"}

static const char echo[] =
    "local config = ...\n"
    "local task = require 'moonrock.task'\n"
    "if config.fail then error('no luck', 0) end\n"
    "return function(channel)\n"
    "  for message in channel.receive, channel do\n"
    "    if message == 'fail' then error('handler broke', 0) end\n"
    "    if message == 'slow' then task.sleep(3600) end\n"
    "    if message == 'count' then message = tostring(served or 0) end\n"
    "    served = (served or 0) + 1\n"
    "    channel:send(config.prefix, message)\n"
    "  end\n"
    "  channel:finish()\n"
    "end\n";

const mr_script_entry mr_script_table[] = {
    SCRIPT("echo", echo), {NULL, NULL, NULL, 0, NULL, 0, NULL}};
const mr_module_entry mr_module_table[] = {{NULL, NULL}};

#define HEAD                                                                                      \
  "local isolate = require 'moonrock.isolate' local task = require 'moonrock.task' "              \
  "local time = require 'moonrock.time' "

static void check(const char *script, const char *want) {
  mr_config config = MR_CONFIG_INIT;
  mr_state *s;
  mr_report r;
  config.caps = MR_CAP_CLOCK | MR_CAP_DEBUG; /* some set finalizers */
  assert_int_equal(mr_create(&config, &s), MR_OK);
  assert_int_equal(mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL), MR_OK);
  mr_run(s);
  assert_int_equal(mr_reap(s, &r), 1);
  if (strncmp(r.text, want, strlen(want)) != 0)
    fail_msg("script: %s\ntext: %s\nwanted: %s", script, r.text, want);
  mr_destroy(s);
}

static void bytes_cross_both_ways(void **state) {
  (void)state;
  check(HEAD "local c = isolate.new('echo', {prefix = '> '}):connect() c:send('a', 1, 'b') "
             "local first = c:receive() c:send('') local second = c:receive() c:finish() "
             "return first .. '|' .. second .. '|' .. tostring(c:receive())",
        "> a1b|> |nil");
  check(HEAD "local iso = isolate.new('echo', {prefix = ''}) local big = ('x'):rep(3 << 20) "
             "local c = iso:connect() local n = 0 "
             "local reader = task.spawn(function() for m in c.receive, c do n = n + #m end end) "
             "for i = 1, 8 do c:send(big) end c:finish() reader:wait() return n >> 20",
        "24");
}

static void failures_reach_the_other_side(void **state) {
  (void)state;
  check(HEAD "isolate.new('echo', {prefix = '', fail = true})", "IsolateFailed: no luck");
  check(HEAD "local c = isolate.new('echo', {prefix = ''}):connect() c:send('fail') c:receive()",
        "ChannelClosed: handler broke");
  check(HEAD "local c = isolate.new('echo', {prefix = ''}):connect() c:close() c:send('x')",
        "ChannelClosed: this end");
}

static void a_cancelled_call_completes_there(void **state) {
  (void)state;
  check(HEAD "time.make_virtual{epoch = 0} local iso = isolate.new('echo', {prefix = ''}) "
             "local t = task.spawn(function() local c <close> = iso:connect() c:send('slow') c:receive() end) "
             "task.sleep(1) t:cancel() pcall(t.wait, t) task.sleep(7200) "
             "local c = iso:connect() c:send('count') return c:receive()",
        "1");
}

static void virtual_time_takes_no_time_and_repeats(void **state) {
  (void)state;
  check(HEAD "time.make_virtual{epoch = 1e9, seed = 7} task.sleep(6 * 3600) return time.iso8601()",
        "2001-09-09T07:46:40Z");
  check(HEAD "time.make_virtual{epoch = 1e9, seed = 7} return os.date('%Y-%m-%d %H:%M:%S') .. "
             "os.time{year = 2026, month = 14, day = 1, hour = 0}",
        "2001-09-09 01:46:401801440000");
  const char *walk = HEAD "time.make_virtual{epoch = 0} local t = {z = 1, a = 2, [10] = 3, [2.5] = 4, [true] = 5} "
                          "local out = '' for k in pairs(t) do out = out .. tostring(k) .. ' ' end "
                          "for k in next, t do out = out .. tostring(k) .. ' ' end return out";
  check(walk, "2.5 10 a z true 2.5 10 a z true ");
  check(HEAD "time.make_virtual{epoch = 0} local a, b = {}, {} local n = tostring(b) "
             "return n .. string.format(' %s', a) .. ' ' .. tostring(b)",
        "table: 0x00000001 table: 0x00000002 table: 0x00000001");
  check(HEAD "time.make_virtual{epoch = 0} local t = {a = 1, b = 2, c = 3} local out = '' "
             "for k in pairs(t) do out = out .. k t.b = nil end return out",
        "ac");
}

static void many_may_wait_at_one_end(void **state) {
  (void)state;
  check(HEAD "local c = isolate.new('echo', {prefix = ''}):connect() local n, big = 0, ('x'):rep(3 << 20) "
             "local writers, readers = {}, {} "
             "for i = 1, 4 do writers[i] = task.spawn(function() for _ = 1, 3 do c:send(big) end end) end "
             "for i = 1, 3 do readers[i] = task.spawn(function() for m in c.receive, c do n = n + 1 end end) end "
             "for i = 1, 4 do writers[i]:wait() end c:finish() for i = 1, 3 do readers[i]:wait() end return n",
        "12");
  check(HEAD "local c = isolate.new('echo', {prefix = ''}):connect() "
             "local t = task.spawn(function() return pcall(c.receive, c) end) task.yield() c:close() "
             "return tostring(select(2, t:wait()))",
        "ChannelClosed: this end");
}

static void finalizers_may_use_the_channel(void **state) {
  (void)state;
  check(HEAD "local c = isolate.new('echo', {prefix = ''}):connect() local big = ('x'):rep(100000) "
             "for _ = 1, 20 do c:send(big) end task.sleep(0.01) local n = 0 collectgarbage('setpause', 1) "
             "local function litter() setmetatable({}, {__gc = function() pcall(c.receive, c) pcall(c.send, c, 1.5) litter() end}) end "
             "litter() for _ = 1, 5 do c:receive() n = n + 1 collectgarbage() end "
             "setmetatable({}, {__gc = function() c:close() end}) "
             "for _ = 1, 50 do if not pcall(c.receive, c) then break end local s = ('y'):rep(1e6) end return n",
        "5");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_cross_both_ways),
      cmocka_unit_test(failures_reach_the_other_side),
      cmocka_unit_test(many_may_wait_at_one_end),
      cmocka_unit_test(finalizers_may_use_the_channel),
      cmocka_unit_test(a_cancelled_call_completes_there),
      cmocka_unit_test(virtual_time_takes_no_time_and_repeats),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
