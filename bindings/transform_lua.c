/* SPDX-License-Identifier: MIT
 *
 * transform_lua.c -- workers: a script that maps records, on threads.
 * A worker is an mr_state of its own, with the capabilities and limits of ours, that is handed
 * blocks of whole lines; one job at a time runs in it, on whatever thread takes the job.  A
 * block's output depends on the block alone, so the number of threads changes nothing.  Only
 * bytes cross: blocks in, lines and faults out. */
#include "bindings/transform_lua.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>

#include "host/context.h"
#include "host/error.h"
#include "host/realm.h"
#include "host/sys.h"
#include "host/type.h"

#define WORKER "moonrock.jsonl_core.worker"
#define LEAST_MEMORY ((size_t)4 << 20)

static void release(mr_worker_core *c) {
  if (--c->refs > 0)
    return;
  mr_jsonl_clear(&c->lines);
  mr_buf_clear(&c->out);
  mr_buf_clear(&c->faults);
  if (c->input)
    mr_sys_close(c->range.fd);
  free(c->input);
  mr_sys_lines_clear(&c->range);
  mr_destroy(c->s);
  mr_alloc_release(c->account, c->share);
  free(c);
}

static void drop_block(mr_work *work) {
  mr_block *w = (mr_block *)(void *)work;
  mr_buf_clear(&w->why);
  mr_map_output_release(w->output);
  w->output = NULL;
  w->core->busy = false;
  release(w->core);
}

static void set_integer(lua_State *L, const char *name, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void push_faults(lua_State *L, const mr_buf *faults) {
  static const char *const codes[] = {"JSONSyntax", "LineTooLong", "MapFailed"};
  const char *p = faults->ptr, *end = p + faults->len;
  lua_newtable(L);
  for (lua_Integer i = 1; p < end; i++) {
    mr_map_fault f;
    memcpy(&f, p, sizeof f);
    p += sizeof f;
    lua_createtable(L, 0, 7);
    lua_pushstring(L, codes[f.kind]);
    lua_setfield(L, -2, "code");
    lua_pushlstring(L, p, f.reason);
    lua_setfield(L, -2, "reason");
    lua_pushlstring(L, p + f.reason, f.line_text);
    lua_setfield(L, -2, "text");
    p += f.reason + f.line_text;
    set_integer(L, "record", f.record);
    set_integer(L, "line", f.line);
    set_integer(L, "column", f.column);
    set_integer(L, "offset", f.offset);
    lua_rawseti(L, -2, i);
  }
}

static int finish_block(lua_State *L, mr_work *work) {
  mr_block *w = (mr_block *)(void *)work;
  mr_worker_core *c = w->core;
  if (w->status < 0) {
    c->has_failed = true;
    bool is_limit = w->status == MR_ERR_LIMIT || w->status == MR_ERR_MEMORY;
    const char *code = is_limit ? "LimitReached" : "InvalidScript";
    lua_pushlstring(L, w->why.len ? w->why.ptr : "not enough memory", w->why.len ? w->why.len : 17);
    const char *why = lua_tostring(L, -1);
    if (strncmp(why, code, strlen(code)) == 0 && why[strlen(code)] == ':')
      why += strlen(code) + 2; /* an error object of the worker has said it already */
    lua_pushnil(L);
    mr_error_push(L, code, "%s", why);
    return 2;
  }
  if (w->error) {
    c->has_failed = true;
    if (w->error == ESTALE && !w->is_write_error) {
      lua_pushnil(L);
      mr_error_push(L, "FileChanged", "%s became shorter while it was read", w->input);
      return 2;
    }
    return mr_error_system(L, w->error, w->is_write_error ? w->output->name : w->input);
  }
  lua_createtable(L, 0, 5);
  lua_pushlstring(L, c->out.ptr ? c->out.ptr : "", c->out.len);
  lua_setfield(L, -2, "output");
  push_faults(L, &c->faults);
  lua_setfield(L, -2, "faults");
  set_integer(L, "lines", w->lines);
  set_integer(L, "records", w->records);
  set_integer(L, "written", w->written);
  drop_block(&w->work);
  w->work.drop = NULL;
  return 1;
}

enum { SCRIPT = 1, NAME, PATH }; /* user values */

typedef struct worker {
  mr_worker_core *core; /* NULL once closed */
  bool is_function;
} worker;

static mr_slice user_text(lua_State *L, int slot) {
  mr_slice s = {NULL, 0};
  if (lua_getiuservalue(L, 1, slot) == LUA_TSTRING)
    s.ptr = lua_tolstring(L, -1, &s.len); /* the worker keeps it */
  lua_pop(L, 1);
  return s;
}

static bool flag(lua_State *L, int idx, const char *name) {
  lua_getfield(L, idx, name);
  bool is_set = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return is_set;
}

static const worker *check_idle(lua_State *L) {
  const worker *self = luaL_checkudata(L, 1, WORKER);
  luaL_argcheck(L, self->core && !self->core->has_failed, 1, "the worker is closed, or has failed");
  luaL_argcheck(L, !self->core->busy, 1, "the worker has a block already");
  return self;
}

/* The job of a block.  Stack: worker, ..., options at `options`, what the job reads on top, where
 * slot 1 is for the worker; pushes the work. */
static mr_block *begin(lua_State *L, int options) {
  int anchor = lua_gettop(L);
  lua_pushvalue(L, 1);
  lua_rawseti(L, anchor, 1);
  mr_work_check(L);
  mr_block *w = mr_work_new(L, sizeof *w, NULL);
  lua_pushvalue(L, anchor);
  lua_setiuservalue(L, -2, 1);
  mr_buf_init(&w->why, NULL);
  w->is_first = flag(L, options, "first");
  w->stop_at_fault = flag(L, options, "stop");
  w->keep_lines = flag(L, options, "keep");
  w->script = user_text(L, SCRIPT);
  w->name = user_text(L, NAME).ptr;
  w->path = user_text(L, PATH).ptr;
  const worker *self = check_idle(L); /* once more: a finalizer or an option may have closed it */
  w->is_function = self->is_function;
  w->work.is_long = true;
  w->core = self->core;
  w->core->refs++;
  w->core->busy = true;
  w->work.drop = drop_block;
  return w;
}

/* worker:run(parts, options) -> result; or nil and why no block can be mapped any more */
static int worker_run(lua_State *L) {
  check_idle(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 3);
  lua_Unsigned n = lua_rawlen(L, 2);
  luaL_argcheck(L, n < 1u << 24, 2, "too many parts");
  mr_slice *parts = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *parts, 0);
  lua_createtable(L, (int)n + 2, 0); /* the worker, the array, strings */
  lua_pushvalue(L, 4);
  lua_rawseti(L, 5, 2);
  for (lua_Unsigned i = 0; i < n; i++) {
    if (lua_rawgeti(L, 2, (lua_Integer)i + 1) != LUA_TSTRING)
      luaL_argerror(L, 2, "a list of strings was expected");
    parts[i].ptr = lua_tolstring(L, -1, &parts[i].len);
    lua_rawseti(L, 5, (lua_Integer)i + 3);
  }
  mr_block *w = begin(L, 3);
  w->parts = parts;
  w->count = (size_t)n;
  return mr_work_start(L, &w->work, mr_block_run, finish_block);
}

/* worker:lines(path, from, to, size, options [, output]): as run, with the lines that begin in
 * these bytes of a file */
static int worker_lines(lua_State *L) {
  check_idle(L);
  const char *path = mr_check_path(L, 2);
  lua_Integer from = luaL_checkinteger(L, 3), to = luaL_checkinteger(L, 4),
              size = luaL_checkinteger(L, 5);
  luaL_argcheck(L, from >= 0 && to >= from && to - from <= 1 << 30, 4, "no range of bytes");
  luaL_checktype(L, 6, LUA_TTABLE);
  lua_settop(L, 7);
  mr_context_require(L, MR_CAP_READ, path);
  mr_map_output_check(L, 7); /* while the worker is not busy yet */
  lua_createtable(L, 2, 0); /* the worker, the path */
  lua_pushvalue(L, 2);
  lua_rawseti(L, -2, 2);
  mr_block *w = begin(L, 6);
  w->output = mr_map_output_hold(L, 7);
  w->input = path;
  w->from = from;
  w->to = to;
  w->size = size;
  w->number = w->output ? w->output->blocks++ : 0;
  return mr_work_start(L, &w->work, mr_block_run, finish_block);
}

/* close, __gc and __close: a block that is being mapped is stopped soon. */
static int worker_close(lua_State *L) {
  worker *self = luaL_checkudata(L, 1, WORKER);
  mr_worker_core *c = self->core;
  self->core = NULL;
  if (!c)
    return 0;
  c->stop = true;
  if (c->busy)
    mr_interrupt(c->s);
  release(c);
  return 0;
}

/* What the worker's state may do: what ours may.  Who is asked for each use cannot be asked
 * from other threads, so then it may only compute. */
static mr_config worker_config(lua_State *L, size_t max_memory) {
  const mr_state *s = mr_context(L);
  mr_config c = s->config;
  c.alloc = NULL;
  c.log = NULL;
  c.ud = NULL;
  if (c.authorize)
    c.caps &= MR_CAP_CLOCK;
  c.authorize = NULL;
  c.script_dir = s->script_dir;
  c.max_memory = max_memory;
  return c;
}

/* Takes its share of the memory that is left, of which we keep one too; 0 without a cap. */
static void take_share(lua_State *L, mr_worker_core *c, lua_Integer threads) {
  size_t room = mr_alloc_room(c->account);
  if (room == SIZE_MAX)
    return;
  size_t share = room / ((size_t)threads + 1);
  if (share < LEAST_MEMORY)
    mr_error_raise(L, "LimitReached",
                   "%d KiB of memory are left, too little for %d workers of at least %d KiB",
                   (int)(room >> 10), (int)threads, (int)(LEAST_MEMORY >> 10));
  mr_alloc_reserve(c->account, share);
  c->share = share;
}

/* A function that has no upvalue but the globals, as bytes that only load_map reads. */
static int append_dump(lua_State *L, const void *bytes, size_t n, void *ud) {
  MR_UNUSED(L);
  mr_buf_put(ud, bytes, n);
  return ((mr_buf *)ud)->status < 0;
}

static void dump_function(lua_State *L, int idx) {
  const char *name;
  luaL_argcheck(L, !lua_iscfunction(L, idx), idx, "a function of Lua was expected");
  for (int i = 1; (name = lua_getupvalue(L, idx, i)) != NULL; i++) {
    lua_pushglobaltable(L);
    bool is_globals = strcmp(name, "_ENV") == 0 && lua_rawequal(L, -1, -2);
    if (!is_globals || i > 1)
      luaL_argerror(L, idx,
                    lua_pushfstring(L,
                                    "the function uses '%s' of the code around it, which threads "
                                    "cannot share: make it a local of the function, use a script, "
                                    "or threads = 1",
                                    name));
    lua_pop(L, 2);
  }
  mr_buf *b = mr_context_buffer(L);
  lua_pushvalue(L, idx);
  if (lua_dump(L, append_dump, b, 0) != 0)
    mr_error_memory(L);
  mr_context_push(L, b);
  lua_replace(L, idx);
  lua_settop(L, idx);
}

/* Protected, in the worker: (our realm) makes it as repeatable as ours is. */
static int make_repeatable(lua_State *W) {
  const mr_realm *ours = lua_touserdata(W, 1);
  mr_random_seed(mr_realm_of(W), ours->random[0]);
  mr_sandbox_deterministic(W, ours->random[1] >> 1);
  return 0;
}

/* worker(script or function, name, threads [, limit]) */
int mr_jsonl_worker(lua_State *L) {
  bool is_function = lua_type(L, 1) == LUA_TFUNCTION;
  lua_Integer threads = luaL_checkinteger(L, 3),
              limit = luaL_optinteger(L, 4, (lua_Integer)MR_JSONL_LIMIT);
  luaL_checkstring(L, 2);
  luaL_argcheck(L, threads > 0, 3, "at least one thread");
  luaL_argcheck(L, limit > 0 && (lua_Unsigned)limit <= MR_JSON_INDEX_MAX, 4,
                "a limit of 1 to 2147483647 bytes was expected");
  lua_settop(L, 2);
  lua_insert(L, 1); /* stack: name, script */
  if (is_function)
    dump_function(L, 2);
  luaL_checkstring(L, 2);
  worker *self = lua_newuserdatauv(L, sizeof *self, 3);
  self->core = NULL;
  self->is_function = is_function;
  luaL_setmetatable(L, WORKER);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, 3, SCRIPT);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, 3, NAME);
  if (lua_getglobal(L, "package") == LUA_TTABLE) {
    lua_getfield(L, -1, "path");
    lua_setiuservalue(L, 3, PATH);
  }
  lua_settop(L, 3);
  mr_worker_core *c = calloc(1, sizeof *c);
  if (!c)
    mr_error_memory(L);
  c->refs = 1;
  self->core = c;
  mr_sys_lines_init(&c->range, NULL);
  mr_jsonl_init(&c->lines, NULL, (size_t)limit);
  mr_buf_init(&c->out, NULL);
  mr_buf_init(&c->faults, NULL);
  c->account = mr_context_alloc(L);
  take_share(L, c, threads);
  mr_config config = worker_config(L, c->share);
  if (mr_create(&config, &c->s) < 0)
    mr_error_raise(L, "LimitReached", "no worker could be made: %s", mr_errmsg(c->s));
  const mr_clock *clock = mr_context_clock(L);
  if (!clock->is_virtual)
    return 1;
  lua_State *W = mr_lua(c->s);
  mr_clock_make_virtual(&c->s->clock, mr_clock_wall(clock));
  lua_pushcfunction(W, make_repeatable);
  lua_pushlightuserdata(W, mr_realm_of(L));
  if (lua_pcall(W, 1, 0, 0) != LUA_OK)
    mr_error_memory(L);
  return 1;
}

void mr_jsonl_worker_type(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"run", worker_run}, {"lines", worker_lines}, {"close", worker_close}, {NULL, NULL}};
  if (mr_type_new(L, WORKER)) {
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, worker_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, worker_close);
    lua_setfield(L, -2, "__close");
    lua_pushliteral(L, WORKER);
    lua_setfield(L, -2, "__metatable");
    mr_type_done(L, WORKER);
  }
  lua_pop(L, 1);
}
