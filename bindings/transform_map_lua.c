/* SPDX-License-Identifier: MIT
 *
 * transform_map_lua.c -- a block of lines through a script, on a worker's thread.
 * Each block is a task of the worker's own mr_state, so that limits and stops work as for any
 * script; each record is one protected call, whose failure is a fault of that record alone. */
#include <lauxlib.h>

#include "bindings/transform_lua.h"
#include "host/context.h"
#include "host/error.h"
#include "host/sched.h"

#define GARBAGE ((size_t)6 << 20) /* bytes that may be waiting to be collected */

/* Under its address the worker's registry holds what maps a record: the closure that calls
 * it, and the script's function. */
static const char map_key = 0;

static mr_lazy_shared *shared_of(lua_State *L) {
  return lua_touserdata(L, lua_upvalueindex(MR_LAZY_SHARED));
}

static void put_result(lua_State *W, mr_lazy_shared *shared, int idx, mr_block *w) {
  mr_jsonl_put_line(W, shared, idx, &w->core->out);
  w->written++;
}

/* (mr_block, map): the present line through the map; raises what is wrong with it. */
static int one_record(lua_State *W) {
  mr_block *w = lua_touserdata(W, 1);
  mr_lazy_shared *shared = shared_of(W);
  mr_json_fault fault;
  mr_lazy_forget(shared);
  int status = mr_lazy_push(W, shared, w->line.text, &fault); /* stack: work, map, record */
  if (status == MR_ERR_MEMORY)
    mr_error_memory(W);
  if (status < 0) {
    mr_jsonl_push_fault(W, &w->line, &fault);
    return lua_error(W);
  }
  lua_pushvalue(W, 2);
  lua_pushvalue(W, 3);
  lua_call(W, 1, LUA_MULTRET);
  luaL_checkstack(W, LUA_MINSTACK, "results of the map");
  int n = lua_gettop(W) - 3;
  if (n == 0 || !lua_toboolean(W, 4)) {
    if (n < 2 || lua_isnil(W, 5))
      return 0;
    lua_settop(W, 5); /* nil and a reason */
    return lua_error(W);
  }
  if (lua_isboolean(W, 4)) {
    put_result(W, shared, 3, w);
    return 0;
  }
  for (int i = 4; i < 4 + n; i++)
    put_result(W, shared, i, w);
  return 0;
}

static void note_fault(lua_State *W, mr_block *w, const char *reason, size_t len) {
  mr_buf *faults = &w->core->faults;
  const char *code = NULL;
  mr_map_fault f = {MR_FAULT_MAP, w->records, w->line.number, 1, w->line.offset, len,
                    w->keep_lines ? w->line.text.len : 0};
  if (w->line.is_long)
    f.kind = MR_FAULT_LONG;
  else if (mr_error_is(W, -2, &code) && code && lua_getfield(W, -2, "offset") == LUA_TNUMBER &&
           strcmp(code, "JSONSyntax") == 0) {
    f.kind = MR_FAULT_SYNTAX;
    f.offset = (uint64_t)lua_tointeger(W, -1);
    lua_getfield(W, -3, "column");
    f.column = (uint64_t)lua_tointeger(W, -1);
  }
  mr_buf_put(faults, &f, sizeof f);
  mr_buf_put(faults, reason, f.reason);
  mr_buf_put(faults, w->line.text.ptr, f.line_text);
}

/* Protected: (error, mr_block) -> adds it to the faults. */
static int describe(lua_State *W) {
  size_t len;
  const char *code = NULL;
  mr_block *w = lua_touserdata(W, 2);
  lua_settop(W, 1);
  if (mr_error_is(W, 1, &code) && code) {
    code = lua_pushstring(W, code); /* the message may be an object whose __tostring changes it */
    lua_getfield(W, 1, strcmp(code, "JSONSyntax") == 0 ? "reason" : "message");
    if (strcmp(code, "ScriptError") != 0 && strcmp(code, "JSONSyntax") != 0)
      lua_pushfstring(W, "%s: %s", code, luaL_tolstring(W, -1, NULL));
  }
  luaL_tolstring(W, -1, NULL);
  lua_insert(W, 2);
  lua_settop(W, 2); /* stack: error, reason */
  const char *reason = lua_tolstring(W, 2, &len);
  note_fault(W, w, reason, len);
  return 0;
}

/* false: the block ends here. */
static bool map_line(lua_State *W, mr_block *w, int closure, int map) {
  const mr_task_record *task = mr_context(W)->current;
  size_t before = w->core->out.len;
  uint64_t written = w->written;
  int status = LUA_ERRRUN;
  w->records++;
  if (w->line.is_long) {
    lua_pushliteral(W, "the line is longer than the limit");
  } else {
    lua_pushvalue(W, closure);
    lua_pushlightuserdata(W, w);
    lua_pushvalue(W, map);
    status = lua_pcall(W, 2, 0, 0);
  }
  if (status == LUA_OK)
    return true;
  w->core->out.len = before;
  w->written = written;
  if (task->stop != STOP_NO || status == LUA_ERRMEM)
    lua_error(W); /* not this record's alone */
  lua_pushcfunction(W, describe);
  lua_insert(W, -2);
  lua_pushlightuserdata(W, w);
  if (lua_pcall(W, 2, 0, 0) != LUA_OK)
    lua_error(W);
  if (w->core->faults.status < 0)
    mr_error_memory(W);
  return !w->stop_at_fault;
}

/* Lets garbage gather, since a cycle costs the same however much there is. */
static void pace_collector(lua_State *W) {
  size_t used = mr_context_alloc(W)->used;
  size_t pause = 100 + 100 * GARBAGE / (used + 1);
  lua_gc(W, LUA_GCINC, pause > 1000 ? 1000 : pause < 150 ? 150 : (int)pause, 0, 0);
}

/* The task of a job: (mr_block). */
static int map_block(lua_State *W) {
  mr_block *w = lua_touserdata(W, 1);
  mr_worker_core *c = w->core;
  lua_rawgetp(W, LUA_REGISTRYINDEX, &map_key);
  lua_rawgeti(W, 2, 1);
  lua_rawgeti(W, 2, 2); /* stack: work, both, closure, map */
  uint64_t before = w->is_first ? 0 : 1; /* only the very first line can begin with a mark */
  bool more = true;
  mr_slice bytes;
  bool is_fed = true;
  pace_collector(W);
  c->lines.lines = before;
  c->lines.offset = 0;
  while (more && is_fed) {
    is_fed = mr_block_next(w, &bytes);
    if (is_fed)
      mr_jsonl_feed(&c->lines, bytes);
    int got;
    while (more && !w->error && (got = is_fed ? mr_jsonl_next(&c->lines, &w->line)
                                              : mr_jsonl_finish(&c->lines, &w->line)) != 0) {
      if (got < 0)
        mr_error_memory(W);
      w->line.number -= before;
      w->lines = w->line.number;
      if (w->line.is_long || !mr_jsonl_is_blank(w->line.text))
        more = map_line(W, w, 3, 4);
      if (c->stop)
        mr_error_raise(W, "Cancelled", "the transform was stopped");
    }
  }
  return 0;
}

/* The task of the first job: loads the script and keeps the function that it returns. */
static int load_map(lua_State *W) {
  mr_block *w = lua_touserdata(W, 1);
  if (w->path && lua_getglobal(W, "package") == LUA_TTABLE) {
    lua_pushstring(W, w->path);
    lua_setfield(W, -2, "path");
  }
  const char *mode = w->is_function ? "b" : "t";
  if (luaL_loadbufferx(W, w->script.ptr, w->script.len, w->name, mode) != LUA_OK)
    return lua_error(W);
  if (w->is_function) {
    lua_pushglobaltable(W);
    if (!lua_setupvalue(W, -2, 1))
      lua_pop(W, 1);
  } else {
    lua_call(W, 0, 1);
  }
  if (lua_type(W, -1) != LUA_TFUNCTION)
    mr_error_raise(W, "InvalidScript",
                   "the script must return a function that takes a record; it returned a %s",
                   luaL_typename(W, -1));
  lua_createtable(W, 2, 0);
  mr_lazy_open(W);
  lua_pushcclosure(W, one_record, MR_LAZY_DECODE);
  lua_rawseti(W, -2, 1);
  lua_pushvalue(W, -2);
  lua_rawseti(W, -2, 2);
  lua_rawsetp(W, LUA_REGISTRYINDEX, &map_key);
  return 0;
}

/* Protected in the worker: (function, mr_block) starts it as a task that mr_reap reports. */
static int start(lua_State *W) {
  mr_task_record *t = mr_task_spawn(W, 1);
  t->reported = true;
  return 0;
}

static bool run_task(mr_block *w, lua_CFunction f) {
  mr_state *s = w->core->s;
  lua_State *W = mr_lua(s);
  mr_report report;
  lua_pushcfunction(W, start);
  lua_pushcfunction(W, f);
  lua_pushlightuserdata(W, w);
  if (lua_pcall(W, 2, 0, 0) != LUA_OK) {
    lua_settop(W, 0);
    w->status = MR_ERR_MEMORY;
    return false;
  }
  mr_buf_reset(&w->core->out);
  mr_buf_reset(&w->core->faults);
  mr_run(s);
  if (mr_reap(s, &report) == 0) {
    w->status = MR_ERR_MEMORY; /* there was none to tell how it ended */
    return false;
  }
  w->status = report.status;
  if (report.status < 0)
    mr_buf_put(&w->why, report.text, strcspn(report.text, "\n"));
  return report.status >= 0;
}

/* On a thread of the crew. */
void mr_block_run(mr_work *work) {
  mr_block *w = (mr_block *)(void *)work;
  mr_worker_core *c = w->core;
  if (c->stop) {
    w->status = MR_ERR_CANCEL;
    mr_buf_puts(&w->why, "the transform was stopped");
    return;
  }
  if ((c->has_map || (c->has_map = run_task(w, load_map))) && run_task(w, map_block) && w->output) {
    bool is_end = w->error || (w->stop_at_fault && c->faults.len > 0);
    int error = mr_output_order_put(w->output->order, w->number, &c->out, is_end);
    if (error && !w->error) {
      w->error = error;
      w->is_write_error = true;
    }
  }
}
