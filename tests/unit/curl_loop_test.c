/* SPDX-License-Identifier: MIT
 *
 * curl_loop_test.c -- handles of libcurl on our loop: each is told of its end once, and not at all
 * when it was removed before. */
#include "host/curl_loop.h"

#include <stdio.h>

#include "tests/support/http_probe.h"
#include "tests/support/support.h"

typedef struct job {
  mr_curl_job job; /* first */
  int ends;
  CURLcode code;
} job;

typedef struct fixture {
  mr_clock clock;
  mr_loop *loop;
  mr_curl_loop curl;
  fault_server *server;
  CURL *easy;
} fixture;

static void on_done(mr_curl_job *j, CURLcode code) {
  job *own = (job *)(void *)j;
  own->ends++;
  own->code = code;
}

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  const char *why = "";
  probe_no_proxies();
  mr_clock_init(&f->clock);
  f->loop = mr_loop_new(NULL, &f->clock);
  if (mr_curl_loop_init(&f->curl, f->loop, &why) != MR_OK)
    fail_msg("%s", why);
  f->server = fault_server_start();
  f->easy = f->curl.curl.easy_init();
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  f->curl.curl.easy_cleanup(f->easy);
  mr_curl_loop_clear(&f->curl);
  assert_int_equal(mr_loop_watches(f->loop), 0);
  assert_int_equal(mr_loop_real_next(f->loop), INT64_MAX);
  mr_loop_free(f->loop);
  fault_server_free(f->server);
  free(f);
  return 0;
}

static size_t swallow(char *bytes, size_t one, size_t n, void *ud) {
  MR_UNUSED(bytes);
  MR_UNUSED(ud);
  return one * n;
}

static void begin(fixture *f, job *j, const char *path, bool connect_only) {
  char url[128];
  const mr_http_options none = {0};
  snprintf(url, sizeof url, "http://127.0.0.1:%d%s", fault_server_port(f->server), path);
  mr_curl_prepare(&f->curl.curl, f->easy);
  mr_curl_reach(&f->curl, f->easy, &none);
  f->curl.curl.easy_setopt(f->easy, CURLOPT_URL, url);
  f->curl.curl.easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, swallow);
  f->curl.curl.easy_setopt(f->easy, CURLOPT_CONNECT_ONLY, (long)connect_only);
  j->job.done = on_done;
  assert_int_equal(mr_curl_loop_add(&f->curl, f->easy, &j->job), MR_OK);
  assert_int_equal(j->ends, 0); /* never from within */
}

static void run(fixture *f, const job *j) {
  int64_t limit = mr_clock_real() + 20 * MR_SECOND;
  while (!j->ends && mr_clock_real() < limit)
    mr_loop_turn(f->loop, MR_SECOND);
  assert_int_equal(j->ends, 1);
}

static void a_transfer_ends_once(void **state) {
  fixture *f = *state;
  job good = {.ends = 0}, cut = {.ends = 0};
  begin(f, &good, "/ok/x", false);
  run(f, &good);
  assert_int_equal(good.code, CURLE_OK);
  mr_curl_loop_remove(&f->curl, f->easy);
  begin(f, &cut, "/body-cut/x", false);
  run(f, &cut);
  assert_int_equal(mr_curl_fault(cut.code), MR_HTTP_BROKEN);
  mr_curl_loop_remove(&f->curl, f->easy);
  mr_curl_loop_remove(&f->curl, f->easy); /* harmless */
}

static void what_is_removed_is_told_nothing(void **state) {
  fixture *f = *state;
  job j = {.ends = 0};
  begin(f, &j, "/silent/x", false);
  for (int i = 0; i < 10; i++)
    mr_loop_turn(f->loop, 10 * MR_SECOND / 1000);
  assert_true(mr_loop_watches(f->loop) > 0);
  mr_curl_loop_remove(&f->curl, f->easy);
  for (int i = 0; i < 5; i++)
    mr_loop_turn(f->loop, 10 * MR_SECOND / 1000);
  assert_int_equal(j.ends, 0);
}

static void bytes_on_a_connection(void **state) {
  fixture *f = *state;
  job j = {.ends = 0};
  char text[512] = "";
  size_t n, at = 0;
  CURLcode code;
  begin(f, &j, "/", true);
  run(f, &j);
  assert_int_equal(j.code, CURLE_OK);
  assert_int_equal(mr_curl_loop_recv(&f->curl, f->easy, text, sizeof text, &n), CURLE_AGAIN);
  mr_slice request = mr_slice_of("GET /closing/x HTTP/1.1\r\nHost: x\r\n\r\n");
  assert_int_equal(mr_curl_loop_send(&f->curl, f->easy, request, &n), CURLE_OK);
  assert_int_equal(n, request.len);
  int64_t limit = mr_clock_real() + 20 * MR_SECOND;
  for (;;) {
    code = mr_curl_loop_recv(&f->curl, f->easy, text + at, sizeof text - 1 - at, &n);
    if ((code == CURLE_OK && n == 0) || (code != CURLE_OK && code != CURLE_AGAIN) || mr_clock_real() > limit)
      break;
    at += n;
    if (code == CURLE_AGAIN)
      mr_loop_turn(f->loop, MR_SECOND / 100);
  }
  assert_int_equal(code, CURLE_OK);
  assert_true(memcmp(text, "HTTP/1.1 200 OK\r\n", 17) == 0);
  assert_non_null(strstr(text, "{\"ok\":true}"));
  mr_curl_loop_remove(&f->curl, f->easy); /* closes it */
  assert_int_not_equal(mr_curl_loop_send(&f->curl, f->easy, request, &n), CURLE_OK);
}

static void codes_have_faults(void **state) {
  static const struct {
    CURLcode code;
    mr_http_fault fault;
  } table[] = {
      {CURLE_OK, MR_HTTP_OK},
      {CURLE_COULDNT_RESOLVE_HOST, MR_HTTP_RESOLVE},
      {CURLE_COULDNT_CONNECT, MR_HTTP_CONNECT},
      {CURLE_PROXY, MR_HTTP_CONNECT},
      {CURLE_PEER_FAILED_VERIFICATION, MR_HTTP_TLS},
      {CURLE_SSL_CACERT_BADFILE, MR_HTTP_TLS},
      {CURLE_OPERATION_TIMEDOUT, MR_HTTP_TIMEOUT},
      {CURLE_URL_MALFORMAT, MR_HTTP_PROTOCOL},
      {CURLE_RECV_ERROR, MR_HTTP_BROKEN},
      {CURLE_OUT_OF_MEMORY, MR_HTTP_MEMORY},
      {CURLE_FAILED_INIT, MR_HTTP_OTHER},
  };
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(table); i++)
    assert_int_equal(mr_curl_fault(table[i].code), table[i].fault);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      T(a_transfer_ends_once),
      T(what_is_removed_is_told_nothing),
      T(bytes_on_a_connection),
      cmocka_unit_test(codes_have_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
