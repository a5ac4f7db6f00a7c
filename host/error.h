/* SPDX-License-Identifier: MIT
 *
 * error.h -- the one constructor of error objects.
 * An error object is a table with a shared metatable: code (stable, for `if`), message (for
 * people), and where they apply status, service, operation, request_id, retryable,
 * retry_after, attempts, hint, cause, traceback.  tostring gives one line. */
#ifndef MR_ERROR_H
#define MR_ERROR_H

#include <lua.h>

#include "host/base.h"

/* Pushes {code=, message=}; fmt as for lua_pushfstring. */
void mr_error_push(lua_State *L, const char *code, const char *fmt, ...);
/* Sets field `name` of the error object on top of the stack to a string. */
void mr_error_field(lua_State *L, const char *name, const char *text);
/* Pushes an error object and raises it, with the position of the script that called. */
MR_NORETURN void mr_error_raise(lua_State *L, const char *code, const char *fmt, ...);
/* nil and an error object with code from errno ("ENOENT"), for what the system refused:
 * returns 2, for `return mr_error_system(...)`.  Take errno before any Lua call. */
int mr_error_system(lua_State *L, int errno_value, const char *what);
/* Raises MR_ERR_MEMORY as Lua does: the string "not enough memory". */
MR_NORETURN void mr_error_memory(lua_State *L);
/* Is the value at idx an error object?  Then *code (may be NULL) is its code. */
bool mr_error_is(lua_State *L, int idx, const char **code);
/* Pushes the user's own frames of L, innermost first, one a line; "" if there are none. */
void mr_error_traceback(lua_State *L);
int luaopen_moonrock_error(lua_State *L);

#endif
