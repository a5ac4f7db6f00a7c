/* SPDX-License-Identifier: MIT
 *
 * sign_pair.c -- a signed request in memory that a test can damage, and its verification. */
#include "tests/support/sign_pair.h"

#include "tests/support/support.h"

#define TEXT(text) mr_slice_make(text, sizeof(text) - 1)

void sign_pair_set(mr_slice *slot, mr_slice text) {
  char *copy = malloc(text.len + 1);
  if (text.len)
    memcpy(copy, text.ptr, text.len);
  copy[text.len] = '\0';
  free((char *)slot->ptr);
  slot->ptr = copy;
  slot->len = text.len;
}

void sign_pair_init(sign_pair *p, const char *service) {
  memset(p, 0, sizeof *p);
  mr_buf_init(&p->canonical, NULL);
  p->options.access_key_id = mr_slice_of(SIGN_PAIR_KEY);
  p->options.secret_access_key = mr_slice_of(SIGN_PAIR_SECRET);
  p->options.region = mr_slice_of("us-east-1");
  p->options.time = SIGN_PAIR_TIME;
  mr_sigv4_defaults(&p->options, mr_slice_of(service));
  p->policy.region = p->options.region;
  p->policy.service = p->options.service;
  p->policy.time = SIGN_PAIR_TIME;
  p->policy.max_skew = MR_SIGV4_SKEW;
  p->policy.has_body = true;
  p->known.secret_access_key = p->options.secret_access_key;
  p->key_id = SIGN_PAIR_KEY;
  p->request.headers = p->headers;
  sign_pair_request(p, mr_slice_of("GET"), mr_slice_of("/"), mr_slice_of(""), mr_slice_of(""));
}

void sign_pair_clear(sign_pair *p) {
  free((char *)p->request.method.ptr);
  free((char *)p->request.path.ptr);
  free((char *)p->request.query.ptr);
  free((char *)p->request.body.ptr);
  for (size_t i = 0; i < p->request.header_count; i++) {
    free((char *)p->headers[i].name.ptr);
    free((char *)p->headers[i].value.ptr);
  }
  mr_buf_clear(&p->canonical);
  memset(p, 0, sizeof *p);
}

void sign_pair_request(sign_pair *p, mr_slice method, mr_slice path, mr_slice query,
                       mr_slice body) {
  sign_pair_set(&p->request.method, method);
  sign_pair_set(&p->request.path, path);
  sign_pair_set(&p->request.query, query);
  sign_pair_set(&p->request.body, body);
}

void sign_pair_header(sign_pair *p, mr_slice name, mr_slice value) {
  if (p->request.header_count == SIGN_PAIR_HEADERS)
    return;
  mr_pair *h = &p->headers[p->request.header_count++];
  memset(h, 0, sizeof *h);
  sign_pair_set(&h->name, name);
  sign_pair_set(&h->value, value);
}

mr_pair *sign_pair_find(sign_pair *p, const char *name) {
  for (size_t i = 0; i < p->request.header_count; i++)
    if (mr_canon_name_is(p->headers[i].name, name))
      return &p->headers[i];
  return NULL;
}

void sign_pair_remove(sign_pair *p, const char *name) {
  mr_pair *h = sign_pair_find(p, name);
  if (!h)
    return;
  free((char *)h->name.ptr);
  free((char *)h->value.ptr);
  p->request.header_count--;
  memmove(h, h + 1, (size_t)(p->headers + p->request.header_count - h) * sizeof *h);
}

int sign_pair_sign(sign_pair *p) {
  mr_sigv4_stages s;
  mr_pair added[4];
  mr_sigv4_stages_init(&s, NULL);
  bool presigned = p->options.expires != 0;
  int status = presigned ? mr_sigv4_presign(&p->request, &p->options, NULL, &s)
                         : mr_sigv4_sign(&p->request, &p->options, NULL, &s);
  if (status == MR_OK && presigned) {
    sign_pair_set(&p->request.query, mr_buf_view(&s.query));
  } else if (status == MR_OK) {
    size_t count = mr_sigv4_added(&p->options, &s, added);
    for (size_t i = 0; i < count; i++) {
      sign_pair_remove(p, added[i].name.ptr);
      sign_pair_header(p, added[i].name, added[i].value);
    }
  }
  memcpy(p->signature, s.signature, sizeof s.signature);
  mr_sigv4_stages_clear(&s);
  return status;
}

mr_sigv4_fault sign_pair_verify(sign_pair *p) {
  mr_sigv4_claim c;
  mr_sigv4_claim_init(&c, NULL);
  int status = mr_sigv4_read(&c, &p->request, &p->policy);
  if (status == MR_OK && c.kind != MR_AUTH_BEARER)
    status = mr_sigv4_check(&c, &p->request, &p->policy,
                            mr_slice_is(c.access_key_id, p->key_id) ? &p->known : NULL, NULL);
  if ((status == MR_OK) != (c.fault == MR_FAULT_NONE) || status == MR_ERR_MEMORY)
    fail_msg("status %d does not go with fault %d", status, (int)c.fault);
  if (c.fault) {
    mr_fault_answer answer = mr_sigv4_verdict(&c);
    assert_true(answer.code && answer.code[0] && answer.status >= 400 && answer.message[0]);
  }
  if (c.stages.canonical_request.len > 0) {
    mr_buf_reset(&p->canonical);
    mr_buf_slice(&p->canonical, mr_buf_view(&c.stages.canonical_request));
  }
  mr_sigv4_fault fault = c.fault;
  mr_sigv4_claim_clear(&c);
  return fault;
}

void sign_pair_replace(sign_pair *p, const char *name, const char *from, const char *to) {
  mr_slice *slot = name ? &sign_pair_find(p, name)->value : &p->request.query;
  const char *at = strstr(slot->ptr, from);
  if (!at)
    fail_msg("'%s' is not in '%s'", from, slot->ptr);
  mr_buf text;
  mr_buf_init(&text, NULL);
  mr_buf_put(&text, slot->ptr, (size_t)(at - slot->ptr));
  mr_buf_puts(&text, to);
  mr_buf_puts(&text, at + strlen(from));
  sign_pair_set(slot, mr_buf_view(&text));
  mr_buf_clear(&text);
}

void sign_pair_make(sign_pair *p, const char *service, bool presigned) {
  sign_pair_init(p, service);
  sign_pair_request(p, TEXT("PUT"), TEXT("/bucket/k%20ey"), TEXT("partNumber=2&uploadId=a%2Fb"),
                    TEXT("hello world"));
  sign_pair_header(p, TEXT("host"), TEXT("s3.amazonaws.com"));
  sign_pair_header(p, TEXT("content-type"), TEXT("text/plain"));
  sign_pair_header(p, TEXT("x-amz-meta-a"), TEXT("one  two"));
  sign_pair_header(p, TEXT("user-agent"), TEXT("not signed"));
  p->options.session_token = TEXT("token+/=");
  p->known.session_token = TEXT("token+/=");
  if (presigned)
    p->options.expires = 600;
  assert_int_equal(sign_pair_sign(p), MR_OK);
  assert_int_equal(sign_pair_verify(p), MR_FAULT_NONE);
}
