/* SPDX-License-Identifier: MIT
 *
 * bulk_lua.h -- what the parts of module moonrock.bulk share: a pass over inputs, and how its
 * options are read. */
#ifndef MR_BULK_LUA_H
#define MR_BULK_LUA_H

#include <lua.h>

#include "bindings/bulk.h"

/* Shared by the pass and the job that is under way, of which there is at most one. */
typedef struct mr_bulk_core {
  int refs; /* of the state's thread alone */
  bool busy, failed;
  bool is_sort, is_finished;
  mr_bulk_sort sort;
  mr_bulk_route route;
  char *folder; /* malloc; of what the sorter stores */
  int fd;       /* -1 until something is stored */
} mr_bulk_core;

/* Read the table at index 1 into a fresh core; raise for what is wrong with it. */
void mr_bulk_sort_options(lua_State *L, mr_bulk_core *core);
void mr_bulk_route_options(lua_State *L, mr_bulk_core *core);

#endif
