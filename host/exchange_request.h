/* SPDX-License-Identifier: MIT
 *
 * exchange_request.h -- reads what moonrock.http is asked for, for exchange.c. */
#ifndef MR_EXCHANGE_REQUEST_H
#define MR_EXCHANGE_REQUEST_H

#include <lua.h>

#include "host/http.h"

/* The table at idx, and at `defaults` nil or a table of options that it does not have itself.
 * Leaves what *r points into on the stack; the bytes of the body are kept by the userdata at
 * `owner`, as its first user value: the script may change its table meanwhile.  A body in a file is
 * opened: *fd.  0; or, where the world refuses, the number of results (nil and the error), pushed.
 * Raises on misuse. */
int mr_exchange_request(lua_State *L, int idx, int defaults, int owner, mr_http_request *r, int *fd);

#endif
