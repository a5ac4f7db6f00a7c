/* SPDX-License-Identifier: MIT
 *
 * work.c -- a job on the pool, awaited by the running task.
 * The userdata stays anchored in the registry while the job is under way, so a cancelled
 * task leaves its job running into memory that is still there.  Under virtual time the job
 * runs at once on this thread: a run must not depend on which worker is faster.  So does what is
 * too short to be worth a thread. */
#include <lauxlib.h>

#include "host/error.h"
#include "host/sched.h"
#include "host/type.h"

#define WORK_TYPE "moonrock.work"

static void let_go(mr_work *w) {
  if (w->drop)
    w->drop(w);
  w->drop = NULL;
}

static int work_gc(lua_State *L) {
  let_go(luaL_checkudata(L, 1, WORK_TYPE));
  return 0;
}

void mr_work_check(lua_State *L) {
  if (mr_context(L)->clock.is_virtual)
    mr_task_check_stop(L);
  else
    mr_wait_check(L);
}

void *mr_work_new(lua_State *L, size_t size, void (*drop)(mr_work *w)) {
  mr_work *w = lua_newuserdatauv(L, size, 1);
  memset(w, 0, size);
  w->drop = drop;
  if (mr_type_new(L, WORK_TYPE)) {
    lua_pushcfunction(L, work_gc);
    lua_setfield(L, -2, "__gc");
    mr_type_done(L, WORK_TYPE);
  }
  lua_setmetatable(L, -2);
  return w;
}

/* The registry anchors it until its job has ended. */
static bool running(lua_State *L, mr_work *w) {
  bool is_running = lua_rawgetp(L, LUA_REGISTRYINDEX, w) != LUA_TNIL;
  lua_pop(L, 1);
  return is_running;
}

static void run_job(mr_job *job) {
  mr_work *w = (mr_work *)(void *)job;
  w->run(w);
}

static void job_done(mr_job *job) {
  mr_work *w = (mr_work *)(void *)job;
  lua_State *L = w->realm_L;
  if (!mr_wait_wake(w->waiter))
    let_go(w); /* its task was cancelled meanwhile */
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, w); /* from here on the collector may take it */
}

/* What the job has read is let go of: the collector takes a userdata with a finalizer, and what it
 * anchors, only in its second cycle, and until then allows for as much again. */
static int finish_at(lua_State *L, mr_work *w, int idx) {
  int n = w->finish(L, w);
  if (lua_touserdata(L, idx) == w && lua_checkstack(L, 1)) {
    lua_pushnil(L);
    lua_setiuservalue(L, idx, 1);
  }
  return n;
}

static int finished(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  mr_work *w = lua_touserdata(L, (int)ctx);
  if (mr_wait_stopping(L) && !running(L, w))
    let_go(w);
  else if (mr_wait_stopping(L) && w->job.stop)
    w->job.stop(&w->job);
  mr_wait_resumed(L);
  return finish_at(L, w, (int)ctx);
}

int mr_work_start(lua_State *L, mr_work *w, void (*run)(mr_work *),
                  int (*finish)(lua_State *, mr_work *)) {
  mr_state *s = mr_context(L);
  int idx = lua_gettop(L);
  w->run = run;
  w->finish = finish;
  w->job.run = run_job;
  w->job.done = job_done;
  if (s->clock.is_virtual || w->in_place) {
    mr_task_check_stop(L);
    run(w);
    return finish_at(L, w, idx);
  }
  w->realm_L = mr_realm_of(L)->L;
  w->waiter = mr_wait_prepare(L);
  lua_pushvalue(L, idx);
  lua_rawsetp(L, LUA_REGISTRYINDEX, w);
  if (w->is_long && !s->crew)
    s->crew = mr_pool_new(s->loop, 0);
  mr_pool *pool = w->is_long ? s->crew : s->pool;
  if (!pool || mr_pool_submit(pool, &w->job) < 0) {
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, w);
    let_go(w);
    mr_error_memory(L);
  }
  return mr_wait_park(L, idx, finished);
}
