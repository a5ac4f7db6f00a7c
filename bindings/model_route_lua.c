/* SPDX-License-Identifier: MIT
 *
 * model_route_lua.c -- raw requests as arguments, and the way from one to its operation. */
#include <lauxlib.h>

#include "bindings/model_lua.h"
#include "bindings/unmarshal.h"
#include "bindings/uri.h"
#include "host/context.h"

static const mr_models *const models = &mr_models_table;

enum { MOST_HEADERS = 10000 };

void mr_lua_headers(lua_State *L, int idx, mr_input *in) {
  if (lua_isnoneornil(L, idx)) {
    lua_pushnil(L);
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

/* header_map(headers) -> {name = value}; several of one name with a comma between */
int mr_model_header_map(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
  lua_createtable(L, 0, n < 1000 ? (int)n : 1000);
  for (lua_Integer i = 1; i <= n; i++) {
    if (lua_rawgeti(L, 1, i) != LUA_TTABLE)
      return luaL_argerror(L, 1, "headers are a list of {name, value}");
    bool good = lua_rawgeti(L, 3, 1) == LUA_TSTRING;
    if (!(lua_rawgeti(L, 3, 2) == LUA_TSTRING && good))
      return luaL_argerror(L, 1, "headers are a list of {name, value}");
    lua_pushvalue(L, 4);
    if (lua_rawget(L, 2) == LUA_TSTRING) {
      lua_pushfstring(L, "%s, %s", lua_tostring(L, 6), lua_tostring(L, 5));
      lua_replace(L, 5);
    }
    lua_settop(L, 5);
    lua_rawset(L, 2);
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
