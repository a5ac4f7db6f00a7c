/* SPDX-License-Identifier: MIT
 *
 * channel.c -- two ends, each in a Lua state of its own, and messages of bytes between them.
 * What is sent is copied into plain memory at once, so neither state ever sees the other's
 * values.  A sender waits while more than 4 MiB lie unread. */
#define _POSIX_C_SOURCE 200809L
#include "host/channel.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "host/error.h"
#include "host/state.h"
#include "host/type.h"

#define CHANNEL_TYPE "moonrock.channel"
#define HIGH_WATER ((size_t)4 << 20)

typedef struct message {
  struct message *next;
  size_t len;
  char bytes[];
} message;

/* What flows towards one end. */
typedef struct flow {
  message *head, *tail;
  size_t queued;  /* bytes */
  bool finished;  /* the writer sends no more */
  bool closed;    /* the reader takes no more */
  char *reason;   /* why the writer broke off; malloc */
  mr_waiters readers, writers;
} flow;

typedef struct channel {
  flow to[2];
  int refs;
} channel;

typedef struct end {
  channel *shared; /* NULL once closed */
  int side;
} end;

static void drop_messages(flow *f) {
  while (f->head) {
    message *m = f->head;
    f->head = m->next;
    mr_wipe(m->bytes, m->len < 4096 ? m->len : 4096); /* heads may hold a token */
    free(m);
  }
  f->tail = NULL;
  f->queued = 0;
}

static void let_go(channel *c) {
  if (--c->refs > 0)
    return;
  for (int i = 0; i < 2; i++) {
    drop_messages(&c->to[i]);
    free(c->to[i].reason);
    mr_buf_clear(&c->to[i].readers);
    mr_buf_clear(&c->to[i].writers);
  }
  free(c);
}

static void close_end(end *e, const char *reason) {
  channel *c = e->shared;
  if (!c)
    return;
  flow *out = &c->to[!e->side], *in = &c->to[e->side];
  e->shared = NULL;
  if (reason && !out->finished && !out->reason)
    out->reason = strdup(reason);
  out->finished = true;
  in->closed = true;
  drop_messages(in);
  mr_waiters_wake(&out->readers);
  mr_waiters_wake(&out->writers); /* of this end, which is closed now */
  mr_waiters_wake(&in->readers);
  mr_waiters_wake(&in->writers);
  let_go(c);
}

static end *check_open(lua_State *L) {
  end *e = luaL_checkudata(L, 1, CHANNEL_TYPE);
  if (!e->shared)
    mr_error_raise(L, "ChannelClosed", "this end of the channel is closed");
  return e;
}

/* ---- send ---- */

static int send_more(lua_State *L, int status, lua_KContext ctx);

static int send_step(lua_State *L) {
  int n = lua_gettop(L);
  for (int i = 2; i <= n; i++) /* may run finalizers, which may close the channel */
    mr_context_check_bytes(L, i);
  end *e = check_open(L);
  flow *out = &e->shared->to[!e->side];
  if (out->closed)
    mr_error_raise(L, "ChannelClosed", "the other end of the channel is closed");
  if (out->finished)
    return luaL_error(L, "nothing can be sent after finish()");
  if (out->queued > HIGH_WATER) {
    mr_waiters_join(L, &out->writers);
    return mr_wait_park(L, 0, send_more);
  }
  size_t len = 0;
  for (int i = 2; i <= n; i++)
    len += mr_context_bytes(L, i).len;
  message *m = malloc(sizeof *m + len);
  if (!m)
    mr_error_memory(L);
  m->next = NULL;
  m->len = 0;
  for (int i = 2; i <= n; i++) {
    mr_slice part = mr_context_bytes(L, i);
    if (part.len)
      memcpy(m->bytes + m->len, part.ptr, part.len);
    m->len += part.len;
  }
  if (out->tail)
    out->tail->next = m;
  else
    out->head = m;
  out->tail = m;
  out->queued += len;
  mr_waiters_wake(&out->readers);
  return 0;
}

static int send_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_wait_resumed(L);
  return send_step(L);
}

/* ---- receive ---- */

static int receive_more(lua_State *L, int status, lua_KContext ctx);

static int push_message(lua_State *L) {
  const message *m = lua_touserdata(L, 1);
  lua_pushlstring(L, m->bytes, m->len);
  return 1;
}

/* Takes the first message off the flow.  Making the string may run finalizers, which may
 * receive or close, so the message belongs to nobody else meanwhile; and it may fail, and
 * then the message is the first again. */
static int take(lua_State *L, channel *c, flow *in) {
  message *m = in->head;
  in->head = m->next;
  if (!in->head)
    in->tail = NULL;
  in->queued -= m->len;
  c->refs++;
  lua_pushcfunction(L, push_message);
  lua_pushlightuserdata(L, m);
  int status = lua_pcall(L, 1, 1, 0);
  if (status == LUA_OK) {
    mr_waiters_wake(&in->writers);
    free(m);
  } else {
    m->next = in->head;
    in->head = m;
    if (!in->tail)
      in->tail = m;
    in->queued += m->len;
  }
  let_go(c);
  return status == LUA_OK ? 1 : lua_error(L);
}

static int receive_step(lua_State *L) {
  end *e = check_open(L);
  flow *in = &e->shared->to[e->side];
  if (in->head)
    return take(L, e->shared, in);
  if (in->reason)
    mr_error_raise(L, "ChannelClosed", "%s", in->reason);
  if (in->finished) {
    lua_pushnil(L);
    return 1;
  }
  mr_waiters_join(L, &in->readers);
  return mr_wait_park(L, 0, receive_more);
}

static int receive_more(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_wait_resumed(L);
  return receive_step(L);
}

/* receive() -> the next message, or nil at the end; raises if the other end broke off. */
static int channel_receive(lua_State *L) {
  lua_settop(L, 1);
  return receive_step(L);
}

static int channel_finish(lua_State *L) {
  end *e = check_open(L);
  flow *out = &e->shared->to[!e->side];
  out->finished = true;
  mr_waiters_wake(&out->readers);
  return 0;
}

/* close([reason]): both directions; with a reason the other end's receive raises it. */
static int channel_close(lua_State *L) {
  end *e = luaL_checkudata(L, 1, CHANNEL_TYPE);
  close_end(e, lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL);
  return 0;
}

static int channel_tostring(lua_State *L) {
  const end *e = luaL_checkudata(L, 1, CHANNEL_TYPE);
  lua_pushstring(L, e->shared ? "channel (open)" : "channel (closed)");
  return 1;
}

void mr_channel_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"send", send_step},
                                     {"receive", channel_receive},
                                     {"finish", channel_finish},
                                     {"close", channel_close},
                                     {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", channel_close},
                                  {"__close", channel_close},
                                  {"__tostring", channel_tostring},
                                  {NULL, NULL}};
  if (mr_type_new(L, CHANNEL_TYPE)) {
    luaL_setfuncs(L, meta, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    mr_type_done(L, CHANNEL_TYPE);
  }
  lua_pop(L, 1);
}

static end *push_end(lua_State *L) {
  end *e = lua_newuserdatauv(L, sizeof *e, 0);
  e->shared = NULL;
  e->side = 0;
  mr_channel_type(L);
  luaL_setmetatable(L, CHANNEL_TYPE);
  return e;
}

void mr_channel_new(lua_State *L) {
  end *e = push_end(L);
  e->shared = calloc(1, sizeof *e->shared);
  if (!e->shared)
    mr_error_memory(L);
  e->shared->refs = 1;
}

void mr_channel_peer(lua_State *other, void *first) {
  end *e = push_end(other);
  const end *of = first;
  e->shared = of->shared;
  e->side = 1;
  e->shared->refs++;
}
