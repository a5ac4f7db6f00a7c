/* SPDX-License-Identifier: MIT
 *
 * pattern_lua.c -- module moonrock.pattern: regular expressions as JSON Schema and the service
 * models have them.  compile gives a function; its time is bounded by pattern length times
 * text length, so a pattern from a dataset can do no harm. */
#include <lauxlib.h>

#include "bindings/pattern.h"
#include "bindings/pattern_code.h"
#include "host/context.h"
#include "host/error.h"

int luaopen_moonrock_pattern(lua_State *L);

enum { CODE = 1, RANGES, SCRATCH, SETS, STATES }; /* upvalues */

static mr_buf *buffer_of(lua_State *L, int which) {
  return lua_touserdata(L, lua_upvalueindex(which));
}

/* A script's finalizer may come behind those of the buffers. */
static void check_open(lua_State *L) {
  if (buffer_of(L, CODE)->len == 0)
    luaL_error(L, "the pattern has been collected");
}

/* text -> does the pattern occur in it? */
static int compiled(lua_State *L) {
  mr_slice text;
  text.ptr = luaL_checklstring(L, 1, &text.len);
  check_open(L);
  bool matched = false;
  int status = mr_pattern_run(buffer_of(L, CODE), buffer_of(L, RANGES), text, buffer_of(L, SCRATCH),
                              &matched);
  if (status < 0)
    mr_error_memory(L);
  lua_pushboolean(L, matched);
  return 1;
}

static int refuse(lua_State *L, int status, const char *pattern) {
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  lua_pushnil(L);
  if (status == MR_ERR_LIMIT)
    mr_error_push(L, "PatternTooLarge", "the pattern is too large: %s", pattern);
  else
    mr_error_push(L, "PatternSyntax",
                  "no pattern that can be checked (ECMAScript without look-around and back "
                  "references): %s",
                  pattern);
  return 2;
}

/* compile(pattern): function(text) -> boolean, or nil and an error object. */
static int pattern_compile(lua_State *L) {
  static const char before[] = "[\\s\\S]*(?:", after[] = ")[\\s\\S]*";
  mr_slice pattern;
  pattern.ptr = luaL_checklstring(L, 1, &pattern.len);
  mr_buf *b[3];
  for (int i = 0; i < 3; i++)
    b[i] = mr_context_buffer(L);
  /* by itself first: its brackets must be its own */
  int status = mr_pattern_compile(pattern, b[0], b[1]);
  if (status < 0)
    return refuse(L, status, pattern.ptr);
  mr_buf_reset(b[0]);
  mr_buf_reset(b[1]);
  mr_buf_put(b[2], before, sizeof before - 1);
  mr_buf_put(b[2], pattern.ptr, pattern.len);
  mr_buf_put(b[2], after, sizeof after - 1);
  status = b[2]->status < 0 ? b[2]->status
                            : mr_pattern_compile((mr_slice){b[2]->ptr, b[2]->len}, b[0], b[1]);
  if (status < 0)
    return refuse(L, status, pattern.ptr);
  lua_pushcclosure(L, compiled, 3);
  return 1;
}

/* (text [, init]) -> place of the first byte and of the last, as string.find has it; or nil */
static int finder(lua_State *L) {
  mr_slice text;
  size_t start = 0, end = 0;
  text.ptr = luaL_checklstring(L, 1, &text.len);
  lua_Integer init = luaL_optinteger(L, 2, 1);
  luaL_argcheck(L, init >= 1, 2, "1 or more was expected");
  check_open(L);
  if ((lua_Unsigned)init > text.len)
    return 0;
  const mr_pattern_finder f = {buffer_of(L, CODE), buffer_of(L, RANGES), buffer_of(L, SCRATCH),
                               buffer_of(L, SETS), buffer_of(L, STATES)};
  int got = mr_pattern_find(&f, text, (size_t)init - 1, &start, &end);
  if (got < 0)
    mr_error_memory(L);
  if (!got)
    return 0;
  lua_pushinteger(L, (lua_Integer)start + 1);
  lua_pushinteger(L, (lua_Integer)end);
  return 2;
}

/* finder(pattern): function(text [, init]) -> first, last; or nil and an error object. */
static int pattern_finder(lua_State *L) {
  mr_slice pattern;
  pattern.ptr = luaL_checklstring(L, 1, &pattern.len);
  mr_buf *b[5];
  for (int i = 0; i < 5; i++)
    b[i] = mr_context_buffer(L);
  int status = mr_pattern_compile(pattern, b[0], b[1]);
  if (status < 0)
    return refuse(L, status, pattern.ptr);
  lua_pushcclosure(L, finder, 5);
  return 1;
}

int luaopen_moonrock_pattern(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"compile", pattern_compile}, {"finder", pattern_finder}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
