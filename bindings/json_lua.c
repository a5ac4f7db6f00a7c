/* SPDX-License-Identifier: MIT
 *
 * json_lua.c -- module moonrock.json: its table, and how kinds of tables are marked.
 * json.null is lightuserdata NULL, the same value as cjson.null. */
#include "bindings/json_lua.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "bindings/text.h"
#include "host/context.h"
#include "host/error.h"
#include "host/type.h"

/* Upvalues of every function here but __pairs: 1 the arrays' metatable, 2 the objects',
 * 3 the scratch buffers; of some encode, 4 a userdata with a spelling. */
enum { ARRAY_TYPE = 1, OBJECT_TYPE = 2, SCRATCH = 3, UPVALUES = 3, SPELLING = 4 };

#define SCRATCH_TYPE "moonrock.json.scratch"

mr_json_kind mr_json_kind_of(lua_State *L, int idx) {
  if (!lua_getmetatable(L, idx))
    return MR_JSON_PLAIN;
  const void *mark = lua_topointer(L, -1);
  bool is_array = mark == lua_topointer(L, lua_upvalueindex(ARRAY_TYPE));
  if (is_array || mark == lua_topointer(L, lua_upvalueindex(OBJECT_TYPE))) {
    lua_pop(L, 1);
    return is_array ? MR_JSON_MARKED_ARRAY : MR_JSON_MARKED_OBJECT;
  }
  lua_pushliteral(L, "__pairs");
  lua_rawget(L, -2);
  bool is_ordered = lua_tocfunction(L, -1) == mr_json_ordered_pairs;
  lua_pop(L, is_ordered ? 1 : 2);
  return is_ordered ? MR_JSON_ORDERED : MR_JSON_PLAIN;
}

/* ---- scratch memory ---- */

/* A script's finalizer may come later and use it again. */
static int scratch_gc(lua_State *L) {
  mr_json_scratch *s = luaL_checkudata(L, 1, SCRATCH_TYPE);
  mr_buf_clear(&s->text);
  mr_buf_clear(&s->members);
  mr_json_index_free(&s->index);
  s->text.alloc = s->members.alloc = s->index.alloc = mr_alloc_none();
  return 0;
}

static mr_json_scratch *new_scratch(lua_State *L) {
  mr_json_scratch *s = lua_newuserdatauv(L, sizeof *s, MR_JSON_KEYS);
  memset(s->keys, 0, sizeof s->keys);
  mr_buf_init(&s->text, mr_context_alloc(L));
  mr_buf_init(&s->members, mr_context_alloc(L));
  mr_json_index_init(&s->index, mr_context_alloc(L));
  s->busy = false;
  luaL_setmetatable(L, SCRATCH_TYPE);
  return s;
}

mr_json_scratch *mr_json_take_scratch(lua_State *L) {
  mr_json_scratch *s = lua_touserdata(L, lua_upvalueindex(SCRATCH));
  if (s->busy) { /* a call is under way, or an error left one: it keeps that, later ones get this */
    s = new_scratch(L);
    lua_copy(L, -1, lua_upvalueindex(SCRATCH));
  } else {
    lua_pushvalue(L, lua_upvalueindex(SCRATCH));
  }
  s->busy = true;
  return s;
}

static void return_buffer(mr_buf *b) {
  if (b->cap > 256 * 1024 || b->status < 0)
    mr_buf_clear(b);
  else
    mr_buf_reset(b);
}

void mr_json_return_scratch(mr_json_scratch *s) {
  return_buffer(&s->text);
  return_buffer(&s->members);
  if (s->index.capacity > 32 * 1024)
    mr_json_index_free(&s->index);
  s->busy = false;
}

/* ---- tables that keep their order ---- */

void mr_json_set_order(lua_State *L) { /* stack: table, list */
  lua_pushcfunction(L, mr_json_ordered_pairs);
  lua_setfield(L, -2, "__pairs");
  lua_setmetatable(L, -2);
}

typedef struct name {
  mr_slice text; /* ptr NULL: an integer key */
  lua_Integer number;
} name;

static int compare(const void *a, const void *b) {
  const name *x = a, *y = b;
  if (x->text.ptr && y->text.ptr)
    return mr_slice_compare(x->text, y->text);
  if (x->text.ptr || y->text.ptr)
    return x->text.ptr ? 1 : -1;
  return x->number < y->number ? -1 : x->number > y->number;
}

/* Appends to `list` the keys of the table at idx that are not in the table `known`, which gets
 * them too: integers, strings, then whatever else there is. */
static void append_new(lua_State *L, int idx, int list, int known, lua_Integer n) {
  mr_buf *names = mr_context_buffer(L);
  lua_pushnil(L);
  while (lua_next(L, idx)) {
    name key = {{NULL, 0}, 0};
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, known) == LUA_TNIL) {
      if (lua_type(L, -2) == LUA_TSTRING)
        key.text.ptr = lua_tolstring(L, -2, &key.text.len);
      else if (lua_isinteger(L, -2))
        key.number = lua_tointeger(L, -2);
      if (key.text.ptr || lua_isinteger(L, -2)) {
        mr_buf_put(names, &key, sizeof key);
        lua_pushvalue(L, -2); /* kept there: a finalizer may take it out of the table */
        lua_pushboolean(L, 1);
        lua_rawset(L, known);
      }
    }
    lua_pop(L, 1);
  }
  if (names->status < 0)
    mr_error_memory(L);
  size_t count = names->len / sizeof(name);
  if (count > 1)
    qsort(names->ptr, count, sizeof(name), compare);
  for (size_t i = 0; i < count; i++) {
    const name *key = (const name *)(const void *)names->ptr + i;
    if (key->text.ptr)
      lua_pushlstring(L, key->text.ptr, key->text.len);
    else
      lua_pushinteger(L, key->number);
    lua_rawseti(L, list, ++n);
  }
  lua_pushnil(L);
  while (lua_next(L, idx)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING && !lua_isinteger(L, -1)) {
      lua_pushvalue(L, -1);
      lua_rawseti(L, list, ++n);
    }
  }
  lua_pop(L, 1); /* the buffer */
}

lua_Integer mr_json_push_order(lua_State *L, int idx) {
  idx = lua_absindex(L, idx);
  int order = lua_gettop(L);
  lua_Integer listed = (lua_Integer)lua_rawlen(L, order), n = 0, present = 0;
  luaL_checkstack(L, 10, "ordered table");
  lua_createtable(L, (int)listed, 0);
  for (lua_Integer i = 1; i <= listed; i++) {
    lua_rawgeti(L, order, i);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, idx) != LUA_TNIL) {
      lua_pop(L, 1);
      lua_rawseti(L, order + 1, ++n);
    } else {
      lua_pop(L, 2);
    }
  }
  lua_pushnil(L);
  for (; lua_next(L, idx); present++)
    lua_pop(L, 1);
  if (present != n) {
    lua_createtable(L, 0, (int)n);
    for (lua_Integer i = 1; i <= n; i++) {
      lua_rawgeti(L, order + 1, i);
      lua_pushboolean(L, 1);
      lua_rawset(L, order + 2);
    }
    append_new(L, idx, order + 1, order + 2, n);
    lua_settop(L, order + 1);
  }
  lua_remove(L, order);
  return present;
}

/* Upvalues: list of keys, position.  Keys set to nil since the start are passed over. */
static int ordered_next(lua_State *L) {
  lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));
  lua_settop(L, 1);
  while (lua_rawgeti(L, lua_upvalueindex(1), ++i) != LUA_TNIL) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, 1) != LUA_TNIL) {
      lua_pushinteger(L, i);
      lua_replace(L, lua_upvalueindex(2));
      return 2;
    }
    lua_settop(L, 1);
  }
  lua_pushnil(L);
  return 1;
}

int mr_json_ordered_pairs(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  if (!lua_getmetatable(L, 1))
    return luaL_argerror(L, 1, "a table with an order of keys was expected");
  mr_json_push_order(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, ordered_next, 2);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

/* ---- paths ---- */

void mr_json_put_path(mr_buf *b, const mr_json_place *p) {
  if (!p)
    return;
  mr_json_put_path(b, p->up);
  if (p->index > 0) {
    mr_buf_putc(b, '[');
    mr_text_integer(b, p->index);
    mr_buf_putc(b, ']');
  } else if (p->key) {
    mr_slice key = mr_slice_make(p->key, p->key_len);
    bool is_word = key.len > 0 && key.len < 100;
    for (size_t i = 0; i < key.len && is_word; i++) {
      char c = key.ptr[i];
      is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '_' || c == '-';
    }
    if (is_word) {
      mr_buf_puts(b, b->len ? "." : "");
      mr_buf_slice(b, key);
    } else {
      mr_buf_putc(b, '[');
      if (mr_json_quote(b, key, false) < 0)
        mr_buf_puts(b, "?");
      mr_buf_putc(b, ']');
    }
  }
}

/* ---- spelling ---- */

void mr_json_spell(lua_State *L) {
  int encode = lua_gettop(L) - 1;
  for (int i = 1; i <= UPVALUES; i++)
    lua_getupvalue(L, encode, i);
  lua_pushvalue(L, encode + 1);
  lua_pushcclosure(L, mr_json_encode, SPELLING);
  lua_replace(L, encode);
  lua_settop(L, encode);
}

const mr_json_spelling *mr_json_spelling_of(lua_State *L) {
  return lua_touserdata(L, lua_upvalueindex(SPELLING));
}

/* ---- marks ---- */

static int mark(lua_State *L, int type) {
  if (lua_isnoneornil(L, 1)) {
    lua_settop(L, 0);
    lua_newtable(L);
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  if (mr_json_kind_of(L, 1) == MR_JSON_PLAIN && lua_getmetatable(L, 1))
    return luaL_argerror(L, 1, "the table has a metatable of its own");
  lua_pushvalue(L, lua_upvalueindex(type));
  lua_setmetatable(L, 1);
  lua_settop(L, 1);
  return 1;
}

static int json_array(lua_State *L) {
  return mark(L, ARRAY_TYPE);
}

static int json_object(lua_State *L) {
  return mark(L, OBJECT_TYPE);
}

/* is_array(v): would v be encoded as an array? */
static int json_is_array(lua_State *L) {
  bool answer = false;
  luaL_checkany(L, 1);
  if (lua_istable(L, 1)) {
    mr_json_kind kind = mr_json_kind_of(L, 1);
    answer = kind == MR_JSON_MARKED_ARRAY || (kind == MR_JSON_PLAIN && lua_rawlen(L, 1) > 0);
  }
  lua_pushboolean(L, answer);
  return 1;
}

int luaopen_moonrock_json(lua_State *L) {
  static const luaL_Reg functions[] = {{"array", json_array},      {"decode", mr_json_decode},
                                       {"encode", mr_json_encode}, {"is_array", json_is_array},
                                       {"object", json_object},    {NULL, NULL}};
  luaL_newlibtable(L, functions);
  luaL_newmetatable(L, MR_JSON_ARRAY_TYPE);
  luaL_newmetatable(L, MR_JSON_OBJECT_TYPE);
  if (mr_type_new(L, SCRATCH_TYPE)) {
    lua_pushcfunction(L, scratch_gc);
    lua_setfield(L, -2, "__gc");
    mr_type_done(L, SCRATCH_TYPE);
  }
  lua_pop(L, 1);
  new_scratch(L);
  luaL_setfuncs(L, functions, UPVALUES);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  return 1;
}
