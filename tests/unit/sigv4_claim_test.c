/* SPDX-License-Identifier: MIT
 *
 * sigv4_claim_test.c -- how a request may say who signed it, and what AWS answers when it
 * does not. */
#include "tests/support/support.h"

#include <stdio.h>

#include "tests/support/sign_pair.h"

#define S(text) mr_slice_make(text, sizeof(text) - 1)

static void authorization_headers_that_are_none(void **state) {
  (void)state;
  static const struct {
    const char *value;
    mr_sigv4_fault fault;
  } cases[] = {
      {"", MR_FAULT_UNSUPPORTED_AUTH},
      {"AWS AKID:signature", MR_FAULT_UNSUPPORTED_AUTH},
      {"Basic dXNlcjpwYXNz", MR_FAULT_UNSUPPORTED_AUTH},
      {"AWS4-HMAC-SHA256", MR_FAULT_UNSUPPORTED_AUTH},
      {"AWS4-HMAC-SHA256x Credential=a", MR_FAULT_UNSUPPORTED_AUTH},
      {"AWS4-HMAC-SHA256 ", MR_FAULT_UNSUPPORTED_AUTH},
      {"AWS4-HMAC-SHA256 x", MR_FAULT_HEADER_MALFORMED},
      {"AWS4-HMAC-SHA256 ,,", MR_FAULT_HEADER_MALFORMED},
      {"AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/s3/aws4_request",
       MR_FAULT_HEADER_MALFORMED},
      {"AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
       MR_FAULT_HEADER_MALFORMED},
      {"AWS4-HMAC-SHA256 Credential=/20260102/us-east-1/s3/aws4_request, SignedHeaders=host, "
       "Signature=0",
       MR_FAULT_HEADER_MALFORMED},
      {"AWS4-HMAC-SHA256 Credential=a/2026010x/us-east-1/s3/aws4_request, SignedHeaders=host, "
       "Signature=0",
       MR_FAULT_HEADER_MALFORMED},
      {"AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/s3/aws4_reques, SignedHeaders=host, "
       "Signature=0",
       MR_FAULT_HEADER_MALFORMED},
      {"AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/s3/aws4_request, SignedHeaders=host, "
       "Signature=0, Signature=0",
       MR_FAULT_HEADER_MALFORMED},
      {"AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/s3/aws4_request, SignedHeaders=host, "
       "Signature=0, Other=0",
       MR_FAULT_HEADER_MALFORMED},
  };
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    sign_pair p;
    sign_pair_make(&p, "s3", false);
    sign_pair_set(&sign_pair_find(&p, "authorization")->value, mr_slice_of(cases[i].value));
    assert_string_equal(mr_fault_name(sign_pair_verify(&p)), mr_fault_name(cases[i].fault));
    sign_pair_clear(&p);
  }
  sign_pair p;
  sign_pair_make(&p, "s3", false);
  sign_pair_remove(&p, "authorization");
  assert_int_equal(sign_pair_verify(&p), MR_FAULT_MISSING_AUTH);
  sign_pair_clear(&p);
}

/* The order of the three components and the white space between them are free; a key id may
 * hold slashes. */
static void authorization_header_may_be_spelled_otherwise(void **state) {
  (void)state;
  sign_pair p;
  char text[512];
  sign_pair_init(&p, "s3");
  p.options.access_key_id = S("team/a/KEY");
  p.key_id = "team/a/KEY";
  sign_pair_header(&p, S("Host"), S("h"));
  assert_int_equal(sign_pair_sign(&p), MR_OK);
  assert_int_equal(sign_pair_verify(&p), MR_FAULT_NONE);
  snprintf(text, sizeof text,
           " AWS4-HMAC-SHA256   Signature=%s,SignedHeaders=host;x-amz-content-sha256;x-amz-date ,  "
           "Credential=team/a/KEY/20260102/us-east-1/s3/aws4_request ",
           p.signature);
  sign_pair_set(&sign_pair_find(&p, "authorization")->value, mr_slice_of(text));
  assert_int_equal(sign_pair_verify(&p), MR_FAULT_NONE);
  sign_pair_clear(&p);
}

static void token_added_after_signing(void **state) {
  (void)state;
  for (int s3 = 0; s3 < 2; s3++) {
    sign_pair p;
    sign_pair_init(&p, s3 ? "s3" : "bedrock");
    sign_pair_header(&p, S("host"), S("h"));
    p.options.session_token = p.known.session_token = S("token");
    p.options.omit_session_token = true;
    assert_int_equal(sign_pair_sign(&p), MR_OK);
    assert_int_equal(sign_pair_verify(&p), s3 ? MR_FAULT_UNSIGNED_HEADER : MR_FAULT_NONE);
    sign_pair_clear(&p);
  }
}

static void date_header_stands_for_the_amz_one(void **state) {
  (void)state;
  sign_pair p;
  sign_pair_init(&p, "bedrock");
  sign_pair_header(&p, S("host"), S("h"));
  assert_int_equal(sign_pair_sign(&p), MR_OK);
  sign_pair_remove(&p, "x-amz-date");
  sign_pair_header(&p, S("Date"), S("Fri, 02 Jan 2026 03:04:05 GMT"));
  /* Read as that time, but another header was signed. */
  assert_int_equal(sign_pair_verify(&p), MR_FAULT_MISMATCH);
  sign_pair_set(&sign_pair_find(&p, "date")->value, S("Fri, 02 Jan 2026 05:04:05 GMT"));
  assert_int_equal(sign_pair_verify(&p), MR_FAULT_SKEWED);
  sign_pair_set(&sign_pair_find(&p, "date")->value, S("yesterday"));
  assert_int_equal(sign_pair_verify(&p), MR_FAULT_MISSING_DATE);
  sign_pair_clear(&p);
}

static void bearer_tokens(void **state) {
  (void)state;
  mr_sigv4_claim c;
  sign_pair p;
  for (int s3 = 0; s3 < 2; s3++) {
    sign_pair_init(&p, s3 ? "s3" : "bedrock");
    sign_pair_header(&p, S("Authorization"), S("Bearer ABSK-token"));
    mr_sigv4_claim_init(&c, NULL);
    assert_int_equal(mr_sigv4_read(&c, &p.request, &p.policy), MR_OK);
    assert_int_equal(c.kind, MR_AUTH_BEARER);
    assert_int_equal(mr_sigv4_check_bearer(&c, S("ABSK-token")), s3 ? MR_ERR_ARG : MR_OK);
    c.fault = MR_FAULT_NONE;
    assert_int_equal(mr_sigv4_check_bearer(&c, S("ABSK-tokem")), MR_ERR_ARG);
    assert_int_equal(c.fault, MR_FAULT_BAD_BEARER);
    c.fault = MR_FAULT_NONE;
    assert_int_equal(mr_sigv4_check_bearer(&c, S("")), MR_ERR_ARG);
    c.fault = MR_FAULT_NONE; /* a bearer token never passes for a signature */
    assert_int_equal(mr_sigv4_check(&c, &p.request, &p.policy, &p.known, NULL), MR_ERR_ARG);
    mr_sigv4_claim_clear(&c);
    sign_pair_clear(&p);
  }
}

static void answers_are_those_of_aws(void **state) {
  (void)state;
  static const struct {
    mr_sigv4_fault fault;
    bool presigned;
    const char *s3;
    int s3_status;
    const char *json;
    int json_status;
  } cases[] = {
      {MR_FAULT_MISSING_AUTH, false, "AccessDenied", 403, "MissingAuthenticationTokenException",
       403},
      {MR_FAULT_HEADER_MALFORMED, false, "AuthorizationHeaderMalformed", 400,
       "IncompleteSignatureException", 400},
      {MR_FAULT_QUERY_MALFORMED, true, "AuthorizationQueryParametersError", 400,
       "IncompleteSignatureException", 400},
      {MR_FAULT_WRONG_REGION, false, "AuthorizationHeaderMalformed", 400,
       "InvalidSignatureException", 403},
      {MR_FAULT_WRONG_REGION, true, "AuthorizationQueryParametersError", 400,
       "InvalidSignatureException", 403},
      {MR_FAULT_UNKNOWN_KEY, false, "InvalidAccessKeyId", 403, "UnrecognizedClientException", 403},
      {MR_FAULT_BAD_TOKEN, false, "InvalidToken", 400, "UnrecognizedClientException", 403},
      {MR_FAULT_EXPIRED_TOKEN, false, "ExpiredToken", 400, "ExpiredTokenException", 403},
      {MR_FAULT_SKEWED, false, "RequestTimeTooSkewed", 403, "InvalidSignatureException", 403},
      {MR_FAULT_EXPIRED_URL, true, "AccessDenied", 403, "InvalidSignatureException", 403},
      {MR_FAULT_MISMATCH, false, "SignatureDoesNotMatch", 403, "InvalidSignatureException", 403},
      {MR_FAULT_PAYLOAD_MISMATCH, false, "XAmzContentSHA256Mismatch", 400,
       "InvalidSignatureException", 403},
      {MR_FAULT_CHUNK_SIGNATURE, false, "SignatureDoesNotMatch", 403, "SignatureDoesNotMatch", 403},
  };
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    mr_fault_answer s3 = mr_fault_describe(cases[i].fault, true, cases[i].presigned);
    mr_fault_answer json = mr_fault_describe(cases[i].fault, false, cases[i].presigned);
    assert_string_equal(s3.code, cases[i].s3);
    assert_int_equal(s3.status, cases[i].s3_status);
    assert_string_equal(json.code, cases[i].json);
    assert_int_equal(json.status, cases[i].json_status);
  }
  for (int fault = MR_FAULT_NONE + 1; fault < MR_FAULT_COUNT; fault++) {
    mr_fault_answer a = mr_fault_describe((mr_sigv4_fault)fault, true, false);
    assert_true(a.code && a.status >= 400 && a.message[0]);
    assert_true(mr_fault_name((mr_sigv4_fault)fault)[0] != '\0');
  }
}

static void messages_name_what_is_wrong(void **state) {
  (void)state;
  static const struct {
    const char *service;
    bool presigned;
    const char *header, *from, *to, *want;
  } cases[] = {
      {"s3", false, "authorization", "us-east-1", "us-east-2",
       "The authorization header is malformed; the region 'us-east-2' is wrong; expecting "
       "'us-east-1'"},
      {"s3", true, NULL, "us-east-1", "us-east-2",
       "Error parsing the X-Amz-Credential parameter; the region 'us-east-2' is wrong; expecting "
       "'us-east-1'"},
      {"bedrock", false, "authorization", "/bedrock/", "/s3/",
       "Credential should be scoped to correct service: 'bedrock'."},
      {"bedrock", false, "authorization", "/20260102/", "/20260101/",
       "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
       "'20260101' != '20260102', from '20260102T030405Z'."},
      {"bedrock", false, "x-amz-date", "030405", "020405",
       "Signature expired: 20260102T020405Z is now earlier than 20260102T024905Z "
       "(20260102T030405Z - 15 min.)"},
      {"s3", false, "x-amz-date", "030405", "020405",
       "The difference between the request time and the current time is too large."},
  };
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    sign_pair p;
    mr_sigv4_claim c;
    sign_pair_make(&p, cases[i].service, cases[i].presigned);
    sign_pair_replace(&p, cases[i].header, cases[i].from, cases[i].to);
    mr_sigv4_claim_init(&c, NULL);
    if (mr_sigv4_read(&c, &p.request, &p.policy) == MR_OK)
      assert_int_equal(mr_sigv4_check(&c, &p.request, &p.policy, &p.known, NULL), MR_ERR_ARG);
    assert_string_equal(mr_sigv4_verdict(&c).message, cases[i].want);
    mr_sigv4_claim_clear(&c);
    sign_pair_clear(&p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(authorization_headers_that_are_none),
      cmocka_unit_test(authorization_header_may_be_spelled_otherwise),
      cmocka_unit_test(token_added_after_signing),
      cmocka_unit_test(date_header_stands_for_the_amz_one),
      cmocka_unit_test(bearer_tokens),
      cmocka_unit_test(answers_are_those_of_aws),
      cmocka_unit_test(messages_name_what_is_wrong),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
