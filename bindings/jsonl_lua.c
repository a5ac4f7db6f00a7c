/* SPDX-License-Identifier: MIT
 *
 * jsonl_lua.c -- module moonrock.jsonl_core: chunks to records, records to lines.
 * The reader calls the script's functions (for the next chunk, for a malformed line) with
 * lua_callk, so they may wait; its place is in its userdata, never on the C stack. */
#include "bindings/jsonl_lua.h"

#include <lauxlib.h>

#include "host/context.h"
#include "host/error.h"
#include "host/type.h"

#define READER "moonrock.jsonl_core.reader"
#define LINES "moonrock.jsonl_core.lines"

enum { CHUNK = 1, READ, ON_FAULT }; /* user values of a reader */

typedef struct reader {
  mr_jsonl lines;
  mr_slice line; /* of the record that was given last */
  bool busy; /* under way, or an error has passed through */
  bool held; /* a line is being read from its memory: a finalizer that closes has to wait */
  bool ended, closed;
} reader;

static mr_lazy_shared *shared_of(lua_State *L) {
  return lua_touserdata(L, lua_upvalueindex(MR_LAZY_SHARED));
}

static void set_integer(lua_State *L, const char *name, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

void mr_jsonl_push_fault(lua_State *L, const mr_jsonl_line *line, const mr_json_fault *fault) {
  size_t ignored, column = 1;
  const char *reason = fault ? fault->message : "the line is longer than the limit";
  if (fault)
    mr_json_position(line->text, fault->offset, &ignored, &column);
  mr_error_push(L, fault ? "JSONSyntax" : "LineTooLong", "line %I, column %I: %s",
                (LUAI_UACINT)line->number, (LUAI_UACINT)column, reason);
  mr_error_field(L, "reason", reason);
  set_integer(L, "line", line->number);
  set_integer(L, "column", column);
  set_integer(L, "offset", line->offset + (fault ? fault->offset : 0));
}

/* ---- reader ---- */

static int step(lua_State *L, reader *r);

static reader *check_reader(lua_State *L) {
  reader *r = luaL_checkudata(L, 1, READER);
  luaL_argcheck(L, !r->closed, 1, "the reader is closed");
  luaL_argcheck(L, !r->busy, 1, "the reader is in use elsewhere, or has failed");
  return r;
}

static int after_read(lua_State *L, int status, lua_KContext ctx) {
  reader *r = lua_touserdata(L, 1);
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  if (lua_isnil(L, -1)) {
    r->ended = true;
  } else {
    mr_slice chunk = {NULL, 0};
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "the source must give strings, then nil; it gave a %s", luaL_typename(L, -1));
    chunk.ptr = lua_tolstring(L, -1, &chunk.len);
    mr_jsonl_feed(&r->lines, chunk);
    lua_setiuservalue(L, 1, CHUNK);
  }
  lua_settop(L, 1);
  return step(L, r);
}

static int after_fault(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  lua_settop(L, 1);
  return step(L, lua_touserdata(L, 1));
}

/* A line: the three results; or 0, and on_fault with its arguments, when it is malformed. */
static int take_line(lua_State *L, reader *r, const mr_jsonl_line *line) {
  mr_json_fault fault;
  r->held = true;
  if (!line->is_long) {
    int status = mr_lazy_push(L, shared_of(L), line->text, &fault);
    if (status == MR_OK) {
      lua_pushinteger(L, (lua_Integer)line->number);
      lua_pushinteger(L, (lua_Integer)line->offset);
      r->held = false;
      return 3;
    }
    if (status == MR_ERR_MEMORY)
      mr_error_memory(L);
  }
  lua_getiuservalue(L, 1, ON_FAULT);
  lua_pushlstring(L, line->text.ptr, line->text.len);
  mr_jsonl_push_fault(L, line, line->is_long ? NULL : &fault);
  lua_insert(L, -2);
  r->held = false;
  return 0;
}

/* Stack: reader. */
static int step(lua_State *L, reader *r) {
  mr_jsonl_line line;
  r->busy = true;
  r->line.len = 0;
  for (;;) {
    if (r->closed) {
      r->busy = false;
      return 0;
    }
    int got = mr_jsonl_next(&r->lines, &line);
    if (got == 0 && r->ended)
      got = mr_jsonl_finish(&r->lines, &line);
    if (got < 0)
      mr_error_memory(L);
    if (got == 0 && r->ended) {
      r->busy = false;
      return 0;
    }
    if (got == 0) {
      lua_getiuservalue(L, 1, READ);
      lua_callk(L, 0, 1, 0, after_read);
      return after_read(L, LUA_OK, 0);
    }
    if (mr_jsonl_is_blank(line.text) && !line.is_long)
      continue;
    int results = take_line(L, r, &line);
    if (r->closed) /* meanwhile */
      mr_jsonl_clear(&r->lines);
    if (results) {
      r->busy = false;
      r->line = line.text;
      return results;
    }
    lua_callk(L, 2, 0, 0, after_fault);
    lua_settop(L, 1);
  }
}

/* reader:next() -> record, line number, byte offset; nothing at the end */
static int reader_next(lua_State *L) {
  reader *r = check_reader(L);
  lua_settop(L, 1);
  return step(L, r);
}

/* reader:line() -> the text of the record that was given last */
static int reader_line(lua_State *L) {
  reader *r = check_reader(L);
  lua_pushlstring(L, r->line.len ? r->line.ptr : "", r->line.len);
  return 1;
}

static int reader_close(lua_State *L) {
  reader *r = luaL_checkudata(L, 1, READER);
  r->closed = true;
  if (!r->held)
    mr_jsonl_clear(&r->lines);
  return 0;
}

static int reader_gc(lua_State *L) {
  reader *r = luaL_checkudata(L, 1, READER);
  r->closed = true;
  mr_jsonl_clear(&r->lines);
  return 0;
}

static size_t check_limit(lua_State *L, int arg) {
  lua_Integer limit = luaL_optinteger(L, arg, (lua_Integer)MR_JSONL_LIMIT);
  luaL_argcheck(L, limit > 0 && (lua_Unsigned)limit <= MR_JSON_INDEX_MAX, arg,
                "a limit of 1 to 2147483647 bytes was expected");
  return (size_t)limit;
}

/* reader(read, on_fault [, limit]): read() gives chunks, then nil; on_fault(error, line) lets
 * a malformed line pass, or raises. */
static int new_reader(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  size_t limit = check_limit(L, 3);
  reader *r = lua_newuserdatauv(L, sizeof *r, 3);
  memset(r, 0, sizeof *r);
  mr_jsonl_init(&r->lines, mr_context_alloc(L), limit);
  luaL_setmetatable(L, READER);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, READ);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, ON_FAULT);
  return 1;
}

/* ---- lines ---- */

typedef struct lines {
  mr_buf text;
  size_t whole; /* bytes of it that are lines; what is behind them failed */
  unsigned uses; /* tells whether a value that was written used the lines as well */
  bool closed;
} lines;

static lines *check_lines(lua_State *L) {
  lines *l = luaL_checkudata(L, 1, LINES);
  luaL_argcheck(L, !l->closed, 1, "the lines are closed");
  l->text.len = l->whole;
  l->uses++;
  return l;
}

void mr_jsonl_put_line(lua_State *L, mr_lazy_shared *shared, int idx, mr_buf *out) {
  mr_lazy_put(L, shared, idx, out);
  mr_buf_putc(out, '\n');
  if (out->status < 0)
    mr_error_memory(L);
}

/* lines:add(value, ...) -> bytes that are waiting; of several values all or none */
static int lines_add(lua_State *L) {
  lines *l = check_lines(L);
  int n = lua_gettop(L);
  unsigned use = l->uses;
  for (int i = 2; i <= n; i++) {
    mr_jsonl_put_line(L, shared_of(L), i, &l->text);
    if (use != l->uses)
      luaL_error(L, "the lines were used by a finalizer while a value was added");
  }
  l->whole = l->text.len;
  lua_pushinteger(L, (lua_Integer)l->whole);
  return 1;
}

/* lines:take() -> what was added since the last call */
static int lines_take(lua_State *L) {
  lines *l = check_lines(L);
  unsigned use = l->uses;
  lua_pushlstring(L, l->text.ptr ? l->text.ptr : "", l->whole);
  if (use != l->uses)
    luaL_error(L, "the lines were used by a finalizer while they were taken");
  l->whole = 0;
  if (l->text.cap > 1 << 20)
    mr_buf_clear(&l->text);
  return 1;
}

static int lines_gc(lua_State *L) {
  lines *l = luaL_checkudata(L, 1, LINES);
  mr_buf_clear(&l->text);
  l->closed = true;
  return 0;
}

static int new_lines(lua_State *L) {
  lines *l = lua_newuserdatauv(L, sizeof *l, 0);
  memset(l, 0, sizeof *l);
  mr_buf_init(&l->text, mr_context_alloc(L));
  luaL_setmetatable(L, LINES);
  return 1;
}

/* ---- records ---- */

/* decode(text) -> record, or nil and an error object */
static int decode(lua_State *L) {
  mr_jsonl_line line = {{NULL, 0}, 1, 0, false};
  mr_json_fault fault;
  line.text.ptr = luaL_checklstring(L, 1, &line.text.len);
  int status = mr_lazy_push(L, shared_of(L), line.text, &fault);
  if (status == MR_OK) {
    mr_lazy_node *n = mr_lazy_at(L, -1);
    if (n) /* a record has to fit in one line: between its tokens, spaces do as well */
      for (char *p = (char *)(uintptr_t)n->doc->base.text.ptr, *end = p + line.text.len;
           (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        *p = ' ';
    return 1;
  }
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  lua_pushnil(L);
  size_t row, column;
  mr_json_position(line.text, fault.offset, &row, &column);
  mr_error_push(L, "JSONSyntax", "line %I, column %I: %s", (LUAI_UACINT)row, (LUAI_UACINT)column,
                fault.message);
  mr_error_field(L, "reason", fault.message);
  set_integer(L, "line", row);
  set_integer(L, "column", column);
  set_integer(L, "offset", fault.offset);
  return 2;
}

static int is_record(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, mr_lazy_at(L, 1) != NULL);
  return 1;
}

/* get(record, key, ...): the field at the end of the way, whatever its name; or nil */
static int get(lua_State *L) {
  int n = lua_gettop(L);
  luaL_checkany(L, 1);
  lua_pushvalue(L, 1);
  for (int i = 2; i <= n; i++) {
    const mr_lazy_node *node = mr_lazy_at(L, -1);
    mr_slice key = {NULL, 0};
    if (!node)
      return 0;
    if (lua_type(L, i) == LUA_TSTRING) {
      key.ptr = lua_tolstring(L, i, &key.len);
      if (mr_lazy_kind(node->at) != '{' || !mr_lazy_member(node->at, key).in)
        return 0;
    }
    lua_pushvalue(L, i);
    lua_gettable(L, -2);
    lua_remove(L, -2);
  }
  return 1;
}

/* method(record, ...): equals, json and table of records that have fields of these names */
static int call_method(lua_State *L, const char *name) {
  if (!mr_lazy_at(L, 1))
    return luaL_typeerror(L, 1, "record");
  lua_getfield(L, lua_upvalueindex(MR_LAZY_METHODS), name);
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static int equals(lua_State *L) {
  return call_method(L, "equals");
}

static int json(lua_State *L) {
  return call_method(L, "json");
}

static int to_table(lua_State *L) {
  return call_method(L, "table");
}

/* cut(text) -> bytes up to the end of its last whole line; 0 if there is none */
static int cut(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  while (n > 0 && text[n - 1] != '\n')
    n--;
  lua_pushinteger(L, (lua_Integer)n);
  return 1;
}

/* ---- the module ---- */

static void make_type(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction close,
                      lua_CFunction collect) {
  int first = lua_gettop(L) - MR_LAZY_DECODE + 1;
  if (mr_type_new(L, name)) {
    lua_newtable(L);
    for (int i = 0; i < MR_LAZY_DECODE; i++)
      lua_pushvalue(L, first + i);
    luaL_setfuncs(L, methods, MR_LAZY_DECODE);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__close");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    mr_type_done(L, name);
  }
  lua_pop(L, 1);
}

int luaopen_moonrock_jsonl_core(lua_State *L) {
  static const luaL_Reg reader_methods[] = {
      {"next", reader_next}, {"line", reader_line}, {"close", reader_close}, {NULL, NULL}};
  static const luaL_Reg lines_methods[] = {{"add", lines_add}, {"take", lines_take}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"decode", decode},     {"equals", equals},
                                       {"get", get},           {"is_record", is_record},
                                       {"json", json},         {"lines", new_lines},
                                       {"reader", new_reader}, {"table", to_table},
                                       {"worker", mr_jsonl_worker}, {"cut", cut},
                                       {"output", mr_map_output_new},
                                       {NULL, NULL}};
  mr_jsonl_worker_type(L);
  mr_map_output_type(L);
  luaL_newlibtable(L, functions);
  int first = lua_gettop(L) + 1;
  mr_lazy_open(L);
  make_type(L, READER, reader_methods, reader_close, reader_gc);
  make_type(L, LINES, lines_methods, lines_gc, lines_gc);
  luaL_setfuncs(L, functions, lua_gettop(L) - first + 1);
  return 1;
}
