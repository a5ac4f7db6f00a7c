/* SPDX-License-Identifier: MIT
 *
 * fs.h -- the module moonrock.fs: files and folders for scripts, on the pool.
 * What the system refuses comes back as nil and an error object whose code is the name of
 * the errno value; a missing capability and misuse raise. */
#ifndef MR_FS_H
#define MR_FS_H

#include <lua.h>

int luaopen_moonrock_fs(lua_State *L);

#endif
