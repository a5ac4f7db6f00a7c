/* SPDX-License-Identifier: MIT
 *
 * limit.c -- stops and suspends code that does not wait by itself.
 * A count hook on the running thread does it: always armed where there is no preempt signal
 * and a cap or budget is in force, else armed for one instruction by the millisecond tick.
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
  s->hook_always = !s->preempt && (s->config.max_cpu_us > 0 || s->slice_end != INT64_MAX);
}

static void hook(lua_State *L, lua_Debug *ar) {
  MR_UNUSED(ar);
  mr_state *s = mr_context(L);
  mr_task_record *t = s->current;
  if (!t)
    return;
  if (s->interrupts != s->interrupts_seen && !mr_task_take_interrupt(s))
    mr_task_stop_all(s, STOP_INTERRUPT, true);
  if (t->cpu_cap && mr_limit_cpu(s, t) > t->cpu_cap) {
    if (t->stop_raised)
      t->killed = true;
    else
      mr_task_stop(t, STOP_LIMIT);
    t->cpu_cap = mr_limit_cpu(s, t) + CLEANUP_CPU_NS;
  }
  mr_limit_arm(s, L);
  if (t->killed || (t->stop >= STOP_INTERRUPT && !t->stop_raised))
    mr_task_raise_stop(L, t);
  if (!s->clock.is_virtual && s->slice_end != INT64_MAX && mr_clock_real() >= s->slice_end &&
      s->blocked == 0 && lua_isyieldable(L)) {
    s->yield = YIELD_PREEMPT;
    lua_yield(L, 0);
  }
}
