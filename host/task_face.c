/* SPDX-License-Identifier: MIT
 *
 * task_face.c -- what Lua sees of tasks: the module moonrock.task.
 * Only the pieces that need the scheduler are here; map, scope, timeout and the like are
 * built from them in scripts/moonrock/tasks.lua. */
#include <lauxlib.h>
#include <math.h>

#include "host/error.h"
#include "host/realm.h"
#include "host/sched.h"
#include "host/type.h"

static mr_task_record *check_task(lua_State *L) {
  return luaL_checkudata(L, 1, MR_TASK_TYPE);
}

/* spawn(f, ...) -> task: f runs when the caller next waits. */
static int task_spawn(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  mr_task_spawn(L, lua_gettop(L) - 1);
  return 1;
}

static void wake_sleeper(mr_timer *timer) {
  mr_task_record *t = (mr_task_record *)(void *)((char *)timer - offsetof(mr_task_record, timer));
  mr_wait_wake((mr_waiter){t->realm->state, t->id, t->ticket});
}

static int resumed(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_wait_resumed(L);
  return 0;
}

/* sleep(seconds): on the host's clock, so under virtual time it takes no time. */
static int task_sleep(lua_State *L) {
  lua_Number seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds == seconds, 1, "not a number of seconds");
  mr_state *s = mr_context(L);
  mr_wait_prepare(L);
  int64_t now = mr_clock_now(&s->clock);
  double ns = fmax(0, seconds * (double)MR_SECOND);
  int64_t due = ns < 9e18 - (double)now ? now + (int64_t)ns : INT64_MAX - 1;
  if (mr_timer_start(s->loop, &s->current->timer, due, wake_sleeper) < 0)
    mr_error_memory(L);
  return mr_wait_park(L, 0, resumed);
}

/* yield(): lets the other ready tasks run first. */
static int task_yield(lua_State *L) {
  mr_waiter w = mr_wait_prepare(L);
  mr_wait_wake(w);
  return mr_wait_park(L, 0, resumed);
}

static int task_current(lua_State *L) {
  mr_state *s = mr_context(L);
  if (s->current)
    lua_rawgetp(L, LUA_REGISTRYINDEX, s->current);
  else
    lua_pushnil(L);
  return 1;
}

/* task:cancel(): its wait raises; it closes what it opened.  A no-op once it has ended. */
static int task_cancel(lua_State *L) {
  mr_task_stop(check_task(L), STOP_CANCEL);
  return 0;
}

static int task_status(lua_State *L) {
  const mr_task_record *t = check_task(L);
  const char *text = "waiting";
  if (t->outcome.done)
    text = t->stop_raised ? "cancelled" : t->outcome.failed ? "failed" : "done";
  else if (t->phase == TASK_READY)
    text = "ready";
  else if (t->phase == TASK_RUNNING)
    text = "running";
  lua_pushstring(L, text);
  return 1;
}

static int task_done(lua_State *L) {
  lua_pushboolean(L, check_task(L)->outcome.done);
  return 1;
}

/* The traceback of a task that failed, with the user's own lines; nil otherwise. */
static int task_traceback(lua_State *L) {
  check_task(L);
  lua_getiuservalue(L, 1, 3);
  return 1;
}

static int task_tostring(lua_State *L) {
  mr_task_record *t = check_task(L);
  task_status(L);
  lua_pushfstring(L, "task %d (%s)", (int)(t->id & 0xfffff), lua_tostring(L, -1));
  return 1;
}

/* A failure that nobody asked for must not vanish: it goes to the log. */
static int task_gc(lua_State *L) {
  mr_task_record *t = check_task(L);
  mr_state *s = t->realm->state;
  if (t->outcome.done && t->outcome.failed && !t->outcome.observed && !t->stop_raised &&
      !t->reported && lua_getiuservalue(L, 1, 1) == LUA_TTABLE) {
    /* No tostring: what runs in a finalizer can neither be stopped by a hook nor, while the
     * state closes, make objects that need a finalizer of their own. */
    const char *code = NULL;
    lua_rawgeti(L, -1, 1);
    if (mr_error_is(L, -1, &code))
      lua_getfield(L, -1, "message");
    mr_log_event(&s->log, MR_WARN, "a task failed and nobody waited for it: %s%s%s",
                 code ? code : "", code ? ": " : "",
                 lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, -1));
  }
  mr_future_drop(&t->outcome);
  return 0;
}

void mr_task_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"wait", mr_future_wait}, {"cancel", task_cancel},
                                     {"status", task_status},  {"done", task_done},
                                     {"traceback", task_traceback}, {NULL, NULL}};
  if (mr_type_new(L, MR_TASK_TYPE)) {
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, task_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, task_tostring);
    lua_setfield(L, -2, "__tostring");
    mr_type_done(L, MR_TASK_TYPE);
  }
  lua_pop(L, 1);
}

int luaopen_moonrock_task(lua_State *L) {
  static const luaL_Reg functions[] = {{"spawn", task_spawn},     {"sleep", task_sleep},
                                       {"yield", task_yield},     {"current", task_current},
                                       {"future", mr_future_new}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
