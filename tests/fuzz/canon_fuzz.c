/* SPDX-License-Identifier: MIT
 *
 * canon_fuzz.c -- canonical requests from any method, path, query and headers.
 * The input's lines are method, path, query, headers ("name:value", with \r for a line break
 * inside) and, behind an empty line, the body; the first byte picks service and form.  What can
 * be signed must verify, and must no longer once the signature or a signed part changes. */
#include <stdint.h>
#include <stdlib.h>

#include "bindings/sigv4_verify.h"
#include "bindings/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_HEADERS = 32 };

static void need(bool ok) {
  if (!ok)
    abort();
}

static mr_slice take_line(mr_slice *rest) {
  const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
  size_t n = end ? (size_t)(end - rest->ptr) : rest->len;
  mr_slice line = mr_slice_make(rest->ptr, n);
  *rest = mr_slice_make(rest->ptr + n + (end != NULL), rest->len - n - (end != NULL));
  return line;
}

/* A canonical query is its own canonical query: nothing is encoded twice. */
static void check_query(mr_slice query) {
  mr_buf once, twice;
  mr_buf_init(&once, NULL);
  mr_buf_init(&twice, NULL);
  mr_canon_query(&once, query, NULL, NULL, 0);
  mr_canon_query(&twice, mr_buf_view(&once), NULL, NULL, 0);
  /* A pair without name and value is written as "=", which reads as itself. */
  need(mr_slice_equal(mr_buf_view(&once), mr_buf_view(&twice)));
  mr_buf_clear(&once);
  mr_buf_clear(&twice);
}

/* A normal path begins with one slash, has no empty and no dot segment, and stays as it is. */
static void check_path(mr_slice path) {
  mr_buf once, twice;
  mr_buf_init(&once, NULL);
  mr_buf_init(&twice, NULL);
  mr_canon_path(&once, path, true, false);
  mr_canon_path(&twice, mr_buf_view(&once), true, false);
  need(mr_slice_equal(mr_buf_view(&once), mr_buf_view(&twice)));
  need(once.len > 0 && once.ptr[0] == '/');
  const char *text = mr_buf_text(&once);
  need(strlen(text) == once.len);
  need(!strstr(text, "//") && !strstr(text, "/./") && !strstr(text, "/../"));
  mr_buf_clear(&once);
  mr_buf_clear(&twice);
}

static mr_sigv4_fault verify(const mr_sigv4_request *r, const mr_sigv4_options *o) {
  mr_sigv4_claim c;
  mr_sigv4_policy p = {o->region, o->service, o->time, MR_SIGV4_SKEW, true};
  mr_sigv4_known known = {o->secret_access_key, o->session_token, 0};
  mr_sigv4_claim_init(&c, NULL);
  int status = mr_sigv4_read(&c, r, &p);
  if (status == MR_OK && c.kind != MR_AUTH_BEARER)
    status = mr_sigv4_check(&c, r, &p, &known, NULL);
  need(status == MR_OK || status == MR_ERR_ARG);
  need((status == MR_OK) == (c.fault == MR_FAULT_NONE));
  need(mr_sigv4_verdict(&c).message != NULL);
  mr_sigv4_fault fault = c.fault;
  mr_sigv4_claim_clear(&c);
  return fault;
}

static bool is_added(mr_slice name) {
  return mr_canon_name_is(name, "authorization") || mr_canon_name_is(name, "x-amz-date") ||
         mr_canon_name_is(name, "x-amz-security-token") ||
         mr_canon_name_is(name, "x-amz-content-sha256");
}

static bool has_parameter(mr_slice query) {
  mr_slice name, value;
  while (mr_query_next(&query, &name, &value))
    if (name.len >= 6 && memcmp(name.ptr, "X-Amz-", 6) == 0)
      return true;
  return false;
}

static void sign_and_verify(mr_sigv4_request *r, mr_pair *headers, mr_sigv4_options *o) {
  mr_sigv4_stages s;
  mr_pair added[4];
  mr_sigv4_stages_init(&s, NULL);
  bool presign = o->expires > 0;
  int status = presign ? mr_sigv4_presign(r, o, NULL, &s) : mr_sigv4_sign(r, o, NULL, &s);
  need(status == MR_OK || status == MR_ERR_ARG);
  if (status == MR_OK) {
    if (presign)
      r->query = mr_buf_view(&s.query);
    else
      for (size_t i = 0, n = mr_sigv4_added(o, &s, added); i < n; i++)
        headers[r->header_count++] = added[i];
    need(verify(r, o) == MR_FAULT_NONE);
    char *last =
        presign ? s.query.ptr + s.query.len - 1 : s.authorization.ptr + s.authorization.len - 1;
    *last ^= 1;
    need(verify(r, o) == MR_FAULT_MISMATCH);
    *last ^= 1;
    r->method = mr_slice_of(mr_slice_is(r->method, "GET") ? "PUT" : "GET");
    need(verify(r, o) == MR_FAULT_MISMATCH);
  }
  mr_sigv4_stages_clear(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mr_pair headers[MAX_HEADERS + 5];
  mr_sigv4_request r;
  mr_sigv4_options o;
  memset(&r, 0, sizeof r);
  memset(&o, 0, sizeof o);
  if (size == 0)
    return 0;
  uint8_t choice = data[0];
  mr_slice rest = mr_slice_make((const char *)data + 1, size - 1), line;
  r.method = take_line(&rest);
  r.path = take_line(&rest);
  r.query = take_line(&rest);
  r.headers = headers;
  check_query(r.query);
  check_path(r.path);
  while (rest.len > 0 && (line = take_line(&rest)).len > 0 && r.header_count < MAX_HEADERS) {
    const char *colon = memchr(line.ptr, ':', line.len);
    if (!colon)
      continue;
    mr_pair *h = &headers[r.header_count++];
    h->name = mr_slice_make(line.ptr, (size_t)(colon - line.ptr));
    h->value = mr_slice_make(colon + 1, line.len - h->name.len - 1);
  }
  r.body = rest;
  o.access_key_id = mr_slice_of("AKIDEXAMPLE");
  o.secret_access_key = mr_slice_of("secret");
  o.region = mr_slice_of("us-east-1");
  mr_sigv4_defaults(&o, mr_slice_of(choice & 1 ? "s3" : "bedrock"));
  o.time = 1767323045;
  verify(&r, &o); /* as it came: whatever it claims */
  size_t kept = 0;
  for (size_t i = 0; i < r.header_count; i++)
    if (!is_added(headers[i].name))
      headers[kept++] = headers[i];
  r.header_count = kept;
  headers[r.header_count].name = mr_slice_of("host");
  headers[r.header_count++].value = mr_slice_of("example.amazonaws.com");
  if (choice & 2)
    o.expires = 600;
  if (choice & 4)
    o.session_token = mr_slice_of("to/k+en=");
  if (!has_parameter(r.query))
    sign_and_verify(&r, headers, &o);
  return 0;
}
