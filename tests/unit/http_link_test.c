/* SPDX-License-Identifier: MIT
 *
 * http_link_test.c -- connections are kept for their like, and those that the peer has closed are
 * never given. */
#define _GNU_SOURCE
#include "host/http_link.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/support/http_probe.h"
#include "tests/support/support.h"

typedef struct fixture {
  mr_clock clock;
  mr_loop *loop;
  mr_curl_loop curl;
  mr_links links;
  fault_server *server;
  mr_origin origin;
  char url[64];
  mr_http_options options;
  mr_curl_job job;
  int ends;
  CURLcode code;
} fixture;

static void on_done(mr_curl_job *j, CURLcode code) {
  fixture *f = (fixture *)(void *)((char *)j - offsetof(fixture, job));
  f->ends++;
  f->code = code;
}

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  const char *why = "";
  probe_no_proxies();
  mr_clock_init(&f->clock);
  f->loop = mr_loop_new(NULL, &f->clock);
  if (mr_curl_loop_init(&f->curl, f->loop, &why) != MR_OK)
    fail_msg("%s", why);
  f->links.curl = &f->curl;
  f->server = fault_server_start();
  snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d/", fault_server_port(f->server));
  assert_true(mr_origin_read(&f->origin, f->url, &f->options));
  f->job.done = on_done;
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  mr_links_clear(&f->links);
  mr_curl_loop_clear(&f->curl);
  assert_int_equal(mr_loop_watches(f->loop), 0);
  mr_loop_free(f->loop);
  fault_server_free(f->server);
  free(f);
  return 0;
}

static void await(fixture *f) {
  int64_t limit = mr_clock_real() + 20 * MR_SECOND;
  while (!f->ends && mr_clock_real() < limit)
    mr_loop_turn(f->loop, MR_SECOND);
  assert_int_equal(f->ends, 1);
  f->ends = 0;
}

static mr_link *open_one(fixture *f) {
  mr_link *link = mr_link_open(&f->links, &f->origin, &f->options, &f->job);
  assert_non_null(link);
  assert_int_equal(link->fd, -1);
  await(f);
  assert_int_equal(f->code, CURLE_OK);
  mr_link_opened(link);
  assert_true(link->fd >= 0);
  return link;
}

static void say(fixture *f, mr_link *link, const char *text) {
  size_t n;
  assert_int_equal(mr_curl_loop_send(&f->curl, link->easy, mr_slice_of(text), &n), CURLE_OK);
  assert_int_equal(n, strlen(text));
}

static void kept_for_its_like(void **state) {
  fixture *f = *state;
  mr_link *one = open_one(f), *two = open_one(f);
  assert_null(mr_link_take(&f->links, f->origin.key)); /* both are in use */
  mr_link_keep(one);
  mr_link_keep(two);
  assert_int_equal(mr_loop_watches(f->loop), 0); /* nobody waits for them */
  assert_null(mr_link_take(&f->links, "http://127.0.0.1:1 "));
  assert_ptr_equal(mr_link_take(&f->links, f->origin.key), two); /* the last that was in use */
  assert_ptr_equal(mr_link_take(&f->links, f->origin.key), one);
  assert_null(mr_link_take(&f->links, f->origin.key));
  assert_true(one->used);
  mr_link_close(one);
  mr_link_keep(two);
}

static void a_peer_that_closes_is_noticed(void **state) {
  fixture *f = *state;
  mr_link *one = open_one(f), *two = open_one(f);
  say(f, one, "GET /nothing/x HTTP/1.1\r\nHost: x\r\n\r\n"); /* it will say nothing and close */
  mr_link_keep(one);
  mr_link_keep(two);
  probe_turn(f->loop, 100); /* the loop hears of it */
  assert_ptr_equal(f->links.newest, two);
  assert_ptr_equal(f->links.oldest, two);
  say(f, two, "GET /nothing/x HTTP/1.1\r\nHost: x\r\n\r\n");
  int64_t limit = mr_clock_real() + 20 * MR_SECOND;
  while (fault_server_open(f->server) > 0 && mr_clock_real() < limit)
    usleep(1000);
  assert_null(mr_link_take(&f->links, f->origin.key)); /* without a turn of the loop, too */
}

static void what_nobody_asked_for_spoils_it(void **state) {
  fixture *f = *state;
  mr_link *link = open_one(f);
  say(f, link, "GET /ok/x HTTP/1.1\r\nHost: x\r\n\r\n"); /* its reply would be another one's */
  mr_link_keep(link);
  probe_turn(f->loop, 100);
  assert_null(f->links.newest);
}

static void accepted(fixture *f, int count) {
  int64_t limit = mr_clock_real() + 20 * MR_SECOND;
  while (fault_server_connections(f->server) < count && mr_clock_real() < limit)
    usleep(1000);
  assert_int_equal(fault_server_connections(f->server), count);
}

static void another_connection_in_its_place(void **state) {
  fixture *f = *state;
  mr_link *link = open_one(f);
  accepted(f, 1);
  assert_int_equal(mr_link_reopen(link, &f->job), MR_OK);
  await(f);
  assert_int_equal(f->code, CURLE_OK);
  mr_link_opened(link);
  accepted(f, 2);
  mr_link_keep(link);
}

static void nobody_listens(void **state) {
  fixture *f = *state;
  snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d/", fault_server_refused_port(f->server));
  assert_true(mr_origin_read(&f->origin, f->url, &f->options));
  mr_link *link = mr_link_open(&f->links, &f->origin, &f->options, &f->job);
  await(f);
  assert_int_equal(f->code, CURLE_COULDNT_CONNECT);
  assert_non_null(strstr(link->error, "127.0.0.1"));
  mr_link_close(link);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      T(kept_for_its_like),
      T(a_peer_that_closes_is_noticed),
      T(what_nobody_asked_for_spoils_it),
      T(another_connection_in_its_place),
      T(nobody_listens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
