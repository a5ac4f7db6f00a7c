/* SPDX-License-Identifier: MIT
 *
 * sigv4_request_lua.c -- requests and options: from Lua tables to slices.
 * Texts are read where Lua keeps them and stay on the stack, and the headers are copied there,
 * since a finalizer may change the request meanwhile.  Raw access throughout. */
#include "bindings/sigv4_lua.h"

#include <lauxlib.h>

#include "bindings/secret_lua.h"
#include "host/context.h"
#include "host/error.h"
#include "host/headers.h"
#include "host/number.h"

static int push_field(lua_State *L, int arg, const char *name) {
  lua_pushstring(L, name);
  return lua_rawget(L, arg);
}

bool mr_sigv4_lua_text_of(lua_State *L, int idx, int arg, const char *name, bool secret,
                          mr_slice *out) {
  *out = mr_slice_make("", 0);
  if (push_field(L, idx, name) == LUA_TNIL)
    return false;
  if (!(lua_type(L, -1) == LUA_TSTRING || secret) || !mr_secret_text(L, -1, out)) {
    lua_pushfstring(L, "field '%s' must be a string%s, not %s", name, secret ? " or a secret" : "",
                    luaL_typename(L, -1));
    luaL_argerror(L, arg, lua_tostring(L, -1));
  }
  return true;
}

bool mr_sigv4_lua_text(lua_State *L, int arg, const char *name, bool secret, mr_slice *out) {
  return mr_sigv4_lua_text_of(L, arg, arg, name, secret, out);
}

static mr_slice need_text(lua_State *L, int arg, const char *name, bool secret) {
  mr_slice s;
  if (!mr_sigv4_lua_text(L, arg, name, secret, &s) || s.len == 0) {
    lua_pushfstring(L, "field '%s' is missing", name);
    luaL_argerror(L, arg, lua_tostring(L, -1));
  }
  return s;
}

int64_t mr_sigv4_lua_seconds(lua_State *L, int idx, int arg, const char *name) {
  push_field(L, idx, name);
  lua_Number n = lua_tonumber(L, -1);
  if (lua_type(L, -1) != LUA_TNUMBER || !(n > -1e11 && n < 1e12)) {
    lua_pushfstring(L, "field '%s' must be a number of seconds since 1970", name);
    luaL_argerror(L, arg, lua_tostring(L, -1));
  }
  lua_pop(L, 1);
  int64_t whole = (int64_t)n;
  return whole > n ? whole - 1 : whole;
}

static bool flag(lua_State *L, int arg, const char *name, bool otherwise) {
  int type = push_field(L, arg, name);
  bool value = type == LUA_TNIL ? otherwise : lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

void mr_sigv4_lua_check(lua_State *L, int status, int arg, const char *what) {
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (status < 0)
    luaL_argerror(L, arg, what);
}

struct mr_sigv4_keys *mr_sigv4_lua_keys(lua_State *L) {
  return lua_touserdata(L, lua_upvalueindex(1));
}

/* ---- headers ---- */

/* Pushes "host" or "host:port", without the port that the scheme implies. */
static mr_slice push_host(lua_State *L, int arg) {
  mr_slice host, scheme;
  if (!mr_sigv4_lua_text(L, arg, "host", false, &host) || host.len == 0)
    luaL_argerror(L, arg, "the request has no host and no host header");
  mr_sigv4_lua_text(L, arg, "scheme", false, &scheme);
  push_field(L, arg, "port");
  lua_Integer port = lua_tointeger(L, -1);
  if (port > 0 && port != (mr_slice_is(scheme, "http") ? 80 : 443)) {
    char digits[21] = "";
    lua_pushfstring(L, "%s:%s", host.ptr, mr_text_digits(digits + 20, (uint64_t)port));
    host.ptr = lua_tolstring(L, -1, &host.len);
  }
  return host;
}

void mr_sigv4_lua_headers(lua_State *L, int arg) {
  luaL_checkstack(L, 8, "headers");
  if (push_field(L, arg, "headers") == LUA_TNIL) {
    lua_pop(L, 1);
    mr_headers_push(L, mr_slice_of(""));
  }
  mr_headers_check(L, -1, arg);
}

void mr_sigv4_lua_changed(lua_State *L, int arg, int headers) {
  int type = push_field(L, arg, "headers");
  if (type == LUA_TTABLE)
    mr_headers_to_list(L, headers, lua_gettop(L));
  lua_pop(L, 1);
  if (type == LUA_TNIL) {
    lua_pushliteral(L, "headers");
    lua_pushvalue(L, headers);
    lua_rawset(L, arg);
  }
}

mr_sigv4_lua_facts mr_sigv4_lua_request(lua_State *L, int arg, bool hide, mr_sigv4_request *r) {
  mr_sigv4_lua_facts facts = {0, false, false};
  luaL_checktype(L, arg, LUA_TTABLE);
  luaL_checkstack(L, 16, "request");
  memset(r, 0, sizeof *r);
  r->method = need_text(L, arg, "method", false);
  if (!mr_sigv4_lua_text(L, arg, "path", false, &r->path))
    r->path = mr_slice_make("/", 1);
  mr_sigv4_lua_text(L, arg, "query", false, &r->query);
  mr_sigv4_lua_text(L, arg, "payload_hash", false, &r->payload_hash);
  int type = push_field(L, arg, "body");
  bool opaque = type != LUA_TNIL && !mr_secret_text(L, -1, &r->body);

  mr_sigv4_lua_headers(L, arg);
  facts.headers = lua_gettop(L);
  facts.has_secret = mr_headers_secret(L, -1);
  mr_pair *headers = mr_headers_read(L, -1, !hide, &r->header_count);
  bool has_host = false, has_hash = r->payload_hash.len > 0;
  for (size_t i = 0; i < r->header_count; i++) {
    has_host = has_host || mr_canon_name_is(headers[i].name, "host");
    has_hash = has_hash || mr_canon_name_is(headers[i].name, "x-amz-content-sha256");
  }
  if (!has_host) {
    headers[r->header_count++] = (mr_pair){mr_slice_of("host"), push_host(L, arg)};
    facts.host_added = true;
  }
  if (opaque && !has_hash)
    luaL_argerror(L, arg, "a body that is no string needs the field 'payload_hash'");
  r->headers = headers;
  return facts;
}

/* ---- options ---- */

void mr_sigv4_lua_options(lua_State *L, int arg, mr_sigv4_options *o) {
  luaL_checktype(L, arg, LUA_TTABLE);
  luaL_checkstack(L, 16, "options");
  memset(o, 0, sizeof *o);
  if (push_field(L, arg, "credentials") != LUA_TTABLE)
    luaL_argerror(L, arg, "field 'credentials' must be a table");
  int credentials = lua_gettop(L);
  o->region = need_text(L, arg, "region", false);
  mr_sigv4_defaults(o, need_text(L, arg, "service", false));
  o->time = mr_sigv4_lua_seconds(L, arg, arg, "time");
  o->normalize = flag(L, arg, "normalize", o->normalize);
  o->double_encode = flag(L, arg, "double_encode", o->double_encode);
  o->sign_body_header = flag(L, arg, "sign_body_header", o->sign_body_header);
  o->omit_session_token = flag(L, arg, "omit_session_token", false);
  const char *problem = NULL;
  if (!mr_sigv4_lua_text_of(L, credentials, arg, "access_key_id", false, &o->access_key_id))
    problem = "the credentials have no access_key_id";
  else if (!mr_sigv4_lua_text_of(L, credentials, arg, "secret_access_key", true,
                                 &o->secret_access_key))
    problem = "the credentials have no secret_access_key";
  if (problem)
    luaL_argerror(L, arg, problem);
  mr_sigv4_lua_text_of(L, credentials, arg, "session_token", true, &o->session_token);
}
