/* SPDX-License-Identifier: MIT
 *
 * eventstream_lua.c -- module moonrock.eventstream: frames as Lua tables.
 * Header values become plain Lua values; the types of those that are no strings stand beside
 * them in `types`, so that what was read can be written again. */
#include "bindings/eventstream_lua.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "bindings/text.h"
#include "host/context.h"
#include "host/error.h"
#include "host/type.h"

int luaopen_moonrock_eventstream(lua_State *L);

#define DECODER_TYPE "moonrock.eventstream.decoder"

static const char *const type_names[] = {"true", "false", "byte",   "short",     "integer",
                                         "long", "bytes", "string", "timestamp", "uuid"};

/* ---- reading ---- */

static mr_event_reader *check_decoder(lua_State *L) {
  return luaL_checkudata(L, 1, DECODER_TYPE);
}

static int decoder_gc(lua_State *L) {
  mr_event_reader *r = check_decoder(L);
  mr_event_reader_clear(r);
  r->status = MR_ERR_MEMORY; /* for finalizers that come later */
  return 0;
}

static int decoder_tostring(lua_State *L) {
  mr_event_reader *r = check_decoder(L);
  lua_pushfstring(L, "event-stream decoder (%s)", r->status == MR_OK ? "open" : "failed");
  return 1;
}

static void push_value(lua_State *L, const mr_event_header *h) {
  switch (h->type) {
  case MR_EVENT_TRUE:
  case MR_EVENT_FALSE:
    lua_pushboolean(L, h->type == MR_EVENT_TRUE);
    return;
  case MR_EVENT_BYTES:
  case MR_EVENT_STRING:
  case MR_EVENT_UUID:
    lua_pushlstring(L, h->text.ptr, h->text.len);
    return;
  default:
    lua_pushinteger(L, (lua_Integer)h->integer);
  }
}

void mr_event_lua_push(lua_State *L, const mr_event_message *m) {
  mr_slice rest = m->headers;
  mr_event_header h;
  bool typed = false;
  lua_createtable(L, 0, 2);
  lua_createtable(L, 0, 4);
  while (mr_event_header_next(&rest, &h)) {
    lua_pushlstring(L, h.name.ptr, h.name.len);
    push_value(L, &h);
    lua_rawset(L, -3);
    typed = typed || h.type != MR_EVENT_STRING;
  }
  lua_setfield(L, -2, "headers");
  lua_pushlstring(L, m->payload.ptr, m->payload.len);
  lua_setfield(L, -2, "payload");
  if (!typed)
    return;
  lua_newtable(L);
  rest = m->headers;
  while (mr_event_header_next(&rest, &h))
    if (h.type != MR_EVENT_STRING) {
      lua_pushlstring(L, h.name.ptr, h.name.len);
      lua_pushstring(L, type_names[h.type]);
      lua_rawset(L, -3);
    }
  lua_setfield(L, -2, "types");
}

static void push_fault(lua_State *L, const mr_event_reader *r) {
  static const char *const checks[] = {"",       "length",    "limit", "prelude_crc", "message_crc",
                                       "header", "duplicate", "end"};
  bool cut = r->check == MR_EVENT_CHECK_END;
  mr_error_push(L, cut ? "IncompleteStream" : "EventStreamCorrupt",
                "%s, at byte %I of the stream (frame %I begins at %I)", mr_event_fault(r->check),
                (LUAI_UACINT)r->fault_at, (LUAI_UACINT)(r->frames + 1), (LUAI_UACINT)r->frame_at);
  mr_error_field(L, "check", checks[r->check]);
  lua_pushinteger(L, (lua_Integer)r->fault_at);
  lua_setfield(L, -2, "offset");
}

mr_event_reader *mr_event_lua_feed(lua_State *L, int idx, int bytes_idx) {
  mr_event_reader *r = luaL_checkudata(L, idx, DECODER_TYPE);
  size_t n = 0;
  const char *data = luaL_checklstring(L, bytes_idx, &n);
  if (mr_event_feed(r, data, n) == MR_ERR_ARG)
    luaL_error(L, "the decoder was interrupted; it cannot go on");
  return r;
}

void mr_event_lua_end(lua_State *L, const mr_event_reader *r, int status) {
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (status == MR_ERR_SYNTAX)
    push_fault(L, r);
  else
    lua_pushnil(L);
}

/* decoder:feed(bytes) -> list of messages, error | nil */
static int decoder_feed(lua_State *L) {
  mr_event_reader *r = mr_event_lua_feed(L, 1, 2);
  mr_event_message m;
  lua_Integer count = 0;
  int status;
  lua_newtable(L);
  while ((status = mr_event_next(r, &m)) == 1) {
    mr_event_lua_push(L, &m);
    lua_rawseti(L, -2, ++count);
  }
  mr_event_lua_end(L, r, status);
  return 2;
}

/* decoder:finish() -> true | nil, error */
static int decoder_finish(lua_State *L) {
  mr_event_reader *r = check_decoder(L);
  if (mr_event_finish(r) == MR_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  if (r->status == MR_ERR_MEMORY)
    mr_error_memory(L);
  lua_pushnil(L);
  push_fault(L, r);
  return 2;
}

static int eventstream_decoder(lua_State *L) {
  mr_event_reader *r = lua_newuserdatauv(L, sizeof *r, 0);
  mr_event_reader_init(r, mr_context_alloc(L));
  luaL_setmetatable(L, DECODER_TYPE);
  return 1;
}

/* ---- writing ---- */

static int type_of(lua_State *L, const char *name) {
  for (size_t i = 0; i < MR_COUNT(type_names); i++)
    if (strcmp(name, type_names[i]) == 0)
      return (int)i;
  return luaL_error(L, "event header: unknown type '%s'", name);
}

/* The header of the name and value at these places; type: a type's name, or nil. */
static void read_header(lua_State *L, int name, int value, int type, mr_event_header *h) {
  memset(h, 0, sizeof *h);
  if (lua_type(L, name) != LUA_TSTRING)
    luaL_argerror(L, 1, "the names of headers must be strings");
  h->name.ptr = lua_tolstring(L, name, &h->name.len);
  int kind = lua_type(L, value);
  bool whole = lua_isinteger(L, value);
  int wanted = lua_type(L, type) == LUA_TSTRING ? type_of(L, lua_tostring(L, type)) : -1;
  if (kind == LUA_TSTRING)
    h->text.ptr = lua_tolstring(L, value, &h->text.len);
  else if (whole)
    h->integer = (int64_t)lua_tointeger(L, value);
  else if (kind != LUA_TBOOLEAN)
    luaL_argerror(L, 1,
                  lua_pushfstring(L,
                                  "header '%s' is a %s, expected a string, an integer or "
                                  "a boolean",
                                  h->name.ptr, luaL_typename(L, value)));
  if (kind == LUA_TBOOLEAN)
    h->type = lua_toboolean(L, value) ? MR_EVENT_TRUE : MR_EVENT_FALSE;
  else if (wanted >= 0)
    h->type = (uint8_t)wanted;
  else if (kind == LUA_TSTRING)
    h->type = MR_EVENT_STRING;
  else
    h->type = h->integer >= INT32_MIN && h->integer <= INT32_MAX ? MR_EVENT_INTEGER : MR_EVENT_LONG;
  bool texty = h->type == MR_EVENT_BYTES || h->type == MR_EVENT_STRING || h->type == MR_EVENT_UUID;
  if (kind != LUA_TBOOLEAN && (texty != (kind == LUA_TSTRING) || h->type <= MR_EVENT_FALSE))
    luaL_argerror(
        L, 1,
        lua_pushfstring(L, "header '%s' does not have the type it is said to have", h->name.ptr));
}

static void put_header(lua_State *L, mr_buf *headers, const mr_event_header *h) {
  int status = mr_event_put_header(headers, h);
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (status != MR_OK)
    luaL_argerror(L, 1, lua_pushfstring(L, "header '%s' does not fit its type", h->name.ptr));
}

/* headers as a list of {name, value [, type]}, at idx. */
static void put_list(lua_State *L, mr_buf *headers, int idx) {
  mr_event_header h;
  for (lua_Integer i = 1; headers->len <= MR_EVENT_HEADERS_MAX && lua_geti(L, idx, i) != LUA_TNIL;
       i++) {
    int item = lua_gettop(L);
    if (!lua_istable(L, item))
      luaL_argerror(L, 1, "headers must be a list of {name, value} or a table by name");
    lua_geti(L, item, 1);
    lua_geti(L, item, 2);
    lua_geti(L, item, 3);
    read_header(L, item + 1, item + 2, item + 3, &h);
    put_header(L, headers, &h);
    lua_settop(L, item - 1);
  }
}

static int by_bytes(const void *a, const void *b) {
  return mr_slice_compare(*(const mr_slice *)a, *(const mr_slice *)b);
}

/* headers by name, at idx: in the order of their names.  types: idx of a table or of nil. */
static void put_map(lua_State *L, mr_buf *headers, int idx, int types) {
  mr_event_header h;
  mr_buf *names = mr_context_buffer(L); /* of slices */
  int kept = lua_gettop(L);
  lua_newtable(L); /* the names, which a finalizer may take out of the table meanwhile */
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
    mr_slice name;
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_argerror(L, 1, "the names of headers must be strings");
    name.ptr = lua_tolstring(L, -2, &name.len);
    mr_buf_put(names, &name, sizeof name);
    lua_pushvalue(L, -2);
    lua_pushboolean(L, 1);
    lua_rawset(L, kept + 1);
  }
  if (names->status < 0)
    mr_error_memory(L);
  const mr_slice *all = (const mr_slice *)(const void *)names->ptr;
  size_t n = names->len / sizeof *all;
  if (n > 1)
    qsort(names->ptr, n, sizeof *all, by_bytes);
  for (size_t i = 0; i < n && headers->len <= MR_EVENT_HEADERS_MAX; i++) {
    lua_pushlstring(L, all[i].ptr, all[i].len);
    lua_pushvalue(L, -1);
    lua_rawget(L, idx);
    if (lua_istable(L, types)) {
      lua_pushvalue(L, -2);
      lua_rawget(L, types);
    } else {
      lua_pushnil(L);
    }
    read_header(L, kept + 2, kept + 3, kept + 4, &h);
    put_header(L, headers, &h);
    lua_settop(L, kept + 1);
  }
  lua_settop(L, kept - 1);
}

/* encode{headers=, payload=, types=} -> bytes */
static int eventstream_encode(lua_State *L) {
  mr_slice payload = {"", 0};
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_getfield(L, 1, "headers"); /* 2 */
  lua_getfield(L, 1, "types");   /* 3 */
  lua_getfield(L, 1, "payload"); /* 4 */
  if (!lua_isnil(L, 4)) {
    if (lua_type(L, 4) != LUA_TSTRING)
      luaL_argerror(L, 1, "payload must be a string");
    payload.ptr = lua_tolstring(L, 4, &payload.len);
  }
  mr_buf *headers = mr_context_buffer(L);
  mr_buf *out = mr_context_buffer(L);
  if (!lua_isnil(L, 2)) {
    if (!lua_istable(L, 2))
      luaL_argerror(L, 1, "headers must be a table");
    if (lua_rawlen(L, 2) > 0)
      put_list(L, headers, 2);
    else
      put_map(L, headers, 2, 3);
  }
  int status = mr_event_put_frame(out, mr_buf_view(headers), payload);
  if (status == MR_ERR_ARG)
    luaL_argerror(L, 1, "a header comes twice");
  if (status == MR_ERR_LIMIT)
    luaL_argerror(L, 1, "more than 128 KiB of headers or 24 MiB of payload");
  mr_context_push(L, out);
  return 1;
}

int luaopen_moonrock_eventstream(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"decoder", eventstream_decoder}, {"encode", eventstream_encode}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"feed", decoder_feed}, {"finish", decoder_finish}, {NULL, NULL}};
  if (mr_type_new(L, DECODER_TYPE)) {
    lua_pushcfunction(L, decoder_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, decoder_tostring);
    lua_setfield(L, -2, "__tostring");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    mr_type_done(L, DECODER_TYPE);
  }
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
