/* SPDX-License-Identifier: MIT
 *
 * context.h -- from a lua_State to the services of its mr_state.
 * All state of the host hangs off mr_state, found through the registry under the address
 * of a constant.  An mr_state has one main Lua state and may have isolates: further Lua
 * states on the same loop and clock (the emulator is one). */
#ifndef MR_CONTEXT_H
#define MR_CONTEXT_H

#include <lua.h>

#include "host/alloc.h"
#include "host/buf.h"
#include "host/clock.h"
#include "host/log.h"

struct mr_loop;
struct mr_pool;
struct mr_http;

mr_state *mr_context(lua_State *L);
mr_alloc *mr_context_alloc(lua_State *L); /* of this Lua state: an isolate counts its own */
mr_clock *mr_context_clock(lua_State *L);
const mr_log *mr_context_log(lua_State *L);
struct mr_loop *mr_context_loop(lua_State *L);
struct mr_pool *mr_context_pool(lua_State *L);
struct mr_http *mr_context_http(lua_State *L); /* made when first asked for; may raise */
/* Pushes a userdata that holds an empty buffer and clears it when collected or closed: C
 * memory that survives a Lua error.  The pointer is good while the userdata is. */
mr_buf *mr_context_buffer(lua_State *L);
/* Raises "not enough memory" if the buffer failed, otherwise pushes its content. */
void mr_context_push(lua_State *L, const mr_buf *b);
/* Pushes an empty buffer of plain malloc that scripts can pass on but not read: it counts as
 * a secret for mr_context_bytes and is wiped when collected or closed. */
mr_buf *mr_context_sealed(lua_State *L);
/* Is the value a secret: a userdata that starts with pointer and length and whose metatable says
 * __secret? */
bool mr_context_is_secret(lua_State *L, int idx);
/* Argument `arg` must be a string, a number, or a secret; a number becomes a string here.  This
 * may run finalizers of the script. */
void mr_context_check_bytes(lua_State *L, int arg);
/* The bytes of an argument that has been checked; they live as long as the value.  Runs
 * nothing. */
mr_slice mr_context_bytes(lua_State *L, int arg);
/* A userdata whose metatable says __target begins with one of these: it gives what takes the
 * body of one reply, and its owner counts it as taken; raises if it cannot. */
typedef struct mr_http_target *(*mr_http_claim)(lua_State *L, void *userdata);
/* Of the value at idx; NULL for nil. */
struct mr_http_target *mr_context_claim(lua_State *L, int idx);
/* Raises an error of code "Denied" that names the capability unless the state has it (and
 * the embedder's authorize hook agrees).  what: path, "host:port", variable or program. */
void mr_context_require(lua_State *L, unsigned cap, const char *what);
/* Has the state the capability for whatever it is, with nobody to be asked? */
bool mr_context_granted(lua_State *L, unsigned cap);

#endif
