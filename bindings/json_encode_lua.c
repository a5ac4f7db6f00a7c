/* SPDX-License-Identifier: MIT
 *
 * json_encode_lua.c -- Lua values to JSON text.
 * Access is raw, but a finalizer can run and change any table meanwhile: so what is still to be
 * written is held by the Lua stack.  The members of an object wait there while its keys are
 * sorted. */
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>

#include "bindings/json_lua.h"
#include "bindings/text.h"
#include "host/context.h"
#include "host/error.h"

enum { ON_STACK = 2000 }; /* members of one object that may wait there; fewer far down */

/* The way from the outermost value to the present one, for messages and against cycles. */
typedef struct place {
  const struct place *up;
  const void *table;
  mr_slice key; /* of the member under way; ptr NULL in an array */
  lua_Integer index;
} place;

typedef struct member {
  mr_slice key;
  int at; /* stack index of the value; -n: to be looked up by the n-th of the names kept aside */
} member;

typedef struct encoder {
  lua_State *L;
  mr_json_writer writer;
  mr_json_scratch *scratch;
  mr_buf *out, *members; /* of the scratch */
  int depth, max_depth;
  bool sort_keys;
} encoder;

static void put_value(encoder *e, int idx, place *up);

/* ---- faults ---- */

static void add_path(mr_buf *b, const place *p) {
  if (!p)
    return;
  add_path(b, p->up);
  if (p->index > 0) {
    mr_buf_putc(b, '[');
    mr_text_integer(b, p->index);
    mr_buf_putc(b, ']');
  } else if (p->key.ptr) {
    bool is_word = p->key.len > 0 && p->key.len < 100;
    for (size_t i = 0; i < p->key.len && is_word; i++) {
      char c = p->key.ptr[i];
      is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '_' || c == '-';
    }
    if (is_word) {
      mr_buf_puts(b, b->len ? "." : "");
      mr_buf_slice(b, p->key);
    } else {
      mr_buf_putc(b, '[');
      if (mr_json_quote(b, p->key, false) < 0)
        mr_buf_puts(b, "?");
      mr_buf_putc(b, ']');
    }
  }
}

/* Raises: argument 1 cannot be encoded; says where and why. */
static void refuse(encoder *e, const place *p, const char *what) {
  mr_buf *b = mr_context_buffer(e->L);
  add_path(b, p);
  const char *path = mr_buf_text(b);
  if (b->len > 0)
    lua_pushfstring(e->L, "%s, at %s", what, path);
  else
    lua_pushstring(e->L, what);
  mr_json_return_scratch(e->scratch);
  luaL_argerror(e->L, 1, lua_tostring(e->L, -1));
}

static void refuse_type(encoder *e, int idx, const place *p, const char *as_what) {
  const char *type = luaL_typename(e->L, idx);
  if (luaL_getmetafield(e->L, idx, "__name") == LUA_TSTRING)
    type = lua_tostring(e->L, -1);
  lua_pushfstring(e->L, "%s cannot be %s of JSON", type, as_what);
  refuse(e, p, lua_tostring(e->L, -1));
}

static void no_memory(encoder *e) {
  mr_json_return_scratch(e->scratch);
  mr_error_memory(e->L);
}

static inline void check_writer(encoder *e, const place *p) {
  if (e->writer.status == MR_OK && e->out->status == MR_OK)
    return;
  if (e->out->status < 0)
    no_memory(e);
  if (e->writer.status < 0)
    refuse(e, p, "a string is not valid UTF-8 (use base64 for bytes)");
}

static void enter(encoder *e, place *p) {
  for (const place *q = p->up; q; q = q->up)
    if (q->table == p->table)
      refuse(e, p->up, "a table contains itself");
  if (++e->depth > e->max_depth)
    refuse(e, p->up, "nested too deeply");
  luaL_checkstack(e->L, 40, "JSON");
}

/* ---- containers ---- */

/* Is the table a list 1..n and nothing else?  An empty one is. */
static bool is_list(lua_State *L, int idx, lua_Integer *n) {
  lua_Integer count = 0;
  *n = (lua_Integer)lua_rawlen(L, idx);
  lua_pushnil(L);
  while (lua_next(L, idx)) {
    lua_pop(L, 1);
    lua_Integer key = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    if (key < 1 || key > *n) {
      lua_pop(L, 1);
      return false;
    }
    count++;
  }
  return count == *n;
}

static void put_array(encoder *e, int idx, lua_Integer n, place *p) {
  int at = lua_gettop(e->L) + 1;
  mr_json_open_array(&e->writer);
  for (p->index = 1; p->index <= n; p->index++) {
    lua_rawgeti(e->L, idx, p->index);
    put_value(e, at, p);
    lua_pop(e->L, 1);
  }
  mr_json_close_array(&e->writer);
}

static inline int compare(const void *a, const void *b) {
  const member *x = a, *y = b;
  if (x->key.len > 0 && y->key.len > 0 && *x->key.ptr != *y->key.ptr)
    return (unsigned char)*x->key.ptr - (unsigned char)*y->key.ptr;
  size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
  int order = n ? memcmp(x->key.ptr, y->key.ptr, n) : 0;
  return order ? order : x->key.len < y->key.len ? -1 : x->key.len > y->key.len;
}

static void sort(member *list, size_t n) {
  if (n > 16) {
    qsort(list, n, sizeof *list, compare);
    return;
  }
  for (size_t i = 1; i < n; i++) {
    member m = list[i];
    size_t at = i;
    for (; at > 0 && compare(&m, &list[at - 1]) < 0; at--)
      list[at] = list[at - 1];
    list[at] = m;
  }
}

static inline mr_slice key_at(encoder *e, int idx, place *p) {
  mr_slice key;
  if (lua_type(e->L, idx) != LUA_TSTRING) {
    if (lua_isinteger(e->L, idx) && lua_tointeger(e->L, idx) > 0)
      refuse(e, p->up, "a table has both names and numbers as keys, or a list has holes");
    refuse_type(e, idx, p->up, "a key");
  }
  key.ptr = lua_tolstring(e->L, idx, &key.len);
  return key;
}

static inline void add_member(encoder *e, mr_slice key, int at) {
  mr_buf *b = e->members;
  char *room =
      b->cap - b->len >= sizeof(member) ? b->ptr + b->len : mr_buf_reserve(b, sizeof(member));
  if (!room)
    no_memory(e);
  member *m = (member *)(void *)room;
  m->key = key;
  m->at = at;
  b->len += sizeof *m;
}

/* Writes the members collected from `first` on; they may move while values are written.
 * names: stack index of those kept aside. */
static void put_members(encoder *e, int idx, int names, size_t first, place *p) {
  size_t end = e->members->len;
  for (size_t at = first; at < end; at += sizeof(member)) {
    member m;
    memcpy(&m, e->members->ptr + at, sizeof m);
    p->key = m.key;
    mr_json_put_key(&e->writer, m.key);
    check_writer(e, p);
    if (m.at > 0) {
      put_value(e, m.at, p);
    } else {
      lua_rawgeti(e->L, names, -m.at);
      lua_rawget(e->L, idx);
      put_value(e, lua_gettop(e->L), p);
      lua_pop(e->L, 1);
    }
  }
}

/* Keys and values stay on the stack; past ON_STACK members the keys are kept in a table and
 * the values looked up later.  Gives the table's stack index. */
static int collect_all(encoder *e, int idx, place *p) {
  lua_State *L = e->L;
  int count = 0, most = e->depth > 100 ? 16 : ON_STACK, names = lua_gettop(L) + 1, at = names + 2;
  lua_pushnil(L); /* the table, if there are so many */
  lua_pushnil(L);
  while (lua_next(L, idx)) { /* stack: members so far, key, value */
    mr_slice key = key_at(e, -2, p);
    if (count++ < most) {
      add_member(e, key, at);
      lua_pushvalue(L, -2);
      at += 2;
      if (count % 16 == 0)
        luaL_checkstack(L, 40, "JSON");
    } else {
      if (count == most + 1) {
        lua_newtable(L);
        lua_replace(L, names);
      }
      add_member(e, key, most - count);
      lua_pop(L, 1);
      lua_pushvalue(L, -1);
      lua_rawseti(L, names, count - most);
    }
  }
  return names;
}

static int collect_in_order(encoder *e, int idx, place *p) { /* stack: metatable */
  lua_State *L = e->L;
  lua_Integer n = mr_json_push_order(L, idx);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, -1, i);
    add_member(e, key_at(e, -1, p), -(int)i);
    lua_pop(L, 1);
  }
  return lua_gettop(L);
}

static void put_object(encoder *e, int idx, bool is_ordered, place *p) {
  size_t first = e->members->len;
  int top = lua_gettop(e->L) - is_ordered;
  mr_json_open_object(&e->writer);
  int names = is_ordered ? collect_in_order(e, idx, p) : collect_all(e, idx, p);
  if (e->sort_keys && !is_ordered && e->members->len > first)
    sort((member *)(void *)(e->members->ptr + first), (e->members->len - first) / sizeof(member));
  put_members(e, idx, names, first, p);
  e->members->len = first;
  lua_settop(e->L, top);
  mr_json_close_object(&e->writer);
}

static void put_table(encoder *e, int idx, place *up) {
  lua_State *L = e->L;
  place p = {up, lua_topointer(L, idx), {NULL, 0}, 0};
  lua_Integer n = 0;
  enter(e, &p);
  switch (mr_json_kind_of(L, idx)) {
  case MR_JSON_MARKED_ARRAY:
    if (!is_list(L, idx, &n))
      refuse(e, up, "an array has holes or keys that are no numbers");
    put_array(e, idx, n, &p);
    break;
  case MR_JSON_MARKED_OBJECT:
    put_object(e, idx, false, &p);
    break;
  case MR_JSON_ORDERED:
    put_object(e, idx, true, &p);
    break;
  case MR_JSON_PLAIN:
    if (lua_rawlen(L, idx) > 0 && is_list(L, idx, &n))
      put_array(e, idx, n, &p);
    else
      put_object(e, idx, false, &p);
    break;
  }
  e->depth--;
}

/* What gives its own JSON by the metatable's __json: a record of moonrock.jsonl.  It may call
 * the encoder, which then has other buffers. */
static bool put_userdata(encoder *e, int idx) {
  mr_slice s;
  if (luaL_getmetafield(e->L, idx, "__json") == LUA_TNIL)
    return false;
  lua_pushvalue(e->L, idx);
  lua_call(e->L, 1, 1);
  s.ptr = luaL_checklstring(e->L, -1, &s.len);
  mr_json_put_raw(&e->writer, s);
  lua_pop(e->L, 1);
  return true;
}

static void put_value(encoder *e, int idx, place *up) {
  lua_State *L = e->L;
  mr_slice s;
  switch (lua_type(L, idx)) {
  case LUA_TNIL:
    mr_json_put_null(&e->writer);
    break;
  case LUA_TBOOLEAN:
    mr_json_put_bool(&e->writer, lua_toboolean(L, idx));
    break;
  case LUA_TNUMBER:
    if (lua_isinteger(L, idx)) {
      mr_json_put_integer(&e->writer, lua_tointeger(L, idx));
    } else {
      lua_Number number = lua_tonumber(L, idx);
      if (!isfinite(number))
        refuse(e, up,
               isnan(number) ? "not a number (nan) has no JSON form"
                             : "an infinite number has no JSON form");
      mr_json_put_double(&e->writer, number);
    }
    break;
  case LUA_TSTRING:
    s.ptr = lua_tolstring(L, idx, &s.len);
    mr_json_put_string(&e->writer, s);
    check_writer(e, up);
    break;
  case LUA_TLIGHTUSERDATA:
    if (lua_touserdata(L, idx))
      refuse_type(e, idx, up, "a value");
    mr_json_put_null(&e->writer);
    break;
  case LUA_TTABLE:
    put_table(e, idx, up);
    break;
  case LUA_TUSERDATA:
    if (put_userdata(e, idx))
      break; /* else as other types */
    /* fall through */
  default:
    refuse_type(e, idx, up, "a value");
  }
}

/* options: indent (spaces a level), sort_keys (default true), ascii, max_depth. */
int mr_json_encode(lua_State *L) {
  encoder e = {.L = L, .max_depth = MR_JSON_DEPTH, .sort_keys = true};
  lua_Integer indent = 0, max_depth;
  bool ascii = false;
  luaL_checkany(L, 1);
  lua_settop(L, 2);
  if (!lua_isnil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "ascii");
    ascii = lua_toboolean(L, -1);
    if (lua_getfield(L, 2, "sort_keys") != LUA_TNIL)
      e.sort_keys = lua_toboolean(L, -1);
    if (lua_getfield(L, 2, "indent") != LUA_TNIL) {
      indent = lua_tointeger(L, -1);
      luaL_argcheck(L, indent >= 0 && indent <= 16, 2, "indent must be 0 to 16");
    }
    if (lua_getfield(L, 2, "max_depth") != LUA_TNIL) {
      max_depth = lua_tointeger(L, -1);
      luaL_argcheck(L, max_depth >= 1 && max_depth <= MR_JSON_MAX_DEPTH, 2,
                    "max_depth must be 1 to 1024");
      e.max_depth = (int)max_depth;
    }
    lua_settop(L, 2);
  }
  e.scratch = mr_json_take_scratch(L);
  e.out = &e.scratch->text;
  e.members = &e.scratch->members;
  mr_json_writer_init(&e.writer, e.out, (int)indent, ascii);
  put_value(&e, 1, NULL);
  mr_context_push(L, e.out);
  mr_json_return_scratch(e.scratch);
  return 1;
}
