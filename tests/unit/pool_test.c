/* SPDX-License-Identifier: MIT
 *
 * Tests of host/pool.c: order of completion, bounded threads, the end of a pool with work
 * left, and a stress test meant to be run under -fsanitize=thread too. */
#define _GNU_SOURCE
#include "host/pool.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "tests/support/support.h"

typedef struct fixture {
  mr_clock clock;
  mr_loop *loop;
  mr_pool *pool;
  int done[64]; /* ids in the order of done */
  int n_done;
  atomic_int ran;
  atomic_int at_once, most_at_once;
  atomic_int gate; /* jobs wait until it is 1 */
} fixture;

typedef struct item {
  mr_job job;
  fixture *f;
  int id;
  unsigned delay_us;
  int more; /* how many further jobs `done` submits */
  pthread_t ran_on;
  bool signals_blocked;
} item;

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  mr_clock_init(&f->clock);
  f->loop = mr_loop_new(NULL, &f->clock);
  f->pool = mr_pool_new(f->loop, 4);
  assert_non_null(f->pool);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  mr_pool_free(f->pool);
  mr_loop_free(f->loop);
  free(f);
  return 0;
}

static void run_item(mr_job *job) {
  item *i = (item *)job;
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, NULL, &now);
  i->signals_blocked = sigismember(&now, SIGINT) && sigismember(&now, SIGALRM);
  int level = ++i->f->at_once, most = i->f->most_at_once;
  while (level > most && !atomic_compare_exchange_weak(&i->f->most_at_once, &most, level)) {
  }
  if (i->delay_us)
    usleep(i->delay_us);
  i->ran_on = pthread_self();
  i->f->at_once--;
  i->f->ran++;
}

static void run_gate(mr_job *job) {
  item *i = (item *)job;
  i->f->at_once++;
  while (!i->f->gate)
    usleep(200);
  i->f->ran++;
}

static void run_open_gate(mr_job *job) {
  usleep(30000);
  ((item *)job)->f->gate = 1;
}

static void done_item(mr_job *job) {
  item *i = (item *)job;
  if (i->f->n_done < (int)MR_COUNT(i->f->done))
    i->f->done[i->f->n_done] = i->id;
  i->f->n_done++;
}

static item *submit(fixture *f, item *i, int id, unsigned delay_us) {
  memset(i, 0, sizeof *i);
  i->f = f;
  i->id = id;
  i->delay_us = delay_us;
  i->job.run = run_item;
  i->job.done = done_item;
  assert_int_equal(mr_pool_submit(f->pool, &i->job), MR_OK);
  return i;
}

static void drain_all(fixture *f) {
  while (mr_pool_open(f->pool) > 0) {
    if (mr_pool_drain(f->pool) == 0)
      mr_loop_turn(f->loop, -1);
  }
}

static void jobs_are_done_in_order_of_submission(void **state) {
  fixture *f = *state;
  item items[24];
  for (int i = 0; i < 24; i++) /* earlier ones take longer */
    submit(f, &items[i], i, i % 4 == 0 ? 8000 : 0);
  assert_int_equal(mr_pool_open(f->pool), 24);
  drain_all(f);
  assert_int_equal(f->n_done, 24);
  for (int i = 0; i < 24; i++) {
    assert_int_equal(f->done[i], i);
    assert_true(items[i].signals_blocked);
    assert_false(pthread_equal(items[i].ran_on, pthread_self()));
  }
  assert_in_range(f->most_at_once, 1, 4);
  sigset_t mine;
  pthread_sigmask(SIG_SETMASK, NULL, &mine);
  assert_false(sigismember(&mine, SIGINT));
}

static void free_waits_for_running_and_drops_queued(void **state) {
  fixture *f = *state;
  mr_pool *pool = mr_pool_new(f->loop, 2);
  item items[6];
  memset(items, 0, sizeof items);
  for (int i = 0; i < 6; i++) {
    items[i].f = f;
    items[i].job.run = run_gate;
    items[i].job.done = done_item;
    mr_pool_submit(pool, &items[i].job);
  }
  while (f->at_once < 2)
    usleep(200);
  mr_pool *helper = mr_pool_new(f->loop, 1);
  item opener = {.f = f};
  opener.job.run = run_open_gate;
  opener.job.done = done_item;
  mr_pool_submit(helper, &opener.job);
  mr_pool_free(pool); /* the gate opens while this waits */
  assert_int_equal(f->gate, 1);
  assert_int_equal(f->ran, 2);
  assert_int_equal(f->n_done, 0);
  mr_pool_free(helper);
  mr_pool_free(NULL);
}

static int count_threads(void) {
  int n = 0;
  DIR *dir = opendir("/proc/self/task");
  if (!dir)
    return -1;
  while (readdir(dir))
    n++;
  closedir(dir);
  return n;
}

static void threads_start_with_the_first_job(void **state) {
  fixture *f = *state;
  int before = count_threads();
  if (before < 0)
    skip();
  mr_pool *pool = mr_pool_new(f->loop, 0);
  assert_int_equal(count_threads(), before);
  assert_int_equal(mr_pool_drain(pool), 0);
  mr_pool_free(pool);
  item a, b;
  submit(f, &a, 0, 0);
  drain_all(f);
  usleep(20000); /* let the worker come to rest */
  submit(f, &b, 1, 0);
  drain_all(f);
  assert_int_equal(count_threads(), before + 1);
}

static void done_more(mr_job *job) {
  item *i = (item *)job;
  fixture *f = i->f;
  int more = i->more;
  f->n_done++;
  free(i);
  for (int k = 0; k < 2 && more > 0; k++) {
    item *next = calloc(1, sizeof *next);
    next->f = f;
    next->more = more - 1;
    next->job.run = run_item;
    next->job.done = done_more;
    assert_int_equal(mr_pool_submit(f->pool, &next->job), MR_OK);
  }
}

static void stress(void **state) {
  fixture *f = *state;
  enum { DEPTH = 11 };
  for (int k = 0; k < 4; k++) {
    item *first = calloc(1, sizeof *first);
    first->f = f;
    first->more = DEPTH;
    first->job.run = run_item;
    first->job.done = done_more;
    mr_pool_submit(f->pool, &first->job);
  }
  drain_all(f);
  assert_int_equal(f->n_done, 4 * ((1 << (DEPTH + 1)) - 1));
  assert_int_equal(f->ran, f->n_done);
}

static void free_with_finished_jobs_calls_nothing(void **state) {
  fixture *f = *state;
  mr_pool *pool = mr_pool_new(f->loop, 1);
  item a = {.f = f};
  a.job.run = run_item;
  a.job.done = done_item;
  mr_pool_submit(pool, &a.job);
  while (f->ran == 0)
    usleep(200);
  mr_pool_free(pool);
  assert_int_equal(f->n_done, 0);
}

static void open_gate(mr_job *job) {
  ((item *)job)->f->gate = 1;
}

static void nobody_waits_behind_a_job_that_can_be_stopped(void **state) {
  fixture *f = *state;
  mr_pool *pool = mr_pool_new(f->loop, 2);
  item held = {0}, items[3];
  held.f = f;
  held.id = 9;
  held.job.run = run_gate;
  held.job.done = done_item;
  held.job.stop = open_gate;
  mr_pool_submit(pool, &held.job);
  memset(items, 0, sizeof items);
  for (int i = 0; i < 3; i++) {
    items[i].f = f;
    items[i].id = i;
    items[i].delay_us = i == 0 ? 8000 : 0;
    items[i].job.run = run_item;
    items[i].job.done = done_item;
    mr_pool_submit(pool, &items[i].job);
  }
  while (mr_pool_open(pool) > 1)
    if (mr_pool_drain(pool) == 0)
      mr_loop_turn(f->loop, -1);
  assert_int_equal(f->n_done, 3);
  for (int i = 0; i < 3; i++)
    assert_int_equal(f->done[i], i);
  assert_int_equal(f->gate, 0);
  mr_pool_free(pool); /* which stops it */
  assert_int_equal(f->gate, 1);
  assert_int_equal(f->n_done, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(jobs_are_done_in_order_of_submission, set_up, tear_down),
      cmocka_unit_test_setup_teardown(free_waits_for_running_and_drops_queued, set_up, tear_down),
      cmocka_unit_test_setup_teardown(threads_start_with_the_first_job, set_up, tear_down),
      cmocka_unit_test_setup_teardown(free_with_finished_jobs_calls_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nobody_waits_behind_a_job_that_can_be_stopped, set_up, tear_down),
      cmocka_unit_test_setup_teardown(stress, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
