/* SPDX-License-Identifier: MIT
 *
 * Tests of host/preempt.c: ticks come on the thread that started them, stop when told,
 * and follow the state to another thread. */
#define _GNU_SOURCE
#include "host/preempt.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "host/clock.h"
#include "tests/support/support.h"

#define NUMBER SIGURG

typedef struct ticks {
  atomic_int count;
  atomic_bool wrong_thread;
  pthread_t thread;
} ticks;

static void tick(void *ud) {
  ticks *t = ud;
  if (!pthread_equal(pthread_self(), t->thread))
    t->wrong_thread = true;
  t->count++;
}

/* Computes until `n` more ticks have come or two seconds have passed. */
static bool spin(ticks *t, int n) {
  int64_t end = mr_clock_real() + 2 * MR_SECOND;
  int goal = t->count + n;
  while (t->count < goal && mr_clock_real() < end) {
  }
  return t->count >= goal;
}

static void ticks_start_and_stop(void **state) {
  (void)state;
  ticks t = {.thread = pthread_self()};
  mr_alloc alloc;
  mr_alloc_init(&alloc, NULL, NULL, 0);
  mr_preempt *p = mr_preempt_new(&alloc, NUMBER, tick, &t);
  assert_non_null(p);
  mr_preempt_stop(p); /* nothing runs yet */
  assert_int_equal(t.count, 0);
  mr_preempt_start(p);
  assert_true(spin(&t, 5));
  mr_preempt_stop(p);
  int count = t.count;
  int64_t end = mr_clock_real() + MR_SECOND / 50;
  while (mr_clock_real() < end) {
  }
  assert_in_range(t.count, count, count + 1); /* one may have been on its way */
  mr_preempt_start(p);
  assert_true(spin(&t, 2));
  mr_preempt_stop(p);
  mr_preempt_free(p);
  assert_false(t.wrong_thread);
  assert_int_equal(alloc.used, 0);
}

typedef struct mover {
  mr_preempt *p;
  ticks *t;
  bool ticked;
} mover;

static void *other_thread(void *ud) {
  mover *m = ud;
  m->t->thread = pthread_self();
  mr_preempt_start(m->p);
  m->ticked = spin(m->t, 3);
  mr_preempt_stop(m->p);
  return NULL;
}

static void ticks_follow_the_thread_that_starts_them(void **state) {
  (void)state;
  ticks t = {.thread = pthread_self()};
  mr_preempt *p = mr_preempt_new(NULL, NUMBER, tick, &t);
  mr_preempt_start(p);
  assert_true(spin(&t, 1));
  mr_preempt_stop(p);
  mover m = {p, &t, false};
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, other_thread, &m), 0);
  pthread_join(thread, NULL);
  assert_true(m.ticked);
  assert_false(t.wrong_thread);
  mr_preempt_free(p);
}

static void a_plain_signal_is_no_tick(void **state) {
  (void)state;
  ticks t = {.thread = pthread_self()};
  mr_preempt *p = mr_preempt_new(NULL, NUMBER, tick, &t);
  raise(NUMBER);
  assert_int_equal(t.count, 0);
  mr_preempt_free(p);
  mr_preempt_free(NULL);
}

static void refusals(void **state) {
  (void)state;
  ticks t = {.thread = pthread_self()};
  mr_alloc none;
  mr_alloc_init(&none, NULL, NULL, 1);
  assert_null(mr_preempt_new(&none, NUMBER, tick, &t));
  assert_null(mr_preempt_new(NULL, 100000, tick, &t));
  mr_preempt_start(NULL);
  mr_preempt_stop(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ticks_start_and_stop),
      cmocka_unit_test(ticks_follow_the_thread_that_starts_them),
      cmocka_unit_test(a_plain_signal_is_no_tick),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests_name("preempt", tests, NULL, NULL);
}
