/* SPDX-License-Identifier: MIT
 *
 * bulk_lua.c -- module moonrock.bulk: passes over JSON Lines that sort or route them.
 * Chunks go in, faults and lines come out; every step is a job on the pool.  A pass has a core
 * that its job shares, so that a job outlives the task that began it. */
#include "bindings/bulk_lua.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>

#include "host/context.h"
#include "host/error.h"
#include "host/sys.h"
#include "host/task.h"
#include "host/type.h"

#define PASS "moonrock.bulk.pass"
#define READ_SIZE ((size_t)1 << 20)

int luaopen_moonrock_bulk(lua_State *L);

typedef struct pass {
  mr_bulk_core *core; /* NULL once closed */
} pass;

typedef struct pass_work {
  mr_work work;
  mr_bulk_core *core;
  mr_slice chunk;
  bool last;
  int status;
} pass_work;

/* ---- the core ---- */

static int store_write(void *ud, uint64_t at, const void *bytes, size_t n) {
  mr_bulk_core *core = ud;
  if (core->fd < 0) {
    int error = mr_sys_open_scratch(core->folder, &core->fd);
    if (error) {
      core->fd = -1;
      return error;
    }
  }
  return mr_sys_pwrite(core->fd, bytes, n, (int64_t)at);
}

static int store_read(void *ud, uint64_t at, void *to, size_t n) {
  const mr_bulk_core *core = ud;
  size_t got = 0;
  int error = mr_sys_pread(core->fd, to, n, (int64_t)at, &got);
  return error ? error : got < n ? EIO : 0;
}

static void store_forget(void *ud, uint64_t at, uint64_t n) {
  const mr_bulk_core *core = ud;
  mr_sys_give_back(core->fd, (int64_t)at, (int64_t)n);
}

static void release(mr_bulk_core *core) {
  if (--core->refs > 0)
    return;
  mr_bulk_sort_clear(&core->sort);
  mr_bulk_route_clear(&core->route);
  if (core->fd >= 0)
    mr_sys_close(core->fd);
  free(core->folder);
  free(core);
}

static mr_bulk_core *new_core(void) {
  mr_bulk_core *core = calloc(1, sizeof *core);
  if (!core)
    return NULL;
  core->refs = 1;
  core->fd = -1;
  mr_bulk_scan_init(&core->sort.scan, 0);
  mr_bulk_scan_init(&core->route.scan, 0);
  mr_buf_init(&core->sort.payload, NULL);
  mr_buf_init(&core->sort.out, NULL);
  mr_buf_init(&core->sort.group, NULL);
  mr_sorter_init(&core->sort.sorter, 0,
                 (mr_sort_store){store_write, store_read, store_forget, core});
  return core;
}

/* ---- jobs ---- */

static pass_work *of(mr_work *work) {
  return (pass_work *)(void *)work;
}

static void drop(mr_work *work) {
  mr_bulk_core *core = of(work)->core;
  core->busy = false;
  release(core);
}

/* The end of a job whose results are on the stack. */
static int done(pass_work *w, int results) {
  w->work.drop = NULL;
  drop(&w->work);
  return results;
}

static mr_bulk_core *check_core(lua_State *L) {
  const pass *p = luaL_checkudata(L, 1, PASS);
  luaL_argcheck(L, p->core, 1, "the pass is closed");
  luaL_argcheck(L, !p->core->busy, 1, "the pass is in use elsewhere");
  luaL_argcheck(L, !p->core->failed, 1, "the pass has failed");
  return p->core;
}

/* A job of the pass at index 1; the value at index `anchor` stays as long as it. */
static pass_work *begin(lua_State *L, int anchor) {
  mr_work_check(L);
  pass_work *w = mr_work_new(L, sizeof *w, NULL);
  lua_pushvalue(L, anchor);
  lua_setiuservalue(L, -2, 1);
  w->core = check_core(L);
  w->work.drop = drop;
  w->work.is_long = true;
  w->core->refs++;
  w->core->busy = true;
  return w;
}

static int push_failure(lua_State *L, const mr_bulk_core *core, int status) {
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  int results = mr_error_system(L, core->sort.sorter.error, core->folder);
  mr_error_field(L, "hint",
                 "temporary = FOLDER names another place for what does not fit into the memory");
  return results;
}

static void set_integer(lua_State *L, const char *name, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

/* nil if there are none. */
static void push_faults(lua_State *L, const mr_buf *faults) {
  if (faults->len == 0) {
    lua_pushnil(L);
    return;
  }
  const char *p = faults->ptr, *end = p + faults->len;
  lua_newtable(L);
  for (lua_Integer i = 1; p < end; i++) {
    mr_bulk_fault f;
    memcpy(&f, p, sizeof f);
    p += sizeof f;
    lua_createtable(L, 0, 6);
    lua_pushstring(L, f.is_long ? "LineTooLong" : "JSONSyntax");
    lua_setfield(L, -2, "code");
    lua_pushstring(L, f.reason);
    lua_setfield(L, -2, "reason");
    lua_pushlstring(L, p, f.text);
    lua_setfield(L, -2, "text");
    p += f.text;
    set_integer(L, "line", f.line);
    set_integer(L, "column", f.column);
    set_integer(L, "offset", f.offset);
    lua_rawseti(L, -2, i);
  }
}

static mr_bulk_scan *scan_of(mr_bulk_core *core) {
  return core->is_sort ? &core->sort.scan : &core->route.scan;
}

static void run_feed(mr_work *work) {
  pass_work *w = of(work);
  w->status = w->core->is_sort ? mr_bulk_sort_feed(&w->core->sort, w->chunk, w->last)
                               : mr_bulk_route_feed(&w->core->route, w->chunk, w->last);
  if (w->last && w->status == MR_OK)
    mr_bulk_scan_next_input(scan_of(w->core));
}

/* Pushes the results, of which the first is nil after a failure, while the job's share of the
 * core is still held: whatever raises here leaves the work to the collector. */
static int finish_feed(lua_State *L, mr_work *work) {
  pass_work *w = of(work);
  mr_bulk_core *core = w->core;
  int results = 3;
  if (w->status < 0) {
    core->failed = true;
    results = push_failure(L, core, w->status);
  } else {
    lua_pushboolean(L, 1);
    push_faults(L, &scan_of(core)->faults);
    lua_createtable(L, core->is_sort ? 0 : (int)core->route.count, 0);
    for (size_t i = 0; !core->is_sort && i < core->route.count; i++) {
      const mr_buf *out = &core->route.outs[i];
      lua_pushlstring(L, out->ptr ? out->ptr : "", out->len);
      lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
  }
  return done(w, results);
}

/* pass:feed(chunk [, last]) */
static int pass_feed(lua_State *L) {
  mr_bulk_core *core = check_core(L);
  mr_slice chunk;
  chunk.ptr = luaL_checklstring(L, 2, &chunk.len);
  luaL_argcheck(L, !core->is_finished, 1, "the input has ended");
  bool last = lua_toboolean(L, 3);
  pass_work *w = begin(L, 2);
  w->chunk = chunk;
  w->last = last;
  return mr_work_start(L, &w->work, run_feed, finish_feed);
}

static void run_finish(mr_work *work) {
  pass_work *w = of(work);
  w->status = mr_sorter_finish(&w->core->sort.sorter);
}

static int finish_finish(lua_State *L, mr_work *work) {
  pass_work *w = of(work);
  mr_bulk_core *core = w->core;
  int results = 1;
  if (w->status < 0) {
    core->failed = true;
    results = push_failure(L, core, w->status);
  } else {
    lua_pushboolean(L, 1);
  }
  return done(w, results);
}

/* pass:finish() */
static int pass_finish(lua_State *L) {
  mr_bulk_core *core = check_core(L);
  luaL_argcheck(L, core->is_sort && !core->is_finished, 1,
                "a sort whose input has not ended was expected");
  pass_work *w = begin(L, 1);
  w->core->is_finished = true;
  return mr_work_start(L, &w->work, run_finish, finish_finish);
}

static void run_read(mr_work *work) {
  pass_work *w = of(work);
  w->status = mr_bulk_sort_read(&w->core->sort, READ_SIZE);
}

static int finish_read(lua_State *L, mr_work *work) {
  pass_work *w = of(work);
  mr_bulk_core *core = w->core;
  int results = 1;
  if (w->status < 0) {
    core->failed = true;
    results = push_failure(L, core, w->status);
  } else if (core->sort.out.len) {
    lua_pushlstring(L, core->sort.out.ptr, core->sort.out.len);
  } else {
    lua_pushnil(L);
  }
  return done(w, results);
}

/* pass:read() -> the next lines; nil at the end */
static int pass_read(lua_State *L) {
  mr_bulk_core *core = check_core(L);
  luaL_argcheck(L, core->is_finished, 1, "a sort that is finished was expected");
  pass_work *w = begin(L, 1);
  return mr_work_start(L, &w->work, run_read, finish_read);
}

/* pass:stats() */
static int pass_stats(lua_State *L) {
  mr_bulk_core *core = check_core(L);
  const mr_bulk_keys *keys = &scan_of(core)->keys;
  lua_createtable(L, 0, 5);
  set_integer(L, "records", scan_of(core)->records);
  set_integer(L, "dropped", core->is_sort ? core->sort.sorter.dropped : core->route.dropped);
  set_integer(L, "stored", core->sort.sorter.stored);
  lua_createtable(L, (int)core->route.count, 0);
  for (size_t i = 0; i < core->route.count; i++) {
    lua_pushinteger(L, (lua_Integer)core->route.written[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "written");
  lua_createtable(L, (int)keys->count, 0);
  for (size_t i = 0; i < keys->count; i++) {
    lua_pushinteger(L, (lua_Integer)keys->parts[i].found);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "found");
  return 1;
}

/* pass:swap(): from here on `other` holds for keys, and at the next call `by` again */
static int pass_swap(lua_State *L) {
  mr_bulk_keys *keys = &scan_of(check_core(L))->keys;
  luaL_argcheck(L, keys->other, 1, "a pass with other keys was expected");
  mr_bulk_keys_swap(keys);
  return 0;
}

/* close, __gc and __close: a job that runs keeps what it needs until it has ended. */
static int pass_close(lua_State *L) {
  pass *p = luaL_checkudata(L, 1, PASS);
  mr_bulk_core *core = p->core;
  p->core = NULL;
  if (core)
    release(core);
  return 0;
}

/* ---- the module ---- */

static mr_bulk_core *new_pass(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  pass *p = lua_newuserdatauv(L, sizeof *p, 0);
  p->core = NULL;
  luaL_setmetatable(L, PASS);
  p->core = new_core();
  if (!p->core)
    mr_error_memory(L);
  return p->core;
}

/* sorter(options) */
static int new_sorter(lua_State *L) {
  mr_bulk_core *core = new_pass(L);
  core->is_sort = true;
  mr_bulk_sort_options(L, core);
  mr_context_require(L, MR_CAP_WRITE, core->folder);
  return 1;
}

/* router(options) */
static int new_router(lua_State *L) {
  mr_bulk_core *core = new_pass(L);
  mr_bulk_route_options(L, core);
  return 1;
}

int luaopen_moonrock_bulk(lua_State *L) {
  static const luaL_Reg methods[] = {{"feed", pass_feed},   {"finish", pass_finish},
                                     {"read", pass_read},   {"stats", pass_stats},
                                     {"swap", pass_swap},   {"close", pass_close},
                                     {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", pass_close}, {"__close", pass_close}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"router", new_router}, {"sorter", new_sorter}, {NULL, NULL}};
  if (mr_type_new(L, PASS)) {
    luaL_setfuncs(L, meta, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, PASS);
    lua_setfield(L, -2, "__metatable");
    mr_type_done(L, PASS);
  }
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
