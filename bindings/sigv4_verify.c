/* SPDX-License-Identifier: MIT
 *
 * sigv4_verify.c -- the second half of verification: times, token, headers, signature, body.
 * The canonical request is built by the signer's code from what the request says it signed;
 * comparisons of secrets and signatures take constant time. */
#include "bindings/sigv4_verify.h"

#include "bindings/secret.h"
#include "bindings/sigv4_chunk.h"

void mr_sigv4_claim_init(mr_sigv4_claim *c, mr_alloc *alloc) {
  memset(c, 0, sizeof *c);
  mr_buf_init(&c->message, alloc);
  mr_buf_init(&c->text, alloc);
  c->text.wipe = true; /* may hold a session token */
  mr_sigv4_stages_init(&c->stages, alloc);
}

void mr_sigv4_claim_clear(mr_sigv4_claim *c) {
  mr_buf_clear(&c->message);
  mr_buf_clear(&c->text);
  mr_sigv4_stages_clear(&c->stages);
}

mr_fault_answer mr_sigv4_verdict(mr_sigv4_claim *c) {
  mr_fault_answer answer = mr_fault_describe(c->fault, c->s3, c->kind == MR_AUTH_PRESIGNED);
  if (c->message.len > 0)
    answer.message = mr_buf_text(&c->message);
  return answer;
}

static int refuse(mr_sigv4_claim *c, mr_sigv4_fault fault) {
  c->fault = fault;
  return MR_ERR_ARG;
}

/* ---- times ---- */

static int refuse_time(mr_sigv4_claim *c, const mr_sigv4_policy *p, mr_sigv4_fault fault) {
  char now[MR_AMZ_DATE_LEN + 1], limit[MR_AMZ_DATE_LEN + 1];
  bool late = c->time < p->time;
  int64_t span = c->kind == MR_AUTH_PRESIGNED && late ? c->expires : p->max_skew;
  int64_t edge = c->kind == MR_AUTH_PRESIGNED && late ? c->time + span
                 : late                               ? p->time - span
                                                      : p->time + span;
  if (!c->s3 && mr_sigv4_date(p->time, now) == MR_OK && mr_sigv4_date(edge, limit) == MR_OK) {
    if (c->kind == MR_AUTH_PRESIGNED && late)
      mr_buf_printf(&c->message, "Signature expired: %s is now later than %s (%s + %lld s.)", now,
                    limit, c->amz_date, (long long)span);
    else
      mr_buf_printf(&c->message, "Signature %s: %s is %s than %s (%s %c %lld min.)",
                    late ? "expired" : "not yet current", c->amz_date,
                    late ? "now earlier" : "still later", limit, now, late ? '-' : '+',
                    (long long)(span / 60));
  }
  return refuse(c, fault);
}

static int check_time(mr_sigv4_claim *c, const mr_sigv4_policy *p) {
  if (c->kind == MR_AUTH_PRESIGNED) {
    if (c->time - p->time > p->max_skew)
      return refuse_time(c, p, MR_FAULT_NOT_YET_VALID);
    if (p->time - c->time > c->expires)
      return refuse_time(c, p, MR_FAULT_EXPIRED_URL);
    return MR_OK;
  }
  if (c->time - p->time > p->max_skew || p->time - c->time > p->max_skew)
    return refuse_time(c, p, MR_FAULT_SKEWED);
  return MR_OK;
}

/* ---- who ---- */

static int check_token(mr_sigv4_claim *c, const mr_sigv4_policy *p, const mr_sigv4_known *known) {
  if (!known)
    return refuse(c, MR_FAULT_UNKNOWN_KEY);
  if (known->session_token.len > 0 && c->session_token.len == 0)
    return refuse(c, MR_FAULT_UNKNOWN_KEY); /* a temporary key means nothing by itself */
  if (!mr_secret_equal(known->session_token, c->session_token))
    return refuse(c, MR_FAULT_BAD_TOKEN);
  if (known->session_token.len > 0 && known->expires > 0 && p->time >= known->expires)
    return refuse(c, MR_FAULT_EXPIRED_TOKEN);
  return MR_OK;
}

int mr_sigv4_check_bearer(mr_sigv4_claim *c, mr_slice expected) {
  if (c->kind == MR_AUTH_BEARER && !c->s3 && expected.len > 0 &&
      mr_secret_equal(c->bearer, expected))
    return MR_OK;
  return refuse(c, MR_FAULT_BAD_BEARER);
}

/* ---- headers ---- */

/* Is the header's name in the list "a;b;c"?  The list is in lower case. */
static bool is_listed(mr_slice list, mr_slice name) {
  size_t from = 0;
  for (size_t i = 0; i <= list.len; i++) {
    if (i < list.len && list.ptr[i] != ';')
      continue;
    if (i - from == name.len) {
      size_t k = 0;
      while (k < name.len &&
             list.ptr[from + k] ==
                 (name.ptr[k] >= 'A' && name.ptr[k] <= 'Z' ? name.ptr[k] + 32 : name.ptr[k]))
        k++;
      if (k == name.len)
        return true;
    }
    from = i + 1;
  }
  return false;
}

/* The host and whatever changes what a request means must be signed. */
static bool must_be_signed(const mr_sigv4_claim *c, mr_slice name) {
  if (!c->s3 && mr_canon_name_is(name, "x-amz-security-token"))
    return false; /* services other than S3 take a token that was added after signing */
  return mr_canon_name_is(name, "host") || mr_canon_name_begins(name, "x-amz-");
}

static int check_signed_headers(mr_sigv4_claim *c, const mr_sigv4_request *r) {
  if (!is_listed(c->signed_headers, mr_slice_of("host"))) {
    if (!c->s3)
      mr_buf_puts(&c->message, "'Host' or ':authority' must be a 'SignedHeader' in the AWS "
                               "Authorization.");
    return refuse(c, MR_FAULT_UNSIGNED_HEADER);
  }
  for (size_t i = 0; i < r->header_count; i++)
    if (must_be_signed(c, r->headers[i].name) && !is_listed(c->signed_headers, r->headers[i].name))
      return refuse(c, MR_FAULT_UNSIGNED_HEADER);
  return MR_OK;
}

/* ---- payload ---- */

static bool is_sha256(mr_slice s) {
  for (size_t i = 0; i < s.len; i++)
    if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
      return false;
  return s.len == MR_SIGNATURE_LEN;
}

/* S3 believes the header and compares later; the others hash what they got. */
static int claim_payload(mr_sigv4_claim *c, const mr_sigv4_request *r) {
  mr_buf *out = &c->stages.payload_hash;
  mr_chunk_mode mode;
  if (!c->s3) {
    if (r->payload_hash.len == 0)
      return mr_sigv4_hash_hex(NULL, out, r->body);
    mr_buf_slice(out, r->payload_hash);
    return out->status;
  }
  if (c->payload_hash.len == 0)
    return refuse(c, MR_FAULT_PAYLOAD_MISSING);
  if (!is_sha256(c->payload_hash) && !mr_slice_is(c->payload_hash, MR_UNSIGNED_PAYLOAD) &&
      !mr_chunk_mode_from_name(c->payload_hash, &mode))
    return refuse(c, MR_FAULT_PAYLOAD_INVALID);
  mr_buf_slice(out, c->payload_hash);
  return out->status;
}

static int check_payload(mr_sigv4_claim *c, const mr_sigv4_request *r, const mr_sigv4_policy *p) {
  mr_buf hash;
  int status;
  if (!c->s3 || !p->has_body || !is_sha256(c->payload_hash))
    return MR_OK;
  mr_buf_init(&hash, c->message.alloc);
  status = mr_sigv4_hash_hex(NULL, &hash, r->body);
  if (status == MR_OK && !mr_slice_equal(mr_buf_view(&hash), c->payload_hash))
    status = refuse(c, MR_FAULT_PAYLOAD_MISMATCH);
  mr_buf_clear(&hash);
  return status;
}

/* ---- signature ---- */

static bool is_signature_parameter(mr_slice name) {
  return mr_slice_is(name, "X-Amz-Signature");
}

static int check_signature(mr_sigv4_claim *c, const mr_sigv4_request *r, mr_slice secret,
                           mr_sigv4_keys *keys) {
  mr_alloc *alloc = c->message.alloc;
  size_t bytes = (r->header_count + 1) * sizeof(mr_pair *), count = 0;
  const mr_pair **list = mr_alloc_get(alloc, bytes);
  int status = MR_ERR_MEMORY;
  mr_sigv4_options o;
  if (!list)
    return status;
  memset(&o, 0, sizeof o);
  o.access_key_id = c->access_key_id;
  o.secret_access_key = secret;
  o.region = c->region;
  mr_sigv4_defaults(&o, c->service);
  o.time = c->time;
  for (size_t i = 0; i < r->header_count; i++)
    if (is_listed(c->signed_headers, r->headers[i].name))
      list[count++] = &r->headers[i];
  memcpy(c->stages.amz_date, c->amz_date, sizeof c->amz_date);
  mr_sigv4_scope(&c->stages.scope, c->amz_date, c->region, c->service);
  if (c->session_token.len > 0)
    c->stages.canonical_request.wipe = c->stages.header_block.wipe = true;
  status = mr_sigv4_compute(r, &o, keys, list, count,
                            c->kind == MR_AUTH_PRESIGNED ? is_signature_parameter : NULL, NULL, 0,
                            &c->stages);
  if (status == MR_ERR_ARG)
    status = refuse(c, MR_FAULT_MISMATCH);
  else if (status == MR_OK &&
           (!mr_slice_equal(mr_buf_view(&c->stages.signed_headers), c->signed_headers) ||
            !mr_secret_equal(c->signature, mr_slice_of(c->stages.signature))))
    status = refuse(c, MR_FAULT_MISMATCH);
  mr_alloc_put(alloc, list, bytes);
  return status;
}

int mr_sigv4_check(mr_sigv4_claim *c, const mr_sigv4_request *r, const mr_sigv4_policy *p,
                   const mr_sigv4_known *known, mr_sigv4_keys *keys) {
  int status;
  if (c->fault)
    return MR_ERR_ARG;
  if (c->kind != MR_AUTH_HEADER && c->kind != MR_AUTH_PRESIGNED)
    return refuse(c, MR_FAULT_MISSING_AUTH);
  if ((status = check_token(c, p, known)) < 0 || (status = check_time(c, p)) < 0 ||
      (status = claim_payload(c, r)) < 0 || (status = check_signed_headers(c, r)) < 0 ||
      (status = check_signature(c, r, known->secret_access_key, keys)) < 0)
    return status;
  return check_payload(c, r, p);
}
