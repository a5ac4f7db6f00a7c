/* SPDX-License-Identifier: MIT
 *
 * serve.c -- the module moonrock.http_server: calls that look like channels.
 * A call's first message is the request's head as HTTP/1.1 text, the next ones are its body;
 * what is sent to it is a head and then a body again.  So whoever answers the end of a
 * channel answers a socket, unchanged. */
#include <lauxlib.h>
#include <stdlib.h>

#include "host/error.h"
#include "host/http_server.h"
#include "host/realm.h"
#include "host/type.h"

#define SERVER_TYPE "moonrock.http_server.server"
#define CALL_TYPE "moonrock.http_server.call"
#define HIGH_WATER ((size_t)1 << 20)

typedef struct listener listener;

/* One request; shared by the server (until it is gone) and a Lua userdata (until closed). */
typedef struct served {
  mr_call *call; /* NULL once gone */
  mr_buf head;   /* the request's, not yet received */
  mr_buf data;
  bool head_taken, body_taken, ended, paused, replied, finished, is_head;
  bool held; /* by Lua */
  mr_waiters readers, writers;
  listener *listener;  /* while not yet accepted */
  struct served *next; /* among those */
} served;

struct listener {
  mr_server *server; /* NULL once closed */
  served *first, *last;
  int other_versions; /* clients refused, not yet told to the script */
  mr_waiters acceptors;
};

/* ---- called by the server ---- */

static void free_served(served *c) {
  if (c->call || c->held)
    return;
  mr_buf_clear(&c->head);
  mr_buf_clear(&c->data);
  mr_buf_clear(&c->readers);
  mr_buf_clear(&c->writers);
  free(c);
}

/* Takes a call out of those that wait to be accepted. */
static void unqueue(served *c) {
  listener *l = c->listener;
  if (!l)
    return;
  served *before = NULL;
  for (served *at = l->first; at != c; at = at->next)
    before = at;
  *(before ? &before->next : &l->first) = c->next;
  if (l->last == c)
    l->last = before;
  c->listener = NULL;
}

static void *on_head(void *ud, mr_call *call, const char *method, const char *target,
                     const mr_pair *headers, size_t count) {
  listener *l = ud;
  served *c = calloc(1, sizeof *c);
  if (!c)
    return NULL;
  c->call = call;
  c->is_head = strcmp(method, "HEAD") == 0;
  mr_buf_init(&c->head, NULL);
  mr_buf_init(&c->data, NULL);
  mr_buf_printf(&c->head, "%s %s HTTP/1.1\r\n", method, target);
  for (size_t i = 0; i < count; i++) {
    mr_buf_slice(&c->head, headers[i].name);
    mr_buf_puts(&c->head, ": ");
    mr_buf_slice(&c->head, headers[i].value);
    mr_buf_puts(&c->head, "\r\n");
  }
  mr_buf_puts(&c->head, "\r\n");
  c->listener = l;
  if (l->last)
    l->last->next = c;
  else
    l->first = c;
  l->last = c;
  mr_waiters_wake(&l->acceptors);
  return c;
}

static bool on_data(void *user, const char *bytes, size_t n) {
  served *c = user;
  if (c->data.len + n > HIGH_WATER && c->data.len > 0) {
    c->paused = true;
    return false;
  }
  mr_buf_put(&c->data, bytes, n);
  mr_waiters_wake(&c->readers);
  return true;
}

static void on_end(void *user) {
  served *c = user;
  c->ended = true;
  mr_waiters_wake(&c->readers);
}

static void on_drain(void *user) {
  served *c = user;
  mr_waiters_wake(&c->writers);
}

static void on_gone(void *user) {
  served *c = user;
  c->call = NULL;
  unqueue(c); /* its client left before anybody looked */
  mr_waiters_wake(&c->readers);
  mr_waiters_wake(&c->writers);
  free_served(c);
}

static void on_other_version(void *ud) {
  listener *l = ud;
  l->other_versions++;
  mr_waiters_wake(&l->acceptors);
}

/* ---- calls ---- */

static served *check_call(lua_State *L) {
  served **box = luaL_checkudata(L, 1, CALL_TYPE);
  if (!*box)
    mr_error_raise(L, "ChannelClosed", "this call is closed");
  return *box;
}

static int call_close(lua_State *L) {
  served **box = luaL_checkudata(L, 1, CALL_TYPE);
  served *c = *box;
  *box = NULL;
  if (!c)
    return 0;
  c->held = false;
  if (c->call && !c->finished)
    mr_call_abort(c->call); /* left in the middle: the client must not take it for whole */
  mr_waiters_wake(&c->readers); /* other tasks, which are told that it is closed */
  mr_waiters_wake(&c->writers);
  free_served(c);
  return 0;
}

/* Pushes the bytes.  False: a finalizer that ran meanwhile has closed the call. */
static bool push_bytes(lua_State *L, const served *c, const mr_buf *b) {
  served *const *box = lua_touserdata(L, 1);
  lua_pushlstring(L, b->ptr, b->len);
  return *box == c;
}

static int receive_more(lua_State *L, int status, lua_KContext ctx);

static int receive_step(lua_State *L) {
  served *c = check_call(L);
  if (c->head.status < 0 || c->data.status < 0)
    mr_error_memory(L);
  if (!c->head_taken) {
    if (push_bytes(L, c, &c->head)) {
      c->head_taken = true;
      mr_buf_clear(&c->head);
    }
    return 1;
  }
  if (c->data.len > 0) {
    if (!push_bytes(L, c, &c->data))
      return 1;
    mr_buf_reset(&c->data);
    if (c->paused && c->call) {
      c->paused = false;
      mr_call_resume(c->call);
    }
    return 1;
  }
  if (c->ended) {
    lua_pushnil(L);
    return 1;
  }
  if (!c->call)
    mr_error_raise(L, "ChannelClosed", "the client went away in the middle of its request");
  mr_waiters_join(L, &c->readers);
  if (!c->body_taken && !c->replied) {
    c->body_taken = true;
    mr_call_accept(c->call);
  }
  return mr_wait_park(L, 0, receive_more);
}

static int receive_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_wait_resumed(L);
  return receive_step(L);
}

/* receive() -> the head, then pieces of the body, nil at its end; raises if the client left. */
static int call_receive(lua_State *L) {
  lua_settop(L, 1);
  return receive_step(L);
}

static bool is_name(mr_slice name, const char *text) {
  return mr_slice_alike(name, mr_slice_of(text));
}

/* Parses "HTTP/1.1 200 ...\r\nname: value\r\n...\r\n", a NUL behind it, and starts the reply
 * with it. */
static int start_reply(lua_State *L, served *c, mr_slice text) {
  mr_pair headers[128];
  size_t count = 0;
  int64_t length = -1;
  const char *p = text.ptr, *end = p + text.len;
  int status = text.len > 12 ? atoi(p + 9) : 0;
  if (text.len < 12 || memcmp(p, "HTTP/1.", 7) != 0 || status < 200 || status > 599)
    return luaL_error(L, "the first message of a reply must be its head");
  while ((p = memchr(p, '\n', (size_t)(end - p))) && ++p < end) {
    const char *eol = memchr(p, '\r', (size_t)(end - p));
    const char *colon = memchr(p, ':', (size_t)(end - p));
    if (!eol || eol == p)
      break;
    if (!colon || colon > eol)
      return luaL_error(L, "a line of the reply's head has no colon");
    const char *value = colon + 1 + strspn(colon + 1, " ");
    mr_pair h = {mr_slice_make(p, (size_t)(colon - p)),
                 mr_slice_make(value, (size_t)(eol - value))};
    if (is_name(h.name, "content-length"))
      length = strtoll(value, NULL, 10); /* the server writes it itself */
    else if (is_name(h.name, "transfer-encoding") || is_name(h.name, "connection"))
      continue;
    else if (count < MR_COUNT(headers))
      headers[count++] = h;
    else
      return luaL_error(L, "the reply's head has more than %d headers", (int)MR_COUNT(headers));
  }
  /* In chunks the library would end also what has no body. */
  if (status == 204 || status == 304 || c->is_head)
    length = length < 0 ? 0 : length;
  c->replied = true;
  int result = mr_call_reply(c->call, status, headers, count, length);
  if (result == MR_ERR_ARG)
    return luaL_error(L, "the reply's head has a header that cannot be sent");
  if (result < 0)
    mr_error_memory(L);
  return 0;
}

static int send_more(lua_State *L, int status, lua_KContext ctx);

/* The parts are gathered first: that may run finalizers of the script, which may close the
 * call; nothing does from check_call on.  The collector does not see how large the buffer is. */
static int send_step(lua_State *L) {
  int n = lua_gettop(L);
  mr_buf *message = mr_context_buffer(L);
  for (int i = 2; i <= n; i++) {
    mr_context_check_bytes(L, i);
    mr_buf_slice(message, mr_context_bytes(L, i));
  }
  mr_buf_text(message); /* ends in NUL, for the numbers in a head */
  if (message->status < 0)
    mr_error_memory(L);
  served *c = check_call(L);
  if (c->replied && c->is_head) {
    mr_buf_clear(message);
    return 0; /* a reply to HEAD has no body, and may be out already */
  }
  if (!c->call)
    mr_error_raise(L, "ChannelClosed", "the client went away");
  if (c->replied && mr_call_queued(c->call) > HIGH_WATER) {
    mr_buf_clear(message);
    lua_settop(L, n);
    mr_waiters_join(L, &c->writers);
    return mr_wait_park(L, 0, send_more);
  }
  if (!c->replied)
    start_reply(L, c, mr_buf_view(message));
  else if (mr_call_write(c->call, message->ptr, message->len) < 0)
    mr_error_memory(L);
  mr_buf_clear(message);
  return 0;
}

static int send_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_wait_resumed(L);
  return send_step(L);
}

static int call_finish(lua_State *L) {
  served *c = check_call(L);
  if (!c->replied)
    return luaL_error(L, "finish() before the reply's head was sent");
  if (c->call)
    mr_call_finish(c->call);
  c->finished = true;
  c->ended = true; /* what is left of the request is not wanted */
  mr_waiters_wake(&c->readers);
  return 0;
}

/* ---- the server ---- */

static listener *check_server(lua_State *L) {
  listener *l = luaL_checkudata(L, 1, SERVER_TYPE);
  if (!l->server)
    mr_error_raise(L, "ServerClosed", "the server is closed");
  return l;
}

static int accept_more(lua_State *L, int status, lua_KContext ctx);

/* Stack: server, an empty call. */
static int accept_step(lua_State *L) {
  listener *l = check_server(L);
  served **box = lua_touserdata(L, 2), *c = l->first;
  if (l->other_versions > 0) {
    l->other_versions--;
    lua_pushnil(L);
    return 1;
  }
  if (!c) {
    mr_waiters_join(L, &l->acceptors);
    return mr_wait_park(L, 0, accept_more);
  }
  unqueue(c);
  c->held = true;
  *box = c;
  return 1;
}

static int accept_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_wait_resumed(L);
  return accept_step(L);
}

/* server:accept() -> the next call; nil when a client of another version was refused */
static int server_accept(lua_State *L) {
  check_server(L);
  lua_settop(L, 1);
  served **box = lua_newuserdatauv(L, sizeof *box, 0); /* may run finalizers: first of all */
  *box = NULL;
  luaL_setmetatable(L, CALL_TYPE);
  return accept_step(L);
}

static int server_port(lua_State *L) {
  lua_pushinteger(L, mr_server_port(check_server(L)->server));
  return 1;
}

static int server_close(lua_State *L) {
  listener *l = luaL_checkudata(L, 1, SERVER_TYPE);
  mr_server *server = l->server;
  l->server = NULL;
  mr_server_free(server); /* every call is gone with it */
  mr_waiters_wake(&l->acceptors);
  return 0;
}

/* listen{host = "127.0.0.1", port = 0} -> server; or nil and an error */
static int http_listen(lua_State *L) {
  static const mr_server_hooks hooks = {on_head, on_data, on_end, on_drain, on_gone, on_other_version};
  const char *why;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_getfield(L, 1, "host");
  lua_getfield(L, 1, "port");
  const char *host = luaL_optstring(L, 2, "127.0.0.1");
  lua_Integer port = luaL_optinteger(L, 3, 0);
  luaL_argcheck(L, port >= 0 && port < 65536, 1, "field 'port' must be 0 to 65535");
  mr_context_require(L, MR_CAP_NET, host);
  listener *l = lua_newuserdatauv(L, sizeof *l, 0);
  memset(l, 0, sizeof *l);
  luaL_setmetatable(L, SERVER_TYPE);
  l->server = mr_server_new(mr_context_loop(L), host, (int)port, &hooks, l, &why);
  if (l->server)
    return 1;
  lua_pushnil(L);
  mr_error_push(L, "ListenError", "cannot listen on %s port %d: %s", host, (int)port, why);
  return 2;
}

static void make_type(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction close) {
  if (mr_type_new(L, name)) {
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__close");
    mr_type_done(L, name);
  }
  lua_pop(L, 1);
}

int luaopen_moonrock_http_server(lua_State *L) {
  static const luaL_Reg call_methods[] = {{"receive", call_receive},
                                          {"send", send_step},
                                          {"finish", call_finish},
                                          {"close", call_close},
                                          {NULL, NULL}};
  static const luaL_Reg server_methods[] = {
      {"accept", server_accept}, {"port", server_port}, {"close", server_close}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"listen", http_listen}, {NULL, NULL}};
  make_type(L, CALL_TYPE, call_methods, call_close);
  make_type(L, SERVER_TYPE, server_methods, server_close);
  luaL_newlib(L, functions);
  return 1;
}
