/* SPDX-License-Identifier: MIT
 *
 * model_lua.c -- module moonrock.model: services and operations as objects.
 * An object is a userdata that points into the compiled tables; its facts are a Lua table,
 * made when the object is first asked for.  Each service and operation is one object. */
#include "bindings/model_lua.h"

#include <lauxlib.h>

#include "bindings/suggest.h"
#include "host/context.h"

static const mr_models *const models = &mr_models_table;

void mr_lua_set_text(lua_State *L, const char *field, uint32_t text) {
  mr_slice s = mr_text(models, text);
  if (!text)
    return;
  lua_pushlstring(L, s.ptr, s.len);
  lua_setfield(L, -2, field);
}

static void push_words(lua_State *L, mr_span span) {
  lua_createtable(L, (int)span.count, 0);
  for (uint32_t i = 0; i < span.count; i++) {
    mr_slice s = mr_text(models, models->words[span.first + i]);
    lua_pushlstring(L, s.ptr, s.len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* One word as a string, several as a list. */
static void set_words(lua_State *L, const char *field, mr_span span) {
  if (span.count == 1) {
    mr_lua_set_text(L, field, models->words[span.first]);
  } else if (span.count > 1) {
    push_words(L, span);
    lua_setfield(L, -2, field);
  }
}

static void set_member(lua_State *L, const char *field, uint32_t member) {
  const mr_member *m = mr_member_at(models, member);
  if (m)
    mr_lua_set_text(L, field, m->name);
}

static void push_operation_facts(lua_State *L, const mr_operation *op) {
  lua_createtable(L, 0, 16);
  mr_lua_set_text(L, "name", op->name);
  mr_lua_set_text(L, "method", op->method);
  mr_lua_set_text(L, "service", models->services[op->service].name);
  mr_lua_set_text(L, "http_method", op->http_method);
  mr_lua_set_text(L, "path", op->path);
  mr_lua_set_text(L, "host_prefix", op->host_prefix);
  mr_lua_set_text(L, "endpoint_context", op->context);
  set_member(L, "idempotency_token", op->token);
  set_member(L, "streaming_input", op->stream_in);
  set_member(L, "streaming_output", op->stream_out);
  lua_pushinteger(L, op->status);
  lua_setfield(L, -2, "status");
  lua_pushinteger(L, op->input);
  lua_setfield(L, -2, "input");
  lua_pushinteger(L, op->output);
  lua_setfield(L, -2, "output");
  lua_pushboolean(L, mr_operation_events(models, op) != NULL);
  lua_setfield(L, -2, "event_stream");
  lua_pushboolean(L, mr_operation_is_duplex(models, op));
  lua_setfield(L, -2, "duplex");
  lua_pushboolean(L, (op->flags & MR_OP_DEPRECATED) != 0);
  lua_setfield(L, -2, "deprecated");
  lua_pushboolean(L, (op->flags & MR_OP_UNSIGNED_PAYLOAD) != 0);
  lua_setfield(L, -2, "unsigned_payload");
  lua_pushboolean(L, !(op->flags & MR_OP_NO_AUTH));
  lua_setfield(L, -2, "signed");
  lua_pushboolean(L, (op->flags & MR_OP_SECRET_REPLY) != 0);
  lua_setfield(L, -2, "secret_reply");
  if (op->checksum_request || op->checksum_validate || (op->flags & MR_OP_CHECKSUM_REQUIRED)) {
    lua_createtable(L, 0, 4);
    lua_pushboolean(L, (op->flags & MR_OP_CHECKSUM_REQUIRED) != 0);
    lua_setfield(L, -2, "required");
    mr_lua_set_text(L, "request", op->checksum_request);
    mr_lua_set_text(L, "validate", op->checksum_validate);
    push_words(L, op->checksum_reply);
    lua_setfield(L, -2, "reply");
    lua_setfield(L, -2, "checksum");
  }
  if (op->page_input.count) {
    lua_createtable(L, 0, 5);
    set_words(L, "input_token", op->page_input);
    set_words(L, "output_token", op->page_output);
    set_words(L, "results", op->page_results);
    mr_lua_set_text(L, "more_results", op->page_more);
    mr_lua_set_text(L, "limit", op->page_limit);
    lua_setfield(L, -2, "pagination");
  }
  lua_createtable(L, (int)op->errors.count, 0);
  for (uint32_t i = 0; i < op->errors.count; i++) {
    const mr_shape *shape = mr_shape_at(models, models->words[op->errors.first + i]);
    lua_createtable(L, 0, 3);
    mr_lua_set_text(L, "code", shape->code ? shape->code : shape->name);
    lua_pushinteger(L, shape->status);
    lua_setfield(L, -2, "status");
    lua_pushboolean(L, (shape->flags & (MR_SHAPE_RETRY | MR_SHAPE_THROTTLE)) != 0);
    lua_setfield(L, -2, "retryable");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "errors");
}

static void push_service_facts(lua_State *L, const mr_service *s) {
  static const char *const protocols[] = {"rest-json", "rest-xml", "query"};
  lua_createtable(L, 0, 10);
  mr_lua_set_text(L, "name", s->name);
  mr_lua_set_text(L, "signing_name", s->signing);
  mr_lua_set_text(L, "endpoint_prefix", s->endpoint);
  mr_lua_set_text(L, "api_version", s->version);
  mr_lua_set_text(L, "service_id", s->id);
  mr_lua_set_text(L, "xml_namespace", s->xmlns);
  mr_lua_set_text(L, "source", s->source);
  lua_pushstring(L, protocols[s->protocol]);
  lua_setfield(L, -2, "protocol");
}

/* The objects of this Lua state, by the address of what they stand for. */
static const char objects_key = 0;

static bool push_known(lua_State *L, const void *of) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &objects_key) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &objects_key);
  }
  if (lua_rawgetp(L, -1, of) == LUA_TUSERDATA) {
    lua_remove(L, -2);
    return true;
  }
  lua_pop(L, 1); /* the table of objects stays for remember() */
  return false;
}

static void remember(lua_State *L, const void *of) { /* stack: objects, object */
  lua_pushvalue(L, -1);
  lua_rawsetp(L, -3, of);
  lua_remove(L, -2);
}

void mr_push_operation(lua_State *L, const mr_operation *op) {
  luaL_checkstack(L, 12, "model");
  if (push_known(L, op))
    return;
  const mr_operation **p = lua_newuserdatauv(L, sizeof *p, 1);
  *p = op;
  push_operation_facts(L, op);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, MR_OPERATION_TYPE);
  remember(L, op);
}

static void push_service(lua_State *L, const mr_service *s) {
  luaL_checkstack(L, 12, "model");
  if (push_known(L, s))
    return;
  const mr_service **p = lua_newuserdatauv(L, sizeof *p, 1);
  *p = s;
  push_service_facts(L, s);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, MR_SERVICE_TYPE);
  remember(L, s);
}

const mr_service *mr_check_service(lua_State *L, int idx) {
  return *(const mr_service **)luaL_checkudata(L, idx, MR_SERVICE_TYPE);
}

const mr_operation *mr_check_operation(lua_State *L, int idx) {
  return *(const mr_operation **)luaL_checkudata(L, idx, MR_OPERATION_TYPE);
}

/* Upvalue 1: the methods. */
static int object_index(lua_State *L) {
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) != LUA_TNIL)
    return 1;
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(1));
  return 1;
}

static int object_tostring(lua_State *L) {
  luaL_getmetafield(L, 1, "__name");
  lua_getiuservalue(L, 1, 1);
  lua_getfield(L, -1, "name");
  lua_pushfstring(L, "%s (%s)", lua_tostring(L, -3), lua_tostring(L, -1));
  return 1;
}

static int service_operation(lua_State *L) {
  const mr_service *s = mr_check_service(L, 1);
  mr_slice name;
  name.ptr = luaL_checklstring(L, 2, &name.len);
  const mr_operation *op = mr_operation_find(models, s, name);
  if (op) {
    mr_push_operation(L, op);
    return 1;
  }
  mr_slice guess = mr_operation_suggest(models, s, name);
  lua_pushnil(L);
  if (guess.len)
    lua_pushlstring(L, guess.ptr, guess.len);
  else
    lua_pushnil(L);
  return 2;
}

static int service_operations(lua_State *L) {
  const mr_service *s = mr_check_service(L, 1);
  lua_createtable(L, (int)s->operations.count, 0);
  for (uint32_t i = 0; i < s->operations.count; i++) {
    mr_slice name = mr_text(models, models->operations[s->operations.first + i].name);
    lua_pushlstring(L, name.ptr, name.len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int model_service(lua_State *L) {
  mr_slice name;
  name.ptr = luaL_checklstring(L, 1, &name.len);
  const mr_service *s = mr_service_find(models, name);
  if (s)
    push_service(L, s);
  else
    lua_pushnil(L);
  return 1;
}

static int model_services(lua_State *L) {
  lua_createtable(L, (int)models->service_count, 0);
  for (uint32_t i = 0; i < models->service_count; i++) {
    mr_slice name = mr_text(models, models->services[i].name);
    lua_pushlstring(L, name.ptr, name.len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static void make_type(lua_State *L, const char *type, const luaL_Reg *methods) {
  luaL_newmetatable(L, type); /* which has __name */
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_pushcclosure(L, object_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, object_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_pushliteral(L, "locked"); /* getmetatable shows this and not the functions */
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

static const luaL_Reg service_methods[] = {{"operation", service_operation},
                                           {"operations", service_operations},
                                           {"parse_error", mr_model_parse_error},
                                           {"build_error", mr_model_build_error},
                                           {"route", mr_model_route},
                                           {"shape", mr_model_shape},
                                           {"waiter", mr_model_waiter},
                                           {"waiters", mr_model_waiters},
                                           {NULL, NULL}};

static const luaL_Reg operation_methods[] = {{"check", mr_model_check},
                                             {"build", mr_model_build},
                                             {"request", mr_model_request},
                                             {"parse", mr_model_parse},
                                             {"parse_request", mr_model_parse_request},
                                             {"build_reply", mr_model_build_reply},
                                             {"parse_event", mr_model_parse_event},
                                             {"read_events", mr_model_read_events},
                                             {"build_event", mr_model_build_event},
                                             {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"service", model_service},
    {"services", model_services},
    {"header_map", mr_model_header_map},
    {"table_sizes", mr_model_table_sizes},
    {NULL, NULL}};

int luaopen_moonrock_model(lua_State *L) {
  make_type(L, MR_SERVICE_TYPE, service_methods);
  make_type(L, MR_OPERATION_TYPE, operation_methods);
  luaL_newlib(L, functions);
  return 1;
}
