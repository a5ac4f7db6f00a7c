/* SPDX-License-Identifier: MIT
 *
 * uri_test.c -- percent-encoding, URLs taken apart, query strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bindings/uri.h"

#define S(text) mr_slice_make(text, sizeof(text) - 1)

static void encode_keeps_only_unreserved(void **state) {
  mr_buf b;
  (void)state;
  mr_buf_init(&b, NULL);
  mr_uri_encode(&b, S("AZaz09-._~"), false);
  assert_string_equal(mr_buf_text(&b), "AZaz09-._~");
  mr_buf_reset(&b);
  mr_uri_encode(&b, S("a b/\xc3\xbc+x=1&%*\0"), false);
  assert_string_equal(mr_buf_text(&b), "a%20b%2F%C3%BC%2Bx%3D1%26%25%2A%00");
  mr_buf_reset(&b);
  mr_uri_encode(&b, S("a b/\xc3\xbc+x=1.jsonl"), true);
  assert_string_equal(mr_buf_text(&b), "a%20b/%C3%BC%2Bx%3D1.jsonl");
  mr_buf_reset(&b);
  mr_uri_encode(&b, mr_slice_make(NULL, 0), true);
  assert_int_equal(b.len, 0);
  mr_buf_clear(&b);
}

static void decode_undoes_encode_and_refuses_bad_escapes(void **state) {
  static const char *const bad[] = {"%", "%4", "%4g", "%g4", "abc%", "%%41"};
  mr_buf plain, coded, back;
  (void)state;
  mr_buf_init(&plain, NULL);
  mr_buf_init(&coded, NULL);
  mr_buf_init(&back, NULL);
  for (int c = 0; c < 256; c++)
    mr_buf_putc(&plain, (char)c);
  mr_uri_encode(&coded, mr_buf_view(&plain), false);
  assert_int_equal(mr_uri_decode(&back, mr_buf_view(&coded)), MR_OK);
  assert_int_equal(back.len, 256);
  assert_memory_equal(back.ptr, plain.ptr, 256);
  for (size_t i = 0; i < MR_COUNT(bad); i++)
    assert_int_equal(mr_uri_decode(&back, mr_slice_of(bad[i])), MR_ERR_ARG);
  assert_int_equal(back.len, 256);
  mr_buf_reset(&back);
  assert_int_equal(mr_uri_decode(&back, S("a+b%2b%2B")), MR_OK);
  assert_string_equal(mr_buf_text(&back), "a+b++");
  mr_buf_clear(&plain);
  mr_buf_clear(&coded);
  mr_buf_clear(&back);
}

static void check(mr_slice part, const char *want) {
  if (!want) {
    assert_null(part.ptr);
    return;
  }
  assert_non_null(part.ptr);
  assert_int_equal(part.len, strlen(want));
  assert_memory_equal(part.ptr, want, part.len);
}

static void url_is_taken_apart(void **state) {
  mr_uri u;
  (void)state;
  assert_int_equal(mr_uri_parse(S("https://b.s3.amazonaws.com:8443/a%20b/c?x=1&y=%2F?z#top"), &u),
                   MR_OK);
  check(u.scheme, "https");
  check(u.userinfo, NULL);
  check(u.host, "b.s3.amazonaws.com");
  assert_int_equal(u.port, 8443);
  check(u.path, "/a%20b/c");
  check(u.query, "x=1&y=%2F?z");
  check(u.fragment, "top");
  assert_int_equal(mr_uri_parse(S("http://[::1]:9000"), &u), MR_OK);
  check(u.host, "[::1]");
  assert_int_equal(u.port, 9000);
  check(u.path, "");
  check(u.query, NULL);
  assert_int_equal(mr_uri_parse(S("http://me:pw@h?q"), &u), MR_OK);
  check(u.userinfo, "me:pw");
  check(u.host, "h");
  check(u.query, "q");
  assert_int_equal(u.port, -1);
  assert_int_equal(mr_uri_parse(S("s3+x://h#f"), &u), MR_OK);
  check(u.scheme, "s3+x");
  check(u.fragment, "f");
}

static void bad_url_is_refused(void **state) {
  static const char *const bad[] = {"",
                                    "h",
                                    "//h/",
                                    "http:/h",
                                    "http://",
                                    "http:///p",
                                    "http://h:/",
                                    "http://h:x/",
                                    "http://h:65536",
                                    "http://h:123456",
                                    "1http://h",
                                    "http://h /",
                                    "http://h\n",
                                    "http://[::1",
                                    "http://[]",
                                    "http://[g::]",
                                    "http://a:b@c:d",
                                    "http://h\\x",
                                    "http://a@b@c",
                                    "http://[::1]x"};
  mr_uri u;
  (void)state;
  for (size_t i = 0; i < MR_COUNT(bad); i++)
    assert_int_equal(mr_uri_parse(mr_slice_of(bad[i]), &u), MR_ERR_ARG);
}

static void query_pairs_come_in_order(void **state) {
  mr_slice rest = S("&a=1&b&&c=&=d&e=f=g&"), name, value;
  static const char *const want[][2] = {
      {"a", "1"}, {"b", NULL}, {"c", ""}, {"", "d"}, {"e", "f=g"}};
  (void)state;
  for (size_t i = 0; i < MR_COUNT(want); i++) {
    assert_true(mr_query_next(&rest, &name, &value));
    check(name, want[i][0]);
    check(value, want[i][1]);
  }
  assert_false(mr_query_next(&rest, &name, &value));
  rest = mr_slice_make(NULL, 0);
  assert_false(mr_query_next(&rest, &name, &value));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(encode_keeps_only_unreserved),
      cmocka_unit_test(decode_undoes_encode_and_refuses_bad_escapes),
      cmocka_unit_test(url_is_taken_apart),
      cmocka_unit_test(bad_url_is_refused),
      cmocka_unit_test(query_pairs_come_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
