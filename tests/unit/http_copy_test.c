/* SPDX-License-Identifier: MIT
 *
 * Tests of host/http_copy.c: the copy stands when what it was made from is gone. */
#define _GNU_SOURCE
#include "host/http_copy.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/support/support.h"

static void the_original_may_go(void **state) {
  MR_UNUSED(state);
  char method[] = "PUT", url[] = "http://h/k?q=1", name[] = "x-a", value[] = "1", body[] = "bytes";
  char ca[] = "/ca.pem";
  mr_pair headers[] = {{mr_slice_of(name), mr_slice_of(value)}, {mr_slice_of(name), {"", 0}}};
  mr_http_request q = {.method = method, .url = url, .headers = headers, .header_count = 2};
  q.body = (mr_http_body){mr_slice_of(body), -1, 0, 5};
  q.options.ca_file = ca;
  mr_http_copy c;
  assert_true(mr_http_copy_make(&c, &q));
  memset(method, '#', 3);
  memset(url, '#', 5);
  memset(name, '#', 3);
  memset(value, '#', 1);
  memset(body, '#', 5);
  memset(ca, '#', 3);
  assert_string_equal(c.request.method, "PUT");
  assert_string_equal(c.request.url, "http://h/k?q=1");
  assert_string_equal(c.request.options.ca_file, "/ca.pem");
  assert_null(c.request.options.proxy);
  assert_int_equal(c.request.header_count, 2);
  assert_memory_equal(c.request.headers[0].name.ptr, "x-a", 3);
  assert_memory_equal(c.request.headers[0].value.ptr, "1", 1);
  assert_int_equal(c.request.headers[1].value.len, 0);
  assert_memory_equal(c.request.body.memory.ptr, "bytes", 5);
  mr_http_copy_clear(&c);
  mr_http_copy_clear(&c);
}

static void a_file_is_shared(void **state) {
  MR_UNUSED(state);
  FILE *file = tmpfile();
  assert_non_null(file);
  mr_http_request q = {.method = "PUT", .url = "http://h/"};
  q.body.fd = fileno(file);
  q.body.length = 3;
  mr_http_copy c;
  assert_true(mr_http_copy_make(&c, &q));
  fclose(file);
  assert_int_equal(pwrite(c.request.body.fd, "abc", 3, 0), 3);
  mr_http_copy_clear(&c);
  q.body.fd = 1 << 20; /* none of ours */
  assert_false(mr_http_copy_make(&c, &q));
  mr_http_copy_clear(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_original_may_go),
                                     cmocka_unit_test(a_file_is_shared)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
