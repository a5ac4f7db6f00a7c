/* SPDX-License-Identifier: MIT
 *
 * lazy_edit_lua.c -- assignments to records, and any Lua value as JSON.
 * What is assigned is copied: a table that changes later, or a node whose record does, changes
 * nothing here.  nil removes. */
#include <lauxlib.h>
#include <math.h>

#include "bindings/lazy_lua.h"
#include "bindings/text.h"
#include "host/context.h"
#include "host/error.h"

static mr_lazy_shared *shared_of(lua_State *L) {
  return lua_touserdata(L, lua_upvalueindex(MR_LAZY_SHARED));
}

static void put_float(lua_State *L, mr_lazy_shared *shared, double value, mr_buf *out) {
  if (shared->spelling.put(&shared->spelling, value, out))
    return;
  if (!isfinite(value))
    luaL_error(L, "%s has no JSON form",
               isnan(value) ? "not a number (nan)" : "an infinite number");
  mr_text_double(out, value);
}

void mr_lazy_put(lua_State *L, mr_lazy_shared *shared, int idx, mr_buf *out) {
  int status = MR_OK;
  mr_slice s;
  const mr_lazy_node *n;
  switch (lua_type(L, idx)) {
  case LUA_TSTRING:
    s.ptr = lua_tolstring(L, idx, &s.len);
    status = mr_json_quote(out, s, false);
    if (status == MR_ERR_ARG)
      luaL_error(L, "a string is not valid UTF-8");
    break;
  case LUA_TNUMBER:
    if (lua_isinteger(L, idx))
      mr_text_integer(out, lua_tointeger(L, idx));
    else
      put_float(L, shared, lua_tonumber(L, idx), out);
    break;
  case LUA_TBOOLEAN:
    mr_buf_puts(out, lua_toboolean(L, idx) ? "true" : "false");
    break;
  case LUA_TTABLE:
    lua_pushvalue(L, lua_upvalueindex(MR_LAZY_ENCODE));
    lua_pushvalue(L, idx);
    lua_call(L, 1, 1);
    s.ptr = lua_tolstring(L, -1, &s.len);
    mr_buf_slice(out, s);
    lua_pop(L, 1);
    break;
  default:
    n = mr_lazy_at(L, idx);
    if (n)
      status = mr_lazy_write(n->at, out);
    else if (lua_type(L, idx) == LUA_TLIGHTUSERDATA && !lua_touserdata(L, idx))
      mr_buf_puts(out, "null");
    else
      luaL_error(L, "a %s has no JSON form", luaL_typename(L, idx));
  }
  if (status == MR_ERR_LIMIT)
    luaL_error(L, "the record is nested too deeply");
  if (status < 0 || out->status < 0) {
    mr_buf_clear(out);
    mr_error_memory(L);
  }
}

/* One assignment: where the record is that keeps the memory. */
typedef struct edit {
  lua_State *L;
  mr_lazy *doc;
  int record; /* stack index */
} edit;

/* A userdata that the record keeps, with those before it. */
static void *more(void *ud, size_t n) {
  edit *e = ud;
  void *piece = lua_newuserdatauv(e->L, n, 1);
  e->doc->ud = e; /* a finalizer may have edited the same record */
  lua_getiuservalue(e->L, e->record, 1);
  lua_setiuservalue(e->L, -2, 1);
  lua_setiuservalue(e->L, e->record, 1);
  return piece;
}

static void ready(edit *e) {
  e->doc->more = more;
  e->doc->ud = e;
}

/* What one large value needed is not kept for the small ones behind it. */
static void trim(mr_lazy_shared *shared) {
  if (shared->text.cap > 1 << 20)
    mr_buf_clear(&shared->text);
  mr_lazy_trim(shared);
}

/* Puts the value at idx into the document as a text of its own.  Gone through again if that
 * needed memory, since a finalizer may then have used what is shared. */
static mr_lazy_ref add(edit *e, int idx) {
  lua_State *L = e->L;
  mr_lazy *doc = e->doc;
  mr_lazy_shared *shared = shared_of(L);
  mr_lazy_ref made = {NULL, 0};
  int type = lua_type(L, idx);
  mr_slice encoded = {NULL, 0};
  if (type == LUA_TTABLE) { /* by itself: a finalizer may edit records meanwhile */
    lua_pushvalue(L, lua_upvalueindex(MR_LAZY_ENCODE));
    lua_pushvalue(L, idx);
    lua_call(L, 1, 1);
    encoded.ptr = lua_tolstring(L, -1, &encoded.len); /* stays on the stack */
  }
  for (;;) {
    bool is_whole = type == LUA_TTABLE || type == LUA_TUSERDATA;
    mr_json_token one;
    mr_json_fault fault;
    shared->uses++;
    mr_buf_reset(&shared->text);
    if (!encoded.ptr)
      mr_lazy_put(L, shared, idx, &shared->text);
    mr_slice text = encoded.ptr ? encoded : mr_buf_view(&shared->text);
    if (is_whole) {
      int status = mr_json_index_build(&shared->index, text, &fault);
      if (status == MR_ERR_MEMORY)
        mr_error_memory(L);
      if (status < 0)
        luaL_error(L, "the value cannot be put into a record: %s", fault.message);
    }
    bool has_escape = type == LUA_TSTRING && memchr(text.ptr, '\\', text.len);
    if (!is_whole && text.len > MR_JSON_INDEX_MAX)
      luaL_error(L, "the value is too long");
    one = (mr_json_token){0, (uint32_t)text.len | (has_escape ? MR_JSON_ESCAPED : 0)};
    const mr_json_token *tokens = is_whole ? shared->index.tokens : &one;
    uint32_t count = is_whole ? shared->index.count : 1;
    size_t room = mr_lazy_room(text.len, count);
    if (room <= doc->left) {
      mr_lazy_add(doc, text, tokens, count, &made);
      trim(shared);
      return made;
    }
    ready(e);
    mr_lazy_reserve(doc, room);
  }
}

/* Stack: record or node, key, value.  Leaves the record at 4. */
static void begin(lua_State *L, mr_lazy_node *n, edit *e) {
  lua_settop(L, 3);
  lua_getiuservalue(L, 1, 1);
  if (!mr_lazy_at(L, 4)) { /* of the record itself it is the memory */
    lua_pushvalue(L, 1);
    lua_replace(L, 4);
  }
  *e = (edit){L, n->doc, 4};
}

static int set_member(lua_State *L, mr_lazy_node *n, edit *e) {
  mr_slice key;
  luaL_argcheck(L, lua_type(L, 2) == LUA_TSTRING, 2, "names of a record are strings");
  key.ptr = lua_tolstring(L, 2, &key.len);
  mr_lazy_ref name = {NULL, 0}, value = {NULL, 0};
  if (!lua_isnil(L, 3)) {
    value = add(e, 3);
    name = mr_lazy_member(n->at, key).in ? name : add(e, 2);
  }
  ready(e);
  if (!value.in)
    return mr_lazy_remove_member(n->doc, n->at, key);
  return mr_lazy_set_member(n->doc, n->at, key, name, value);
}

static int set_element(lua_State *L, mr_lazy_node *n, edit *e) {
  int is_whole;
  lua_Integer i = lua_tointegerx(L, 2, &is_whole), count = mr_lazy_count(n->at);
  luaL_argcheck(L, is_whole, 2, "an array has whole numbers as indexes");
  if (lua_isnil(L, 3)) {
    ready(e);
    if (i == count && count > 0)
      return mr_lazy_remove_last(n->doc, n->at);
    if (i > count || i < 1)
      return MR_OK;
    luaL_argerror(L, 2, "an array cannot have a hole: use table.remove, or json.null");
  }
  if (i < 1 || i > count + 1)
    luaL_argerror(L, 2, lua_pushfstring(L, "the array has %d elements: only 1 to %d can be set",
                                        (int)count, (int)count + 1));
  mr_lazy_ref value = add(e, 3);
  ready(e);
  return mr_lazy_set_element(n->doc, n->at, (uint32_t)(i - 1), value);
}

int mr_lazy_newindex(lua_State *L) {
  mr_lazy_node *n = mr_lazy_at(L, 1);
  edit e;
  if (!n)
    return luaL_typeerror(L, 1, "record");
  begin(L, n, &e);
  int status = mr_lazy_kind(n->at) == '{' ? set_member(L, n, &e) : set_element(L, n, &e);
  if (status < 0)
    mr_error_memory(L);
  return 0;
}
