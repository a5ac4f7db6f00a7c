/* SPDX-License-Identifier: MIT
 *
 * http_origin_test.c -- simple URLs are taken apart, all others are left to libcurl. */
#include "host/http_origin.h"

#include <stdio.h>

#include "tests/support/support.h"

static mr_origin read_it(const char *url, const mr_http_options *options) {
  mr_origin o;
  if (!mr_origin_read(&o, url, options))
    fail_msg("%s is simple", url);
  return o;
}

static void simple_urls(void **state) {
  const mr_http_options none = {0};
  static const struct {
    const char *url;
    bool tls;
    const char *base, *host, *target;
  } cases[] = {
      {"http://127.0.0.1:8080/a/../b//c?x=%20y&&z", false, "http://127.0.0.1:8080", "127.0.0.1:8080",
       "/a/../b//c?x=%20y&&z"},
      {"https://service.us-east-1.example/", true, "https://service.us-east-1.example",
       "service.us-east-1.example", "/"},
      {"https://service.example:443/x", true, "https://service.example:443", "service.example", "/x"},
      {"http://service.example:443/x", false, "http://service.example:443", "service.example:443", "/x"},
      {"HTTP://[::1]:80/x", false, "HTTP://[::1]:80", "[::1]", "/x"},
      {"http://[::1]/x", false, "http://[::1]", "[::1]", "/x"},
  };
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_origin o = read_it(cases[i].url, &none);
    assert_int_equal(o.tls, cases[i].tls);
    assert_true(mr_slice_is(o.base, cases[i].base));
    assert_true(mr_slice_is(o.host, cases[i].host));
    assert_true(mr_slice_is(o.target, cases[i].target));
  }
}

static void others_are_left(void **state) {
  const mr_http_options none = {0};
  static const char *const urls[] = {
      "", "http:", "http://", "http://host", "http://host?x", "ftp://host/", "file:///etc/passwd",
      "http:///x", "http://user:secret@host/", "http://h\xc3\xb6st/", "http://host/a b", "http://host/a#b",
      "http://host/\x7f", "http://host/\xc3\xb6", "http://host/a\r\nX: 1", "//host/x", "host/x",
      "http://ho%73t/", "http://host\\x/", "http://fe80::1%25eth0/",
  };
  MR_UNUSED(state);
  mr_origin o;
  for (size_t i = 0; i < MR_COUNT(urls); i++) {
    if (mr_origin_read(&o, urls[i], &none))
      fail_msg("'%s' was taken", urls[i]);
  }
  char longest[1200] = "http://";
  memset(longest + 7, 'h', 1000);
  strcpy(longest + 1007, "/");
  assert_false(mr_origin_read(&o, longest, &none));
  char ca[1024];
  memset(ca, 'c', sizeof ca - 1);
  ca[sizeof ca - 1] = '\0';
  const mr_http_options far = {.ca_file = ca};
  assert_false(mr_origin_read(&o, "https://host/", &far));
  assert_true(mr_origin_read(&o, "http://host/", &far)); /* it needs none */
}

/* A connection whose peer was checked less must never stand in for one that is checked. */
static void keys_differ_where_it_matters(void **state) {
  const mr_http_options none = {0}, ca = {.ca_file = "/ca.pem"}, other = {.ca_file = "/other.pem"},
                        lax = {.insecure = true}, lax_ca = {.insecure = true, .ca_file = "/ca.pem"};
  mr_origin o[] = {
      read_it("https://host/x", &none),      read_it("https://host/x", &ca),
      read_it("https://host/x", &other),     read_it("https://host/x", &lax),
      read_it("https://host/x", &lax_ca),    read_it("http://host/x", &none),
      read_it("https://host:8443/x", &none), read_it("https://host2/x", &none),
  };
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(o); i++) {
    for (size_t k = 0; k < i; k++)
      assert_string_not_equal(o[i].key, o[k].key);
  }
  const mr_http_options times = {.connect_ms = 1, .idle_ms = 2, .total_ms = 3};
  assert_string_equal(read_it("https://host/y?z", &times).key, o[0].key);
  assert_string_equal(read_it("http://host/", &lax_ca).key, o[5].key); /* nothing is checked there */
}

static void a_list_of_them(void **state) {
  mr_origins list = {0};
  char url[64];
  MR_UNUSED(state);
  assert_false(mr_origins_have(&list, mr_slice_of("https://a")));
  mr_origins_add(&list, "https://a/x?y");
  mr_origins_add(&list, "https://a/z");
  mr_origins_add(&list, "https://user@b/x"); /* is none */
  assert_int_equal(list.count, 1);
  assert_true(mr_origins_have(&list, mr_slice_of("https://a")));
  assert_false(mr_origins_have(&list, mr_slice_of("https://a:8443")));
  for (int i = 0; i < 1000; i++) {
    snprintf(url, sizeof url, "https://host%d/", i);
    mr_origins_add(&list, url);
  }
  assert_true(list.count < 100); /* it is bounded */
  mr_origins_clear(&list);
  assert_int_equal(list.count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(simple_urls),
      cmocka_unit_test(others_are_left),
      cmocka_unit_test(keys_differ_where_it_matters),
      cmocka_unit_test(a_list_of_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
