/* SPDX-License-Identifier: MIT
 *
 * modules.c -- the list of C modules that scripts can require; a new one is added here.
 * Sorted by name.  The host's own modules are listed by the host. */
#include "host/module.h"

int luaopen_moonrock_record(lua_State *L);

const mr_module_entry mr_module_table[] = {
    {"moonrock.record", luaopen_moonrock_record},
    {NULL, NULL},
};
