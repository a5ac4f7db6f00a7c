/* SPDX-License-Identifier: MIT
 *
 * moonrock.c -- the public functions: create, spawn, step, poll, run, reap, destroy.
 * Nothing here may raise past its caller: every piece of Lua work goes through `protect`.
 * mr_run is mr_step and mr_poll in a loop and has no power of its own. */
#include "host/moonrock.h"

#include <lauxlib.h>

#include "host/alloc_classes.h"
#include "host/error.h"
#include "host/http.h"
#include "host/realm.h"
#include "host/sched.h"

#define RUN_SLICE_US 10000

int mr_version(void) {
  return MR_VERSION;
}

const char *mr_status_name(mr_status status) {
  switch (status) {
  case MR_OK: return "ok";
  case MR_AGAIN: return "again";
  case MR_WAIT: return "wait";
  case MR_ERR_ARG: return "bad argument";
  case MR_ERR_SYNTAX: return "syntax error";
  case MR_ERR_RUN: return "script error";
  case MR_ERR_MEMORY: return "out of memory";
  case MR_ERR_LIMIT: return "limit reached";
  case MR_ERR_CANCEL: return "cancelled";
  case MR_ERR_DENIED: return "denied";
  case MR_ERR_IO: return "system error";
  }
  return "unknown status";
}

const char *mr_errmsg(const mr_state *s) {
  if (!s)
    return "out of memory";
  return s->message.len ? s->message.ptr : "";
}

static mr_status fail(mr_state *s, mr_status status, const char *text) {
  mr_buf_reset(&s->message);
  mr_buf_puts(&s->message, text ? text : mr_status_name(status));
  mr_buf_text(&s->message);
  return status;
}

size_t mr_memory(const mr_state *s) {
  return s ? s->alloc.used : 0;
}

struct lua_State *mr_lua(mr_state *s) {
  return s ? s->main.L : NULL;
}

/* ---- life cycle ---- */

mr_status mr_create(const mr_config *config, mr_state **out) {
  mr_config c = MR_CONFIG_INIT;
  if (!out)
    return MR_ERR_ARG;
  *out = NULL;
  if (config)
    memcpy(&c, config, config->size < sizeof c ? config->size : sizeof c);
  mr_alloc_classes *memory = NULL;
  mr_alloc first;
  mr_alloc_init(&first, c.alloc, c.ud, c.max_memory);
#ifndef MR_ADDRESS_SANITIZER
  if (!c.alloc) {
    memory = mr_alloc_classes_new();
    if (!memory)
      return MR_ERR_MEMORY;
    mr_alloc_init(&first, mr_alloc_classes_resize, memory, c.max_memory);
  }
#endif
  mr_state *s = mr_alloc_get(&first, sizeof *s);
  if (!s) {
    mr_alloc_classes_free(memory);
    return MR_ERR_MEMORY;
  }
  memset(s, 0, sizeof *s);
  s->config = c;
  s->alloc = first;
  s->memory = memory;
  s->log = (mr_log){c.log, c.ud, MR_DEBUG};
  s->slice_end = INT64_MAX;
  mr_clock_init(&s->clock);
  mr_buf_init(&s->message, NULL);
  *out = s;
  if (c.script_dir) {
    size_t n = strlen(c.script_dir) + 1;
    s->script_dir = mr_alloc_get(&s->alloc, n);
    if (!s->script_dir)
      return fail(s, MR_ERR_MEMORY, NULL);
    memcpy(s->script_dir, c.script_dir, n);
  }
  s->loop = mr_loop_new(&s->alloc, &s->clock);
  if (!s->loop)
    return fail(s, MR_ERR_IO, "no event loop: out of memory or descriptors");
  s->pool = mr_pool_new(s->loop, 0);
  if (!s->pool)
    return fail(s, MR_ERR_MEMORY, NULL);
  if (c.preempt_signal) {
    s->preempt = mr_preempt_new(&s->alloc, c.preempt_signal, mr_limit_tick, s);
    if (!s->preempt)
      return fail(s, MR_ERR_IO, "preempt_signal cannot be used");
  }
  int status = mr_realm_open(&s->main, s, true, 0);
  if (status < 0)
    return s->message.len ? (mr_buf_text(&s->message), status) : fail(s, status, NULL);
  return MR_OK;
}

static void free_isolates(mr_state *s) {
  while (s->isolates) {
    mr_realm *realm = s->isolates;
    s->isolates = realm->next;
    mr_realm_close(realm);
    mr_alloc_put(&s->alloc, realm, sizeof *realm);
  }
}

void mr_destroy(mr_state *s) {
  if (!s)
    return;
  if (s->main.L) {
    mr_task_stop_all(s, STOP_CANCEL, true);
    while (s->live_main > 0) { /* cleanup ends by itself or by its time limit */
      mr_status status = mr_step(s, RUN_SLICE_US);
      if (status == MR_WAIT)
        status = mr_poll(s, -1);
      if (status < 0)
        break;
    }
  }
  mr_pool_free(s->crew);
  mr_pool_free(s->pool); /* no job may outlive the memory it works on */
  mr_realm_close(&s->main);
  free_isolates(s);
  if (s->http)
    s->http->free(s->http);
  mr_preempt_free(s->preempt);
  mr_loop_free(s->loop);
  if (s->script_dir)
    mr_alloc_put(&s->alloc, s->script_dir, strlen(s->script_dir) + 1);
  mr_alloc_put(&s->alloc, s->slots, s->slot_count * sizeof *s->slots);
  mr_buf_clear(&s->message);
  mr_alloc first = s->alloc;
  mr_alloc_classes *memory = s->memory;
  mr_alloc_put(&first, s, sizeof *s);
  mr_alloc_classes_free(memory);
}

/* ---- scripts ---- */

/* What the error at idx says of itself. */
static mr_status status_of_error(lua_State *L, int idx) {
  const char *code = NULL;
  if (mr_error_is(L, idx, &code))
    return strcmp(code, "Denied") == 0         ? MR_ERR_DENIED
           : strcmp(code, "LimitReached") == 0 ? MR_ERR_LIMIT
                                               : MR_ERR_RUN;
  bool memory = lua_type(L, idx) == LUA_TSTRING &&
                strcmp(lua_tostring(L, idx), "not enough memory") == 0;
  return memory ? MR_ERR_MEMORY : MR_ERR_RUN;
}

/* Runs f(light userdata) in the main state; MR_OK or a failure with its message.  What the
 * embedder has on the stack stays there. */
static mr_status protect(mr_state *s, lua_CFunction f, void *request) {
  lua_State *L = s->main.L;
  if (!L)
    return fail(s, MR_ERR_ARG, "the state was not created");
  int top = lua_gettop(L);
  if (!lua_checkstack(L, LUA_MINSTACK))
    return fail(s, MR_ERR_MEMORY, NULL);
  lua_pushcfunction(L, f);
  lua_pushlightuserdata(L, request);
  int result = lua_pcall(L, 1, 0, 0);
  if (result == LUA_OK)
    return MR_OK;
  mr_status status = result == LUA_ERRMEM ? MR_ERR_MEMORY : status_of_error(L, -1);
  if (mr_error_is(L, -1, NULL))
    lua_getfield(L, -1, "message");
  fail(s, status, lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL);
  lua_settop(L, top);
  return status;
}

typedef struct spawn_request {
  const char *name, *text, *path;
  size_t len;
  int argc;
  const char *const *argv;
  mr_task task;
  bool syntax;  /* it failed to compile */
  bool unknown; /* there is no such built-in script */
} spawn_request;

static int spawn(lua_State *L) {
  spawn_request *r = lua_touserdata(L, 1);
  int result = LUA_OK;
  if (r->path && r->path[0] == '@') {
    r->unknown = !mr_require_embedded(L, r->path + 1);
    if (r->unknown)
      return luaL_error(L, "no built-in script '%s'", r->path + 1);
  } else if (r->path) {
    result = mr_load_file(L, r->path);
  } else {
    lua_pushfstring(L, "@%s", r->name);
    result = luaL_loadbufferx(L, r->text, r->len, lua_tostring(L, -1), "t");
  }
  if (result != LUA_OK) {
    r->syntax = result == LUA_ERRSYNTAX;
    return lua_error(L);
  }
  luaL_checkstack(L, r->argc + 8, "too many arguments");
  for (int i = 0; i < r->argc; i++)
    lua_pushstring(L, r->argv[i]);
  mr_task_record *t = mr_task_spawn(L, r->argc);
  t->reported = true;
  r->task = t->id;
  return 0;
}

static mr_status spawn_from(mr_state *s, spawn_request *r, mr_task *out) {
  if (out)
    *out = 0;
  mr_status status = protect(s, spawn, r);
  if (r->syntax || r->unknown)
    status = r->syntax ? MR_ERR_SYNTAX : MR_ERR_ARG;
  if (status == MR_OK && out)
    *out = r->task;
  return status;
}

mr_status mr_spawn(mr_state *s, const char *name, const char *text, size_t len, int argc,
                   const char *const *argv, mr_task *out) {
  if (!s)
    return MR_ERR_ARG;
  if (!text || argc < 0 || (argc > 0 && !argv))
    return fail(s, MR_ERR_ARG, "mr_spawn needs text, and argv for argc");
  spawn_request r = {name ? name : "script", text, NULL, len, argc, argv, 0, false, false};
  return spawn_from(s, &r, out);
}

mr_status mr_spawn_file(mr_state *s, const char *path, int argc, const char *const *argv,
                        mr_task *out) {
  if (!s)
    return MR_ERR_ARG;
  if (!path || argc < 0 || (argc > 0 && !argv))
    return fail(s, MR_ERR_ARG, "mr_spawn_file needs a path, and argv for argc");
  spawn_request r = {NULL, NULL, path, 0, argc, argv, 0, false, false};
  return spawn_from(s, &r, out);
}

mr_status mr_cancel(mr_state *s, mr_task task) {
  mr_task_record *t = s ? mr_task_find(s, task) : NULL;
  if (!t)
    return s ? fail(s, MR_ERR_ARG, "no such task is alive") : MR_ERR_ARG;
  mr_task_stop(t, STOP_CANCEL);
  return MR_OK;
}

int mr_interrupt(mr_state *s) {
  if (!s)
    return 0;
  int count = atomic_fetch_add(&s->interrupts, 1) + 1;
  mr_loop_wake(s->loop);
  return count;
}

int mr_terminate(mr_state *s) {
  if (s)
    atomic_store(&s->terminating, true);
  return mr_interrupt(s);
}

/* ---- reports ---- */

static mr_status outcome(const mr_task_record *t, lua_State *L) {
  if (!t->outcome.failed)
    return MR_OK;
  if (t->stop_raised || t->killed)
    return t->stop == STOP_EXIT ? MR_OK : t->stop == STOP_LIMIT ? MR_ERR_LIMIT
           : t->stop == STOP_DEADLOCK                            ? MR_ERR_RUN
                                                                 : MR_ERR_CANCEL;
  return status_of_error(L, -1);
}

typedef struct report_request {
  mr_task_record *t;
  mr_report *out;
  const char *anchor; /* key of the registry under which the text stays alive */
} report_request;

static const char report_key = 0, failure_key = 0;

/* Stack: request, task, outcome, its first value, the text, the traceback. */
static int describe(lua_State *L) {
  report_request *r = lua_touserdata(L, 1);
  mr_task_record *t = r->t;
  bool failed = t->outcome.failed;
  lua_rawgetp(L, LUA_REGISTRYINDEX, t);
  lua_getiuservalue(L, 2, 1);
  if (lua_istable(L, 3))
    lua_rawgeti(L, 3, 1);
  else
    lua_pushliteral(L, "not enough memory"); /* for the outcome itself */
  r->out->status = outcome(t, L);
  if (lua_isnil(L, 4))
    lua_pushstring(L, failed ? "nil" : "");
  else if (failed && !lua_isstring(L, 4) && luaL_getmetafield(L, 4, "__tostring") == LUA_TNIL)
    lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 4));
  else
    luaL_tolstring(L, 4, NULL);
  lua_replace(L, 3);
  lua_settop(L, 3);
  if (failed && lua_getiuservalue(L, 2, 3) == LUA_TSTRING && lua_rawlen(L, 4) > 0) {
    lua_pushfstring(L, "%s\n%s", lua_tostring(L, 3), lua_tostring(L, 4));
    lua_replace(L, 3);
  }
  r->out->text = lua_tolstring(L, 3, &r->out->len);
  lua_pushvalue(L, 3);
  lua_rawsetp(L, LUA_REGISTRYINDEX, r->anchor);
  return 0;
}

/* Runs a __tostring of the script's, perhaps. */
static void describe_task(mr_state *s, mr_task_record *t, mr_report *out, const char *anchor) {
  report_request r = {t, out, anchor};
  memset(out, 0, sizeof *out);
  out->task = t->id;
  out->text = "not enough memory";
  mr_buf kept = s->message;
  mr_buf_init(&s->message, NULL);
  mr_aftermath before = mr_limit_aftermath(s, t, s->main.L);
  mr_status told = protect(s, describe, &r);
  mr_limit_aftermath_end(s, s->main.L, before);
  if (told == MR_ERR_MEMORY)
    out->status = told;
  else if (told < 0)
    out->text = "(the text of the error could not be made)";
  if (told < 0)
    out->len = strlen(out->text);
  mr_buf_clear(&s->message);
  s->message = kept;
  out->exit_code = t->stop == STOP_EXIT && s->exiting ? s->exit_code : out->status < 0;
}

int mr_reap(mr_state *s, mr_report *out) {
  if (!s || !out || !s->ended.head)
    return 0;
  mr_task_record *t = s->ended.head;
  s->ended.head = t->next;
  if (!s->ended.head)
    s->ended.tail = NULL;
  describe_task(s, t, out, &report_key);
  lua_pushnil(s->main.L);
  lua_rawsetp(s->main.L, LUA_REGISTRYINDEX, t);
  return 1;
}

mr_status mr_first_failure(mr_state *s) {
  for (mr_task_record *t = s->ended.head; t; t = t->next) {
    mr_report report;
    describe_task(s, t, &report, &failure_key);
    if (report.status < 0)
      return fail(s, report.status, report.text);
  }
  return MR_OK;
}

/* ---- modules ---- */

typedef struct module_request {
  const char *name;
  lua_CFunction open;
} module_request;

static int add_module(lua_State *L) {
  module_request *r = lua_touserdata(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, r->open);
  lua_setfield(L, -2, r->name);
  return 0;
}

mr_status mr_module(mr_state *s, const char *name, int (*open)(struct lua_State *)) {
  if (!s || !name || !open)
    return s ? fail(s, MR_ERR_ARG, "mr_module needs a name and a function") : MR_ERR_ARG;
  module_request r = {name, open};
  return protect(s, add_module, &r);
}
