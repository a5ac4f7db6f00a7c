/* SPDX-License-Identifier: MIT
 *
 * bulk_options_lua.c -- the options of moonrock.bulk, from a table.
 * moonrock.jsonl has checked what users gave; what is wrong here is a mistake of a script that
 * uses moonrock.bulk itself, so the words are short. */
#define _POSIX_C_SOURCE 200809L
#include "bindings/bulk_lua.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "host/context.h"
#include "host/error.h"
#include "host/sys.h"

enum { MOST_KEYS = 64 };

static lua_Integer integer_option(lua_State *L, const char *name, lua_Integer otherwise) {
  lua_getfield(L, 1, name);
  int ok = 1;
  lua_Integer n = lua_isnil(L, -1) ? otherwise : lua_tointegerx(L, -1, &ok);
  if (!ok || n < 0)
    luaL_error(L, "option %s must be an integer of 0 or more", name);
  lua_pop(L, 1);
  return n;
}

static bool flag_option(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  bool is_set = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return is_set;
}

/* One of the names, which end with NULL; absent: the first. */
static int choice(lua_State *L, int idx, const char *name, const char *const *names) {
  int found = -1;
  lua_getfield(L, idx, name);
  if (lua_isnil(L, -1))
    found = 0;
  for (int i = 0; names[i] && found < 0 && lua_type(L, -1) == LUA_TSTRING; i++)
    if (strcmp(lua_tostring(L, -1), names[i]) == 0)
      found = i;
  if (found < 0)
    luaL_error(L, "option %s has no such value", name);
  lua_pop(L, 1);
  return found;
}

/* The field of the table on top. */
static void read_field(lua_State *L, mr_field *field) {
  mr_slice way;
  size_t bad = 0;
  if (lua_getfield(L, -1, "path") != LUA_TSTRING)
    luaL_error(L, "a path must be a string");
  way.ptr = lua_tolstring(L, -1, &way.len);
  int status = mr_field_parse(field, way, &bad);
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (status < 0)
    mr_error_raise(L, "ParamValidation",
                   "%s is no path of a field: character %d cannot stand there (as in "
                   "messages[0].content, tags[-1], [\"odd.name\"])",
                   way.ptr, (int)bad + 1);
  lua_pop(L, 1);
}

/* The n keys of the list on top of the stack. */
static void read_parts(lua_State *L, lua_Unsigned n, mr_bulk_part **parts, size_t *count) {
  static const char *const orders[] = {"value", "number", "text", "natural", "folded", NULL};
  *parts = calloc((size_t)n + 1, sizeof **parts);
  if (!*parts)
    mr_error_memory(L);
  for (lua_Unsigned i = 0; i < n; i++)
    mr_field_init(&(*parts)[i].field, NULL);
  *count = (size_t)n;
  for (lua_Unsigned i = 0; i < n; i++) {
    if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TTABLE)
      luaL_error(L, "a key must be a table");
    mr_bulk_part *part = &(*parts)[i];
    read_field(L, &part->field);
    part->order = (mr_key_order)choice(L, lua_gettop(L), "order", orders);
    lua_getfield(L, -1, "descending");
    part->descending = lua_toboolean(L, -1);
    lua_pop(L, 2);
  }
}

/* The keys, and if it is given the list `other` of as many. */
static void read_keys(lua_State *L, mr_bulk_keys *keys) {
  size_t others = 0;
  lua_getfield(L, 1, "by");
  lua_Unsigned n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
  if (n > MOST_KEYS)
    luaL_error(L, "too many keys");
  read_parts(L, n, &keys->parts, &keys->count);
  lua_getfield(L, 1, "other");
  if (lua_istable(L, -1)) {
    if (lua_rawlen(L, -1) != n)
      luaL_error(L, "option other must name as many keys as by");
    read_parts(L, n, &keys->other, &others);
  }
  lua_pop(L, 2);
}

/* The same seed gives the same order everywhere; without one, nobody can foresee a hash. */
static void read_secret(lua_State *L, mr_siphash_key *secret) {
  lua_getfield(L, 1, "seed");
  if (lua_isnil(L, -1)) {
    if (mr_sys_random(secret, sizeof *secret) != 0)
      mr_error_raise(L, "RandomUnavailable", "the system gave no random bytes");
  } else if (lua_isinteger(L, -1)) {
    secret->word[0] = (uint64_t)lua_tointeger(L, -1);
    secret->word[1] = UINT64_C(0x6d6f6f6e726f636b);
  } else {
    luaL_error(L, "option seed must be an integer");
  }
  lua_pop(L, 1);
}

static void read_scan(lua_State *L, mr_bulk_scan *scan) {
  static const char *const subjects[] = {"fields", "bytes", "chance", "numbered", NULL};
  lua_Integer limit = integer_option(L, "limit", (lua_Integer)MR_JSONL_LIMIT);
  if (limit == 0 || (lua_Unsigned)limit > MR_JSON_INDEX_MAX)
    luaL_error(L, "option limit must be 1 to 2147483647");
  scan->lines.limit = (size_t)limit;
  scan->keep_lines = flag_option(L, "keep");
  scan->keys.subject = (mr_bulk_subject)choice(L, 1, "subject", subjects);
  if (scan->keys.subject == MR_BULK_NUMBERED)
    scan->lines.limit = PTRDIFF_MAX; /* longer than what the user gave, by the number and more */
  scan->keys.is_hashed = flag_option(L, "hashed") || scan->keys.subject == MR_BULK_CHANCE;
  scan->keys.chance = flag_option(L, "chance");
  scan->keys.alone = flag_option(L, "alone");
  scan->keys.group = (size_t)integer_option(L, "group", 0);
  read_keys(L, &scan->keys);
  read_secret(L, &scan->keys.secret);
}

static void read_columns(lua_State *L, mr_bulk_sort *sort) {
  static const char *const names[] = {"number", "source"};
  lua_getfield(L, 1, "columns");
  lua_Unsigned n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
  if (n > 1000)
    luaL_error(L, "too many columns");
  sort->columns = calloc((size_t)n + 1, sizeof *sort->columns);
  if (!sort->columns)
    mr_error_memory(L);
  for (lua_Unsigned i = 0; i < n; i++) {
    mr_bulk_column *column = &sort->columns[i];
    mr_field_init(&column->field, NULL);
    column->kind = MR_BULK_FIELD;
    sort->count++;
    if (lua_rawgeti(L, -1, (lua_Integer)i + 1) == LUA_TTABLE)
      read_field(L, &column->field);
    else
      for (int k = 0; k < 2; k++)
        if (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), names[k]) == 0)
          column->kind = (mr_bulk_column_kind)k;
    if (column->kind == MR_BULK_FIELD && !lua_istable(L, -1))
      luaL_error(L, "a column must be \"number\", \"source\" or a table");
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

void mr_bulk_sort_options(lua_State *L, mr_bulk_core *core) {
  read_scan(L, &core->sort.scan);
  read_columns(L, &core->sort);
  core->sort.numbered = flag_option(L, "numbered");
  core->sort.mark = flag_option(L, "mark");
  size_t memory = (size_t)integer_option(L, "memory", 0);
  core->sort.sorter.memory = memory < MR_SORTER_LEAST ? MR_SORTER_LEAST : memory;
  core->sort.sorter.limit = (uint64_t)integer_option(L, "most", 0);
  core->sort.sorter.unique = flag_option(L, "unique");
  lua_getfield(L, 1, "folder");
  const char *folder = lua_tostring(L, -1);
  core->folder = strdup(folder ? folder : ".");
  if (!core->folder)
    mr_error_memory(L);
  lua_pop(L, 1);
}

static void read_bounds(lua_State *L, mr_bulk_route *route) {
  lua_getfield(L, 1, "bounds");
  if (lua_istable(L, -1)) {
    lua_Unsigned n = lua_rawlen(L, -1);
    if (n == 0 || n > 1000)
      luaL_error(L, "option bounds takes 1 to 1000 numbers");
    route->bounds = calloc((size_t)n, sizeof *route->bounds);
    if (!route->bounds)
      mr_error_memory(L);
    for (lua_Unsigned i = 0; i < n; i++) {
      lua_rawgeti(L, -1, (lua_Integer)i + 1);
      route->bounds[i] = lua_tonumber(L, -1);
      lua_pop(L, 1);
    }
    route->count = (size_t)n;
  } else {
    route->count = 2;
  }
  lua_pop(L, 1);
  route->outs = calloc(route->count, sizeof *route->outs);
  route->written = calloc(route->count, sizeof *route->written);
  if (!route->outs || !route->written)
    mr_error_memory(L);
  for (size_t i = 0; i < route->count; i++)
    mr_buf_init(&route->outs[i], NULL);
}

void mr_bulk_route_options(lua_State *L, mr_bulk_core *core) {
  read_scan(L, &core->route.scan);
  core->route.scan.keys.is_hashed = true;
  read_bounds(L, &core->route);
  mr_hashset_init(&core->route.seen, NULL, (size_t)integer_option(L, "memory", 0));
}
