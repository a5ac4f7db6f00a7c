/* SPDX-License-Identifier: MIT
 *
 * model_route_lua.c -- raw requests as arguments, and the way from one to its operation. */
#include <lauxlib.h>

#include "bindings/model_lua.h"
#include "bindings/unmarshal.h"
#include "bindings/uri.h"
#include "host/context.h"
#include "host/exchange_request.h"

static const mr_models *const models = &mr_models_table;

enum { MOST_HEADERS = 10000 };

static bool next_of_head(mr_slice *rest, mr_header *out) {
  if (rest->len == 0)
    return false;
  out->name = mr_slice_of(rest->ptr);
  out->value = mr_slice_of(rest->ptr + out->name.len + 1);
  size_t n = out->name.len + out->value.len + 2;
  *rest = mr_slice_make(rest->ptr + n, rest->len - n);
  return true;
}

static void head_of_exchange(lua_State *L, int idx, mr_input *in) {
  mr_slice rest = mr_exchange_head(L, idx), again = rest;
  mr_header h;
  size_t n = 0;
  while (next_of_head(&rest, &h))
    n++;
  mr_header *headers = lua_newuserdatauv(L, (n ? n : 1) * sizeof *headers, 0);
  while (next_of_head(&again, &headers[in->header_count]) && ++in->header_count < n) {
  }
  in->headers = headers;
}

void mr_lua_headers(lua_State *L, int idx, mr_input *in) {
  if (lua_isnoneornil(L, idx)) {
    lua_pushnil(L);
    return;
  }
  if (lua_isuserdata(L, idx)) {
    head_of_exchange(L, idx, in);
    return;
  }
  luaL_checktype(L, idx, LUA_TTABLE);
  size_t n = lua_rawlen(L, idx);
  luaL_argcheck(L, n <= MOST_HEADERS, idx, "too many headers");
  mr_header *headers = lua_newuserdatauv(L, (n ? n : 1) * sizeof *headers, 2 * (int)n);
  int list = lua_gettop(L);
  for (size_t i = 0; i < n; i++) {
    if (lua_rawgeti(L, idx, (lua_Integer)i + 1) == LUA_TTABLE) {
      mr_header *h = &headers[in->header_count];
      bool ok = lua_rawgeti(L, -1, 1) == LUA_TSTRING;
      if (ok)
        h->name.ptr = lua_tolstring(L, -1, &h->name.len);
      ok = (lua_rawgeti(L, -2, 2) == LUA_TSTRING) && ok;
      if (ok) {
        h->value.ptr = lua_tolstring(L, -1, &h->value.len);
        in->header_count++;
      }
      /* Kept here: a finalizer may change the tables while the result is made. */
      lua_setiuservalue(L, list, 2 * (int)i + 2);
      lua_setiuservalue(L, list, 2 * (int)i + 1);
    }
    lua_pop(L, 1);
  }
  in->headers = headers;
}

/* Sets name (below the top) to value (on top) in the table at 2, behind what it has already. */
static void join(lua_State *L) {
  int value = lua_gettop(L);
  lua_pushvalue(L, value - 1);
  if (lua_rawget(L, 2) == LUA_TSTRING) {
    lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), lua_tostring(L, value));
    lua_replace(L, value);
  }
  lua_settop(L, value);
  lua_rawset(L, 2);
}

/* header_map(headers) -> {name = value}; several of one name with a comma between */
int mr_model_header_map(lua_State *L) {
  lua_settop(L, 1);
  if (lua_isuserdata(L, 1)) {
    mr_slice rest = mr_exchange_head(L, 1);
    mr_header h;
    lua_createtable(L, 0, 8);
    while (next_of_head(&rest, &h)) {
      lua_pushlstring(L, h.name.ptr, h.name.len);
      lua_pushlstring(L, h.value.ptr, h.value.len);
      join(L);
    }
    return 1;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
  lua_createtable(L, 0, n < 1000 ? (int)n : 1000);
  for (lua_Integer i = 1; i <= n; i++) {
    if (lua_rawgeti(L, 1, i) != LUA_TTABLE)
      return luaL_argerror(L, 1, "headers are a list of {name, value}");
    bool good = lua_rawgeti(L, 3, 1) == LUA_TSTRING;
    if (!(lua_rawgeti(L, 3, 2) == LUA_TSTRING && good))
      return luaL_argerror(L, 1, "headers are a list of {name, value}");
    join(L);
    lua_settop(L, 2);
  }
  return 1;
}

mr_slice mr_lua_text(lua_State *L, int idx) {
  mr_slice s = mr_slice_of("");
  if (!lua_isnoneornil(L, idx))
    s.ptr = luaL_checklstring(L, idx, &s.len);
  return s;
}

static void push_labels(lua_State *L, const mr_operation *op, mr_slice path) {
  const mr_shape *input = mr_shape_at(models, op->input);
  lua_newtable(L);
  for (uint32_t i = 0; input && i < input->count; i++) {
    const mr_member *member = &models->members[input->first + i];
    mr_slice raw, name = mr_text(models, member->name);
    if (member->location != MR_AT_LABEL ||
        !mr_path_match(mr_text(models, op->path), path, mr_text(models, member->wire), &raw))
      continue;
    mr_buf *decoded = mr_context_buffer(L);
    if (mr_uri_decode(decoded, raw) != MR_OK)
      mr_buf_slice(decoded, raw);
    mr_context_push(L, decoded);
    lua_setfield(L, -3, name.ptr);
    lua_pop(L, 1);
  }
}

/* route(service, method, path, query [, headers [, body]]) -> operation, labels | nil, known
 * The path is raw; for S3 of the path style "/bucket/key...".  Without the headers CopyObject
 * cannot be told from PutObject; the query protocol names the operation in the body.  known: another method would have fitted the path. */
int mr_model_route(lua_State *L) {
  const mr_service *s = mr_check_service(L, 1);
  mr_slice method;
  mr_input in = {0};
  bool known = false;
  method.ptr = luaL_checklstring(L, 2, &method.len);
  in.path.ptr = luaL_checklstring(L, 3, &in.path.len);
  in.query = mr_lua_text(L, 4);
  in.body = mr_lua_text(L, 6);
  lua_settop(L, 6);
  mr_lua_headers(L, 5, &in);
  const mr_operation *op = mr_route(models, s, method, &in, &known);
  if (!op) {
    lua_pushnil(L);
    lua_pushboolean(L, known);
    return 2;
  }
  mr_push_operation(L, op);
  push_labels(L, op, in.path);
  return 2;
}
