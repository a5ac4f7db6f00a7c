/* SPDX-License-Identifier: MIT
 *
 * model_event_lua.c -- events of a stream as tables of one key, for moonrock.model.
 * A modelled exception is an event too; what its error is like comes beside it. */
#include <lauxlib.h>

#include "bindings/eventstream_lua.h"
#include "bindings/model_lua.h"
#include "host/error.h"

static const mr_models *const models = &mr_models_table;

static const mr_shape *check_events(lua_State *L, const mr_operation *op) {
  const mr_shape *events = mr_operation_events(models, op);
  if (!events)
    luaL_argerror(L, 1, "this operation does not answer with a stream of events");
  return events;
}

static void push_text(lua_State *L, uint32_t text) {
  mr_slice s = mr_text(models, text);
  lua_pushlstring(L, s.ptr, s.len);
}

static void push_exception(lua_State *L, const mr_shape *shape) {
  lua_createtable(L, 0, 3);
  push_text(L, shape->code ? shape->code : shape->name);
  lua_setfield(L, -2, "code");
  lua_pushinteger(L, shape->status);
  lua_setfield(L, -2, "status");
  lua_pushboolean(L, (shape->flags & (MR_SHAPE_RETRY | MR_SHAPE_THROTTLE)) != 0);
  lua_setfield(L, -2, "retryable");
}

/* The headers stand at 4, whatever the sink has on top; they keep what was taken from them. */
static bool enter_header(mr_source *s, mr_slice name) {
  lua_State *L = ((mr_lua_source *)s)->L;
  luaL_checkstack(L, 8, "headers");
  if (lua_getfield(L, 4, name.ptr) != LUA_TNIL) {
    ((mr_lua_source *)s)->depth++;
    return true;
  }
  lua_pop(L, 1);
  return false;
}

/* parse_event(operation, name, payload, headers|nil) -> event, exception | nil: no such event
 *                                                     | nil, error: the payload cannot be read */
int mr_model_parse_event(lua_State *L) {
  const mr_operation *op = mr_check_operation(L, 1);
  const mr_shape *events = check_events(L, op);
  mr_slice name;
  name.ptr = luaL_checklstring(L, 2, &name.len);
  mr_slice payload = mr_lua_text(L, 3);
  lua_settop(L, 4);
  const mr_member *event = mr_member_find(models, events, name);
  if (!event) {
    lua_pushnil(L);
    return 1;
  }
  mr_model_workspace *w = mr_model_take(L); /* at 5 */
  mr_unmarshal *u = &w->unmarshal;
  mr_lua_sink_init(&w->sink, L);
  mr_lua_source_init(&w->source, L);
  w->source.base.enter = enter_header;
  int status = mr_unmarshal_event(u, op, event, payload, lua_istable(L, 4) ? &w->source.base : NULL,
                                  &w->sink.base);
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (status != MR_OK) {
    lua_settop(L, 5);
    lua_pushnil(L);
    lua_pushlstring(L, u->message.ptr ? u->message.ptr : "", u->message.len);
    mr_error_push(L, "InvalidReply", "event %s cannot be read: %s", name.ptr, lua_tostring(L, -1));
    lua_remove(L, -2);
    mr_model_give_back(L, w, 5);
    return 2;
  }
  mr_model_give_back(L, w, 5);
  const mr_shape *shape = mr_shape_at(models, event->shape);
  if (shape->flags & MR_SHAPE_ERROR)
    push_exception(L, shape);
  else
    lua_pushnil(L);
  return 2;
}

/* The headers of a message as a source: one is entered at a time. */
typedef struct header_source {
  mr_source base;
  mr_slice headers;
  mr_event_header entered;
} header_source;

static bool enter_raw(mr_source *base, mr_slice name) {
  header_source *s = (header_source *)base;
  for (mr_slice rest = s->headers; mr_event_header_next(&rest, &s->entered);)
    if (mr_slice_equal(s->entered.name, name))
      return true;
  return false;
}

static void get_raw(mr_source *base, mr_value *out) {
  const mr_event_header *h = &((header_source *)base)->entered;
  memset(out, 0, sizeof *out);
  out->integer = h->integer;
  out->text = h->text;
  out->boolean = h->type == MR_EVENT_TRUE;
  if (h->type <= MR_EVENT_FALSE)
    out->type = MR_VALUE_BOOL;
  else if (h->type == MR_EVENT_STRING || h->type == MR_EVENT_BYTES || h->type == MR_EVENT_UUID)
    out->type = MR_VALUE_TEXT;
  else
    out->type = MR_VALUE_INT;
}

static void leave_raw(mr_source *base) {
  (void)base;
}

/* The name of the event that this message is; ptr NULL: it is none. */
static mr_slice event_name(const mr_event_message *m) {
  mr_slice rest = m->headers, name = {NULL, 0};
  mr_event_header h;
  bool event = false;
  while (mr_event_header_next(&rest, &h)) {
    if (h.type != MR_EVENT_STRING)
      continue;
    if (mr_slice_is(h.name, ":message-type"))
      event = mr_slice_is(h.text, "event");
    else if (mr_slice_is(h.name, ":event-type"))
      name = h.text;
  }
  return event ? name : mr_slice_make(NULL, 0);
}

/* read_events(operation, decoder, bytes) -> events, message | nil, error | nil */
int mr_model_read_events(lua_State *L) {
  const mr_operation *op = mr_check_operation(L, 1);
  const mr_shape *events = check_events(L, op);
  header_source headers = {
      {get_raw, enter_raw, NULL, NULL, leave_raw, NULL, NULL, NULL, NULL, NULL},
      {"", 0},
      {{"", 0}, {"", 0}, 0, 0}};
  mr_event_message m;
  lua_Integer count = 0;
  int status;
  lua_settop(L, 3);
  mr_event_reader *r = mr_event_lua_feed(L, 2, 3);
  mr_model_workspace *w = mr_model_take(L); /* at 4 */
  lua_newtable(L);                          /* at 5 */
  lua_pushnil(L);                           /* at 6: what is no event */
  while ((status = mr_event_next(r, &m)) == 1) {
    mr_slice name = event_name(&m);
    const mr_member *event = name.ptr ? mr_member_find(models, events, name) : NULL;
    if (!event && name.ptr) /* of a later version of the service */
      continue;
    headers.headers = m.headers;
    mr_lua_sink_init(&w->sink, L);
    int read = event ? mr_unmarshal_event(&w->unmarshal, op, event, m.payload, &headers.base,
                                          &w->sink.base)
                     : MR_ERR_ARG;
    if (read == MR_ERR_MEMORY)
      mr_error_memory(L);
    if (read != MR_OK) {
      lua_settop(L, 5);
      mr_event_lua_push(L, &m);
      break;
    }
    lua_rawseti(L, 5, ++count);
  }
  mr_event_lua_end(L, r, status);
  mr_model_give_back(L, w, 4);
  lua_remove(L, 4);
  return 3;
}

static void set_header(lua_State *L, lua_Integer i, const char *name) { /* value on top */
  lua_createtable(L, 2, 0);
  lua_insert(L, -2);
  lua_rawseti(L, -2, 2);
  lua_pushstring(L, name);
  lua_rawseti(L, -2, 1);
  lua_rawseti(L, -2, i);
}

/* Adds the members that travel in headers to the list on top, as {name, value, type}. */
static void push_event_headers(lua_State *L, mr_slice rest, lua_Integer n) {
  static const char *const types[] = {NULL,   NULL,    "byte", "short",     "integer",
                                      "long", "bytes", NULL,   "timestamp", "uuid"};
  mr_event_header h;
  while (mr_event_header_next(&rest, &h)) {
    lua_createtable(L, 3, 0);
    lua_pushlstring(L, h.name.ptr, h.name.len);
    lua_rawseti(L, -2, 1);
    if (h.type <= MR_EVENT_FALSE)
      lua_pushboolean(L, h.type == MR_EVENT_TRUE);
    else if (h.type == MR_EVENT_STRING || h.type == MR_EVENT_BYTES)
      lua_pushlstring(L, h.text.ptr, h.text.len);
    else
      lua_pushinteger(L, h.integer);
    lua_rawseti(L, -2, 2);
    lua_pushstring(L, types[h.type]);
    lua_rawseti(L, -2, 3);
    lua_rawseti(L, -2, ++n);
  }
}

/* build_event(operation, {name = members}) -> message for moonrock.eventstream.encode */
int mr_model_build_event(lua_State *L) {
  const mr_operation *op = mr_check_operation(L, 1);
  const mr_shape *events = check_events(L, op);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushnil(L);
  if (!lua_next(L, 2) || lua_type(L, 3) != LUA_TSTRING || !lua_istable(L, 4))
    return luaL_argerror(L, 2, "expected {name of the event = {members}}");
  mr_slice name;
  name.ptr = lua_tolstring(L, 3, &name.len);
  lua_pushvalue(L, 3);
  if (lua_next(L, 2))
    return luaL_argerror(L, 2, "an event has one key");
  const mr_member *event = mr_member_find(models, events, name);
  if (!event)
    return luaL_argerror(L, 2, lua_pushfstring(L, "no event '%s'", name.ptr));
  mr_model_workspace *w = mr_model_take(L); /* at 5 */
  mr_marshal *m = &w->marshal;
  mr_lua_source_init(&w->source, L);
  lua_pushvalue(L, 4);
  int status = mr_marshal_event(m, op, event, &w->source.base);
  lua_settop(L, 5);
  if (w->source.has_secret)
    return luaL_argerror(L, 2, "an event cannot hold a secret");
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (status != MR_OK) {
    lua_pushlstring(L, m->message.ptr ? m->message.ptr : "?", m->message.ptr ? m->message.len : 1);
    return luaL_argerror(L, 2, lua_tostring(L, -1));
  }
  bool exception = mr_shape_at(models, event->shape)->flags & MR_SHAPE_ERROR;
  lua_createtable(L, 0, 2);
  lua_createtable(L, 3, 0);
  lua_pushvalue(L, 3);
  set_header(L, 1, exception ? ":exception-type" : ":event-type");
  lua_Integer n = 1;
  const char *kind = mr_event_content_type(models, &models->services[op->service],
                                           mr_shape_at(models, event->shape));
  if (kind) {
    lua_pushstring(L, kind);
    set_header(L, ++n, ":content-type");
  }
  lua_pushstring(L, exception ? "exception" : "event");
  set_header(L, ++n, ":message-type");
  push_event_headers(L, mr_buf_view(&m->headers), n);
  lua_setfield(L, -2, "headers");
  lua_pushlstring(L, m->body.ptr ? m->body.ptr : "", m->body.len);
  lua_setfield(L, -2, "payload");
  mr_model_give_back(L, w, 5);
  return 1;
}
