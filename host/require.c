/* SPDX-License-Identifier: MIT
 *
 * require.c -- one `require` that finds C modules, embedded scripts and files.
 * The order: what is loaded, package.preload, the script's own folder, the host's and the
 * program's built-in modules, then (with full trust) package.path and package.cpath.
 * A module may wait while it loads. */
#include <lauxlib.h>
#include <lualib.h>

#include "host/error.h"
#include "host/fs.h"
#include "host/module.h"
#include "host/realm.h"
#include "host/sched.h"
#include "host/sys.h"

/* Under its address the registry holds a table: name of each module that is being loaded ->
 * a future for those who wait for it, whose user value 2 is the id of the loading task. */
static const char loading_key = 0;

static const mr_module_entry host_modules[] = {
    {"moonrock.coroutine", luaopen_moonrock_coroutine},
    {"moonrock.fs", luaopen_moonrock_fs},
    {"moonrock.headers", luaopen_moonrock_headers},
    {"moonrock.http", luaopen_moonrock_http},
    {"moonrock.http_server", luaopen_moonrock_http_server},
    {"moonrock.isolate", luaopen_moonrock_isolate},
    {"moonrock.prompt", luaopen_moonrock_prompt},
    {"moonrock.random", luaopen_moonrock_random},
    {"moonrock.system", luaopen_moonrock_system},
    {"moonrock.task", luaopen_moonrock_task},
    {"moonrock.time", luaopen_moonrock_time},
    {NULL, NULL}};

static lua_CFunction find_in(const mr_module_entry *table, const char *name) {
  for (; table->name; table++)
    if (strcmp(table->name, name) == 0)
      return table->open;
  return NULL;
}

static const mr_script_entry *find_script(const char *name) {
  size_t low = 0, high = 0;
  while (mr_script_table[high].name)
    high++;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(name, mr_script_table[middle].name);
    if (order == 0)
      return &mr_script_table[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

bool mr_require_embedded(lua_State *L, const char *name) {
  const mr_script_entry *script = find_script(name);
  if (!script)
    return false;
  bool compiled = script->code && strcmp(script->release, lua_ident) == 0;
  lua_pushfstring(L, "=%s", script->path);
  if (luaL_loadbufferx(L, compiled ? script->code : script->text,
                       compiled ? script->code_len : script->len, lua_tostring(L, -1),
                       compiled ? "b" : "t") != LUA_OK)
    lua_error(L);
  lua_remove(L, -2);
  mr_sandbox_private(L);
  lua_setupvalue(L, -2, 1);
  return true;
}

void mr_require_names(lua_State *L) {
  lua_newtable(L);
  for (lua_Integer i = 0; mr_script_table[i].name; i++) {
    lua_pushstring(L, mr_script_table[i].name);
    lua_rawseti(L, -2, i + 1);
  }
}

void mr_require_source(lua_State *L, const char *name) {
  const mr_script_entry *script = find_script(name);
  if (script)
    lua_pushlstring(L, script->text, script->len);
  else
    lua_pushnil(L);
}

/* Replaces each '?' of a ';'-separated list of templates by the name (dots as slashes) and
 * pushes the first file that exists; false and, at the end of `tried`, what was tried. */
static bool search_path(lua_State *L, const char *path, const char *name, mr_buf *tried) {
  const char *file_name = luaL_gsub(L, name, ".", "/");
  int top = lua_gettop(L);
  while (*path) {
    size_t n = strcspn(path, ";");
    if (n > 0) {
      lua_pushlstring(L, path, n);
      const char *file = luaL_gsub(L, lua_tostring(L, -1), "?", file_name);
      mr_file_facts facts;
      if (mr_sys_stat(file, &facts) == 0 && facts.kind != MR_FILE_DIRECTORY) {
        lua_replace(L, top);
        lua_settop(L, top);
        return true;
      }
      mr_buf_printf(tried, "\n  no file '%s'", file);
      lua_settop(L, top);
    }
    path += n;
    path += *path == ';';
  }
  lua_settop(L, top - 1);
  return false;
}

static bool load_found(lua_State *L) { /* stack: file name */
  if (mr_load_file(L, lua_tostring(L, -1)) != LUA_OK)
    lua_error(L);
  lua_insert(L, -2);
  return true;
}

/* Pushes loader and its second argument; or raises with all that was tried. */
static void find_loader(lua_State *L, const char *name) {
  mr_realm *realm = mr_realm_of(L);
  mr_state *s = realm->state;
  lua_getglobal(L, LUA_LOADLIBNAME); /* stack: package */
  int package = lua_gettop(L);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  if (lua_getfield(L, -1, name) == LUA_TFUNCTION) {
    lua_pushliteral(L, ":preload:");
    return;
  }
  lua_settop(L, package);
  mr_buf *tried = mr_context_buffer(L);
  if (s->script_dir && realm->is_main && (s->config.caps & MR_CAP_READ)) {
    const char *templates =
        lua_pushfstring(L, "%s/?.lua;%s/?/init.lua", s->script_dir, s->script_dir);
    if (search_path(L, templates, name, tried) && load_found(L))
      return;
  }
  lua_CFunction open = find_in(host_modules, name);
  if (!open)
    open = find_in(mr_module_table, name);
  if (open) {
    lua_pushcfunction(L, open);
    lua_pushliteral(L, ":built-in:");
    return;
  }
  if (mr_require_embedded(L, name)) {
    lua_pushliteral(L, ":embedded:");
    return;
  }
  mr_buf_printf(tried, "\n  no built-in module '%s'", name);
  if (lua_istable(L, package) && realm->is_main && s->config.caps == MR_CAP_ALL) {
    if (lua_getfield(L, package, "path") == LUA_TSTRING &&
        search_path(L, lua_tostring(L, -1), name, tried) && load_found(L))
      return;
    lua_settop(L, package + 1);
    if (lua_getfield(L, package, "cpath") == LUA_TSTRING &&
        search_path(L, lua_tostring(L, -1), name, tried)) {
      lua_getfield(L, package, "loadlib");
      lua_pushvalue(L, -2);
      const char *mark = strchr(name, '-');
      lua_pushfstring(L, "luaopen_%s", luaL_gsub(L, mark ? mark + 1 : name, ".", "_"));
      lua_remove(L, -2);
      lua_call(L, 2, 2);
      if (lua_isnil(L, -2))
        luaL_error(L, "error loading module '%s': %s", name, lua_tostring(L, -1));
      lua_pop(L, 1);
      lua_insert(L, -2);
      return;
    }
    lua_settop(L, package + 1);
  }
  luaL_error(L, "module '%s' not found:%s", name, mr_buf_text(tried));
}

static void set_loaded(lua_State *L, const char *name) { /* stack: value; pops it */
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_insert(L, -2);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

/* Takes the module off the table of those being loaded and wakes who waits for it. */
static void loading_over(lua_State *L, const char *name) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loading_key);
  lua_getfield(L, -1, name);
  mr_future *f = lua_touserdata(L, -1);
  if (f)
    mr_waiters_wake(&f->waiters);
  lua_pushnil(L);
  lua_setfield(L, -3, name);
  lua_pop(L, 2);
}

/* Stack: name, loader's second value, then the loader's results. */
static int loaded(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(ctx);
  const char *name = lua_tostring(L, 1);
  loading_over(L, name);
  if (status != LUA_OK && status != LUA_YIELD)
    return lua_error(L);
  lua_settop(L, 3);
  if (!lua_isnil(L, 3)) {
    lua_pushvalue(L, 3);
    set_loaded(L, name);
  }
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (lua_getfield(L, -1, name) == LUA_TNIL) {
    lua_pushboolean(L, 1);
    lua_copy(L, -1, -2);
    set_loaded(L, name);
  }
  lua_pushvalue(L, 2);
  return 2;
}

static int require_step(lua_State *L);

static int require_again(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_wait_resumed(L);
  return require_step(L);
}

/* Stack: name. */
static int require_step(lua_State *L) {
  const char *name = lua_tostring(L, 1);
  mr_state *s = mr_context(L);
  lua_Integer id = s->current ? s->current->id : 0;
  lua_settop(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_getfield(L, 2, name);
  if (lua_toboolean(L, -1))
    return 1;
  lua_settop(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loading_key);
  if (lua_getfield(L, 2, name) == LUA_TUSERDATA) { /* another task's, or our own */
    mr_future *f = lua_touserdata(L, 3);
    lua_getiuservalue(L, 3, 2);
    if (lua_tointeger(L, 4) == id)
      return luaL_error(L, "module '%s' requires itself, directly or through another", name);
    if (mr_task_find(s, (uint32_t)lua_tointeger(L, 4))) { /* and not ended by force meanwhile */
      mr_waiters_join(L, &f->waiters);
      return mr_wait_park(L, 0, require_again);
    }
  }
  lua_settop(L, 1);
  find_loader(L, name); /* stack: name, ..., loader, its second value */
  lua_rotate(L, 2, 2);
  lua_settop(L, 3);
  lua_insert(L, 2); /* name, second value, loader */
  lua_rawgetp(L, LUA_REGISTRYINDEX, &loading_key);
  mr_future_new(L);
  lua_pushinteger(L, id);
  lua_setiuservalue(L, -2, 2);
  lua_setfield(L, -2, name);
  lua_settop(L, 3);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  int status = lua_pcallk(L, 2, 1, 0, 0, loaded);
  return loaded(L, status, 0);
}

static int require_face(lua_State *L) {
  luaL_checkstring(L, 1);
  return require_step(L);
}

void mr_require_open(lua_State *L, mr_realm *realm) {
  MR_UNUSED(realm);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &loading_key);
  lua_pushcfunction(L, require_face);
  lua_setglobal(L, "require");
}
