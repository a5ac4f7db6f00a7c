/* SPDX-License-Identifier: MIT
 *
 * modules.c -- the list of C modules that scripts can require; a new one is added here.
 * Sorted by name.  The host's own modules are listed by the host. */
#include "host/module.h"

int luaopen_cjson(lua_State *L);
int luaopen_cjson_safe(lua_State *L);
int luaopen_moonrock_bulk(lua_State *L);
int luaopen_moonrock_codec(lua_State *L);
int luaopen_moonrock_credentials(lua_State *L);
int luaopen_moonrock_crypto(lua_State *L);
int luaopen_moonrock_eventstream(lua_State *L);
int luaopen_moonrock_ini(lua_State *L);
int luaopen_moonrock_json(lua_State *L);
int luaopen_moonrock_jsonl_core(lua_State *L);
int luaopen_moonrock_model(lua_State *L);
int luaopen_moonrock_part(lua_State *L);
int luaopen_moonrock_pattern(lua_State *L);
int luaopen_moonrock_record(lua_State *L);
int luaopen_moonrock_secret(lua_State *L);
int luaopen_moonrock_sigv4(lua_State *L);
int luaopen_moonrock_uri(lua_State *L);
int luaopen_moonrock_xml(lua_State *L);

const mr_module_entry mr_module_table[] = {
    {"cjson", luaopen_cjson},
    {"cjson.safe", luaopen_cjson_safe},
    {"moonrock.bulk", luaopen_moonrock_bulk},
    {"moonrock.codec", luaopen_moonrock_codec},
    {"moonrock.credentials", luaopen_moonrock_credentials},
    {"moonrock.crypto", luaopen_moonrock_crypto},
    {"moonrock.eventstream", luaopen_moonrock_eventstream},
    {"moonrock.ini", luaopen_moonrock_ini},
    {"moonrock.json", luaopen_moonrock_json},
    {"moonrock.jsonl_core", luaopen_moonrock_jsonl_core},
    {"moonrock.model", luaopen_moonrock_model},
    {"moonrock.part", luaopen_moonrock_part},
    {"moonrock.pattern", luaopen_moonrock_pattern},
    {"moonrock.record", luaopen_moonrock_record},
    {"moonrock.secret", luaopen_moonrock_secret},
    {"moonrock.sigv4", luaopen_moonrock_sigv4},
    {"moonrock.uri", luaopen_moonrock_uri},
    {"moonrock.xml", luaopen_moonrock_xml},
    {NULL, NULL},
};
