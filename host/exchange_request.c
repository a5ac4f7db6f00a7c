/* SPDX-License-Identifier: MIT
 *
 * exchange_request.c -- what moonrock.http is asked for: from Lua tables to a request.
 * Its texts live in Lua values, which are left on the stack: the transport copies them. */
#include "host/exchange_request.h"

#include <lauxlib.h>

#include "host/context.h"
#include "host/error.h"
#include "host/headers.h"
#include "host/number.h"
#include "host/sys.h"

enum { MOST_HEADERS = 1000 };

/* The value stays on the stack. */
static const char *text_field(lua_State *L, int idx, const char *name, bool required) {
  if (lua_getfield(L, idx, name) == LUA_TNIL && !required)
    return NULL;
  if (lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "field '%s' of the request must be a string", name);
  return lua_tostring(L, -1);
}

/* Of the request, else of the defaults. */
static int push_option(lua_State *L, int idx, int defaults, const char *name) {
  int type = lua_getfield(L, idx, name);
  if (type != LUA_TNIL || lua_isnil(L, defaults))
    return type;
  lua_pop(L, 1);
  return lua_getfield(L, defaults, name);
}

static const char *text_option(lua_State *L, int idx, int defaults, const char *name) {
  int type = push_option(L, idx, defaults, name);
  if (type != LUA_TNIL && type != LUA_TSTRING)
    luaL_error(L, "field '%s' of the request must be a string", name);
  return lua_tostring(L, -1); /* stays on the stack */
}

static int64_t ms_option(lua_State *L, int idx, int defaults, const char *name) {
  push_option(L, idx, defaults, name);
  lua_Number seconds = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return seconds > 0 ? (int64_t)(seconds * 1000) : 0;
}

static bool flag_option(lua_State *L, int idx, int defaults, const char *name) {
  push_option(L, idx, defaults, name);
  bool set = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return set;
}

/* The field url; or scheme, host, port, path and query put together. */
static const char *read_url(lua_State *L, int idx) {
  if (lua_getfield(L, idx, "host") != LUA_TSTRING || lua_getfield(L, idx, "url") != LUA_TNIL)
    return text_field(L, idx, "url", true);
  const char *host = lua_tostring(L, -2), *scheme = text_field(L, idx, "scheme", true),
             *path = text_field(L, idx, "path", false), *query = text_field(L, idx, "query", false);
  bool asks = query && query[0];
  char digits[21] = "";
  const char *port = NULL;
  if (lua_getfield(L, idx, "port") != LUA_TNIL) {
    lua_Integer n = lua_tointeger(L, -1);
    if (n <= 0)
      luaL_error(L, "field 'port' of the request must be a whole number");
    port = mr_text_digits(digits + 20, (uint64_t)n);
  }
  return lua_pushfstring(L, "%s://%s%s%s%s%s%s", scheme, host, port ? ":" : "", port ? port : "",
                         path ? path : "", asks ? "?" : "", asks ? query : "");
}

/* RFC 9110 section 5.6.2 */
static bool is_token(mr_slice s) {
  static const uint32_t good[8] = {0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff}; /* a bit for each byte */
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if (!(good[c / 32] >> c % 32 & 1))
      return false;
  }
  return s.len > 0;
}

static bool is_line(mr_slice s) {
  return !memchr(s.ptr, '\n', s.len) && !memchr(s.ptr, '\r', s.len) && !memchr(s.ptr, 0, s.len);
}

static void read_headers(lua_State *L, int idx, mr_http_request *r) {
  lua_getfield(L, idx, "headers");
  mr_headers_check(L, -1, idx);
  r->headers = mr_headers_read(L, -1, true, &r->header_count);
  if (r->header_count > MOST_HEADERS)
    luaL_error(L, "a request has at most %d headers", (int)MOST_HEADERS);
  for (size_t i = 0; i < r->header_count; i++) {
    const mr_pair *h = &r->headers[i];
    if (!is_token(h->name) || !is_line(h->value)) {
      lua_pushlstring(L, h->name.ptr, h->name.len);
      luaL_error(L, "header '%s' has a character that no header may have", lua_tostring(L, -1));
    }
  }
}

/* A number of bytes; without a default (-1) it must be there. */
static int64_t whole_field(lua_State *L, int idx, const char *name, int64_t otherwise) {
  int is_whole;
  int type = lua_getfield(L, idx, name);
  lua_Integer n = lua_tointegerx(L, -1, &is_whole);
  lua_pop(L, 1);
  if (type == LUA_TNIL && otherwise >= 0)
    return otherwise;
  if (!is_whole || n < 0)
    luaL_error(L, "field '%s' of the body must be a whole number of bytes", name);
  return n;
}

/* A string, or {path=, offset=, length=}: opened here, sent as it is read. */
static int read_body(lua_State *L, int idx, int *fd, mr_http_body *body) {
  body->fd = -1;
  if (lua_getfield(L, idx, "body") == LUA_TTABLE) {
    int at = lua_gettop(L);
    const char *path = text_field(L, at, "path", true);
    mr_context_require(L, MR_CAP_READ, path);
    body->offset = whole_field(L, at, "offset", 0);
    body->length = whole_field(L, at, "length", -1);
    int error = mr_sys_open_read(path, fd);
    if (error)
      return mr_error_system(L, error, path);
    body->fd = *fd;
    return 0;
  }
  if (!lua_isnil(L, -1)) {
    if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TUSERDATA)
      return luaL_error(L, "field 'body' of the request must be a string or {path=, offset=, length=}");
    mr_context_check_bytes(L, lua_gettop(L));
    body->memory = mr_context_bytes(L, -1);
    body->length = (int64_t)body->memory.len;
  }
  return 0;
}

/* The embedder is asked about host and port: the rest of a URL may hold a signature. */
static void require_peer(lua_State *L, const char *url) {
  if (mr_context_granted(L, MR_CAP_NET))
    return;
  const char *at = strstr(url, "://");
  const char *host = at ? at + 3 : url;
  size_t n = strcspn(host, "/?#");
  for (const char *mark; (mark = memchr(host, '@', n)) != NULL;) { /* user:password@ */
    n -= (size_t)(mark + 1 - host);
    host = mark + 1;
  }
  size_t bracket = 0; /* [::1] has colons of its own */
  while (host[0] == '[' && bracket < n && host[bracket] != ']')
    bracket++;
  bool has_port = memchr(host + bracket, ':', n - bracket) != NULL;
  lua_pushlstring(L, host, n);
  if (!has_port)
    lua_pushfstring(L, "%s:%d", lua_tostring(L, -1), strncmp(url, "https", 5) == 0 ? 443 : 80);
  mr_context_require(L, MR_CAP_NET, lua_tostring(L, -1));
}

int mr_exchange_request(lua_State *L, int idx, int defaults, int owner, mr_http_request *r, int *fd) {
  luaL_checkstack(L, 16, "request");
  read_headers(L, idx, r);
  r->method = text_field(L, idx, "method", true);
  r->url = read_url(L, idx);
  if (!is_token(mr_slice_of(r->method)))
    return luaL_error(L, "'%s' cannot be the method of a request", r->method);
  require_peer(L, r->url);
  int refused = read_body(L, idx, fd, &r->body);
  if (refused)
    return refused;
  lua_pushvalue(L, -1); /* of a body in memory: its bytes */
  lua_setiuservalue(L, owner, 1);
  r->options.ca_file = text_option(L, idx, defaults, "ca_file");
  r->options.proxy = text_option(L, idx, defaults, "proxy");
  r->options.connect_ms = ms_option(L, idx, defaults, "connect_timeout");
  r->options.idle_ms = ms_option(L, idx, defaults, "idle_timeout");
  r->options.total_ms = ms_option(L, idx, defaults, "total_timeout");
  r->options.http2 = flag_option(L, idx, defaults, "http2");
  r->options.insecure = flag_option(L, idx, defaults, "insecure");
  return 0;
}
