/* SPDX-License-Identifier: MIT
 *
 * ordered.c -- the parts of Lua that differ from run to run, made to repeat.
 * Stock Lua walks tables in the order of hash values that change with each process and
 * shows addresses.  Under virtual time pairs and next walk numbers, then strings, then
 * booleans, each sorted; keys that are objects come last, in the order in which they were
 * first walked.  Text shows a running number in place of an address. */
#include <lauxlib.h>
#include <stdlib.h>

#include "host/error.h"
#include "host/realm.h"

static const char ids_key = 0;

typedef struct key {
  int rank; /* 0 number, 1 string, 2 boolean, 3 object */
  lua_Integer place; /* in the list that keeps the keys alive */
  lua_Number number;
  lua_Integer integer; /* decides between equal floats; the id of an object */
  const char *text;
  size_t len;
} key;

/* A number for the object at idx, the same for its whole life, from 1. */
static lua_Integer id_of(lua_State *L, int idx) {
  idx = lua_absindex(L, idx);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &ids_key);
  lua_pushvalue(L, idx);
  if (lua_rawget(L, -2) == LUA_TNUMBER) {
    lua_Integer id = lua_tointeger(L, -1);
    lua_pop(L, 2);
    return id;
  }
  lua_pop(L, 1);
  lua_rawgeti(L, -1, 0);
  lua_Integer id = lua_tointeger(L, -1) + 1;
  lua_pop(L, 1);
  lua_pushinteger(L, id);
  lua_rawseti(L, -2, 0);
  lua_pushvalue(L, idx);
  lua_pushinteger(L, id);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  return id;
}

static key key_at(lua_State *L, int idx) {
  key k = {0, 0, 0, 0, NULL, 0};
  switch (lua_type(L, idx)) {
  case LUA_TNUMBER:
    k.number = lua_tonumber(L, idx);
    k.integer = lua_isinteger(L, idx) ? lua_tointeger(L, idx) : 0;
    break;
  case LUA_TSTRING:
    k.rank = 1;
    k.text = lua_tolstring(L, idx, &k.len);
    break;
  case LUA_TBOOLEAN:
    k.rank = 2;
    k.integer = lua_toboolean(L, idx);
    break;
  default:
    k.rank = 3;
    k.integer = id_of(L, idx);
  }
  return k;
}

static int compare(const void *a, const void *b) {
  const key *x = a, *y = b;
  if (x->rank != y->rank)
    return x->rank < y->rank ? -1 : 1;
  if (x->rank == 1) {
    size_t n = x->len < y->len ? x->len : y->len;
    int order = n ? memcmp(x->text, y->text, n) : 0;
    return order ? order : x->len < y->len ? -1 : x->len > y->len;
  }
  if (x->number != y->number)
    return x->number < y->number ? -1 : 1;
  return x->integer < y->integer ? -1 : x->integer > y->integer;
}

/* Pushes a table with the keys of the table at idx, in order; returns their number. */
static lua_Integer sorted_keys(lua_State *L, int idx) {
  idx = lua_absindex(L, idx);
  mr_buf *b = mr_context_buffer(L);
  lua_newtable(L); /* the keys as they come: a finalizer may take them out of the table */
  int found = lua_gettop(L);
  lua_Integer n = 0;
  lua_pushnil(L);
  while (lua_next(L, idx)) {
    lua_pop(L, 1);
    key k = key_at(L, -1);
    k.place = ++n;
    lua_pushvalue(L, -1);
    lua_rawseti(L, found, n);
    mr_buf_put(b, &k, sizeof k);
  }
  if (b->status < 0)
    mr_error_memory(L);
  const key *keys = (const key *)(const void *)b->ptr;
  if (n)
    qsort(b->ptr, (size_t)n, sizeof(key), compare);
  lua_createtable(L, (int)n, 0);
  for (lua_Integer i = 0; i < n; i++) {
    lua_rawgeti(L, found, keys[i].place);
    lua_rawseti(L, -2, i + 1);
  }
  lua_replace(L, found - 1);
  lua_settop(L, found - 1);
  return n;
}

/* Upvalues: keys, position, count.  Keys set to nil since the start are passed over; a
 * control value of nil starts anew. */
static int step(lua_State *L) {
  lua_Integer i = lua_tointeger(L, lua_upvalueindex(2)), n = lua_tointeger(L, lua_upvalueindex(3));
  if (lua_isnoneornil(L, 2))
    i = 0;
  while (++i <= n) {
    lua_rawgeti(L, lua_upvalueindex(1), i);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, 1) != LUA_TNIL) {
      lua_pushinteger(L, i);
      lua_copy(L, -1, lua_upvalueindex(2));
      lua_pop(L, 1);
      return 2;
    }
    lua_pop(L, 2);
  }
  lua_pushnil(L);
  return 1;
}

static int pairs_done(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(L);
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  return 3;
}

static int ordered_pairs(lua_State *L) {
  luaL_checkany(L, 1);
  if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 3, 0, pairs_done);
    return 3;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer n = sorted_keys(L, 1);
  lua_pushinteger(L, 0);
  lua_pushinteger(L, n);
  lua_pushcclosure(L, step, 3);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

/* next(t, k): the smallest key above k; a walk by next alone costs the square. */
static int ordered_next(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  bool first = lua_isnil(L, 2), found = false;
  key after = first ? (key){0} : key_at(L, 2), best = {0};
  lua_pushnil(L); /* 3: the best key so far */
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    lua_pop(L, 1);
    key k = key_at(L, -1);
    if ((first || compare(&k, &after) > 0) && (!found || compare(&k, &best) < 0)) {
      best = k;
      found = true;
      lua_copy(L, -1, 3);
    }
  }
  lua_settop(L, 3);
  if (!found)
    return 1;
  lua_pushvalue(L, 3);
  lua_rawget(L, 1);
  return 2;
}

/* ---- text without addresses ---- */

static bool shows_address(lua_State *L, int idx) {
  switch (lua_type(L, idx)) {
  case LUA_TTABLE:
  case LUA_TFUNCTION:
  case LUA_TUSERDATA:
  case LUA_TTHREAD:
    if (luaL_getmetafield(L, idx, "__tostring") == LUA_TNIL)
      return true;
    lua_pop(L, 1);
    return false;
  case LUA_TLIGHTUSERDATA: return lua_touserdata(L, idx) != NULL;
  default: return false;
  }
}

static void push_text(lua_State *L, int idx) {
  idx = lua_absindex(L, idx);
  if (!shows_address(L, idx)) {
    luaL_tolstring(L, idx, NULL);
    return;
  }
  const char *name = luaL_typename(L, idx);
  int named = luaL_getmetafield(L, idx, "__name");
  if (named == LUA_TSTRING)
    name = lua_tostring(L, -1);
  char number[24];
  lua_Integer id = id_of(L, idx);
  for (int i = 7; i >= 0; i--, id /= 16)
    number[i] = "0123456789abcdef"[id % 16];
  number[8] = '\0';
  lua_pushfstring(L, "%s: 0x%s", name, number);
  if (named != LUA_TNIL)
    lua_remove(L, -2);
}

static int plain_tostring(lua_State *L) {
  luaL_checkany(L, 1);
  push_text(L, 1);
  return 1;
}

/* Calls the stock function, the first upvalue, with arguments that show no address. */
static int call_plain(lua_State *L) {
  int n = lua_gettop(L);
  for (int i = 1; i <= n; i++) {
    if (shows_address(L, i)) {
      push_text(L, i);
      lua_replace(L, i);
    }
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, n, LUA_MULTRET);
  return lua_gettop(L);
}

static int plain_print(lua_State *L) {
  return call_plain(L);
}

/* Is there a %p, with flags and width perhaps? */
static bool formats_pointer(const char *p) {
  while ((p = strchr(p, '%')) != NULL) {
    p += 1 + strspn(p + 1, "-+ #0123456789.");
    if (*p == 'p')
      return true;
    p += *p != '\0';
  }
  return false;
}

static int plain_format(lua_State *L) {
  if (formats_pointer(luaL_checkstring(L, 1)))
    return luaL_argerror(L, 1, "'%p' shows an address, which changes from run to run");
  return call_plain(L);
}

static int plain_randomseed(lua_State *L) {
  int n = lua_gettop(L);
  if (n == 0) {
    lua_pushinteger(L, 1);
    n = 1;
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, n, 0);
  return 0;
}

static void wrap(lua_State *L, const char *name, lua_CFunction f) { /* stack: table */
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, f, 1);
  lua_setfield(L, -2, name);
}

/* Replaces in a table of globals. */
static void install(lua_State *L, uint64_t seed) { /* stack: globals */
  static const luaL_Reg functions[] = {
      {"pairs", ordered_pairs}, {"next", ordered_next}, {"tostring", plain_tostring}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
  wrap(L, "print", plain_print);
  lua_getfield(L, -1, "string");
  wrap(L, "format", plain_format);
  lua_pop(L, 1);
  lua_getfield(L, -1, "math");
  lua_getfield(L, -1, "randomseed");
  lua_pushinteger(L, (lua_Integer)seed);
  lua_call(L, 1, 0);
  wrap(L, "randomseed", plain_randomseed);
  lua_pop(L, 1);
  lua_getfield(L, -1, "os");
  mr_time_install_os(L);
  lua_pop(L, 1);
}

void mr_sandbox_deterministic(lua_State *L, uint64_t seed) {
  mr_realm *realm = mr_realm_of(L);
  if (realm->deterministic)
    return;
  realm->deterministic = true;
  lua_newtable(L);
  lua_newtable(L);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &ids_key);
  lua_pushglobaltable(L);
  install(L, seed);
  lua_pop(L, 1);
  mr_sandbox_private(L);
  install(L, seed);
  lua_pop(L, 1);
}
