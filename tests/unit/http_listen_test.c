/* SPDX-License-Identifier: MIT
 *
 * http_listen_test.c -- where a server listens, and why it cannot. */
#define _GNU_SOURCE
#include "host/http_listen.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/base.h"
#include "tests/support/support.h"

static void a_free_port_is_named(void **state) {
  MR_UNUSED(state);
  const char *why = NULL;
  int port = 0;
  bool six = true;
  int fd = mr_http_listen("127.0.0.1", &port, &six, &why);
  assert_true(fd >= 0 && port > 0);
  assert_false(six);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof to), 0);
  close(client);

  int again = port; /* it is taken now */
  assert_int_equal(mr_http_listen("127.0.0.1", &again, &six, &why), -1);
  assert_string_equal(why, "Address already in use");
  close(fd);
}

static void an_address_of_version_six_is_seen(void **state) {
  MR_UNUSED(state);
  const char *why = NULL;
  int port = 0;
  bool six = false;
  int fd = mr_http_listen("::1", &port, &six, &why);
  assert_true(six);
  if (fd < 0) /* a machine without it */
    assert_non_null(strstr(why, "address"));
  else
    assert_true(port > 0);
  close(fd);
}

static void names_and_half_addresses_are_refused(void **state) {
  static const char *const bad[] = {"localhost", "", "127.0.0", "1.2.3.4.5", "::g", "127.0.0.1:80"};
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(bad); i++) {
    const char *why = NULL;
    int port = 0;
    bool six;
    assert_int_equal(mr_http_listen(bad[i], &port, &six, &why), -1);
    assert_non_null(strstr(why, "is not numeric"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_free_port_is_named),
      cmocka_unit_test(an_address_of_version_six_is_seen),
      cmocka_unit_test(names_and_half_addresses_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
