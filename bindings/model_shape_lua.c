/* SPDX-License-Identifier: MIT
 *
 * model_shape_lua.c -- shapes as plain tables, for help, completion and generated tests.
 * A table is made anew each time; shapes name each other by number. */
#include <lauxlib.h>
#include <math.h>

#include "bindings/model_lua.h"

static const mr_models *const models = &mr_models_table;

static void set_shape(lua_State *L, const char *field, uint32_t shape) {
  if (!shape)
    return;
  lua_pushinteger(L, shape);
  lua_setfield(L, -2, field);
}

static void set_flag(lua_State *L, const char *field, bool set) {
  if (!set)
    return;
  lua_pushboolean(L, true);
  lua_setfield(L, -2, field);
}

static void set_limit(lua_State *L, const char *field, double limit) {
  if (!isfinite(limit))
    return;
  if (limit == floor(limit) && fabs(limit) < 9e15)
    lua_pushinteger(L, (lua_Integer)limit);
  else
    lua_pushnumber(L, limit);
  lua_setfield(L, -2, field);
}

static void push_member(lua_State *L, const mr_member *m) {
  static const char *const places[] = {"body",   "label",   "query", "query-map",
                                       "header", "headers", "status"};
  lua_createtable(L, 0, 6);
  mr_lua_set_text(L, "name", m->name);
  mr_lua_set_text(L, "wire", m->wire);
  set_shape(L, "shape", m->shape);
  lua_pushstring(L, places[m->location]);
  lua_setfield(L, -2, "location");
  set_flag(L, "required", m->flags & MR_REQUIRED);
  set_flag(L, "payload", m->flags & MR_PAYLOAD);
  set_flag(L, "stream", m->flags & MR_STREAM);
  set_flag(L, "token", m->flags & MR_TOKEN);
  set_flag(L, "deprecated", m->flags & MR_DEPRECATED);
}

static void push_shape(lua_State *L, const mr_shape *shape) {
  static const char *const kinds[] = {"none",    "structure", "union", "list",    "map",
                                      "string",  "integer",   "long",  "float",   "double",
                                      "boolean", "timestamp", "blob",  "document"};
  lua_createtable(L, 0, 8);
  mr_lua_set_text(L, "name", shape->name);
  lua_pushstring(L, kinds[shape->kind]);
  lua_setfield(L, -2, "kind");
  mr_lua_set_text(L, "pattern", shape->pattern);
  mr_lua_set_text(L, "code", shape->code);
  set_shape(L, "element", shape->element);
  set_shape(L, "key", shape->key);
  set_flag(L, "sensitive", shape->flags & MR_SHAPE_SENSITIVE);
  set_flag(L, "events", shape->flags & MR_SHAPE_EVENTS);
  set_flag(L, "stream", shape->flags & MR_SHAPE_STREAM);
  set_flag(L, "error", shape->flags & MR_SHAPE_ERROR);
  if (shape->status) {
    lua_pushinteger(L, shape->status);
    lua_setfield(L, -2, "status");
  }
  if (shape->range) {
    set_limit(L, "min", models->numbers[(shape->range - 1) * 2]);
    set_limit(L, "max", models->numbers[(shape->range - 1) * 2 + 1]);
  }
  bool members = shape->kind == MR_STRUCTURE || shape->kind == MR_UNION;
  if (!members && !shape->count)
    return;
  lua_createtable(L, (int)shape->count, 0);
  for (uint32_t i = 0; i < shape->count; i++) {
    if (members) {
      push_member(L, &models->members[shape->first + i]);
    } else {
      mr_slice word = mr_text(models, models->words[shape->first + i]);
      lua_pushlstring(L, word.ptr, word.len);
    }
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, members ? "members" : "enum");
}

/* shape(service, number or name) -> table | nil */
int mr_model_shape(lua_State *L) {
  const mr_service *s = mr_check_service(L, 1);
  const mr_shape *shape;
  luaL_checkstack(L, 12, "model");
  if (lua_isinteger(L, 2)) {
    lua_Integer n = lua_tointeger(L, 2);
    if (n < 1 || n > (lua_Integer)models->shape_count)
      return luaL_argerror(L, 2, "no shape has that number");
    shape = mr_shape_at(models, (uint32_t)n);
  } else {
    mr_slice name;
    name.ptr = luaL_checklstring(L, 2, &name.len);
    shape = mr_shape_find(models, s, name);
  }
  if (shape)
    push_shape(L, shape);
  else
    lua_pushnil(L);
  return 1;
}

/* table_sizes() -> {services=, operations=, shapes=, members=, text=, bytes=} */
int mr_model_table_sizes(lua_State *L) {
  const mr_models *m = models;
  uint32_t operations = 0;
  for (uint32_t i = 0; i < m->service_count; i++)
    operations += m->services[i].operations.count;
  size_t bytes = m->text_bytes + m->service_count * sizeof *m->services +
                 operations * sizeof *m->operations + m->shape_count * sizeof *m->shapes +
                 m->member_count * sizeof *m->members + m->word_count * sizeof *m->words;
  const struct {
    const char *name;
    size_t n;
  } fields[] = {{"services", m->service_count}, {"operations", operations},
                {"shapes", m->shape_count},     {"members", m->member_count},
                {"text", m->text_bytes},        {"bytes", bytes}};
  lua_createtable(L, 0, MR_COUNT(fields));
  for (size_t i = 0; i < MR_COUNT(fields); i++) {
    lua_pushinteger(L, (lua_Integer)fields[i].n);
    lua_setfield(L, -2, fields[i].name);
  }
  return 1;
}
