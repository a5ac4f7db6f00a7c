/* SPDX-License-Identifier: MIT
 *
 * Tests of host/loop.c: order of timers, descriptors, wake-ups, and callbacks that change
 * what is being handed out. */
#define _GNU_SOURCE
#include "host/loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "tests/support/support.h"

typedef struct fixture {
  mr_alloc alloc;
  mr_clock clock;
  mr_loop *loop;
  char log[512];
} fixture;

typedef struct named {
  mr_timer timer;
  fixture *f;
  char name;
  struct named *other;
} named;

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  mr_alloc_init(&f->alloc, NULL, NULL, 0);
  mr_clock_init(&f->clock);
  mr_clock_make_virtual(&f->clock, 0);
  f->loop = mr_loop_new(&f->alloc, &f->clock);
  assert_non_null(f->loop);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  mr_loop_free(f->loop);
  assert_int_equal(f->alloc.used, 0);
  free(f);
  return 0;
}

static void note(named *n) {
  size_t len = strlen(n->f->log);
  assert_true(len + 1 < sizeof n->f->log);
  n->f->log[len] = n->name;
}

static void fire_note(mr_timer *t) {
  note((named *)t);
}

static void fire_again(mr_timer *t) {
  named *n = (named *)t;
  note(n);
  assert_int_equal(mr_timer_start(n->f->loop, t, t->due - 5, fire_note), MR_OK);
}

static void fire_stop_other(mr_timer *t) {
  named *n = (named *)t;
  note(n);
  mr_timer_stop(n->f->loop, &n->other->timer);
}

static void fire_free(mr_timer *t) {
  note((named *)t);
  free(t);
}

static void timers_fire_by_due_then_start(void **state) {
  fixture *f = *state;
  named n[5] = {{.f = f, .name = 'a'}, {.f = f, .name = 'b'}, {.f = f, .name = 'c'},
                {.f = f, .name = 'd'}, {.f = f, .name = 'e'}};
  int64_t due[5] = {20, 10, 10, 30, 10};
  for (int i = 0; i < 5; i++)
    assert_int_equal(mr_timer_start(f->loop, &n[i].timer, due[i], fire_note), MR_OK);
  assert_int_equal(mr_loop_next(f->loop), 10);
  assert_int_equal(mr_loop_turn(f->loop, 0), 0);
  mr_clock_advance(&f->clock, 20);
  assert_int_equal(mr_loop_turn(f->loop, -1), 4);
  assert_string_equal(f->log, "bcea");
  assert_int_equal(mr_loop_next(f->loop), 30);
  mr_clock_advance(&f->clock, INT64_MAX);
  assert_int_equal(mr_loop_turn(f->loop, -1), 1);
  assert_int_equal(mr_loop_next(f->loop), INT64_MAX);
}

static void timer_restart_moves_behind_its_equals(void **state) {
  fixture *f = *state;
  named a = {.f = f, .name = 'a'}, b = {.f = f, .name = 'b'};
  mr_timer_start(f->loop, &a.timer, 5, fire_note);
  mr_timer_start(f->loop, &b.timer, 5, fire_note);
  mr_timer_start(f->loop, &a.timer, 5, fire_note);
  mr_clock_advance(&f->clock, 5);
  assert_int_equal(mr_loop_turn(f->loop, 0), 2);
  assert_string_equal(f->log, "ba");
}

static void timer_stop_is_idempotent(void **state) {
  fixture *f = *state;
  named a = {.f = f, .name = 'a'};
  mr_timer_stop(f->loop, &a.timer);
  mr_timer_start(f->loop, &a.timer, -3, fire_note);
  mr_timer_stop(f->loop, &a.timer);
  mr_timer_stop(f->loop, &a.timer);
  assert_int_equal(mr_loop_turn(f->loop, 0), 0);
}

static void timer_in_the_past_fires_next_turn(void **state) {
  fixture *f = *state;
  named a = {.f = f, .name = 'a'}, b = {.f = f, .name = 'b'};
  mr_clock_advance(&f->clock, 100);
  mr_timer_start(f->loop, &a.timer, 1, fire_again);
  mr_timer_start(f->loop, &b.timer, 100, fire_note);
  assert_int_equal(mr_loop_turn(f->loop, -1), 2);
  assert_string_equal(f->log, "ab");
  assert_int_equal(mr_loop_turn(f->loop, -1), 1);
  assert_string_equal(f->log, "aba");
}

static void timer_may_stop_and_free_others(void **state) {
  fixture *f = *state;
  named *gone = calloc(1, sizeof *gone);
  gone->f = f;
  gone->name = 'g';
  named b = {.f = f, .name = 'b'}, a = {.f = f, .name = 'a', .other = &b};
  mr_timer_start(f->loop, &a.timer, 1, fire_stop_other);
  mr_timer_start(f->loop, &b.timer, 1, fire_note);
  mr_timer_start(f->loop, &gone->timer, 1, fire_free);
  mr_clock_advance(&f->clock, 1);
  assert_int_equal(mr_loop_turn(f->loop, 0), 2);
  assert_string_equal(f->log, "ag");
}

/* A thousand timers started, moved and stopped at random leave the heap in order. */
typedef struct counted {
  mr_timer timer;
  int64_t *last;
  uint64_t *last_order;
} counted;

static void fire_counted(mr_timer *t) {
  counted *c = (counted *)t;
  assert_true(t->due > *c->last || (t->due == *c->last && t->order > *c->last_order));
  *c->last = t->due;
  *c->last_order = t->order;
}

static void timers_stay_in_order_under_load(void **state) {
  fixture *f = *state;
  enum { N = 1000 };
  counted *all = calloc(N, sizeof *all);
  int64_t last = -1;
  uint64_t last_order = 0, seed = 42;
  int live = 0;
  for (int i = 0; i < 20 * N; i++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    counted *c = &all[(seed >> 33) % N];
    c->last = &last;
    c->last_order = &last_order;
    if ((seed >> 20) % 4 == 0) {
      live -= c->timer.place != 0;
      mr_timer_stop(f->loop, &c->timer);
    } else {
      live += c->timer.place == 0;
      mr_timer_start(f->loop, &c->timer, (int64_t)((seed >> 40) % 300), fire_counted);
    }
  }
  mr_clock_advance(&f->clock, 1000);
  assert_int_equal(mr_loop_turn(f->loop, 0), live);
  free(all);
}

static void timer_start_tells_that_memory_ran_out(void **state) {
  fixture *f = *state;
  named n[17];
  memset(n, 0, sizeof n);
  for (int i = 0; i < 16; i++)
    assert_int_equal(mr_timer_start(f->loop, &n[i].timer, i, fire_note), MR_OK);
  f->alloc.max = f->alloc.used;
  assert_int_equal(mr_timer_start(f->loop, &n[16].timer, 1, fire_note), MR_ERR_MEMORY);
  assert_int_equal(n[16].timer.place, 0);
  assert_int_equal(mr_timer_start(f->loop, &n[3].timer, 99, fire_note), MR_OK);
  f->alloc.max = 0;
}

static void real_turn_ends_at_the_next_timer(void **state) {
  fixture *f = *state;
  mr_clock clock;
  mr_clock_init(&clock);
  mr_loop *loop = mr_loop_new(NULL, &clock);
  named a = {.f = f, .name = 'a'};
  int64_t start = mr_clock_now(&clock);
  mr_timer_start(loop, &a.timer, start + 20 * 1000000, fire_note);
  while (f->log[0] == 0)
    mr_loop_turn(loop, -1);
  int64_t took = mr_clock_now(&clock) - start;
  assert_true(took >= 20 * 1000000);
  assert_true(took < 5 * MR_SECOND);
  start = mr_clock_now(&clock);
  assert_int_equal(mr_loop_turn(loop, 10 * 1000000), 0);
  assert_true(mr_clock_now(&clock) - start >= 9 * 1000000);
  mr_loop_free(loop);
}

/* ---- descriptors -------------------------------------------------------- */

typedef struct end {
  mr_watch watch;
  mr_loop *loop;
  unsigned seen;
  int calls;
  struct end *victim;
} end;

static void ready_note(mr_watch *w, unsigned events) {
  end *e = (end *)w;
  e->seen = events;
  e->calls++;
  if (e->victim)
    mr_watch_stop(e->loop, &e->victim->watch);
}

static void watch_tells_read_write_and_hang_up(void **state) {
  fixture *f = *state;
  int fds[2];
  assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
  end in = {.watch = {.fd = -1}}, out = {.watch = {.fd = -1}};
  assert_int_equal(mr_watch_start(f->loop, &in.watch, fds[0], MR_IN, ready_note), MR_OK);
  assert_int_equal(mr_loop_watches(f->loop), 1);
  assert_int_equal(mr_loop_turn(f->loop, 0), 0);
  assert_int_equal(mr_watch_start(f->loop, &out.watch, fds[1], MR_OUT, ready_note), MR_OK);
  assert_int_equal(mr_loop_turn(f->loop, -1), 1);
  assert_int_equal(out.seen, MR_OUT);
  assert_int_equal(mr_watch_start(f->loop, &out.watch, fds[1], 0, ready_note), MR_OK);
  assert_int_equal(mr_loop_watches(f->loop), 1);
  assert_int_equal(write(fds[1], "x", 1), 1);
  assert_int_equal(mr_loop_turn(f->loop, -1), 1);
  assert_int_equal(in.seen, MR_IN);
  char c;
  assert_int_equal(read(fds[0], &c, 1), 1);
  close(fds[1]);
  in.seen = 0;
  assert_int_equal(mr_loop_turn(f->loop, -1), 1);
  assert_int_equal(in.seen, MR_IN);
  mr_watch_stop(f->loop, &in.watch);
  mr_watch_stop(f->loop, &in.watch);
  assert_int_equal(mr_loop_watches(f->loop), 0);
  close(fds[0]);
  assert_int_equal(mr_watch_start(f->loop, &in.watch, fds[0], MR_IN, ready_note), MR_ERR_IO);
  assert_int_equal(in.watch.fd, -1);
}

/* It is called as before, and does not count. */
static void watch_that_rests(void **state) {
  fixture *f = *state;
  int fds[2];
  assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
  end in = {.watch = {.fd = -1}};
  mr_watch_rest(f->loop, &in.watch); /* not started: nothing */
  assert_int_equal(mr_watch_start(f->loop, &in.watch, fds[0], MR_IN, ready_note), MR_OK);
  mr_watch_rest(f->loop, &in.watch);
  mr_watch_rest(f->loop, &in.watch);
  assert_int_equal(mr_loop_watches(f->loop), 0);
  assert_int_equal(write(fds[1], "x", 1), 1);
  assert_int_equal(mr_loop_turn(f->loop, -1), 1);
  assert_int_equal(in.seen, MR_IN);
  assert_int_equal(mr_watch_start(f->loop, &in.watch, fds[0], MR_IN, ready_note), MR_OK);
  assert_int_equal(mr_loop_watches(f->loop), 1);
  assert_int_equal(mr_loop_turn(f->loop, -1), 1);
  assert_int_equal(in.calls, 2);
  mr_watch_rest(f->loop, &in.watch);
  mr_watch_stop(f->loop, &in.watch);
  assert_int_equal(mr_loop_watches(f->loop), 0);
  assert_int_equal(mr_watch_start(f->loop, &in.watch, fds[0], MR_IN, ready_note), MR_OK);
  assert_int_equal(mr_loop_watches(f->loop), 1);
  mr_watch_stop(f->loop, &in.watch);
  close(fds[0]);
  close(fds[1]);
}

/* A descriptor is closed too early, and someone has a copy of it, as a child of fork has for a
 * moment: epoll still tells of it, and nobody may be called. */
static void watch_of_a_descriptor_that_is_gone(void **state) {
  fixture *f = *state;
  int fds[2];
  assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
  end *in = malloc(sizeof *in), other = {.watch = {.fd = -1}};
  *in = (end){.watch = {.fd = -1}};
  assert_int_equal(mr_watch_start(f->loop, &in->watch, fds[0], MR_IN, ready_note), MR_OK);
  int copy = dup(fds[0]);
  close(fds[0]);
  mr_watch_stop(f->loop, &in->watch);
  memset(in, 0x5a, sizeof *in);
  free(in);
  assert_int_equal(write(fds[1], "x", 1), 1);
  assert_int_equal(mr_loop_turn(f->loop, 0), 0);
  assert_int_equal(mr_watch_start(f->loop, &other.watch, fds[1], MR_OUT, ready_note), MR_OK);
  assert_int_equal(mr_loop_turn(f->loop, 0), 1); /* it has the other's place now, and only its own events */
  assert_int_equal(other.seen, MR_OUT);
  mr_watch_stop(f->loop, &other.watch);
  close(copy);
  close(fds[1]);
}

static void watches_beyond_the_first_places(void **state) {
  fixture *f = *state;
  enum { MANY = 100 };
  static end all[MANY];
  int fds[2];
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < MANY; i++) {
      all[i] = (end){.watch = {.fd = -1}};
      assert_int_equal(mr_watch_start(f->loop, &all[i].watch, dup(fds[1]), MR_OUT, ready_note), MR_OK);
    }
    assert_int_equal(mr_loop_watches(f->loop), MANY);
    for (int turns = 0; turns < 10 && all[MANY - 1].calls == 0; turns++)
      mr_loop_turn(f->loop, 0);
    for (int i = 0; i < MANY; i++) {
      int fd = all[i].watch.fd;
      assert_true(all[i].calls > 0);
      mr_watch_stop(f->loop, &all[i].watch);
      close(fd);
    }
  }
  f->alloc.max = f->alloc.used;
  end more[200];
  int status = MR_OK, started = 0;
  while (started < 200 && status == MR_OK) {
    more[started] = (end){.watch = {.fd = -1}};
    status = mr_watch_start(f->loop, &more[started].watch, dup(fds[1]), MR_OUT, ready_note);
    started += status == MR_OK;
  }
  assert_int_equal(status, MR_ERR_MEMORY);
  assert_int_equal(more[started].watch.fd, -1);
  f->alloc.max = 0;
  while (started-- > 0) {
    int fd = more[started].watch.fd;
    mr_watch_stop(f->loop, &more[started].watch);
    close(fd);
  }
  close(fds[0]);
  close(fds[1]);
}

static void watch_may_stop_one_of_the_same_batch(void **state) {
  fixture *f = *state;
  int p[2], q[2];
  assert_int_equal(pipe2(p, O_CLOEXEC), 0);
  assert_int_equal(pipe2(q, O_CLOEXEC), 0);
  end a = {.watch = {.fd = -1}, .loop = f->loop}, b = {.watch = {.fd = -1}, .loop = f->loop};
  a.victim = &b;
  b.victim = &a;
  mr_watch_start(f->loop, &a.watch, p[0], MR_IN, ready_note);
  mr_watch_start(f->loop, &b.watch, q[0], MR_IN, ready_note);
  assert_int_equal(write(p[1], "x", 1), 1);
  assert_int_equal(write(q[1], "x", 1), 1);
  assert_int_equal(mr_loop_turn(f->loop, -1), 1);
  assert_int_equal(a.calls + b.calls, 1);
  mr_watch_stop(f->loop, &a.watch);
  mr_watch_stop(f->loop, &b.watch);
  for (int i = 0; i < 2; i++) {
    close(p[i]);
    close(q[i]);
  }
}

static void *wake_later(void *loop) {
  usleep(20000);
  mr_loop_wake(loop);
  return NULL;
}

static void wake_ends_a_wait_from_any_thread(void **state) {
  fixture *f = *state;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, wake_later, f->loop), 0);
  assert_int_equal(mr_loop_turn(f->loop, -1), 0);
  pthread_join(thread, NULL);
  mr_loop_wake(f->loop);
  mr_loop_wake(f->loop);
  assert_int_equal(mr_loop_turn(f->loop, -1), 0);
  int64_t start = mr_clock_real();
  mr_loop_turn(f->loop, 10 * 1000000); /* the wake-ups are used up: this one waits */
  assert_true(mr_clock_real() - start >= 9 * 1000000);
}

static void loop_descriptors_close_on_exec(void **state) {
  fixture *f = *state;
  assert_true(fcntl(mr_loop_fd(f->loop), F_GETFD) & FD_CLOEXEC);
  int outer = mr_loop_fd(f->loop);
  mr_clock clock;
  mr_clock_init(&clock);
  mr_loop *loop = mr_loop_new(NULL, &clock);
  end e = {.watch = {.fd = -1}};
  assert_int_equal(mr_watch_start(loop, &e.watch, outer, MR_IN, ready_note), MR_OK);
  assert_int_equal(mr_loop_turn(loop, 0), 0);
  mr_loop_wake(f->loop);
  assert_int_equal(mr_loop_turn(loop, -1), 1);
  mr_loop_free(loop);
}

/* Real-time timers fire whether the clock is virtual or not, and end a wait. */
static void real_timers_do_not_wait_for_the_clock(void **state) {
  fixture *f = *state;
  named a = {.f = f, .name = 'a'}, b = {.f = f, .name = 'b'}, c = {.f = f, .name = 'c'};
  assert_int_equal(mr_loop_real_next(f->loop), INT64_MAX);
  mr_timer_start(f->loop, &a.timer, 1000, fire_note); /* virtual: never by itself */
  mr_timer_start_real(f->loop, &b.timer, 5000000, fire_note);
  mr_timer_start_real(f->loop, &c.timer, 0, fire_note);
  assert_int_equal(mr_loop_next(f->loop), 1000);
  assert_true(mr_loop_real_next(f->loop) <= mr_clock_real());
  assert_int_equal(mr_loop_turn(f->loop, -1), 1);
  while (mr_loop_turn(f->loop, -1) == 0) {
  }
  assert_string_equal(f->log, "cb");
  assert_int_equal(mr_loop_real_next(f->loop), INT64_MAX);
  mr_timer_start_real(f->loop, &a.timer, 0, fire_note); /* from one kind to the other */
  assert_int_equal(mr_loop_next(f->loop), INT64_MAX);
  mr_timer_start(f->loop, &a.timer, 0, fire_note);
  assert_int_equal(mr_loop_real_next(f->loop), INT64_MAX);
  assert_int_equal(mr_loop_turn(f->loop, 0), 1);
  assert_string_equal(f->log, "cba");
  mr_timer_start_real(f->loop, &b.timer, 0, fire_note);
  mr_timer_stop(f->loop, &b.timer);
  assert_int_equal(mr_loop_turn(f->loop, 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(timers_fire_by_due_then_start, set_up, tear_down),
      cmocka_unit_test_setup_teardown(real_timers_do_not_wait_for_the_clock, set_up, tear_down),
      cmocka_unit_test_setup_teardown(timer_restart_moves_behind_its_equals, set_up, tear_down),
      cmocka_unit_test_setup_teardown(timer_stop_is_idempotent, set_up, tear_down),
      cmocka_unit_test_setup_teardown(timer_in_the_past_fires_next_turn, set_up, tear_down),
      cmocka_unit_test_setup_teardown(timer_may_stop_and_free_others, set_up, tear_down),
      cmocka_unit_test_setup_teardown(timers_stay_in_order_under_load, set_up, tear_down),
      cmocka_unit_test_setup_teardown(timer_start_tells_that_memory_ran_out, set_up, tear_down),
      cmocka_unit_test_setup_teardown(real_turn_ends_at_the_next_timer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(watch_tells_read_write_and_hang_up, set_up, tear_down),
      cmocka_unit_test_setup_teardown(watch_that_rests, set_up, tear_down),
      cmocka_unit_test_setup_teardown(watch_of_a_descriptor_that_is_gone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(watches_beyond_the_first_places, set_up, tear_down),
      cmocka_unit_test_setup_teardown(watch_may_stop_one_of_the_same_batch, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wake_ends_a_wait_from_any_thread, set_up, tear_down),
      cmocka_unit_test_setup_teardown(loop_descriptors_close_on_exec, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
