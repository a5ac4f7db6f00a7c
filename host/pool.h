/* SPDX-License-Identifier: MIT
 *
 * pool.h -- worker threads for what would block or take long: disk, hashing.
 * `run` is called on a worker and may touch nothing of the state; `done` is called on the
 * state's thread by mr_pool_drain, always in the order of submission, so that a run under
 * virtual time is the same every time.  Threads start with the first job. */
#ifndef MR_POOL_H
#define MR_POOL_H

#include "host/loop.h"

typedef struct mr_pool mr_pool;

typedef struct mr_job mr_job;
struct mr_job {
  void (*run)(mr_job *job);
  void (*done)(mr_job *job);
  void (*stop)(mr_job *job); /* nobody waits for it any more: it should end soon; may be NULL.
                                Later jobs do not wait for the end of one that has it */
  mr_job *next;              /* the pool's */
  int finished;              /* the pool's */
};

/* threads: 0 for the number of processors, at most 8.  A finished job wakes the loop. */
mr_pool *mr_pool_new(mr_loop *loop, unsigned threads);
/* Stops the jobs that run and waits for them; no `done` is called any more, jobs that wait never
 * run. */
void mr_pool_free(mr_pool *pool);
/* MR_OK; where no thread can be started the job is run at once, on this thread. */
int mr_pool_submit(mr_pool *pool, mr_job *job);
/* Calls `done` of finished jobs; returns how many. */
int mr_pool_drain(mr_pool *pool);
/* Jobs submitted whose `done` has not been called. */
size_t mr_pool_open(const mr_pool *pool);
/* How many threads there can be. */
unsigned mr_pool_threads(const mr_pool *pool);

#endif
