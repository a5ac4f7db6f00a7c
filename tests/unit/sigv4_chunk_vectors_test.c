/* SPDX-License-Identifier: MIT
 *
 * sigv4_chunk_vectors_test.c -- the worked examples of chunked uploads, as data.
 * Reads ../shared/data/sigv4/s3-streaming-chunks.json; without it there is nothing to do
 * (sigv4_chunk_test.c has the same signatures typed in). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bindings/sigv4_chunk.h"
#include "tests/support/sign_case.h"

#define FOLDER MR_SOURCE_DIR "/../shared/data/sigv4"

typedef struct tally {
  int cases, failures;
} tally;

static void compare(tally *t, const char *name, const char *stage, const char *want,
                    size_t want_len, mr_slice got) {
  while (want_len > 0 && want[want_len - 1] == '\n')
    want_len--;
  if (want_len == got.len && memcmp(want, got.ptr, got.len) == 0)
    return;
  t->failures++;
  print_error("%s: %s differs\n--- wanted\n%.*s\n--- got\n%.*s\n", name, stage, (int)want_len, want,
              (int)got.len, got.ptr);
}

/* The next member of that name behind *at, which moves behind it. */
static bool next_member(const char **at, const char *key, char *out, size_t n) {
  char wanted[64];
  snprintf(wanted, sizeof wanted, "\"%s\":", key);
  const char *p = strstr(*at, wanted);
  if (!p)
    return false;
  sign_case_member(p, key, out, n);
  *at = p + strlen(wanted);
  return true;
}

static void run_chunk_case(tally *t, const char *at, const char *end) {
  char name[64], hash[64], seed[80], want[80], length[32], fill[4] = "a", value[64], secret[64];
  mr_chunk_mode mode;
  mr_sigv4_options o;
  mr_sigv4_stages s;
  mr_chunk_signer signer;
  mr_buf body;
  memset(&o, 0, sizeof o);
  t->cases++;
  sign_case_member(at, "secret_access_key", secret, sizeof secret);
  o.access_key_id = mr_slice_of("AKIAIOSFODNN7EXAMPLE");
  o.secret_access_key = mr_slice_of(secret);
  o.region = mr_slice_of("us-east-1");
  mr_sigv4_defaults(&o, mr_slice_of("s3"));
  o.time = 1369353600;
  sign_case_member(at, "payload_hash", hash, sizeof hash);
  sign_case_member(at, "name", name, sizeof name);
  sign_case_member(at, "seed_signature", seed, sizeof seed);
  assert_true(mr_chunk_mode_from_name(mr_slice_of(hash), &mode));

  static const char *const headers[] = {
      "host",           "x-amz-storage-class", "content-encoding", "x-amz-decoded-content-length",
      "content-length", "x-amz-trailer"};
  char values[MR_COUNT(headers)][64];
  mr_pair pairs[MR_COUNT(headers)];
  size_t count = 0;
  const char *list = strstr(at, "\"signed_headers\"");
  char *signed_headers = malloc(strlen(list) + 1);
  strcpy(signed_headers, list);
  *strchr(signed_headers, '}') = '\0';
  for (size_t i = 0; i < MR_COUNT(headers); i++) {
    sign_case_member(signed_headers, headers[i], values[i], sizeof values[i]);
    if (values[i][0] == '\0')
      continue;
    pairs[count].name = mr_slice_of(headers[i]);
    pairs[count++].value = mr_slice_of(values[i]);
  }
  free(signed_headers);
  mr_sigv4_request r = {mr_slice_of("PUT"),
                        mr_slice_of("/examplebucket/chunkObject.txt"),
                        {NULL, 0},
                        pairs,
                        count,
                        {NULL, 0},
                        mr_slice_of(hash)};
  mr_sigv4_stages_init(&s, NULL);
  assert_int_equal(mr_sigv4_sign(&r, &o, NULL, &s), MR_OK);
  compare(t, name, "seed signature", seed, strlen(seed), mr_slice_of(s.signature));

  mr_chunk_signer_init(&signer, NULL);
  mr_buf_init(&body, NULL);
  assert_int_equal(mr_chunk_signer_start(&signer, mode, &o, NULL, mr_slice_of(s.signature)), MR_OK);
  const char *p = strstr(at, "\"chunks\"");
  while (next_member(&p, "length", length, sizeof length) && p < end) {
    size_t n = (size_t)atol(length);
    if (n > 0) {
      char *data = malloc(n);
      assert_true(next_member(&p, "fill", fill, sizeof fill));
      memset(data, fill[0], n);
      assert_int_equal(mr_chunk_put(&signer, &body, mr_slice_make(data, n)), MR_OK);
      free(data);
    } else {
      mr_chunk_signer last = signer; /* the trailer's signature replaces the last chunk's */
      mr_buf end_text;
      mr_buf_init(&end_text, NULL);
      last.mode = MR_CHUNK_SIGNED;
      assert_int_equal(mr_chunk_end(&last, &end_text, NULL, 0), MR_OK);
      memcpy(value, last.previous, 64);
      next_member(&p, "signature", want, sizeof want);
      compare(t, name, "last chunk", want, strlen(want), mr_slice_make(value, 64));
      mr_buf_clear(&end_text);
      continue;
    }
    assert_true(next_member(&p, "signature", want, sizeof want));
    compare(t, name, "chunk", want, strlen(want), mr_slice_of(signer.previous));
  }
  if (mode == MR_CHUNK_SIGNED_TRAILER) {
    mr_pair trailer = {mr_slice_of("x-amz-checksum-crc32c"), mr_slice_of("sOO8/Q==")};
    assert_int_equal(mr_chunk_end(&signer, &body, &trailer, 1), MR_OK);
    sign_case_member(at, "trailer_signature", want, sizeof want);
    compare(t, name, "trailer", want, strlen(want), mr_slice_of(signer.previous));
    assert_int_equal(body.len, mr_chunk_length(mode, 66560, 65536, &trailer, 1));
  } else {
    assert_int_equal(mr_chunk_end(&signer, &body, NULL, 0), MR_OK);
    assert_int_equal(body.len, 66824);
    assert_int_equal(body.len, mr_chunk_length(mode, 66560, 65536, NULL, 0));
  }
  mr_buf_clear(&body);
  mr_chunk_signer_clear(&signer);
  mr_sigv4_stages_clear(&s);
}

static void streaming_chunks_every_signature(void **state) {
  (void)state;
  tally t = {0, 0};
  size_t len;
  char *json = sign_case_read(FOLDER, "s3-streaming-chunks.json", &len);
  if (!json)
    skip();
  const char *at = strstr(json, "\"access_key_id\"");
  while (at) {
    const char *next = strstr(at + 1, "\"access_key_id\"");
    run_chunk_case(&t, at, next ? next : json + len);
    at = next;
  }
  print_message("s3-streaming-chunks: %d cases, %d differences\n", t.cases, t.failures);
  free(json);
  assert_true(t.cases > 0);
  assert_int_equal(t.failures, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(streaming_chunks_every_signature)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
