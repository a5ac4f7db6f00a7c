/* SPDX-License-Identifier: MIT
 *
 * model_workspace_lua.c -- the working memory of a call of moonrock.model: buffers, an XML tree.
 * It hangs in a userdata that is taken from the registry for the time of the call and put
 * back after it: a Lua error leaves it to the collector, and a nested call finds none and
 * makes its own. */
#include <lauxlib.h>

#include "bindings/model_lua.h"
#include "host/context.h"
#include "host/type.h"

static const mr_models *const models = &mr_models_table;

enum { KEEP_MAX = 64 * 1024 }; /* bytes of a buffer that are kept between calls */

static const char workspace_key = 0;

static void begin(mr_model_workspace *w, mr_alloc *alloc) {
  memset(w, 0, sizeof *w);
  mr_marshal_init(&w->marshal, models, alloc);
  mr_unmarshal_init(&w->unmarshal, models, alloc);
  mr_check_init(&w->check, models, alloc);
}

static int workspace_gc(lua_State *L) {
  mr_model_workspace *w = lua_touserdata(L, 1);
  mr_marshal_clear(&w->marshal);
  mr_unmarshal_clear(&w->unmarshal);
  mr_check_clear(&w->check);
  begin(w, mr_alloc_none()); /* a script's finalizer may find it in the registry */
  return 0;
}

mr_model_workspace *mr_model_take(lua_State *L) {
  luaL_checkstack(L, LUA_MINSTACK, "model");
  mr_model_workspace *w;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &workspace_key) == LUA_TUSERDATA) {
    w = lua_touserdata(L, -1);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &workspace_key);
    return w;
  }
  lua_pop(L, 1);
  w = lua_newuserdatauv(L, sizeof *w, 0);
  begin(w, mr_context_alloc(L));
  if (mr_type_new(L, "moonrock.model.workspace")) {
    lua_pushcfunction(L, workspace_gc);
    lua_setfield(L, -2, "__gc");
    mr_type_done(L, "moonrock.model.workspace");
  }
  lua_setmetatable(L, -2);
  return w;
}

static void trim(mr_buf *b) {
  if (b->cap > KEEP_MAX || b->status != MR_OK)
    mr_buf_clear(b);
}

void mr_model_give_back(lua_State *L, mr_model_workspace *w, int idx) {
  mr_marshal *m = &w->marshal;
  mr_unmarshal *u = &w->unmarshal;
  mr_buf *buffers[] = {&m->path,          &m->query,         &m->headers,      &m->body,
                       &m->scratch,       &m->scratch2,      &m->message,      &u->scratch,
                       &u->scratch2,      &u->unescaped,     &u->message,      &w->check.path,
                       &w->check.message, &w->check.scratch, &w->check.pattern};
  for (size_t i = 0; i < MR_COUNT(buffers); i++) {
    if (w->wipe && buffers[i]->ptr)
      mr_wipe(buffers[i]->ptr, buffers[i]->cap);
    trim(buffers[i]);
  }
  w->wipe = false;
  if (u->xml_open)
    mr_xml_clear(&u->xml);
  u->xml_open = false;
  lua_pushvalue(L, idx);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &workspace_key);
}
