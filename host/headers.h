/* SPDX-License-Identifier: MIT
 *
 * headers.h -- the headers of a request or a reply as a Lua value.
 * Lua sees a list of {name, value}, each made when it is looked at; C adds to it and reads it
 * without a table.  Wherever headers are taken, a plain list of pairs does as well. */
#ifndef MR_HEADERS_H
#define MR_HEADERS_H

#include <lua.h>

#include "host/head.h"

/* Pushes headers with the fields of `head`. */
void mr_headers_push(lua_State *L, mr_slice head);
/* There are headers at idx, or a list there has given way to headers made of it.  Raises an error
 * of argument `arg` for anything else. */
void mr_headers_check(lua_State *L, int idx, int arg);

/* The functions below are for headers that have been checked, and need six places of the stack. */

/* Appends a field whose value, text or a secret, is on top of the stack, and pops that. */
void mr_headers_add(lua_State *L, int idx, mr_slice name);
/* Takes out all fields of that name, whatever its case. */
void mr_headers_remove(lua_State *L, int idx, mr_slice name);
bool mr_headers_secret(lua_State *L, int idx); /* is there a secret among them? */
/* Pushes what holds a copy of the fields and gives them, with room for one more.  open: secrets by
 * their bytes, else as "[secret]".  Nothing that a script does changes them. */
mr_pair *mr_headers_read(lua_State *L, int idx, bool open, size_t *count);
/* Makes the list that they were made of one of the same fields. */
void mr_headers_to_list(lua_State *L, int idx, int list);

#endif
