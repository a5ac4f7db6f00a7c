/* SPDX-License-Identifier: MIT
 *
 * run.c -- the public functions that make time pass: step, poll, run, fds.
 * A step moves ready I/O, then runs ready tasks until its budget is used.  Virtual time
 * jumps to the next timer only when no task can run, no pool job is open and neither a
 * descriptor nor a real-time timer is waited for. */
#include "host/realm.h"
#include "host/sched.h"

#define RUN_SLICE_US 10000

static size_t jobs_open(const mr_state *s) {
  return mr_pool_open(s->pool) + (s->crew ? mr_pool_open(s->crew) : 0);
}

static void drain(mr_state *s) {
  mr_pool_drain(s->pool);
  if (s->crew)
    mr_pool_drain(s->crew);
}

static bool can_jump(const mr_state *s) {
  return s->clock.is_virtual && s->live_main > 0 && jobs_open(s) == 0 &&
         mr_loop_watches(s->loop) == 0 && mr_loop_real_next(s->loop) == INT64_MAX &&
         mr_loop_next(s->loop) != INT64_MAX;
}

static bool any_ready(const mr_state *s) {
  return s->preempted || s->ready.head;
}

mr_status mr_step(mr_state *s, int64_t budget_us) {
  if (!s || !s->main.L)
    return MR_ERR_ARG;
  int64_t now = mr_clock_real();
  bool bounded = budget_us >= 0 && budget_us < (INT64_MAX - now) / 1000;
  s->slice_end = bounded ? now + budget_us * 1000 : INT64_MAX;
  mr_limit_refresh(s);
  mr_preempt_start(s->preempt);
  for (;;) {
    if (s->interrupts != s->interrupts_seen && !mr_task_take_interrupt(s))
      mr_task_stop_all(s, STOP_INTERRUPT, true);
    mr_loop_turn(s->loop, 0);
    drain(s);
    if (!any_ready(s)) {
      if (!can_jump(s))
        break;
      mr_clock_advance(&s->clock, mr_loop_next(s->loop));
      continue;
    }
    /* Those that are ready now; what they wake has its turn after the next look at I/O. */
    const mr_task_record *last = s->ready.tail;
    for (;;) {
      const mr_task_record *next = s->preempted ? s->preempted : s->ready.head;
      if (!next || !mr_task_run_one(s) || next == last || s->preempted)
        break;
      if (bounded && mr_clock_real() >= s->slice_end)
        break;
    }
    if (bounded && mr_clock_real() >= s->slice_end)
      break;
  }
  mr_preempt_stop(s->preempt);
  s->slice_end = INT64_MAX;
  if (s->live_main == 0)
    return MR_OK;
  return any_ready(s) ? MR_AGAIN : MR_WAIT;
}

mr_status mr_poll(mr_state *s, int timeout_ms) {
  if (!s || !s->main.L)
    return MR_ERR_ARG;
  if (any_ready(s) || s->interrupts != s->interrupts_seen || can_jump(s))
    return MR_OK;
  int64_t wait = timeout_ms < 0 ? -1 : (int64_t)timeout_ms * 1000000;
  mr_loop_turn(s->loop, wait);
  drain(s);
  return MR_OK;
}

/* Does every task wait for another one, so that nothing can ever happen? */
static bool stuck(const mr_state *s) {
  return !any_ready(s) && jobs_open(s) == 0 && mr_loop_watches(s->loop) == 0 &&
         mr_loop_next(s->loop) == INT64_MAX && mr_loop_real_next(s->loop) == INT64_MAX &&
         s->interrupts == s->interrupts_seen;
}

mr_status mr_run(mr_state *s) {
  mr_status status;
  while ((status = mr_step(s, RUN_SLICE_US)) > 0) {
    if (status == MR_WAIT && stuck(s))
      mr_task_stop_stuck(s);
    else if (status == MR_WAIT)
      mr_poll(s, -1);
  }
  return status < 0 ? status : mr_first_failure(s);
}

size_t mr_fds(const mr_state *s, mr_fd *fds, size_t max) {
  if (!s || !s->loop)
    return 0;
  if (fds && max > 0)
    fds[0] = (mr_fd){mr_loop_fd(s->loop), MR_IN};
  return 1;
}

int mr_timeout_ms(const mr_state *s) {
  if (!s || !s->loop)
    return -1;
  if (any_ready(s) || s->interrupts != s->interrupts_seen || can_jump(s))
    return 0;
  int64_t next = mr_loop_next(s->loop), real = mr_loop_real_next(s->loop);
  int64_t left = next == INT64_MAX || s->clock.is_virtual ? INT64_MAX
                                                          : next - mr_clock_now(&s->clock);
  if (real != INT64_MAX && real - mr_clock_real() < left)
    left = real - mr_clock_real();
  if (left == INT64_MAX)
    return -1;
  int64_t ms = left <= 0 ? 0 : (left - 1) / 1000000 + 1;
  return ms < 0 ? 0 : ms > INT32_MAX ? INT32_MAX : (int)ms;
}
