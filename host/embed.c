/* SPDX-License-Identifier: MIT
 *
 * embed.c -- a tool of the build: runs embed.lua with the very Lua that the program gets,
 * since compiled chunks are right for that release only.  The script sees the release's name,
 * then the arguments. */
#include <lauxlib.h>
#include <lualib.h>

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  int status = 1;
  if (argc < 2 || !L)
    goto done;
  luaL_openlibs(L);
  if (luaL_loadfilex(L, argv[1], "t") == LUA_OK) {
    lua_pushstring(L, lua_ident);
    for (int i = 2; i < argc; i++) {
      luaL_checkstack(L, 1, NULL);
      lua_pushstring(L, argv[i]);
    }
    status = lua_pcall(L, argc - 1, 0, 0) != LUA_OK;
  }
  if (status)
    lua_writestringerror("embed: %s\n", lua_tostring(L, -1));
done:
  if (L)
    lua_close(L);
  return status;
}
