/* SPDX-License-Identifier: MIT
 *
 * coro.c -- our coroutine library and protected calls, through which a script can wait.
 * Two kinds of yield meet here.  A script's own yield ends at the script's resume, as in
 * stock Lua.  A wait of the host (s->yield tells) is passed outward by every resume up to
 * the scheduler, and later inward again.  And no protected call keeps an error by which a
 * task is stopped or a coroutine closed. */
#include <lauxlib.h>

#include "host/error.h"
#include "host/realm.h"
#include "host/sched.h"

/* ---- the body of every coroutine ---- */

static int body_done(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(ctx);
  return status == LUA_OK || status == LUA_YIELD ? lua_gettop(L) : lua_error(L);
}

int mr_coro_body(lua_State *L) {
  int status = lua_pcallk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, 0, body_done);
  return body_done(L, status, 0);
}

/* ---- errors that no protected call keeps ---- */

/* Must a protected call that was entered as number `guard` let the error go on? */
static bool passes(lua_State *L, uint64_t guard) {
  mr_state *s = mr_context(L);
  const mr_task_record *t = s->current;
  if (t && (t->killed || (t->stop_raised && guard < t->stop_guard)))
    return true;
  return s->closing == L && guard < s->closing_guard;
}

static lua_KContext enter(lua_State *L) {
  return (lua_KContext)mr_context(L)->guard++;
}

/* ---- resume ---- */

int mr_coro_resume(mr_state *s, lua_State *co, lua_State *from, int nargs, int *nresults) {
  lua_State *outer = s->running;
  bool blocks = from && !lua_isyieldable(from);
  mr_limit_arm(s, co);
  s->blocked += blocks;
  s->yield = YIELD_SCRIPT;
  s->running = co;
  int status = lua_resume(co, from, nargs, nresults);
  s->running = outer;
  s->blocked -= blocks;
  if (from)
    mr_limit_arm(s, from);
  return status;
}

static int yield_face(lua_State *L);
static int resume_face(lua_State *L);
static int close_face(lua_State *L);
static int wrapped(lua_State *L);

static bool at_start(lua_State *co) {
  return lua_status(co) == LUA_OK && lua_gettop(co) > 0 &&
         lua_tocfunction(co, 1) == mr_coro_body;
}

/* Does the thread sleep in the host, and not in coroutine.yield?  Then only the host may
 * resume it. */
static bool parked(lua_State *co) {
  lua_Debug ar;
  if (lua_status(co) != LUA_YIELD || !lua_getstack(co, 0, &ar) || !lua_checkstack(co, 1))
    return false;
  lua_getinfo(co, "f", &ar);
  bool script = lua_tocfunction(co, -1) == yield_face;
  lua_pop(co, 1);
  return !script;
}

lua_State *mr_coro_inner(lua_State *co) {
  lua_Debug ar;
  if (!lua_getstack(co, 0, &ar) || !lua_checkstack(co, 2))
    return NULL;
  lua_getinfo(co, "f", &ar);
  lua_CFunction f = lua_tocfunction(co, -1);
  const char *found = NULL;
  if (f == wrapped)
    found = lua_getupvalue(co, -1, 1);
  else if (f == resume_face || f == close_face)
    found = lua_getlocal(co, &ar, 1);
  lua_State *inner = found ? lua_tothread(co, -1) : NULL;
  lua_pop(co, found ? 2 : 1);
  return inner;
}

static const char *status_of(lua_State *L, lua_State *co) {
  lua_Debug ar;
  if (L == co)
    return "running";
  switch (lua_status(co)) {
  case LUA_YIELD: return parked(co) ? "normal" : "suspended";
  case LUA_OK:
    if (lua_getstack(co, 0, &ar))
      return "normal";
    return lua_gettop(co) == 0 ? "dead" : "suspended";
  default: return "dead";
  }
}

static lua_State *check_thread(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  return co;
}

enum { RESUME, WRAP };

static int run_more(lua_State *L, int status, lua_KContext ctx);

/* Runs co with the nargs values on its stack; gives the results of resume, or of wrap.
 * ctx: the kind in the lowest bit, above it the number under which `resume`, a protected
 * call like any other, was entered. */
static int run(lua_State *L, lua_State *co, int nargs, lua_KContext ctx) {
  int nresults, kind = (int)(ctx & 1);
  mr_state *s = mr_context(L);
  int status = mr_coro_resume(s, co, L, nargs, &nresults);
  if (status == LUA_YIELD && s->yield != YIELD_SCRIPT) {
    lua_pop(co, nresults);
    return lua_yieldk(L, 0, ctx, run_more);
  }
  if (status != LUA_OK && status != LUA_YIELD) {
    bool passing = passes(L, (uint64_t)ctx >> 1);
    if (kind == RESUME && !passing)
      lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    if (kind == RESUME && !passing)
      return 2;
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) { /* as stock wrap: where */
      luaL_where(L, 1);
      lua_insert(L, -2);
      lua_concat(L, 2);
    }
    return lua_error(L);
  }
  if (!lua_checkstack(L, nresults + 1)) {
    lua_pop(co, nresults);
    return luaL_error(L, "too many results to resume");
  }
  if (kind == RESUME)
    lua_pushboolean(L, 1);
  lua_xmove(co, L, nresults);
  return nresults + (kind == RESUME);
}

static lua_State *thread_of(lua_State *L, int kind) {
  return lua_tothread(L, kind == WRAP ? lua_upvalueindex(1) : 1);
}

static int run_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  return run(L, thread_of(L, (int)(ctx & 1)), 0, ctx);
}

static int start(lua_State *L, lua_State *co, int nargs, int kind) {
  const char *status = status_of(L, co);
  if (strcmp(status, "suspended") != 0) {
    if (kind == WRAP)
      return luaL_error(L, "cannot resume %s coroutine",
                        strcmp(status, "dead") == 0 ? "dead" : "non-suspended");
    lua_pushboolean(L, 0);
    lua_pushfstring(L, "cannot resume %s coroutine",
                    strcmp(status, "dead") == 0 ? "dead" : "non-suspended");
    return 2;
  }
  if (!lua_checkstack(co, nargs + 1))
    return luaL_error(L, "too many arguments to resume");
  bool first = at_start(co);
  lua_xmove(L, co, nargs);
  return run(L, co, nargs + first, enter(L) << 1 | kind);
}

static int resume_face(lua_State *L) {
  lua_State *co = check_thread(L);
  return start(L, co, lua_gettop(L) - 1, RESUME);
}

static int wrapped(lua_State *L) {
  return start(L, thread_of(L, WRAP), lua_gettop(L), WRAP);
}

static int create_face(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  mr_state *s = mr_context(L);
  if (s->current && s->current->killed)
    mr_task_raise_stop(L, s->current);
  lua_State *co = lua_newthread(L);
  lua_pushcfunction(co, mr_coro_body);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  return 1;
}

static int wrap_face(lua_State *L) {
  create_face(L);
  lua_pushcclosure(L, wrapped, 1);
  return 1;
}

/* ---- yield ---- */

static int after_yield(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_state *s = mr_context(L);
  if (s->closing == L) {
    s->closing_guard = s->guard;
    mr_error_raise(L, "Cancelled", "the coroutine was closed");
  }
  return lua_gettop(L);
}

static int yield_face(lua_State *L) {
  mr_state *s = mr_context(L);
  if (s->current && s->current->L == L)
    return luaL_error(L, "attempt to yield from outside a coroutine");
  s->yield = YIELD_SCRIPT;
  return lua_yieldk(L, lua_gettop(L), 0, after_yield);
}

/* ---- close ---- */

static int close_more(lua_State *L, int status, lua_KContext ctx);

/* Resumes a suspended coroutine so that its yield raises; its __close handlers may wait.
 * entered: number of this call as a protected one.  closing: since when errors pass the
 * protected calls of co; kept here between waits, for others may close meanwhile. */
static int close_step(lua_State *L, lua_State *co, uint64_t entered, uint64_t closing) {
  mr_state *s = mr_context(L);
  for (;;) {
    int nresults;
    lua_State *outer = s->closing;
    uint64_t outer_guard = s->closing_guard;
    s->closing = co;
    s->closing_guard = closing;
    int status = mr_coro_resume(s, co, L, 0, &nresults);
    closing = s->closing_guard;
    s->closing = outer;
    s->closing_guard = outer_guard;
    if (status == LUA_YIELD) {
      lua_pop(co, nresults);
      if (s->yield != YIELD_SCRIPT) {
        lua_settop(L, 1);
        lua_pushinteger(L, (lua_Integer)closing);
        return lua_yieldk(L, 0, (lua_KContext)entered, close_more);
      }
      continue; /* a handler yielded: raise there too */
    }
    const char *code = NULL;
    if (status != LUA_OK && passes(L, entered)) {
      lua_xmove(co, L, 1);
      return lua_error(L);
    }
    if (status == LUA_OK || (mr_error_is(co, -1, &code) && strcmp(code, "Cancelled") == 0)) {
      lua_settop(co, 0);
      lua_pushboolean(L, 1);
      return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
  }
}

static int close_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  return close_step(L, lua_tothread(L, 1), (uint64_t)ctx, (uint64_t)lua_tointeger(L, 2));
}

static int close_face(lua_State *L) {
  lua_State *co = check_thread(L);
  const char *status = status_of(L, co);
  if (strcmp(status, "suspended") != 0 && strcmp(status, "dead") != 0)
    return luaL_error(L, "cannot close a %s coroutine", status);
  if (lua_status(co) == LUA_YIELD)
    return close_step(L, co, (uint64_t)enter(L), 0);
  if (lua_status(co) != LUA_OK) { /* died of an error that nobody has taken */
    lua_pushboolean(L, 0);
    if (lua_gettop(co) > 0)
      lua_xmove(co, L, 1);
    else
      lua_pushnil(L);
    lua_resetthread(co);
    return 2;
  }
  lua_settop(co, 0);
  lua_pushboolean(L, 1);
  return 1;
}

static int status_face(lua_State *L) {
  lua_pushstring(L, status_of(L, check_thread(L)));
  return 1;
}

static int running_face(lua_State *L) {
  mr_state *s = mr_context(L);
  lua_pushthread(L);
  lua_pushboolean(L, !s->current || s->current->L == L);
  return 2;
}

static int isyieldable_face(lua_State *L) {
  lua_State *co = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
  mr_state *s = mr_context(L);
  lua_pushboolean(L, lua_isyieldable(co) && !(s->current && s->current->L == co));
  return 1;
}

int luaopen_moonrock_coroutine(lua_State *L) {
  static const luaL_Reg functions[] = {{"create", create_face},
                                       {"resume", resume_face},
                                       {"wrap", wrap_face},
                                       {"yield", yield_face},
                                       {"close", close_face},
                                       {"status", status_face},
                                       {"running", running_face},
                                       {"isyieldable", isyieldable_face},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

/* ---- protected calls ---- */

static int pcall_done(lua_State *L, int status, lua_KContext ctx) {
  if (status == LUA_OK || status == LUA_YIELD)
    return lua_gettop(L);
  if (passes(L, (uint64_t)ctx))
    return lua_error(L);
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

int mr_pcall_face(lua_State *L) {
  luaL_checkany(L, 1);
  lua_KContext ctx = enter(L);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, ctx, pcall_done);
  return pcall_done(L, status, ctx);
}

static int xpcall_done(lua_State *L, int status, lua_KContext ctx) {
  int n = pcall_done(L, status, ctx);
  return status == LUA_OK || status == LUA_YIELD ? n - 2 : n;
}

/* xpcall(f, handler, ...) */
int mr_xpcall_face(lua_State *L) {
  int n = lua_gettop(L);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_KContext ctx = enter(L);
  lua_pushboolean(L, 1);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 2); /* f, handler, true, f, args */
  int status = lua_pcallk(L, n - 2, LUA_MULTRET, 2, ctx, xpcall_done);
  return xpcall_done(L, status, ctx);
}

static int try_done(lua_State *L, int status, lua_KContext ctx) {
  if (status == LUA_OK || status == LUA_YIELD)
    return lua_gettop(L);
  if (passes(L, (uint64_t)ctx))
    return lua_error(L);
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

/* try(f, ...): f's results, or nil and the error. */
int mr_try_face(lua_State *L) {
  luaL_checkany(L, 1);
  lua_KContext ctx = enter(L);
  int status = lua_pcallk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, ctx, try_done);
  return try_done(L, status, ctx);
}
