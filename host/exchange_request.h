/* SPDX-License-Identifier: MIT
 *
 * exchange_request.h -- reads what moonrock.http is asked for, for exchange.c. */
#ifndef MR_EXCHANGE_REQUEST_H
#define MR_EXCHANGE_REQUEST_H

#include <lua.h>

#include "host/http.h"

/* The table at idx, and at `defaults` nil or a table of options that it does not have itself.
 * Leaves what *r points into on the stack; the bytes of the body are kept by the userdata at
 * `owner`, as its first user value: the script may change its table meanwhile.  A body in a file is opened: *fd.  0; or, where
 * the world refuses, the number of results (nil and the error), pushed.  Raises on misuse. */
int mr_exchange_request(lua_State *L, int idx, int defaults, int owner, mr_http_request *r, int *fd);

/* Of the exchange at idx, else an argument error: the headers of its reply, each as name, NUL, value,
 * NUL, names in lower case; they live as long as the exchange.  In exchange.c. */
mr_slice mr_exchange_head(lua_State *L, int idx);

/* Checks the headers of the table at idx; raises on misuse.  Pushes the list and then room for
 * them, which is what it gives. */
mr_http_header *mr_exchange_headers(lua_State *L, int idx, size_t *count);
/* Reads the list at `list`; nothing of Lua may run until the slices have been used.  False where
 * a finalizer or a metamethod has changed it since it was checked. */
bool mr_exchange_read_headers(lua_State *L, int list, mr_http_header *headers, size_t count);

#endif
