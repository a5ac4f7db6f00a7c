/* SPDX-License-Identifier: MIT
 *
 * sandbox.c -- the globals that a script finds.
 * Stock Lua, with our coroutine and protected calls, text chunks only, and everything that
 * touches the world asked for by capability.  Embedded scripts run in a private copy of
 * these globals, so that a script that changes one never changes ours. */
#include <lauxlib.h>
#include <lualib.h>

#include "host/error.h"
#include "host/realm.h"
#include "host/sched.h"

static const char private_key = 0;

/* ---- loading: text only ---- */

static int text_load(lua_State *L) {
  int n = lua_gettop(L);
  if (n < 3) {
    lua_settop(L, 3);
    n = 3;
  }
  lua_pushliteral(L, "t");
  lua_replace(L, 3);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, n, LUA_MULTRET);
  return lua_gettop(L);
}

int mr_load_file(lua_State *L, const char *path) {
  mr_context_require(L, MR_CAP_READ, path);
  return luaL_loadfilex(L, path, "t");
}

static int load_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  bool has_env = !lua_isnone(L, 3);
  lua_settop(L, 3); /* what is loaded must not stand in the place of env */
  if (mr_load_file(L, path) != LUA_OK) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  if (has_env) {
    lua_pushvalue(L, 3);
    if (!lua_setupvalue(L, -2, 1))
      lua_pop(L, 1);
  }
  return 1;
}

static int all_results(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  return lua_gettop(L) - 1;
}

static int do_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  if (mr_load_file(L, path) != LUA_OK)
    return lua_error(L);
  lua_callk(L, 0, LUA_MULTRET, 0, all_results);
  return all_results(L, LUA_OK, 0);
}

/* ---- io and os behind capabilities ---- */

/* Upvalues: the stock function, capability bits (0: told by the mode in argument 2), how
 * many arguments are names.  A number is a name too: the stock function takes it as text. */
static int guarded(lua_State *L) {
  unsigned caps = (unsigned)lua_tointeger(L, lua_upvalueindex(2));
  int names = (int)lua_tointeger(L, lua_upvalueindex(3));
  if (caps == 0) {
    const char *mode = luaL_optstring(L, 2, "r");
    caps = mode[0] == 'r' && !strchr(mode, '+') ? MR_CAP_READ : MR_CAP_READ | MR_CAP_WRITE;
  }
  for (int arg = 1; arg <= names || arg == 1; arg++) {
    if (lua_isuserdata(L, arg)) /* a file that is open already */
      continue;
    const char *what = arg <= names && lua_isstring(L, arg) ? lua_tostring(L, arg) : NULL;
    for (unsigned bit = 1; bit <= MR_CAP_DEBUG; bit <<= 1)
      if (caps & bit)
        mr_context_require(L, bit, what ? what : "a stream or temporary file");
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static void guard(lua_State *L, const char *name, unsigned caps, int names) { /* stack: library */
  lua_getfield(L, -1, name);
  lua_pushinteger(L, caps);
  lua_pushinteger(L, names);
  lua_pushcclosure(L, guarded, 3);
  lua_setfield(L, -2, name);
}

static int os_exit(lua_State *L) {
  mr_state *s = mr_context(L);
  int code = lua_isboolean(L, 1) ? !lua_toboolean(L, 1) : (int)luaL_optinteger(L, 1, 0);
  s->exiting = true;
  s->exit_code = code;
  mr_task_stop_all(s, STOP_EXIT, true);
  mr_task_check_stop(L);
  return luaL_error(L, "os.exit was called during the cleanup of a task");
}

static int print_to_log(lua_State *L) {
  mr_buf *b = mr_context_buffer(L);
  for (int i = 1, n = lua_gettop(L) - 1; i <= n; i++) {
    mr_buf_printf(b, "%s%s", i > 1 ? "\t" : "", luaL_tolstring(L, i, NULL));
    lua_pop(L, 1);
  }
  mr_log_event(mr_context_log(L), MR_INFO, "%s", mr_buf_text(b));
  return 0;
}

static int debug_traceback(lua_State *L) {
  lua_State *of = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
  int arg = of != L || lua_isthread(L, 1) ? 2 : 1;
  if (!lua_isnoneornil(L, arg) && !lua_isstring(L, arg)) {
    lua_pushvalue(L, arg);
    return 1;
  }
  luaL_traceback(L, of, lua_tostring(L, arg), (int)luaL_optinteger(L, arg + 1, of == L));
  return 1;
}

static void remove_field(lua_State *L, const char *name) { /* stack: library */
  lua_pushnil(L);
  lua_setfield(L, -2, name);
}

static void open_os(lua_State *L, unsigned caps) {
  static const struct {
    const char *name;
    unsigned cap;
  } kept[] = {{"difftime", 0},          {"clock", MR_CAP_CLOCK},   {"getenv", MR_CAP_ENV},
              {"remove", MR_CAP_WRITE}, {"rename", MR_CAP_WRITE},  {"tmpname", MR_CAP_WRITE},
              {"execute", MR_CAP_PROCESS}, {"time", MR_CAP_CLOCK}, {"date", MR_CAP_CLOCK}};
  luaL_requiref(L, LUA_OSLIBNAME, luaopen_os, 0);
  lua_newtable(L);
  for (size_t i = 0; i < MR_COUNT(kept); i++) {
    if (kept[i].cap && !(caps & kept[i].cap))
      continue;
    lua_getfield(L, -2, kept[i].name);
    lua_setfield(L, -2, kept[i].name);
  }
  if (caps & MR_CAP_ENV)
    guard(L, "getenv", MR_CAP_ENV, 1);
  if (caps & MR_CAP_WRITE) {
    guard(L, "remove", MR_CAP_WRITE, 1);
    guard(L, "rename", MR_CAP_WRITE, 2);
    guard(L, "tmpname", MR_CAP_WRITE, 0);
  }
  if (caps & MR_CAP_PROCESS)
    guard(L, "execute", MR_CAP_PROCESS, 1);
  lua_pushcfunction(L, os_exit);
  lua_setfield(L, -2, "exit");
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, LUA_OSLIBNAME);
  lua_pop(L, 1);
  lua_setglobal(L, LUA_OSLIBNAME);
  lua_pop(L, 1);
}

static void open_io(lua_State *L, unsigned caps) {
  if (!(caps & (MR_CAP_READ | MR_CAP_WRITE)))
    return;
  luaL_requiref(L, LUA_IOLIBNAME, luaopen_io, 1);
  guard(L, "open", 0, 1);
  guard(L, "lines", MR_CAP_READ, 1);
  guard(L, "input", MR_CAP_READ, 1);
  guard(L, "output", MR_CAP_WRITE, 1);
  guard(L, "tmpfile", MR_CAP_WRITE, 0);
  guard(L, "popen", MR_CAP_PROCESS, 1);
  static const char *const readers[] = {"read", "stdin"};
  static const char *const writers[] = {"write", "stdout", "stderr"};
  for (size_t i = 0; i < MR_COUNT(readers) && !(caps & MR_CAP_READ); i++)
    remove_field(L, readers[i]);
  for (size_t i = 0; i < MR_COUNT(writers) && !(caps & MR_CAP_WRITE); i++)
    remove_field(L, writers[i]);
  lua_pop(L, 1);
}

/* Machine code can do anything, so only full trust may load it; searchpath tells which files
 * there are.  Our require needs none of the four. */
static void trim_package(lua_State *L, unsigned caps) {
  static const char *const fields[] = {"loadlib", "searchers", "searchpath", "cpath"};
  lua_getglobal(L, LUA_LOADLIBNAME);
  for (size_t i = 0; i < MR_COUNT(fields) && caps != MR_CAP_ALL; i++)
    remove_field(L, fields[i]);
  lua_pop(L, 1);
}

/* No hook runs inside a finalizer, so one that loops could not be stopped: where limits are
 * to hold, a script has none.  The upvalue is the stock function. */
static int plain_setmetatable(lua_State *L) {
  if (lua_type(L, 2) == LUA_TTABLE) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL)
      return luaL_argerror(L, 2, "a finalizer (__gc) needs the capability 'debug': use __close");
    lua_pop(L, 1);
  }
  int n = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, n, 1);
  return 1;
}

/* ---- all together ---- */

static void set_loaded(lua_State *L, const char *name) { /* stack: module */
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

/* ("x"):upper() finds its function in the private string library first, then in the script's:
 * what a script adds to `string` is a method, what it changes there never reaches ours. */
static void seal_strings(lua_State *L) { /* stack: private globals */
  lua_getfield(L, -1, LUA_STRLIBNAME);
  lua_createtable(L, 0, 1);
  lua_getglobal(L, LUA_STRLIBNAME);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 3);
}

/* Copies the globals, and one level of the libraries, for embedded scripts. */
void mr_sandbox_seal(lua_State *L) {
  lua_newtable(L);
  lua_pushglobaltable(L);
  lua_pushnil(L);
  while (lua_next(L, -2)) { /* stack: copy, globals, key, value */
    lua_pushvalue(L, -2);
    if (lua_istable(L, -2) && !lua_rawequal(L, -2, -4)) {
      lua_newtable(L);
      lua_pushnil(L);
      while (lua_next(L, -4)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
      }
    } else {
      lua_pushvalue(L, -2);
    }
    lua_rawset(L, -6);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "_G");
  seal_strings(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &private_key);
}

void mr_sandbox_private(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &private_key);
}

void mr_sandbox_open(lua_State *L, mr_realm *realm) {
  unsigned caps = realm->state->config.caps;
  static const luaL_Reg libraries[] = {{LUA_GNAME, luaopen_base},
                                       {LUA_TABLIBNAME, luaopen_table},
                                       {LUA_STRLIBNAME, luaopen_string},
                                       {LUA_MATHLIBNAME, luaopen_math},
                                       {LUA_UTF8LIBNAME, luaopen_utf8},
                                       {LUA_LOADLIBNAME, luaopen_package},
                                       {NULL, NULL}};
  for (const luaL_Reg *lib = libraries; lib->name; lib++) {
    luaL_requiref(L, lib->name, lib->func, 1);
    lua_pop(L, 1);
  }
  luaopen_moonrock_error(L);
  lua_pushcfunction(L, mr_try_face);
  lua_setfield(L, -2, "try");
  set_loaded(L, "moonrock.error");
  lua_pop(L, 1);
  open_os(L, caps);
  open_io(L, caps);
  luaopen_moonrock_coroutine(L);
  set_loaded(L, LUA_COLIBNAME);
  lua_setglobal(L, LUA_COLIBNAME);
  if (caps & MR_CAP_DEBUG) {
    luaL_requiref(L, LUA_DBLIBNAME, luaopen_debug, 1);
  } else {
    lua_newtable(L);
    lua_pushcfunction(L, debug_traceback);
    lua_setfield(L, -2, "traceback");
    set_loaded(L, LUA_DBLIBNAME);
    lua_pushvalue(L, -1);
    lua_setglobal(L, LUA_DBLIBNAME);
  }
  lua_pop(L, 1);

  static const luaL_Reg ours[] = {{"pcall", mr_pcall_face},
                                  {"xpcall", mr_xpcall_face},
                                  {"loadfile", load_file},
                                  {"dofile", do_file},
                                  {NULL, NULL}};
  lua_pushglobaltable(L);
  luaL_setfuncs(L, ours, 0);
  lua_getfield(L, -1, "load");
  lua_pushcclosure(L, text_load, 1);
  lua_setfield(L, -2, "load");
  if (!(caps & MR_CAP_WRITE)) {
    lua_pushcfunction(L, print_to_log);
    lua_setfield(L, -2, "print");
  }
  lua_pop(L, 1);
  lua_getglobal(L, LUA_STRLIBNAME);
  remove_field(L, "dump"); /* nothing here loads what it makes */
  lua_pop(L, 1);
  trim_package(L, caps);
  if (!(caps & MR_CAP_DEBUG)) {
    lua_getglobal(L, "setmetatable");
    lua_pushcclosure(L, plain_setmetatable, 1);
    lua_setglobal(L, "setmetatable");
  }
}
