/* SPDX-License-Identifier: MIT
 *
 * jsonl_lua.h -- what the parts of module moonrock.jsonl_core share. */
#ifndef MR_JSONL_LUA_H
#define MR_JSONL_LUA_H

#include "bindings/jsonl.h"
#include "bindings/lazy_lua.h"

/* Pushes the error object of a line that is no JSON, or too long (fault NULL): code, message,
 * line, column, offset, reason. */
void mr_jsonl_push_fault(lua_State *L, const mr_jsonl_line *line, const mr_json_fault *fault);


/* Appends the JSON of the value at idx and a line end, or raises; then `out` may hold a part. */
void mr_jsonl_put_line(lua_State *L, mr_lazy_shared *shared, int idx, mr_buf *out);

/* ---- transform_lua.c ---- */
int mr_jsonl_worker(lua_State *L); /* a function of the module */
void mr_jsonl_worker_type(lua_State *L);
int mr_map_output_new(lua_State *L); /* likewise; transform_files_lua.c */
void mr_map_output_type(lua_State *L);

int luaopen_moonrock_jsonl_core(lua_State *L);

#endif
