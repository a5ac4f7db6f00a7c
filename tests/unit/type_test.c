/* SPDX-License-Identifier: MIT
 *
 * type_test.c -- memory ends at each step of making a metatable: what is made afterwards is
 * whole, also where a module makes it when its first object is wanted. */
#include "host/type.h"

#include <lauxlib.h>

#include "tests/support/host_script.h"

static int nothing(lua_State *L) {
  MR_UNUSED(L);
  return 0;
}

static int make(lua_State *L) {
  static const luaL_Reg meta[] = {{"__gc", nothing}, {"__close", nothing}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"method", nothing}, {NULL, NULL}};
  if (mr_type_new(L, "thing")) {
    luaL_setfuncs(L, meta, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    mr_type_done(L, "thing");
  }
  return 1;
}

static void whole_or_not_there(void **state) {
  (void)state;
  int status = LUA_ERRMEM;
  long n = 0;
  while (status != LUA_OK) {
    support_failing f = {0, 0, true};
    lua_State *L = lua_newstate(support_failing_alloc, &f);
    f.fail_at = f.count + ++n;
    lua_pushcfunction(L, make);
    status = lua_pcall(L, 0, 1, 0);
    f.fail_at = 0;
    lua_settop(L, 0);
    if (status != LUA_OK)
      assert_int_equal(luaL_getmetatable(L, "thing"), LUA_TNIL);
    lua_settop(L, 0);
    make(L);
    assert_int_equal(lua_getfield(L, 1, "__close"), LUA_TFUNCTION);
    assert_int_equal(lua_getfield(L, 1, "__index"), LUA_TTABLE);
    lua_getfield(L, 1, "__name");
    assert_string_equal(lua_tostring(L, -1), "thing");
    make(L);
    assert_true(lua_rawequal(L, 1, -1));
    lua_close(L);
  }
  assert_true(n > 5);
}

static void of_secrets(void **state) {
  (void)state;
  static const char whole[] = "local m = debug.getmetatable(of 'x') "
                              "return m.__gc and m.__close and m.__secret and 'whole'";
  bool made = false;
  for (long n = 1; !made; n++) {
    support_failing f = {0, 0, false};
    mr_config config = MR_CONFIG_INIT;
    mr_state *s;
    mr_report r;
    config.alloc = support_failing_alloc;
    config.ud = &f;
    config.caps = MR_CAP_ALL;
    assert_int_equal(mr_create(&config, &s), MR_OK);
    assert_int_equal(run_script(s, "of, made = require 'moonrock.secret'.of, false", &r), MR_OK);
    f.fail_at = f.count + n;
    f.for_good = true;
    run_script(s, "made = pcall(of, 'x')", &r);
    f.fail_at = 0;
    assert_int_equal(run_script(s, whole, &r), MR_OK);
    assert_string_equal(r.text, "whole");
    made = run_script(s, "assert(made)", &r) == MR_OK;
    mr_destroy(s);
    assert_true(n < 1000);
  }
}

/* Memory ends while modules are opened; opened again they have the metatables that they have in
 * a state where all went well. */
static void of_modules(void **state) {
  (void)state;
  static const char open[] = "opened = pcall(function() "
                             "for name in ('http json jsonl_core model record sigv4'):gmatch '%S+' do "
                             "require('moonrock.' .. name) end end) return opened";
  static const char types[] =
      "local all = {} for name, meta in pairs(debug.getregistry()) do "
      "if type(name) == 'string' and type(meta) == 'table' and meta.__name == name then "
      "local fields = {} for field in pairs(meta) do fields[#fields + 1] = field end "
      "table.sort(fields) all[#all + 1] = name .. ': ' .. table.concat(fields, ' ') end end "
      "table.sort(all) return table.concat(all, ', ')";
  char *whole = NULL;
  bool opened = false;
  for (long n = 0; !opened; n++) { /* 0: all goes well */
    support_failing f = {0, 0, true};
    mr_config config = MR_CONFIG_INIT;
    mr_state *s;
    mr_report r;
    config.alloc = support_failing_alloc;
    config.ud = &f;
    config.caps = MR_CAP_ALL;
    assert_int_equal(mr_create(&config, &s), MR_OK);
    f.fail_at = n ? f.count + n : 0;
    run_script(s, open, &r);
    f.fail_at = 0;
    assert_int_equal(run_script(s, "return tostring(opened)", &r), MR_OK);
    opened = n > 0 && strcmp(r.text, "true") == 0;
    assert_int_equal(run_script(s, open, &r), MR_OK);
    assert_int_equal(run_script(s, types, &r), MR_OK);
    if (whole)
      assert_string_equal(r.text, whole);
    else
      whole = strdup(r.text);
    mr_destroy(s);
    assert_true(n < 5000);
  }
  free(whole);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_or_not_there),
      cmocka_unit_test(of_secrets),
      cmocka_unit_test(of_modules),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
