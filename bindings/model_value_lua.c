/* SPDX-License-Identifier: MIT
 *
 * model_value_lua.c -- the value source and the value sink over the Lua stack.
 * json.null (lightuserdata NULL) counts as absent when read; lists that are made carry the
 * mark of moonrock.json, so that an empty one stays a list. */
#include "bindings/model_lua.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdlib.h>

#include "bindings/json_lua.h"
#include "bindings/secret_lua.h"
#include "bindings/text.h"
#include "host/error.h"

static lua_State *state_of(mr_source *s) {
  return ((mr_lua_source *)s)->L;
}

static bool is_none(lua_State *L, int idx) {
  int type = lua_type(L, idx);
  return type == LUA_TNIL || (type == LUA_TLIGHTUSERDATA && !lua_touserdata(L, idx));
}

static void get(mr_source *s, mr_value *out) {
  lua_State *L = state_of(s);
  memset(out, 0, sizeof *out);
  switch (lua_type(L, -1)) {
  case LUA_TBOOLEAN:
    out->type = MR_VALUE_BOOL;
    out->boolean = lua_toboolean(L, -1);
    return;
  case LUA_TNUMBER:
    out->type = lua_isinteger(L, -1) ? MR_VALUE_INT : MR_VALUE_FLOAT;
    if (out->type == MR_VALUE_INT)
      out->integer = lua_tointeger(L, -1);
    else
      out->number = lua_tonumber(L, -1);
    return;
  case LUA_TSTRING:
    out->type = MR_VALUE_TEXT;
    out->text.ptr = lua_tolstring(L, -1, &out->text.len);
    return;
  case LUA_TTABLE:
    out->type = MR_VALUE_TREE;
    return;
  default:
    break;
  }
  if (is_none(L, -1))
    return;
  if (mr_secret_text(L, -1, &out->text)) {
    ((mr_lua_source *)s)->has_secret = out->is_secret = true;
    out->type = MR_VALUE_TEXT;
    return;
  }
  out->type = MR_VALUE_OTHER;
  out->text = mr_slice_of(luaL_typename(L, -1));
}

/* Shapes have many members and tables few: most names that are asked for are not there, and one
 * bit tells that. */
static uint64_t bit_of(const char *name, size_t n) {
  return n ? UINT64_C(1) << ((unsigned char)(name[0] * 7 + name[n - 1] * 3 + (int)n) & 63) : 1;
}

enum { FEW_KEYS = 16 };

/* The bits of all names of the table on top; all bits if that cannot be known cheaply. */
static uint64_t bits_of_table(lua_State *L) {
  uint64_t bits = 0;
  size_t n = 0;
  int keys = 0;
  if (lua_getmetatable(L, -1)) {
    lua_pop(L, 1);
    return UINT64_MAX;
  }
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    if (keys++ == FEW_KEYS) {
      lua_pop(L, 2);
      return UINT64_MAX;
    }
    if (lua_type(L, -2) == LUA_TSTRING) {
      const char *key = lua_tolstring(L, -2, &n);
      bits |= bit_of(key, n);
    }
  }
  return bits;
}

/* The cursor has gone down. */
static void deeper(mr_lua_source *s) {
  if (++s->depth < MR_LUA_DEPTH)
    s->names[s->depth] = 0;
}

static bool may_have(mr_lua_source *s, mr_slice name) {
  if (s->depth >= MR_LUA_DEPTH)
    return true;
  if (!s->names[s->depth]) /* not looked at yet, or without names */
    s->names[s->depth] = bits_of_table(s->L);
  return (s->names[s->depth] & bit_of(name.ptr, name.len)) != 0;
}

static bool enter(mr_source *base, mr_slice name) {
  mr_lua_source *s = (mr_lua_source *)base;
  lua_State *L = s->L;
  if (lua_type(L, -1) != LUA_TTABLE)
    return false;
  luaL_checkstack(L, 8, "parameters");
  if (!may_have(s, name))
    return false;
  lua_getfield(L, -1, name.ptr); /* names in the tables end in NUL */
  if (!is_none(L, -1)) {
    deeper(s);
    return true;
  }
  lua_pop(L, 1);
  return false;
}

static size_t length(mr_source *s) {
  lua_State *L = state_of(s);
  if (lua_type(L, -1) != LUA_TTABLE)
    return 0;
  lua_Integer n = luaL_len(L, -1);
  return n > 0 ? (size_t)n : 0;
}

static void enter_item(mr_source *s, size_t i) {
  lua_State *L = state_of(s);
  luaL_checkstack(L, 8, "parameters");
  lua_geti(L, -1, (lua_Integer)i + 1);
  deeper((mr_lua_source *)s);
}

static void leave(mr_source *s) {
  lua_pop(state_of(s), 1);
  ((mr_lua_source *)s)->depth--;
}

static int compare_keys(const void *a, const void *b) {
  return mr_slice_compare(*(const mr_slice *)a, *(const mr_slice *)b);
}

/* The keys of a large table: in a userdata, which is pushed behind a table that has them too. */
static mr_slice *collect_keys(lua_State *L, int table, size_t *count) {
  size_t n = *count, i = 0;
  lua_createtable(L, n < INT_MAX ? (int)n : INT_MAX, 0);
  mr_slice *keys = lua_newuserdatauv(L, n * sizeof *keys, 0);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
    if (lua_type(L, -2) == LUA_TSTRING && i < n) {
      keys[i].ptr = lua_tolstring(L, -2, &keys[i].len);
      lua_pushvalue(L, -2);
      lua_rawseti(L, table + 1, (lua_Integer)++i);
    }
  *count = i;
  return keys;
}

/* Names stay on the stack, since a metamethod or a finalizer may take them out of their table.
 * Their order waits in the pool, or if there are too many in a userdata. */
static size_t open_keys(mr_source *base, bool *all_text) {
  mr_lua_source *s = (mr_lua_source *)base;
  lua_State *L = s->L;
  size_t n = 0, room = MR_LUA_KEYS - s->pooled;
  mr_slice *keys = s->pool + s->pooled;
  int table = lua_gettop(L);
  luaL_checkstack(L, 8, "parameters");
  if (s->open_count >= MR_LUA_DEPTH)
    luaL_error(L, "parameters are nested too deeply");
  *all_text = lua_type(L, table) == LUA_TTABLE;
  if (*all_text)
    for (lua_pushnil(L); lua_next(L, table);) {
      lua_pop(L, 1);
      if (lua_type(L, -1) != LUA_TSTRING) {
        *all_text = false;
      } else if (n++ < room) {
        keys[n - 1].ptr = lua_tolstring(L, -1, &keys[n - 1].len);
        luaL_checkstack(L, 4, "parameters"); /* no more: a stack that has grown stays so */
        lua_pushvalue(L, -1);
      }
    }
  if (n > room) {
    lua_settop(L, table);
    keys = collect_keys(L, table, &n);
  }
  if (n > 1)
    qsort(keys, n, sizeof *keys, compare_keys);
  s->open[s->open_count].keys = keys;
  s->open[s->open_count].pooled = s->pooled;
  s->open[s->open_count++].table = table;
  s->pooled += keys == s->pool + s->pooled ? n : 0;
  return n;
}

static mr_slice key(mr_source *base, size_t i) {
  mr_lua_source *s = (mr_lua_source *)base;
  return s->open[s->open_count - 1].keys[i];
}

static void enter_key(mr_source *base, size_t i) {
  mr_lua_source *s = (mr_lua_source *)base;
  mr_slice name = key(base, i);
  luaL_checkstack(s->L, 8, "parameters");
  lua_pushlstring(s->L, name.ptr, name.len);
  lua_gettable(s->L, s->open[s->open_count - 1].table);
  deeper(s);
}

static void close_keys(mr_source *base) {
  mr_lua_source *s = (mr_lua_source *)base;
  s->pooled = s->open[--s->open_count].pooled;
  lua_settop(s->L, s->open[s->open_count].table);
}

static bool has_mark(lua_State *L, const char *type) {
  bool same = false;
  if (!lua_getmetatable(L, -1))
    return false;
  luaL_getmetatable(L, type);
  same = !lua_isnil(L, -1) && lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same;
}

static bool is_list(mr_source *s) {
  lua_State *L = state_of(s);
  luaL_checkstack(L, 4, "parameters");
  return has_mark(L, MR_JSON_ARRAY_TYPE) || lua_rawlen(L, -1) > 0;
}

void mr_lua_source_init(mr_lua_source *s, lua_State *L) {
  static const mr_source calls = {get,       enter, length,    enter_item, leave,
                                  open_keys, key,   enter_key, close_keys, is_list};
  s->base = calls;
  s->L = L;
  s->open_count = s->depth = 0;
  s->names[0] = 0;
  s->pooled = 0;
  s->has_secret = false;
}

/* ---- the sink ---- */

/* The value on top goes where it belongs. */
static void store(mr_lua_sink *s) {
  if (s->depth == 0)
    return;
  lua_Integer *count = &s->counts[s->depth - 1];
  if (*count >= 0)
    lua_rawseti(s->L, -2, ++*count);
  else
    lua_rawset(s->L, -3);
}

static void name(mr_sink *base, mr_slice text) {
  lua_pushlstring(((mr_lua_sink *)base)->L, text.ptr, text.len);
}

/* room: of an object, so that the first names need no new memory. */
static void begin(mr_lua_sink *s, lua_Integer count, int room) {
  if (s->depth >= MR_LUA_DEPTH)
    luaL_error(s->L, "the message is nested too deeply");
  luaL_checkstack(s->L, 8, "message");
  lua_createtable(s->L, 0, room);
  s->counts[s->depth++] = count;
}

static void begin_object(mr_sink *base) {
  begin((mr_lua_sink *)base, -1, 2);
}

static void begin_list(mr_sink *base) {
  begin((mr_lua_sink *)base, 0, 0);
  luaL_setmetatable(((mr_lua_sink *)base)->L, MR_JSON_ARRAY_TYPE);
}

static void end(mr_sink *base) {
  mr_lua_sink *s = (mr_lua_sink *)base;
  s->depth--;
  store(s);
}

static void put_text(mr_sink *base, mr_slice text) {
  mr_lua_sink *s = (mr_lua_sink *)base;
  if (text.ptr && text.ptr == s->whole.ptr && text.len == s->whole.len)
    lua_pushvalue(s->L, s->whole_at);
  else
    lua_pushlstring(s->L, text.ptr ? text.ptr : "", text.len);
  store(s);
}

static void put_integer(mr_sink *base, int64_t value) {
  mr_lua_sink *s = (mr_lua_sink *)base;
  lua_pushinteger(s->L, (lua_Integer)value);
  store(s);
}

static void put_double(mr_sink *base, double value) {
  mr_lua_sink *s = (mr_lua_sink *)base;
  lua_pushnumber(s->L, value);
  store(s);
}

static void put_bool(mr_sink *base, bool value) {
  mr_lua_sink *s = (mr_lua_sink *)base;
  lua_pushboolean(s->L, value);
  store(s);
}

static void put_null(mr_sink *base) {
  mr_lua_sink *s = (mr_lua_sink *)base;
  lua_pushlightuserdata(s->L, NULL);
  store(s);
}

static void put_secret(mr_sink *base, mr_slice text) {
  mr_lua_sink *s = (mr_lua_sink *)base;
  if (mr_secret_set(mr_secret_push(s->L), text.ptr, text.len) < 0)
    mr_error_memory(s->L);
  store(s);
}

void mr_lua_sink_init(mr_lua_sink *s, lua_State *L) {
  static const mr_sink calls = {name,        begin_object, begin_list, end,     put_text,
                                put_integer, put_double,   put_bool,   put_null, put_secret};
  s->base = calls;
  s->L = L;
  s->depth = 0;
  s->whole = mr_slice_make(NULL, 0);
}
