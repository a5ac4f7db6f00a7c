/* SPDX-License-Identifier: MIT
 *
 * secret_lua.c -- moonrock.secret: values that Lua can hold and pass on but not read.
 * There is no getter on purpose: only C opens a secret, to sign or to send.  A string that a
 * script made a secret of stays in Lua's memory as long as Lua likes; secret.env never makes
 * one. */
#include "bindings/secret_lua.h"

#include <lauxlib.h>

#include "host/context.h"
#include "host/error.h"
#include "host/sys.h"
#include "host/type.h"

#define SECRET_TYPE "moonrock.secret"

static int secret_gc(lua_State *L) {
  mr_secret_clear(luaL_checkudata(L, 1, SECRET_TYPE));
  return 0;
}

/* A finalizer may close a secret in the middle of a signature: its memory has to stay. */
static int secret_close(lua_State *L) {
  mr_secret_wipe(luaL_checkudata(L, 1, SECRET_TYPE));
  return 0;
}

static int secret_tostring(lua_State *L) {
  luaL_checkudata(L, 1, SECRET_TYPE);
  lua_pushliteral(L, "[secret]");
  return 1;
}

static int secret_eq(lua_State *L) {
  const mr_secret *a = mr_secret_test(L, 1), *b = mr_secret_test(L, 2);
  lua_pushboolean(L, a && b && mr_secret_equal(mr_secret_view(a), mr_secret_view(b)));
  return 1;
}

static int secret_concat(lua_State *L) {
  mr_error_raise(L, "Misuse", "a secret cannot be joined with other text; pass it on as it is");
}

static const luaL_Reg secret_meta[] = {
    {"__gc", secret_gc}, {"__close", secret_close},   {"__tostring", secret_tostring},
    {"__eq", secret_eq}, {"__concat", secret_concat}, {NULL, NULL}};

mr_secret *mr_secret_push(lua_State *L) {
  mr_secret *s = lua_newuserdatauv(L, sizeof *s, 0);
  mr_secret_init(s, mr_context_alloc(L));
  if (mr_type_new(L, SECRET_TYPE)) {
    luaL_setfuncs(L, secret_meta, 0);
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "__secret");
    lua_pushliteral(L, "secret");
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "secret");
    lua_setfield(L, -2, "__name");
    mr_type_done(L, SECRET_TYPE);
  }
  lua_setmetatable(L, -2);
  return s;
}

mr_secret *mr_secret_test(lua_State *L, int idx) {
  return luaL_testudata(L, idx, SECRET_TYPE);
}

bool mr_secret_text(lua_State *L, int idx, mr_slice *out) {
  if (lua_type(L, idx) == LUA_TSTRING) {
    out->ptr = lua_tolstring(L, idx, &out->len);
    return true;
  }
  const mr_secret *s = mr_secret_test(L, idx);
  if (s)
    *out = mr_secret_view(s);
  return s != NULL;
}

static int push_copy(lua_State *L, const char *bytes, size_t n) {
  mr_secret *s = mr_secret_push(L); /* stack: ..., secret */
  if (mr_secret_set(s, bytes, n) < 0)
    mr_error_memory(L);
  return 1;
}

static int secret_of(lua_State *L) {
  if (mr_secret_test(L, 1)) {
    lua_settop(L, 1);
    return 1;
  }
  luaL_checktype(L, 1, LUA_TSTRING);
  size_t n;
  const char *bytes = lua_tolstring(L, 1, &n);
  return push_copy(L, bytes, n);
}

static int secret_env(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  mr_context_require(L, MR_CAP_ENV, name);
  const char *value = mr_sys_getenv(name);
  if (!value) {
    lua_pushnil(L);
    return 1;
  }
  return push_copy(L, value, strlen(value));
}

static int secret_is(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, mr_secret_test(L, 1) != NULL);
  return 1;
}

static const luaL_Reg secret_functions[] = {
    {"of", secret_of}, {"env", secret_env}, {"is", secret_is}, {NULL, NULL}};

int luaopen_moonrock_secret(lua_State *L) {
  luaL_newlib(L, secret_functions);
  return 1;
}
