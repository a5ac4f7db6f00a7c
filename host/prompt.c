/* SPDX-License-Identifier: MIT
 *
 * prompt.c -- the module moonrock.prompt: lines from standard input, read as a task waits.
 * So other tasks run while somebody types.  What a line means, and what completes it, is the
 * script's: a Tab comes back from read as an event of its own. */
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>

#include "host/edit.h"
#include "host/error.h"
#include "host/realm.h"
#include "host/sched.h"
#include "host/sys.h"
#include "host/type.h"

#define PROMPT_TYPE "moonrock.prompt.prompt"

enum { CONTROL_C = 3 };
#define PATIENCE_NS (500 * (int64_t)1000000)

typedef struct prompt {
  mr_watch watch; /* first */
  mr_edit *edit;  /* NULL once closed */
  mr_loop *loop;
  mr_waiter waiter;
  uint32_t interrupt_task; /* the state's, while the prompt waits */
  int64_t kept_since;      /* real ns: there is input and another task does not stop running; 0 */
  bool begun, stopped;     /* stopped: that task was, by a Ctrl-C */
} prompt;

static prompt *check_prompt(lua_State *L) {
  prompt *p = luaL_checkudata(L, 1, PROMPT_TYPE);
  if (!p->edit)
    luaL_argerror(L, 1, "the prompt is closed");
  return p;
}

static void on_ready(mr_watch *watch, unsigned events) {
  prompt *p = (prompt *)(void *)watch;
  MR_UNUSED(events);
  mr_watch_stop(p->loop, watch);
  mr_wait_wake(p->waiter);
}

/* A task runs, and may do so for ever: then nobody reads a Ctrl-C, which is a key here.  One that
 * comes while it only takes its time is for the line, as ever. */
static bool look(void *ud) {
  prompt *p = ud;
  if (!mr_edit_lines_hold(mr_edit_typed(p->edit)))
    return false;
  mr_wait_wake(p->waiter);
  if (p->kept_since == 0)
    p->kept_since = mr_clock_real();
  if (mr_clock_real() - p->kept_since < PATIENCE_NS ||
      !mr_edit_lines_cut(mr_edit_typed(p->edit), CONTROL_C))
    return false;
  p->stopped = true;
  return true;
}

static void look_no_more(mr_state *s, const prompt *p) {
  if (s->look_ud == p)
    s->look = NULL;
}

static int push_event(lua_State *L, prompt *p, mr_edit_event event) {
  static const char *const names[] = {"more", "line", "end", "interrupt", "complete"};
  size_t cursor;
  mr_slice text = mr_edit_text(p->edit, &cursor);
  p->begun = event == MR_EDIT_COMPLETE;
  if (event == MR_EDIT_FAILED && mr_edit_error(p->edit) == ENOMEM)
    mr_error_memory(L);
  if (event == MR_EDIT_FAILED)
    return mr_error_system(L, mr_edit_error(p->edit), "standard input");
  lua_pushstring(L, names[event]);
  if (event != MR_EDIT_LINE && event != MR_EDIT_COMPLETE)
    return 1;
  lua_pushlstring(L, text.ptr, event == MR_EDIT_LINE ? text.len : cursor);
  return 2;
}

static int resumed(lua_State *L, int status, lua_KContext ctx);

static int read_step(lua_State *L, prompt *p) {
  while (mr_edit_pending(p->edit)) {
    mr_edit_event event = mr_edit_feed(p->edit);
    if (event != MR_EDIT_MORE)
      return push_event(L, p, event);
  }
  mr_waiter waiter = mr_wait_prepare(L);
  if (mr_watch_start(p->loop, &p->watch, mr_edit_fd(p->edit), MR_IN, on_ready) < 0)
    return luaL_error(L, "another prompt reads here");
  p->waiter = waiter;
  /* Where Ctrl-C is a key, a signal is meant for the program. */
  mr_state *s = mr_context(L);
  p->interrupt_task = s->interrupt_task;
  if (mr_edit_editing(p->edit)) {
    s->interrupt_task = 0;
    s->look = look;
    s->look_ud = p;
    p->kept_since = 0;
  } else if (mr_edit_shows_prompt(p->edit)) {
    s->interrupt_waiter = p->waiter;
    s->interrupt_at_prompt = true;
  }
  return mr_wait_park(L, 0, resumed);
}

static int resumed(lua_State *L, int status, lua_KContext ctx) {
  prompt *p = lua_touserdata(L, 1);
  bool interrupted = p->edit && p->watch.fd >= 0 && p->kept_since == 0 && !mr_wait_stopping(L);
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  mr_watch_stop(p->loop, &p->watch);
  mr_context(L)->interrupt_task = p->interrupt_task;
  look_no_more(mr_context(L), p);
  if (p->edit && (interrupted || mr_wait_stopping(L))) {
    mr_edit_abandon(p->edit);
    p->begun = false;
  }
  mr_wait_resumed(L);
  check_prompt(L);
  if (p->stopped)
    mr_edit_show(p->edit, "a task that let no other run is stopped");
  p->stopped = false;
  return interrupted ? push_event(L, p, MR_EDIT_INTERRUPT) : read_step(L, p);
}

/* A Ctrl-C that was still a signal, because it came when the chunk had ended and the line had
 * not begun, is for the line as well. */
static bool drop_interrupt(mr_state *s, const prompt *p) {
  if (!mr_edit_editing(p->edit) || s->interrupts == s->interrupts_seen || s->terminating)
    return false;
  s->interrupts = s->interrupts_seen = 0;
  return true;
}

/* prompt:read(text) -> "line", line; "complete", what stands before the cursor (call again:
 * the line goes on); "interrupt"; "end"; or nil and an error */
static int prompt_read(lua_State *L) {
  prompt *p = check_prompt(L);
  const char *text = luaL_optstring(L, 2, "");
  lua_settop(L, 2);
  if (mr_wait_open(p->waiter))
    return luaL_error(L, "another task reads here");
  if (!p->begun && drop_interrupt(mr_context(L), p))
    return push_event(L, p, MR_EDIT_INTERRUPT);
  if (!p->begun && mr_edit_begin(p->edit, text) < 0)
    mr_error_memory(L);
  p->begun = true;
  return read_step(L, p);
}

static int prompt_replace(lua_State *L) {
  prompt *p = check_prompt(L);
  lua_Integer count = luaL_checkinteger(L, 2);
  luaL_argcheck(L, count >= 0 && count < 1 << 20, 2, "no number of characters");
  mr_edit_replace(p->edit, (int)count, luaL_checkstring(L, 3));
  return 0;
}

static int prompt_show(lua_State *L) {
  mr_edit_show(check_prompt(L)->edit, luaL_checkstring(L, 2));
  return 0;
}

/* prompt:history(path) -> true; or nil and an error */
static int prompt_history(lua_State *L) {
  prompt *p = check_prompt(L);
  const char *path = luaL_checkstring(L, 2);
  mr_context_require(L, MR_CAP_WRITE, path);
  int error = mr_edit_history(p->edit, path);
  if (error)
    return mr_error_system(L, error, path);
  lua_pushboolean(L, true);
  return 1;
}

static int prompt_remember(lua_State *L) {
  prompt *p = check_prompt(L);
  const char *line = luaL_checkstring(L, 2);
  int error = mr_edit_remember(p->edit, line);
  if (error)
    return mr_error_system(L, error, "the history");
  lua_pushboolean(L, true);
  return 1;
}

/* prompt:kind() -> "editing", "lines" (a terminal), "input" */
static int prompt_kind(lua_State *L) {
  const prompt *p = check_prompt(L);
  lua_pushstring(L, mr_edit_editing(p->edit)        ? "editing"
                    : mr_edit_shows_prompt(p->edit) ? "lines"
                                                    : "input");
  return 1;
}

static int prompt_close(lua_State *L) {
  prompt *p = luaL_checkudata(L, 1, PROMPT_TYPE);
  mr_edit *edit = p->edit;
  p->edit = NULL;
  look_no_more(mr_context(L), p);
  if (edit) {
    mr_watch_stop(p->loop, &p->watch);
    mr_edit_free(edit);
    mr_wait_wake(p->waiter);
  }
  return 0;
}

static int prompt_open(lua_State *L) {
  mr_context_require(L, MR_CAP_READ, "standard input");
  prompt *p = lua_newuserdatauv(L, sizeof *p, 0);
  memset(p, 0, sizeof *p);
  p->watch.fd = -1;
  p->loop = mr_context_loop(L);
  luaL_setmetatable(L, PROMPT_TYPE);
  p->edit = mr_edit_new(mr_context_alloc(L), stdin, stdout, mr_sys_getenv("TERM"));
  if (!p->edit)
    mr_error_memory(L);
  return 1;
}

int luaopen_moonrock_prompt(lua_State *L) {
  static const luaL_Reg methods[] = {{"read", prompt_read},         {"replace", prompt_replace},
                                     {"show", prompt_show},         {"history", prompt_history},
                                     {"remember", prompt_remember}, {"kind", prompt_kind},
                                     {"close", prompt_close},       {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", prompt_open}, {NULL, NULL}};
  if (mr_type_new(L, PROMPT_TYPE)) {
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, prompt_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, prompt_close);
    lua_setfield(L, -2, "__close");
    mr_type_done(L, PROMPT_TYPE);
  }
  luaL_newlib(L, functions);
  return 1;
}
