/* SPDX-License-Identifier: MIT
 *
 * limit.c -- stops and suspends code that does not wait by itself.
 * A count hook on the running thread does it: always armed where there is no preempt signal
 * (mr_interrupt must end any loop), else armed for one instruction by the millisecond tick.
 * First comes an error that unwinds, with a second of CPU time for cleanup; then the hook
 * raises at every instruction and nothing catches it. */
#include <lauxlib.h>

#include "host/error.h"
#include "host/sched.h"

#define CLEANUP_CPU_NS MR_SECOND
#define EVERY 1000 /* instructions between two looks at the time */

int64_t mr_limit_cpu(const mr_state *s, const mr_task_record *t) {
  return t->cpu_used + (s->current == t ? mr_clock_cpu() - s->slice_cpu : 0);
}

static void hook(lua_State *L, lua_Debug *ar);

void mr_limit_arm(mr_state *s, lua_State *L) {
  const mr_task_record *t = s->current;
  if (t && t->killed)
    lua_sethook(L, hook, LUA_MASKCOUNT | LUA_MASKLINE, 1);
  else if (s->hook_always)
    lua_sethook(L, hook, LUA_MASKCOUNT, EVERY);
  else if (lua_gethook(L) == hook)
    lua_sethook(L, NULL, 0, 0);
}

/* In a signal handler, between two instructions of the thread that runs Lua. */
void mr_limit_tick(void *state) {
  mr_state *s = state;
  lua_State *L = s->running;
  if (L)
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
}

void mr_limit_refresh(mr_state *s) {
  s->hook_always = !s->preempt;
}

mr_aftermath mr_limit_aftermath(mr_state *s, mr_task_record *t, lua_State *L) {
  mr_aftermath before = {s->current,  s->running,  s->slice_cpu,   t->cpu_cap,
                         t->cpu_used, s->hook_always, t->killed};
  s->current = t;
  s->running = L;
  s->slice_cpu = mr_clock_cpu();
  s->blocked++;
  s->hook_always = true;
  t->killed = false;
  t->cpu_used = 0;
  t->cpu_cap = CLEANUP_CPU_NS;
  mr_limit_arm(s, L);
  return before;
}

void mr_limit_aftermath_end(mr_state *s, lua_State *L, mr_aftermath before) {
  mr_task_record *t = s->current;
  t->cpu_used = before.cpu_used;
  t->cpu_cap = before.cpu_cap;
  t->killed = before.killed;
  s->current = before.current;
  s->running = before.running;
  s->slice_cpu = before.slice_cpu;
  s->hook_always = before.hook_always;
  s->blocked--;
  mr_limit_arm(s, L);
}

static void hook(lua_State *L, lua_Debug *ar) {
  MR_UNUSED(ar);
  mr_state *s = mr_context(L);
  mr_task_record *t = s->current;
  if (!t)
    return;
  if (s->interrupts != s->interrupts_seen && !mr_task_take_interrupt(s))
    mr_task_stop_all(s, STOP_INTERRUPT, true);
  if (s->look && t->realm->is_main && s->look(s->look_ud))
    mr_task_interrupt(t);
  if (t->cpu_cap && mr_limit_cpu(s, t) > t->cpu_cap) {
    if (t->stop_raised || t->phase == TASK_DONE)
      t->killed = true;
    else
      mr_task_stop(t, STOP_LIMIT);
    t->cpu_cap = mr_limit_cpu(s, t) + CLEANUP_CPU_NS;
  }
  mr_limit_arm(s, L);
  if (t->killed || (t->stop >= STOP_INTERRUPT && mr_task_stop_due(t)))
    mr_task_raise_stop(L, t);
  if (!s->clock.is_virtual && s->slice_end != INT64_MAX && mr_clock_real() >= s->slice_end &&
      s->blocked == 0 && lua_isyieldable(L)) {
    s->yield = YIELD_PREEMPT;
    lua_yield(L, 0);
  }
}
