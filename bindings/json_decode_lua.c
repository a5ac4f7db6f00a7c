/* SPDX-License-Identifier: MIT
 *
 * json_decode_lua.c -- JSON text to Lua values, from the text's index.
 * The index tells how many members a container has, so a table is made with the size that it
 * needs and never rehashed.  Keys repeat from record to record and from call to call, so the
 * latest are kept: a hit saves hashing the string. */
#include <lauxlib.h>

#include "bindings/json_lua.h"
#include "host/context.h"
#include "host/error.h"

typedef struct decoder {
  lua_State *L;
  mr_slice text;
  const mr_json_token *tokens;
  mr_json_scratch *scratch;
  int kept;       /* stack index of the scratch memory, whose user values are keys */
  int array_type; /* stack index of the arrays' metatable */
  bool is_ordered, is_unique;
  const char *repeated; /* where the first key stands that its object has already, or NULL */
} decoder;

static uint32_t push_value(decoder *d, uint32_t i);

static void push_escaped(decoder *d, mr_json_token token) {
  mr_slice s = mr_json_token_string(d->text, token, &d->scratch->text);
  if (d->scratch->text.status < 0) {
    mr_json_return_scratch(d->scratch);
    mr_error_memory(d->L);
  }
  lua_pushlstring(d->L, s.ptr, s.len);
}

static inline void push_string(decoder *d, mr_json_token token) {
  if (token.link & MR_JSON_ESCAPED)
    push_escaped(d, token);
  else
    lua_pushlstring(d->L, d->text.ptr + token.at + 1, token.link - 2);
}

/* n: at most MR_JSON_KEY_LONGEST */
static inline bool is_same(const char *a, const char *b, size_t n) {
  uint64_t x, y;
  if (n < 8) {
    while (n > 0 && a[n - 1] == b[n - 1])
      n--;
    return n == 0;
  }
  for (; n > 8; n -= 8, a += 8, b += 8) {
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    if (x != y)
      return false;
  }
  memcpy(&x, a + n - 8, 8);
  memcpy(&y, b + n - 8, 8);
  return x == y;
}

static inline void push_key(decoder *d, mr_json_token token) {
  const char *key = d->text.ptr + token.at + 1;
  size_t n = token.link - 2;
  if (n == 0 || n > MR_JSON_KEY_LONGEST) { /* escaped: far above */
    push_string(d, token);
    return;
  }
  const unsigned char *p = (const unsigned char *)key;
  size_t slot = (n * 5 + p[0] * 3u + p[n / 2] * 7u + p[n - 1]) % MR_JSON_KEYS;
  struct mr_json_key *seen = &d->scratch->keys[slot];
  if (seen->len == n && is_same(seen->bytes, key, n)) {
    lua_getiuservalue(d->L, d->kept, (int)slot + 1);
    return;
  }
  lua_pushlstring(d->L, key, n);
  lua_pushvalue(d->L, -1);
  lua_setiuservalue(d->L, d->kept, (int)slot + 1);
  seen->len = (unsigned char)n;
  memcpy(seen->bytes, key, n);
}

/* Values between the tokens i and end; of members, keys count too. */
static int count_values(const decoder *d, uint32_t i, uint32_t end) {
  int n = 0;
  for (; i < end; n++) {
    char c = d->text.ptr[d->tokens[i].at];
    i = c == '{' || c == '[' ? d->tokens[i].link : i + 1;
  }
  return n;
}

static void push_array(decoder *d, uint32_t i) {
  lua_State *L = d->L;
  uint32_t end = d->tokens[i].link - 1;
  lua_createtable(L, count_values(d, ++i, end), 0);
  int place = lua_gettop(L);
  for (lua_Integer at = 1; i < end; at++) {
    i = push_value(d, i);
    lua_rawseti(L, place, at);
  }
  lua_pushvalue(L, d->array_type);
  lua_setmetatable(L, place);
}

/* Notes the key on top of the stack where the table has it. */
static void note_repeated(decoder *d, int place, mr_json_token token) {
  lua_pushvalue(d->L, -1);
  if (lua_rawget(d->L, place) != LUA_TNIL && !d->repeated)
    d->repeated = d->text.ptr + token.at;
  lua_pop(d->L, 1);
}

/* Of equal keys the last one's value stands. */
static void push_object(decoder *d, uint32_t i) {
  lua_State *L = d->L;
  uint32_t end = d->tokens[i].link - 1;
  lua_createtable(L, 0, count_values(d, ++i, end) / 2);
  int place = lua_gettop(L);
  while (i < end) {
    push_key(d, d->tokens[i]);
    if (d->is_unique)
      note_repeated(d, place, d->tokens[i]);
    i = push_value(d, i + 1);
    lua_rawset(L, place);
  }
}

/* The same with a list of keys beside the table, in the order of their first places. */
static void push_ordered(decoder *d, uint32_t i) {
  lua_State *L = d->L;
  uint32_t end = d->tokens[i].link - 1;
  int n = count_values(d, ++i, end) / 2, place;
  lua_createtable(L, 0, n);
  lua_createtable(L, n, 2);
  place = lua_gettop(L) - 1;
  for (lua_Integer listed = 0; i < end;) {
    push_key(d, d->tokens[i]);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, place) == LUA_TNIL) {
      lua_pushvalue(L, -2);
      lua_rawseti(L, place + 1, ++listed);
    } else if (d->is_unique && !d->repeated) {
      d->repeated = d->text.ptr + d->tokens[i].at;
    }
    lua_pop(L, 1);
    i = push_value(d, i + 1);
    lua_rawset(L, place);
  }
  mr_json_set_order(L);
}

static void push_number(decoder *d, mr_json_token token) {
  int64_t integer;
  double number;
  if (mr_json_token_number(d->text, token, &integer, &number) == MR_JSON_INTEGER)
    lua_pushinteger(d->L, integer);
  else
    lua_pushnumber(d->L, number);
}

/* Pushes the value at token i and gives the token behind it. */
static uint32_t push_value(decoder *d, uint32_t i) {
  mr_json_token token = d->tokens[i];
  switch (d->text.ptr[token.at]) {
  case '{':
  case '[':
    luaL_checkstack(d->L, 16, "JSON");
    if (d->text.ptr[token.at] == '[')
      push_array(d, i);
    else if (d->is_ordered)
      push_ordered(d, i);
    else
      push_object(d, i);
    return token.link;
  case '"':
    push_string(d, token);
    break;
  case 't':
  case 'f':
    lua_pushboolean(d->L, d->text.ptr[token.at] == 't');
    break;
  case 'n':
    lua_pushlightuserdata(d->L, NULL);
    break;
  default:
    push_number(d, token);
  }
  return i + 1;
}

static void set_integer(lua_State *L, const char *name, size_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

/* nil and the error object. */
static int refuse(lua_State *L, mr_slice text, const mr_json_fault *fault) {
  size_t line, column;
  if (fault->status == MR_ERR_MEMORY)
    mr_error_memory(L);
  mr_json_position(text, fault->offset, &line, &column);
  lua_settop(L, 0);
  lua_pushnil(L);
  mr_error_push(L, "JSONSyntax", "line %I, column %I: %s", (LUAI_UACINT)line, (LUAI_UACINT)column,
                fault->message);
  set_integer(L, "line", line);
  set_integer(L, "column", column);
  set_integer(L, "offset", fault->offset);
  return 2;
}

/* The bytes of the value that begins at `start`, behind white space; false and the fault. */
static bool find_value(mr_slice text, size_t start, int max_depth, mr_slice *value,
                       mr_json_fault *fault) {
  mr_json_reader r;
  mr_json_init(&r, text, NULL, max_depth);
  mr_json_seek(&r, start);
  bool ok = mr_json_skip(&r, mr_json_next(&r), value) == MR_OK;
  fault->status = r.status;
  fault->offset = r.start;
  fault->message = r.message;
  mr_json_clear(&r);
  return ok;
}

/* options: ordered, unique_keys, max_depth, position (1-based byte: one value is read from
 * there, the text may go on behind it, and a second result tells where). */
int mr_json_decode(lua_State *L) {
  decoder d;
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  lua_Integer max_depth = MR_JSON_DEPTH, position = 0;
  lua_settop(L, 2);
  mr_json_fault fault;
  d.L = L;
  d.is_ordered = d.is_unique = false;
  d.repeated = NULL;
  if (!lua_isnil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "ordered");
    d.is_ordered = lua_toboolean(L, -1);
    lua_getfield(L, 2, "unique_keys");
    d.is_unique = lua_toboolean(L, -1);
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
  mr_slice whole = mr_slice_make(text, len);
  d.text = whole;
  if (position > 0 && !find_value(whole, (size_t)position - 1, (int)max_depth, &d.text, &fault))
    return refuse(L, whole, &fault);
  d.scratch = mr_json_take_scratch(L);
  d.kept = lua_gettop(L);
  mr_json_index *index = &d.scratch->index;
  index->max_depth = (int)max_depth;
  if (mr_json_index_build(index, d.text, &fault) != MR_OK) {
    mr_json_return_scratch(d.scratch);
    return refuse(L, whole, &fault);
  }
  d.tokens = index->tokens;
  lua_pushvalue(L, lua_upvalueindex(1));
  d.array_type = lua_gettop(L);
  push_value(&d, 0);
  mr_json_return_scratch(d.scratch);
  if (d.repeated) {
    fault = (mr_json_fault){.status = MR_ERR_SYNTAX,
                            .offset = (size_t)(d.repeated - text),
                            .message = "the object has this key already"};
    return refuse(L, whole, &fault);
  }
  if (position == 0)
    return 1;
  lua_pushinteger(L, (lua_Integer)(d.text.ptr - text + (ptrdiff_t)d.text.len) + 1);
  return 2;
}
