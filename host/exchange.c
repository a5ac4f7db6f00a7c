/* SPDX-License-Identifier: MIT
 *
 * exchange.c -- the module moonrock.http: one request, one reply, for a task that waits.
 * The reply's head is awaited by request(), its body by receive(), piece by piece; what
 * arrives meanwhile is kept up to 1 MiB, then the connection is left to wait.  Dropping the
 * exchange drops the connection. */
#include <lauxlib.h>

#include "host/error.h"
#include "host/exchange_request.h"
#include "host/headers.h"
#include "host/http.h"
#include "host/realm.h"
#include "host/sys.h"

#define EXCHANGE_TYPE "moonrock.http.exchange"
#define HIGH_WATER ((size_t)1 << 20)

typedef struct exchange {
  mr_exchange x; /* first */
  mr_http *http;
  mr_waiter waiter;
  int fd;       /* of the request's body; -1 */
  int status;   /* 0 until the head is there */
  mr_buf head;  /* see head.h; stays until the exchange is collected */
  mr_buf data;  /* of the body, not yet received by the script */
  mr_buf why;   /* of the fault, for people */
  size_t high_water; /* bytes of data that may wait for the script */
  mr_http_fault fault;
  bool ended, paused, waiting;
  bool whole;    /* the script waits for the end of the body */
  bool moved;    /* the target has got more since the last receive */
  bool sealed;   /* the body is a secret: it is given whole, and never as a string */
  bool too_long; /* a sealed body past HIGH_WATER */
} exchange;

/* ---- called by the transport ---- */

static void on_head(mr_exchange *x, int status, const mr_pair *headers, size_t count) {
  exchange *e = (exchange *)(void *)x;
  e->status = status;
  for (size_t i = 0; i < count; i++)
    mr_head_put(&e->head, headers[i].name, headers[i].value);
  mr_wait_wake(e->waiter);
}

static bool on_data(mr_exchange *x, const char *bytes, size_t n) {
  exchange *e = (exchange *)(void *)x;
  if (e->sealed) {
    e->too_long |= e->data.len + n > HIGH_WATER;
    if (!e->too_long)
      mr_buf_put(&e->data, bytes, n);
    return true;
  }
  if (e->data.len + n > e->high_water && e->data.len > 0) {
    e->paused = true;
    mr_wait_wake(e->waiter); /* who waits for the rest learns that it is too long */
    return false;
  }
  mr_buf_put(&e->data, bytes, n);
  e->moved |= n == 0;
  if (!e->whole || e->data.status < 0)
    mr_wait_wake(e->waiter);
  return true;
}

static void on_end(mr_exchange *x, mr_http_fault fault, const char *text) {
  exchange *e = (exchange *)(void *)x;
  e->ended = true;
  e->fault = fault;
  if (fault != MR_HTTP_OK)
    mr_buf_puts(&e->why, text);
  if (e->fd >= 0)
    mr_sys_close(e->fd);
  e->fd = -1;
  mr_wait_wake(e->waiter);
}

/* ---- the exchange ---- */

static exchange *check_exchange(lua_State *L) {
  return luaL_checkudata(L, 1, EXCHANGE_TYPE);
}

static void drop(exchange *e) {
  if (e->x.inner)
    e->http->cancel(e->http, &e->x);
  if (e->fd >= 0)
    mr_sys_close(e->fd);
  e->fd = -1;
  if (!e->ended) {
    e->ended = true;
    e->fault = MR_HTTP_BROKEN;
    mr_buf_puts(&e->why, "the exchange was closed");
  }
  mr_buf_clear(&e->data);
  mr_wait_wake(e->waiter); /* of another task */
}

/* The transport has no use for the body any more.  The collector would keep it for a cycle longer, with
 * the exchange, which has a finalizer. */
static void let_body_go(lua_State *L, int idx) {
  lua_pushnil(L);
  lua_setiuservalue(L, idx, 1);
}

static int exchange_close(lua_State *L) {
  drop(check_exchange(L));
  let_body_go(L, 1);
  return 0;
}

static int exchange_gc(lua_State *L) {
  exchange *e = check_exchange(L);
  drop(e);
  mr_buf_clear(&e->head);
  mr_buf_clear(&e->why);
  return 0;
}

/* nil and the error object of what the transport said. */
static int failure(lua_State *L, exchange *e) {
  lua_pushnil(L);
  mr_error_push(L, mr_http_fault_name(e->fault), "%s", mr_buf_text(&e->why));
  lua_pushboolean(L, e->fault != MR_HTTP_TLS && e->fault != MR_HTTP_BODY &&
                         e->fault != MR_HTTP_PROTOCOL && e->fault != MR_HTTP_MEMORY &&
                         e->fault != MR_HTTP_LIBRARY && e->fault != MR_HTTP_TARGET);
  lua_setfield(L, -2, "retryable");
  return 2;
}

static void check_free(lua_State *L, const exchange *e) {
  if (e->waiting)
    luaL_error(L, "another task waits for this exchange");
}

static int park(lua_State *L, exchange *e, lua_KFunction more) {
  check_free(L, e);
  e->waiter = mr_wait_prepare(L);
  e->waiting = true;
  return mr_wait_park(L, 0, more);
}

static void resumed(lua_State *L, exchange *e) {
  e->waiting = false;
  if (mr_wait_stopping(L))
    drop(e);
  mr_wait_resumed(L);
}

static int receive_more(lua_State *L, int status, lua_KContext ctx);

/* The whole body as a secret, once; then nil. */
static int receive_sealed(lua_State *L, exchange *e) {
  if (e->too_long) {
    lua_pushnil(L);
    mr_error_push(L, "BodyTooLarge", "a body of more than 1 MiB, where a few lines were expected");
    return 2;
  }
  mr_buf *whole = mr_context_sealed(L);
  *whole = e->data; /* takes the memory over */
  mr_buf_init(&e->data, NULL);
  e->data.wipe = true;
  e->sealed = false;
  return 1;
}

/* receive() -> the next piece of the body, empty when the target got it; nil at its end; nil
 * and an error if it broke. */
static int receive_step(lua_State *L) {
  exchange *e = check_exchange(L);
  if (e->data.status < 0 || e->head.status < 0)
    mr_error_memory(L);
  if (e->data.len > 0 && !e->sealed) {
    lua_pushlstring(L, e->data.ptr, e->data.len);
    mr_buf_clear(&e->data);
    if (e->paused) {
      e->paused = false;
      e->http->resume(e->http, &e->x);
    }
    return 1;
  }
  if (e->moved) {
    e->moved = false;
    lua_pushliteral(L, "");
    return 1;
  }
  if (e->ended && e->fault != MR_HTTP_OK)
    return failure(L, e);
  if (e->ended && e->sealed)
    return receive_sealed(L, e);
  if (e->ended) {
    let_body_go(L, 1);
    lua_pushnil(L);
    return 1;
  }
  return park(L, e, receive_more);
}

static int receive_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  resumed(L, check_exchange(L));
  return receive_step(L);
}

static int exchange_receive(lua_State *L) {
  lua_settop(L, 1);
  return receive_step(L);
}

static int rest_more(lua_State *L, int status, lua_KContext ctx);

static int rest_step(lua_State *L) {
  exchange *e = check_exchange(L);
  if (e->data.status < 0 || e->head.status < 0)
    mr_error_memory(L);
  if (e->ended && e->fault != MR_HTTP_OK)
    return failure(L, e);
  if (!e->ended && !e->paused)
    return park(L, e, rest_more);
  if (e->paused || e->data.len > e->high_water) {
    drop(e);
    lua_pushnil(L);
    return 1;
  }
  let_body_go(L, 1);
  lua_pushlstring(L, e->data.ptr ? e->data.ptr : "", e->data.len);
  mr_buf_clear(&e->data);
  return 1;
}

static int rest_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  resumed(L, check_exchange(L));
  return rest_step(L);
}

/* rest(limit) -> what is left of the body in one piece; nil when it is longer; nil and an error
 * if it broke.  For a sealed body there is receive(). */
static int exchange_rest(lua_State *L) {
  exchange *e = check_exchange(L);
  lua_Integer limit = luaL_checkinteger(L, 2);
  luaL_argcheck(L, limit > 0, 2, "a limit of bytes");
  luaL_argcheck(L, !e->sealed, 1, "a sealed body is received");
  lua_settop(L, 1);
  check_free(L, e);
  e->high_water = (size_t)limit;
  e->whole = true;
  if (e->paused && e->data.len <= e->high_water) {
    e->paused = false;
    e->http->resume(e->http, &e->x);
  }
  return rest_step(L);
}

static int exchange_tostring(lua_State *L) {
  const exchange *e = check_exchange(L);
  lua_pushfstring(L, "exchange (%s)", e->x.inner ? "open" : "ended");
  return 1;
}

/* ---- request ---- */

static int head_more(lua_State *L, int status, lua_KContext ctx);

/* The exchange is at index 2, the request with all that the transfer reads at 1. */
static int head_step(lua_State *L) {
  exchange *e = lua_touserdata(L, 2);
  if (e->data.status < 0 || e->head.status < 0)
    mr_error_memory(L);
  if (e->status) {
    lua_pushvalue(L, 2);
    lua_pushinteger(L, e->status);
    return 2;
  }
  if (e->ended) {
    drop(e);
    let_body_go(L, 2);
    return failure(L, e);
  }
  return park(L, e, head_more);
}

static int head_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  resumed(L, lua_touserdata(L, 2));
  return head_step(L);
}

/* headers() -> headers of the reply, names in lower case */
static int exchange_headers(lua_State *L) {
  const exchange *e = check_exchange(L);
  mr_headers_push(L, mr_buf_view(&e->head));
  return 1;
}

/* request({method=, url=, headers=, body=, ...} [, defaults]) -> exchange, status; or nil, error */
static int http_request(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  if (!lua_isnil(L, 2))
    luaL_checktype(L, 2, LUA_TTABLE);
  exchange *e = lua_newuserdatauv(L, sizeof *e, 1);
  lua_insert(L, 2); /* the defaults at 3 */
  memset(e, 0, sizeof *e);
  e->fd = -1;
  e->high_water = HIGH_WATER;
  e->x.head = on_head;
  e->x.data = on_data;
  e->x.end = on_end;
  mr_buf_init(&e->head, mr_context_alloc(L));
  mr_buf_init(&e->data, e->head.alloc);
  mr_buf_init(&e->why, e->head.alloc);
  lua_pushvalue(L, 2);
  luaL_setmetatable(L, EXCHANGE_TYPE);
  lua_pop(L, 1);
  mr_http_request r = {0};
  int refused = mr_exchange_request(L, 1, 3, 2, &r, &e->fd);
  if (refused)
    return refused;
  lua_getfield(L, 1, "sealed");
  e->sealed = e->data.wipe = lua_toboolean(L, -1);
  e->http = mr_context_http(L);
  mr_wait_prepare(L); /* raises here, before anything is sent, if no wait is possible */
  lua_getfield(L, 1, "into");
  r.target = mr_context_claim(L, -1); /* from here on it must go to a transport */
  if (e->http->start(e->http, &e->x, &r) < 0)
    mr_error_memory(L);
  lua_settop(L, 2);
  return head_step(L);
}

/* curl_version() -> text; or nil and an error where libcurl cannot be loaded */
static int http_curl_version(lua_State *L) {
  const char *why = NULL, *version = mr_http_curl_version(&why);
  lua_pushstring(L, version);
  if (version)
    return 1;
  mr_error_push(L, "NoNetwork", "libcurl cannot be used: %s", why);
  return 2;
}

/* counts() -> {requests=, connections=, http2=}: of the exchanges that have ended */
static int http_counts(lua_State *L) {
  mr_http *http = mr_context_http(L);
  mr_http_counts found = {0, 0, 0};
  http->counts(http, &found);
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, found.requests);
  lua_setfield(L, -2, "requests");
  lua_pushinteger(L, found.connections);
  lua_setfield(L, -2, "connections");
  lua_pushinteger(L, found.http2);
  lua_setfield(L, -2, "http2");
  return 1;
}

int luaopen_moonrock_http(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"receive", exchange_receive}, {"rest", exchange_rest}, {"headers", exchange_headers},
      {"close", exchange_close},     {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", exchange_gc},
                                  {"__close", exchange_close},
                                  {"__tostring", exchange_tostring},
                                  {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"request", http_request},
      {"counts", http_counts},
      {"curl_version", http_curl_version},
      {NULL, NULL}};
  luaL_newmetatable(L, EXCHANGE_TYPE); /* again after memory ran out here: then it is filled anew */
  luaL_setfuncs(L, meta, 0);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
