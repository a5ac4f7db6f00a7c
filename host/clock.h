/* SPDX-License-Identifier: MIT
 *
 * clock.h -- the one place that knows what time it is.
 * A clock is real or virtual.  Virtual time stands still until mr_clock_advance moves it,
 * so a sleep of six hours costs nothing and a run can be repeated exactly.  All times are
 * nanoseconds: `now` since an arbitrary start, never going back; `wall` since 1970, UTC. */
#ifndef MR_CLOCK_H
#define MR_CLOCK_H

#include "host/base.h"

#define MR_SECOND INT64_C(1000000000)

typedef struct mr_clock {
  bool is_virtual;
  int64_t virtual_now;  /* ns since the switch to virtual time */
  int64_t virtual_wall; /* wall time at virtual_now == 0 */
} mr_clock;

void mr_clock_init(mr_clock *c);
/* From here on time is virtual: `now` starts at 0, wall at wall_ns. */
void mr_clock_make_virtual(mr_clock *c, int64_t wall_ns);
int64_t mr_clock_now(const mr_clock *c);
int64_t mr_clock_wall(const mr_clock *c);
/* Moves virtual time to `now` (never back); nothing happens to a real clock. */
void mr_clock_advance(mr_clock *c, int64_t now);
/* Real time whatever the clock is: for transport timeouts and step budgets. */
int64_t mr_clock_real(void);
/* CPU time that the calling thread has used: for CPU limits. */
int64_t mr_clock_cpu(void);

/* A UTC date as the proleptic Gregorian calendar has it; month and day count from 1. */
typedef struct mr_date {
  int64_t year;
  int month, day, hour, minute, second, weekday; /* weekday 0 is Sunday */
} mr_date;
void mr_date_of(int64_t unix_seconds, mr_date *out);
int64_t mr_date_seconds(const mr_date *d);

#endif
