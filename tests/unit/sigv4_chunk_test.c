/* SPDX-License-Identifier: MIT
 *
 * sigv4_chunk_test.c -- aws-chunked bodies: what the encoder writes the decoder takes, in
 * pieces of any size; anything else is refused.
 * The signatures are the worked examples of the S3 API reference. */
#include "tests/support/support.h"

#include <stdio.h>

#include "bindings/sigv4_chunk.h"

#define S(text) mr_slice_make(text, sizeof(text) - 1)

static const mr_pair crc_trailer = {{"x-amz-checksum-crc32c", 21}, {"sOO8/Q==", 8}};

static mr_sigv4_options options(void) {
  mr_sigv4_options o;
  memset(&o, 0, sizeof o);
  o.access_key_id = S("AKIAIOSFODNN7EXAMPLE");
  o.secret_access_key = S("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  o.region = S("us-east-1");
  mr_sigv4_defaults(&o, S("s3"));
  o.time = 1369353600;
  return o;
}

static const char *seed_of(mr_chunk_mode mode) {
  return mode == MR_CHUNK_SIGNED
             ? "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
             : "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
}

static void start(mr_chunk_signer *s, mr_chunk_mode mode) {
  mr_sigv4_options o = options();
  mr_chunk_signer_init(s, NULL);
  assert_int_equal(mr_chunk_signer_start(s, mode, &o, NULL, mr_slice_of(seed_of(mode))), MR_OK);
}

/* Encodes data in chunks of `size`. */
static void encode(mr_buf *out, mr_chunk_mode mode, mr_slice data, size_t size, bool trailer) {
  mr_chunk_signer s;
  start(&s, mode);
  for (size_t at = 0; at < data.len; at += size) {
    size_t n = data.len - at < size ? data.len - at : size;
    assert_int_equal(mr_chunk_put(&s, out, mr_slice_make(data.ptr + at, n)), MR_OK);
  }
  assert_int_equal(mr_chunk_end(&s, out, &crc_trailer, trailer ? 1 : 0), MR_OK);
  mr_chunk_signer_clear(&s);
}

/* Decodes in pieces; the fault, MR_FAULT_NONE when all is well. */
static mr_sigv4_fault decode(mr_chunk_mode mode, mr_slice body, size_t piece, int64_t expected,
                             uint64_t min_size, mr_buf *out, mr_buf *trailers) {
  mr_chunk_signer s;
  mr_unchunk u;
  int status = MR_OK;
  start(&s, mode);
  assert_int_equal(mr_unchunk_init(&u, NULL, mode, mode == MR_CHUNK_UNSIGNED_TRAILER ? NULL : &s),
                   MR_OK);
  u.expected = expected;
  u.min_size = min_size;
  for (size_t at = 0; status == MR_OK && at < body.len; at += piece)
    status = mr_unchunk_push(&u, body.ptr + at, body.len - at < piece ? body.len - at : piece, out);
  if (status == MR_OK)
    status = mr_unchunk_finish(&u);
  assert_int_equal(status == MR_OK, u.fault == MR_FAULT_NONE);
  if (status == MR_OK)
    assert_int_equal(u.verified, u.decoded);
  else
    assert_int_equal(mr_unchunk_push(&u, "x", 1, out), MR_ERR_ARG); /* for good */
  for (size_t i = 0; trailers && i < mr_unchunk_count(&u); i++) {
    mr_pair p = mr_unchunk_trailer(&u, i);
    mr_buf_printf(trailers, "%.*s=%.*s;", (int)p.name.len, p.name.ptr, (int)p.value.len,
                  p.value.ptr);
  }
  mr_sigv4_fault fault = u.fault;
  mr_unchunk_clear(&u);
  mr_chunk_signer_clear(&s);
  return fault;
}

static void chain_is_the_documented_one(void **state) {
  (void)state;
  static const char *const want[2][4] = {
      {"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
       "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
       "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", NULL},
      {"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
       "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
       "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
       "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"}};
  static char data[66560];
  memset(data, 'a', sizeof data);
  for (int mode = MR_CHUNK_SIGNED; mode <= MR_CHUNK_SIGNED_TRAILER; mode++) {
    mr_buf body;
    mr_buf_init(&body, NULL);
    encode(&body, (mr_chunk_mode)mode, mr_slice_make(data, sizeof data), 65536,
           mode == MR_CHUNK_SIGNED_TRAILER);
    const char *at = mr_buf_text(&body);
    for (int i = 0; i < 4 && want[mode][i]; i++) {
      const char *found = NULL; /* the data holds no such text, so the search is plain */
      for (size_t k = 0; k + 64 <= body.len && !found; k++)
        if (memcmp(at + k, want[mode][i], 64) == 0)
          found = at + k;
      assert_non_null(found);
    }
    assert_int_equal(body.len, mr_chunk_length((mr_chunk_mode)mode, 66560, 65536, &crc_trailer,
                                               mode == MR_CHUNK_SIGNED_TRAILER));
    if (mode == MR_CHUNK_SIGNED)
      assert_int_equal(body.len, 66824);
    mr_buf_clear(&body);
  }
}

static void unsigned_form_is_the_documented_one(void **state) {
  (void)state;
  const mr_pair trailer = {S("x-amz-checksum-crc32"), S("DUoRhQ==")};
  mr_chunk_signer s;
  mr_buf body;
  mr_buf_init(&body, NULL);
  start(&s, MR_CHUNK_UNSIGNED_TRAILER);
  assert_int_equal(mr_chunk_put(&s, &body, S("hello world")), MR_OK);
  assert_int_equal(mr_chunk_end(&s, &body, &trailer, 1), MR_OK);
  assert_string_equal(mr_buf_text(&body),
                      "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n");
  mr_buf_clear(&body);
  mr_chunk_signer_clear(&s);
}

static void decoder_takes_what_the_encoder_wrote(void **state) {
  (void)state;
  static char data[40000];
  static const size_t lengths[] = {0, 1, 15, 16, 17, 4096, 8192, 8193, 40000};
  static const size_t sizes[] = {1, 16, 8192, 65536};
  static const size_t pieces[] = {1, 2, 7, 1000, 1 << 20};
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (char)(i * 7 + i / 256);
  for (int mode = MR_CHUNK_SIGNED; mode <= MR_CHUNK_UNSIGNED_TRAILER; mode++)
    for (size_t i = 0; i < MR_COUNT(lengths); i++)
      for (size_t k = 0; k < MR_COUNT(sizes); k++) {
        if (sizes[k] == 1 && lengths[i] > 4096)
          continue;
        mr_buf body, out, trailers;
        bool trailer = mode != MR_CHUNK_SIGNED && i % 2;
        mr_buf_init(&body, NULL);
        mr_buf_init(&out, NULL);
        mr_buf_init(&trailers, NULL);
        encode(&body, (mr_chunk_mode)mode, mr_slice_make(data, lengths[i]), sizes[k], trailer);
        assert_int_equal(body.len,
                         mr_chunk_length((mr_chunk_mode)mode, (int64_t)lengths[i],
                                         (int64_t)sizes[k], &crc_trailer, trailer ? 1 : 0));
        for (size_t m = 0; m < MR_COUNT(pieces); m++) {
          mr_buf_reset(&out);
          mr_buf_reset(&trailers);
          assert_int_equal(decode((mr_chunk_mode)mode, mr_buf_view(&body), pieces[m],
                                  (int64_t)lengths[i], sizes[k] >= 8192 ? 8192 : 0, &out,
                                  &trailers),
                           MR_FAULT_NONE);
          assert_int_equal(out.len, lengths[i]);
          assert_memory_equal(mr_buf_text(&out), data, lengths[i]);
          assert_string_equal(mr_buf_text(&trailers),
                              trailer ? "x-amz-checksum-crc32c=sOO8/Q==;" : "");
        }
        mr_buf_clear(&body);
        mr_buf_clear(&out);
        mr_buf_clear(&trailers);
      }
}

/* Whatever single byte changes, the body is refused or, in the unsigned form, read as other
 * data or trailers. */
static void every_byte_of_a_signed_body_counts(void **state) {
  (void)state;
  for (int mode = MR_CHUNK_SIGNED; mode <= MR_CHUNK_SIGNED_TRAILER; mode++) {
    mr_buf body, out;
    size_t chunk = 0, trailer = 0;
    mr_buf_init(&body, NULL);
    mr_buf_init(&out, NULL);
    encode(&body, (mr_chunk_mode)mode, S("hello, world; this is a body"), 16,
           mode == MR_CHUNK_SIGNED_TRAILER);
    for (size_t i = 0; i < body.len; i++)
      for (int bit = 0; bit < 8; bit++) {
        char was = body.ptr[i];
        body.ptr[i] = (char)(was ^ (1 << bit));
        mr_buf_reset(&out);
        mr_sigv4_fault fault =
            decode((mr_chunk_mode)mode, mr_buf_view(&body), body.len, -1, 0, &out, NULL);
        /* Header names do not mind their case: that is the one other spelling. */
        bool letter = (was | 32) >= 'a' && (was | 32) <= 'z' && bit == 5;
        if (fault == MR_FAULT_NONE && !letter)
          fail_msg("mode %d: a change of byte %zu passes", mode, i);
        chunk += fault == MR_FAULT_CHUNK_SIGNATURE;
        trailer += fault == MR_FAULT_TRAILER_SIGNATURE;
        body.ptr[i] = was;
      }
    assert_true(chunk > 0);
    assert_int_equal(trailer > 0, mode == MR_CHUNK_SIGNED_TRAILER);
    for (size_t n = 0; n < body.len; n++) { /* and it must be whole */
      mr_buf_reset(&out);
      assert_int_equal(
          decode((mr_chunk_mode)mode, mr_slice_make(body.ptr, n), n + 1, -1, 0, &out, NULL),
          MR_FAULT_INCOMPLETE_BODY);
    }
    mr_buf_clear(&body);
    mr_buf_clear(&out);
  }
}

static void another_secret_date_or_seed_is_refused(void **state) {
  (void)state;
  mr_buf body, out;
  mr_buf_init(&body, NULL);
  mr_buf_init(&out, NULL);
  encode(&body, MR_CHUNK_SIGNED_TRAILER, S("data"), 16, true);
  for (int i = 0; i < 6; i++) {
    mr_sigv4_options o = options();
    mr_chunk_signer s;
    mr_unchunk u;
    char seed[MR_SIGNATURE_LEN + 1];
    strcpy(seed, seed_of(MR_CHUNK_SIGNED_TRAILER));
    if (i == 1)
      o.secret_access_key = S("another");
    if (i == 2)
      o.time += 1;
    if (i == 3)
      o.region = S("us-east-2");
    if (i == 4)
      o.service = S("s4");
    if (i == 5)
      seed[63] ^= 1;
    mr_chunk_signer_init(&s, NULL);
    assert_int_equal(
        mr_chunk_signer_start(&s, MR_CHUNK_SIGNED_TRAILER, &o, NULL, mr_slice_of(seed)), MR_OK);
    assert_int_equal(mr_unchunk_init(&u, NULL, MR_CHUNK_SIGNED_TRAILER, &s), MR_OK);
    int status = mr_unchunk_push(&u, body.ptr, body.len, &out);
    if (status == MR_OK)
      status = mr_unchunk_finish(&u);
    assert_int_equal(u.fault, i == 0 ? MR_FAULT_NONE : MR_FAULT_CHUNK_SIGNATURE);
    assert_int_equal(status, i == 0 ? MR_OK : MR_ERR_ARG);
    if (i > 0)
      assert_int_equal(u.verified, 0);
    mr_unchunk_clear(&u);
    mr_chunk_signer_clear(&s);
  }
  mr_buf_clear(&body);
  mr_buf_clear(&out);
}

static void malformed_bodies_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *body;
    int64_t expected;
    uint64_t min_size;
    mr_sigv4_fault fault;
  } cases[] = {
      {"0\r\n\r\n", 0, 0, MR_FAULT_NONE},
      {"3\r\nabc\r\n0\r\n\r\n", -1, 0, MR_FAULT_NONE},
      {"03\r\nabc\r\n00\r\n\r\n", 3, 0, MR_FAULT_NONE},
      {"A\r\n0123456789\r\n0\r\nX-A: b \r\n\r\n", 10, 0, MR_FAULT_NONE},
      {"", 0, 0, MR_FAULT_INCOMPLETE_BODY},
      {"3\r\nab", -1, 0, MR_FAULT_INCOMPLETE_BODY},
      {"0\r\n", -1, 0, MR_FAULT_INCOMPLETE_BODY},
      {"3\r\nabc\r\n0\r\n\r\n", 4, 0, MR_FAULT_INCOMPLETE_BODY},
      {"3\r\nabc\r\n0\r\n\r\n", 2, 0, MR_FAULT_INCOMPLETE_BODY},
      {"3\r\nabcd\r\n0\r\n\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"3\nabc\r\n0\r\n\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"3\r\nabc\n0\r\n\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"3 \r\nabc\r\n0\r\n\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"3;x=y\r\nabc\r\n0\r\n\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"-3\r\nabc\r\n0\r\n\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"0x3\r\nabc\r\n0\r\n\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"g\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"ffffffffffffffff\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"00000000000000000\r\n\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"7fffffffffffffff\r\nabc", -1, 0, MR_FAULT_INCOMPLETE_BODY},
      {"0\r\n\r\nx", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"0\r\n\r\n\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
      {"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", -1, 3, MR_FAULT_CHUNK_SIZE},
      {"4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n", 6, 3, MR_FAULT_NONE},
      {"0\r\nno colon\r\n\r\n", -1, 0, MR_FAULT_TRAILER_MALFORMED},
      {"0\r\n: v\r\n\r\n", -1, 0, MR_FAULT_TRAILER_MALFORMED},
      {"0\r\na b: v\r\n\r\n", -1, 0, MR_FAULT_TRAILER_MALFORMED},
      {"0\r\na: v\r\nA: v\r\n\r\n", -1, 0, MR_FAULT_TRAILER_MALFORMED},
      {"0\r\nx-amz-trailer-signature: v\r\n\r\n", -1, 0, MR_FAULT_TRAILER_MALFORMED},
      {"0\r\na: b\n\r\n\r\n", -1, 0, MR_FAULT_CHUNK_MALFORMED},
  };
  for (size_t i = 0; i < MR_COUNT(cases); i++)
    for (size_t piece = 1; piece < 50; piece += 16) {
      mr_buf out;
      mr_buf_init(&out, NULL);
      mr_sigv4_fault fault = decode(MR_CHUNK_UNSIGNED_TRAILER, mr_slice_of(cases[i].body), piece,
                                    cases[i].expected, cases[i].min_size, &out, NULL);
      if (fault != cases[i].fault)
        fail_msg("case %zu: %s, not %s", i, mr_fault_name(fault), mr_fault_name(cases[i].fault));
      mr_buf_clear(&out);
    }
  mr_buf out;
  mr_buf_init(&out, NULL); /* an unsigned body never passes for a signed one */
  assert_int_equal(decode(MR_CHUNK_SIGNED, S("3\r\nabc\r\n0\r\n\r\n"), 99, -1, 0, &out, NULL),
                   MR_FAULT_CHUNK_MALFORMED);
  /* Endless lines and trailers end. */
  static char line[9000];
  memset(line, '0', sizeof line);
  assert_int_equal(
      decode(MR_CHUNK_UNSIGNED_TRAILER, mr_slice_make(line, sizeof line), 100, -1, 0, &out, NULL),
      MR_FAULT_CHUNK_MALFORMED);
  mr_buf many;
  mr_buf_init(&many, NULL);
  mr_buf_puts(&many, "0\r\n");
  for (int i = 0; i < 1000; i++)
    mr_buf_printf(&many, "x-%d: some value here\r\n", i);
  assert_int_equal(
      decode(MR_CHUNK_UNSIGNED_TRAILER, mr_buf_view(&many), many.len, -1, 0, &out, NULL),
      MR_FAULT_TRAILER_MALFORMED);
  mr_buf_clear(&many);
  mr_buf_clear(&out);
}

static void missing_trailer_signature_is_refused(void **state) {
  (void)state;
  mr_buf body, out;
  mr_buf_init(&body, NULL);
  mr_buf_init(&out, NULL);
  encode(&body, MR_CHUNK_SIGNED_TRAILER, S("data"), 16, true);
  body.len -= strlen("x-amz-trailer-signature:") + 64 + 4;
  mr_buf_puts(&body, "\r\n");
  assert_int_equal(decode(MR_CHUNK_SIGNED_TRAILER, mr_buf_view(&body), body.len, -1, 0, &out, NULL),
                   MR_FAULT_TRAILER_SIGNATURE);
  mr_buf_clear(&body);
  mr_buf_clear(&out);
}

static void announced_trailers_must_come(void **state) {
  (void)state;
  static const struct {
    const char *announced;
    int status;
  } cases[] = {{"x-a, x-b", MR_OK},         {" X-B,X-A ", MR_OK},    {"x-a", MR_ERR_ARG},
               {"x-a,x-b,x-c", MR_ERR_ARG}, {"x-a,x-a", MR_ERR_ARG}, {"", MR_ERR_ARG}};
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_unchunk u;
    mr_buf out;
    mr_buf_init(&out, NULL);
    assert_int_equal(mr_unchunk_init(&u, NULL, MR_CHUNK_UNSIGNED_TRAILER, NULL), MR_OK);
    mr_slice body = S("0\r\nx-a:1\r\nx-b:2\r\n\r\n");
    assert_int_equal(mr_unchunk_push(&u, body.ptr, body.len, &out), MR_OK);
    assert_int_equal(mr_unchunk_finish(&u), MR_OK);
    assert_int_equal(mr_unchunk_announced(&u, mr_slice_of(cases[i].announced)), cases[i].status);
    mr_unchunk_clear(&u);
    mr_buf_clear(&out);
  }
}

static void misuse_of_the_encoder(void **state) {
  (void)state;
  mr_sigv4_options o = options();
  mr_chunk_signer s;
  mr_unchunk u;
  mr_buf out;
  mr_buf_init(&out, NULL);
  mr_chunk_signer_init(&s, NULL);
  assert_int_equal(mr_chunk_signer_start(&s, MR_CHUNK_SIGNED, &o, NULL, S("00")), MR_ERR_ARG);
  start(&s, MR_CHUNK_SIGNED);
  assert_int_equal(mr_chunk_put(&s, &out, S("")), MR_ERR_ARG);
  assert_int_equal(mr_chunk_end(&s, &out, &crc_trailer, 1), MR_ERR_ARG);
  assert_int_equal(mr_unchunk_init(&u, NULL, MR_CHUNK_SIGNED_TRAILER, &s), MR_ERR_ARG);
  mr_unchunk_clear(&u);
  assert_int_equal(mr_unchunk_init(&u, NULL, MR_CHUNK_SIGNED, NULL), MR_ERR_ARG);
  mr_unchunk_clear(&u);
  mr_chunk_signer_clear(&s);
  start(&s, MR_CHUNK_SIGNED_TRAILER);
  const mr_pair bad[] = {
      {S("a b"), S("v")}, {S("x"), S("a\r\nb")}, {S("X-Amz-Trailer-Signature"), S("v")}};
  for (size_t i = 0; i < MR_COUNT(bad); i++)
    assert_int_equal(mr_chunk_end(&s, &out, &bad[i], 1), MR_ERR_ARG);
  mr_chunk_signer_clear(&s);
  for (size_t i = 0; i < sizeof s.key; i++)
    assert_int_equal(s.key[i], 0);
  assert_int_equal(mr_chunk_length(MR_CHUNK_SIGNED, -1, 1, NULL, 0), -1);
  assert_int_equal(mr_chunk_length(MR_CHUNK_SIGNED, 1, 0, NULL, 0), -1);
  assert_int_equal(mr_chunk_length(MR_CHUNK_SIGNED, INT64_MAX, 1, NULL, 0), -1);
  mr_chunk_mode mode;
  assert_true(mr_chunk_mode_from_name(S("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), &mode));
  assert_int_equal(mode, MR_CHUNK_UNSIGNED_TRAILER);
  assert_false(mr_chunk_mode_from_name(S("UNSIGNED-PAYLOAD"), &mode));
  mr_buf_clear(&out);
}

static void every_failing_allocation_is_survived(void **state) {
  (void)state;
  mr_sigv4_options o = options();
  mr_buf body;
  mr_buf_init(&body, NULL);
  encode(&body, MR_CHUNK_SIGNED_TRAILER, S("some data"), 4, true);
  int status = MR_ERR_MEMORY;
  for (long n = 1; status != MR_OK; n++) {
    support_failing failing = {n, 0, true};
    mr_alloc alloc;
    mr_chunk_signer s;
    mr_unchunk u;
    mr_buf out;
    mr_alloc_init(&alloc, support_failing_alloc, &failing, 0);
    mr_buf_init(&out, &alloc);
    mr_chunk_signer_init(&s, &alloc);
    memset(&u, 0, sizeof u);
    status = mr_chunk_signer_start(&s, MR_CHUNK_SIGNED_TRAILER, &o, NULL,
                                   mr_slice_of(seed_of(MR_CHUNK_SIGNED_TRAILER)));
    if (status == MR_OK)
      status = mr_unchunk_init(&u, &alloc, MR_CHUNK_SIGNED_TRAILER, &s);
    if (status == MR_OK)
      status = mr_unchunk_push(&u, body.ptr, body.len, &out);
    if (status == MR_OK)
      status = mr_unchunk_finish(&u);
    if (status != MR_OK && status != MR_ERR_MEMORY)
      fail_msg("allocation %ld: status %d, %s", n, status, mr_fault_name(u.fault));
    mr_unchunk_clear(&u);
    mr_chunk_signer_clear(&s);
    mr_buf_clear(&out);
    assert_int_equal(alloc.used, 0);
    assert_true(n < 200);
  }
  mr_buf_clear(&body);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chain_is_the_documented_one),
      cmocka_unit_test(unsigned_form_is_the_documented_one),
      cmocka_unit_test(decoder_takes_what_the_encoder_wrote),
      cmocka_unit_test(every_byte_of_a_signed_body_counts),
      cmocka_unit_test(another_secret_date_or_seed_is_refused),
      cmocka_unit_test(malformed_bodies_are_refused),
      cmocka_unit_test(missing_trailer_signature_is_refused),
      cmocka_unit_test(announced_trailers_must_come),
      cmocka_unit_test(misuse_of_the_encoder),
      cmocka_unit_test(every_failing_allocation_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
