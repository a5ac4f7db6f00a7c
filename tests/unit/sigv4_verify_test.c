/* SPDX-License-Identifier: MIT
 *
 * sigv4_verify_test.c -- verification refuses whatever is not exactly what was signed, and
 * says why in AWS's words. */
#include "tests/support/support.h"

#include <stdio.h>

#include "tests/support/sign_pair.h"

#define S(text) mr_slice_make(text, sizeof(text) - 1)

static void fresh(sign_pair *p, const char *service, bool presigned) {
  sign_pair_clear(p);
  sign_pair_make(p, service, presigned);
}

#define REFUSED(p, fault_expected)                                                                 \
  do {                                                                                             \
    assert_string_equal(mr_fault_name(sign_pair_verify(p)), mr_fault_name(fault_expected));        \
    fresh(p, service, presigned);                                                                  \
  } while (0)

/* What both forms and both kinds of service have in common. */
static void refuse_common(sign_pair *p, const char *service, bool presigned) {
  bool s3 = strcmp(service, "s3") == 0;
  sign_pair_set(&p->request.method, S("POST"));
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_set(&p->request.method, S("put"));
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_set(&p->request.path, S("/bucket/k%20ez"));
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_set(&p->request.path, S("/bucket/k%2520ey"));
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_replace(p, NULL, "partNumber=2", "partNumber=3");
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_replace(p, NULL, "uploadId", "uploadIe");
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_replace(p, NULL, "partNumber=2", "partNumber=2&more");
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_replace(p, "host", "s3", "s4");
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_replace(p, "content-type", "plain", "html");
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_replace(p, "x-amz-meta-a", "two", "twp");
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_remove(p, "x-amz-meta-a");
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_header(p, S("content-type"), S("more"));
  REFUSED(p, MR_FAULT_MISMATCH);
  sign_pair_header(p, S("x-amz-acl"), S("public-read"));
  REFUSED(p, MR_FAULT_UNSIGNED_HEADER);
  sign_pair_header(p, S("x-amz-bad name"), S("v"));
  REFUSED(p, MR_FAULT_UNSIGNED_HEADER);
  sign_pair_header(p, S("authorization"), S("AWS4-HMAC-SHA256 x"));
  REFUSED(p, MR_FAULT_MULTIPLE_AUTH);
  p->known.secret_access_key = S("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEX");
  REFUSED(p, MR_FAULT_MISMATCH);
  p->key_id = "AKIDEXAMPLF";
  REFUSED(p, MR_FAULT_UNKNOWN_KEY);
  p->known.session_token = S("token+/>");
  REFUSED(p, MR_FAULT_BAD_TOKEN);
  p->known.session_token = S("");
  REFUSED(p, MR_FAULT_BAD_TOKEN);
  p->known.expires = p->policy.time;
  REFUSED(p, MR_FAULT_EXPIRED_TOKEN);
  p->known.expires = p->policy.time + 1;
  assert_int_equal(sign_pair_verify(p), MR_FAULT_NONE);
  p->policy.region = S("eu-west-1");
  REFUSED(p, MR_FAULT_WRONG_REGION);
  p->policy.service = s3 ? S("bedrock") : S("sts");
  REFUSED(p, MR_FAULT_WRONG_SERVICE);
  p->policy.region = p->policy.service = S("");
  assert_int_equal(sign_pair_verify(p), MR_FAULT_NONE);
  /* What is not signed may change. */
  sign_pair_replace(p, "user-agent", "not", "really not");
  sign_pair_header(p, S("amz-sdk-request"), S("attempt=1"));
  assert_int_equal(sign_pair_verify(p), MR_FAULT_NONE);
  sign_pair_header(p, S("content-length"), S("11"));
  assert_int_equal(sign_pair_verify(p), MR_FAULT_NONE);
  fresh(p, service, presigned);
}

static void header_form_refuses_each_change(void **state) {
  (void)state;
  static const char *const services[] = {"s3", "bedrock"};
  for (size_t i = 0; i < MR_COUNT(services); i++) {
    const char *service = services[i];
    bool presigned = false, s3 = i == 0;
    sign_pair pair, *p = &pair;
    sign_pair_make(p, service, presigned);
    refuse_common(p, service, presigned);
    sign_pair_replace(p, "x-amz-date", "030405", "030406");
    REFUSED(p, MR_FAULT_MISMATCH);
    sign_pair_replace(p, "x-amz-date", "0102", "0103");
    REFUSED(p, MR_FAULT_WRONG_DAY);
    sign_pair_replace(p, "x-amz-date", "20260102T", "20260102 ");
    REFUSED(p, MR_FAULT_MISSING_DATE);
    sign_pair_remove(p, "x-amz-date");
    REFUSED(p, MR_FAULT_MISSING_DATE);
    sign_pair_header(p, S("X-Amz-Date"), S("20260102T030405Z"));
    REFUSED(p, MR_FAULT_MISSING_DATE);
    sign_pair_replace(p, "authorization", "/20260102/", "/20260101/");
    REFUSED(p, MR_FAULT_WRONG_DAY);
    sign_pair_replace(p, "authorization", "/us-east-1/", "/us-east-2/");
    REFUSED(p, MR_FAULT_WRONG_REGION);
    sign_pair_replace(p, "authorization", s3 ? "/s3/" : "/bedrock/", "/sts/");
    REFUSED(p, MR_FAULT_WRONG_SERVICE);
    sign_pair_replace(p, "authorization", "AKIDEXAMPLE", "AKIDEXAMPLF");
    REFUSED(p, MR_FAULT_UNKNOWN_KEY);
    sign_pair_replace(p, "authorization", "host;", "");
    REFUSED(p, MR_FAULT_UNSIGNED_HEADER);
    sign_pair_replace(p, "authorization", ";x-amz-meta-a", "");
    REFUSED(p, MR_FAULT_UNSIGNED_HEADER);
    sign_pair_replace(p, "authorization", "content-type;", "");
    REFUSED(p, MR_FAULT_MISMATCH);
    sign_pair_replace(p, "authorization", "content-type;host", "host;content-type");
    REFUSED(p, MR_FAULT_MISMATCH);
    sign_pair_replace(p, "authorization", "host;", "host;not-there;");
    REFUSED(p, MR_FAULT_MISMATCH);
    sign_pair_remove(p, "x-amz-security-token");
    REFUSED(p, MR_FAULT_UNKNOWN_KEY);
    sign_pair_replace(p, "x-amz-security-token", "token", "tokem");
    REFUSED(p, MR_FAULT_BAD_TOKEN);
    p->policy.time = SIGN_PAIR_TIME + 900;
    assert_int_equal(sign_pair_verify(p), MR_FAULT_NONE);
    p->policy.time = SIGN_PAIR_TIME + 901;
    REFUSED(p, MR_FAULT_SKEWED);
    p->policy.time = SIGN_PAIR_TIME - 900;
    assert_int_equal(sign_pair_verify(p), MR_FAULT_NONE);
    p->policy.time = SIGN_PAIR_TIME - 901;
    REFUSED(p, MR_FAULT_SKEWED);
    sign_pair_replace(p, NULL, "part", "X-Amz-Signature=1&part");
    REFUSED(p, MR_FAULT_MULTIPLE_AUTH);
    sign_pair_set(&p->request.body, S("hello worle"));
    REFUSED(p, s3 ? MR_FAULT_PAYLOAD_MISMATCH : MR_FAULT_MISMATCH);
    sign_pair_set(&p->request.body, S(""));
    REFUSED(p, s3 ? MR_FAULT_PAYLOAD_MISMATCH : MR_FAULT_MISMATCH);
    if (s3) {
      sign_pair_replace(p, "x-amz-content-sha256", "b94d", "b94e");
      REFUSED(p, MR_FAULT_MISMATCH);
      sign_pair_replace(p, "x-amz-content-sha256", "b94d", "B94D");
      REFUSED(p, MR_FAULT_PAYLOAD_INVALID);
      sign_pair_remove(p, "x-amz-content-sha256");
      REFUSED(p, MR_FAULT_PAYLOAD_MISSING);
      sign_pair_set(&sign_pair_find(p, "x-amz-content-sha256")->value, S("UNSIGNED-PAYLOAD"));
      REFUSED(p, MR_FAULT_MISMATCH);
      p->policy.has_body = false; /* the caller will compare by itself */
      sign_pair_set(&p->request.body, S("later"));
      assert_int_equal(sign_pair_verify(p), MR_FAULT_NONE);
    }
    sign_pair_clear(p);
  }
}

static void presigned_form_refuses_each_change(void **state) {
  (void)state;
  static const char *const services[] = {"s3", "bedrock"};
  for (size_t i = 0; i < MR_COUNT(services); i++) {
    const char *service = services[i];
    bool presigned = true;
    sign_pair pair, *p = &pair;
    sign_pair_make(p, service, presigned);
    refuse_common(p, service, presigned);
    sign_pair_replace(p, NULL, "T030405Z", "T030406Z");
    REFUSED(p, MR_FAULT_MISMATCH);
    sign_pair_replace(p, NULL, "X-Amz-Date=20260102", "X-Amz-Date=20260103");
    REFUSED(p, MR_FAULT_WRONG_DAY);
    sign_pair_replace(p, NULL, "Expires=600", "Expires=601");
    REFUSED(p, MR_FAULT_MISMATCH);
    static const char *const bad[] = {
        "Expires=0", "Expires=604801", "Expires=-1",
        "Expires=",  "Expires=1e3",    "Expires=99999999999999999999999"};
    for (size_t k = 0; k < MR_COUNT(bad); k++) {
      sign_pair_replace(p, NULL, "Expires=600", bad[k]);
      REFUSED(p, MR_FAULT_QUERY_MALFORMED);
    }
    static const char *const names[] = {"X-Amz-Algorithm",     "X-Amz-Credential",
                                        "X-Amz-Date",          "X-Amz-Expires",
                                        "X-Amz-SignedHeaders", "X-Amz-Signature"};
    for (size_t k = 0; k < MR_COUNT(names); k++) {
      char twice[64];
      sign_pair_replace(p, NULL, names[k], "x-other");
      REFUSED(p, MR_FAULT_QUERY_MALFORMED);
      sprintf(twice, "%s=1&%s", names[k], names[k]);
      sign_pair_replace(p, NULL, names[k], twice);
      REFUSED(p, MR_FAULT_QUERY_MALFORMED);
    }
    sign_pair_replace(p, NULL, "HMAC-SHA256", "ECDSA-P256-SHA256");
    REFUSED(p, MR_FAULT_QUERY_MALFORMED);
    sign_pair_replace(p, NULL, "AKIDEXAMPLE", "AKIDEXAMPLF");
    REFUSED(p, MR_FAULT_UNKNOWN_KEY);
    sign_pair_replace(p, NULL, "us-east-1", "us-east-2");
    REFUSED(p, MR_FAULT_WRONG_REGION);
    sign_pair_replace(p, NULL, "%2Faws4_request", "%2Faws4_requesu");
    REFUSED(p, MR_FAULT_QUERY_MALFORMED);
    sign_pair_replace(p, NULL, "%3Bhost", "");
    REFUSED(p, MR_FAULT_UNSIGNED_HEADER);
    sign_pair_replace(p, NULL, "%3Bx-amz-meta-a", "");
    REFUSED(p, MR_FAULT_UNSIGNED_HEADER);
    sign_pair_replace(p, NULL, "Token=token", "Token=tokem");
    REFUSED(p, MR_FAULT_BAD_TOKEN);
    p->policy.time = SIGN_PAIR_TIME + 600;
    assert_int_equal(sign_pair_verify(p), MR_FAULT_NONE);
    p->policy.time = SIGN_PAIR_TIME + 601;
    REFUSED(p, MR_FAULT_EXPIRED_URL);
    p->policy.time = SIGN_PAIR_TIME - 900;
    assert_int_equal(sign_pair_verify(p), MR_FAULT_NONE);
    p->policy.time = SIGN_PAIR_TIME - 901;
    REFUSED(p, MR_FAULT_NOT_YET_VALID);
    sign_pair_set(&p->request.body, S("another"));
    assert_int_equal(sign_pair_verify(p), i == 0 ? MR_FAULT_NONE : MR_FAULT_MISMATCH);
    sign_pair_clear(p);
  }
}

static void every_digit_of_the_signature_counts(void **state) {
  (void)state;
  for (int presigned = 0; presigned < 2; presigned++) {
    sign_pair p;
    sign_pair_make(&p, "s3", presigned);
    mr_slice *slot = presigned ? &p.request.query : &sign_pair_find(&p, "authorization")->value;
    for (size_t i = 1; i <= MR_SIGNATURE_LEN; i++) {
      char *at = (char *)slot->ptr + slot->len - i, was = *at;
      *at = was == '0' ? '1' : '0';
      assert_int_equal(sign_pair_verify(&p), MR_FAULT_MISMATCH);
      *at = was;
    }
    slot->len -= 1;
    assert_int_equal(sign_pair_verify(&p), MR_FAULT_MISMATCH);
    sign_pair_clear(&p);
  }
}

/* ---- random requests ---- */

static uint32_t next_random(uint32_t *seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed;
}

static mr_slice random_text(uint32_t *seed, char *out, size_t max, const char *alphabet) {
  size_t n = next_random(seed) % max, letters = strlen(alphabet);
  for (size_t i = 0; i < n; i++)
    out[i] = alphabet[next_random(seed) % letters];
  return mr_slice_make(out, n);
}

static void random_requests_hold_until_a_byte_changes(void **state) {
  (void)state;
  uint32_t seed = 20260102;
  char a[64], b[64], c[64], d[64];
  size_t same = 0, refused = 0;
  for (int round = 0; round < 3000; round++) {
    sign_pair p;
    sign_pair_init(&p, round % 2 ? "s3" : "bedrock");
    a[0] = '/';
    mr_slice path = random_text(&seed, a + 1, 40, "ab/.%2Fc-~+ :");
    mr_slice query = random_text(&seed, b, 40, "ab=&%2c+-X");
    mr_slice body = random_text(&seed, c, 40, "ab\n\xff{}");
    sign_pair_request(&p, S("POST"), mr_slice_make(a, path.len + 1), query, body);
    sign_pair_header(&p, S("host"), S("example.amazonaws.com"));
    sign_pair_header(&p, S("x-b"), random_text(&seed, d, 30, "ab \t,\"\xc3"));
    sign_pair_header(&p, S("X-Amz-Meta-C"), random_text(&seed, d, 30, "ab ,;="));
    if (round % 3 == 0)
      p.options.session_token = p.known.session_token = S("to/k+en");
    if (round % 5 == 0)
      p.options.expires = 1 + next_random(&seed) % MR_PRESIGN_MAX;
    p.policy.time += next_random(&seed) % 2;
    assert_int_equal(sign_pair_sign(&p), MR_OK);
    if (sign_pair_verify(&p) != MR_FAULT_NONE)
      fail_msg("round %d is refused", round);
    mr_buf before;
    mr_buf_init(&before, NULL);
    mr_buf_slice(&before, mr_buf_view(&p.canonical));

    mr_slice *slots[SIGN_PAIR_HEADERS + 4] = {&p.request.method, &p.request.path, &p.request.query,
                                              &p.request.body};
    size_t count = 4;
    for (size_t i = 0; i < p.request.header_count; i++)
      slots[count++] = &p.headers[i].value;
    for (int k = 0; k < 8; k++) {
      mr_slice *slot = slots[next_random(&seed) % count];
      if (slot->len == 0)
        continue;
      char *at = (char *)slot->ptr + next_random(&seed) % slot->len, was = *at;
      *at = (char)(was + 1 + (char)(next_random(&seed) % 254));
      mr_sigv4_fault fault = sign_pair_verify(&p);
      if (fault != MR_FAULT_NONE) {
        refused++;
      } else { /* only another spelling of the same request may pass */
        same++;
        bool unsigned_body = slot == &p.request.body && p.options.expires && round % 2;
        if (!unsigned_body && !mr_slice_equal(mr_buf_view(&before), mr_buf_view(&p.canonical)))
          fail_msg("round %d: a changed byte passes", round);
        assert_true(unsigned_body || slot != &p.request.body);
      }
      *at = was;
    }
    mr_buf_clear(&before);
    sign_pair_clear(&p);
  }
  print_message("%zu changes refused, %zu other spellings accepted\n", refused, same);
  assert_true(refused > 10000);
}

static void every_failing_allocation_is_survived(void **state) {
  (void)state;
  for (int presigned = 0; presigned < 2; presigned++) {
    sign_pair p;
    sign_pair_make(&p, "s3", presigned);
    int status = MR_ERR_MEMORY;
    for (long n = 1; status != MR_OK; n++) {
      support_failing failing = {n, 0, true};
      mr_alloc alloc;
      mr_sigv4_claim c;
      mr_alloc_init(&alloc, support_failing_alloc, &failing, 0);
      mr_sigv4_claim_init(&c, &alloc);
      status = mr_sigv4_read(&c, &p.request, &p.policy);
      if (status == MR_OK)
        status = mr_sigv4_check(&c, &p.request, &p.policy, &p.known, NULL);
      if (status != MR_OK && status != MR_ERR_MEMORY)
        fail_msg("allocation %ld: status %d, %s", n, status, mr_fault_name(c.fault));
      mr_sigv4_claim_clear(&c);
      assert_int_equal(alloc.used, 0);
      assert_true(n < 200);
    }
    sign_pair_clear(&p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(header_form_refuses_each_change),
      cmocka_unit_test(presigned_form_refuses_each_change),
      cmocka_unit_test(every_digit_of_the_signature_counts),
      cmocka_unit_test(random_requests_hold_until_a_byte_changes),
      cmocka_unit_test(every_failing_allocation_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
