/* SPDX-License-Identifier: MIT
 *
 * system.c -- the module moonrock.system: what a script may know of the program that runs
 * it, and the limits that it may set for itself. */
#include <lauxlib.h>
#include <math.h>

#include "host/error.h"
#include "host/realm.h"
#include "host/sched.h"
#include "host/sys.h"

/* getenv(name) -> string or nil */
static int system_getenv(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  mr_context_require(L, MR_CAP_ENV, name);
  lua_pushstring(L, mr_sys_getenv(name));
  return 1;
}

static int check_stream(lua_State *L) {
  static const char *const names[] = {"stdin", "stdout", "stderr", NULL};
  return luaL_checkoption(L, 1, "stdout", names);
}

static int system_is_terminal(lua_State *L) {
  lua_pushboolean(L, mr_sys_is_terminal(check_stream(L)));
  return 1;
}

/* width(stream) -> columns, 80 where there is no terminal */
static int system_width(lua_State *L) {
  int columns = mr_sys_width(check_stream(L));
  lua_pushinteger(L, columns > 0 ? columns : 80);
  return 1;
}

static int system_pid(lua_State *L) {
  lua_pushinteger(L, mr_sys_pid());
  return 1;
}

/* memory() -> bytes counted now, the most ever, the cap (0: none) */
static int system_memory(lua_State *L) {
  const mr_alloc *a = mr_context_alloc(L);
  lua_pushinteger(L, (lua_Integer)a->used);
  lua_pushinteger(L, (lua_Integer)a->peak);
  lua_pushinteger(L, (lua_Integer)a->max);
  return 3;
}

static int system_version(lua_State *L) {
  lua_createtable(L, 0, 2);
  lua_pushliteral(L, MR_VERSION_TEXT);
  lua_setfield(L, -2, "moonrock");
  lua_pushliteral(L, LUA_RELEASE);
  lua_setfield(L, -2, "lua");
  return 1;
}

/* limit{cpu = seconds, memory = bytes}: caps for the running task and those it starts
 * later, and for the whole state's memory.  A cap can be lowered, never raised. */
static int system_limit(lua_State *L) {
  mr_state *s = mr_context(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  if (lua_getfield(L, 1, "cpu") != LUA_TNIL) {
    lua_Number seconds = luaL_checknumber(L, -1);
    luaL_argcheck(L, seconds > 0 && seconds < 1e9, 1, "field 'cpu' is no number of seconds");
    int64_t us = (int64_t)ceil(seconds * 1e6); /* never 0, which would be no cap */
    if (s->config.max_cpu_us == 0 || us < s->config.max_cpu_us)
      s->config.max_cpu_us = us;
    mr_task_record *t = s->current;
    if (t && t->cpu_cap == 0) {
      s->slice_cpu = mr_clock_cpu();
      t->cpu_used = 0;
    }
    if (t)
      t->cpu_cap = s->config.max_cpu_us * 1000;
    mr_limit_refresh(s);
    mr_limit_arm(s, L);
  }
  if (lua_getfield(L, 1, "memory") != LUA_TNIL) {
    lua_Integer bytes = luaL_checkinteger(L, -1);
    luaL_argcheck(L, bytes > 0, 1, "field 'memory' is no number of bytes");
    if (s->alloc.max == 0 || (size_t)bytes < s->alloc.max)
      s->alloc.max = (size_t)bytes;
  }
  return 0;
}

/* log(level, text): "debug", "info", "warn" or "error"; one line to the host's hook. */
static int system_log(lua_State *L) {
  static const char *const names[] = {"debug", "info", "warn", "error", NULL};
  int level = luaL_checkoption(L, 1, NULL, names);
  mr_log_event(mr_context_log(L), (mr_level)level, "%s", luaL_checkstring(L, 2));
  return 0;
}

static int interrupted(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_wait_resumed(L);
  return 0;
}

/* wait_interrupt(): until Ctrl-C, SIGTERM or mr_interrupt; that one then stops no task. */
static int system_wait_interrupt(lua_State *L) {
  mr_context(L)->interrupt_at_prompt = false;
  mr_context(L)->interrupt_waiter = mr_wait_prepare(L);
  return mr_wait_park(L, 0, interrupted);
}

/* interrupt_only(task): from now on Ctrl-C stops this task, or nothing once it has ended (but for
 * one, not the caller, that runs on and lets no other run); nil: all tasks, as ever; SIGTERM stops
 * all tasks always */
static int system_interrupt_only(lua_State *L) {
  const mr_task_record *t = lua_isnoneornil(L, 1) ? NULL : luaL_checkudata(L, 1, MR_TASK_TYPE);
  mr_state *s = mr_context(L);
  s->interrupt_task = t ? t->id : 0;
  s->interrupt_owner = s->current ? s->current->id : 0;
  return 0;
}

/* sources() -> the names of all embedded scripts, sorted */
static int system_sources(lua_State *L) {
  mr_require_names(L);
  return 1;
}

/* source(module) -> the text of an embedded script, or nil */
static int system_source(lua_State *L) {
  mr_require_source(L, luaL_checkstring(L, 1));
  return 1;
}

/* processors() -> threads that can compute at the same time, at most 8 */
static int system_processors(lua_State *L) {
  lua_pushinteger(L, mr_pool_threads(mr_context(L)->pool));
  return 1;
}

int luaopen_moonrock_system(lua_State *L) {
  static const luaL_Reg functions[] = {{"getenv", system_getenv},
                                       {"is_terminal", system_is_terminal},
                                       {"width", system_width},
                                       {"pid", system_pid},
                                       {"memory", system_memory},
                                       {"processors", system_processors},
                                       {"version", system_version},
                                       {"limit", system_limit},
                                       {"log", system_log},
                                       {"source", system_source},
                                       {"sources", system_sources},
                                       {"wait_interrupt", system_wait_interrupt},
                                       {"interrupt_only", system_interrupt_only},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
