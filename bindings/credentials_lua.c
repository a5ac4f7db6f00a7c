/* SPDX-License-Identifier: MIT
 *
 * credentials_lua.c -- the module moonrock.credentials: secrets that come as JSON or in files.
 * The answer of a credential process, a container or a metadata service, and the cache of a
 * login, are read in C: the members that are secret become secrets, and no Lua string ever
 * holds the text.  Faults in such text are told without quoting it. */
#include <lauxlib.h>

#include "bindings/canon.h"
#include "bindings/json.h"
#include "bindings/secret_lua.h"
#include "bindings/text.h"
#include "host/context.h"
#include "host/error.h"
#include "host/output.h"
#include "host/process.h"
#include "host/sys.h"
#include "host/task.h"

int luaopen_moonrock_credentials(lua_State *L);

enum { MAX_FILE = 1 << 20, MAX_NESTED = 16, MAX_WORDS = 64 };

typedef struct file_work {
  mr_work work;
  const char *path; /* anchored in the user value */
  bool trim;
  int error;
  mr_buf text;
} file_work;

/* ---- decode ---- */

/* Names of members whose values only C may read, in lower case. */
static bool is_secret_name(mr_slice name) {
  static const char *const names[] = {"secretaccesskey", "sessiontoken", "token",    "accesstoken",
                                      "refreshtoken",    "clientsecret", "secretkey"};
  char lower[32];
  if (name.len >= sizeof lower)
    return false;
  for (size_t i = 0; i < name.len; i++)
    lower[i] = mr_ascii_lower(name.ptr[i]);
  for (size_t i = 0; i < MR_COUNT(names); i++)
    if (mr_slice_equal(mr_slice_make(lower, name.len), mr_slice_of(names[i])))
      return true;
  return false;
}

static void push_secret(lua_State *L, mr_slice text) {
  if (mr_secret_set(mr_secret_push(L), text.ptr, text.len) < 0)
    mr_error_memory(L);
}

static bool push_json(lua_State *L, mr_json_reader *r, mr_json_event event, bool is_secret);

static bool push_container(lua_State *L, mr_json_reader *r, bool is_object) {
  lua_newtable(L);
  for (lua_Integer i = 1;; i++) {
    mr_json_event event = mr_json_next(r);
    if (event == MR_JSON_OBJECT_END || event == MR_JSON_ARRAY_END)
      return true;
    bool is_secret = false;
    if (is_object && event == MR_JSON_KEY) {
      is_secret = is_secret_name(r->text);
      lua_pushlstring(L, r->text.ptr, r->text.len);
      event = mr_json_next(r);
    } else {
      lua_pushinteger(L, i);
    }
    if (!push_json(L, r, event, is_secret))
      return false;
    lua_rawset(L, -3);
  }
}

/* False after a syntax error; then some values are left on the stack. */
static bool push_json(lua_State *L, mr_json_reader *r, mr_json_event event, bool is_secret) {
  luaL_checkstack(L, 8, "JSON");
  switch (event) {
  case MR_JSON_OBJECT:
  case MR_JSON_ARRAY:
    return push_container(L, r, event == MR_JSON_OBJECT);
  case MR_JSON_STRING:
    if (is_secret)
      push_secret(L, r->text);
    else
      lua_pushlstring(L, r->text.ptr, r->text.len);
    return true;
  case MR_JSON_INTEGER:
    lua_pushinteger(L, r->integer);
    return true;
  case MR_JSON_DOUBLE:
    lua_pushnumber(L, r->number);
    return true;
  case MR_JSON_TRUE:
  case MR_JSON_FALSE:
    lua_pushboolean(L, event == MR_JSON_TRUE);
    return true;
  case MR_JSON_NULL:
    lua_pushnil(L);
    return true;
  default:
    return false;
  }
}

/* Unescaped strings wait in a buffer that is wiped, and that a Lua error cannot leak. */
static int decode(lua_State *L, mr_slice text) {
  mr_json_reader r;
  mr_buf *scratch = mr_context_sealed(L);
  int bottom = lua_gettop(L);
  mr_json_init(&r, text, NULL, MAX_NESTED);
  mr_json_borrow(&r, scratch);
  bool good = push_json(L, &r, mr_json_next(&r), false) && mr_json_next(&r) == MR_JSON_END;
  if (!good && r.status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (good && !lua_istable(L, -1)) {
    good = false;
    r.message = "an object was expected";
    r.start = 0;
  }
  if (good)
    return 1;
  size_t line, column;
  mr_json_position(text, r.start, &line, &column);
  lua_settop(L, bottom);
  lua_pushnil(L);
  mr_error_push(L, "JSONSyntax", "%s (line %d, column %d)", r.message ? r.message : "no JSON",
                (int)line, (int)column);
  return 2;
}

/* decode(text) -> table; or nil and an error.  text: a string or a secret. */
static int credentials_decode(lua_State *L) {
  mr_context_check_bytes(L, 1);
  lua_settop(L, 1);
  return decode(L, mr_context_bytes(L, 1));
}

/* ---- files ---- */

static void drop_file(mr_work *w) {
  mr_buf_clear(&((file_work *)(void *)w)->text);
}

static void run_read(mr_work *w) {
  file_work *f = (file_work *)(void *)w;
  f->error = mr_sys_read(f->path, 0, MAX_FILE + 1, &f->text);
}

static int finish_read(lua_State *L, mr_work *w) {
  file_work *f = (file_work *)(void *)w;
  if (f->error)
    return mr_error_system(L, f->error, f->path);
  if (f->text.len > MAX_FILE) {
    lua_pushnil(L);
    mr_error_push(L, "FileTooLarge", "%s is larger than 1 MiB", f->path);
    return 2;
  }
  if (!f->trim)
    return decode(L, mr_buf_view(&f->text));
  push_secret(L, mr_canon_trim(mr_buf_view(&f->text)));
  return 1;
}

static int read_file(lua_State *L, bool trim) {
  const char *path = luaL_checkstring(L, 1);
  mr_context_require(L, MR_CAP_READ, path);
  file_work *f = mr_work_new(L, sizeof *f, drop_file);
  mr_buf_init(&f->text, NULL);
  f->text.wipe = true;
  f->path = path;
  f->trim = trim;
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  return mr_work_start(L, &f->work, run_read, finish_read);
}

/* read(path) -> the file without blanks at its ends, as a secret; or nil and an error */
static int credentials_read(lua_State *L) {
  return read_file(L, true);
}

/* load(path) -> decode of the file */
static int credentials_load(lua_State *L) {
  return read_file(L, false);
}

static void run_write(mr_work *w) {
  file_work *f = (file_work *)(void *)w;
  mr_slice part = mr_buf_view(&f->text);
  f->error = mr_output_replace(f->path, &part, 1);
}

static int finish_write(lua_State *L, mr_work *w) {
  file_work *f = (file_work *)(void *)w;
  if (f->error)
    return mr_error_system(L, f->error, f->path);
  lua_pushboolean(L, 1);
  return 1;
}

/* save(path, names, values): an object of strings and secrets, its members in the order of
 * `names`, takes the place of a file that is there. */
static int credentials_save(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TTABLE);
  mr_context_require(L, MR_CAP_WRITE, path);
  lua_settop(L, 3);
  file_work *f = mr_work_new(L, sizeof *f, drop_file);
  int work = lua_gettop(L);
  mr_json_writer out;
  mr_buf_init(&f->text, NULL);
  f->text.wipe = true;
  f->path = path;
  mr_json_writer_init(&out, &f->text, 2, false);
  mr_json_open_object(&out);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 2);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_rawgeti(L, 2, i);
    lua_pushvalue(L, -1);
    lua_rawget(L, 3);
    if (!lua_isnil(L, -1)) {
      mr_context_check_bytes(L, work + 1);
      mr_context_check_bytes(L, work + 2);
      mr_json_put_key(&out, mr_context_bytes(L, work + 1));
      mr_json_put_string(&out, mr_context_bytes(L, work + 2));
    }
    lua_settop(L, work);
  }
  mr_json_close_object(&out);
  mr_buf_putc(&f->text, '\n');
  if (f->text.status < 0)
    mr_error_memory(L);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, work, 1);
  return mr_work_start(L, &f->work, run_write, finish_write);
}

/* ---- processes ---- */

typedef struct run_work {
  mr_work work;
  mr_process_spec spec;
  const char *argv[MAX_WORDS + 1]; /* anchored in the user value */
  mr_process_end end;
  int error;
  mr_buf said, complained;
  atomic_bool stopped;
} run_work;

/* The task was cancelled: nobody waits for the child any more. */
static void stop_run(mr_job *job) {
  atomic_store(&((run_work *)(void *)job)->stopped, true);
}

static void drop_run(mr_work *w) {
  run_work *r = (run_work *)(void *)w;
  mr_buf_clear(&r->said);
  mr_buf_clear(&r->complained);
}

static void run_process(mr_work *w) {
  run_work *r = (run_work *)(void *)w;
  r->error = mr_process_run(&r->spec, &r->said, &r->complained, &r->end);
}

static int finish_process(lua_State *L, mr_work *w) {
  run_work *r = (run_work *)(void *)w;
  if (r->error)
    return mr_error_system(L, r->error, r->argv[0]);
  lua_createtable(L, 0, 6);
  if (r->end.signal)
    lua_pushinteger(L, r->end.signal);
  else
    lua_pushnil(L);
  lua_setfield(L, -2, "signal");
  lua_pushinteger(L, r->end.code);
  lua_setfield(L, -2, "status");
  lua_pushboolean(L, r->end.timed_out);
  lua_setfield(L, -2, "timed_out");
  lua_pushboolean(L, r->end.too_long);
  lua_setfield(L, -2, "too_long");
  lua_pushlstring(L, mr_buf_view(&r->complained).ptr, r->complained.len);
  lua_setfield(L, -2, "complaint");
  push_secret(L, mr_buf_view(&r->said));
  lua_setfield(L, -2, "output");
  return 1;
}

/* run(words [, timeout_seconds [, max_output]]) -> {status=, signal=, timed_out=, too_long=,
 * complaint=, output=secret}; or nil and an error */
static int credentials_run(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Number timeout = luaL_optnumber(L, 2, 60);
  lua_Integer max = luaL_optinteger(L, 3, 64 << 10);
  lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
  luaL_argcheck(L, n >= 1 && n <= MAX_WORDS, 1, "a program and at most 63 words expected");
  luaL_argcheck(L, timeout > 0 && timeout < 1e6, 2, "seconds above 0 expected");
  luaL_argcheck(L, max > 0 && max <= MAX_FILE, 3, "1 to 1048576 bytes expected");
  run_work *r = mr_work_new(L, sizeof *r, drop_run);
  int work = lua_gettop(L);
  mr_buf_init(&r->said, NULL);
  mr_buf_init(&r->complained, NULL);
  r->said.wipe = r->complained.wipe = true;
  lua_createtable(L, (int)n, 0); /* a copy: a script may change its own meanwhile */
  for (lua_Integer i = 1; i <= n; i++) {
    if (lua_rawgeti(L, 1, i) != LUA_TSTRING)
      luaL_argerror(L, 1, "a list of strings expected");
    r->argv[i - 1] = lua_tostring(L, -1);
    lua_rawseti(L, -2, i);
  }
  lua_setiuservalue(L, work, 1);
  mr_context_require(L, MR_CAP_PROCESS, r->argv[0]);
  r->spec.argv = r->argv;
  r->spec.timeout_ms = (int64_t)(timeout * 1000);
  r->spec.max_output = (size_t)max;
  r->spec.stop = &r->stopped;
  r->work.job.stop = stop_run;
  return mr_work_start(L, &r->work, run_process, finish_process);
}

int luaopen_moonrock_credentials(lua_State *L) {
  static const luaL_Reg functions[] = {{"decode", credentials_decode}, {"load", credentials_load},
                                       {"read", credentials_read},     {"run", credentials_run},
                                       {"save", credentials_save},     {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
