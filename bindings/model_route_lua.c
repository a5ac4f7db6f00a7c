/* SPDX-License-Identifier: MIT
 *
 * model_route_lua.c -- raw requests as arguments, and the way from one to its operation. */
#include <lauxlib.h>

#include "bindings/model_lua.h"
#include "bindings/unmarshal.h"
#include "bindings/uri.h"
#include "host/context.h"
#include "host/headers.h"

static const mr_models *const models = &mr_models_table;

void mr_lua_headers(lua_State *L, int idx, mr_input *in) {
  if (lua_isnoneornil(L, idx)) {
    lua_pushnil(L);
    return;
  }
  mr_headers_check(L, idx, idx);
  in->headers = mr_headers_read(L, idx, false, &in->header_count);
}

/* Sets name (below the top) to value (on top) in the table at 2, behind what it has already. */
static void join(lua_State *L) {
  int value = lua_gettop(L);
  lua_pushvalue(L, value - 1);
  if (lua_rawget(L, 2) == LUA_TSTRING) {
    lua_pushliteral(L, ", ");
    lua_pushvalue(L, value);
    lua_concat(L, 3);
    lua_replace(L, value);
  }
  lua_settop(L, value);
  lua_rawset(L, 2);
}

/* header_map(headers) -> {name = value}; several of one name with a comma between */
int mr_model_header_map(lua_State *L) {
  size_t count;
  lua_settop(L, 1);
  mr_headers_check(L, 1, 1);
  lua_createtable(L, 0, 8);
  const mr_pair *headers = mr_headers_read(L, 1, false, &count);
  for (size_t i = 0; i < count; i++) {
    lua_pushlstring(L, headers[i].name.ptr, headers[i].name.len);
    lua_pushlstring(L, headers[i].value.ptr, headers[i].value.len);
    join(L);
  }
  lua_settop(L, 2);
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
 * cannot be told from PutObject; the query protocol names the operation in the body.  known:
 * another method would have fitted the path. */
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
