/* SPDX-License-Identifier: MIT
 *
 * model_call_lua.c -- checking, building and parsing, for the objects of moonrock.model.
 * Between two calls into Lua a request or a reply lies in the workspace's buffers. */
#include <lauxlib.h>

#include "bindings/check.h"
#include "bindings/marshal.h"
#include "bindings/model_lua.h"
#include "bindings/secret_lua.h"
#include "bindings/unmarshal.h"
#include "host/context.h"
#include "host/error.h"
#include "host/headers.h"

static const mr_models *const models = &mr_models_table;

typedef mr_model_workspace workspace;

static void push_slice(lua_State *L, mr_slice s) {
  lua_pushlstring(L, s.ptr ? s.ptr : "", s.len);
}

static void set_slice(lua_State *L, const char *field, mr_slice s) {
  push_slice(L, s);
  lua_setfield(L, -2, field);
}

/* ---- checking ---- */

typedef struct report {
  lua_State *L;
  int list; /* stack index: nil until there is a problem */
  const char *code;
} report;

static void add_problem(void *ud, const mr_problem *p) {
  report *r = ud;
  luaL_checkstack(r->L, 6, "problems");
  if (lua_isnil(r->L, r->list)) {
    lua_newtable(r->L);
    lua_replace(r->L, r->list);
  }
  lua_createtable(r->L, 0, 3);
  set_slice(r->L, "path", p->path);
  set_slice(r->L, "message", p->message);
  if (p->suggestion.len)
    set_slice(r->L, "suggestion", p->suggestion);
  if (r->code) {
    lua_pushstring(r->L, r->code);
    lua_setfield(r->L, -2, "code");
  }
  lua_rawseti(r->L, r->list, (lua_Integer)lua_rawlen(r->L, r->list) + 1);
}

/* Checks the value at idx; leaves a list of problems on the stack, or nil. */
static size_t check(lua_State *L, workspace *w, const mr_shape *shape, int idx, bool server) {
  report r;
  lua_pushnil(L);
  r.L = L;
  r.list = lua_gettop(L);
  r.code = NULL;
  w->check.server = server;
  w->check.report = add_problem;
  w->check.ud = &r;
  mr_lua_source_init(&w->source, L);
  lua_pushvalue(L, idx);
  int status = mr_check_value(&w->check, shape, &w->source.base);
  lua_settop(L, r.list);
  if (status != MR_OK)
    mr_error_memory(L);
  return w->check.problems;
}

static void check_params(lua_State *L, int idx) {
  if (lua_isnoneornil(L, idx)) {
    lua_settop(L, idx - 1);
    lua_newtable(L);
  }
  luaL_checktype(L, idx, LUA_TTABLE);
}

/* check(operation, params) -> true | nil, problems */
int mr_model_check(lua_State *L) {
  const mr_operation *op = mr_check_operation(L, 1);
  check_params(L, 2);
  lua_settop(L, 2);
  workspace *w = mr_model_take(L);
  size_t problems = check(L, w, mr_shape_at(models, op->input), 2, false);
  mr_model_give_back(L, w, 3);
  if (!problems) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

/* ---- building ---- */

static void push_hidden(lua_State *L, mr_slice s) {
  if (mr_secret_set(mr_secret_push(L), s.ptr, s.len) < 0)
    mr_error_memory(L);
}

/* hide: there may be secrets among them. */
static void push_headers(lua_State *L, const mr_marshal *m, bool hide) {
  mr_slice all = mr_buf_view(&m->headers), rest = all;
  mr_pair h;
  mr_headers_push(L, hide ? mr_slice_of("") : all);
  for (size_t at = 0; hide && mr_head_next(&rest, &h); at = all.len - rest.len) {
    if (mr_marshal_is_secret(m, at))
      push_hidden(L, h.value);
    else
      push_slice(L, h.value);
    mr_headers_add(L, -2, h.name);
  }
}

/* Raises what a failed marshalling says: a misuse, since check() would have told. */
static void check_built(lua_State *L, workspace *w, int status) {
  if (status == MR_OK)
    return;
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  mr_buf_putc(&w->marshal.message, '\0');
  luaL_argerror(
      L, 2, w->marshal.message.status == MR_OK ? lua_pushstring(L, w->marshal.message.ptr) : "?");
}

/* What a server sends is there to be seen. */
static void refuse_secrets(lua_State *L, const workspace *w, int arg) {
  if (w->source.has_secret)
    luaL_argerror(L, arg, "a reply cannot hold a secret");
}

/* Pushes the body, or nil; idx: the values.  A body that holds a secret is one. */
static void push_body(lua_State *L, const mr_marshal *m, int idx, bool hide) {
  if (m->verbatim)
    lua_getfield(L, idx, mr_text(models, m->verbatim->name).ptr);
  else if (m->has_body && hide)
    push_hidden(L, mr_buf_view(&m->body));
  else if (m->has_body)
    push_slice(L, mr_buf_view(&m->body));
  else
    lua_pushnil(L);
}

static void push_stream(lua_State *L, const mr_marshal *m, int idx) {
  if (m->stream)
    lua_getfield(L, idx, mr_text(models, m->stream->name).ptr);
  else
    lua_pushnil(L);
}

/* Pushes the parts of a request; the parameters at 2, the workspace at 3. */
static void push_request(lua_State *L, workspace *w, const mr_operation *op) {
  mr_marshal *m = &w->marshal;
  int top = lua_gettop(L);
  mr_lua_source_init(&w->source, L);
  lua_pushvalue(L, 2);
  int status = mr_marshal_request(m, op, &w->source.base);
  bool hide = w->wipe = w->source.has_secret;
  lua_settop(L, top);
  check_built(L, w, status);
  lua_createtable(L, 0, 16); /* a client adds what it knows of the call */
  set_slice(L, "method", mr_text(models, op->http_method));
  set_slice(L, "path", mr_buf_view(&m->path));
  set_slice(L, "query", mr_buf_view(&m->query));
  push_headers(L, m, hide);
  lua_setfield(L, -2, "headers");
  push_body(L, m, 2, hide);
  lua_setfield(L, -2, "body");
  push_stream(L, m, 2);
  lua_setfield(L, -2, "stream");
}

/* build(operation, params) -> request parts */
int mr_model_build(lua_State *L) {
  const mr_operation *op = mr_check_operation(L, 1);
  check_params(L, 2);
  lua_settop(L, 2);
  workspace *w = mr_model_take(L);
  push_request(L, w, op);
  mr_model_give_back(L, w, 3);
  return 1;
}

/* request(operation, params) -> request parts | nil, problems: check and build in one */
int mr_model_request(lua_State *L) {
  const mr_operation *op = mr_check_operation(L, 1);
  check_params(L, 2);
  lua_settop(L, 2);
  workspace *w = mr_model_take(L);
  size_t problems = check(L, w, mr_shape_at(models, op->input), 2, false);
  if (problems)
    lua_pushnil(L);
  else
    push_request(L, w, op);
  mr_model_give_back(L, w, 3);
  if (!problems)
    return 1;
  lua_insert(L, -2);
  return 2;
}

/* build_reply(operation, result) -> status, headers, body, stream */
int mr_model_build_reply(lua_State *L) {
  const mr_operation *op = mr_check_operation(L, 1);
  check_params(L, 2);
  lua_settop(L, 2);
  workspace *w = mr_model_take(L);
  mr_marshal *m = &w->marshal;
  mr_lua_source_init(&w->source, L);
  lua_pushvalue(L, 2);
  int status = mr_marshal_reply(m, op, &w->source.base);
  lua_settop(L, 3);
  check_built(L, w, status);
  refuse_secrets(L, w, 2);
  lua_pushinteger(L, m->http_status);
  push_headers(L, m, false);
  push_body(L, m, 2, false);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushliteral(L, "");
  }
  push_stream(L, m, 2);
  mr_model_give_back(L, w, 3);
  return 4;
}

/* The value stays on the stack: a metamethod may have made it. */
static mr_slice text_field(lua_State *L, int idx, const char *field, const char *fallback) {
  mr_slice s = mr_slice_of(fallback);
  if (lua_getfield(L, idx, field) == LUA_TSTRING)
    s.ptr = lua_tolstring(L, -1, &s.len);
  return s;
}

/* build_error(service, operation|nil, {code=, message=, status=, request_id=, fields=}) */
int mr_model_build_error(lua_State *L) {
  const mr_service *s = mr_check_service(L, 1);
  const mr_operation *op = lua_isnoneornil(L, 2) ? NULL : mr_check_operation(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  workspace *w = mr_model_take(L);
  mr_slice code = text_field(L, 3, "code", "InternalError");
  mr_slice message = text_field(L, 3, "message", "");
  mr_slice id = text_field(L, 3, "request_id", "");
  lua_getfield(L, 3, "status");
  int status = (int)lua_tointeger(L, -1);
  bool head = op && mr_slice_is(mr_text(models, op->http_method), "HEAD");
  bool fields = lua_getfield(L, 3, "fields") == LUA_TTABLE;
  mr_lua_source_init(&w->source, L);
  int result = mr_marshal_error(&w->marshal, s, code, message, status, id, head,
                                fields ? &w->source.base : NULL);
  lua_settop(L, 4);
  refuse_secrets(L, w, 3);
  if (result == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (result != MR_OK) {
    mr_buf_putc(&w->marshal.message, '\0');
    luaL_argerror(L, 3, w->marshal.message.ptr ? lua_pushstring(L, w->marshal.message.ptr) : "?");
  }
  lua_pushinteger(L, w->marshal.http_status);
  push_headers(L, &w->marshal, false);
  push_slice(L, mr_buf_view(&w->marshal.body));
  mr_model_give_back(L, w, 4);
  return 3;
}

/* ---- parsing ---- */

static const char *fault_code(int status, uint32_t protocol) {
  bool xml = protocol == MR_PROTOCOL_REST_XML;
  if (protocol == MR_PROTOCOL_QUERY)
    return status == MR_ERR_SYNTAX ? "MalformedQueryString" : "ValidationError";
  if (status == MR_ERR_SYNTAX)
    return xml ? "MalformedXML" : "SerializationException";
  return xml ? "InvalidArgument" : "SerializationException";
}

/* A string or a secret. */
static mr_slice reply_body(lua_State *L, int idx) {
  if (lua_isnoneornil(L, idx))
    return mr_slice_make("", 0);
  mr_context_check_bytes(L, idx);
  return mr_context_bytes(L, idx);
}

/* parse(operation, status, headers, body) -> result | nil, error */
int mr_model_parse(lua_State *L) {
  const mr_operation *op = mr_check_operation(L, 1);
  mr_input in = {0};
  in.status = (int)luaL_checkinteger(L, 2);
  in.body = reply_body(L, 4);
  lua_settop(L, 4);
  mr_lua_headers(L, 3, &in);
  workspace *w = mr_model_take(L); /* at 6 */
  mr_unmarshal *u = &w->unmarshal;
  w->wipe = op->flags & MR_OP_SECRET_REPLY;
  mr_lua_sink_init(&w->sink, L);
  if (lua_type(L, 4) == LUA_TSTRING) { /* a body that is one member is not copied */
    w->sink.whole = in.body;
    w->sink.whole_at = 4;
  }
  if (in.status >= 200 && mr_reply_is_error(u, op, &in)) {
    int status = mr_unmarshal_error(u, &models->services[op->service], op, &in, &w->sink.base);
    if (status == MR_ERR_MEMORY)
      mr_error_memory(L);
    lua_pushnil(L);
    lua_insert(L, -2);
    mr_model_give_back(L, w, 6);
    return 2;
  }
  int status = mr_unmarshal_reply(u, op, &in, &w->sink.base);
  if (status == MR_OK) {
    mr_model_give_back(L, w, 6);
    return 1;
  }
  lua_settop(L, 6);
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  lua_pushnil(L);
  push_slice(L, mr_buf_view(&u->message));
  mr_error_push(L, "InvalidReply", "%s", lua_tostring(L, -1));
  lua_remove(L, -2);
  mr_model_give_back(L, w, 6);
  return 2;
}

/* parse_error(service, operation|nil, status, headers, body) -> {code=, message=, ...} */
int mr_model_parse_error(lua_State *L) {
  const mr_service *s = mr_check_service(L, 1);
  const mr_operation *op = lua_isnoneornil(L, 2) ? NULL : mr_check_operation(L, 2);
  mr_input in = {0};
  in.status = (int)luaL_checkinteger(L, 3);
  in.body = reply_body(L, 5);
  lua_settop(L, 5);
  mr_lua_headers(L, 4, &in);
  workspace *w = mr_model_take(L); /* at 7 */
  mr_lua_sink_init(&w->sink, L);
  if (mr_unmarshal_error(&w->unmarshal, s, op, &in, &w->sink.base) == MR_ERR_MEMORY)
    mr_error_memory(L);
  mr_model_give_back(L, w, 7);
  return 1;
}

/* parse_request(operation, path, query, headers, body) -> params | nil, problems */
int mr_model_parse_request(lua_State *L) {
  const mr_operation *op = mr_check_operation(L, 1);
  mr_input in = {0};
  in.path = mr_slice_make(NULL, 0);
  in.path.ptr = luaL_checklstring(L, 2, &in.path.len);
  in.query = mr_lua_text(L, 3);
  in.body = mr_lua_text(L, 5);
  lua_settop(L, 5);
  mr_lua_headers(L, 4, &in);
  workspace *w = mr_model_take(L); /* at 7 */
  mr_unmarshal *u = &w->unmarshal;
  mr_lua_sink_init(&w->sink, L);
  int status = mr_unmarshal_request(u, op, &in, &w->sink.base);
  uint32_t protocol = models->services[op->service].protocol;
  if (status == MR_OK) {
    size_t problems = check(L, w, mr_shape_at(models, op->input), 8, true);
    mr_model_give_back(L, w, 7);
    if (!problems) {
      lua_settop(L, 8);
      return 1;
    }
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  lua_settop(L, 7);
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  report r = {L, 9, fault_code(status, protocol)};
  mr_problem p = {mr_slice_of(""), mr_buf_view(&u->message), mr_slice_of("")};
  lua_pushnil(L);
  lua_pushnil(L);
  add_problem(&r, &p);
  mr_model_give_back(L, w, 7);
  return 2;
}
