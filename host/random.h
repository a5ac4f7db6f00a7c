/* SPDX-License-Identifier: MIT
 *
 * random.h -- what other modules show of moonrock.random. */
#ifndef MR_RANDOM_H
#define MR_RANDOM_H

#include <lua.h>

/* uuid() -> a version 4 UUID in lower case; under virtual time by the run's seed. */
int mr_random_uuid(lua_State *L);

#endif
