/* SPDX-License-Identifier: MIT
 *
 * task.c -- the scheduler: tasks, their waits, and how they are stopped.
 * A task is a thread of its realm that runs until it waits; between two waits nothing else
 * of the state runs.  To stop a task is to raise an error at its wait, so that everything
 * it opened is closed by code that may itself wait; only after ten seconds of that is the
 * thread reset. */
#include <lauxlib.h>

#include "host/error.h"
#include "host/sched.h"

#define SLOT_BITS 20
#define SLOT_MASK ((1u << SLOT_BITS) - 1)
enum { OUTCOME = 1, THREAD, TRACEBACK }; /* user values of a task */

/* ---- ids ---- */

mr_task_record *mr_task_find(mr_state *s, uint32_t id) {
  uint32_t slot = (id & SLOT_MASK) - 1;
  mr_task_record *t = id && slot < s->slot_count ? s->slots[slot].task : NULL;
  return t && t->id == id ? t : NULL;
}

static uint32_t take_slot(mr_state *s, mr_task_record *t) {
  uint32_t i = s->slot_hint;
  while (i < s->slot_count && s->slots[i].task)
    i++;
  if (i == s->slot_count) {
    uint32_t n = i ? i * 2 : 16;
    if (n >= SLOT_MASK)
      return 0;
    mr_task_slot *grown =
        mr_alloc_resize(&s->alloc, s->slots, i * sizeof *grown, n * sizeof *grown);
    if (!grown)
      return 0;
    memset(grown + i, 0, (n - i) * sizeof *grown);
    s->slots = grown;
    s->slot_count = n;
  }
  mr_task_slot *slot = &s->slots[i];
  s->slot_hint = i + 1;
  slot->task = t;
  slot->generation = (slot->generation + 1) & (0xffffffffu >> SLOT_BITS);
  return (slot->generation << SLOT_BITS) | (i + 1);
}

static void free_slot(mr_state *s, uint32_t id) {
  uint32_t i = (id & SLOT_MASK) - 1;
  s->slots[i].task = NULL;
  if (i < s->slot_hint)
    s->slot_hint = i;
}

/* ---- the queues ---- */

static void push(mr_queue *q, mr_task_record *t) {
  t->next = NULL;
  if (q->tail)
    q->tail->next = t;
  else
    q->head = t;
  q->tail = t;
}

static mr_task_record *pop(mr_queue *q) {
  mr_task_record *t = q->head;
  if (t) {
    q->head = t->next;
    if (!q->head)
      q->tail = NULL;
    t->next = NULL;
  }
  return t;
}

static void make_ready(mr_task_record *t) {
  t->phase = TASK_READY;
  push(&t->realm->state->ready, t);
}

/* ---- waiting ---- */

MR_NORETURN static void refuse_wait(lua_State *L) {
  lua_Debug ar;
  const char *place = "a C function";
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sn", &ar);
    if (strcmp(ar.what, "C") == 0) {
      if (ar.name)
        place = ar.name;
      break;
    }
  }
  mr_error_raise(L, "CannotWait",
                 "a script cannot wait inside a function called by '%s': move the wait out "
                 "of the callback",
                 place);
}

void mr_task_raise_stop(lua_State *L, mr_task_record *t) {
  static const char *const texts[] = {
      "", "the task was cancelled", "nothing is left that could end this wait",
      "the program is ending", "interrupted", "the task used up its CPU time"};
  mr_state *s = t->realm->state;
  if (!t->stop_raised) {
    t->stop_raised = true;
    t->stop_guard = s->guard;
  }
  const char *code = t->stop == STOP_LIMIT      ? "LimitReached"
                     : t->stop == STOP_DEADLOCK ? "Deadlock"
                                                : "Cancelled";
  mr_error_raise(L, code, "%s", texts[t->stop]);
}

bool mr_task_stop_due(const mr_task_record *t) {
  if (t->killed)
    return true;
  bool patient = t->stop == STOP_CANCEL || t->stop == STOP_EXIT || t->stop == STOP_INTERRUPT;
  return t->stop && !t->stop_raised && !(patient && t->L && mr_task_shielded(t));
}

void mr_task_check_stop(lua_State *L) {
  mr_task_record *t = mr_context(L)->current;
  if (t && mr_task_stop_due(t))
    mr_task_raise_stop(L, t);
}

bool mr_wait_possible(lua_State *L) {
  mr_state *s = mr_context(L);
  return s->current && !s->blocked && lua_isyieldable(L);
}

void mr_wait_check(lua_State *L) {
  if (!mr_wait_possible(L))
    refuse_wait(L);
  mr_task_check_stop(L);
}

mr_waiter mr_wait_prepare(lua_State *L) {
  mr_state *s = mr_context(L);
  mr_task_record *t = s->current;
  mr_wait_check(L);
  t->ticket++;
  t->wait_open = true;
  t->woken = false;
  return (mr_waiter){s, t->id, t->ticket};
}

int mr_wait_park(lua_State *L, lua_KContext ctx, lua_KFunction k) {
  mr_context(L)->yield = YIELD_WAIT;
  return lua_yieldk(L, 0, ctx, k);
}

bool mr_wait_stopping(lua_State *L) {
  return mr_task_stop_due(mr_context(L)->current);
}

void mr_wait_resumed(lua_State *L) {
  mr_state *s = mr_context(L);
  s->current->wait_open = false;
  mr_timer_stop(s->loop, &s->current->timer);
  mr_task_check_stop(L);
}

static mr_task_record *who_waits(mr_waiter w) {
  mr_task_record *t = w.task ? mr_task_find(w.state, w.task) : NULL;
  return t && t->wait_open && t->ticket == w.ticket ? t : NULL;
}

bool mr_wait_open(mr_waiter w) {
  return who_waits(w) != NULL;
}

bool mr_wait_wake(mr_waiter w) {
  mr_task_record *t = who_waits(w);
  if (!t)
    return false;
  t->wait_open = false;
  t->woken = true;
  if (t->phase == TASK_WAITING)
    make_ready(t);
  return true;
}

/* ---- stopping ---- */

static void cleanup_over(mr_timer *timer);

void mr_task_stop(mr_task_record *t, mr_stop why) {
  mr_state *s = t->realm->state;
  if (t->phase == TASK_DONE)
    return;
  if (why > t->stop)
    t->stop = why;
  if (!t->deadline.place && mr_timer_start(s->loop, &t->deadline,
                                           mr_clock_now(&s->clock) + MR_CLEANUP_NS,
                                           cleanup_over) < 0)
    t->killed = true; /* without a time limit there is no cleanup either */
  if (t->phase == TASK_WAITING && mr_task_stop_due(t)) {
    t->wait_open = false;
    make_ready(t);
  }
}

void mr_task_interrupt(mr_task_record *t) {
  bool again = t->stop == STOP_INTERRUPT;
  mr_task_stop(t, STOP_INTERRUPT);
  if (again && t->phase != TASK_DONE) {
    t->killed = true;
    t->wait_open = false;
    if (t->phase == TASK_WAITING)
      make_ready(t);
  }
}

bool mr_task_take_interrupt(mr_state *s) {
  mr_waiter waiter = s->interrupt_waiter;
  mr_task_record *only = mr_task_find(s, s->interrupt_task);
  s->interrupt_waiter.task = 0;
  if (s->terminating && (s->interrupt_task || s->interrupt_at_prompt)) {
    s->interrupt_task = 0;
    return false;
  }
  if (!who_waits(waiter) && !s->interrupt_task)
    return false;
  s->interrupts = s->interrupts_seen = 0;
  if (mr_wait_wake(waiter))
    return true;
  mr_task_record *busy = s->current ? s->current : s->preempted;
  if (busy && busy->realm->is_main && busy->id != s->interrupt_owner &&
      (!only || only->stop == STOP_INTERRUPT))
    only = busy; /* the other cannot have its turn */
  if (only)
    mr_task_interrupt(only);
  return true;
}

void mr_task_stop_all(mr_state *s, mr_stop why, bool main_only) {
  if (why == STOP_INTERRUPT)
    s->interrupts_seen = s->interrupts;
  for (uint32_t i = 0; i < s->slot_count; i++) {
    mr_task_record *t = s->slots[i].task;
    if (t && (t->realm->is_main || !main_only))
      why == STOP_INTERRUPT ? mr_task_interrupt(t) : mr_task_stop(t, why);
  }
}

void mr_task_stop_stuck(mr_state *s) {
  mr_task_record *only = mr_task_find(s, s->interrupt_task);
  if (only)
    mr_task_stop(only, STOP_DEADLOCK);
  else
    mr_task_stop_all(s, STOP_DEADLOCK, true);
}

/* ---- the life of a task ---- */

static int keep_traceback(lua_State *L) {
  mr_task_record *t = mr_context(L)->current;
  if (t) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, t);
    mr_error_traceback(L);
    lua_setiuservalue(L, -2, TRACEBACK);
    lua_pop(L, 1);
  }
  return 1;
}

static int main_done(lua_State *L, int status, lua_KContext ctx) {
  MR_UNUSED(ctx);
  return status == LUA_OK || status == LUA_YIELD ? lua_gettop(L) - 1 : lua_error(L);
}

/* The bottom of every task's thread: function, arguments. */
static int task_main(lua_State *L) {
  mr_task_check_stop(L);
  lua_pushcfunction(L, keep_traceback);
  lua_insert(L, 1);
  int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, main_done);
  return main_done(L, status, 0);
}

mr_task_record *mr_task_spawn(lua_State *L, int nargs) {
  mr_realm *realm = mr_realm_of(L);
  mr_state *s = realm->state;
  const mr_task_record *parent = s->current;
  /* Nor may what runs after a task's time: nothing would limit the new one. */
  bool over = parent && (parent->killed || parent->phase == TASK_DONE ||
                         (parent->stop_raised && !parent->deadline.place));
  if (realm->closing || over)
    mr_error_raise(L, "Cancelled", "no task can start any more");
  if (s->config.max_tasks && realm->is_main && s->live_main >= s->config.max_tasks)
    mr_error_raise(L, "LimitReached", "%d tasks are alive, which is this host's limit",
                   (int)s->live_main);
  mr_task_record *t = lua_newuserdatauv(L, sizeof *t, 3);
  memset(t, 0, sizeof *t);
  t->phase = TASK_DONE;
  t->realm = realm;
  mr_buf_init(&t->outcome.waiters, mr_context_alloc(L));
  luaL_setmetatable(L, MR_TASK_TYPE);
  lua_State *co = lua_newthread(L);
  lua_setiuservalue(L, -2, THREAD);
  if (!lua_checkstack(co, nargs + 4))
    mr_error_memory(L);
  lua_pushcfunction(co, task_main);
  lua_insert(L, -nargs - 2); /* task, function, arguments */
  lua_xmove(L, co, nargs + 1);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, t); /* anchored while it lives */
  /* What cleanup starts has to end with it. */
  bool timed = !parent || !parent->deadline.place ||
               mr_timer_start(s->loop, &t->deadline, parent->deadline.due, cleanup_over) == MR_OK;
  t->id = timed ? take_slot(s, t) : 0;
  if (!t->id) {
    mr_timer_stop(s->loop, &t->deadline);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, t);
    mr_error_memory(L);
  }
  t->L = co;
  t->nargs = nargs + 1;
  t->cpu_cap = realm->is_main ? s->config.max_cpu_us * 1000 : 0;
  s->live++;
  s->live_main += realm->is_main;
  make_ready(t);
  return t;
}

static void release(mr_task_record *t) {
  mr_state *s = t->realm->state;
  lua_State *L = t->realm->L;
  mr_timer_stop(s->loop, &t->timer);
  mr_timer_stop(s->loop, &t->deadline);
  free_slot(s, t->id);
  s->live--;
  s->live_main -= t->realm->is_main;
  t->phase = TASK_DONE;
  t->L = NULL;
  lua_rawgetp(L, LUA_REGISTRYINDEX, t);
  lua_pushnil(L);
  lua_setiuservalue(L, -2, THREAD);
  lua_pop(L, 1);
  if (t->reported) { /* stays anchored until mr_reap has shown it */
    push(&s->ended, t);
    return;
  }
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, t);
}

/* Protected: (task as light userdata, failed, number of values); the values lie on the
 * task's thread.  A task that was reset without an error has none. */
static int take_outcome(lua_State *L) {
  mr_task_record *t = lua_touserdata(L, 1);
  bool failed = lua_toboolean(L, 2);
  int n = (int)lua_tointeger(L, 3);
  lua_rawgetp(L, LUA_REGISTRYINDEX, t);
  luaL_checkstack(L, n + 4, "results of a task");
  lua_xmove(t->L, L, n);
  if (failed && n == 0) {
    mr_error_push(L, "Cancelled", "the task was ended before its cleanup was done");
    n = 1;
  }
  mr_future_finish(L, 4, &t->outcome, failed, n);
  return 0;
}

static void finish(mr_task_record *t, bool failed, int n) {
  lua_State *L = t->realm->L;
  lua_pushcfunction(L, take_outcome);
  lua_pushlightuserdata(L, t);
  lua_pushboolean(L, failed);
  lua_pushinteger(L, n);
  if (lua_pcall(L, 3, 0, 0) != LUA_OK) { /* no memory for the outcome: that is the outcome */
    lua_pop(L, 1);
    t->outcome.done = t->outcome.failed = true;
    mr_waiters_wake(&t->outcome.waiters);
  }
  release(t);
}

/* Ends a suspended task at once.  The __close handlers of its first thread run, but may not
 * wait nor take long; those of coroutines inside it do not.  Where all tasks of a realm go
 * with it (abandoned), being ended is no failure that anybody has to hear of. */
static void reset(mr_task_record *t, bool abandoned) {
  mr_state *s = t->realm->state;
  mr_queue rest = {NULL, NULL};
  for (mr_task_record *q; (q = pop(&s->ready)) != NULL;)
    if (q != t)
      push(&rest, q);
  s->ready = rest;
  if (s->preempted == t)
    s->preempted = NULL;
  mr_timer_stop(s->loop, &t->deadline);
  t->stop_raised = true; /* no protected call that is under way keeps an error */
  t->stop_guard = s->guard;
  mr_aftermath before = mr_limit_aftermath(s, t, t->L);
  int status = lua_resetthread(t->L);
  mr_limit_aftermath_end(s, t->L, before);
  t->killed = true;
  t->outcome.observed = t->outcome.observed || (abandoned && status == LUA_OK);
  finish(t, true, status != LUA_OK);
}

static void cleanup_over(mr_timer *timer) {
  mr_task_record *t =
      (mr_task_record *)(void *)((char *)timer - offsetof(mr_task_record, deadline));
  mr_log_event(&t->realm->state->log, MR_WARN,
               "task %u did not finish its cleanup in 10 s and was ended", t->id);
  reset(t, false);
}

void mr_task_abandon(mr_realm *realm) {
  mr_state *s = realm->state;
  for (uint32_t i = 0; i < s->slot_count; i++)
    if (s->slots[i].task && s->slots[i].task->realm == realm)
      reset(s->slots[i].task, true);
}

bool mr_task_run_one(mr_state *s) {
  mr_task_record *t = s->preempted ? s->preempted : pop(&s->ready);
  s->preempted = NULL;
  if (!t)
    return false;
  int nresults = 0, nargs = t->nargs;
  t->nargs = 0;
  t->phase = TASK_RUNNING;
  s->current = t;
  s->slice_cpu = t->cpu_cap ? mr_clock_cpu() : 0;
  int status = mr_coro_resume(s, t->L, NULL, nargs, &nresults);
  if (t->cpu_cap)
    t->cpu_used += mr_clock_cpu() - s->slice_cpu;
  s->current = NULL;
  if (status != LUA_YIELD) {
    finish(t, status != LUA_OK, status == LUA_OK ? nresults : 1);
    return true;
  }
  lua_pop(t->L, nresults);
  if (s->yield == YIELD_PREEMPT) {
    t->phase = TASK_READY;
    s->preempted = t;
  } else if (s->yield == YIELD_WAIT && !t->woken && !mr_task_stop_due(t)) {
    t->phase = TASK_WAITING;
  } else {
    make_ready(t);
  }
  return true;
}
