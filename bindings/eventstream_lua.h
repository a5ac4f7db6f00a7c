/* SPDX-License-Identifier: MIT
 *
 * eventstream_lua.h -- the decoder of moonrock.eventstream, for whoever reads events from it.
 * A decoder is a userdata that holds an mr_event_reader. */
#ifndef MR_EVENTSTREAM_LUA_H
#define MR_EVENTSTREAM_LUA_H

#include <lua.h>

#include "bindings/eventstream.h"

/* The decoder at idx, given the bytes at bytes_idx; both must stay on the stack while it is
 * read.  Raises when they are none, and when an earlier feed was left before its end. */
mr_event_reader *mr_event_lua_feed(lua_State *L, int idx, int bytes_idx);
/* Pushes {headers=, payload=, types= where there is one that is no string}. */
void mr_event_lua_push(lua_State *L, const mr_event_message *m);
/* Pushes the error object of what ended the reading (status is that of mr_event_next), or nil;
 * raises when memory ran out. */
void mr_event_lua_end(lua_State *L, const mr_event_reader *r, int status);

#endif
