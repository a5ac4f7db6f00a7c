/* SPDX-License-Identifier: MIT
 *
 * json_encode_lua.c -- Lua values to JSON text.
 * Access is raw, but a finalizer can run and change any table meanwhile: so what is still to be
 * written is held by the Lua stack.  The members of an object wait there while its keys are
 * sorted. */
#include <lauxlib.h>
#include <math.h>

#include "bindings/json_lua.h"
#include "bindings/json_members.h"
#include "bindings/json_put.h"
#include "bindings/text.h"
#include "host/context.h"
#include "host/error.h"

enum { ON_STACK = 2000 }; /* members of one object that may wait there; fewer far down */

typedef mr_json_place place;

typedef struct encoder {
  lua_State *L;
  mr_json_scratch *scratch;
  mr_buf *out, *members; /* of the scratch */
  int depth, max_depth, indent;
  int top, limit; /* stack slots: those in use, those that may be used */
  const mr_json_spelling *spelling; /* may be NULL */
  bool sort_keys, ascii;
  bool is_wide; /* AVX-512 and not ascii */
} encoder;

static void put_value(encoder *e, int idx, place *up);

/* ---- faults ---- */

/* Raises: argument 1 cannot be encoded; says where and why. */
static void refuse(encoder *e, const place *p, const char *what) {
  mr_buf *b = mr_context_buffer(e->L);
  mr_json_put_path(b, p);
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

/* For a container's own needs and some members. */
static inline void reserve_slots(encoder *e) {
  enum { NEEDED = 48, MORE = 100 };
  if (e->limit - e->top >= NEEDED)
    return;
  luaL_checkstack(e->L, e->depth > 100 ? NEEDED : MORE, "JSON");
  e->limit = e->top + (e->depth > 100 ? NEEDED : MORE);
}

static void enter(encoder *e, place *p) {
  for (const place *q = p->up; q; q = q->up)
    if (q->table == p->table)
      refuse(e, p->up, "a table contains itself");
  if (++e->depth > e->max_depth)
    refuse(e, p->up, "nested too deeply");
  reserve_slots(e);
}

/* ---- text ---- */

static void put_quoted(encoder *e, mr_slice s, const place *p) {
  int status = mr_json_quote(e->out, s, e->ascii);
  if (status == MR_ERR_ARG)
    refuse(e, p, "a string is not valid UTF-8 (use base64 for bytes)");
  if (status < 0)
    no_memory(e);
}

/* Most strings are short and need little: with what stands around them; false: not written. */
static inline bool put_short(encoder *e, char before, mr_slice s, char behind) {
  return mr_json_put_plain(e->out, before, s, behind) ||
         (e->is_wide && mr_json_put_avx512(e->out, before, s, behind));
}

static void new_line(encoder *e) {
  size_t n = (size_t)e->indent * (size_t)e->depth;
  char *to = mr_buf_reserve(e->out, n + 1);
  if (!to)
    no_memory(e);
  *to = '\n';
  memset(to + 1, ' ', n);
  e->out->len += n + 1;
}

/* Before an item: the bracket or the comma, and a new line. */
static inline void begin_item(encoder *e, char before) {
  mr_buf_putc(e->out, before);
  if (e->indent > 0)
    new_line(e);
}

static inline void put_key(encoder *e, char before, const place *p) {
  mr_slice key = mr_slice_make(p->key, p->key_len);
  if (e->indent == 0 && put_short(e, before, key, ':'))
    return;
  begin_item(e, before);
  put_quoted(e, key, p);
  mr_buf_puts(e->out, e->indent > 0 ? ": " : ":");
}

/* Behind the last item. */
static inline void close_container(encoder *e, char bracket) {
  e->depth--;
  if (e->indent > 0)
    new_line(e);
  mr_buf_putc(e->out, bracket);
}

static inline void put_empty(encoder *e, const char *brackets) {
  e->depth--;
  mr_buf_put(e->out, brackets, 2);
}

/* ---- containers ---- */

/* Its keys are neither those of a list nor all names. */
static void refuse_keys(encoder *e, mr_json_kind kind, const place *p) {
  refuse(e, p->up,
         kind == MR_JSON_MARKED_ARRAY
             ? "an array has holes or keys that are no numbers"
             : "a table has both names and numbers as keys, or a list has holes");
}

/* The integer at idx, or 0. */
static inline lua_Integer place_at(lua_State *L, int idx) {
  return lua_isinteger(L, idx) ? lua_tointeger(L, idx) : 0;
}

/* Do the keys from the one on top (below its value) on complete a list of which the first
 * `done` items were seen?  Pops both. */
static bool is_rest(lua_State *L, int idx, lua_Integer done) {
  lua_Integer count = done, n = (lua_Integer)lua_rawlen(L, idx);
  do {
    lua_pop(L, 1);
    lua_Integer key = place_at(L, -1);
    if (key <= done || key > n) {
      lua_pop(L, 1);
      return false;
    }
    count++;
  } while (lua_next(L, idx));
  return count == n;
}

/* The table at idx, whose first key and value are on the stack: written in one walk as long as
 * the keys come in order, as they do where Lua keeps an array.  False, and without the two: it
 * is no list, and nothing was written. */
static bool put_list(encoder *e, int idx, mr_json_kind kind, place *p) {
  lua_State *L = e->L;
  int at = e->top - 1; /* of the key */
  p->index = 0;
  do {
    if (place_at(L, at) != p->index + 1) {
      e->top = at - 1;
      if (!is_rest(L, idx, p->index)) {
        if (p->index > 0)
          refuse_keys(e, kind, p);
        return false;
      }
      e->top = at;
      for (lua_Integer n = (lua_Integer)lua_rawlen(L, idx); p->index < n;) {
        begin_item(e, p->index ? ',' : '[');
        lua_rawgeti(L, idx, ++p->index);
        put_value(e, at, p);
        lua_settop(L, at - 1);
      }
      break;
    }
    begin_item(e, p->index++ ? ',' : '[');
    put_value(e, at + 1, p);
    lua_settop(L, at);
  } while (lua_next(L, idx));
  e->top = at - 1;
  close_container(e, ']');
  return true;
}

/* The n-th of its object; the key is at idx. */
static inline void add_member(encoder *e, int idx, const place *p, uint32_t n, int at) {
  mr_buf *b = e->members;
  lua_State *L = e->L;
  size_t len;
  if (lua_type(L, idx) != LUA_TSTRING) {
    if (place_at(L, idx) > 0)
      refuse_keys(e, MR_JSON_PLAIN, p);
    refuse_type(e, idx, p->up, "a key");
  }
  const char *key = lua_tolstring(L, idx, &len);
  char *room = b->cap - b->len >= sizeof(mr_json_member)
                   ? b->ptr + b->len
                   : mr_buf_reserve(b, sizeof(mr_json_member));
  if (!room)
    no_memory(e);
  mr_json_member *m = (mr_json_member *)(void *)room;
  m->key = key;
  m->at = at;
  m->order = n;
  m->len = len;
  b->len += sizeof *m;
}

/* The first key and value are on the stack.  All keys and values stay there; past ON_STACK
 * members the keys are kept in a table and the values looked up later.  Gives the table's
 * stack index. */
static int collect_all(encoder *e, int idx, const place *p) {
  lua_State *L = e->L;
  int count = 0, most = e->depth > 100 ? 16 : ON_STACK, names = 0;
  do {
    int key = e->top - 1; /* the members so far are below it */
    if (count < most) {
      add_member(e, key, p, (uint32_t)count, e->top);
      lua_pushvalue(L, key);
      e->top += 2;
      if (count % 16 == 15)
        reserve_slots(e);
    } else {
      if (count == most) {
        lua_newtable(L);
        lua_insert(L, key);
        names = key++;
        e->top++;
      }
      add_member(e, key, p, (uint32_t)count, most - count - 1);
      lua_pop(L, 1);
      lua_pushvalue(L, -1);
      lua_rawseti(L, names, count - most + 1);
    }
    count++;
  } while (lua_next(L, idx));
  e->top -= 2;
  return names;
}

static int collect_in_order(encoder *e, int idx, const place *p) { /* stack: metatable */
  lua_State *L = e->L;
  lua_Integer n = mr_json_push_order(L, idx);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, -1, i);
    add_member(e, -1, p, (uint32_t)i - 1, -(int)i);
    lua_pop(L, 1);
  }
  return e->top;
}

/* Writes the members collected from `first` on; they may move while values are written.
 * names: stack index of those kept aside. */
static void put_members(encoder *e, int idx, int names, size_t first, place *p) {
  size_t n = (e->members->len - first) / sizeof(mr_json_member);
  for (size_t i = 0; i < n; i++) {
    const mr_json_member *m = (const mr_json_member *)(const void *)(e->members->ptr + first);
    m += m[i].order;
    int at = m->at;
    p->key = m->key;
    p->key_len = m->len;
    put_key(e, i ? ',' : '{', p);
    if (at > 0) {
      put_value(e, at, p);
    } else {
      lua_rawgeti(e->L, names, -at);
      lua_rawget(e->L, idx);
      e->top++;
      put_value(e, e->top, p);
      e->top--;
      lua_pop(e->L, 1);
    }
  }
  e->members->len = first;
  if (n > 0)
    close_container(e, '}');
  else
    put_empty(e, "{}");
}

static void put_object(encoder *e, int idx, place *p) {
  size_t first = e->members->len;
  int names = collect_all(e, idx, p);
  size_t n = (e->members->len - first) / sizeof(mr_json_member);
  if (n > 1 && e->sort_keys)
    mr_json_sort_members((mr_json_member *)(void *)(e->members->ptr + first), (uint32_t)n);
  put_members(e, idx, names, first, p);
}

/* Pushes the first key and value; false: there is none. */
static inline bool push_first(encoder *e, int idx) {
  lua_pushnil(e->L);
  if (!lua_next(e->L, idx))
    return false;
  e->top += 2;
  return true;
}

/* Its first key tells a list from an object; a key that does not fit is refused when met. */
static void put_unordered(encoder *e, int idx, mr_json_kind kind, place *p) {
  if (!push_first(e, idx)) {
    put_empty(e, kind == MR_JSON_MARKED_ARRAY ? "[]" : "{}");
    return;
  }
  if (kind != MR_JSON_MARKED_OBJECT && lua_type(e->L, e->top - 1) != LUA_TSTRING) {
    if (put_list(e, idx, kind, p))
      return;
    push_first(e, idx); /* no list, so that a key will be refused */
  }
  if (kind == MR_JSON_MARKED_ARRAY)
    refuse_keys(e, kind, p);
  put_object(e, idx, p);
}

static void put_table(encoder *e, int idx, place *up) {
  lua_State *L = e->L;
  place p = {up, NULL, lua_topointer(L, idx), 0, 0};
  int top = e->top;
  enter(e, &p);
  mr_json_kind kind = mr_json_kind_of(L, idx);
  if (kind == MR_JSON_ORDERED) {
    size_t first = e->members->len;
    e->top++;
    put_members(e, idx, collect_in_order(e, idx, &p), first, &p);
  } else {
    put_unordered(e, idx, kind, &p);
  }
  e->top = top;
  lua_settop(L, top);
}

/* What gives its own JSON by the metatable's __json: a record of moonrock.jsonl.  It may call
 * the encoder, which then has other buffers. */
static bool put_userdata(encoder *e, int idx) {
  mr_slice s;
  if (luaL_getmetafield(e->L, idx, "__json") == LUA_TNIL)
    return false;
  lua_pushvalue(e->L, idx);
  lua_call(e->L, 1, 1);
  s.ptr = lua_tolstring(e->L, -1, &s.len);
  if (!s.ptr)
    luaL_error(e->L, "__json must give a string, not a %s", luaL_typename(e->L, -1));
  mr_buf_slice(e->out, s);
  lua_pop(e->L, 1);
  return true;
}

static void put_number(encoder *e, int idx, place *up) {
  if (lua_isinteger(e->L, idx)) {
    mr_text_integer(e->out, lua_tointeger(e->L, idx));
    return;
  }
  lua_Number number = lua_tonumber(e->L, idx);
  if (e->spelling && e->spelling->put(e->spelling, number, e->out))
    return;
  if (!isfinite(number))
    refuse(e, up,
           isnan(number) ? "not a number (nan) has no JSON form"
                         : "an infinite number has no JSON form");
  mr_text_double(e->out, number);
}

static void put_value(encoder *e, int idx, place *up) {
  lua_State *L = e->L;
  mr_slice s;
  switch (lua_type(L, idx)) {
  case LUA_TNIL:
    mr_buf_put(e->out, "null", 4);
    break;
  case LUA_TBOOLEAN:
    lua_toboolean(L, idx) ? mr_buf_put(e->out, "true", 4) : mr_buf_put(e->out, "false", 5);
    break;
  case LUA_TNUMBER:
    put_number(e, idx, up);
    break;
  case LUA_TSTRING:
    s.ptr = lua_tolstring(L, idx, &s.len);
    if (!put_short(e, 0, s, 0))
      put_quoted(e, s, up);
    break;
  case LUA_TLIGHTUSERDATA:
    if (lua_touserdata(L, idx))
      refuse_type(e, idx, up, "a value");
    mr_buf_put(e->out, "null", 4);
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
  luaL_checkany(L, 1);
  lua_settop(L, 2);
  if (!lua_isnil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "ascii");
    e.ascii = lua_toboolean(L, -1);
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
  e.indent = (int)indent;
  e.spelling = mr_json_spelling_of(L);
  e.is_wide = !e.ascii && mr_json_has_avx512();
  e.top = e.limit = lua_gettop(L);
  put_value(&e, 1, NULL);
  mr_context_push(L, e.out);
  mr_json_return_scratch(e.scratch);
  return 1;
}
