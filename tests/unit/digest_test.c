/* SPDX-License-Identifier: MIT
 *
 * digest_test.c -- hashes and checksums against published values: RFC 1321, FIPS 180-4,
 * RFC 4231, the check values of the CRCs, and each CRC against its definition bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "bindings/crc.h"
#include "bindings/digest.h"
#include "bindings/text.h"

static void check_hex(const unsigned char *digest, size_t n, const char *want) {
  mr_buf b;
  mr_buf_init(&b, NULL);
  mr_hex_encode(&b, digest, n);
  assert_string_equal(mr_buf_text(&b), want);
  mr_buf_clear(&b);
}

static void digest_of_known_text_matches(void **state) {
  static const struct {
    mr_digest_kind kind;
    const char *text, *hex;
  } cases[] = {
      {MR_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
      {MR_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
      {MR_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
      {MR_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {MR_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {MR_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {MR_SHA512, "abc",
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
      {MR_CRC32, "123456789", "cbf43926"},
      {MR_CRC32, "hello world", "0d4a1185"},
      {MR_CRC32, "", "00000000"},
      {MR_CRC32C, "123456789", "e3069283"},
      {MR_CRC32C, "hello world", "c99465aa"},
      {MR_CRC32C, "", "00000000"},
      {MR_CRC64NVME, "123456789", "ae8b14860a799888"},
      {MR_CRC64NVME, "hello world", "8d29d5c3f6ea8ebe"},
      {MR_CRC64NVME, "", "0000000000000000"},
  };
  (void)state;
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    unsigned char out[MR_DIGEST_MAX];
    size_t n = 0, len = strlen(cases[i].text);
    assert_int_equal(mr_digest(cases[i].kind, cases[i].text, len, out, &n), MR_OK);
    assert_int_equal(n, mr_digest_size(cases[i].kind));
    check_hex(out, n, cases[i].hex);
  }
}

static void hasher_fed_in_pieces_matches_and_starts_over(void **state) {
  unsigned char data[1000], whole[MR_DIGEST_MAX], pieces[MR_DIGEST_MAX];
  (void)state;
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (unsigned char)(i * 131 + (i >> 3));
  for (int kind = MR_MD5; kind <= MR_CRC64NVME; kind++) {
    size_t n = 0, m = 0;
    assert_int_equal(mr_digest((mr_digest_kind)kind, data, sizeof data, whole, &n), MR_OK);
    mr_hasher *h = mr_hasher_new(NULL, (mr_digest_kind)kind);
    assert_non_null(h);
    assert_int_equal(mr_hasher_kind(h), kind);
    for (int round = 0; round < 2; round++) {
      for (size_t at = 0, step = 0; at < sizeof data; at += step, step = (step + 3) % 40)
        assert_int_equal(
            mr_hasher_update(h, data + at, step < sizeof data - at ? step : sizeof data - at),
            MR_OK);
      assert_int_equal(mr_hasher_final(h, pieces, &m), MR_OK);
      assert_int_equal(n, m);
      assert_memory_equal(whole, pieces, n);
    }
    mr_hasher_free(h);
  }
  mr_hasher_free(NULL);
}

static void hasher_gives_counted_memory_back(void **state) {
  mr_alloc alloc;
  (void)state;
  mr_alloc_init(&alloc, NULL, NULL, 0);
  mr_hasher_free(mr_hasher_new(&alloc, MR_SHA256));
  assert_int_equal(alloc.used, 0);
  assert_true(alloc.peak > 0);
  mr_alloc_init(&alloc, NULL, NULL, 1);
  assert_null(mr_hasher_new(&alloc, MR_SHA256));
}

/* The definition: one bit at a time. */
static uint64_t slow_crc(uint64_t polynomial, uint64_t ones, const unsigned char *p, size_t n) {
  uint64_t crc = ones;
  for (size_t i = 0; i < n; i++) {
    crc ^= p[i];
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
  }
  return crc ^ ones;
}

static void crc_of_every_length_and_alignment_matches_definition(void **state) {
  static unsigned char data[2100];
  uint32_t seed = 1;
  (void)state;
  for (size_t i = 0; i < sizeof data; i++) {
    seed = seed * 1664525 + 1013904223;
    data[i] = (unsigned char)(seed >> 24);
  }
  for (size_t n = 0; n < 2080; n += n < 600 ? 1 : 37) {
    const unsigned char *p = data + n % 17;
    assert_int_equal(mr_crc32(0, p, n), slow_crc(0xedb88320, 0xffffffff, p, n));
    assert_int_equal(mr_crc32c(0, p, n), slow_crc(0x82f63b78, 0xffffffff, p, n));
    assert_true(mr_crc64nvme(0, p, n) == slow_crc(UINT64_C(0x9a6c9329ac4bc9b5), UINT64_MAX, p, n));
    size_t half = n / 3;
    assert_int_equal(mr_crc32(mr_crc32(0, p, half), p + half, n - half), mr_crc32(0, p, n));
    assert_int_equal(mr_crc32c(mr_crc32c(0, p, half), p + half, n - half), mr_crc32c(0, p, n));
    assert_true(mr_crc64nvme(mr_crc64nvme(0, p, half), p + half, n - half) ==
                mr_crc64nvme(0, p, n));
  }
}

static void hmac_matches_rfc_4231(void **state) {
  unsigned char key[131], data[50], out[MR_DIGEST_MAX];
  size_t n = 0;
  (void)state;
  memset(key, 0x0b, 20);
  assert_int_equal(mr_hmac_sha256(key, 20, "Hi There", 8, out), MR_OK);
  check_hex(out, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  assert_int_equal(mr_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out), MR_OK);
  check_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  memset(key, 0xaa, sizeof key);
  memset(data, 0xdd, sizeof data);
  assert_int_equal(mr_hmac_sha256(key, 20, data, 50, out), MR_OK);
  check_hex(out, 32, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  const char *text = "Test Using Larger Than Block-Size Key - Hash Key First";
  assert_int_equal(mr_hmac_sha256(key, 131, text, strlen(text), out), MR_OK);
  check_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  assert_int_equal(mr_hmac(MR_SHA512, "Jefe", 4, "what do ya want for nothing?", 28, out, &n),
                   MR_OK);
  assert_int_equal(n, 64);
  check_hex(out, 64,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  assert_int_equal(mr_hmac(MR_CRC32, "k", 1, "d", 1, out, NULL), MR_ERR_ARG);
  assert_int_equal(mr_hmac_sha256(NULL, 0, NULL, 0, out), MR_OK);
  check_hex(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* One hasher for many, with hashes in between. */
static void hmac_of_a_hasher_is_the_same(void **state) {
  unsigned char key[64], text[200], want[MR_DIGEST_MAX], out[MR_DIGEST_MAX];
  (void)state;
  for (size_t i = 0; i < sizeof text; i++)
    text[i] = (unsigned char)(i * 7);
  memcpy(key, text + 50, sizeof key);
  for (int kind = MR_SHA1; kind <= MR_SHA256; kind++) {
    mr_hasher *h = mr_hasher_new(NULL, (mr_digest_kind)kind);
    for (size_t n = 0; n <= sizeof text; n += 25) {
      assert_int_equal(mr_hmac((mr_digest_kind)kind, key, n % 65, text, n, want, NULL), MR_OK);
      assert_int_equal(mr_hasher_hmac(h, key, n % 65, text, n, out), MR_OK);
      assert_memory_equal(out, want, mr_digest_size((mr_digest_kind)kind));
      assert_int_equal(mr_digest((mr_digest_kind)kind, text, n, want, NULL), MR_OK);
      assert_int_equal(mr_hasher_update(h, text, n), MR_OK);
      assert_int_equal(mr_hasher_final(h, out, NULL), MR_OK);
      assert_memory_equal(out, want, mr_digest_size((mr_digest_kind)kind));
    }
    mr_hasher_free(h);
  }
}

static void name_is_found_in_either_case(void **state) {
  mr_digest_kind kind;
  (void)state;
  for (int k = MR_MD5; k <= MR_CRC64NVME; k++) {
    assert_true(mr_digest_from_name(mr_slice_of(mr_digest_name((mr_digest_kind)k)), &kind));
    assert_int_equal(kind, k);
  }
  assert_true(mr_digest_from_name(mr_slice_of("CRC64NVME"), &kind));
  assert_int_equal(kind, MR_CRC64NVME);
  assert_false(mr_digest_from_name(mr_slice_of("crc3"), &kind));
  assert_false(mr_digest_from_name(mr_slice_of("crc32x"), &kind));
  assert_false(mr_digest_from_name(mr_slice_of(""), &kind));
}

/* Where FIPS is asked for, SHA-256 is what EVP has: a FIPS provider's, or none. */
static void fips_is_left_to_evp(void **state) {
  unsigned char theirs[32], ours[32];
  (void)state;
  assert_int_equal(EVP_default_properties_enable_fips(NULL, 1), 1);
  int known = EVP_Digest("abc", 3, theirs, NULL, EVP_sha256(), NULL);
  int status = mr_digest(MR_SHA256, "abc", 3, ours, NULL);
  mr_hasher *h = mr_hasher_new(NULL, MR_SHA256);
  EVP_default_properties_enable_fips(NULL, 0);
  assert_int_equal(status, known == 1 ? MR_OK : MR_ERR_MEMORY);
  assert_int_equal(h != NULL, known == 1);
  mr_hasher_free(h);
  assert_int_equal(mr_digest(MR_SHA256, "abc", 3, ours, NULL), MR_OK);
  if (known == 1)
    assert_memory_equal(ours, theirs, 32);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(digest_of_known_text_matches),
      cmocka_unit_test(hasher_fed_in_pieces_matches_and_starts_over),
      cmocka_unit_test(hasher_gives_counted_memory_back),
      cmocka_unit_test(crc_of_every_length_and_alignment_matches_definition),
      cmocka_unit_test(hmac_of_a_hasher_is_the_same),
      cmocka_unit_test(hmac_matches_rfc_4231),
      cmocka_unit_test(name_is_found_in_either_case),
      cmocka_unit_test(fips_is_left_to_evp),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
