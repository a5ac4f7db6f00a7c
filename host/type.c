/* SPDX-License-Identifier: MIT
 *
 * type.c -- a metatable gets its place in the registry last. */
#include "host/type.h"

#include <lauxlib.h>

bool mr_type_new(lua_State *L, const char *name) {
  if (luaL_getmetatable(L, name) != LUA_TNIL)
    return false;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  return true;
}

void mr_type_done(lua_State *L, const char *name) {
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, name);
}
