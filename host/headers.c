/* SPDX-License-Identifier: MIT
 *
 * headers.c -- headers as one userdata, so that a request needs no table for each of them.
 * The fields lie behind the struct, and in a userdata of their own once they have outgrown that.  A
 * value that is a secret stands among them as "[secret]" and lies in a table, under the number of
 * its field.  Whatever asks Lua for memory may run a finalizer of the script that changes the
 * headers: after that, nothing is taken for granted. */
#include "host/headers.h"

#include <lauxlib.h>

#include "host/context.h"
#include "host/realm.h"
#include "host/type.h"

#define HEADERS_TYPE "moonrock.headers"

enum { ROOM = 1, SECRETS }; /* user values: where the fields are now; the table */
enum { SPARE = 640, LONGEST = 1 << 30 };

typedef struct headers {
  char *at; /* see head.h */
  size_t len, size;
  size_t count;
  size_t given; /* so many at the front are still those of the plain list it was made of */
} headers;

static mr_slice view(const headers *h) {
  return mr_slice_make(h->at, h->len);
}

/* ---- making and changing ---- */

static void push_type(lua_State *L);

static headers *push_empty(lua_State *L, size_t room) {
  headers *h = lua_newuserdatauv(L, sizeof *h + room, 2);
  *h = (headers){(char *)(h + 1), 0, room, 0, 0};
  push_type(L);
  lua_setmetatable(L, -2);
  return h;
}

static void reserve(lua_State *L, int idx, headers *h, size_t n) {
  while (h->size - h->len < n) {
    size_t size = 2 * (h->size + n);
    char *more = lua_newuserdatauv(L, size, 0);
    if (h->size < size) {
      memcpy(more, h->at, h->len);
      lua_pushvalue(L, -1);
      lua_setiuservalue(L, idx, ROOM);
      h->at = more;
      h->size = size;
    }
    lua_pop(L, 1);
  }
}

void mr_headers_push(lua_State *L, mr_slice head) {
  headers *h = push_empty(L, head.len);
  if (head.len)
    memcpy(h->at, head.ptr, head.len);
  h->len = head.len;
  for (mr_pair field; mr_head_next(&head, &field);)
    h->count++;
}

void mr_headers_add(lua_State *L, int idx, mr_slice name) {
  headers *h = lua_touserdata(L, idx);
  mr_slice value = mr_slice_of("[secret]");
  bool secret = lua_type(L, -1) == LUA_TUSERDATA;
  idx = lua_absindex(L, idx);
  if (!secret) {
    value.ptr = lua_tolstring(L, -1, &value.len);
  } else if (lua_getiuservalue(L, idx, SECRETS) == LUA_TNIL) {
    lua_newtable(L);
    lua_replace(L, -2);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, idx, SECRETS);
  }
  if (name.len > LONGEST || value.len > LONGEST)
    luaL_error(L, "a header of more than 1 GiB");
  size_t n = mr_head_size(name, value);
  reserve(L, idx, h, n);
  mr_head_write(h->at + h->len, name, value);
  h->len += n;
  h->count++;
  if (secret) {
    lua_insert(L, -2); /* stack: ..., secrets, value */
    lua_rawseti(L, -2, (lua_Integer)h->count);
  }
  lua_pop(L, 1);
}

/* Pushes a table of its own with the same secrets; or nil. */
static void copy_secrets(lua_State *L, int idx) {
  if (lua_getiuservalue(L, idx, SECRETS) == LUA_TNIL)
    return;
  lua_newtable(L);
  for (lua_pushnil(L); lua_next(L, -3);) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4); /* stack: ..., old, new, key */
  }
  lua_replace(L, -2);
}

/* The table that was there stays whole: mr_headers_read may have given views into its secrets. */
void mr_headers_remove(lua_State *L, int idx, mr_slice name) {
  headers *h = lua_touserdata(L, idx);
  mr_pair field;
  idx = lua_absindex(L, idx);
  copy_secrets(L, idx);
  bool secrets = !lua_isnil(L, -1);
  mr_slice rest = view(h);
  h->len = h->count = 0;
  for (lua_Integer i = 1; rest.len > 0; i++) {
    const char *from = rest.ptr;
    mr_head_next(&rest, &field);
    bool out = mr_slice_alike(field.name, name);
    if (out && h->given > h->count)
      h->given = h->count;
    if (!out) {
      memmove(h->at + h->len, from, (size_t)(rest.ptr - from));
      h->len += (size_t)(rest.ptr - from);
      h->count++;
    }
    if (!secrets || i == (lua_Integer)h->count)
      continue;
    if (!out) {
      lua_rawgeti(L, -1, i);
      lua_rawseti(L, -2, (lua_Integer)h->count);
    }
    lua_pushnil(L);
    lua_rawseti(L, -2, i);
  }
  lua_setiuservalue(L, idx, SECRETS);
}

/* ---- plain lists ---- */

static bool is_value(lua_State *L, int idx) {
  return lua_isstring(L, idx) || mr_context_is_secret(L, idx);
}

/* Appends the pair on top, and pops it; i: its number in the list that is argument `arg`. */
static void add_pair(lua_State *L, int idx, int arg, lua_Integer i) {
  mr_slice name;
  if (!lua_istable(L, -1) || lua_rawgeti(L, -1, 1) != LUA_TSTRING ||
      (lua_rawgeti(L, -2, 2), !is_value(L, -1))) {
    lua_pushfstring(L, "headers[%I] must be {name, value}, a pair of strings", (LUAI_UACINT)i);
    luaL_argerror(L, arg, lua_tostring(L, -1));
  }
  name.ptr = lua_tolstring(L, -2, &name.len);
  mr_headers_add(L, idx, name);
  lua_pop(L, 2);
}

void mr_headers_check(lua_State *L, int idx, int arg) {
  idx = lua_absindex(L, idx);
  if (luaL_testudata(L, idx, HEADERS_TYPE))
    return;
  if (!lua_istable(L, idx))
    luaL_argerror(L, arg, "'headers' must be a list of {name, value}");
  luaL_checkstack(L, 8, "headers");
  push_empty(L, SPARE);
  int made = lua_gettop(L);
  lua_Integer n = (lua_Integer)lua_rawlen(L, idx);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, idx, i);
    add_pair(L, made, arg, i);
  }
  headers *h = lua_touserdata(L, made);
  h->given = h->count;
  lua_replace(L, idx);
}

/* Pushes the value of field number i, which stands there as `text`. */
static void push_value(lua_State *L, int idx, size_t i, mr_slice text) {
  int type = lua_getiuservalue(L, idx, SECRETS);
  if (type == LUA_TTABLE) {
    type = lua_rawgeti(L, -1, (lua_Integer)i);
    lua_remove(L, -2);
  }
  if (type != LUA_TNIL)
    return;
  lua_pop(L, 1);
  lua_pushlstring(L, text.ptr, text.len);
}

static bool find(const headers *h, size_t i, mr_pair *field) {
  mr_slice rest = view(h);
  size_t at = 0;
  while (at < i && mr_head_next(&rest, field))
    at++;
  return at == i && i > 0;
}

static void push_pair(lua_State *L, int idx, size_t i) {
  const headers *h = lua_touserdata(L, idx);
  mr_pair field;
  lua_createtable(L, 2, 0);
  for (int part = 1; part <= 2 && find(h, i, &field); part++) {
    if (part == 1)
      lua_pushlstring(L, field.name.ptr, field.name.len);
    else
      push_value(L, idx, i, field.value);
    lua_rawseti(L, -2, part);
  }
}

void mr_headers_to_list(lua_State *L, int idx, int list) {
  const headers *h = lua_touserdata(L, idx);
  idx = lua_absindex(L, idx);
  for (size_t i = h->given + 1; i <= h->count; i++) {
    push_pair(L, idx, i);
    lua_rawseti(L, list, (lua_Integer)i);
  }
  for (lua_Integer i = (lua_Integer)lua_rawlen(L, list); i > (lua_Integer)h->count; i--) {
    lua_pushnil(L);
    lua_rawseti(L, list, i);
  }
}

/* ---- reading in C ---- */

bool mr_headers_secret(lua_State *L, int idx) {
  bool secret = lua_getiuservalue(L, idx, SECRETS) == LUA_TTABLE;
  lua_pop(L, 1);
  return secret;
}

mr_pair *mr_headers_read(lua_State *L, int idx, bool open, size_t *count) {
  const headers *h = lua_touserdata(L, idx);
  size_t most, room;
  mr_pair *fields;
  idx = lua_absindex(L, idx);
  for (;;) {
    most = h->count;
    room = h->len;
    fields = lua_newuserdatauv(L, (most + 1) * sizeof *fields + room, 1);
    if (h->count <= most && h->len <= room)
      break;
    lua_pop(L, 1);
  }
  mr_slice rest = mr_slice_make(memcpy(fields + most + 1, h->at, h->len), h->len);
  *count = 0;
  while (mr_head_next(&rest, &fields[*count]))
    ++*count;
  if (lua_getiuservalue(L, idx, SECRETS) == LUA_TNIL || !open) {
    lua_pop(L, 1);
    return fields;
  }
  for (size_t i = 0; i < *count; i++) {
    if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TNIL)
      fields[i].value = mr_context_bytes(L, -1);
    lua_pop(L, 1);
  }
  lua_setiuservalue(L, -2, 1);
  return fields;
}

/* ---- what Lua sees: a list, and the functions of moonrock.headers ---- */

/* Of an argument; the type's metatable is the upvalue of all functions here. */
static headers *check(lua_State *L, int arg) {
  headers *h = lua_touserdata(L, arg);
  if (!h || !lua_getmetatable(L, arg) || !lua_rawequal(L, -1, lua_upvalueindex(1)))
    luaL_typeerror(L, arg, HEADERS_TYPE);
  lua_pop(L, 1);
  return h;
}

static mr_slice check_name(lua_State *L, int arg) {
  mr_slice name;
  name.ptr = luaL_checklstring(L, arg, &name.len);
  return name;
}

/* of(list) -> headers; what are headers already is given back */
static int headers_of(lua_State *L) {
  lua_settop(L, 1);
  mr_headers_check(L, 1, 1);
  return 1;
}

/* add(headers, name, value, ...) */
static int headers_add(lua_State *L) {
  int n = lua_gettop(L);
  check(L, 1);
  for (int i = 2; i <= n; i += 2) {
    mr_slice name = check_name(L, i);
    luaL_argexpected(L, is_value(L, i + 1), i + 1, "string or secret");
    lua_pushvalue(L, i + 1);
    mr_headers_add(L, 1, name);
  }
  return 0;
}

/* get(headers, name) -> the first value, or nil */
static int headers_get(lua_State *L) {
  mr_slice rest, name = check_name(L, 2);
  mr_pair field;
  mr_headers_check(L, 1, 1);
  rest = view(lua_touserdata(L, 1));
  for (size_t i = 1; mr_head_next(&rest, &field); i++) {
    if (mr_slice_alike(field.name, name)) {
      push_value(L, 1, i, field.value);
      return 1;
    }
  }
  lua_pushnil(L);
  return 1;
}

/* remove(headers, name) */
static int headers_remove(lua_State *L) {
  check(L, 1);
  mr_headers_remove(L, 1, check_name(L, 2));
  return 0;
}

/* copy(headers) -> headers, with room for what a client adds */
static int headers_copy(lua_State *L) {
  const headers *h = check(L, 1);
  headers *c = push_empty(L, h->len + SPARE);
  int copy = lua_gettop(L);
  copy_secrets(L, 1);
  lua_setiuservalue(L, copy, SECRETS);
  while (c->size < h->len)
    reserve(L, copy, c, h->len);
  memcpy(c->at, h->at, h->len);
  c->len = h->len;
  c->count = h->count;
  return 1;
}

static int headers_index(lua_State *L) {
  const headers *h = check(L, 1);
  lua_Integer i = lua_tointeger(L, 2);
  if (i >= 1 && (size_t)i <= h->count)
    push_pair(L, 1, (size_t)i);
  else
    lua_pushnil(L);
  return 1;
}

/* headers[#headers + 1] = {name, value} */
static int headers_newindex(lua_State *L) {
  lua_Integer i = (lua_Integer)check(L, 1)->count + 1;
  if (lua_tointeger(L, 2) != i)
    return luaL_error(L, "headers grow at their end: headers[#headers + 1] = {name, value}");
  add_pair(L, 1, 3, i);
  return 0;
}

static int headers_len(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check(L, 1)->count);
  return 1;
}

static int headers_tostring(lua_State *L) {
  lua_pushfstring(L, "headers (%d)", (int)check(L, 1)->count);
  return 1;
}

/* Pushes the metatable. */
static void push_type(lua_State *L) {
  static const luaL_Reg meta[] = {{"__index", headers_index},
                                  {"__newindex", headers_newindex},
                                  {"__len", headers_len},
                                  {"__tostring", headers_tostring},
                                  {NULL, NULL}};
  if (mr_type_new(L, HEADERS_TYPE)) {
    lua_pushvalue(L, -1);
    luaL_setfuncs(L, meta, 1);
    mr_type_done(L, HEADERS_TYPE);
  }
}

int luaopen_moonrock_headers(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"of", headers_of},         {"add", headers_add},   {"get", headers_get},
      {"remove", headers_remove}, {"copy", headers_copy}, {NULL, NULL}};
  luaL_newlibtable(L, functions);
  push_type(L);
  luaL_setfuncs(L, functions, 1);
  return 1;
}
