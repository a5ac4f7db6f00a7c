/* SPDX-License-Identifier: MIT
 *
 * fs.c -- the module moonrock.fs, the Lua face of sys.c and output.c.
 * Each call but stat is one job on the pool: `run` sees only the struct of the job, whose
 * strings are anchored in the job's user value; `finish` turns the outcome into Lua values. */
#include "host/fs.h"

#include <errno.h>
#include <lauxlib.h>

#include "host/context.h"
#include "host/error.h"
#include "host/lock.h"
#include "host/output.h"
#include "host/sink.h"
#include "host/sys.h"
#include "host/sys_stream.h"
#include "host/task.h"

typedef struct file_work {
  mr_work work;
  int error;
  const char *path;
  const char *other;     /* rename: the new name */
  int64_t offset, length;
  mr_alloc limit;        /* what `data` may take */
  mr_buf data;           /* read, list, realpath */
  mr_file_facts facts;   /* stat */
  const mr_slice *parts; /* write, append */
  size_t count;
} file_work;

static file_work *of(mr_work *w) {
  return (file_work *)(void *)w;
}

static void drop_file(mr_work *w) {
  mr_buf_clear(&of(w)->data);
}

/* What a worker fills: no more than the state has room for. */
static void init_data(lua_State *L, mr_alloc *limit, mr_buf *data) {
  size_t room = mr_alloc_room(mr_context_alloc(L));
  mr_alloc_init(limit, NULL, NULL, room == SIZE_MAX ? 0 : room > 0 ? room : 1);
  mr_buf_init(data, limit);
}

/* The work of a call whose first argument is a path; pushes it, with a table as its user
 * value that anchors the path. */
static file_work *begin(lua_State *L, unsigned cap) {
  const char *path = mr_check_path(L, 1);
  mr_context_require(L, cap, path);
  file_work *f = mr_work_new(L, sizeof *f, drop_file);
  init_data(L, &f->limit, &f->data);
  f->path = path;
  lua_createtable(L, 2, 0); /* stack: work, anchor */
  lua_pushvalue(L, 1);
  lua_rawseti(L, -2, 1);
  lua_setiuservalue(L, -2, 1);
  return f;
}

/* Keeps the value at idx as long as the work on top of the stack. */
static void anchor(lua_State *L, int idx, lua_Integer slot) {
  idx = lua_absindex(L, idx);
  lua_getiuservalue(L, -1, 1);
  lua_pushvalue(L, idx);
  lua_rawseti(L, -2, slot);
  lua_pop(L, 1);
}

static int finish_true(lua_State *L, mr_work *w) {
  file_work *f = of(w);
  if (f->error)
    return mr_error_system(L, f->error, f->path);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---- read, stat, list --------------------------------------------------- */

static void run_read(mr_work *w) {
  file_work *f = of(w);
  f->error = mr_sys_read(f->path, f->offset, f->length, &f->data);
}

static int finish_read(lua_State *L, mr_work *w) {
  file_work *f = of(w);
  if (f->error)
    return mr_error_system(L, f->error, f->path);
  lua_pushlstring(L, mr_buf_view(&f->data).ptr, f->data.len);
  mr_buf_clear(&f->data);
  return 1;
}

/* read(path [, offset [, length]]) -> string; offset counts from 0, in bytes. */
static int fs_read(lua_State *L) {
  lua_Integer offset = luaL_optinteger(L, 2, 0);
  lua_Integer length = luaL_optinteger(L, 3, -1);
  luaL_argcheck(L, offset >= 0, 2, "an offset cannot be negative");
  luaL_argcheck(L, length >= 0 || lua_isnoneornil(L, 3), 3, "a length cannot be negative");
  file_work *f = begin(L, MR_CAP_READ);
  f->offset = offset;
  f->length = length;
  return mr_work_start(L, &f->work, run_read, finish_read);
}

static void run_stat(mr_work *w) {
  of(w)->error = mr_sys_stat(of(w)->path, &of(w)->facts);
}

static int finish_stat(lua_State *L, mr_work *w) {
  static const char *const kinds[] = {"file", "directory", "other"};
  file_work *f = of(w);
  if (f->error)
    return mr_error_system(L, f->error, f->path);
  lua_createtable(L, 0, 3);
  lua_pushstring(L, kinds[f->facts.kind]);
  lua_setfield(L, -2, "type");
  lua_pushinteger(L, f->facts.size);
  lua_setfield(L, -2, "size");
  lua_pushnumber(L, (lua_Number)f->facts.mtime_ns / 1e9);
  lua_setfield(L, -2, "mtime");
  if (f->facts.is_link) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "link");
  }
  return 1;
}

static int fs_stat(lua_State *L) {
  file_work *f = begin(L, MR_CAP_READ);
  f->work.in_place = true; /* as require looks for a module */
  return mr_work_start(L, &f->work, run_stat, finish_stat);
}

static void run_realpath(mr_work *w) {
  of(w)->error = mr_sys_real_path(of(w)->path, &of(w)->data);
}

static int fs_realpath(lua_State *L) {
  file_work *f = begin(L, MR_CAP_READ);
  return mr_work_start(L, &f->work, run_realpath, finish_read);
}

static void run_list(mr_work *w) {
  of(w)->error = mr_sys_list(of(w)->path, &of(w)->data);
}

static int finish_list(lua_State *L, mr_work *w) {
  file_work *f = of(w);
  if (f->error)
    return mr_error_system(L, f->error, f->path);
  const char *at = f->data.ptr, *end = at ? at + f->data.len : at;
  lua_newtable(L);
  for (lua_Integer i = 1; at < end; i++) {
    lua_pushstring(L, at);
    lua_rawseti(L, -2, i);
    at += strlen(at) + 1;
  }
  mr_buf_clear(&f->data);
  return 1;
}

static int fs_list(lua_State *L) {
  file_work *f = begin(L, MR_CAP_READ);
  return mr_work_start(L, &f->work, run_list, finish_list);
}

/* ---- write, append ------------------------------------------------------ */

static void run_write(mr_work *w) {
  file_work *f = of(w);
  f->error = mr_output_replace(f->path, f->parts, f->count);
}

static void run_append(mr_work *w) {
  file_work *f = of(w);
  f->error = mr_sys_append(f->path, f->parts, f->count);
}

/* The strings of argument 2, as parts that live in a userdata; both are anchored, and the
 * table is copied, because a script may change it while the worker writes. */
static void take_parts(lua_State *L, file_work *f) {
  bool list = lua_istable(L, 2);
  lua_Unsigned n = list ? lua_rawlen(L, 2) : 1;
  luaL_argcheck(L, n < 1u << 28, 2, "too many parts");
  mr_slice *parts = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *parts, 0);
  lua_createtable(L, (int)n, 0); /* stack: work, parts, copy */
  for (lua_Unsigned i = 0; i < n; i++) {
    if (list)
      lua_rawgeti(L, 2, (lua_Integer)i + 1);
    else
      lua_pushvalue(L, 2);
    parts[i].ptr = lua_tolstring(L, -1, &parts[i].len);
    if (!parts[i].ptr)
      luaL_argerror(L, 2, "a string or a list of strings expected");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_pushvalue(L, -3); /* stack: work, parts, copy, work */
  anchor(L, -3, 2);
  anchor(L, -2, 3);
  lua_pop(L, 3);
  f->parts = parts;
  f->count = (size_t)n;
}

static int write_file(lua_State *L, void (*run)(mr_work *)) {
  if (!lua_istable(L, 2))
    luaL_checkstring(L, 2);
  file_work *f = begin(L, MR_CAP_WRITE);
  take_parts(L, f);
  return mr_work_start(L, &f->work, run, finish_true);
}

static int fs_write(lua_State *L) {
  return write_file(L, run_write);
}

static int fs_append(lua_State *L) {
  return write_file(L, run_append);
}

static void run_sync(mr_work *w) {
  of(w)->error = mr_sys_sync(of(w)->path);
}

static int fs_sync(lua_State *L) {
  file_work *f = begin(L, MR_CAP_WRITE);
  return mr_work_start(L, &f->work, run_sync, finish_true);
}

/* ---- remove, rename, mkdir ---------------------------------------------- */

static void run_remove(mr_work *w) {
  of(w)->error = mr_sys_remove(of(w)->path);
}

static int fs_remove(lua_State *L) {
  file_work *f = begin(L, MR_CAP_WRITE);
  return mr_work_start(L, &f->work, run_remove, finish_true);
}

static void run_mkdir(mr_work *w) {
  of(w)->error = mr_sys_mkdir(of(w)->path);
}

static int fs_mkdir(lua_State *L) {
  file_work *f = begin(L, MR_CAP_WRITE);
  return mr_work_start(L, &f->work, run_mkdir, finish_true);
}

static void run_rename(mr_work *w) {
  of(w)->error = mr_sys_rename(of(w)->path, of(w)->other);
}

static int finish_rename(lua_State *L, mr_work *w) {
  file_work *f = of(w);
  if (!f->error)
    return finish_true(L, w);
  return mr_error_system(L, f->error, lua_pushfstring(L, "%s to %s", f->path, f->other));
}

static int fs_rename(lua_State *L) {
  const char *to = mr_check_path(L, 2);
  mr_context_require(L, MR_CAP_WRITE, to);
  file_work *f = begin(L, MR_CAP_WRITE);
  f->other = to;
  anchor(L, 2, 2);
  return mr_work_start(L, &f->work, run_rename, finish_rename);
}

/* ---- open files ---------------------------------------------------------- */

typedef struct stream_work {
  mr_work work;
  luaL_Stream *file;
  lua_CFunction closes; /* the file's own, while it counts as closed; NULL once given back */
  size_t wanted;
  int error;
  atomic_bool stop;
  mr_alloc limit;
  mr_buf data;
} stream_work;

static void stop_stream(mr_job *job) {
  ((stream_work *)(void *)job)->stop = true;
}

static void run_stream(mr_work *w) {
  stream_work *s = (stream_work *)(void *)w;
  s->error = mr_sys_stream_read(s->file->f, s->wanted, &s->stop, &s->data);
}

static void drop_stream(mr_work *w) {
  stream_work *s = (stream_work *)(void *)w;
  if (s->closes)
    s->file->closef = s->closes;
  s->closes = NULL;
  mr_buf_clear(&s->data);
}

static int finish_stream(lua_State *L, mr_work *w) {
  stream_work *s = (stream_work *)(void *)w;
  s->file->closef = s->closes;
  s->closes = NULL;
  if (s->error && s->error != EAGAIN)
    return mr_error_system(L, s->error, "an open file");
  if (s->data.len > 0 || s->error)
    lua_pushlstring(L, mr_buf_view(&s->data).ptr, s->data.len);
  else
    lua_pushnil(L);
  mr_buf_clear(&s->data);
  return 1;
}

/* read_from(file, n) -> up to n bytes, none where it is silent, nil at its end.  Meanwhile the file is
 * closed to all others. */
static int fs_read_from(lua_State *L) {
  luaL_Stream *file = luaL_checkudata(L, 1, LUA_FILEHANDLE);
  lua_Integer n = luaL_checkinteger(L, 2);
  luaL_argcheck(L, n > 0, 2, "a number of bytes is wanted");
  mr_work_check(L);
  stream_work *s = mr_work_new(L, sizeof *s, drop_stream);
  luaL_argcheck(L, file->closef, 1, "the file is closed, or another task reads it");
  init_data(L, &s->limit, &s->data);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  s->file = file;
  s->wanted = (size_t)n;
  s->closes = file->closef;
  file->closef = NULL;
  s->work.is_long = true; /* it may wait for somebody a while: files must not */
  s->work.job.stop = stop_stream;
  return mr_work_start(L, &s->work, run_stream, finish_stream);
}

static const luaL_Reg functions[] = {
    {"read", fs_read},     {"write", fs_write},   {"append", fs_append}, {"stat", fs_stat},
    {"remove", fs_remove}, {"rename", fs_rename}, {"mkdir", fs_mkdir},   {"list", fs_list},
    {"sink", mr_sink_open}, {"lock", mr_lock_open}, {"sync", fs_sync},   {"realpath", fs_realpath},
    {"read_from", fs_read_from}, {NULL, NULL}};

int luaopen_moonrock_fs(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
