/* SPDX-License-Identifier: MIT
 *
 * http_direct_test.c -- what goes over connections of our own and what does not; how they share
 * the loop; what both ways must make of a server's faults is tested with http_curl.c. */
#define _GNU_SOURCE
#include "host/http_direct.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/support/http_probe.h"
#include "tests/support/support.h"

typedef probe_stage fixture;

static int set_up(void **state) {
  return probe_set_up(state, mr_http_curl_new);
}

static int take(mr_http_target *t, const char *bytes, size_t n) {
  MR_UNUSED(t);
  MR_UNUSED(bytes);
  MR_UNUSED(n);
  return 0;
}

static void what_fits(void **state) {
  mr_curl_loop curl = {.proxy = ""};
  mr_direct d = {.links = {.curl = &curl}};
  mr_http_target target = {.take = take};
  static char large[MR_HTTP_SMALL_BODY];
  mr_origin to;
  MR_UNUSED(state);
  const mr_http_request plain = {.method = "POST", .url = "http://host/x", .body = {.fd = -1}};
  mr_http_request r = plain;
  assert_true(mr_direct_fits(&d, &r, &to));
  r.body = (mr_http_body){.memory = {large, sizeof large - 1}, .fd = -1, .length = sizeof large - 1};
  assert_true(mr_direct_fits(&d, &r, &to));
  r.body.length = sizeof large;
  assert_false(mr_direct_fits(&d, &r, &to));
  r.body = (mr_http_body){.fd = 5, .length = 10};
  assert_false(mr_direct_fits(&d, &r, &to));
  r = plain;
  r.target = &target;
  assert_false(mr_direct_fits(&d, &r, &to));
  r = plain;
  r.url = "http://user@host/x";
  assert_false(mr_direct_fits(&d, &r, &to));
  r.url = "https://host/x";
  assert_true(mr_direct_fits(&d, &r, &to));
  r.options.http2 = true; /* until the peer has shown that it has none */
  assert_false(mr_direct_fits(&d, &r, &to));
  mr_origins_add(&d.http1, "https://host/y");
  assert_true(mr_direct_fits(&d, &r, &to));
  r.url = "https://other/x";
  assert_false(mr_direct_fits(&d, &r, &to));
  r.url = "http://other/x"; /* HTTP/2 is offered over TLS only */
  assert_true(mr_direct_fits(&d, &r, &to));
  mr_origins_clear(&d.http1);
  r = plain;
  r.options.proxy = "http://proxy:3128";
  assert_false(mr_direct_fits(&d, &r, &to));
  r.options.proxy = "";
  curl.proxy = NULL; /* the environment names one */
  assert_true(mr_direct_fits(&d, &r, &to));
  r.options.proxy = NULL;
  assert_false(mr_direct_fits(&d, &r, &to));
  curl.proxy = "";
  static const char *const special[] = {"Expect", "transfer-encoding", "Connection", "TE", "upgrade"};
  for (size_t i = 0; i < MR_COUNT(special); i++) {
    mr_pair header = {mr_slice_of(special[i]), mr_slice_of("x")};
    r = plain;
    r.headers = &header;
    r.header_count = 1;
    assert_false(mr_direct_fits(&d, &r, &to));
    header.name = mr_slice_of("x-amz-date");
    assert_true(mr_direct_fits(&d, &r, &to));
  }
}

/* A script that waits for nothing else is not held up by a connection that is kept. */
static void kept_connections_are_not_waited_for(void **state) {
  fixture *f = *state;
  for (int i = 0; i < 3; i++) {
    probe p = {.options.idle_ms = 5000, .options.total_ms = 5000};
    probe_get(f, &p, "/ok/x");
    assert_int_equal(p.fault, MR_HTTP_OK);
    assert_int_equal(mr_loop_watches(f->loop), 0);
    assert_int_equal(mr_loop_real_next(f->loop), INT64_MAX);
  }
  assert_int_equal(fault_server_connections(f->server), 1);
}

/* After these the connection is in no state for another request. */
static void spoilt_connections_are_not_used_again(void **state) {
  fixture *f = *state;
  static const char *const paths[] = {"/length-short/x", "/closing/x", "/length-none/x", "/body-cut/x"};
  for (size_t i = 0; i < MR_COUNT(paths); i++) {
    int before = fault_server_connections(f->server);
    probe p = {.pause = false};
    probe_get(f, &p, paths[i]);
    probe_get(f, &p, "/ok/x");
    assert_int_equal(p.fault, MR_HTTP_OK);
    assert_int_equal(fault_server_connections(f->server), before + (i == 0 ? 2 : 1));
  }
}

static void a_flood_leaves_others_their_turn(void **state) {
  fixture *f = *state;
  probe flood = {.pause = false}, p = {.pause = false};
  probe_begin(f, &flood, "/endless-ok/x");
  int64_t limit = mr_clock_real() + 20 * MR_SECOND;
  while (flood.total < 1 << 20 && mr_clock_real() < limit)
    mr_loop_turn(f->loop, MR_SECOND);
  probe_get(f, &p, "/ok/x");
  assert_int_equal(p.fault, MR_HTTP_OK);
  assert_int_equal(flood.ends, 0); /* 1 GiB is far from over */
  f->http->cancel(f->http, &flood.x);
}

static void pauses_in_the_middle_of_a_read(void **state) {
  fixture *f = *state;
  probe p = {.pause = true, .options.idle_ms = 10000};
  probe_begin(f, &p, "/trailers/x"); /* chunks: what is behind the piece came with it */
  probe_turn(f->loop, 100);
  assert_int_equal(p.heads, 1);
  assert_int_equal(p.ends, 0);
  f->http->resume(f->http, &p.x); /* and is refused once more */
  probe_turn(f->loop, 20);
  assert_int_equal(p.total, 0);
  assert_int_equal(p.ends, 0);
  p.pause = false;
  f->http->resume(f->http, &p.x);
  f->http->resume(f->http, &p.x); /* harmless */
  probe_run_one(f->loop, &p);
  assert_int_equal(p.fault, MR_HTTP_OK);
  assert_string_equal(p.start, "{}");
  p.pause = true;
  probe_begin(f, &p, "/trailers/x");
  probe_turn(f->loop, 100);
  f->http->cancel(f->http, &p.x); /* with bytes in hand */
  assert_null(p.x.inner);
}

/* The first goes out at once, the others with the next turn of the loop, and none that was
 * cancelled by then. */
static void requests_of_one_turn_go_out_together(void **state) {
  fixture *f = *state;
  enum { N = 4 };
  static probe p[N]; /* two are still under way when the test returns */
  probe *list[N];
  for (int round = 0; round < 2; round++) {
    int before = fault_server_requests(f->server);
    for (int i = 0; i < N; i++) {
      list[i] = &p[i];
      probe_begin(f, &p[i], "/ok/x");
    }
    if (round == 1) { /* their connections are there */
      usleep(100000);
      assert_int_equal(fault_server_requests(f->server), before + 1);
      f->http->cancel(f->http, &p[N - 1].x);
      f->http->cancel(f->http, &p[1].x);
      list[1] = list[0];
      probe_run(f->loop, list, N - 1);
      assert_int_equal(fault_server_requests(f->server), before + N - 2);
    } else {
      probe_run(f->loop, list, N);
    }
  }
  assert_int_equal(p[2].fault, MR_HTTP_OK);
  assert_int_equal(p[1].ends, 0);
  probe_begin(f, &p[0], "/ok/x");
  probe_begin(f, &p[1], "/ok/x"); /* is in the queue when the transport ends */
}

/* Between a kept connection's taking and the sending over it, its peer may go. */
static void a_peer_that_goes_while_a_request_waits_for_its_turn(void **state) {
  fixture *f = *state;
  probe p[2] = {{.pause = false}}, *list[2] = {&p[0], &p[1]};
  for (int i = 0; i < 2; i++)
    probe_begin(f, &p[i], "/late-close/x");
  probe_run(f->loop, list, 2);
  int before = fault_server_connections(f->server);
  for (int i = 0; i < 2; i++)
    probe_begin(f, &p[i], "/ok/x");
  int64_t limit = mr_clock_real() + 20 * MR_SECOND;
  while (fault_server_open(f->server) > 0 && mr_clock_real() < limit)
    usleep(1000);
  usleep(20000); /* what the server has counted may still be on its way here */
  probe_run(f->loop, list, 2);
  assert_int_equal(p[0].fault, MR_HTTP_OK);
  assert_int_equal(p[1].fault, MR_HTTP_OK);
  assert_true(fault_server_connections(f->server) > before);
}

static int tls_server(const char *folder) {
  char command[1024], line[64];
  int port = 0;
  const char *slash = strrchr(MR_PROGRAM, '/');
  snprintf(command, sizeof command,
           "exec timeout 60 %.*s/tests/reply_server 0 %s/cert.pem %s/key.pem 2>/dev/null",
           (int)(slash - MR_PROGRAM), MR_PROGRAM, folder, folder);
  FILE *pipe = popen(command, "re");
  assert_non_null(pipe);
  if (fgets(line, sizeof line, pipe))
    port = atoi(line);
  assert_int_not_equal(port, 0);
  return port; /* the pipe stays open: the server ends with its reader */
}

/* The first request offers HTTP/2, as libcurl does; the peer takes HTTP/1.1, and from then on its
 * connections are ours. */
static void peers_without_http2_are_learnt(void **state) {
  fixture *f = *state;
  char *folder = support_folder(), ca[512], url[64];
  if (!probe_certificate(folder, "/CN=localhost", "IP:127.0.0.1")) {
    print_message("no openssl program: TLS is not tested\n");
    skip();
  }
  snprintf(ca, sizeof ca, "%s/cert.pem", folder);
  snprintf(url, sizeof url, "https://127.0.0.1:%d/x", tls_server(folder));
  mr_http_counts counts;
  for (int i = 0; i < 6; i++) {
    probe p = {.options = {.ca_file = ca, .http2 = i < 4}, .body = mr_slice_of("{}")};
    probe_get(f, &p, url);
    if (p.fault != MR_HTTP_OK)
      fail_msg("%s", p.why);
    assert_int_equal(p.status, 200);
    assert_true(p.total > 0);
    f->http->counts(f->http, &counts);
    assert_int_equal(counts.connections, i == 0 ? 1 : 2);
  }
  assert_int_equal(counts.requests, 6);
  probe unchecked = {.options = {.http2 = true}, .body = mr_slice_of("{}")};
  probe_get(f, &unchecked, url); /* it is no stand-in where another authority is asked for */
  assert_int_equal(unchecked.fault, MR_HTTP_TLS);
  support_remove_tree(folder);
  free(folder);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, probe_tear_down)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_fits),
      T(kept_connections_are_not_waited_for),
      T(spoilt_connections_are_not_used_again),
      T(a_flood_leaves_others_their_turn),
      T(pauses_in_the_middle_of_a_read),
      T(requests_of_one_turn_go_out_together),
      T(a_peer_that_goes_while_a_request_waits_for_its_turn),
      T(peers_without_http2_are_learnt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
