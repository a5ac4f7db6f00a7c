/* SPDX-License-Identifier: MIT
 *
 * context.c -- the way from a lua_State back to its host, and to what the host grants.
 * The registry holds the realm under the address of a constant, so any thread of the state
 * finds it and a script cannot reach it. */
#include "host/context.h"

#include <lauxlib.h>

#include "host/error.h"
#include "host/http.h"
#include "host/state.h"
#include "host/type.h"

#define BUFFER_TYPE "moonrock.buffer"
#define SEALED_TYPE "moonrock.sealed"

static const char realm_key = 0;

mr_realm *mr_realm_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &realm_key);
  mr_realm *realm = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return realm;
}

mr_state *mr_context(lua_State *L) {
  return mr_realm_of(L)->state;
}

mr_alloc *mr_context_alloc(lua_State *L) {
  return mr_realm_account(mr_realm_of(L));
}

mr_clock *mr_context_clock(lua_State *L) {
  return &mr_context(L)->clock;
}

const mr_log *mr_context_log(lua_State *L) {
  return &mr_context(L)->log;
}

struct mr_loop *mr_context_loop(lua_State *L) {
  return mr_context(L)->loop;
}

struct mr_pool *mr_context_pool(lua_State *L) {
  return mr_context(L)->pool;
}

struct mr_http *mr_context_http(lua_State *L) {
  mr_state *s = mr_context(L);
  const char *why;
  if (!s->http)
    s->http = s->config.inline_network ? mr_http_curl_new(s->loop, &why)
                                       : mr_http_thread_new(s->loop, &why);
  if (!s->http)
    mr_error_raise(L, "NoNetwork", "libcurl cannot be used: %s", why);
  return s->http;
}

/* ---- scratch buffers ---- */

static int buffer_close(lua_State *L) {
  mr_buf *b = luaL_checkudata(L, 1, BUFFER_TYPE);
  mr_buf_clear(b);
  b->alloc = mr_alloc_none();
  return 0;
}

static int sealed_gc(lua_State *L) {
  mr_buf_clear(luaL_checkudata(L, 1, SEALED_TYPE));
  return 0;
}

/* A finalizer may close it while its bytes are read: the memory has to stay. */
static int sealed_close(lua_State *L) {
  mr_buf *b = luaL_checkudata(L, 1, SEALED_TYPE);
  if (b->ptr)
    mr_wipe(b->ptr, b->len);
  b->len = 0;
  return 0;
}

static int sealed_tostring(lua_State *L) {
  lua_pushliteral(L, "[secret]");
  return 1;
}

void mr_context_open(lua_State *L, mr_realm *realm) {
  static const luaL_Reg buffer_meta[] = {
      {"__gc", buffer_close}, {"__close", buffer_close}, {NULL, NULL}};
  lua_pushlightuserdata(L, realm);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &realm_key);
  luaL_newmetatable(L, BUFFER_TYPE);
  luaL_setfuncs(L, buffer_meta, 0);
  lua_pop(L, 1);
}

/* Of the state's end, when the collector calls nobody any more for what is made. */
struct mr_late {
  mr_buf buf;
  mr_late *next;
};

static mr_buf *late_buffer(lua_State *L, mr_realm *realm) {
  mr_late *late = mr_alloc_get(mr_context_alloc(L), sizeof *late);
  if (!late)
    mr_error_memory(L);
  mr_buf_init(&late->buf, mr_context_alloc(L));
  late->next = realm->late;
  realm->late = late;
  lua_pushlightuserdata(L, &late->buf);
  return &late->buf;
}

void mr_context_end(mr_realm *realm) {
  while (realm->late) {
    mr_late *late = realm->late;
    realm->late = late->next;
    mr_buf_clear(&late->buf);
    mr_alloc_put(late->buf.alloc, late, sizeof *late);
  }
}

mr_buf *mr_context_buffer(lua_State *L) {
  mr_realm *realm = mr_realm_of(L);
  if (realm->closing)
    return late_buffer(L, realm);
  mr_buf *b = lua_newuserdatauv(L, sizeof *b, 0);
  mr_buf_init(b, mr_context_alloc(L));
  luaL_setmetatable(L, BUFFER_TYPE);
  return b;
}

void mr_context_push(lua_State *L, const mr_buf *b) {
  if (b->status < 0)
    mr_error_memory(L);
  lua_pushlstring(L, b->ptr ? b->ptr : "", b->len);
}

mr_buf *mr_context_sealed(lua_State *L) {
  static const luaL_Reg meta[] = {
      {"__gc", sealed_gc}, {"__close", sealed_close}, {"__tostring", sealed_tostring}, {NULL, NULL}};
  mr_buf *b = lua_newuserdatauv(L, sizeof *b, 0);
  mr_buf_init(b, NULL);
  b->wipe = true;
  if (mr_type_new(L, SEALED_TYPE)) {
    luaL_setfuncs(L, meta, 0);
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "__secret");
    lua_pushliteral(L, "secret");
    lua_setfield(L, -2, "__metatable");
    mr_type_done(L, SEALED_TYPE);
  }
  lua_setmetatable(L, -2);
  return b;
}

bool mr_context_is_secret(lua_State *L, int idx) {
  if (lua_type(L, idx) != LUA_TUSERDATA || lua_rawlen(L, idx) < sizeof(mr_slice))
    return false;
  int type = luaL_getmetafield(L, idx, "__secret");
  if (type != LUA_TNIL)
    lua_pop(L, 1);
  return type == LUA_TBOOLEAN;
}

void mr_context_check_bytes(lua_State *L, int arg) {
  if (!mr_context_is_secret(L, arg))
    luaL_checkstring(L, arg);
}

mr_slice mr_context_bytes(lua_State *L, int arg) {
  mr_slice s = {NULL, 0};
  if (lua_type(L, arg) == LUA_TUSERDATA)
    memcpy(&s, lua_touserdata(L, arg), sizeof s);
  else
    s.ptr = lua_tolstring(L, arg, &s.len);
  return s;
}

struct mr_http_target *mr_context_claim(lua_State *L, int idx) {
  mr_http_claim claim = NULL;
  void *userdata = lua_touserdata(L, idx);
  if (lua_isnil(L, idx))
    return NULL;
  if (!userdata || lua_rawlen(L, idx) < sizeof claim ||
      luaL_getmetafield(L, idx, "__target") != LUA_TBOOLEAN)
    luaL_error(L, "field 'into' of the request must be a part of moonrock.part");
  lua_pop(L, 1);
  memcpy(&claim, userdata, sizeof claim);
  return claim(L, userdata);
}

/* ---- capabilities ---- */

static const char *cap_name(unsigned cap) {
  static const char *const names[] = {"clock", "env", "read", "write", "net", "process", "debug"};
  for (unsigned i = 0; i < MR_COUNT(names); i++)
    if (cap == 1u << i)
      return names[i];
  return "?";
}

bool mr_context_granted(lua_State *L, unsigned cap) {
  const mr_config *config = &mr_context(L)->config;
  return (config->caps & cap) && !config->authorize;
}

void mr_context_require(lua_State *L, unsigned cap, const char *what) {
  mr_state *s = mr_context(L);
  if (!(s->config.caps & cap))
    mr_error_raise(L, "Denied", "'%s' needs the capability '%s', which this host did not grant",
                   what, cap_name(cap));
  if (s->config.authorize && !s->config.authorize(s->config.ud, cap, what))
    mr_error_raise(L, "Denied", "the host refused the use of '%s' (capability '%s')", what,
                   cap_name(cap));
}
