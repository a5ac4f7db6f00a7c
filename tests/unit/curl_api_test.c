/* SPDX-License-Identifier: MIT
 *
 * Tests of host/curl_api.c: the library loads, any number of times, with every function and
 * what the transport needs of it. */
#include "host/curl_api.h"

#include "tests/support/support.h"

static void every_function_is_there(void **state) {
  (void)state;
  for (int i = 0; i < 3; i++) {
    const char *why = "";
    mr_curl curl;
    memset(&curl, 0, sizeof curl);
    if (mr_curl_load(&curl, &why) != MR_OK)
      fail_msg("%s", why);
    void *functions[sizeof curl / sizeof(void *)];
    memcpy(functions, &curl, sizeof curl);
    for (size_t k = 0; k < MR_COUNT(functions); k++)
      assert_non_null(functions[k]);
  }
}

static void what_the_transport_needs(void **state) {
  const char *why = "";
  mr_curl curl;
  (void)state;
  assert_int_equal(mr_curl_load(&curl, &why), MR_OK);
  const curl_version_info_data *info = curl.version_info(CURLVERSION_NOW);
  assert_true(info->features & CURL_VERSION_SSL);
  assert_true(info->features & CURL_VERSION_ASYNCHDNS); /* no wait for names on the loop */
  CURL *easy = curl.easy_init();
  assert_non_null(easy);
  assert_int_equal(curl.easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L), CURLE_OK);
  assert_int_equal(curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"), CURLE_OK);
  curl.easy_cleanup(easy);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_function_is_there),
      cmocka_unit_test(what_the_transport_needs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
