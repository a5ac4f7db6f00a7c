/* SPDX-License-Identifier: MIT
 *
 * channel.h -- makes the two ends of a channel between two Lua states of one mr_state.
 * In two calls, each protected in the state it works in: an error must never cross. */
#ifndef MR_CHANNEL_H
#define MR_CHANNEL_H

#include <lua.h>

/* Makes the metatable, if it is not there. */
void mr_channel_type(lua_State *L);
/* Pushes the first end. */
void mr_channel_new(lua_State *L);
/* Pushes the other end; `first` is the userdata of the first, which must still be open. */
void mr_channel_peer(lua_State *other, void *first);

#endif
