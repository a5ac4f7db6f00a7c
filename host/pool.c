/* SPDX-License-Identifier: MIT
 *
 * pool.c -- worker threads and one list of jobs in the order of submission.
 * The list runs from the oldest job whose `done` is still to be called (head) through the
 * first one that nobody has taken yet (todo) to the newest (tail).  Workers take from
 * todo, mr_pool_drain takes from head, and so completion keeps the order of submission
 * however the jobs race. */
#define _POSIX_C_SOURCE 200809L
#include "host/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST_THREADS 8
#define STACK_BYTES (1024 * 1024)

struct mr_pool {
  mr_loop *loop;
  pthread_mutex_t lock; /* guards everything below, and `next` and `finished` of jobs */
  pthread_cond_t work;  /* for workers: something to take, or the end */
  mr_job *head, *todo, *tail;
  size_t open;   /* jobs from head on */
  size_t queued; /* jobs from todo on */
  size_t idle;   /* workers that wait for one */
  bool stop;
  unsigned most, started; /* most: 0 for the number of processors */
  pthread_t threads[MOST_THREADS];
};

/* The C library reads a file to count the processors, which not every start needs. */
unsigned mr_pool_threads(const mr_pool *pool) {
  long n = pool->most ? (long)pool->most : sysconf(_SC_NPROCESSORS_ONLN);
  return n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : (unsigned)n;
}

mr_pool *mr_pool_new(mr_loop *loop, unsigned threads) {
  mr_pool *pool = calloc(1, sizeof *pool);
  if (!pool)
    return NULL;
  pool->loop = loop;
  pool->most = threads > MOST_THREADS ? MOST_THREADS : threads;
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->work, NULL);
  return pool;
}

void mr_pool_free(mr_pool *pool) {
  if (!pool)
    return;
  pthread_mutex_lock(&pool->lock);
  pool->stop = true;
  for (mr_job *job = pool->head; job && job != pool->todo; job = job->next)
    if (!job->finished && job->stop)
      job->stop(job);
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->lock);
  for (unsigned i = 0; i < pool->started; i++)
    pthread_join(pool->threads[i], NULL);
  pthread_cond_destroy(&pool->work);
  pthread_mutex_destroy(&pool->lock);
  free(pool);
}

/* The first job whose turn it is: jobs are done in order, but nobody stands in line behind one
 * that can be stopped, since it may take its time.  *before: the one in front of it, or NULL. */
static mr_job *due(const mr_pool *pool, mr_job **before) {
  *before = NULL;
  for (mr_job *job = pool->head; job && job != pool->todo; *before = job, job = job->next) {
    if (job->finished)
      return job;
    if (!job->stop)
      break;
  }
  return NULL;
}

static void *worker(void *arg) {
  mr_pool *pool = arg;
  pthread_mutex_lock(&pool->lock);
  for (;;) {
    while (!pool->stop && !pool->todo) {
      pool->idle++;
      pthread_cond_wait(&pool->work, &pool->lock);
      pool->idle--;
    }
    if (pool->stop)
      break;
    mr_job *job = pool->todo;
    pool->todo = job->next;
    pool->queued--;
    pthread_mutex_unlock(&pool->lock);
    job->run(job);
    pthread_mutex_lock(&pool->lock);
    job->finished = 1;
    /* Only a job whose turn it is makes a drain worth while.  Still under the lock, so that the
     * loop outlives the call. */
    mr_job *before;
    if (due(pool, &before) == job)
      mr_loop_wake(pool->loop);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

/* One more thread, if there may be.  It is born with every signal blocked: signals are for
 * the threads of the program. */
static void start_thread(mr_pool *pool) {
  sigset_t all, before;
  pthread_attr_t attr;
  if (!pool->started)
    pool->most = mr_pool_threads(pool);
  if (pool->started == pool->most || pthread_attr_init(&attr) != 0)
    return;
  pthread_attr_setstacksize(&attr, STACK_BYTES);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (pthread_create(&pool->threads[pool->started], &attr, worker, pool) == 0)
    pool->started++;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attr);
}

int mr_pool_submit(mr_pool *pool, mr_job *job) {
  job->next = NULL;
  job->finished = 0;
  pthread_mutex_lock(&pool->lock);
  if (pool->queued + 1 > pool->idle)
    start_thread(pool);
  if (pool->started == 0) {
    job->run(job); /* no worker exists, so nobody wants the lock */
    job->finished = 1;
  }
  if (pool->tail)
    pool->tail->next = job;
  else
    pool->head = job;
  pool->tail = job;
  pool->open++;
  if (job->finished) {
    mr_loop_wake(pool->loop);
  } else {
    if (!pool->todo)
      pool->todo = job;
    pool->queued++;
    pthread_cond_signal(&pool->work);
  }
  pthread_mutex_unlock(&pool->lock);
  return MR_OK;
}

/* Takes the job that is due off the list; NULL: none is. */
static mr_job *take_finished(mr_pool *pool) {
  mr_job *before;
  pthread_mutex_lock(&pool->lock);
  mr_job *job = due(pool, &before);
  if (job) {
    if (before)
      before->next = job->next;
    else
      pool->head = job->next;
    if (pool->tail == job)
      pool->tail = before;
    pool->open--;
  }
  pthread_mutex_unlock(&pool->lock);
  return job;
}

/* At most as many as are open now: jobs that `done` submits belong to the next drain, so
 * that a drain ends. */
int mr_pool_drain(mr_pool *pool) {
  int called = 0;
  for (size_t n = pool->open; n > 0; n--) {
    mr_job *job = take_finished(pool);
    if (!job)
      return called;
    job->done(job); /* may submit, and may free the job */
    called++;
  }
  /* A job that finished before its turn came has not woken the loop. */
  mr_job *before;
  pthread_mutex_lock(&pool->lock);
  if (due(pool, &before))
    mr_loop_wake(pool->loop);
  pthread_mutex_unlock(&pool->lock);
  return called;
}

size_t mr_pool_open(const mr_pool *pool) {
  return pool->open; /* written by the state's thread only */
}
