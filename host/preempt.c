/* SPDX-License-Identifier: MIT
 *
 * preempt.c -- a millisecond tick by timer_create and SIGEV_THREAD_ID.
 * The timer belongs to the thread that called mr_preempt_start last: a state may move from
 * one thread to another between steps. */
#define _GNU_SOURCE
#include "host/preempt.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

struct mr_preempt {
  mr_alloc *alloc;
  int signal_number;
  void (*tick)(void *);
  void *ud;
  timer_t timer;
  pid_t thread; /* whose timer it is; 0: none made yet */
};

static void handle(int number, siginfo_t *info, void *context) {
  MR_UNUSED(number);
  MR_UNUSED(context);
  int saved = errno;
  mr_preempt *p = info->si_value.sival_ptr;
  if (info->si_code == SI_TIMER && p)
    p->tick(p->ud);
  errno = saved;
}

mr_preempt *mr_preempt_new(mr_alloc *alloc, int signal_number, void (*tick)(void *), void *ud) {
  mr_preempt *p = mr_alloc_get(alloc, sizeof *p);
  if (!p)
    return NULL;
  memset(p, 0, sizeof *p);
  p->alloc = alloc;
  p->signal_number = signal_number;
  p->tick = tick;
  p->ud = ud;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (sigaction(signal_number, &action, NULL) != 0) {
    mr_alloc_put(alloc, p, sizeof *p);
    return NULL;
  }
  return p;
}

static bool make_timer(mr_preempt *p) {
  pid_t self = (pid_t)syscall(SYS_gettid);
  if (p->thread == self)
    return true;
  if (p->thread)
    timer_delete(p->timer);
  p->thread = 0;
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = p->signal_number;
  event.sigev_value.sival_ptr = p;
  event.sigev_notify_thread_id = self;
  if (timer_create(CLOCK_MONOTONIC, &event, &p->timer) != 0)
    return false;
  p->thread = self;
  sigset_t tick; /* a worker thread is born with every signal blocked */
  sigemptyset(&tick);
  sigaddset(&tick, p->signal_number);
  pthread_sigmask(SIG_UNBLOCK, &tick, NULL);
  return true;
}

static void set(mr_preempt *p, long ns) {
  struct itimerspec spec;
  memset(&spec, 0, sizeof spec);
  spec.it_value.tv_nsec = spec.it_interval.tv_nsec = ns;
  timer_settime(p->timer, 0, &spec, NULL);
}

void mr_preempt_start(mr_preempt *p) {
  if (p && make_timer(p))
    set(p, 1000000);
}

void mr_preempt_stop(mr_preempt *p) {
  if (p && p->thread)
    set(p, 0);
}

void mr_preempt_free(mr_preempt *p) {
  if (!p)
    return;
  if (p->thread)
    timer_delete(p->timer);
  mr_alloc_put(p->alloc, p, sizeof *p);
}
