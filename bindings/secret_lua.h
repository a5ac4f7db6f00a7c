/* SPDX-License-Identifier: MIT
 *
 * secret_lua.h -- secrets as Lua values, for other glue.
 * The userdata begins with an mr_secret, hence with its pointer and length, and its metatable
 * has __secret = true: that is all that the host needs to send one without naming us. */
#ifndef MR_SECRET_LUA_H
#define MR_SECRET_LUA_H

#include <lua.h>

#include "bindings/secret.h"

/* Pushes an empty secret; fill it with mr_secret_set.  It is wiped when collected or closed. */
mr_secret *mr_secret_push(lua_State *L);
/* The secret at idx, or NULL if the value there is none. */
mr_secret *mr_secret_test(lua_State *L, int idx);
/* Is the value at idx a string or a secret?  Then *out are its bytes, good while it is on the
 * stack. */
bool mr_secret_text(lua_State *L, int idx, mr_slice *out);
int luaopen_moonrock_secret(lua_State *L);

#endif
