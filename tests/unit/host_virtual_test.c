/* SPDX-License-Identifier: MIT
 *
 * host_virtual_test.c -- pairs, next, format, os.time and os.date under virtual time. */
#include "tests/support/host_script.h"

#define VIRTUAL "require 'moonrock.time'.make_virtual{epoch = 0} "

static void format_tells_pointers_from_percents(void **state) {
  (void)state;
  check_script(VIRTUAL "return ('%d%%p'):format(5)", MR_OK, "5%p");
  check_script(VIRTUAL "return tostring(pcall(string.format, '%-5p', {})) .. tostring(pcall(string.format, '%'))",
               MR_OK, "falsefalse");
}

static void os_time_takes_anything(void **state) {
  (void)state;
  check_script(VIRTUAL "local t = {year = 2026, month = 14, day = -3, hour = 30} local s = os.time(t) "
               "return s .. ' ' .. t.year .. '-' .. t.month .. '-' .. t.day .. ' ' .. t.hour .. ' ' .. t.yday",
               MR_OK, "1801202400 2027-1-29 6 29");
  check_script(VIRTUAL "local big, small = 2147483647, -2147483648 local n = 0 "
               "for _, y in ipairs{big, small} do for _, m in ipairs{big, small} do for _, x in ipairs{big, small} do "
               "if pcall(os.time, {year = y, month = m, day = x, hour = x, min = x, sec = x}) then n = n + 1 end "
               "end end end return n", MR_OK, "8");
  check_script(VIRTUAL "return select(2, pcall(os.time, {year = 1 << 40, month = 1, day = 1}))", MR_OK,
               "field 'year' is out-of-bound");
  check_script(VIRTUAL "return select(2, pcall(os.time, {year = 2026, month = 1}))", MR_OK, "field 'day' missing");
}

static void os_date_refuses_what_it_cannot(void **state) {
  (void)state;
  check_script(VIRTUAL "local n = 0 for c = 0, 255 do for _, f in ipairs{'%%%c', '%%E%c', '%%O%c', '!*%c', '%%%c%%'} do "
               "if not pcall(os.date, string.format(f, c), 1e9 // 1 | 0) then n = n + 1 end end end return n > 0", MR_OK,
               "true");
  check_script(VIRTUAL "return tostring(pcall(os.date, '*t', math.huge)) .. tostring(pcall(os.date, '%c', 0/0)) .. os.date('!*t').year",
               MR_OK, "falsefalse1970");
}

static void pairs_walks_odd_keys(void **state) {
  (void)state;
  check_script(VIRTUAL "local t = {[-0.0] = 'z', [2^53] = 'a', [(1 << 53) + 1] = 'b', [2^63] = 'd', [math.maxinteger] = 'c', "
               "[math.mininteger] = 'y', [-math.huge] = 'x', [true] = 'f', [false] = 'e'} "
               "local out = '' for _, v in pairs(t) do out = out .. v end for _, v in next, t do out = out .. v end return out",
               MR_OK, "xyzabdcefxyzabdcef");
  check_script(VIRTUAL "local t = {a = 1, b = 2} local f, s = pairs(t) return f(s) .. f(s) .. f(s, 'a')", MR_OK, "aab");
  check_script(VIRTUAL "local t = {} for i = 1, 100 do t['k' .. i] = i end local n = 0 "
               "for k, v in pairs(t) do t[k] = v + 1 n = n + 1 if n % 2 == 0 then t[k] = nil end end return n", MR_OK, "100");
}

static void finalizers_may_change_what_is_walked(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_ALL, 0, 0);
  expect_script(s, VIRTUAL "local t = {} for i = 1, 2000 do t[('key %d '):rep(20):format(i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i)] = i end "
                "collectgarbage('setpause', 1) local n = 0 "
                "local function litter() setmetatable({}, {__gc = function() local k = next(t) if k then t[k] = nil end litter() end}) end litter() "
                "for k in pairs(t) do n = n + #k * 0 + 1 local _ = k .. 'x' end return n > 0", MR_OK, "true");
  mr_destroy(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(format_tells_pointers_from_percents), cmocka_unit_test(os_time_takes_anything),
      cmocka_unit_test(os_date_refuses_what_it_cannot),      cmocka_unit_test(pairs_walks_odd_keys),
      cmocka_unit_test(finalizers_may_change_what_is_walked),
  };
  return cmocka_run_group_tests_name("virtual", tests, NULL, NULL);
}
