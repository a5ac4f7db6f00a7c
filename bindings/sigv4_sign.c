/* SPDX-License-Identifier: MIT
 *
 * sigv4_sign.c -- the three ways to authenticate a request: Authorization header, presigned
 * URL, bearer token.
 * Which headers are signed is decided here: all but the few that change on the way. */
#include "bindings/sigv4.h"
#include "bindings/uri.h"
#include "host/number.h"

enum { FEW = 32 }; /* headers that are sorted without asking for memory */

static bool is_plain(mr_slice s) {
  for (size_t i = 0; i < s.len; i++)
    if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f || s.ptr[i] == ',')
      return false;
  return s.len > 0;
}

static bool has_slash(mr_slice s) {
  return s.len > 0 && memchr(s.ptr, '/', s.len) != NULL;
}

/* What proxies change or add, and what SDKs never sign. */
static bool is_never_signed(mr_slice name) {
#define NAME(text) {"" text, sizeof text - 1}
  static const mr_slice names[] = {NAME("authorization"),   NAME("user-agent"),
                                   NAME("x-amzn-trace-id"), NAME("expect"),
                                   NAME("connection"),      NAME("transfer-encoding"),
                                   NAME("keep-alive"),      NAME("te"),
                                   NAME("upgrade"),         NAME("proxy-authorization"),
                                   NAME("proxy-connection"), NAME("amz-sdk-request"),
                                   NAME("amz-sdk-invocation-id")};
#undef NAME
  for (size_t i = 0; i < MR_COUNT(names); i++)
    if (names[i].len == name.len && mr_canon_name_is(name, names[i].ptr))
      return true;
  return false;
}

static bool is_auth_parameter(mr_slice name) {
  static const char *const names[] = {
      "X-Amz-Algorithm", "X-Amz-Credential",    "X-Amz-Date",          "X-Amz-Expires",
      "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Security-Token"};
  for (size_t i = 0; i < MR_COUNT(names); i++)
    if (mr_slice_is(name, names[i]))
      return true;
  return false;
}

static const mr_pair *find_header(const mr_sigv4_request *r, const char *name) {
  for (size_t i = 0; i < r->header_count; i++)
    if (mr_canon_name_is(r->headers[i].name, name))
      return &r->headers[i];
  return NULL;
}

/* Checks the options, and sets what does not depend on the headers. */
static int begin(const mr_sigv4_request *r, const mr_sigv4_options *o, mr_sigv4_keys *keys,
                 bool presign, mr_sigv4_stages *out) {
  const mr_pair *sent = find_header(r, "x-amz-content-sha256");
  if (out->scope.len > 0) /* not reset: the stages would be those of two signatures */
    return MR_ERR_ARG;
  if (!is_plain(o->access_key_id) || !is_plain(o->region) || !is_plain(o->service) ||
      has_slash(o->region) || has_slash(o->service) || o->secret_access_key.len == 0)
    return MR_ERR_ARG;
  if (mr_sigv4_date(o->time, out->amz_date) < 0)
    return MR_ERR_ARG;
  if (o->session_token.len > 0)
    out->canonical_request.wipe = out->header_block.wipe = out->query.wipe = true;
  mr_sigv4_scope(&out->scope, out->amz_date, o->region, o->service);
  mr_buf_slice(&out->credential, o->access_key_id);
  mr_buf_putc(&out->credential, '/');
  mr_buf_slice(&out->credential, mr_buf_view(&out->scope));
  if (r->payload_hash.len > 0)
    mr_buf_slice(&out->payload_hash, r->payload_hash);
  else if (sent)
    mr_buf_slice(&out->payload_hash, mr_canon_trim(sent->value));
  else if (presign && mr_sigv4_is_s3(o->service))
    mr_buf_puts(&out->payload_hash, MR_UNSIGNED_PAYLOAD);
  else
    return mr_sigv4_hash_hex(keys, &out->payload_hash, r->body);
  return is_plain(mr_buf_view(&out->payload_hash)) ? MR_OK : MR_ERR_ARG;
}

int mr_sigv4_sign(const mr_sigv4_request *r, const mr_sigv4_options *o, mr_sigv4_keys *keys,
                  mr_sigv4_stages *out) {
  mr_alloc *alloc = out->canonical_request.alloc;
  const mr_pair *few[FEW];
  bool many = r->header_count + 3 > FEW;
  size_t bytes = (r->header_count + 3) * sizeof(mr_pair *), count = 0;
  const mr_pair **list = many ? mr_alloc_get(alloc, bytes) : few;
  bool with_token = o->session_token.len > 0 && !o->omit_session_token;
  int status = MR_ERR_MEMORY;
  if (!list)
    return status;
  status = begin(r, o, keys, false, out);
  if (status < 0)
    goto done;
  mr_pair added[3] = {{mr_slice_of("x-amz-date"), mr_slice_make(out->amz_date, MR_AMZ_DATE_LEN)},
                      {mr_slice_of("x-amz-security-token"), o->session_token},
                      {mr_slice_of("x-amz-content-sha256"), mr_buf_view(&out->payload_hash)}};
  for (size_t i = 0; i < r->header_count; i++) {
    mr_slice name = r->headers[i].name;
    if (is_never_signed(name) || mr_canon_name_is(name, "x-amz-date") ||
        (o->session_token.len > 0 && mr_canon_name_is(name, "x-amz-security-token")) ||
        (o->sign_body_header && mr_canon_name_is(name, "x-amz-content-sha256")))
      continue;
    list[count++] = &r->headers[i];
  }
  list[count++] = &added[0];
  if (with_token)
    list[count++] = &added[1];
  if (o->sign_body_header)
    list[count++] = &added[2];
  status = mr_sigv4_compute(r, o, keys, list, count, NULL, NULL, 0, out);
  if (status < 0)
    goto done;
  mr_buf_puts(&out->authorization, MR_SIGV4_ALGORITHM " Credential=");
  mr_buf_slice(&out->authorization, mr_buf_view(&out->credential));
  mr_buf_puts(&out->authorization, ", SignedHeaders=");
  mr_buf_slice(&out->authorization, mr_buf_view(&out->signed_headers));
  mr_buf_puts(&out->authorization, ", Signature=");
  mr_buf_puts(&out->authorization, out->signature);
  status = out->authorization.status;
done:
  if (many)
    mr_alloc_put(alloc, list, bytes);
  return status;
}

size_t mr_sigv4_added(const mr_sigv4_options *o, const mr_sigv4_stages *s, mr_pair added[4]) {
  size_t n = 0;
  added[n].name = mr_slice_of("x-amz-date");
  added[n++].value = mr_slice_make(s->amz_date, MR_AMZ_DATE_LEN);
  if (o->session_token.len > 0) {
    added[n].name = mr_slice_of("x-amz-security-token");
    added[n++].value = o->session_token;
  }
  if (o->sign_body_header) {
    added[n].name = mr_slice_of("x-amz-content-sha256");
    added[n++].value = mr_buf_view(&s->payload_hash);
  }
  added[n].name = mr_slice_of("authorization");
  added[n++].value = mr_buf_view(&s->authorization);
  return n;
}

int mr_sigv4_presign(const mr_sigv4_request *r, const mr_sigv4_options *o, mr_sigv4_keys *keys,
                     mr_sigv4_stages *out) {
  mr_alloc *alloc = out->canonical_request.alloc;
  size_t bytes = (r->header_count + 1) * sizeof(mr_pair *), count = 0;
  const mr_pair **list = mr_alloc_get(alloc, bytes);
  bool has_token = o->session_token.len > 0;
  int status = MR_ERR_MEMORY;
  char expires[20];
  if (!list)
    return status;
  status = MR_ERR_ARG;
  if (o->expires < 1 || o->expires > MR_PRESIGN_MAX)
    goto done;
  status = begin(r, o, keys, true, out);
  if (status < 0)
    goto done;
  for (size_t i = 0; i < r->header_count; i++)
    if (!is_never_signed(r->headers[i].name) &&
        !mr_canon_name_is(r->headers[i].name, "x-amz-date") &&
        !(has_token && mr_canon_name_is(r->headers[i].name, "x-amz-security-token")))
      list[count++] = &r->headers[i];
  char *end = expires + sizeof expires, *digits = mr_text_digits(end, (uint64_t)o->expires);
  mr_pair extra[6] = {{mr_slice_of("X-Amz-Algorithm"), mr_slice_of(MR_SIGV4_ALGORITHM)},
                      {mr_slice_of("X-Amz-Credential"), mr_buf_view(&out->credential)},
                      {mr_slice_of("X-Amz-Date"), mr_slice_make(out->amz_date, MR_AMZ_DATE_LEN)},
                      {mr_slice_of("X-Amz-Expires"), mr_slice_make(digits, (size_t)(end - digits))},
                      {mr_slice_of("X-Amz-SignedHeaders"), {NULL, 0}},
                      {mr_slice_of("X-Amz-Security-Token"), o->session_token}};
  status = mr_sigv4_compute(r, o, keys, list, count, is_auth_parameter, extra,
                            has_token && !o->omit_session_token ? 6 : 5, out);
  if (status < 0)
    goto done;
  mr_slice rest = r->query;
  mr_pair p;
  while (mr_query_next(&rest, &p.name, &p.value)) {
    if (is_auth_parameter(p.name))
      continue;
    mr_buf_slice(&out->query, p.name);
    if (p.value.ptr) {
      mr_buf_putc(&out->query, '=');
      mr_buf_slice(&out->query, p.value);
    }
    mr_buf_putc(&out->query, '&');
  }
  for (size_t i = 0; i < (has_token ? 6u : 5u); i++) {
    mr_buf_slice(&out->query, extra[i].name);
    mr_buf_putc(&out->query, '=');
    mr_uri_encode(&out->query, extra[i].value, false);
    mr_buf_putc(&out->query, '&');
  }
  mr_buf_puts(&out->query, "X-Amz-Signature=");
  mr_buf_puts(&out->query, out->signature);
  status = out->query.status;
done:
  mr_alloc_put(alloc, list, bytes);
  return status;
}

int mr_sigv4_bearer(mr_buf *out, mr_slice token) {
  for (size_t i = 0; i < token.len; i++)
    if (token.ptr[i] <= ' ' || token.ptr[i] >= 0x7f)
      return MR_ERR_ARG;
  if (token.len == 0)
    return MR_ERR_ARG;
  mr_buf_puts(out, "Bearer ");
  mr_buf_slice(out, token);
  return out->status;
}
