/* SPDX-License-Identifier: MIT
 *
 * Tests of host/http_thread.c: the same faults as without a thread, order and bounds of
 * what crosses, and a stress of starts, pauses and cancels; meant for -fsanitize=thread. */
#define _GNU_SOURCE
#include "tests/support/http_probe.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/support.h"

typedef probe_stage fixture;

static int set_up(void **state) {
  return probe_set_up(state, mr_http_thread_new);
}

static int set_up_virtual(void **state) {
  set_up(state);
  fixture *f = *state;
  mr_clock_make_virtual(&f->clock, 0);
  return 0;
}

static void every_case_has_its_fault(void **state) {
  fixture *f = *state;
  probe_all_cases(f->loop, f->http, f->server, false);
  /* Nothing is watched while nothing is open: an idle state can tell. */
  int64_t limit = mr_clock_real() + 10 * MR_SECOND;
  while (mr_loop_watches(f->loop) && mr_clock_real() < limit)
    probe_turn(f->loop, 5);
  assert_int_equal(mr_loop_watches(f->loop), 0);
}

static void connections_are_reused(void **state) {
  fixture *f = *state;
  probe p = {.body = {"0123456789", 10}};
  mr_http_counts counts = {0, 0, 0};
  for (int i = 0; i < 10; i++) {
    probe_start(&p, f->http, f->port, "/echo/x");
    probe_run_one(f->loop, &p);
    assert_non_null(strstr(p.start, "body=10\n"));
  }
  int64_t limit = mr_clock_real() + 10 * MR_SECOND;
  for (; counts.requests < 10 && mr_clock_real() < limit; probe_turn(f->loop, 5))
    f->http->counts(f->http, &counts);
  assert_int_equal(counts.requests, 10);
  assert_int_equal(counts.connections, 1);
}

/* The caller's memory and file may go as soon as start has returned. */
static void requests_are_copied(void **state) {
  fixture *f = *state;
  char *folder = support_folder(), path[512];
  snprintf(path, sizeof path, "%s/data", folder);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  assert_int_equal(ftruncate(fd, 1 << 20), 0);
  char value[] = "first", body[] = "old body";
  probe p = {.body = {body, sizeof body - 1}}, q = {.fd = fd, .offset = 24, .length = 1000000};
  p.headers[0] = (mr_pair){mr_slice_of("x-value"), mr_slice_of(value)};
  p.header_count = 1;
  probe_start(&p, f->http, f->port, "/echo/x");
  memset(value, '?', sizeof value);
  memset(body, '?', sizeof body);
  probe_start(&q, f->http, f->port, "/echo/x");
  close(fd);
  probe_run(f->loop, (probe *[]){&p, &q}, 2);
  assert_non_null(strstr(p.start, "x-value: first\r\n"));
  assert_non_null(strstr(p.start, "body=8\n"));
  assert_non_null(strstr(q.start, "body=1000000\n"));
  support_remove_tree(folder);
  free(folder);
}

static void pauses_hold_the_peer(void **state) {
  fixture *f = *state;
  probe whole = {.pause = false}, p = {.pause = true, .options.idle_ms = 1000};
  probe_start(&whole, f->http, f->port, "/large/x");
  probe_start(&p, f->http, f->port, "/large/x");
  probe_run_one(f->loop, &whole);
  probe_turn(f->loop, 1300);
  assert_int_equal(p.heads, 1);
  assert_int_equal(p.total + p.ends, 0);
  p.pause = false;
  f->http->resume(f->http, &p.x);
  assert_int_equal(p.total, 0); /* from the loop, not from within resume */
  probe_run_one(f->loop, &p);
  assert_int_equal(p.fault, MR_HTTP_OK);
  assert_int_equal(p.total, whole.total);
  assert_int_equal(p.sum, whole.sum);
}

static void cancel_drops_the_connection(void **state) {
  fixture *f = *state;
  probe p = {.pause = false}, q = {.pause = true};
  probe_start(&p, f->http, f->port, "/endless/x");
  probe_start(&q, f->http, f->port, "/large/x");
  int64_t limit = mr_clock_real() + 10 * MR_SECOND;
  while ((p.total < 1 << 20 || !q.heads) && mr_clock_real() < limit)
    mr_loop_turn(f->loop, MR_SECOND);
  f->http->cancel(f->http, &p.x);
  f->http->cancel(f->http, &q.x);
  int64_t total = p.total;
  if (mr_clock_real() >= limit)
    fail_msg("stalled: %lld bytes, %d and %d heads", (long long)p.total, p.heads, q.heads);
  while (fault_server_open(f->server) > 0 && mr_clock_real() < limit)
    probe_turn(f->loop, 5);
  assert_int_equal(fault_server_open(f->server), 0);
  assert_int_equal(p.ends + q.ends, 0);
  assert_int_equal(p.total, total);
  while (mr_loop_watches(f->loop) && mr_clock_real() < limit)
    probe_turn(f->loop, 5);
  assert_int_equal(mr_loop_watches(f->loop), 0); /* nothing is left of them */
}

static void open_exchanges_end_with_the_transport(void **state) {
  fixture *f = *state;
  const char *why;
  for (int ms = 0; ms < 100; ms += 40) {
    mr_http *other = mr_http_thread_new(f->loop, &why);
    probe p[3] = {{.pause = false}, {.pause = false}, {.pause = true}};
    probe_start(&p[0], other, f->port, "/silent/x");
    probe_start(&p[1], other, f->port, "/drip-long/x");
    probe_start(&p[2], other, f->port, "/large/x");
    probe_turn(f->loop, ms);
    other->cancel(other, &p[1].x);
    other->free(other);
    for (int i = 0; i < 3; i++) {
      assert_null(p[i].x.inner);
      assert_int_equal(p[i].ends, 0);
    }
    assert_int_equal(mr_loop_watches(f->loop), 0);
  }
}

/* Many exchanges that end, pause and are cancelled at changing moments. */
static void a_storm(void **state) {
  fixture *f = *state;
  enum { MANY = 24, ROUNDS = 6 };
  static const char *const paths[] = {"/ok/x", "/large/x", "/nothing/x", "/object/x", "/drip/x"};
  probe all[MANY], *list[MANY];
  unsigned dice = 7;
  for (int round = 0; round < ROUNDS; round++) {
    size_t kept = 0;
    for (int i = 0; i < MANY; i++) {
      memset(&all[i], 0, sizeof all[i]);
      all[i].pause = i % 3 == 0;
      probe_start(&all[i], f->http, f->port, paths[i % 5]);
    }
    for (int i = 0; i < MANY; i++) {
      dice = dice * 1103515245u + 12345u;
      if (dice >> 30 == 0)
        mr_loop_turn(f->loop, 1000000);
      if ((dice >> 20) % 3 == 0 && !all[i].ends)
        f->http->cancel(f->http, &all[i].x);
      else
        list[kept++] = &all[i];
      all[i].pause = false;
      f->http->resume(f->http, &all[i].x);
    }
    probe_run(f->loop, list, kept);
    for (size_t i = 0; i < kept; i++) {
      ptrdiff_t at = list[i] - all;
      assert_int_equal(list[i]->fault, at % 5 == 2 ? MR_HTTP_BROKEN : MR_HTTP_OK);
      assert_int_equal(list[i]->ends, 1);
    }
  }
}

/* A callback may cancel any other exchange, also one that has ended and not told it yet. */
typedef struct lone {
  mr_exchange x; /* first */
  struct group *group;
} lone;

typedef struct group {
  lone at[8];
  mr_http *http;
  int ends;
} group;

static void no_head(mr_exchange *x, int status, const mr_pair *headers, size_t count) {
  (void)x, (void)status, (void)headers, (void)count;
}

static bool take_all(mr_exchange *x, const char *bytes, size_t n) {
  (void)x, (void)bytes, (void)n;
  return true;
}

static void cancel_the_others(mr_exchange *x, mr_http_fault fault, const char *text) {
  group *g = ((lone *)(void *)x)->group;
  (void)fault, (void)text;
  g->ends++;
  for (int i = 0; i < 8; i++)
    if (&g->at[i].x != x)
      g->http->cancel(g->http, &g->at[i].x);
}

static void the_first_cancels_the_others(void **state) {
  fixture *f = *state;
  char url[64];
  for (int round = 0; round < 20; round++) {
    group g = {.http = f->http};
    mr_http_request r = {.method = "GET", .url = url, .body.fd = -1};
    snprintf(url, sizeof url, "http://127.0.0.1:%d/ok/x", f->port);
    for (int i = 0; i < 8; i++) {
      g.at[i] = (lone){.x = {no_head, take_all, cancel_the_others, NULL}, .group = &g};
      assert_int_equal(f->http->start(f->http, &g.at[i].x, &r), MR_OK);
    }
    usleep(round * 300u); /* so that several have ended when we look */
    int64_t limit = mr_clock_real() + 20 * MR_SECOND;
    while (mr_loop_watches(f->loop) && mr_clock_real() < limit)
      mr_loop_turn(f->loop, MR_SECOND);
    assert_int_equal(g.ends, 1);
  }
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, probe_tear_down)
  const struct CMUnitTest tests[] = {
      T(every_case_has_its_fault),
      {"every_case_under_virtual_time", every_case_has_its_fault, set_up_virtual, probe_tear_down, NULL},
      T(connections_are_reused),
      T(requests_are_copied),
      T(pauses_hold_the_peer),
      T(cancel_drops_the_connection),
      T(open_exchanges_end_with_the_transport),
      T(a_storm),
      T(the_first_cancels_the_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
