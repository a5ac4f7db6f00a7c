/* SPDX-License-Identifier: MIT
 *
 * isolate.c -- a second Lua state on the same loop and clock, reached by channels only.
 * Its script runs once and returns a handler; every connect starts the handler as a task of
 * the isolate.  A script's patched globals, memory cap or cancel never reach it, and what it
 * was asked to do is finished even if the asker has gone. */
#include <lauxlib.h>
#include <stdlib.h>

#include "host/channel.h"
#include "host/error.h"
#include "host/realm.h"
#include "host/sched.h"
#include "host/type.h"

#define ISOLATE_TYPE "moonrock.isolate"
static const char handler_key = 0;

/* Runs in the isolate for each connection; errors reach the other end as the reason. */
static const char serve_text[] = "local handler, pcall, tostring = ...\n"
                                 "return function(channel)\n"
                                 "  local ending <close> = channel\n"
                                 "  local ok, err = pcall(handler, channel)\n"
                                 "  if not ok then channel:close(tostring(err)) end\n"
                                 "end\n";

typedef struct isolate {
  mr_realm *realm; /* owned by the mr_state, which closes it at its end */
  bool closed;
} isolate;

static isolate *check_isolate(lua_State *L) {
  isolate *i = luaL_checkudata(L, 1, ISOLATE_TYPE);
  if (i->closed)
    mr_error_raise(L, "IsolateClosed", "the isolate is closed");
  return i;
}

/* Only what can be copied may be in the configuration: names with plain values.  Replaces it
 * by a copy of our own. */
static void check_config(lua_State *L, int idx) {
  if (!lua_isnoneornil(L, idx))
    luaL_checktype(L, idx, LUA_TTABLE);
  lua_newtable(L); /* no finalizer can change this one */
  int copy = lua_gettop(L);
  if (lua_isnoneornil(L, idx)) {
    lua_replace(L, idx);
    return;
  }
  lua_pushnil(L);
  while (lua_next(L, idx)) {
    int type = lua_type(L, -1);
    luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, idx, "names of settings must be strings");
    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
      luaL_error(L, "setting '%s' is a %s: only strings, numbers and booleans cross",
                 lua_tostring(L, -2), luaL_typename(L, -1));
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, copy);
  }
  lua_replace(L, idx);
}

/* Copies the checked table at idx of L to a new table on `to`.  Raises in `to` only. */
static void copy_config(lua_State *L, int idx, lua_State *to) {
  lua_newtable(to);
  lua_pushnil(L);
  while (lua_next(L, idx)) {
    size_t len;
    lua_pushstring(to, lua_tostring(L, -2));
    switch (lua_type(L, -1)) {
    case LUA_TSTRING: {
      const char *text = lua_tolstring(L, -1, &len);
      lua_pushlstring(to, text, len);
      break;
    }
    case LUA_TNUMBER:
      if (lua_isinteger(L, -1))
        lua_pushinteger(to, lua_tointeger(L, -1));
      else
        lua_pushnumber(to, lua_tonumber(L, -1));
      break;
    default: lua_pushboolean(to, lua_toboolean(L, -1));
    }
    lua_rawset(to, -3);
    lua_pop(L, 1);
  }
}

/* In the isolate, as its first task: (name, config).  Keeps the handler. */
static int boot_done(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  if (lua_type(L, -1) != LUA_TFUNCTION)
    return luaL_error(L, "isolate script '%s' returned no handler function", lua_tostring(L, 1));
  if (luaL_loadbufferx(L, serve_text, sizeof serve_text - 1, "=scripts/serve", "t") != LUA_OK)
    return lua_error(L);
  lua_insert(L, -2);
  lua_pushcfunction(L, mr_pcall_face);
  lua_getglobal(L, "tostring");
  lua_call(L, 3, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &handler_key);
  return 0;
}

static int boot(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  if (!mr_require_embedded(L, name))
    return luaL_error(L, "no embedded script '%s'", name);
  lua_pushvalue(L, 2);
  lua_callk(L, 1, 1, 0, boot_done);
  return boot_done(L, LUA_OK, 0);
}

/* Protected, in the isolate: (asker's state as light userdata) with the name at 1 and the
 * configuration at 2 of the asker's stack. */
static int start_boot(lua_State *I) {
  lua_State *L = lua_touserdata(I, 1);
  mr_realm *realm = mr_realm_of(I);
  if (realm->state->clock.is_virtual) {
    mr_random_seed(realm, mr_realm_of(L)->random[0]);
    mr_sandbox_deterministic(I, mr_realm_of(L)->random[1] >> 1);
  }
  lua_pushcfunction(I, boot);
  lua_pushstring(I, luaL_checkstring(L, 1));
  copy_config(L, 2, I);
  mr_task_record *task = mr_task_spawn(I, 2);
  lua_setfield(I, LUA_REGISTRYINDEX, "moonrock.boot"); /* keeps the outcome readable */
  lua_pushlightuserdata(I, task);
  return 1;
}

/* Protected, in the isolate: the error of the first task, as text. */
static int failure_text(lua_State *I) {
  lua_getfield(I, LUA_REGISTRYINDEX, "moonrock.boot");
  if (lua_getiuservalue(I, -1, 1) != LUA_TTABLE)
    mr_error_memory(I);
  lua_rawgeti(I, -1, 1);
  luaL_tolstring(I, -1, NULL);
  return 1;
}

static int booted(lua_State *L, int status, lua_KContext ctx);

/* Stack: name, configuration, isolate, boot task as light userdata (anchored there). */
static int boot_step(lua_State *L) {
  const isolate *i = lua_touserdata(L, 3);
  lua_State *I = i->realm->L;
  mr_future *f = lua_touserdata(L, 4);
  if (!f->done) {
    mr_waiters_join(L, &f->waiters);
    return mr_wait_park(L, 0, booted);
  }
  f->observed = true;
  if (f->failed) {
    lua_pushcfunction(I, failure_text);
    lua_pushlightuserdata(I, f);
    int status = lua_pcall(I, 1, 1, 0);
    lua_pushstring(L, status == LUA_OK ? lua_tostring(I, -1) : "not enough memory");
    lua_settop(I, 0);
    mr_error_raise(L, "IsolateFailed", "%s", lua_tostring(L, -1));
  }
  lua_settop(L, 3);
  return 1;
}

static int booted(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_wait_resumed(L);
  return boot_step(L);
}

/* Raises in L, as text, what a protected call in I left on its stack. */
static int pass_error(lua_State *L, lua_State *I) {
  bool text = lua_type(I, -1) == LUA_TSTRING;
  lua_pushstring(L, text ? lua_tostring(I, -1) : "the isolate could not go on");
  lua_settop(I, 0);
  return lua_error(L);
}

/* new(script, config) -> isolate, once its script has returned. */
static int isolate_new(lua_State *L) {
  luaL_checkstring(L, 1);
  lua_settop(L, 2);
  check_config(L, 2);
  luaL_checkstack(L, 8, "isolate");
  mr_state *s = mr_context(L);
  isolate *i = lua_newuserdatauv(L, sizeof *i, 0);
  i->realm = NULL;
  i->closed = true;
  luaL_setmetatable(L, ISOLATE_TYPE);
  mr_realm *realm = mr_alloc_get(&s->alloc, sizeof *realm);
  if (!realm)
    mr_error_memory(L);
  memset(realm, 0, sizeof *realm);
  realm->next = s->isolates;
  s->isolates = realm;
  int status = mr_realm_open(realm, s, false, 0);
  if (status < 0) {
    s->isolates = realm->next;
    mr_realm_close(realm);
    mr_alloc_put(&s->alloc, realm, sizeof *realm);
  }
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (status < 0)
    mr_error_raise(L, "IsolateFailed", "%s", mr_buf_text(&s->message));
  i->realm = realm;
  i->closed = false;
  lua_State *I = realm->L;
  lua_pushcfunction(I, start_boot);
  lua_pushlightuserdata(I, L);
  if (lua_pcall(I, 1, 1, 0) != LUA_OK)
    return pass_error(L, I);
  lua_pushlightuserdata(L, lua_touserdata(I, -1));
  lua_settop(I, 0);
  return boot_step(L);
}

/* Protected, in the isolate: starts the handler with the other end of the channel. */
static int start_handler(lua_State *I) {
  void *first = lua_touserdata(I, 1);
  lua_rawgetp(I, LUA_REGISTRYINDEX, &handler_key);
  mr_channel_peer(I, first);
  mr_task_spawn(I, 1);
  return 0;
}

/* connect() -> our end of a new channel; the handler has the other. */
static int isolate_connect(lua_State *L) {
  isolate *i = check_isolate(L);
  lua_State *I = i->realm->L;
  mr_channel_new(L);
  lua_pushcfunction(I, start_handler);
  lua_pushlightuserdata(I, lua_touserdata(L, -1));
  if (lua_pcall(I, 1, 0, 0) != LUA_OK)
    return pass_error(L, I);
  return 1;
}

/* memory() -> bytes in use, the most ever. */
static int isolate_memory(lua_State *L) {
  const isolate *i = check_isolate(L);
  lua_pushinteger(L, (lua_Integer)i->realm->alloc.used);
  lua_pushinteger(L, (lua_Integer)i->realm->alloc.peak);
  return 2;
}

/* Ends the isolate's tasks; its memory goes with the mr_state. */
static int isolate_close(lua_State *L) {
  isolate *i = luaL_checkudata(L, 1, ISOLATE_TYPE);
  if (!i->closed && i->realm)
    mr_task_abandon(i->realm);
  i->closed = true;
  return 0;
}

int luaopen_moonrock_isolate(lua_State *L) {
  static const luaL_Reg methods[] = {{"connect", isolate_connect},
                                     {"memory", isolate_memory},
                                     {"close", isolate_close},
                                     {NULL, NULL}};
  static const luaL_Reg functions[] = {{"new", isolate_new}, {NULL, NULL}};
  if (mr_type_new(L, ISOLATE_TYPE)) {
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, isolate_close);
    lua_setfield(L, -2, "__close");
    mr_type_done(L, ISOLATE_TYPE);
  }
  lua_pop(L, 1);
  mr_channel_type(L);
  luaL_newlib(L, functions);
  return 1;
}
