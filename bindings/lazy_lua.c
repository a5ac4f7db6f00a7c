/* SPDX-License-Identifier: MIT
 *
 * lazy_lua.c -- records that behave like tables: reading, pairs, #, equality, text.
 * A Lua value is made only for what is touched: scalars become Lua's, containers become nodes
 * of four words.  Fields win over methods; the functions of moonrock.jsonl always work. */
#include "bindings/lazy_lua.h"

#include <lauxlib.h>

#include "host/context.h"
#include "host/error.h"

enum { SPARE = 384, UPVALUES = MR_LAZY_DECODE };

static const char shared_key = 0;

typedef struct record {
  mr_lazy_node node; /* of the whole text */
  mr_lazy doc;
} record;

static mr_lazy_shared *shared_of(lua_State *L) {
  return lua_touserdata(L, lua_upvalueindex(MR_LAZY_SHARED));
}

mr_lazy_node *mr_lazy_at(lua_State *L, int idx) {
  mr_lazy_node *n = lua_touserdata(L, idx);
  if (!n || !lua_getmetatable(L, idx))
    return NULL;
  bool is_node = lua_rawequal(L, -1, lua_upvalueindex(MR_LAZY_META));
  lua_pop(L, 1);
  return is_node ? n : NULL;
}

static mr_lazy_node *check_node(lua_State *L, int idx) {
  mr_lazy_node *n = mr_lazy_at(L, idx);
  if (!n)
    luaL_typeerror(L, idx, "record");
  return n;
}

/* ---- making values ---- */

static void keep_number(mr_lazy_shared *shared, double value, mr_slice text) {
  mr_lazy_number *n = &shared->numbers[shared->next_number++ % MR_COUNT(shared->numbers)];
  n->len = text.len <= sizeof n->text ? (uint32_t)text.len : 0;
  n->value = value;
  memcpy(n->text, text.ptr, n->len);
}

/* Of several spellings the last that was read; -0.0 is not 0.0. */
static bool put_spelling(const mr_json_spelling *s, double value, mr_buf *out) {
  const mr_lazy_shared *shared = (const mr_lazy_shared *)(const void *)s;
  for (unsigned i = 1; i <= MR_COUNT(shared->numbers) && i <= shared->next_number; i++) {
    unsigned at = (shared->next_number - i) % MR_COUNT(shared->numbers);
    const mr_lazy_number *n = &shared->numbers[at];
    if (n->len && memcmp(&n->value, &value, sizeof value) == 0) {
      mr_buf_put(out, n->text, n->len);
      return true;
    }
  }
  return false;
}

void mr_lazy_trim(mr_lazy_shared *shared) {
  if (shared->index.capacity > (16 << 20) / sizeof(mr_json_token))
    mr_json_index_free(&shared->index);
}

void mr_lazy_forget(mr_lazy_shared *shared) {
  shared->next_number = 0;
}

static void push_number(lua_State *L, mr_lazy_shared *shared, mr_lazy_ref v) {
  int64_t integer;
  double number;
  mr_slice raw = mr_json_token_raw(v.in->text, mr_lazy_token(v));
  if (mr_json_token_number(v.in->text, mr_lazy_token(v), &integer, &number) == MR_JSON_INTEGER &&
      !(integer == 0 && raw.ptr[0] == '-')) {
    lua_pushinteger(L, integer);
    return;
  }
  if (integer == 0 && mr_slice_is(raw, "-0"))
    number = -0.0;
  keep_number(shared, number, raw);
  lua_pushnumber(L, number);
}

static void push_string(lua_State *L, mr_lazy_shared *shared, mr_lazy_ref v) {
  mr_json_token t = mr_lazy_token(v);
  if (!(t.link & MR_JSON_ESCAPED)) {
    lua_pushlstring(L, v.in->text.ptr + t.at + 1, t.link - 2);
    return;
  }
  mr_slice s = mr_json_token_string(v.in->text, t, &shared->scratch);
  if (shared->scratch.status < 0) {
    mr_buf_clear(&shared->scratch);
    mr_error_memory(L);
  }
  lua_pushlstring(L, s.ptr, s.len);
  if (shared->scratch.cap > 1 << 20)
    mr_buf_clear(&shared->scratch);
}

/* owner: the record, or a node of it. */
static void push_node(lua_State *L, int owner, mr_lazy_ref v) {
  const mr_lazy_node *from = lua_touserdata(L, owner);
  mr_lazy *doc = from->doc;
  bool is_record = (const void *)from == (const void *)((const char *)doc - offsetof(record, doc));
  mr_lazy_node *n = lua_newuserdatauv(L, sizeof *n, 1);
  n->doc = doc;
  n->at = v;
  n->cursor.place = 0;
  if (is_record)
    lua_pushvalue(L, owner);
  else
    lua_getiuservalue(L, owner, 1);
  lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, lua_upvalueindex(MR_LAZY_META));
  lua_setmetatable(L, -2);
}

static void push_value(lua_State *L, int owner, mr_lazy_ref v) {
  switch (mr_lazy_kind(v)) {
  case '"': push_string(L, shared_of(L), v); break;
  case '{':
  case '[': push_node(L, owner, v); break;
  case 't': lua_pushboolean(L, 1); break;
  case 'f': lua_pushboolean(L, 0); break;
  case 'n': lua_pushlightuserdata(L, NULL); break;
  default: push_number(L, shared_of(L), v);
  }
}

int mr_lazy_push(lua_State *L, mr_lazy_shared *shared, mr_slice text, mr_json_fault *fault) {
  const mr_json_index *index = &shared->index;
  for (;;) {
    uint64_t use = ++shared->uses;
    int status = mr_json_index_build(&shared->index, text, fault);
    if (status < 0)
      return status;
    if (index->count == 1) { /* no container: the text is good until this returns */
      mr_lazy_text in = {text, index->tokens, NULL, 0, 0};
      push_value(L, 0, (mr_lazy_ref){&in, 0});
      return MR_OK;
    }
    size_t tokens = index->count * sizeof(mr_json_token);
    size_t head = sizeof(record) + tokens, body = (text.len + 15) & ~(size_t)15;
    record *r = lua_newuserdatauv(L, head + body + SPARE, 1);
    if (use != shared->uses) { /* a finalizer has used the index meanwhile */
      lua_pop(L, 1);
      continue;
    }
    char *bytes = (char *)(r + 1) + tokens;
    memcpy(r + 1, index->tokens, tokens);
    memcpy(bytes, text.ptr, text.len);
    size_t used = (size_t)(bytes - (char *)r) + text.len, from = (used + 15) & ~(size_t)15;
    mr_lazy_init(&r->doc, mr_slice_make(bytes, text.len), (mr_json_token *)(void *)(r + 1),
                 (char *)r + from, head + body + SPARE - from);
    r->node = (mr_lazy_node){&r->doc, mr_lazy_root(&r->doc), {0, 0}};
    mr_lazy_trim(shared);
    lua_pushvalue(L, lua_upvalueindex(MR_LAZY_META));
    lua_setmetatable(L, -2);
    return MR_OK;
  }
}

/* ---- metamethods ---- */

static int record_index(lua_State *L) {
  mr_lazy_node *n = check_node(L, 1);
  mr_lazy_ref found = {NULL, 0};
  char kind = mr_lazy_kind(n->at);
  if (lua_type(L, 2) == LUA_TSTRING) {
    mr_slice key;
    key.ptr = lua_tolstring(L, 2, &key.len);
    if (kind == '{')
      found = mr_lazy_member(n->at, key);
    if (!found.in) {
      lua_settop(L, 2);
      lua_rawget(L, lua_upvalueindex(MR_LAZY_METHODS));
      return 1;
    }
  } else if (kind == '[') {
    int is_whole;
    lua_Integer i = lua_tointegerx(L, 2, &is_whole);
    if (is_whole && i >= 1 && i <= UINT32_MAX)
      found = mr_lazy_element(n->at, (uint32_t)(i - 1), &n->cursor);
  }
  if (!found.in)
    return 0;
  push_value(L, 1, found);
  return 1;
}

/* #record: of an array its length, of an object 0, as for a table that has only names. */
static int record_len(lua_State *L) {
  mr_lazy_node *n = check_node(L, 1);
  lua_pushinteger(L, mr_lazy_kind(n->at) == '[' ? mr_lazy_count(n->at) : 0);
  return 1;
}

/* Upvalues past the usual: the node, where its cursor stands, and of an object with many members
 * how many of each name are left. */
enum { WALKED = UPVALUES + 1, PLACE, TOKEN, LEFT };

enum { FEW = 64 }; /* members, of which each can be looked for among the others */

/* Adds n to what the table on top has for the name of this key; gives that. */
static lua_Integer add_name(lua_State *L, mr_lazy_ref key, lua_Integer n) {
  push_string(L, shared_of(L), key);
  lua_pushvalue(L, -1);
  lua_rawget(L, -3);
  n += lua_tointeger(L, -1);
  lua_pop(L, 1);
  lua_pushinteger(L, n);
  lua_rawset(L, -3);
  return n;
}

/* Pushes the names of an object and how often each is there; nil if it has few members. */
static void push_names(lua_State *L, const mr_lazy_node *n) {
  mr_lazy_cursor c = {0, 0};
  mr_lazy_ref key, value;
  if (mr_lazy_kind(n->at) != '{' || mr_lazy_count(n->at) <= FEW) {
    lua_pushnil(L);
    return;
  }
  lua_newtable(L);
  while (mr_lazy_next(n->at, &c, &key, &value))
    add_name(L, key, 1);
}

/* Does a later member have the same name? */
static bool is_hidden(lua_State *L, const mr_lazy_node *n, mr_lazy_cursor c, mr_lazy_ref key) {
  if (lua_isnil(L, lua_upvalueindex(LEFT)))
    return mr_lazy_hidden(n->at, c, key);
  lua_pushvalue(L, lua_upvalueindex(LEFT));
  bool hidden = add_name(L, key, -1) > 0;
  lua_pop(L, 1);
  return hidden;
}

static int record_next(lua_State *L) {
  mr_lazy_node *n = lua_touserdata(L, lua_upvalueindex(WALKED));
  mr_lazy_cursor c = {(uint32_t)lua_tointeger(L, lua_upvalueindex(PLACE)),
                      (uint32_t)lua_tointeger(L, lua_upvalueindex(TOKEN))};
  mr_lazy_ref key, value;
  bool more;
  while ((more = mr_lazy_next(n->at, &c, &key, &value)) && key.in && is_hidden(L, n, c, key))
    ;
  if (!more)
    return 0;
  lua_settop(L, 0);
  lua_pushinteger(L, c.place);
  lua_replace(L, lua_upvalueindex(PLACE));
  lua_pushinteger(L, c.token);
  lua_replace(L, lua_upvalueindex(TOKEN));
  lua_pushvalue(L, lua_upvalueindex(WALKED));
  if (key.in)
    push_string(L, shared_of(L), key);
  else
    lua_pushinteger(L, c.place);
  push_value(L, 1, value);
  return 2;
}

static int record_pairs(lua_State *L) {
  check_node(L, 1);
  lua_settop(L, 1);
  for (int i = 1; i <= UPVALUES; i++)
    lua_pushvalue(L, lua_upvalueindex(i));
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  lua_pushinteger(L, 0);
  push_names(L, lua_touserdata(L, 1));
  lua_pushcclosure(L, record_next, LEFT);
  return 1;
}

static bool same_place(const mr_lazy_node *a, const mr_lazy_node *b) {
  return a && b && a->at.in == b->at.in && a->at.token == b->at.token;
}

/* ==: are they the same place of the same record? */
static int record_eq(lua_State *L) {
  lua_pushboolean(L, same_place(mr_lazy_at(L, 1), mr_lazy_at(L, 2)));
  return 1;
}

MR_NORETURN static void refuse(lua_State *L, int status) {
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  luaL_error(L, "the record is nested too deeply");
  mr_error_memory(L); /* not reached */
}

static void push_json(lua_State *L, const mr_lazy_node *n) {
  mr_lazy_shared *shared = shared_of(L);
  mr_slice raw = mr_lazy_raw(n->at);
  if (!raw.ptr) {
    mr_buf_reset(&shared->scratch);
    int status = mr_lazy_write(n->at, &shared->scratch);
    if (status < 0) {
      mr_buf_clear(&shared->scratch);
      refuse(L, status);
    }
    raw = mr_buf_view(&shared->scratch);
  }
  lua_pushlstring(L, raw.ptr, raw.len);
  if (shared->scratch.cap > 1 << 20)
    mr_buf_clear(&shared->scratch);
}

static int record_json(lua_State *L) {
  push_json(L, check_node(L, 1));
  return 1;
}

/* record:table([options of json.decode]) -> Lua tables all the way down */
static int record_table(lua_State *L) {
  const mr_lazy_node *n = check_node(L, 1);
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(MR_LAZY_DECODE));
  push_json(L, n);
  lua_pushvalue(L, 2);
  lua_call(L, 2, LUA_MULTRET);
  return lua_gettop(L) - 2;
}

/* record:equals(other): by value, with a record or a table. */
static int record_equals(lua_State *L) {
  const mr_lazy_node *a = check_node(L, 1), *b = mr_lazy_at(L, 2);
  int status = 0;
  if (lua_istable(L, 2)) {
    size_t len;
    lua_pushvalue(L, lua_upvalueindex(MR_LAZY_ENCODE));
    lua_pushvalue(L, 2);
    lua_call(L, 1, 1);
    const char *text = lua_tolstring(L, -1, &len);
    mr_json_fault fault;
    if (mr_lazy_push(L, shared_of(L), mr_slice_make(text, len), &fault) < 0)
      refuse(L, fault.status);
    b = mr_lazy_at(L, -1);
  }
  if (b)
    status = mr_lazy_equal(a->at, b->at, mr_context_alloc(L));
  if (status < 0)
    refuse(L, status);
  lua_pushboolean(L, status);
  return 1;
}

/* ---- the metatable ---- */

static int shared_gc(lua_State *L) {
  mr_lazy_shared *shared = lua_touserdata(L, 1);
  mr_json_index_free(&shared->index);
  mr_buf_clear(&shared->text);
  mr_buf_clear(&shared->scratch);
  shared->index.alloc = shared->text.alloc = shared->scratch.alloc = mr_alloc_none();
  return 0;
}

static mr_lazy_shared *new_shared(lua_State *L) {
  mr_lazy_shared *shared = lua_newuserdatauv(L, sizeof *shared, 0);
  memset(shared, 0, sizeof *shared);
  shared->spelling.put = put_spelling;
  mr_json_index_init(&shared->index, mr_context_alloc(L));
  mr_buf_init(&shared->text, mr_context_alloc(L));
  mr_buf_init(&shared->scratch, mr_context_alloc(L));
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, shared_gc);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  return shared;
}

/* Fills the table of upvalues on top of the stack. */
static void make(lua_State *L) {
  static const luaL_Reg metamethods[] = {
      {"__index", record_index}, {"__newindex", mr_lazy_newindex},
      {"__len", record_len},     {"__pairs", record_pairs},
      {"__eq", record_eq},       {"__tostring", record_json},
      {"__json", record_json},   {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"equals", record_equals}, {"json", record_json}, {"table", record_table}, {NULL, NULL}};
  int all = lua_gettop(L);
  luaL_newmetatable(L, MR_RECORD_TYPE);
  lua_pushliteral(L, MR_RECORD_TYPE);
  lua_setfield(L, -2, "__metatable");
  lua_rawseti(L, all, MR_LAZY_META);
  luaL_newlibtable(L, methods);
  lua_rawseti(L, all, MR_LAZY_METHODS);
  new_shared(L);
  lua_rawseti(L, all, MR_LAZY_SHARED);
  luaopen_moonrock_json(L);
  lua_getfield(L, -1, "decode");
  lua_rawseti(L, all, MR_LAZY_DECODE);
  lua_getfield(L, -1, "encode");
  lua_rawgeti(L, all, MR_LAZY_SHARED);
  mr_json_spell(L);
  lua_rawseti(L, all, MR_LAZY_ENCODE);
  lua_settop(L, all);
  for (int which = 0; which < 2; which++) {
    lua_rawgeti(L, all, which ? MR_LAZY_METHODS : MR_LAZY_META);
    for (int i = 1; i <= UPVALUES; i++)
      lua_rawgeti(L, all, i);
    luaL_setfuncs(L, which ? methods : metamethods, UPVALUES);
    lua_settop(L, all);
  }
}

mr_lazy_shared *mr_lazy_open(lua_State *L) {
  luaL_checkstack(L, 20, "records");
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &shared_key) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, UPVALUES, 0);
    make(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &shared_key);
  }
  int all = lua_gettop(L);
  for (int i = 1; i <= UPVALUES; i++)
    lua_rawgeti(L, all, i);
  lua_remove(L, all);
  return lua_touserdata(L, all + MR_LAZY_SHARED - 1);
}
