/* SPDX-License-Identifier: MIT
 *
 * loop.h -- timers, descriptors and a wake-up, for one thread.
 * Owners embed mr_timer and mr_watch in their own structs; the loop never allocates per
 * event.  Times are those of the clock given at creation, but for real-time timers, which
 * guard what happens outside (a connection) and fire whether that clock is virtual or not. */
#ifndef MR_LOOP_H
#define MR_LOOP_H

#include "host/alloc.h"
#include "host/clock.h"

typedef struct mr_loop mr_loop;

typedef struct mr_timer mr_timer;
struct mr_timer {
  int64_t due; /* ns, as mr_clock_now */
  void (*fire)(mr_timer *timer);
  uint64_t order; /* breaks ties: timers due together fire as they were started */
  size_t place;   /* 1-based place in the heap; 0 while not started */
  bool real;
};

typedef struct mr_watch mr_watch;
struct mr_watch {
  int fd; /* -1 while not started */
  unsigned events; /* MR_IN | MR_OUT */
  bool resting;
  uint32_t place; /* the loop's */
  void (*ready)(mr_watch *watch, unsigned events);
};

/* NULL when memory or descriptors ran out. */
mr_loop *mr_loop_new(mr_alloc *alloc, mr_clock *clock);
void mr_loop_free(mr_loop *loop);

/* (Re)starts a timer; MR_OK or MR_ERR_MEMORY.  A due time in the past fires next turn. */
int mr_timer_start(mr_loop *loop, mr_timer *timer, int64_t due, void (*fire)(mr_timer *));
/* The same `after` ns of real time from now, whatever the loop's clock is. */
int mr_timer_start_real(mr_loop *loop, mr_timer *timer, int64_t after, void (*fire)(mr_timer *));
void mr_timer_stop(mr_loop *loop, mr_timer *timer);

/* Starts watching, or changes the events of a started watch (0: stops it); MR_OK, MR_ERR_IO or
 * MR_ERR_MEMORY.  Stop a watch before its descriptor is closed; where that cannot be had, after:
 * it is never called again, but a watch of another descriptor with this number may be lost. */
int mr_watch_start(mr_loop *loop, mr_watch *watch, int fd, unsigned events,
                   void (*ready)(mr_watch *, unsigned));
void mr_watch_stop(mr_loop *loop, mr_watch *watch);
/* Nobody waits for it any more, though it is still called: a started watch is not counted until
 * it is started again, which is cheap. */
void mr_watch_rest(mr_loop *loop, mr_watch *watch);
/* How many are started and do not rest. */
size_t mr_loop_watches(const mr_loop *loop);

/* How many turns there have been. */
uint64_t mr_loop_turns(const mr_loop *loop);
/* The time by the loop's clock. */
int64_t mr_loop_now(const mr_loop *loop);
/* When the earliest timer by the loop's clock is due; INT64_MAX if there is none. */
int64_t mr_loop_next(const mr_loop *loop);
/* When the earliest real-time timer is due, as mr_clock_real; INT64_MAX if there is none. */
int64_t mr_loop_real_next(const mr_loop *loop);
/* Waits up to wait_ns of real time (0 not at all, < 0 for ever) for a descriptor or a
 * wake-up, then calls what is ready and fires what is due.  Returns how many were called. */
int mr_loop_turn(mr_loop *loop, int64_t wait_ns);
/* Ends a wait.  The one call allowed from any thread and from a signal handler. */
void mr_loop_wake(mr_loop *loop);
/* A descriptor that becomes readable when a turn has something to do (timers apart). */
int mr_loop_fd(const mr_loop *loop);

#endif
