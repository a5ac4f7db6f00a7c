/* SPDX-License-Identifier: MIT
 *
 * lock.c -- moonrock.fs.lock: a folder or file that one process has for itself.
 * The system gives it back when the process ends, so a kill leaves no stale lock behind. */
#include "host/lock.h"

#include <errno.h>
#include <lauxlib.h>

#include "host/context.h"
#include "host/error.h"
#include "host/sink.h"
#include "host/sys.h"
#include "host/type.h"

#define LOCK_TYPE "moonrock.fs.lock"

static int lock_release(lua_State *L) {
  int *fd = luaL_checkudata(L, 1, LOCK_TYPE);
  mr_sys_close(*fd);
  *fd = -1;
  return 0;
}

static int lock_tostring(lua_State *L) {
  const int *fd = luaL_checkudata(L, 1, LOCK_TYPE);
  lua_pushfstring(L, "lock (%s)", *fd >= 0 ? "held" : "released");
  return 1;
}

int mr_lock_open(lua_State *L) {
  static const luaL_Reg meta[] = {{"__gc", lock_release},
                                  {"__close", lock_release},
                                  {"__tostring", lock_tostring},
                                  {NULL, NULL}};
  static const luaL_Reg methods[] = {{"release", lock_release}, {NULL, NULL}};
  const char *path = mr_check_path(L, 1);
  mr_context_require(L, MR_CAP_WRITE, path);
  int *fd = lua_newuserdatauv(L, sizeof *fd, 0);
  *fd = -1;
  if (mr_type_new(L, LOCK_TYPE)) {
    luaL_setfuncs(L, meta, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    mr_type_done(L, LOCK_TYPE);
  }
  lua_setmetatable(L, -2);
  int error = mr_sys_lock(path, fd);
  if (error == 0)
    return 1;
  if (error != EWOULDBLOCK)
    return mr_error_system(L, error, path);
  lua_pushnil(L);
  mr_error_push(L, "Locked", "%s is in use by another process", path);
  return 2;
}
