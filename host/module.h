/* SPDX-License-Identifier: MIT
 *
 * module.h -- declares the tables of C modules and embedded scripts; defines none.
 * bindings/modules.c and a generated file fill them for the program; a test of the host
 * links tables of its own.  So the host names no binding. */
#ifndef MR_MODULE_H
#define MR_MODULE_H

#include <lua.h>

#include "host/base.h"

/* `name` is what scripts give to require: "moonrock.json". */
typedef struct mr_module_entry {
  const char *name;
  lua_CFunction open;
} mr_module_entry;

/* `name` as for require; `path` is where the source lies in the project, for messages.
 * `code` is what one release of Lua, named as lua_ident does, made of the source: another
 * release compiles the source itself.  NULL where there is none. */
typedef struct mr_script_entry {
  const char *name;
  const char *path;
  const char *text;
  size_t len;
  const char *code;
  size_t code_len;
  const char *release;
} mr_script_entry;

extern const mr_module_entry mr_module_table[]; /* ends with a NULL name */
extern const mr_script_entry mr_script_table[]; /* sorted by name; ends with a NULL name */

#endif
