/* SPDX-License-Identifier: MIT
 *
 * sink.h -- files written in any order that appear whole or not at all, for scripts. */
#ifndef MR_SINK_H
#define MR_SINK_H

#include <lua.h>

/* moonrock.fs.sink(path) -> sink, or nil and an error object: a lua_CFunction. */
int mr_sink_open(lua_State *L);
/* The string argument `arg` as a path; raises if it holds a NUL byte. */
const char *mr_check_path(lua_State *L, int arg);

#endif
