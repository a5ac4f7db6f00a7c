/* SPDX-License-Identifier: MIT
 *
 * host_sandbox_test.c -- what a script without trust tries, and what the hook is asked. */
#include "tests/support/host_script.h"

static void machine_code_needs_full_trust(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_READ | MR_CAP_WRITE | MR_CAP_CLOCK, 0, 0);
  expect_script(s, "return tostring(package.loadlib) .. tostring(package.searchers) .. "
                   "tostring(package.searchpath) .. type(package.loaded)", MR_OK, "nilnilniltable");
  mr_destroy(s);
}

static void a_number_is_a_file_name(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_READ, 0, 0);
  expect_script(s, "io.open(123, 'w')", MR_ERR_DENIED, "Denied: '123' needs the capability 'write'");
  expect_script(s, "return tostring(io.write) .. tostring(io.stdout) .. tostring(io.stderr)", MR_OK, "nilnilnil");
  expect_script(s, "io.output()", MR_ERR_DENIED, "Denied");
  expect_script(s, "return io.type(io.input())", MR_OK, "file");
  mr_destroy(s);
}

typedef struct asked {
  char text[256];
} asked;

static int remember(void *ud, unsigned cap, const char *what) {
  asked *a = ud;
  (void)cap;
  size_t n = strlen(a->text);
  if (n + strlen(what) + 2 < sizeof a->text) {
    strcpy(a->text + n, what);
    strcat(a->text, ";");
  }
  return strncmp(what, "/no", 3) != 0;
}

static void the_hook_is_asked_for_each_name(void **state) {
  (void)state;
  asked a = {""};
  mr_config config = MR_CONFIG_INIT;
  mr_state *s;
  config.caps = MR_CAP_WRITE | MR_CAP_READ;
  config.authorize = remember;
  config.ud = &a;
  assert_int_equal(mr_create(&config, &s), MR_OK);
  expect_script(s, "os.rename('/nowhere/a', 'b')", MR_ERR_DENIED, "Denied: the host refused");
  expect_script(s, "os.rename('a/none/such', '/nowhere/b')", MR_ERR_DENIED, "Denied: the host refused");
  expect_script(s, "os.remove('/nowhere/c')", MR_ERR_DENIED, "Denied: the host refused");
  assert_string_equal(a.text, "/nowhere/a;a/none/such;/nowhere/b;/nowhere/c;");
  mr_destroy(s);
}

static void a_tiny_limit_is_no_way_out_of_a_limit(void **state) {
  (void)state;
  mr_state *s = make_state(0, 20000, 0);
  expect_script(s, "require 'moonrock.system'.limit{cpu = 1e-9} while true do end", MR_ERR_LIMIT, "LimitReached");
  expect_script(s, "while true do end", MR_ERR_LIMIT, "LimitReached");
  mr_destroy(s);
}

static void finalizers_need_trust(void **state) {
  (void)state;
  mr_state *s = make_state(0, 20000, 0);
  expect_script(s, "setmetatable({}, {__gc = function() while true do end end}) collectgarbage()", MR_ERR_RUN,
                "test:1: bad argument #2 to 'setmetatable' (a finalizer (__gc) needs");
  expect_script(s, "return getmetatable(setmetatable({}, {__name = 'x'})).__name", MR_OK, "x");
  expect_script(s, "return setmetatable({}, nil) and 'ok'", MR_OK, "ok");
  mr_destroy(s);
}

static void changes_to_string_stay_with_the_script(void **state) {
  (void)state;
  check_script("function string.trim(s) return s:match('^%s*(.-)%s*$') end return ('  x '):trim()", MR_OK, "x");
  check_script("string.format = nil string.upper = function() return 'patched' end "
               "return ('%d'):format(7) .. ('a'):upper()", MR_OK, "7A");
  check_script("require 'moonrock.time'.make_virtual{epoch = 0} function string.twice(s) return s .. s end "
               "return ('x'):twice() .. ('%s'):format({})", MR_OK, "xxtable: 0x00000001");
  check_script("require 'moonrock.time'.make_virtual{epoch = 0} local named = setmetatable({}, {__name = 'N'}) "
               "print(named, 1) return ('%s %d'):format(named, 1) .. tostring(named)", MR_OK,
               "N: 0x00000001 1N: 0x00000001");
  check_script("return tostring(pcall(function() return ('x'):nosuch() end))", MR_OK, "false");
}

static void shared_metatables_are_closed(void **state) {
  (void)state;
  check_script("local e = require 'moonrock.error'.new{code = 'A', message = 'b'} "
               "return tostring(getmetatable(e)) .. tostring(pcall(setmetatable, e, {})) .. tostring(e)", MR_OK,
               "falsefalse");
}

static void an_error_of_nil_is_an_error(void **state) {
  (void)state;
  check_script("error()", MR_ERR_RUN, "nil");
  check_script("error('not enough memory', 0)", MR_ERR_MEMORY, "not enough memory");
}

static void a_module_may_wait_while_others_require_it(void **state) {
  (void)state;
  check_script(TASK "local runs = 0 package.preload.slow = function() runs = runs + 1 task.sleep(0.01) return {runs} end "
               "local a, b = task.spawn(require, 'slow'), task.spawn(require, 'slow') "
               "return tostring(rawequal((a:wait()), (b:wait()))) .. runs", MR_OK, "true1");
  check_script(TASK "local runs = 0 package.preload.slow = function() runs = runs + 1 task.sleep(0.01) error('no ' .. runs, 0) end "
               "local a, b = task.spawn(require, 'slow'), task.spawn(require, 'slow') "
               "return select(2, pcall(a.wait, a)) .. select(2, pcall(b.wait, b))", MR_OK, "no 1no 2");
  check_script("package.preload.round = function() return require 'round' end return select(2, pcall(require, 'round'))",
               MR_OK, "test:1: module 'round' requires itself");
  check_script("package.preload.none = function() end return tostring(require 'none') .. tostring(package.loaded.none)",
               MR_OK, "truetrue");
}

static void names_of_modules_stay_inside(void **state) {
  (void)state;
  mr_config config = MR_CONFIG_INIT;
  mr_state *s;
  config.caps = MR_CAP_READ;
  config.script_dir = "tests/data/seeds";
  assert_int_equal(mr_create(&config, &s), MR_OK);
  expect_script(s, "local n = 0 for _, name in ipairs{'../x', '..', '/etc/passwd', 'a/../../b', 'x\\0y', '?', ';', '', ('a'):rep(5000)} do "
                   "if not pcall(require, name) then n = n + 1 end end return n", MR_OK, "9");
  mr_destroy(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(machine_code_needs_full_trust),
      cmocka_unit_test(a_number_is_a_file_name),
      cmocka_unit_test(the_hook_is_asked_for_each_name),
      cmocka_unit_test(a_tiny_limit_is_no_way_out_of_a_limit),
      cmocka_unit_test(finalizers_need_trust),
      cmocka_unit_test(changes_to_string_stay_with_the_script),
      cmocka_unit_test(shared_metatables_are_closed),
      cmocka_unit_test(a_module_may_wait_while_others_require_it),
      cmocka_unit_test(names_of_modules_stay_inside),
      cmocka_unit_test(an_error_of_nil_is_an_error),
  };
  return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
