/* SPDX-License-Identifier: MIT
 *
 * siphash_test.c -- hashes of 0, 1, 2, ... under the key 00 to 0f, as the reference and OpenSSL
 * give them. */
#include "tests/support/support.h"

#include "bindings/siphash.h"
#include "bindings/text.h"

static void expect(size_t n, const char *hex) {
  const mr_siphash_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
  char bytes[64];
  unsigned char result[16];
  mr_buf out;
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (char)i;
  mr_hash128 hash = mr_siphash(key, mr_slice_make(bytes, n));
  for (int i = 0; i < 8; i++) {
    result[i] = (unsigned char)(hash.low >> (8 * i));
    result[8 + i] = (unsigned char)(hash.high >> (8 * i));
  }
  mr_buf_init(&out, NULL);
  mr_hex_encode(&out, result, sizeof result);
  assert_string_equal(mr_buf_text(&out), hex);
  mr_buf_clear(&out);
}

static void the_known_values(void **state) {
  MR_UNUSED(state);
  expect(0, "a3817f04ba25a8e66df67214c7550293");
  expect(1, "da87c1d86b99af44347659119b22fc45");
  expect(7, "a1f1ebbed8dbc153c0b84aa61ff08239");
  expect(8, "3b62a9ba6258f5610f83e264f31497b4");
  expect(15, "5493e99933b0a8117e08ec0f97cfc3d9");
  expect(63, "5150d1772f50834a503e069a973fbd7c");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_known_values)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
