/* SPDX-License-Identifier: MIT
 *
 * time.c -- the module moonrock.time: what time it is, and how it is written.
 * Everything goes by the state's clock, real or virtual, and is UTC.  This is also where a
 * script makes time virtual, which only works before anything has started to wait. */
#include <lauxlib.h>
#include <math.h>

#include "host/date.h"
#include "host/error.h"
#include "host/realm.h"

static int time_now(lua_State *L) {
  lua_pushnumber(L, (lua_Number)mr_clock_wall(mr_context_clock(L)) / 1e9);
  return 1;
}

static int time_now_ms(lua_State *L) {
  lua_pushinteger(L, mr_clock_wall(mr_context_clock(L)) / 1000000);
  return 1;
}

static int time_monotonic(lua_State *L) {
  lua_pushnumber(L, (lua_Number)mr_clock_now(mr_context_clock(L)) / 1e9);
  return 1;
}

/* Argument `arg` as whole seconds since 1970, by default now. */
static int64_t check_seconds(lua_State *L, int arg) {
  if (lua_isnoneornil(L, arg))
    return mr_clock_wall(mr_context_clock(L)) / MR_SECOND;
  lua_Number n = luaL_checknumber(L, arg);
  luaL_argcheck(L, n > -6e10 && n < 2.5e11, arg, "not seconds of a year with four digits");
  return (int64_t)floor(n);
}

static int push_date(lua_State *L, mr_time_kind kind) {
  int64_t seconds = check_seconds(L, 1);
  mr_buf *b = mr_context_buffer(L);
  mr_time_format(b, seconds * 1000, kind);
  mr_context_push(L, b);
  return 1;
}

static int time_iso8601(lua_State *L) {
  return push_date(L, MR_TIME_ISO);
}

static int time_basic(lua_State *L) {
  return push_date(L, MR_TIME_BASIC);
}

static int time_http_date(lua_State *L) {
  return push_date(L, MR_TIME_HTTP);
}

/* parse(text) -> seconds since 1970, or nil and an error: ISO 8601, HTTP date, or a number. */
static int time_parse(lua_State *L) {
  mr_slice text;
  int64_t ms;
  text.ptr = luaL_checklstring(L, 1, &text.len);
  if (mr_time_parse(text, MR_TIME_ANY, &ms) == MR_OK) {
    lua_pushnumber(L, (lua_Number)ms / 1000);
    return 1;
  }
  lua_pushnil(L);
  mr_error_push(L, "BadDate",
                "'%s' is no date: give 2026-01-31T12:00:00Z, an HTTP date, or seconds since 1970",
                text.ptr);
  return 2;
}

static int time_is_virtual(lua_State *L) {
  lua_pushboolean(L, mr_context_clock(L)->is_virtual);
  return 1;
}

/* make_virtual{epoch = seconds since 1970, seed = n}: from here on time stands still but
 * for waits, and everything that differs from run to run repeats. */
static int time_make_virtual(lua_State *L) {
  mr_state *s = mr_context(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_getfield(L, 1, "epoch");
  lua_getfield(L, 1, "seed");
  lua_Number epoch = luaL_checknumber(L, 2);
  lua_Integer seed = luaL_optinteger(L, 3, 1);
  luaL_argcheck(L, epoch >= 0 && epoch < 9e9, 1, "field 'epoch' is out of range");
  if (s->clock.is_virtual)
    return luaL_error(L, "time is virtual already");
  if (mr_loop_next(s->loop) != INT64_MAX || s->live > 1)
    return luaL_error(L, "time can only become virtual before other tasks and timers start");
  mr_clock_make_virtual(&s->clock, (int64_t)(epoch * 1e9));
  mr_random_seed(mr_realm_of(L), (uint64_t)seed);
  mr_sandbox_deterministic(L, (uint64_t)seed);
  return 0;
}

int luaopen_moonrock_time(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"now", time_now},           {"now_ms", time_now_ms},         {"monotonic", time_monotonic},
      {"iso8601", time_iso8601},   {"basic", time_basic},           {"http_date", time_http_date},
      {"parse", time_parse},       {"is_virtual", time_is_virtual}, {"make_virtual", time_make_virtual},
      {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}

/* ---- os.time, os.date, os.clock under virtual time ---- */

/* A field of the table at 1; without a default it must be there.  As stock Lua, within int. */
static int64_t field(lua_State *L, const char *name, int64_t default_value) {
  lua_getfield(L, 1, name);
  if (lua_isnil(L, -1) && default_value < 0)
    luaL_error(L, "field '%s' missing in date table", name);
  int is_integer = 1;
  lua_Integer n = lua_isnil(L, -1) ? default_value : lua_tointegerx(L, -1, &is_integer);
  if (!is_integer)
    luaL_error(L, "field '%s' is not an integer", name);
  if (n < INT32_MIN || n > INT32_MAX)
    luaL_error(L, "field '%s' is out-of-bound", name);
  lua_pop(L, 1);
  return n;
}

static void set_field(lua_State *L, const char *name, int64_t value) {
  lua_pushinteger(L, value);
  lua_setfield(L, 1, name);
}

/* time([table]): the table's fields are brought into their ranges, as stock Lua does. */
static int os_time(lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    lua_pushinteger(L, check_seconds(L, 1));
    return 1;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  int64_t year = field(L, "year", -1), month = field(L, "month", -1) - 1, day = field(L, "day", -1);
  int64_t years = month >= 0 ? month / 12 : (month - 11) / 12;
  mr_date d = {.year = year + years, .month = (int)(month - years * 12) + 1, .day = 1};
  int64_t seconds = mr_date_seconds(&d) + (day - 1) * 86400 + field(L, "hour", 12) * 3600 +
                    field(L, "min", 0) * 60 + field(L, "sec", 0);
  mr_date_of(seconds, &d);
  mr_date new_year = {.year = d.year, .month = 1, .day = 1};
  set_field(L, "year", d.year);
  set_field(L, "month", d.month);
  set_field(L, "day", d.day);
  set_field(L, "hour", d.hour);
  set_field(L, "min", d.minute);
  set_field(L, "sec", d.second);
  set_field(L, "wday", d.weekday + 1);
  set_field(L, "yday", (seconds - mr_date_seconds(&new_year)) / 86400 + 1);
  lua_pushboolean(L, 0);
  lua_setfield(L, 1, "isdst");
  lua_pushinteger(L, seconds);
  return 1;
}

/* The stock function, always in UTC and by the state's clock. */
static int os_date(lua_State *L) {
  const char *format = luaL_optstring(L, 1, "%c");
  int64_t seconds = check_seconds(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushfstring(L, "!%s", *format == '!' ? format + 1 : format);
  lua_pushinteger(L, seconds);
  lua_call(L, 2, 1);
  return 1;
}

static int os_clock(lua_State *L) {
  return time_monotonic(L);
}

void mr_time_install_os(lua_State *L) {
  static const luaL_Reg functions[] = {{"time", os_time}, {"clock", os_clock}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
  lua_getfield(L, -1, "date");
  if (!lua_isnil(L, -1)) {
    lua_pushcclosure(L, os_date, 1);
    lua_setfield(L, -2, "date");
  } else {
    lua_pop(L, 1);
  }
}
