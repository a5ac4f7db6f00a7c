/* SPDX-License-Identifier: MIT
 *
 * record_lua.h -- what the parts of module moonrock.record share. */
#ifndef MR_RECORD_LUA_H
#define MR_RECORD_LUA_H

#include <lua.h>

#include "bindings/record.h"

typedef struct mr_feeding mr_feeding;

typedef struct mr_linter {
  mr_record *record;           /* NULL when closed */
  mr_record_found found;       /* not yet handed to Lua */
  mr_feeding *oldest, *newest; /* blocks that are out */
  struct mr_checker *spare;    /* blocks that can be used again */
  bool finished;
  bool lost; /* a task was cancelled while its block was out, or input could not be read or kept */
} mr_linter;

/* Of argument 1, open. */
mr_linter *mr_linter_check(lua_State *L);
/* Appends the findings that wait in C to the list at idx. */
void mr_linter_take_findings(lua_State *L, mr_linter *l, int idx);
/* Closes it. */
void mr_linter_release(mr_linter *l);
/* Raises "not enough memory".  A part of the input is lost, and so is the linter. */
MR_NORETURN void mr_linter_no_memory(lua_State *L, mr_linter *l);

/* ---- record_feed_lua.c: blocks on the pool ---- */

/* Stack: linter, text, which is fed; `return mr_linter_feed_on_pool(...)`. */
int mr_linter_feed_on_pool(lua_State *L, mr_linter *l);
/* linter:feed_lines(path, from, to, size), a method. */
int mr_linter_feed_lines(lua_State *L);
/* Blocks that are out have no linter any more; spare ones are freed. */
void mr_linter_drop_blocks(mr_linter *l);

#endif
