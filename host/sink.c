/* SPDX-License-Identifier: MIT
 *
 * sink.c -- the Lua face of output.c: sink:write, commit, abort.
 * A sink has a core that its jobs share, so that a write outlives the sink that began it;
 * the file is closed when the last of them lets go. */
#include "host/sink.h"

#include <lauxlib.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "host/context.h"
#include "host/error.h"
#include "host/output_queue.h"
#include "host/task.h"
#include "host/type.h"

#define SINK "moonrock.fs.sink"

const char *mr_check_path(lua_State *L, int arg) {
  size_t n;
  const char *path = luaL_checklstring(L, arg, &n);
  luaL_argcheck(L, strlen(path) == n, arg, "a path cannot hold a NUL byte");
  return path;
}

/* Shared by a sink and its jobs. */
struct mr_sink_core {
  mr_output output;
  mr_output_queue *queue; /* NULL until it is wanted */
  int refs;          /* of the state's thread alone */
  bool closed;       /* committed, aborted, or being committed */
  atomic_int writes; /* jobs that are queued or run: the worker takes its own off */
};

typedef struct sink {
  mr_sink_core *core; /* NULL once closed; the path is the user value */
} sink;

typedef struct sink_work {
  mr_work work;
  int error;
  mr_sink_core *core;
  const char *path;
  const char *data;
  size_t len;
  int64_t offset;
  bool opened; /* of an open: the caller has the sink */
  bool timed;  /* of a commit: the file gets mtime_ns */
  int64_t mtime_ns;
} sink_work;

static sink_work *of(mr_work *w) {
  return (sink_work *)(void *)w;
}

/* Does nothing after a commit.  Waits for the block that is being written, at most. */
static void abort_core(mr_sink_core *core) {
  mr_output_queue_end(core->queue, true);
  core->queue = NULL;
  mr_output_abort(&core->output);
}

void mr_sink_release(mr_sink_core *core) {
  if (core && --core->refs == 0) {
    abort_core(core);
    free(core);
  }
}

static void drop_sink(mr_work *w) {
  sink_work *s = of(w);
  mr_sink_release(s->core);
  s->core = NULL;
}

static sink *check_sink_at(lua_State *L, int arg, bool open) {
  sink *s = luaL_checkudata(L, arg, SINK);
  if (open && (!s->core || s->core->closed))
    luaL_argerror(L, arg, "the sink is closed");
  return s;
}

static sink *check_sink(lua_State *L, bool open) {
  return check_sink_at(L, 1, open);
}

/* A job of the sink at index 1, which must be open; the sink, its path and the value at index
 * `data` stay alive as long as the job. */
static sink_work *begin(lua_State *L, int data) {
  mr_work_check(L);
  sink_work *s = mr_work_new(L, sizeof *s, drop_sink);
  lua_createtable(L, 2, 0); /* stack: work, anchor */
  lua_pushvalue(L, 1);
  lua_rawseti(L, -2, 1);
  lua_pushvalue(L, data);
  lua_rawseti(L, -2, 2);
  lua_setiuservalue(L, -2, 1);
  lua_getiuservalue(L, 1, 1); /* stack: work, path */
  s->path = lua_tostring(L, -1);
  lua_pop(L, 1);
  s->core = check_sink(L, true)->core;
  s->core->refs++;
  return s;
}

mr_sink_core *mr_sink_hold(lua_State *L, int arg) {
  mr_sink_core *core = check_sink_at(L, arg, true)->core;
  core->refs++;
  return core;
}

bool mr_sink_begin(mr_sink_core *core) {
  if (core->closed)
    return false;
  core->writes++;
  return true;
}

void mr_sink_end(mr_sink_core *core) {
  if (--core->writes == 0 && core->closed)
    abort_core(core); /* the abort has waited for this */
}

mr_output *mr_sink_output(mr_sink_core *core) {
  return &core->output;
}

mr_output_queue *mr_sink_queue(mr_sink_core *core) {
  if (!core->queue)
    core->queue = mr_output_queue_new(&core->output);
  return core->queue;
}

int mr_sink_put(mr_sink_core *core, const void *from, size_t n, int64_t offset) {
  return mr_output_write(&core->output, from, n, offset);
}

static void run_open(mr_work *w) {
  sink_work *s = of(w);
  s->error = mr_output_open(&s->core->output, s->path);
}

/* Of a task that was cancelled while it opened: nobody has the sink, its file goes at once. */
static void drop_open(mr_work *w) {
  sink_work *s = of(w);
  if (!s->opened && s->core)
    mr_output_abort(&s->core->output);
  drop_sink(w);
}

static int finish_open(lua_State *L, mr_work *w) {
  sink_work *s = of(w);
  s->opened = true;
  if (s->error)
    return mr_error_system(L, s->error, s->path);
  lua_pushvalue(L, 1); /* the sink: mr_sink_open put it there */
  return 1;
}

static void set_sink_metatable(lua_State *L);

/* Userdata first: whatever fails later, collecting it cleans up. */
int mr_sink_open(lua_State *L) {
  const char *path = mr_check_path(L, 1);
  mr_context_require(L, MR_CAP_WRITE, path);
  sink *s = lua_newuserdatauv(L, sizeof *s, 1);
  s->core = NULL;
  set_sink_metatable(L);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  lua_replace(L, 1);
  s->core = calloc(1, sizeof *s->core);
  if (!s->core)
    mr_error_memory(L);
  s->core->refs = 1;
  sink_work *work = begin(L, 1);
  work->work.drop = drop_open;
  return mr_work_start(L, &work->work, run_open, finish_open);
}

static void run_put(mr_work *w) {
  sink_work *s = of(w);
  s->error = mr_output_write(&s->core->output, s->data, s->len, s->offset);
  s->core->writes--;
}

static int finish_put(lua_State *L, mr_work *w) {
  sink_work *s = of(w);
  if (s->error)
    return mr_error_system(L, s->error, s->path);
  lua_pushboolean(L, 1);
  return 1;
}

/* sink:write(offset, data): several tasks may write at once, at places of their own. */
static int sink_write(lua_State *L) {
  check_sink(L, true);
  lua_Integer offset = luaL_checkinteger(L, 2);
  luaL_argcheck(L, offset >= 0, 2, "an offset cannot be negative");
  size_t len;
  const char *data = luaL_checklstring(L, 3, &len);
  sink_work *work = begin(L, 3);
  work->data = data;
  work->len = len;
  work->offset = offset;
  work->core->writes++;
  return mr_work_start(L, &work->work, run_put, finish_put);
}

static void run_commit(mr_work *w) {
  sink_work *s = of(w);
  s->error = mr_output_queue_end(s->core->queue, false);
  s->core->queue = NULL;
  if (!s->error && s->timed)
    s->error = mr_output_set_time(&s->core->output, s->mtime_ns);
  if (s->error)
    mr_output_abort(&s->core->output);
  else
    s->error = mr_output_commit(&s->core->output);
}

static int finish_commit(lua_State *L, mr_work *w) {
  sink_work *s = of(w);
  if (s->error)
    return mr_error_system(L, s->error, s->path);
  lua_pushboolean(L, 1);
  return 1;
}

/* commit([mtime]): seconds since 1970, as fs.stat tells them.  From here on the job alone owns the
 * file: a cancel comes too late and changes nothing. */
static int sink_commit(lua_State *L) {
  sink *s = check_sink(L, true);
  bool timed = !lua_isnoneornil(L, 2);
  lua_Number mtime = timed ? luaL_checknumber(L, 2) : 0;
  luaL_argcheck(L, mtime > -9e9 && mtime < 9e9, 2, "seconds since 1970 expected"); /* in ns: 64 bits */
  if (s->core->writes > 0)
    return luaL_error(L, "commit while a write of this sink is still running");
  sink_work *work = begin(L, 1);
  work->timed = timed;
  work->mtime_ns = (int64_t)(mtime * 1e9);
  s->core->closed = true;
  mr_sink_release(s->core);
  s->core = NULL;
  return mr_work_start(L, &work->work, run_commit, finish_commit);
}

/* abort, __gc and __close.  A write that runs keeps the file open until it has ended, but
 * the name of the temporary goes at once. */
static int sink_abort(lua_State *L) {
  sink *s = check_sink(L, false);
  mr_sink_core *core = s->core;
  s->core = NULL;
  if (core) {
    core->closed = true;
    if (core->writes > 0)
      mr_output_unlink(&core->output);
    else
      abort_core(core);
    mr_sink_release(core);
  }
  return 0;
}

static int sink_tostring(lua_State *L) {
  sink *s = check_sink(L, false);
  lua_getiuservalue(L, 1, 1);
  lua_pushfstring(L, SINK " (%s, %s)", lua_tostring(L, -1), s->core ? "open" : "closed");
  return 1;
}

static const luaL_Reg sink_methods[] = {
    {"write", sink_write}, {"commit", sink_commit}, {"abort", sink_abort}, {NULL, NULL}};

static const luaL_Reg sink_meta[] = {{"__gc", sink_abort},
                                     {"__close", sink_abort},
                                     {"__tostring", sink_tostring},
                                     {NULL, NULL}};

static void set_sink_metatable(lua_State *L) {
  if (mr_type_new(L, SINK)) {
    luaL_setfuncs(L, sink_meta, 0);
    luaL_newlib(L, sink_methods);
    lua_setfield(L, -2, "__index");
    mr_type_done(L, SINK);
  }
  lua_setmetatable(L, -2);
}
