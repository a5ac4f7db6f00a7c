/* SPDX-License-Identifier: MIT
 *
 * realm.h -- a Lua state is opened, filled and closed: globals, require, built-in modules. */
#ifndef MR_REALM_H
#define MR_REALM_H

#include "host/state.h"

int mr_realm_open(mr_realm *realm, mr_state *s, bool is_main, size_t max_memory);
void mr_realm_close(mr_realm *realm);

/* ---- sandbox.c, ordered.c, require.c and the small modules ---- */
void mr_sandbox_open(lua_State *L, mr_realm *realm);
/* Keeps a copy of the globals as they are now for embedded scripts; and pushes it. */
void mr_sandbox_seal(lua_State *L);
void mr_sandbox_private(lua_State *L);
/* Puts time, date and clock of virtual time into the os library on top of the stack. */
void mr_time_install_os(lua_State *L);
void mr_sandbox_deterministic(lua_State *L, uint64_t seed);
void mr_require_open(lua_State *L, mr_realm *realm);
/* Pushes the loaded chunk of an embedded script; false if there is none of that name. */
bool mr_require_embedded(lua_State *L, const char *name);
/* Pushes the source of an embedded script, or nil. */
void mr_require_source(lua_State *L, const char *name);
/* Pushes a list of the names of all embedded scripts, sorted. */
void mr_require_names(lua_State *L);
int mr_load_file(lua_State *L, const char *path); /* as luaL_loadfilex, text only, our errors */
void mr_random_seed(mr_realm *realm, uint64_t seed);

/* ---- moonrock.c ---- */
/* The status of the first task in the list of the ended that failed, with its message. */
mr_status mr_first_failure(mr_state *s);

/* ---- the built-in modules of the host ---- */
int luaopen_moonrock_coroutine(lua_State *L);
int luaopen_moonrock_headers(lua_State *L);
int luaopen_moonrock_http(lua_State *L);
int luaopen_moonrock_http_server(lua_State *L);
int luaopen_moonrock_isolate(lua_State *L);
int luaopen_moonrock_prompt(lua_State *L);
int luaopen_moonrock_random(lua_State *L);
int luaopen_moonrock_system(lua_State *L);
int luaopen_moonrock_task(lua_State *L);
int luaopen_moonrock_time(lua_State *L);

#endif
