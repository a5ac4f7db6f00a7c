/* SPDX-License-Identifier: MIT
 *
 * transform_files_lua.c -- blocks that workers read from a file and write to a file themselves.
 * Neither goes through Lua's memory, and the state's thread sees no byte of them: it hands out
 * ranges and hears what became of them. */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>

#include "bindings/transform_lua.h"
#include "host/error.h"
#include "host/sys.h"
#include "host/type.h"

#define OUTPUT "moonrock.jsonl_core.output"

/* Mostly it is open since the block before. */
static int open_input(mr_worker_core *c, const char *path) {
  int fd;
  if (c->input && strcmp(c->input, path) == 0)
    return 0;
  size_t size = strlen(path) + 1;
  char *name = malloc(size);
  int error = name ? mr_sys_open_read(path, &fd) : ENOMEM;
  if (error) {
    free(name);
    return error;
  }
  if (c->input)
    mr_sys_close(c->range.fd);
  free(c->input);
  c->input = memcpy(name, path, size);
  c->range.fd = fd;
  return 0;
}

/* The next bytes of a range. */
static bool next_of_file(mr_block *w, mr_slice *bytes) {
  mr_worker_core *c = w->core;
  if (w->next == 0 && (w->error = open_input(c, w->input)) != 0)
    return false;
  if (w->next++ == 0)
    mr_sys_lines_begin(&c->range, c->range.fd, w->from, w->to, w->size);
  bool more = mr_sys_lines_next(&c->range, bytes);
  if (w->next == 1)
    c->lines.offset = (uint64_t)(c->range.start - w->from);
  w->error = c->range.error;
  return more;
}

bool mr_block_next(mr_block *w, mr_slice *bytes) {
  if (!w->parts)
    return next_of_file(w, bytes);
  if (w->next == w->count)
    return false;
  *bytes = w->parts[w->next++];
  return true;
}

/* ---- the output ---- */

void mr_map_output_release(mr_map_output *o) {
  if (!o || --o->refs > 0)
    return;
  mr_output_order_free(o->order);
  if (o->is_begun)
    mr_sink_end(o->sink);
  mr_sink_release(o->sink);
  free(o);
}

static mr_map_output **check_output(lua_State *L, int idx) {
  return luaL_checkudata(L, idx, OUTPUT);
}

void mr_map_output_check(lua_State *L, int idx) {
  if (!lua_isnil(L, idx))
    luaL_argcheck(L, *check_output(L, idx), idx, "the output is closed");
}

mr_map_output *mr_map_output_hold(lua_State *L, int idx) {
  mr_map_output_check(L, idx);
  if (lua_isnil(L, idx))
    return NULL;
  mr_map_output *o = *check_output(L, idx);
  o->refs++;
  return o;
}

/* output(sink, name): what workers write to an fs.sink, which can be committed once it is closed
 * and no block is under way */
int mr_map_output_new(lua_State *L) {
  size_t len;
  const char *name = luaL_checklstring(L, 2, &len);
  mr_map_output **self = lua_newuserdatauv(L, sizeof *self, 0);
  *self = NULL;
  luaL_setmetatable(L, OUTPUT);
  mr_map_output *o = calloc(1, sizeof *o + len + 1);
  if (!o)
    mr_error_memory(L);
  *self = o;
  o->refs = 1;
  memcpy(o->name, name, len);
  o->sink = mr_sink_hold(L, 1);
  o->is_begun = mr_sink_begin(o->sink);
  o->order = mr_output_order_new(mr_sink_output(o->sink));
  if (!o->order)
    mr_error_memory(L);
  return 1;
}

static int output_close(lua_State *L) {
  mr_map_output **self = check_output(L, 1);
  mr_map_output_release(*self);
  *self = NULL;
  return 0;
}

void mr_map_output_type(lua_State *L) {
  static const luaL_Reg methods[] = {{"close", output_close}, {NULL, NULL}};
  if (mr_type_new(L, OUTPUT)) {
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, output_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, output_close);
    lua_setfield(L, -2, "__close");
    lua_pushliteral(L, OUTPUT);
    lua_setfield(L, -2, "__metatable");
    mr_type_done(L, OUTPUT);
  }
  lua_pop(L, 1);
}
