/* SPDX-License-Identifier: MIT
 *
 * model_lua.h -- values over the Lua stack, for module moonrock.model.
 * The cursor of the source is the value on top of the stack; the sink builds its tables
 * there.  Both may raise: whoever calls them keeps C memory in userdata only. */
#ifndef MR_MODEL_LUA_H
#define MR_MODEL_LUA_H

#include <lua.h>

#include "bindings/check.h"
#include "bindings/marshal.h"
#include "bindings/shape.h"
#include "bindings/unmarshal.h"
#include "bindings/value.h"

enum { MR_LUA_DEPTH = MR_DEPTH_MAX + 8, MR_LUA_KEYS = 128 };

typedef struct mr_lua_source {
  mr_source base;
  lua_State *L;
  struct {
    const mr_slice *keys;
    size_t pooled; /* before */
    int table;     /* stack index */
  } open[MR_LUA_DEPTH]; /* the containers whose keys are open */
  int open_count;
  mr_slice pool[MR_LUA_KEYS]; /* where the keys of small containers are */
  size_t pooled;
  uint64_t names[MR_LUA_DEPTH]; /* for each table that the cursor is in: which names it may have */
  int depth;
  bool has_secret; /* a secret was read */
} mr_lua_source;

typedef struct mr_lua_sink {
  mr_sink base;
  lua_State *L;
  lua_Integer counts[MR_LUA_DEPTH]; /* items so far; -1: an object */
  int depth;
  mr_slice whole; /* what is put as exactly these bytes is the string at whole_at */
  int whole_at;
} mr_lua_sink;

/* The source starts at the value on top of the stack and leaves it there. */
void mr_lua_source_init(mr_lua_source *s, lua_State *L);
/* What is put comes out on top of the stack. */
void mr_lua_sink_init(mr_lua_sink *s, lua_State *L);

/* ---- shared by the model_*_lua.c files ---- */

#define MR_SERVICE_TYPE "moonrock.model.service"
#define MR_OPERATION_TYPE "moonrock.model.operation"

/* Of the argument at idx, or an argument error. */
const mr_service *mr_check_service(lua_State *L, int idx);
const mr_operation *mr_check_operation(lua_State *L, int idx);
/* Pushes the object; the same one each time. */
void mr_push_operation(lua_State *L, const mr_operation *op);

/* The headers at idx, which are pushed as mr_headers_read does it; where there are none, nil is. */
void mr_lua_headers(lua_State *L, int idx, mr_input *in);
/* Sets a field of the table on top to a text of the models, unless that is empty. */
void mr_lua_set_text(lua_State *L, const char *field, uint32_t text);
/* The string argument at idx; empty when nil. */
mr_slice mr_lua_text(lua_State *L, int idx);

/* The working memory of one call, see model_workspace_lua.c. */
typedef struct mr_model_workspace {
  mr_marshal marshal;
  mr_unmarshal unmarshal;
  mr_check check;
  mr_lua_source source;
  mr_lua_sink sink;
  bool wipe; /* a secret passed through the buffers */
} mr_model_workspace;
/* Pushes it. */
mr_model_workspace *mr_model_take(lua_State *L);
/* idx: where it is on the stack. */
void mr_model_give_back(lua_State *L, mr_model_workspace *w, int idx);

/* operation:check(params) and so on; service:parse_error(...) and so on. */
int mr_model_check(lua_State *L);
int mr_model_build(lua_State *L);
int mr_model_request(lua_State *L);
int mr_model_parse(lua_State *L);
int mr_model_parse_request(lua_State *L);
int mr_model_build_reply(lua_State *L);
int mr_model_parse_error(lua_State *L);
int mr_model_build_error(lua_State *L);
int mr_model_route(lua_State *L);
int mr_model_header_map(lua_State *L);
int mr_model_shape(lua_State *L);
int mr_model_waiter(lua_State *L);
int mr_model_waiters(lua_State *L);
int mr_model_table_sizes(lua_State *L);
int mr_model_parse_event(lua_State *L);
int mr_model_read_events(lua_State *L);
int mr_model_build_event(lua_State *L);

int luaopen_moonrock_model(lua_State *L);

#endif
