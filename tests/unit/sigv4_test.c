/* SPDX-License-Identifier: MIT
 *
 * sigv4_test.c -- signing: canonical parts, known signatures, what is refused, key cache.
 * The signatures were computed by the reference SDK for Python; they stand here so that the
 * test means something without the public suites. */
#include "tests/support/support.h"

#include "bindings/sigv4.h"

#define S(text) mr_slice_make(text, sizeof(text) - 1)
#define PT                                                                                         \
  "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdefghijkl/"
#define HAIKU "/model/anthropic.claude-3-haiku-20240307-v1%3A0/"

static mr_sigv4_options options(const char *service) {
  mr_sigv4_options o;
  memset(&o, 0, sizeof o);
  o.access_key_id = S("AKIDEXAMPLE");
  o.secret_access_key = S("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  o.region = S("us-east-1");
  mr_sigv4_defaults(&o, mr_slice_of(service));
  o.time = 1767323045; /* 2026-01-02T03:04:05Z */
  return o;
}

typedef struct known_case {
  const char *service, *method, *path, *query, *body, *payload_hash;
  const char *headers[8][2];
  const char *signed_headers, *signature;
} known_case;

static const known_case known[] = {
    {"bedrock",
     "POST",
     PT "invoke",
     "",
     "{}",
     "",
     {{"Host", "bedrock-runtime.us-east-1.amazonaws.com"}},
     "host;x-amz-date",
     "32db29dab5972265487c283eacc7fbcca9d8e5bec787796b19cd984a1baf1fee"},
    {"bedrock",
     "POST",
     HAIKU "invoke",
     "",
     "{}",
     "",
     {{"Host", "bedrock-runtime.us-east-1.amazonaws.com"},
      {"Content-Type", "application/json"},
      {"Accept", "application/json"},
      {"User-Agent", "moonrock"},
      {"amz-sdk-request", "attempt=1"}},
     "accept;content-type;host;x-amz-date",
     "ca9316aecfae56e52bc0999ad387a7cf60df579d42b00ce8f69e06736941965e"},
    {"bedrock",
     "POST",
     PT "invoke-with-response-stream",
     "",
     "{}",
     "",
     {{"Host", "bedrock-runtime.us-east-1.amazonaws.com"}},
     "host;x-amz-date",
     "5243d66db9eccbfb1441b884b6e61b50da83cf4c31246b173330a3a04f638c12"},
    {"bedrock",
     "POST",
     PT "converse",
     "",
     "{\"messages\": [{\"role\": \"user\", \"content\": [{\"text\": \"hi\"}]}]}",
     "",
     {{"Host", "bedrock-runtime.us-east-1.amazonaws.com"}, {"Content-Type", "application/json"}},
     "content-type;host;x-amz-date",
     "7122e08ebc2f5794ed01a40d5ecc922e954537ee3d73604c7158d5c3ab7d4ed3"},
    {"bedrock",
     "POST",
     HAIKU "count-tokens",
     "",
     "{\"input\": {\"invokeModel\": {\"body\": \"e30=\"}}}",
     "",
     {{"Host", "bedrock-runtime.us-east-1.amazonaws.com"}, {"Content-Type", "application/json"}},
     "content-type;host;x-amz-date",
     "490e5d3011d078a7111677e4ccc0ebf171f552ef6b0622a57c5c6b3c497d6b4c"},
    {"s3",
     "GET",
     "/my.dotted.bucket/k",
     "",
     "",
     "",
     {{"Host", "s3.amazonaws.com"}, {"x-amz-checksum-mode", "ENABLED"}},
     "host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date",
     "5f0919f0d7f52bae60f8dd4058004459c2bd5713bb7621ede1300f2033b34d0c"},
    {"s3",
     "GET",
     "/",
     "list-type=2&prefix=a%2Fb%20c&encoding-type=url",
     "",
     "",
     {{"Host", "my-bucket.s3.amazonaws.com"}},
     "host;x-amz-content-sha256;x-amz-date",
     "5edfdd5db428ae3e5a540af44546db5c4a3025490cd76a3fd92663f646102283"},
    {"s3",
     "POST",
     "/k",
     "uploads",
     "",
     "",
     {{"Host", "my-bucket.s3.amazonaws.com"}},
     "host;x-amz-content-sha256;x-amz-date",
     "aaaa8b5a8336d93e6ed240b3c0d0e7eed82830cedde7c46d2b62d83433b6b3e2"},
    {"s3",
     "PUT",
     "/my-bucket/k",
     "",
     "hello world",
     "",
     {{"Host", "127.0.0.1:9000"},
      {"x-amz-checksum-crc32", "DUoRhQ=="},
      {"x-amz-sdk-checksum-algorithm", "CRC32"}},
     "host;x-amz-checksum-crc32;x-amz-content-sha256;x-amz-date;x-amz-sdk-checksum-algorithm",
     "a6d4e2c0c4b5bce0dbc7ac67f46211e60c59724c642a3d9c9e7384a9d56bf2e2"},
    {"s3",
     "PUT",
     "/a%20b/%C3%BC%2Bx%3D1.jsonl",
     "",
     "",
     "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
     {{"Host", "my-bucket.s3.amazonaws.com"},
      {"Transfer-Encoding", "chunked"},
      {"Content-Encoding", "aws-chunked"},
      {"X-Amz-Trailer", "x-amz-checksum-crc32"},
      {"X-Amz-Decoded-Content-Length", "11"},
      {"x-amz-sdk-checksum-algorithm", "CRC32"},
      {"Expect", "100-continue"}},
     "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
     "x-amz-sdk-checksum-algorithm;x-amz-trailer",
     "d62c736d4b8d74a8e4104124aa8bf4fc7f3284485bd6bb380fc545c513c072ee"},
};

static void signature_is_the_sdks(void **state) {
  (void)state;
  mr_sigv4_keys keys;
  memset(&keys, 0, sizeof keys);
  for (int round = 0; round < 2; round++) /* the second time with cached keys */
    for (size_t i = 0; i < MR_COUNT(known); i++) {
      const known_case *k = &known[i];
      mr_pair headers[8];
      size_t count = 0;
      while (count < 8 && k->headers[count][0]) {
        headers[count].name = mr_slice_of(k->headers[count][0]);
        headers[count].value = mr_slice_of(k->headers[count][1]);
        count++;
      }
      mr_sigv4_request r = {mr_slice_of(k->method),
                            mr_slice_of(k->path),
                            mr_slice_of(k->query),
                            headers,
                            count,
                            mr_slice_of(k->body),
                            mr_slice_of(k->payload_hash)};
      mr_sigv4_options o = options(k->service);
      mr_sigv4_stages s;
      mr_sigv4_stages_init(&s, NULL);
      assert_int_equal(mr_sigv4_sign(&r, &o, &keys, &s), MR_OK);
      assert_string_equal(mr_buf_text(&s.signed_headers), k->signed_headers);
      assert_string_equal(s.signature, k->signature);
      mr_sigv4_stages_clear(&s);
    }
  assert_int_equal(keys.next, 2);
  mr_sigv4_keys_clear(&keys);
}

static void stages_are_reset_between_signatures(void **state) {
  (void)state;
  mr_pair host = {S("host"), S("example.amazonaws.com")};
  mr_sigv4_request r = {S("POST"), S("/a"), S("b=c"), &host, 1, S("body"), S("")};
  mr_sigv4_options o = options("bedrock");
  mr_sigv4_stages s;
  char first[MR_SIGNATURE_LEN + 1];
  mr_sigv4_stages_init(&s, NULL);
  o.expires = 60;
  assert_int_equal(mr_sigv4_sign(&r, &o, NULL, &s), MR_OK);
  memcpy(first, s.signature, sizeof first);
  size_t length = s.authorization.len;
  assert_int_equal(mr_sigv4_sign(&r, &o, NULL, &s), MR_ERR_ARG);
  assert_int_equal(mr_sigv4_presign(&r, &o, NULL, &s), MR_ERR_ARG);
  const char *memory = NULL;
  for (int i = 0; i < 3; i++) {
    mr_sigv4_stages_reset(&s);
    memory = s.canonical_request.ptr;
    assert_int_equal(mr_sigv4_sign(&r, &o, NULL, &s), MR_OK);
    assert_string_equal(s.signature, first);
    assert_int_equal(s.authorization.len, length);
    assert_ptr_equal(s.canonical_request.ptr, memory);
  }
  mr_sigv4_stages_clear(&s);
}

static void presigned_url_is_the_sdks(void **state) {
  (void)state;
  mr_pair host = {S("host"), S("my-bucket.s3.amazonaws.com")};
  mr_sigv4_request r = {S("GET"), S("/k.jsonl"), S(""), &host, 1, S(""), S("")};
  mr_sigv4_options o = options("s3");
  mr_sigv4_stages s;
  o.expires = 900;
  mr_sigv4_stages_init(&s, NULL);
  assert_int_equal(mr_sigv4_presign(&r, &o, NULL, &s), MR_OK);
  assert_string_equal(
      mr_buf_text(&s.query),
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fus-east-1%2Fs3"
      "%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
      "&X-Amz-Signature=a17adb2aeb9416f24ac93f5ce6866b703c3399001e7d79b0eed5f1e03decd416");
  mr_sigv4_stages_clear(&s);

  /* A URL that was presigned before: its parameters are replaced, the others stay as sent. */
  r.query = S("versionId=a%2fb&X-Amz-Signature=00&flag&X-Amz-Date=20250101T000000Z");
  mr_sigv4_stages_init(&s, NULL);
  assert_int_equal(mr_sigv4_presign(&r, &o, NULL, &s), MR_OK);
  assert_int_equal(strncmp(mr_buf_text(&s.query), "versionId=a%2fb&flag&X-Amz-Algorithm=", 37), 0);
  assert_non_null(strstr(mr_buf_text(&s.canonical_request), "\nX-Amz-Algorithm=AWS4-HMAC-SHA256&"));
  assert_non_null(strstr(mr_buf_text(&s.canonical_request), "&flag=&versionId=a%2Fb\n"));
  mr_sigv4_stages_clear(&s);

  const int64_t bad[] = {0, -1, MR_PRESIGN_MAX + 1, INT64_MAX};
  for (size_t i = 0; i < MR_COUNT(bad); i++) {
    o.expires = bad[i];
    mr_sigv4_stages_init(&s, NULL);
    assert_int_equal(mr_sigv4_presign(&r, &o, NULL, &s), MR_ERR_ARG);
    mr_sigv4_stages_clear(&s);
  }
}

static void session_token_is_signed_or_added_after(void **state) {
  (void)state;
  mr_pair headers[] = {{S("host"), S("example.amazonaws.com")},
                       {S("X-Amz-Security-Token"), S("stale")},
                       {S("authorization"), S("stale")},
                       {S("x-amz-date"), S("stale")}};
  mr_sigv4_request r = {S("GET"), S("/"), S(""), headers, 4, S(""), S("")};
  for (int omit = 0; omit < 2; omit++) {
    mr_sigv4_options o = options("service");
    mr_sigv4_stages s;
    mr_pair added[4];
    o.session_token = S("token/+=");
    o.omit_session_token = omit;
    mr_sigv4_stages_init(&s, NULL);
    assert_int_equal(mr_sigv4_sign(&r, &o, NULL, &s), MR_OK);
    assert_string_equal(mr_buf_text(&s.signed_headers),
                        omit ? "host;x-amz-date" : "host;x-amz-date;x-amz-security-token");
    assert_null(strstr(mr_buf_text(&s.canonical_request), "stale"));
    assert_int_equal(mr_sigv4_added(&o, &s, added), 3);
    assert_true(mr_slice_is(added[1].name, "x-amz-security-token"));
    assert_true(mr_slice_is(added[1].value, "token/+="));
    mr_sigv4_stages_clear(&s);
    o.expires = 60;
    mr_sigv4_stages_init(&s, NULL);
    assert_int_equal(mr_sigv4_presign(&r, &o, NULL, &s), MR_OK);
    assert_non_null(strstr(mr_buf_text(&s.query), "&X-Amz-Security-Token=token%2F%2B%3D&"));
    assert_int_equal(omit, !strstr(mr_buf_text(&s.canonical_request), "X-Amz-Security-Token"));
    mr_sigv4_stages_clear(&s);
  }
}

/* ---- refusals, dates, keys, memory ---- */

static void impossible_options_are_refused(void **state) {
  (void)state;
  mr_pair host = {S("host"), S("h")};
  mr_sigv4_request good = {S("GET"), S("/"), S(""), &host, 1, S(""), S("")};
  for (int i = 0; i < 13; i++) {
    mr_sigv4_request r = good;
    mr_sigv4_options o = options("s3");
    mr_sigv4_stages s;
    mr_pair bad = {S("x-a"), S("b\nx-c: d")};
    switch (i) {
    case 0:
      o.access_key_id = S("");
      break;
    case 1:
      o.access_key_id = S("AK\r\nX: y");
      break;
    case 2:
      o.access_key_id = S("AK,Signature=0");
      break;
    case 3:
      o.secret_access_key = S("");
      break;
    case 4:
      o.region = S("");
      break;
    case 5:
      o.region = S("us/east");
      break;
    case 6:
      o.service = S("");
      break;
    case 7:
      o.service = S("s 3");
      break;
    case 8:
      o.time = INT64_MAX;
      break;
    case 9:
      r.method = S("GET /\n");
      break;
    case 10:
      r.method = S("");
      break;
    case 11:
      r.headers = &bad;
      break;
    default:
      r.payload_hash = S("a\nb");
      break;
    }
    mr_sigv4_stages_init(&s, NULL);
    assert_int_equal(mr_sigv4_sign(&r, &o, NULL, &s), MR_ERR_ARG);
    mr_sigv4_stages_clear(&s);
  }
}

static void dates_there_and_back(void **state) {
  (void)state;
  char text[MR_AMZ_DATE_LEN + 1];
  int64_t back;
  static const struct {
    int64_t seconds;
    const char *want;
  } cases[] = {{0, "19700101T000000Z"},         {1767323045, "20260102T030405Z"},
               {951782399, "20000228T235959Z"}, {951782400, "20000229T000000Z"},
               {-1, "19691231T235959Z"},        {253402300799, "99991231T235959Z"}};
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    assert_int_equal(mr_sigv4_date(cases[i].seconds, text), MR_OK);
    assert_string_equal(text, cases[i].want);
    assert_int_equal(mr_sigv4_read_date(mr_slice_of(text), &back), MR_OK);
    assert_true(back == cases[i].seconds);
  }
  assert_int_equal(mr_sigv4_date(INT64_MIN, text), MR_ERR_ARG);
  static const char *const bad[] = {"",
                                    "20260102T030405",
                                    "20260102T030405z",
                                    "20260102 030405Z",
                                    "20261302T030405Z",
                                    "20260230T030405Z",
                                    "20250229T000000Z",
                                    "20260102T240000Z",
                                    "20260102T006000Z",
                                    "2026-01-02T03:04",
                                    "+0260102T030405Z"};
  for (size_t i = 0; i < MR_COUNT(bad); i++)
    assert_int_equal(mr_sigv4_read_date(mr_slice_of(bad[i]), &back), MR_ERR_ARG);
}

static void keys_of_different_owners_do_not_mix(void **state) {
  (void)state;
  mr_sigv4_keys keys;
  unsigned char cached[32], fresh[32];
  memset(&keys, 0, sizeof keys);
  char secret[600];
  memset(secret, 'x', sizeof secret);
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < 12; i++) { /* more than there are slots */
      mr_sigv4_options o = options("s3");
      if (i == 1)
        o.secret_access_key = S("another");
      if (i == 2)
        o.access_key_id = S("AKIDEXAMPLF");
      if (i == 3)
        o.region = S("us-east-2");
      if (i == 4)
        o.service = S("bedrock");
      if (i == 5) /* the same bytes cut elsewhere */
        o.region = S("us-east-1s"), o.service = S("3");
      if (i == 6)
        o.secret_access_key = mr_slice_make(secret, sizeof secret);
      if (i > 6)
        o.secret_access_key = mr_slice_make(secret, (size_t)i);
      const char *day = i == 7 ? "20260103T000000Z" : "20260102T000000Z";
      assert_int_equal(mr_sigv4_key(&o, day, &keys, cached), MR_OK);
      assert_int_equal(mr_sigv4_key(&o, day, NULL, fresh), MR_OK);
      assert_memory_equal(cached, fresh, 32);
    }
  mr_sigv4_keys_clear(&keys);
  for (size_t i = 0; i < sizeof keys; i++)
    assert_int_equal(((unsigned char *)&keys)[i], 0);
}

static void bearer_token_is_checked(void **state) {
  (void)state;
  mr_buf out;
  mr_buf_init(&out, NULL);
  assert_int_equal(mr_sigv4_bearer(&out, S("ABSKexample+/=")), MR_OK);
  assert_string_equal(mr_buf_text(&out), "Bearer ABSKexample+/=");
  assert_int_equal(mr_sigv4_bearer(&out, S("")), MR_ERR_ARG);
  assert_int_equal(mr_sigv4_bearer(&out, S("a b")), MR_ERR_ARG);
  assert_int_equal(mr_sigv4_bearer(&out, S("a\r\nX: y")), MR_ERR_ARG);
  mr_buf_clear(&out);
}

static void every_failing_allocation_is_survived(void **state) {
  (void)state;
  mr_pair headers[] = {{S("host"), S("h")}, {S("x-b"), S("c")}};
  mr_sigv4_request r = {S("GET"), S("/a/../b"), S("b=2&a=1"), headers, 2, S("body"), S("")};
  for (int presign = 0; presign < 2; presign++) {
    int status = MR_ERR_MEMORY;
    for (long n = 1; status != MR_OK; n++) {
      support_failing failing = {n, 0, true};
      mr_alloc alloc;
      mr_sigv4_options o = options("bedrock");
      mr_sigv4_stages s;
      o.session_token = S("token");
      o.expires = 60;
      mr_alloc_init(&alloc, support_failing_alloc, &failing, 0);
      mr_sigv4_stages_init(&s, &alloc);
      status = presign ? mr_sigv4_presign(&r, &o, NULL, &s) : mr_sigv4_sign(&r, &o, NULL, &s);
      assert_true(status == MR_OK || status == MR_ERR_MEMORY);
      mr_sigv4_stages_clear(&s);
      assert_int_equal(alloc.used, 0);
      assert_true(n < 200);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(signature_is_the_sdks),
      cmocka_unit_test(stages_are_reset_between_signatures),
      cmocka_unit_test(presigned_url_is_the_sdks),
      cmocka_unit_test(session_token_is_signed_or_added_after),
      cmocka_unit_test(impossible_options_are_refused),
      cmocka_unit_test(dates_there_and_back),
      cmocka_unit_test(keys_of_different_owners_do_not_mix),
      cmocka_unit_test(bearer_token_is_checked),
      cmocka_unit_test(every_failing_allocation_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
