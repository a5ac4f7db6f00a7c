/* SPDX-License-Identifier: MIT
 *
 * model_waiter_lua.c -- the waiters of a service as tables, for moonrock.model.
 * What a wait polls, how often, and which replies end it; scripts/moonrock/aws/wait.lua acts on it.
 */
#include <lauxlib.h>

#include "bindings/model_lua.h"

static const mr_models *const models = &mr_models_table;

static void set_integer(lua_State *L, const char *field, uint32_t n) {
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, -2, field);
}

/* Pushes the rule at `row`; gives the place of the next. */
static const uint32_t *push_rule(lua_State *L, const uint32_t *row) {
  static const char *const states[] = {"success", "failure", "retry"};
  static const char *const matches[] = {"status", "error", "path", "all", "any"};
  uint32_t count = row[4];
  lua_createtable(L, 0, 6);
  lua_pushstring(L, states[row[0]]);
  lua_setfield(L, -2, "state");
  lua_pushstring(L, matches[row[1]]);
  lua_setfield(L, -2, "match");
  mr_lua_set_text(L, "path", row[2]);
  if (row[3])
    set_integer(L, "first", row[3]);
  lua_createtable(L, 0, (int)count);
  for (uint32_t i = 0; i < count; i++) {
    mr_slice value = mr_text(models, row[5 + i]);
    if (row[5 + i]) {
      lua_pushlstring(L, value.ptr, value.len);
    } else {
      lua_pushboolean(L, 1);
      lua_setfield(L, -3, "null");
      continue;
    }
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, "values");
  return row + 5 + count;
}

/* waiter(service, name) -> table | nil */
int mr_model_waiter(lua_State *L) {
  const mr_service *s = mr_check_service(L, 1);
  mr_slice name;
  name.ptr = luaL_checklstring(L, 2, &name.len);
  luaL_checkstack(L, 12, "model");
  for (uint32_t i = 0; i < s->waiters.count; i++) {
    const mr_waiter_facts *w = &models->waiters[s->waiters.first + i];
    if (!mr_slice_equal(mr_text(models, w->name), name))
      continue;
    lua_createtable(L, 0, 7);
    mr_lua_set_text(L, "name", w->name);
    mr_lua_set_text(L, "operation", w->operation);
    mr_lua_set_text(L, "reason", w->reason);
    set_integer(L, "delay", w->delay);
    set_integer(L, "max_delay", w->max_delay);
    set_integer(L, "timeout", w->limit);
    lua_createtable(L, (int)w->rules.count, 0);
    const uint32_t *row = models->words + w->rules.first;
    for (uint32_t k = 0; k < w->rules.count; k++) {
      row = push_rule(L, row);
      lua_rawseti(L, -2, (lua_Integer)k + 1);
    }
    lua_setfield(L, -2, "rules");
    return 1;
  }
  lua_pushnil(L);
  return 1;
}

/* waiters(service) -> names, sorted */
int mr_model_waiters(lua_State *L) {
  const mr_service *s = mr_check_service(L, 1);
  lua_createtable(L, (int)s->waiters.count, 0);
  for (uint32_t i = 0; i < s->waiters.count; i++) {
    mr_slice name = mr_text(models, models->waiters[s->waiters.first + i].name);
    lua_pushlstring(L, name.ptr, name.len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}
