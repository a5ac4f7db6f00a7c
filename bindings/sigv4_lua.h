/* SPDX-License-Identifier: MIT
 *
 * sigv4_lua.h -- what the files of the Lua module moonrock.sigv4 share: requests and options
 * as tables.
 * Slices point into strings and secrets that are kept on the stack: any allocation may run a
 * finalizer of the script, and that may change the tables. */
#ifndef MR_SIGV4_LUA_H
#define MR_SIGV4_LUA_H

#include <lua.h>

#include "bindings/sigv4.h"
#include "bindings/sigv4_fault.h"

typedef struct mr_sigv4_lua_facts {
  int headers; /* where mr_sigv4_lua_headers has put them */
  bool host_added; /* the last pair of headers was made from host, port and scheme */
  bool has_secret; /* a header's value is a secret */
} mr_sigv4_lua_facts;
/* Reads the request table at argument arg.  Pushes what its slices need, which the caller
 * leaves on the stack.  hide: secrets read as "[secret]", for showing.  Raises for what is no
 * request. */
mr_sigv4_lua_facts mr_sigv4_lua_request(lua_State *L, int arg, bool hide, mr_sigv4_request *r);
/* Reads credentials, region, service, time and the switches from the table at argument arg;
 * pushes what the slices need, last of all the session token as it was given (or nil). */
void mr_sigv4_lua_options(lua_State *L, int arg, mr_sigv4_options *o);
/* Pushes field `name` of the table at arg as text; false and nil pushed when it is nil.
 * Raises when it is neither a string nor (if allowed) a secret. */
bool mr_sigv4_lua_text(lua_State *L, int arg, const char *name, bool secret, mr_slice *out);
/* The same of the table at idx, which is a part of argument arg. */
bool mr_sigv4_lua_text_of(lua_State *L, int idx, int arg, const char *name, bool secret,
                          mr_slice *out);
/* Seconds since 1970 from field `name` of such a table, whole, rounded down.  Raises if there are
 * none. */
int64_t mr_sigv4_lua_seconds(lua_State *L, int idx, int arg, const char *name);
/* Raises what a failed signature means: misuse of argument arg, or no memory. */
void mr_sigv4_lua_check(lua_State *L, int status, int arg, const char *what);
/* Pushes the headers of the request at arg, made of its list if it has one. */
void mr_sigv4_lua_headers(lua_State *L, int arg);
/* They lie at `headers` and were changed: the request gets them, or its list follows. */
void mr_sigv4_lua_changed(lua_State *L, int arg, int headers);
/* The module's cache of signing keys: the first upvalue of the running function. */
struct mr_sigv4_keys *mr_sigv4_lua_keys(lua_State *L);

/* The functions of verification and of chunked bodies; all have the cache as upvalue. */
int mr_sigv4_lua_verify(lua_State *L);
int mr_sigv4_lua_chunks(lua_State *L);
int mr_sigv4_lua_unchunk(lua_State *L);
int mr_sigv4_lua_encoded_length(lua_State *L);
/* Makes the metatables of what verify and chunks return. */
void mr_sigv4_lua_verify_open(lua_State *L);
void mr_sigv4_lua_chunks_open(lua_State *L);
/* Pushes a chunk signer, not started. */
struct mr_chunk_signer *mr_sigv4_lua_signer(lua_State *L);
/* Pushes the error object of a refusal; code is S3's name, service_code what that service
 * answers. */
void mr_sigv4_lua_fault(lua_State *L, mr_sigv4_fault fault, bool s3, bool presigned,
                        const char *message);

int luaopen_moonrock_sigv4(lua_State *L);

#endif
