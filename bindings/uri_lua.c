/* SPDX-License-Identifier: MIT
 *
 * uri_lua.c -- module moonrock.uri: percent-encoding, URLs and query strings. */
#include <lauxlib.h>

#include "bindings/uri.h"
#include "host/context.h"
#include "host/error.h"

int luaopen_moonrock_uri(lua_State *L);

static mr_slice check_slice(lua_State *L, int arg) {
  mr_slice s;
  s.ptr = luaL_checklstring(L, arg, &s.len);
  return s;
}

static int refuse(lua_State *L, const char *message) {
  lua_pushnil(L);
  mr_error_push(L, "URISyntax", "%s", message);
  return 2;
}

/* encode(s [, "path"]): all but unreserved characters; a path keeps its slashes. */
static int uri_encode(lua_State *L) {
  static const char *const modes[] = {"component", "path", NULL};
  mr_slice s = check_slice(L, 1);
  bool is_path = luaL_checkoption(L, 2, "component", modes) == 1;
  mr_buf *b = mr_context_buffer(L);
  mr_uri_encode(b, s, is_path);
  mr_context_push(L, b);
  return 1;
}

/* decode(s): nil and an error where a '%' is not followed by two hex digits. */
static int uri_decode(lua_State *L) {
  mr_slice s = check_slice(L, 1);
  mr_buf *b = mr_context_buffer(L);
  if (mr_uri_decode(b, s) == MR_ERR_ARG)
    return refuse(L, "'%' must be followed by two hex digits");
  mr_context_push(L, b);
  return 1;
}

static void set_part(lua_State *L, const char *name, mr_slice part) {
  if (!part.ptr)
    return;
  lua_pushlstring(L, part.ptr, part.len);
  lua_setfield(L, -2, name);
}

/* parse(url): {scheme, userinfo, host, port, path, query, fragment}, raw; absent parts are
 * nil, but path is "" then. */
static int uri_parse(lua_State *L) {
  mr_uri uri;
  if (mr_uri_parse(check_slice(L, 1), &uri) < 0)
    return refuse(L, "no absolute URL (scheme://host[:port]/path?query)");
  lua_createtable(L, 0, 6);
  set_part(L, "scheme", uri.scheme);
  set_part(L, "userinfo", uri.userinfo);
  set_part(L, "host", uri.host);
  set_part(L, "path", uri.path);
  set_part(L, "query", uri.query);
  set_part(L, "fragment", uri.fragment);
  if (uri.port >= 0) {
    lua_pushinteger(L, uri.port);
    lua_setfield(L, -2, "port");
  }
  return 1;
}

/* parse_query(q): list of {name, value}, decoded; value is "" where there was no '='. */
static int uri_parse_query(lua_State *L) {
  mr_slice rest = check_slice(L, 1), name, value;
  mr_buf *b = mr_context_buffer(L);
  lua_Integer n = 0;
  lua_newtable(L);
  while (mr_query_next(&rest, &name, &value)) {
    lua_createtable(L, 2, 0);
    for (int i = 1; i <= 2; i++) {
      mr_buf_reset(b);
      if (mr_uri_decode(b, i == 1 ? name : value.ptr ? value : mr_slice_of("")) == MR_ERR_ARG)
        return refuse(L, "'%' in a query must be followed by two hex digits");
      mr_context_push(L, b);
      lua_rawseti(L, -2, i);
    }
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

/* build_query(list): "name=value&..." in the order of the list, encoded. */
static int uri_build_query(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer n = luaL_len(L, 1);
  mr_buf *b = mr_context_buffer(L);
  for (lua_Integer i = 1; i <= n; i++) {
    if (lua_geti(L, 1, i) != LUA_TTABLE)
      return luaL_argerror(L, 1, lua_pushfstring(L, "item %I is no {name, value}", (LUAI_UACINT)i));
    if (i > 1)
      mr_buf_putc(b, '&');
    for (int part = 1; part <= 2; part++) {
      mr_slice s = {"", 0};
      if (lua_geti(L, -1, part) == LUA_TBOOLEAN)
        s = mr_slice_of(lua_toboolean(L, -1) ? "true" : "false");
      else if (lua_isstring(L, -1))
        s.ptr = lua_tolstring(L, -1, &s.len);
      else if (part == 1 || !lua_isnil(L, -1))
        return luaL_argerror(L, 1,
                             lua_pushfstring(L, "the %s of item %I is a %s",
                                             part == 1 ? "name" : "value", (LUAI_UACINT)i,
                                             luaL_typename(L, -1)));
      if (part == 2)
        mr_buf_putc(b, '=');
      mr_uri_encode(b, s, false);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  mr_context_push(L, b);
  return 1;
}

int luaopen_moonrock_uri(lua_State *L) {
  static const luaL_Reg functions[] = {{"build_query", uri_build_query}, {"decode", uri_decode},
                                       {"encode", uri_encode},           {"parse", uri_parse},
                                       {"parse_query", uri_parse_query}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
