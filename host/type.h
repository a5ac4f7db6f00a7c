/* SPDX-License-Identifier: MIT
 *
 * type.h -- metatables of userdata that are whole, or not there at all.
 * Filling one can fail for want of memory.  If it were in the registry by then, as with
 * luaL_newmetatable, later objects would get the half that was made, without __gc for instance.
 *
 *   if (mr_type_new(L, "moonrock.thing")) {
 *     luaL_setfuncs(L, meta, 0);
 *     mr_type_done(L, "moonrock.thing");
 *   }
 *   lua_setmetatable(L, -2);
 */
#ifndef MR_TYPE_H
#define MR_TYPE_H

#include <lua.h>

#include "host/base.h"

/* Pushes the metatable of that name.  True: it is new, has __name and nothing more. */
bool mr_type_new(lua_State *L, const char *name);
/* The new metatable is on top and stays there; from now on luaL_setmetatable and luaL_checkudata
 * find it. */
void mr_type_done(lua_State *L, const char *name);

#endif
