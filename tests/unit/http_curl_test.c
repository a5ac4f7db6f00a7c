/* SPDX-License-Identifier: MIT
 *
 * Tests of host/http_curl.c, http_transfer.c and http_direct.c against the fault server: every
 * broken reply has its fault, nothing hangs, nothing is told twice; timeouts are of real time on
 * a virtual clock too.  Where it makes a difference a test is run both ways: over connections that
 * we speak on, and by transfers of libcurl's. */
#define _GNU_SOURCE
#include "tests/support/http_probe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/support.h"

typedef probe_stage fixture;

static int set_up(void **state) {
  return probe_set_up(state, mr_http_curl_new);
}

static int set_up_curl(void **state) {
  set_up(state);
  ((fixture *)*state)->by_curl = true;
  return 0;
}

static int set_up_virtual(void **state) {
  set_up(state);
  fixture *f = *state;
  mr_clock_make_virtual(&f->clock, 0);
  return 0;
}

static void every_case_has_its_fault(void **state) {
  fixture *f = *state;
  probe_all_cases(f->loop, f->http, f->server, f->by_curl);
}

static void a_refused_connection(void **state) {
  fixture *f = *state;
  probe p = {0};
  p.by_curl = f->by_curl;
  probe_start(&p, f->http, fault_server_refused_port(f->server), "/x");
  probe_run_one(f->loop, &p);
  assert_int_equal(p.fault, MR_HTTP_CONNECT);
  assert_non_null(strstr(p.why, "127.0.0.1"));
}

static void a_name_without_address(void **state) {
  fixture *f = *state;
  probe p = {0};
  p.options.total_ms = 15000;
  probe_get(f, &p, "http://no-such-host.invalid/");
  assert_int_equal(p.fault, MR_HTTP_RESOLVE);
  assert_non_null(strstr(p.why, "no-such-host.invalid"));
}

static void urls_that_are_none(void **state) {
  fixture *f = *state;
  const char *const urls[] = {"ftp://127.0.0.1/x", "file:///etc/passwd", "http://:80/ x", "http://"};
  for (size_t i = 0; i < MR_COUNT(urls); i++) {
    probe p = {0};
    probe_get(f, &p, urls[i]);
    assert_int_equal(p.fault, MR_HTTP_PROTOCOL);
  }
}

/* Connections are kept and used again; the counts tell. */
static void connections_are_reused(void **state) {
  fixture *f = *state;
  probe p = {0};
  mr_http_counts counts;
  for (int i = 0; i < 10; i++) {
    probe_get(f, &p, "/ok/x");
    assert_int_equal(p.fault, MR_HTTP_OK);
  }
  f->http->counts(f->http, &counts);
  assert_int_equal(counts.requests, 10);
  assert_int_equal(counts.connections, 1);
  assert_int_equal(fault_server_connections(f->server), 1);
}

/* A connection that the server has closed meanwhile costs no request. */
static void stale_connections_are_replaced(void **state) {
  fixture *f = *state;
  for (int i = 0; i < 4; i++) {
    probe p = {0};
    p.body = mr_slice_of(i % 2 ? "a body" : "");
    probe_get(f, &p, "/idle-close/x");
    assert_int_equal(p.fault, MR_HTTP_OK);
    assert_int_equal(p.status, 200);
    probe_turn(f->loop, 50);
  }
}

/* One that ends after the request went out: what has no body is sent again by curl; what has
 * one may have been carried out, and is not. */
static void no_body_is_sent_twice(void **state) {
  fixture *f = *state;
  for (int i = 0; i < 2; i++) {
    probe p = {0};
    probe_get(f, &p, "/drop-second/x");
    assert_int_equal(p.fault, MR_HTTP_OK);
  }
  probe p = {0};
  int before = fault_server_requests(f->server);
  p.body = mr_slice_of("a body");
  probe_get(f, &p, "/drop-second/x");
  assert_int_equal(p.fault, MR_HTTP_BROKEN);
  assert_string_equal(p.why, "the connection ended before a reply came");
  assert_int_equal(fault_server_requests(f->server), before + 1);
  probe_get(f, &p, "/drop-second/x"); /* and the next one finds a fresh connection */
  assert_int_equal(p.fault, MR_HTTP_OK);
}

static void the_head_comes_before_the_body(void **state) {
  fixture *f = *state;
  probe p = {0};
  probe_begin(f, &p, "/head-first/x");
  int64_t limit = mr_clock_real() + 20 * MR_SECOND;
  while (!p.heads && mr_clock_real() < limit)
    mr_loop_turn(f->loop, MR_SECOND);
  assert_int_equal(p.status, 200);
  assert_int_equal(p.ends, 0);
  probe_run_one(f->loop, &p);
  assert_string_equal(p.start, "{}");
}

static void heads_are_read_as_they_are(void **state) {
  fixture *f = *state;
  probe p = {0};
  probe_get(f, &p, "/folded/x");
  assert_non_null(strstr(p.head, "X-Folded: one    two\n"));
  assert_non_null(strstr(p.head, "X-Empty: \n"));
  probe_get(f, &p, "/informational/x");
  assert_null(strstr(p.head, "X-Early"));
  probe_get(f, &p, "/trailers/x");
  assert_null(strstr(p.head, "X-Trailer"));
}

static void the_request_goes_out_as_it_is(void **state) {
  fixture *f = *state;
  probe p = {0};
  p.headers[0] = (mr_pair){mr_slice_of("x-one"), mr_slice_of("1")};
  p.headers[1] = (mr_pair){mr_slice_of("x-empty"), mr_slice_of("")};
  p.header_count = 2;
  p.body = mr_slice_of("0123456789");
  probe_get(f, &p, "/echo/a/../b//c/./%2e%2E/%7euml?x=%20y&&z");
  assert_non_null(strstr(p.start, "POST /echo/a/../b//c/./%2e%2E/%7euml?x=%20y&&z\n"));
  assert_non_null(strstr(p.start, "x-one: 1\r\n"));
  assert_non_null(strstr(p.start, "x-empty:"));
  assert_non_null(strstr(p.start, "Content-Length: 10\r\n"));
  assert_non_null(strstr(p.start, "body=10\n"));
  assert_null(strstr(p.start, "Accept:"));
  assert_null(strstr(p.start, "User-Agent:"));
  assert_null(strstr(p.start, "Expect:"));
  assert_null(strstr(p.start, "Content-Type: application/x-www"));
  const char *const bare[] = {"PUT", "POST"}; /* no body: a length all the same */
  for (int i = 0; i < 2; i++) {
    probe q = {.method = bare[i]};
    probe_get(f, &q, "/echo/x");
    assert_non_null(strstr(q.start, "Content-Length: 0\r\n"));
  }
  probe head = {.method = "HEAD"};
  probe_get(f, &head, "/object/x");
  assert_int_equal(head.status, 200);
  assert_int_equal(head.total, 0);
  probe remove = {.method = "DELETE"};
  probe_get(f, &remove, "/echo/x");
  assert_non_null(strstr(remove.start, "DELETE /echo/x\n"));
}

static void files_are_sent_by_ranges(void **state) {
  fixture *f = *state;
  char *folder = support_folder(), path[512];
  snprintf(path, sizeof path, "%s/data", folder);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(ftruncate(fd, 3 << 20), 0);
  probe p = {.fd = fd, .offset = 1000, .length = 2 << 20};
  probe_get(f, &p, "/echo/x");
  assert_int_equal(p.fault, MR_HTTP_OK);
  assert_non_null(strstr(p.start, "body=2097152\n"));
  probe shorter = {.fd = fd, .offset = 2 << 20, .length = 2 << 20};
  probe_get(f, &shorter, "/echo/x");
  assert_int_equal(shorter.fault, MR_HTTP_BODY);
  assert_non_null(strstr(shorter.why, "shorter"));
  close(fd);
  support_remove_tree(folder);
  free(folder);
}

static void uploads_that_are_not_taken(void **state) {
  fixture *f = *state;
  size_t size = 32 << 20;
  char *bytes = calloc(1, size);
  probe stop = {.body = {bytes, size}};
  probe_get(f, &stop, "/upload-stop/x");
  assert_int_equal(stop.fault, MR_HTTP_BROKEN);
  probe deaf = {.body = {bytes, size}, .options.idle_ms = 200};
  probe_get(f, &deaf, "/upload-deaf/x");
  assert_int_equal(deaf.fault, MR_HTTP_TIMEOUT);
  probe early = {.body = {bytes, size}};
  probe_get(f, &early, "/upload-early/x");
  assert_int_equal(early.status, 403);
  free(bytes);
}

/* A reader that takes nothing holds the peer, and no timeout runs against it. */
static void pauses_hold_the_peer(void **state) {
  fixture *f = *state;
  probe whole = {0}, p = {.pause = true, .options.idle_ms = 1000};
  probe_get(f, &whole, "/large/x");
  probe_begin(f, &p, "/large/x");
  probe_turn(f->loop, 1300);
  assert_int_equal(p.heads, 1);
  assert_int_equal(p.ends, 0);
  assert_int_equal(p.total, 0);
  p.pause = false;
  f->http->resume(f->http, &p.x);
  probe_run_one(f->loop, &p);
  assert_int_equal(p.fault, MR_HTTP_OK);
  assert_int_equal(p.total, whole.total);
  assert_int_equal(p.sum, whole.sum);
}

static void wait_until_closed(fixture *f, int open) {
  int64_t limit = mr_clock_real() + 10 * MR_SECOND;
  while (fault_server_open(f->server) > open && mr_clock_real() < limit)
    probe_turn(f->loop, 10);
  assert_int_equal(fault_server_open(f->server), open);
}

static void cancel_drops_the_connection(void **state) {
  fixture *f = *state;
  probe p = {0};
  probe_begin(f, &p, "/endless/x");
  int64_t limit = mr_clock_real() + 10 * MR_SECOND;
  while (p.total < 1 << 20 && mr_clock_real() < limit)
    mr_loop_turn(f->loop, MR_SECOND);
  f->http->cancel(f->http, &p.x);
  assert_null(p.x.inner);
  f->http->cancel(f->http, &p.x); /* harmless */
  wait_until_closed(f, 0);
  assert_int_equal(p.ends, 0);
  probe_begin(f, &p, "/silent/x"); /* at once, before anything happened */
  f->http->cancel(f->http, &p.x);
  probe_begin(f, &p, "http://no-such-host.invalid/"); /* while the name is sought */
  mr_loop_turn(f->loop, 0);
  int64_t before = mr_clock_real();
  f->http->cancel(f->http, &p.x);
  assert_true(mr_clock_real() - before < MR_SECOND);
}

static void open_exchanges_end_with_the_transport(void **state) {
  fixture *f = *state;
  const char *why;
  mr_http *other = mr_http_curl_new(f->loop, &why);
  bool by_curl = f->by_curl;
  probe p[3] = {{.by_curl = by_curl}, {.by_curl = by_curl}, {.by_curl = by_curl, .pause = true}};
  probe_start(&p[0], other, f->port, "/silent/x");
  probe_start(&p[1], other, f->port, "/drip-long/x");
  probe_start(&p[2], other, f->port, "/large/x");
  probe_turn(f->loop, 100);
  other->free(other);
  for (int i = 0; i < 3; i++) {
    assert_null(p[i].x.inner);
    assert_int_equal(p[i].ends, 0);
  }
}

static void a_proxy_that_refuses(void **state) {
  fixture *f = *state;
  char proxy[64];
  snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", f->port);
  probe p = {.options.proxy = proxy};
  probe_get(f, &p, "https://service.example/x");
  assert_int_equal(p.fault, MR_HTTP_CONNECT);
  assert_non_null(strstr(p.why, "403"));
  assert_int_equal(p.heads, 0);
  const char *why = "";
  setenv("https_proxy", proxy, 1); /* and as the environment names it, when the transport is made */
  f->http->free(f->http);
  f->http = mr_http_curl_new(f->loop, &why);
  assert_non_null(f->http);
  probe q = {0};
  probe_get(f, &q, "https://service.example/x");
  unsetenv("https_proxy");
  assert_int_equal(q.fault, MR_HTTP_CONNECT);
  snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", fault_server_refused_port(f->server));
  probe nobody = {.options.proxy = proxy};
  probe_get(f, &nobody, "https://service.example/x");
  assert_int_equal(nobody.fault, MR_HTTP_CONNECT);
}

static void a_plain_server_is_no_tls_server(void **state) {
  fixture *f = *state;
  char url[64];
  snprintf(url, sizeof url, "https://127.0.0.1:%d/garbage/x", f->port);
  probe p = {.options.connect_ms = 300};
  probe_get(f, &p, url);
  assert_true(p.fault == MR_HTTP_TLS || p.fault == MR_HTTP_TIMEOUT);
}

static void certificates_must_fit(void **state) {
  fixture *f = *state;
  char *folder = support_folder(), ca[512], url[64];
  snprintf(ca, sizeof ca, "%s/cert.pem", folder);
  if (!probe_certificate(folder, "/CN=wrong.example", "DNS:wrong.example")) {
    print_message("no openssl program: certificates are not tested\n");
    skip();
  }
  snprintf(url, sizeof url, "https://127.0.0.1:%d/", probe_tls_server(folder, 3));
  probe unknown = {0}, other_name = {.options.ca_file = ca}, no_file = {.options.ca_file = "/none"};
  probe_get(f, &unknown, url);
  assert_int_equal(unknown.fault, MR_HTTP_TLS);
  probe_get(f, &other_name, url);
  assert_int_equal(other_name.fault, MR_HTTP_TLS);
  assert_non_null(strstr(other_name.why, "127.0.0.1"));
  probe_get(f, &no_file, url);
  assert_int_equal(no_file.fault, MR_HTTP_TLS);
  assert_true(probe_certificate(folder, "/CN=localhost", "IP:127.0.0.1"));
  snprintf(url, sizeof url, "https://127.0.0.1:%d/", probe_tls_server(folder, 1));
  probe good = {.options.ca_file = ca};
  probe_get(f, &good, url);
  assert_int_equal(good.fault, MR_HTTP_OK);
  assert_int_equal(good.status, 200);
  support_remove_tree(folder);
  free(folder);
}

static void many_at_once(void **state) {
  fixture *f = *state;
  enum { MANY = 100 };
  static const char *const paths[] = {"/ok/x", "/large/x", "/nothing/x", "/drip/x", "/body-cut/x"};
  probe *all = calloc(MANY, sizeof *all), *list[MANY];
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < MANY; i++) {
      list[i] = &all[i];
      probe_begin(f, list[i], paths[i % 5]);
    }
    probe_run(f->loop, list, MANY);
    for (int i = 0; i < MANY; i++)
      assert_int_equal(all[i].fault, i % 5 == 2 || i % 5 == 4 ? MR_HTTP_BROKEN : MR_HTTP_OK);
  }
  free(all);
}

static void no_signal_of_a_broken_pipe(void **state) {
  fixture *f = *state;
  sigset_t mask;
  struct sigaction old, usual = {.sa_handler = SIG_DFL};
  sigaction(SIGPIPE, &usual, &old);
  for (int i = 0; i < 3; i++)
    uploads_that_are_not_taken(state);
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  assert_false(sigismember(&mask, SIGPIPE));
  sigaction(SIGPIPE, &old, NULL);
  probe p = {0};
  probe_get(f, &p, "/ok/x");
}

static void faults_have_names(void **state) {
  (void)state;
  assert_string_equal(mr_http_fault_name(MR_HTTP_RESOLVE), "ResolveError");
  assert_string_equal(mr_http_fault_name(MR_HTTP_LIBRARY), "NoNetwork");
  assert_string_equal(mr_http_fault_name(MR_HTTP_OTHER), "ConnectionError");
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, probe_tear_down)
#define BOTH(name) T(name), {#name "_by_curl", name, set_up_curl, probe_tear_down, NULL}
  const struct CMUnitTest tests[] = {
      BOTH(every_case_has_its_fault),
      {"every_case_under_virtual_time", every_case_has_its_fault, set_up_virtual, probe_tear_down, NULL},
      BOTH(a_refused_connection),
      BOTH(a_name_without_address),
      T(urls_that_are_none),
      BOTH(connections_are_reused),
      BOTH(stale_connections_are_replaced),
      BOTH(no_body_is_sent_twice),
      BOTH(the_head_comes_before_the_body),
      BOTH(heads_are_read_as_they_are),
      BOTH(the_request_goes_out_as_it_is),
      T(files_are_sent_by_ranges),
      T(uploads_that_are_not_taken),
      BOTH(pauses_hold_the_peer),
      BOTH(cancel_drops_the_connection),
      BOTH(open_exchanges_end_with_the_transport),
      T(a_proxy_that_refuses),
      BOTH(a_plain_server_is_no_tls_server),
      BOTH(certificates_must_fit),
      BOTH(many_at_once),
      T(no_signal_of_a_broken_pipe),
      cmocka_unit_test(faults_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
