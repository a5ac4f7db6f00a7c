/* SPDX-License-Identifier: MIT
 *
 * future.c -- a value that will be there later, and those who wait for it.
 * A task is a future with a thread behind it: both are userdata that start with an
 * mr_future and keep their outcome (a table with field n) as first user value. */
#include <lauxlib.h>

#include "host/error.h"
#include "host/sched.h"
#include "host/type.h"

#define FUTURE_TYPE "moonrock.future"

static mr_future *check_future(lua_State *L) {
  mr_future *f = luaL_testudata(L, 1, MR_TASK_TYPE);
  return f ? f : luaL_checkudata(L, 1, FUTURE_TYPE);
}

/* Those whose wait is over already are dropped before the list grows, so that many short
 * waits for one long thing take no memory. */
static void drop_stale(mr_waiters *list) {
  mr_waiter *w = (mr_waiter *)(void *)list->ptr;
  size_t kept = 0;
  for (size_t i = 0; i < list->len / sizeof *w; i++)
    if (mr_wait_open(w[i]))
      w[kept++] = w[i];
  list->len = kept * sizeof *w;
}

void mr_waiters_join(lua_State *L, mr_waiters *list) {
  mr_waiter w = mr_wait_prepare(L);
  if (list->cap - list->len < sizeof w)
    drop_stale(list);
  mr_buf_put(list, &w, sizeof w);
  if (list->status < 0) {
    list->status = MR_OK; /* the next may find memory again */
    mr_error_memory(L);
  }
}

void mr_waiters_wake(mr_waiters *list) {
  const mr_waiter *w = (const mr_waiter *)(const void *)list->ptr;
  for (size_t i = 0; i < list->len / sizeof *w; i++)
    mr_wait_wake(w[i]);
  mr_buf_clear(list);
}

void mr_future_drop(mr_future *f) {
  mr_buf_clear(&f->waiters);
}

/* Takes nvalues from the top of the stack as the outcome of the future at idx. */
void mr_future_finish(lua_State *L, int idx, mr_future *f, bool failed, int nvalues) {
  idx = lua_absindex(L, idx);
  lua_createtable(L, nvalues, 1);
  lua_insert(L, -nvalues - 1);
  for (int i = nvalues; i > 0; i--)
    lua_rawseti(L, -i - 1, i);
  lua_pushinteger(L, nvalues);
  lua_setfield(L, -2, "n");
  lua_setiuservalue(L, idx, 1);
  f->done = true;
  f->failed = failed;
  mr_waiters_wake(&f->waiters);
}

static int give(lua_State *L, mr_future *f) {
  if (lua_getiuservalue(L, 1, 1) != LUA_TTABLE)
    mr_error_memory(L); /* there was none for the outcome */
  if (f->failed) {
    lua_rawgeti(L, -1, 1);
    return lua_error(L);
  }
  lua_getfield(L, -1, "n");
  int n = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  luaL_checkstack(L, n, "too many results");
  for (int i = 1; i <= n; i++)
    lua_rawgeti(L, 2, i);
  return n;
}

static int wait_more(lua_State *L, int status, lua_KContext ctx);

static int wait_step(lua_State *L) {
  mr_future *f = check_future(L);
  lua_settop(L, 1);
  f->observed = true;
  if (f->done)
    return give(L, f);
  mr_waiters_join(L, &f->waiters);
  return mr_wait_park(L, 0, wait_more);
}

static int wait_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_wait_resumed(L);
  return wait_step(L);
}

/* f:wait(): the values, or raises the error; waits if need be. */
int mr_future_wait(lua_State *L) {
  check_future(L);
  return wait_step(L);
}

static int future_set(lua_State *L) {
  mr_future *f = luaL_checkudata(L, 1, FUTURE_TYPE);
  if (f->done)
    return luaL_error(L, "the future has its value already");
  mr_future_finish(L, 1, f, false, lua_gettop(L) - 1);
  return 0;
}

static int future_fail(lua_State *L) {
  mr_future *f = luaL_checkudata(L, 1, FUTURE_TYPE);
  luaL_checkany(L, 2);
  if (f->done)
    return luaL_error(L, "the future has its value already");
  lua_settop(L, 2);
  mr_future_finish(L, 1, f, true, 1);
  return 0;
}

static int future_done(lua_State *L) {
  lua_pushboolean(L, check_future(L)->done);
  return 1;
}

static int future_gc(lua_State *L) {
  mr_future_drop(luaL_checkudata(L, 1, FUTURE_TYPE));
  return 0;
}

static int future_tostring(lua_State *L) {
  mr_future *f = luaL_checkudata(L, 1, FUTURE_TYPE);
  lua_pushfstring(L, "future (%s)", !f->done ? "waiting" : f->failed ? "failed" : "done");
  return 1;
}

int mr_future_new(lua_State *L) {
  mr_future *f = lua_newuserdatauv(L, sizeof *f, 2); /* outcome; its maker's */
  memset(f, 0, sizeof *f);
  mr_buf_init(&f->waiters, mr_context_alloc(L));
  if (mr_type_new(L, FUTURE_TYPE)) {
    static const luaL_Reg methods[] = {{"set", future_set},
                                       {"fail", future_fail},
                                       {"wait", mr_future_wait},
                                       {"done", future_done},
                                       {NULL, NULL}};
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, future_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, future_tostring);
    lua_setfield(L, -2, "__tostring");
    mr_type_done(L, FUTURE_TYPE);
  }
  lua_setmetatable(L, -2);
  return 1;
}
