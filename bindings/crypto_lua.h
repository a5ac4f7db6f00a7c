/* SPDX-License-Identifier: MIT
 *
 * crypto_lua.h -- what other glue shares with moonrock.crypto. */
#ifndef MR_CRYPTO_LUA_H
#define MR_CRYPTO_LUA_H

#include <lua.h>

#include "bindings/digest.h"

/* Argument `arg` as the name of a digest; raises and tells the names there are. */
mr_digest_kind mr_crypto_check_kind(lua_State *L, int arg);

#endif
