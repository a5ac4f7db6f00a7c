/* SPDX-License-Identifier: MIT
 *
 * sink.h -- files written in any order that appear whole or not at all, for scripts. */
#ifndef MR_SINK_H
#define MR_SINK_H

#include <lua.h>

#include "host/base.h"

/* moonrock.fs.sink(path) -> sink, or nil and an error object: a lua_CFunction. */
int mr_sink_open(lua_State *L);
/* The string argument `arg` as a path; raises if it holds a NUL byte. */
const char *mr_check_path(lua_State *L, int arg);

/* The file of a sink, for C that writes to it from a thread of its own. */
typedef struct mr_sink_core mr_sink_core;
/* Of argument `arg`, held; raises unless that is an open sink. */
mr_sink_core *mr_sink_hold(lua_State *L, int arg);
void mr_sink_release(mr_sink_core *core);
/* Round what writes: false if the sink is closed; until the end it is not committed, and an
 * abort leaves the file open without its name.  Both on the state's thread, as hold and
 * release. */
bool mr_sink_begin(mr_sink_core *core);
void mr_sink_end(mr_sink_core *core);
/* Between begin and end, on any thread: 0 or an errno value. */
int mr_sink_put(mr_sink_core *core, const void *from, size_t n, int64_t offset);
/* The file itself, good between begin and end. */
struct mr_output *mr_sink_output(mr_sink_core *core);
/* Writes by a thread of the sink's, whose errors the next put or the commit tells; made when
 * first asked for, on the state's thread between begin and end.  NULL when there is none. */
struct mr_output_queue *mr_sink_queue(mr_sink_core *core);

#endif
