/* SPDX-License-Identifier: MIT
 *
 * output_queue.c -- one thread that writes blocks in the order in which they came.
 * One, because a file has one lock for its writers.  Blocks are used again and again: fresh
 * memory costs as much as the copy into it. */
#define _POSIX_C_SOURCE 200809L
#include "host/output_queue.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { MOST_WAITING = 8, MOST_SPARE = 16 };

/* Stands behind the bytes of a block. */
typedef struct waiting {
  char *next; /* block */
  size_t n;
  int64_t offset;
} waiting;

struct mr_output_queue {
  mr_output *output;
  pthread_t thread;
  pthread_mutex_t lock;   /* guards everything below */
  pthread_cond_t changed; /* for both sides */
  char *first, *last; /* of the blocks that wait; the first is being written */
  unsigned count;
  char *spare[MOST_SPARE];
  unsigned spares;
  int error;
  bool ending;
};

static waiting *tail_of(char *block) {
  return (waiting *)(void *)(block + MR_OUTPUT_BLOCK);
}

static void *write_all(void *ud) {
  mr_output_queue *q = ud;
  pthread_mutex_lock(&q->lock);
  for (;;) {
    while (q->count == 0 && !q->ending)
      pthread_cond_wait(&q->changed, &q->lock);
    if (q->count == 0)
      break;
    char *block = q->first;
    const waiting *w = tail_of(block);
    bool wanted = q->error == 0;
    pthread_mutex_unlock(&q->lock);
    int error = wanted ? mr_output_write(q->output, block, w->n, w->offset) : 0;
    pthread_mutex_lock(&q->lock);
    q->first = w->next;
    q->count--;
    if (!q->error)
      q->error = error;
    if (q->spares < MOST_SPARE)
      q->spare[q->spares++] = block;
    else
      free(block);
    pthread_cond_broadcast(&q->changed);
  }
  pthread_mutex_unlock(&q->lock);
  return NULL;
}

mr_output_queue *mr_output_queue_new(mr_output *o) {
  sigset_t all, before;
  mr_output_queue *q = calloc(1, sizeof *q);
  if (!q)
    return NULL;
  q->output = o;
  pthread_mutex_init(&q->lock, NULL);
  pthread_cond_init(&q->changed, NULL);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* signals stay with the program's threads */
  bool started = pthread_create(&q->thread, NULL, write_all, q) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (started)
    return q;
  pthread_cond_destroy(&q->changed);
  pthread_mutex_destroy(&q->lock);
  free(q);
  return NULL;
}

char *mr_output_queue_block(mr_output_queue *q) {
  pthread_mutex_lock(&q->lock);
  char *block = q->spares ? q->spare[--q->spares] : NULL;
  pthread_mutex_unlock(&q->lock);
  return block ? block : malloc(MR_OUTPUT_BLOCK + sizeof(waiting));
}

int mr_output_queue_put(mr_output_queue *q, char *block, size_t n, int64_t offset, bool may_wait) {
  *tail_of(block) = (waiting){NULL, n, offset};
  pthread_mutex_lock(&q->lock);
  while (may_wait && q->count >= MOST_WAITING)
    pthread_cond_wait(&q->changed, &q->lock);
  *(q->count++ ? &tail_of(q->last)->next : &q->first) = block;
  q->last = block;
  int error = q->error;
  pthread_cond_broadcast(&q->changed);
  pthread_mutex_unlock(&q->lock);
  return error;
}

int mr_output_queue_end(mr_output_queue *q, bool drop) {
  if (!q)
    return 0;
  pthread_mutex_lock(&q->lock);
  q->ending = true;
  while (drop && q->count > 1) { /* all but the first, which is being written */
    char *block = tail_of(q->first)->next;
    tail_of(q->first)->next = tail_of(block)->next;
    free(block);
    q->count--;
  }
  pthread_cond_broadcast(&q->changed);
  pthread_mutex_unlock(&q->lock);
  pthread_join(q->thread, NULL);
  int error = q->error;
  while (q->spares)
    free(q->spare[--q->spares]);
  pthread_cond_destroy(&q->changed);
  pthread_mutex_destroy(&q->lock);
  free(q);
  return error;
}
