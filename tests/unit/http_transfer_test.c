/* SPDX-License-Identifier: MIT
 *
 * Tests of host/http_transfer.c by itself: the list of a request's headers, and every fault
 * that libcurl's codes come to; what crosses a socket is tested with http_curl.c. */
#include "host/http_transfer.h"

#include <sys/resource.h>

#include "tests/support/support.h"

typedef struct fixture {
  mr_curl_loop loop; /* without a loop: nothing is sent */
  mr_transfer t;
} fixture;

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  const char *why = "";
  if (mr_curl_load(&f->loop.curl, &why) != MR_OK)
    fail_msg("%s", why);
  f->t.loop = &f->loop;
  f->t.curl = &f->loop.curl;
  f->t.easy = f->loop.curl.easy_init();
  mr_buf_init(&f->t.head, NULL);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  mr_transfer_headers_free(&f->t);
  f->loop.curl.easy_cleanup(f->t.easy);
  mr_buf_clear(&f->t.head);
  free(f);
  return 0;
}

static int count(const struct curl_slist *list, const char *line) {
  int n = 0;
  for (; list; list = list->next)
    n += strcmp(list->data, line) == 0;
  return n;
}

static void headers_replace_those_of_the_library(void **state) {
  fixture *f = *state;
  const mr_pair headers[] = {
      {mr_slice_of("content-type"), mr_slice_of("application/json")},
      {mr_slice_of("Content-Length"), mr_slice_of("5")}, /* is the library's to write */
      {mr_slice_of("x-empty"), mr_slice_of("")},
      {mr_slice_of("expect"), mr_slice_of("100-continue")},
  };
  mr_http_request r = {.method = "GET", .url = "http://x/", .headers = headers, .header_count = 4};
  assert_true(mr_transfer_headers(&f->t, &r));
  assert_int_equal(count(f->t.headers, "content-type: application/json"), 1);
  assert_int_equal(count(f->t.headers, "Content-Type:"), 0);
  assert_int_equal(count(f->t.headers, "x-empty;"), 1);
  assert_int_equal(count(f->t.headers, "expect: 100-continue"), 1);
  assert_int_equal(count(f->t.headers, "Expect:"), 0);
  assert_int_equal(count(f->t.headers, "Accept:"), 1); /* left out */
  assert_int_equal(count(f->t.headers, "User-Agent:"), 0); /* the library has none */
  assert_int_equal(count(f->t.headers, "Content-Length: 5"), 0);
}

static void every_code_has_its_fault(void **state) {
  fixture *f = *state;
  static const struct {
    CURLcode code;
    mr_http_fault fault;
  } table[] = {
      {CURLE_COULDNT_RESOLVE_HOST, MR_HTTP_RESOLVE}, {CURLE_COULDNT_CONNECT, MR_HTTP_CONNECT},
      {CURLE_PEER_FAILED_VERIFICATION, MR_HTTP_TLS}, {CURLE_SSL_CONNECT_ERROR, MR_HTTP_TLS},
      {CURLE_SSL_CACERT_BADFILE, MR_HTTP_TLS},       {CURLE_OPERATION_TIMEDOUT, MR_HTTP_TIMEOUT},
      {CURLE_WEIRD_SERVER_REPLY, MR_HTTP_PROTOCOL},  {CURLE_URL_MALFORMAT, MR_HTTP_PROTOCOL},
      {CURLE_HTTP2_STREAM, MR_HTTP_BROKEN},          {CURLE_PARTIAL_FILE, MR_HTTP_BROKEN},
      {CURLE_GOT_NOTHING, MR_HTTP_BROKEN},           {CURLE_OUT_OF_MEMORY, MR_HTTP_MEMORY},
      {CURLE_FAILED_INIT, MR_HTTP_OTHER},            {CURLE_OK, MR_HTTP_BROKEN}, /* no head */
  };
  char why[CURL_ERROR_SIZE];
  for (size_t i = 0; i < MR_COUNT(table); i++) {
    assert_int_equal(mr_transfer_fault(&f->t, table[i].code), table[i].fault);
    mr_transfer_why(&f->t, table[i].code, why);
    assert_true(why[0] != '\0');
  }
  f->t.head_given = true;
  assert_int_equal(mr_transfer_fault(&f->t, CURLE_OK), MR_HTTP_OK);
  f->t.body_error = -1;
  assert_int_equal(mr_transfer_fault(&f->t, CURLE_ABORTED_BY_CALLBACK), MR_HTTP_BODY);
  mr_transfer_why(&f->t, CURLE_ABORTED_BY_CALLBACK, why);
  assert_non_null(strstr(why, "shorter"));
  f->t.too_large = true;
  assert_int_equal(mr_transfer_fault(&f->t, CURLE_WRITE_ERROR), MR_HTTP_PROTOCOL);
}

static void a_lack_of_descriptors_is_named(void **state) {
  fixture *f = *state;
  char why[CURL_ERROR_SIZE];
  struct rlimit limit, none;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  none = limit;
  none.rlim_cur = 0;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  mr_transfer_why(&f->t, CURLE_COULDNT_CONNECT, why);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  assert_string_equal(why, "no file descriptor is left: Couldn't connect to server");
  mr_transfer_why(&f->t, CURLE_COULDNT_CONNECT, why);
  assert_string_equal(why, "Couldn't connect to server");
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      T(headers_replace_those_of_the_library),
      T(every_code_has_its_fault), T(a_lack_of_descriptors_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
