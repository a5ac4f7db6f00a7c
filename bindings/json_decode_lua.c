/* SPDX-License-Identifier: MIT
 *
 * json_decode_lua.c -- JSON text to Lua values.
 * Members wait on the Lua stack until their container ends (or until there are many), so a
 * table is made with the size that it needs and never rehashed.  Keys repeat from record to
 * record, so the latest are kept in stack slots: a hit saves hashing the string. */
#include <lauxlib.h>

#include "bindings/json_lua.h"
#include "host/context.h"
#include "host/error.h"

enum {
  BATCH = 256,      /* members that wait on the stack, at most */
  KEY_SLOTS = 64,   /* a power of two */
  KEY_LONGEST = 40, /* bytes; longer keys are no names that repeat */
  KEEP_KEYS = 1500  /* bytes of text from which keys repeat enough */
};

typedef struct decoder {
  lua_State *L;
  mr_json_reader reader;
  mr_json_scratch *scratch; /* NULL: no escape in the text */
  int array_type;           /* stack index of the arrays' metatable */
  int keys;                 /* stack index of the first key slot; 0: none are kept */
  bool is_ordered;
  mr_slice seen[KEY_SLOTS]; /* what the slots hold, as slices of the input */
} decoder;

static bool push_value(decoder *d, mr_json_event event);

static void push_key(decoder *d) {
  mr_slice key = d->reader.text;
  bool is_in_input = d->reader.end - d->reader.start == key.len + 2; /* no escape in it */
  if (d->keys == 0 || key.len == 0 || key.len > KEY_LONGEST || !is_in_input) {
    lua_pushlstring(d->L, key.ptr, key.len);
    return;
  }
  const unsigned char *p = (const unsigned char *)key.ptr;
  size_t slot = (key.len * 5 + p[0] * 3u + p[key.len / 2] * 7u + p[key.len - 1]) % KEY_SLOTS;
  mr_slice *seen = &d->seen[slot];
  if (seen->len == key.len && memcmp(seen->ptr, key.ptr, key.len) == 0) {
    lua_pushvalue(d->L, d->keys + (int)slot);
    return;
  }
  lua_pushlstring(d->L, key.ptr, key.len);
  lua_copy(d->L, -1, d->keys + (int)slot);
  *seen = key;
}

/* The first `n` members above the table's place become its next ones. */
static void store_elements(lua_State *L, int place, lua_Integer stored, int n, bool is_last) {
  if (stored == 0) {
    lua_createtable(L, is_last ? n : 4 * n, 0);
    lua_replace(L, place);
  }
  while (n > 0)
    lua_rawseti(L, place, stored + n--);
}

static bool push_array(decoder *d) {
  lua_State *L = d->L;
  lua_Integer stored = 0;
  int n = 0, place;
  luaL_checkstack(L, 24, "JSON array");
  lua_pushnil(L);
  place = lua_gettop(L);
  for (;;) {
    mr_json_event event = mr_json_next(&d->reader);
    if (event == MR_JSON_ARRAY_END)
      break;
    if (!push_value(d, event))
      return false;
    if (++n % 16 == 0) {
      if (n == BATCH) {
        store_elements(L, place, stored, n, false);
        stored += n;
        n = 0;
      }
      luaL_checkstack(L, 24, "JSON array");
    }
  }
  store_elements(L, place, stored, n, true);
  lua_pushvalue(L, d->array_type);
  lua_setmetatable(L, place);
  return true;
}

/* Pairs are stored first to last, so that of equal keys the last one stands. */
static void store_members(decoder *d, int place, bool is_first, int n, bool is_last) {
  lua_State *L = d->L;
  if (is_first) {
    lua_createtable(L, 0, is_last ? n : 4 * n);
    lua_replace(L, place);
  }
  for (int i = 0, at = place + 1 + d->is_ordered; i < n; i++, at += 2) {
    lua_pushvalue(L, at);
    if (d->is_ordered && lua_rawget(L, place) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushvalue(L, at);
      lua_rawseti(L, place + 1, (lua_Integer)lua_rawlen(L, place + 1) + 1);
    } else if (d->is_ordered) {
      lua_pop(L, 1);
    }
    if (d->is_ordered)
      lua_pushvalue(L, at);
    lua_pushvalue(L, at + 1);
    lua_rawset(L, place);
  }
  lua_settop(L, place + d->is_ordered);
}

/* stack while it runs: place of the table, (ordered: list of keys,) key, value, ... */
static bool push_object(decoder *d) {
  lua_State *L = d->L;
  bool is_first = true;
  int n = 0, place;
  luaL_checkstack(L, 40, "JSON object");
  lua_pushnil(L);
  place = lua_gettop(L);
  if (d->is_ordered)
    lua_createtable(L, 8, 2);
  for (;;) {
    mr_json_event event = mr_json_next(&d->reader);
    if (event == MR_JSON_OBJECT_END)
      break;
    if (event != MR_JSON_KEY)
      return false;
    push_key(d);
    if (!push_value(d, mr_json_next(&d->reader)))
      return false;
    if (++n % 16 == 0) {
      if (n == BATCH) {
        store_members(d, place, is_first, n, false);
        is_first = false;
        n = 0;
      }
      luaL_checkstack(L, 40, "JSON object");
    }
  }
  store_members(d, place, is_first, n, true);
  if (d->is_ordered)
    mr_json_set_order(L);
  return true;
}

/* Pushes the value that the event begins; false if the text is at fault (the stack may then
 * hold anything). */
static bool push_value(decoder *d, mr_json_event event) {
  lua_State *L = d->L;
  switch (event) {
  case MR_JSON_OBJECT:
    return push_object(d);
  case MR_JSON_ARRAY:
    return push_array(d);
  case MR_JSON_STRING:
    lua_pushlstring(L, d->reader.text.ptr, d->reader.text.len);
    return true;
  case MR_JSON_INTEGER:
    lua_pushinteger(L, d->reader.integer);
    return true;
  case MR_JSON_DOUBLE:
    lua_pushnumber(L, d->reader.number);
    return true;
  case MR_JSON_TRUE:
  case MR_JSON_FALSE:
    lua_pushboolean(L, event == MR_JSON_TRUE);
    return true;
  case MR_JSON_NULL:
    lua_pushlightuserdata(L, NULL);
    return true;
  default:
    return false;
  }
}

static void set_integer(lua_State *L, const char *name, size_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

/* nil and the error object. */
static int refuse(decoder *d) {
  const mr_json_reader *r = &d->reader;
  size_t line, column;
  if (r->status == MR_ERR_MEMORY)
    mr_error_memory(d->L);
  mr_json_position(r->input, r->start, &line, &column);
  lua_settop(d->L, 0);
  lua_pushnil(d->L);
  mr_error_push(d->L, "JSONSyntax", "line %I, column %I: %s", (LUAI_UACINT)line,
                (LUAI_UACINT)column, r->message);
  set_integer(d->L, "line", line);
  set_integer(d->L, "column", column);
  set_integer(d->L, "offset", r->start);
  return 2;
}

/* options: ordered, max_depth, position (1-based byte: one value is read from there, the text
 * may go on behind it, and a second result tells where). */
int mr_json_decode(lua_State *L) {
  decoder d;
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  lua_Integer max_depth = MR_JSON_DEPTH, position = 0;
  lua_settop(L, 2);
  d.L = L;
  d.is_ordered = false;
  if (!lua_isnil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "ordered");
    d.is_ordered = lua_toboolean(L, -1);
    if (lua_getfield(L, 2, "max_depth") != LUA_TNIL) {
      max_depth = lua_tointeger(L, -1);
      luaL_argcheck(L, max_depth >= 1 && max_depth <= MR_JSON_MAX_DEPTH, 2,
                    "max_depth must be 1 to 1024");
    }
    if (lua_getfield(L, 2, "position") != LUA_TNIL) {
      position = lua_tointeger(L, -1);
      luaL_argcheck(L, position >= 1 && (size_t)position <= len + 1, 2,
                    "position must lie inside the text");
    }
    lua_settop(L, 2);
  }
  luaL_checkstack(L, KEY_SLOTS + 24, "JSON");
  mr_json_init(&d.reader, mr_slice_make(text, len), NULL, (int)max_depth);
  if (position > 0)
    mr_json_seek(&d.reader, (size_t)position - 1);
  d.scratch = memchr(text, '\\', len) ? mr_json_take_scratch(L) : NULL;
  if (d.scratch)
    mr_json_borrow(&d.reader, &d.scratch->text);
  lua_pushvalue(L, lua_upvalueindex(1));
  d.array_type = lua_gettop(L);
  d.keys = 0;
  if (len >= KEEP_KEYS) {
    d.keys = d.array_type + 1;
    lua_settop(L, d.array_type + KEY_SLOTS);
    memset(d.seen, 0, sizeof d.seen);
  }
  bool ok = push_value(&d, mr_json_next(&d.reader)) &&
            (position > 0 || mr_json_next(&d.reader) == MR_JSON_END);
  if (d.scratch)
    mr_json_return_scratch(d.scratch);
  if (!ok)
    return refuse(&d);
  if (position == 0)
    return 1;
  lua_pushinteger(L, (lua_Integer)d.reader.end + 1);
  return 2;
}
