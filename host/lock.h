/* SPDX-License-Identifier: MIT
 *
 * lock.h -- a folder or file that one process has for itself, for scripts. */
#ifndef MR_LOCK_H
#define MR_LOCK_H

#include <lua.h>

/* moonrock.fs.lock(path) -> lock, or nil and an error object: a lua_CFunction. */
int mr_lock_open(lua_State *L);

#endif
