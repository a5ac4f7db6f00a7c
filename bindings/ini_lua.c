/* SPDX-License-Identifier: MIT
 *
 * ini_lua.c -- the module moonrock.ini: config and credentials files as tables.
 * The text of a file never becomes a Lua string, and neither do secret keys and tokens in it:
 * they are secrets from the first byte on. */
#include <lauxlib.h>

#include "bindings/ini.h"
#include "bindings/secret_lua.h"
#include "host/context.h"
#include "host/error.h"
#include "host/sys.h"
#include "host/task.h"

/* Small files are read in place, as a script is: they are asked for once at the start. */
enum { MAX_FILE = 4 << 20, SMALL_FILE = 64 << 10 };

int luaopen_moonrock_ini(lua_State *L);

typedef struct ini_work {
  mr_work work;
  const char *path; /* anchored in the user value; NULL for parse */
  mr_ini_file file;
  int error;
  mr_buf text;
  mr_ini reader;
} ini_work;

static void drop_ini(mr_work *w) {
  ini_work *f = (ini_work *)(void *)w;
  mr_ini_clear(&f->reader);
  mr_buf_clear(&f->text);
}

static ini_work *begin(lua_State *L) {
  static const char *const kinds[] = {"config", "credentials", NULL};
  int kind = luaL_checkoption(L, 2, NULL, kinds);
  ini_work *f = mr_work_new(L, sizeof *f, drop_ini);
  mr_buf_init(&f->text, NULL);
  f->text.wipe = true;
  f->file = kind == 0 ? MR_INI_CONFIG : MR_INI_CREDENTIALS;
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  return f;
}

/* Which properties only C may read. */
static bool is_secret(mr_slice key) {
  static const char *const names[] = {"aws_secret_access_key", "aws_session_token",
                                      "aws_security_token"};
  for (size_t i = 0; i < MR_COUNT(names); i++)
    if (mr_slice_equal(key, mr_slice_of(names[i])))
      return true;
  return false;
}

static void push_value(lua_State *L, const mr_ini *r) {
  if (!is_secret(r->key)) {
    lua_pushlstring(L, r->value.ptr, r->value.len);
    return;
  }
  if (mr_secret_set(mr_secret_push(L), r->value.ptr, r->value.len) < 0)
    mr_error_memory(L);
}

/* The table of the section is pushed, made when it is not there; nil for what does not count.
 * [profile default] takes the place of [default], whichever comes first. */
static void push_section(lua_State *L, const mr_ini *r, int result, bool *prefixed_default) {
  static const char *const members[] = {"profiles", "sso_sessions", "services"};
  if (r->kind == MR_INI_IGNORED) {
    lua_pushnil(L);
    return;
  }
  bool is_default = r->kind == MR_INI_PROFILE && mr_slice_equal(r->name, mr_slice_of("default"));
  bool fresh = false;
  if (is_default && r->file == MR_INI_CONFIG) {
    if (!r->prefixed && *prefixed_default) {
      lua_pushnil(L);
      return;
    }
    fresh = r->prefixed && !*prefixed_default;
    *prefixed_default |= r->prefixed;
  }
  lua_getfield(L, result, members[r->kind]);
  lua_pushlstring(L, r->name.ptr, r->name.len);
  if (fresh || (lua_pushvalue(L, -1), lua_rawget(L, -3)) != LUA_TTABLE) {
    if (!fresh)
      lua_pop(L, 1);
    lua_newtable(L); /* stack: sections, name, table */
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, -5);
  }
  lua_replace(L, -3);
  lua_pop(L, 1);
}

static int build(lua_State *L, ini_work *f, mr_slice text) {
  mr_ini *r = &f->reader;
  bool prefixed_default = false;
  mr_ini_event event;
  mr_ini_init(r, text, f->file, NULL);
  lua_createtable(L, 0, 3);
  int result = lua_gettop(L);
  static const char *const members[] = {"profiles", "sso_sessions", "services"};
  for (size_t i = 0; i < MR_COUNT(members); i++) {
    lua_newtable(L);
    lua_setfield(L, result, members[i]);
  }
  lua_pushnil(L); /* the present section, at result + 1 */
  while ((event = mr_ini_next(r)) == MR_INI_SECTION || event == MR_INI_PROPERTY) {
    if (event == MR_INI_SECTION) {
      push_section(L, r, result, &prefixed_default);
      lua_replace(L, result + 1);
    } else if (lua_istable(L, result + 1)) {
      lua_pushlstring(L, r->key.ptr, r->key.len);
      push_value(L, r);
      lua_rawset(L, result + 1);
    }
  }
  if (event == MR_INI_FAULT && r->text.status < 0)
    mr_error_memory(L);
  if (event == MR_INI_FAULT) {
    lua_pushnil(L);
    mr_error_push(L, "ConfigSyntax", "%s%sline %d: %s", f->path ? f->path : "", f->path ? ", " : "",
                  r->line, r->fault);
    lua_pushinteger(L, r->line);
    lua_setfield(L, -2, "line");
    drop_ini(&f->work);
    return 2;
  }
  drop_ini(&f->work);
  lua_settop(L, result);
  return 1;
}

static void run_read(mr_work *w) {
  ini_work *f = (ini_work *)(void *)w;
  f->error = mr_sys_read(f->path, 0, MAX_FILE + 1, &f->text);
}

static int finish_read(lua_State *L, mr_work *w) {
  ini_work *f = (ini_work *)(void *)w;
  if (f->error)
    return mr_error_system(L, f->error, f->path);
  if (f->text.len > MAX_FILE) {
    drop_ini(w);
    lua_pushnil(L);
    mr_error_push(L, "ConfigSyntax", "%s is larger than 4 MiB: that is no config file", f->path);
    return 2;
  }
  return build(L, f, mr_buf_view(&f->text));
}

/* No file, or a small one: no thread has to start for it. */
static bool is_short(const char *path) {
  mr_file_facts facts;
  int error = mr_sys_stat(path, &facts);
  return error || (facts.kind == MR_FILE_REGULAR && facts.size <= SMALL_FILE);
}

/* read(path, kind) -> {profiles=, sso_sessions=, services=}; or nil and an error */
static int ini_read(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  mr_context_require(L, MR_CAP_READ, path);
  ini_work *f = begin(L);
  f->path = path;
  f->work.in_place = is_short(path);
  return mr_work_start(L, &f->work, run_read, finish_read);
}

/* parse(text, kind): the same of a text */
static int ini_parse(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  ini_work *f = begin(L);
  return build(L, f, mr_slice_make(text, n));
}

int luaopen_moonrock_ini(lua_State *L) {
  static const luaL_Reg functions[] = {{"parse", ini_parse}, {"read", ini_read}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
