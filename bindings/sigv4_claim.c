/* SPDX-License-Identifier: MIT
 *
 * sigv4_claim.c -- the first half of verification: what does the request say of itself?
 * Strict: a parameter that is missing, repeated or unknown is refused, for what is read here
 * must be exactly what was signed.  A credential is split from its end, since a key id may
 * hold a slash. */
#include "bindings/sigv4_verify.h"
#include "bindings/uri.h"
#include "host/date.h"

#define HEADER_TEXT "The authorization header is malformed; "
#define QUERY_TEXT "Error parsing the X-Amz-Credential parameter; "

static int refuse(mr_sigv4_claim *c, mr_sigv4_fault fault) {
  c->fault = fault;
  return MR_ERR_ARG;
}

/* The fault of a form, with a text of its own. */
static int malformed(mr_sigv4_claim *c, const char *text) {
  bool header = c->kind == MR_AUTH_HEADER;
  if (c->s3) {
    if (header)
      mr_buf_puts(&c->message, HEADER_TEXT);
    mr_buf_puts(&c->message, text);
  }
  return refuse(c, header ? MR_FAULT_HEADER_MALFORMED : MR_FAULT_QUERY_MALFORMED);
}

/* How many headers have that name; *value is the first one's, trimmed. */
static size_t count_header(const mr_sigv4_request *r, const char *name, mr_slice *value) {
  size_t count = 0;
  for (size_t i = 0; i < r->header_count; i++)
    if (mr_canon_name_is(r->headers[i].name, name) && count++ == 0)
      *value = mr_canon_trim(r->headers[i].value);
  return count;
}

/* ---- parameters ---- */

typedef struct parameters {
  mr_slice algorithm, credential, date, expires, signed_headers, signature, token, hash;
} parameters;

/* A header parameter "Name=value"; false if it is unknown or came before. */
static bool take_parameter(parameters *p, mr_slice part) {
  const struct {
    const char *name;
    mr_slice *slot;
  } known[] = {{"Credential", &p->credential},
               {"SignedHeaders", &p->signed_headers},
               {"Signature", &p->signature}};
  const char *equals = part.len ? memchr(part.ptr, '=', part.len) : NULL;
  if (!equals)
    return false;
  mr_slice name = mr_slice_make(part.ptr, (size_t)(equals - part.ptr));
  for (size_t i = 0; i < MR_COUNT(known); i++)
    if (mr_slice_is(name, known[i].name)) {
      if (known[i].slot->ptr)
        return false;
      *known[i].slot = mr_slice_make(equals + 1, part.len - name.len - 1);
      return true;
    }
  return false;
}

static int read_header_parameters(mr_sigv4_claim *c, mr_slice rest, parameters *p) {
  while (rest.len > 0) {
    const char *comma = memchr(rest.ptr, ',', rest.len);
    size_t n = comma ? (size_t)(comma - rest.ptr) : rest.len;
    if (!take_parameter(p, mr_canon_trim(mr_slice_make(rest.ptr, n))))
      return malformed(c, "an unknown or repeated component was given.");
    n += comma != NULL;
    rest = mr_slice_make(rest.ptr + n, rest.len - n);
  }
  if (!p->credential.ptr || !p->signed_headers.ptr || !p->signature.ptr) {
    if (!c->s3) {
      mr_buf_puts(&c->message, p->credential.ptr ? ""
                                                 : "Authorization header requires "
                                                   "'Credential' parameter. ");
      mr_buf_puts(&c->message, p->signature.ptr ? ""
                                                : "Authorization header requires "
                                                  "'Signature' parameter. ");
      mr_buf_puts(&c->message, p->signed_headers.ptr ? ""
                                                     : "Authorization header requires "
                                                       "'SignedHeaders' parameter. ");
    }
    return malformed(c, "the authorization header requires three components: Credential, "
                        "SignedHeaders, and Signature.");
  }
  return MR_OK;
}

/* Decoded values go to c->text, whose memory is reserved first so that slices stay good. */
static int read_query_parameters(mr_sigv4_claim *c, mr_slice query, parameters *p) {
  const struct {
    const char *name;
    mr_slice *slot;
  } known[] = {{"X-Amz-Algorithm", &p->algorithm},
               {"X-Amz-Credential", &p->credential},
               {"X-Amz-Date", &p->date},
               {"X-Amz-Expires", &p->expires},
               {"X-Amz-SignedHeaders", &p->signed_headers},
               {"X-Amz-Signature", &p->signature},
               {"X-Amz-Security-Token", &p->token},
               {"X-Amz-Content-Sha256", &p->hash}};
  mr_slice name, value;
  if (!mr_buf_reserve(&c->text, query.len + 1))
    return MR_ERR_MEMORY;
  while (mr_query_next(&query, &name, &value))
    for (size_t i = 0; i < MR_COUNT(known); i++) {
      if (!mr_slice_is(name, known[i].name))
        continue;
      size_t from = c->text.len;
      if (known[i].slot->ptr)
        return malformed(c, "an X-Amz- authentication parameter was given twice.");
      if (value.len > 0 && mr_uri_decode(&c->text, value) < 0)
        return malformed(c, "an X-Amz- authentication parameter is not properly encoded.");
      *known[i].slot = mr_slice_make(c->text.ptr + from, c->text.len - from);
    }
  if (!p->algorithm.ptr || !p->credential.ptr || !p->signature.ptr || !p->date.ptr ||
      !p->signed_headers.ptr || !p->expires.ptr)
    return refuse(c, MR_FAULT_QUERY_MALFORMED);
  return MR_OK;
}

/* ---- the scope ---- */

/* Cuts the last part behind a '/' off. */
static bool cut_last(mr_slice *rest, mr_slice *part) {
  for (size_t i = rest->len; i-- > 0;)
    if (rest->ptr[i] == '/') {
      *part = mr_slice_make(rest->ptr + i + 1, rest->len - i - 1);
      rest->len = i;
      return true;
    }
  return false;
}

static int read_credential(mr_sigv4_claim *c, mr_slice credential) {
  mr_slice rest = credential, terminal;
  if (!cut_last(&rest, &terminal) || !cut_last(&rest, &c->service) ||
      !cut_last(&rest, &c->region) || !cut_last(&rest, &c->day) || rest.len == 0)
    return malformed(c, "the Credential is mal-formed; expecting "
                        "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
  c->access_key_id = rest;
  if (!mr_slice_is(terminal, "aws4_request"))
    return malformed(c, "incorrect terminal. This endpoint uses \"aws4_request\".");
  for (size_t i = 0; i < c->day.len; i++)
    if (c->day.ptr[i] < '0' || c->day.ptr[i] > '9')
      c->day.len = 0;
  if (c->day.len != 8)
    return malformed(c, "incorrect date format. This date in the credential must be in the format "
                        "\"yyyyMMdd\".");
  return MR_OK;
}

static int check_scope(mr_sigv4_claim *c, const mr_sigv4_policy *p) {
  const char *head = c->kind == MR_AUTH_HEADER ? HEADER_TEXT : QUERY_TEXT;
  if (p->region.len > 0 && !mr_slice_equal(p->region, c->region)) {
    if (c->s3)
      mr_buf_printf(&c->message, "%sthe region '%.*s' is wrong; expecting '%.*s'", head,
                    (int)c->region.len, c->region.ptr, (int)p->region.len, p->region.ptr);
    return refuse(c, MR_FAULT_WRONG_REGION);
  }
  if (p->service.len > 0 && !mr_slice_equal(p->service, c->service)) {
    if (c->s3)
      mr_buf_printf(&c->message, "%sincorrect service \"%.*s\". This endpoint belongs to \"%.*s\".",
                    head, (int)c->service.len, c->service.ptr, (int)p->service.len, p->service.ptr);
    else
      mr_buf_printf(&c->message, "Credential should be scoped to correct service: '%.*s'.",
                    (int)p->service.len, p->service.ptr);
    return refuse(c, MR_FAULT_WRONG_SERVICE);
  }
  if (memcmp(c->day.ptr, c->amz_date, 8) != 0) {
    if (c->s3)
      mr_buf_printf(&c->message,
                    "%sInvalid credential date \"%.8s\". This date is not the same as X-Amz-Date: "
                    "\"%.8s\".",
                    head, c->day.ptr, c->amz_date);
    else
      mr_buf_printf(&c->message,
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                    "date from HTTP: '%.8s' != '%.8s', from '%s'.",
                    c->day.ptr, c->amz_date, c->amz_date);
    return refuse(c, MR_FAULT_WRONG_DAY);
  }
  return MR_OK;
}

/* ---- the two forms ---- */

static int read_header_date(mr_sigv4_claim *c, const mr_sigv4_request *r) {
  mr_slice text = {NULL, 0};
  size_t count = count_header(r, "x-amz-date", &text);
  int64_t ms = 0;
  if (count > 1)
    return refuse(c, MR_FAULT_MISSING_DATE);
  if (count == 0 && count_header(r, "date", &text) != 1)
    return refuse(c, MR_FAULT_MISSING_DATE);
  if (mr_sigv4_read_date(text, &c->time) < 0) {
    if (count > 0 || mr_time_parse(text, MR_TIME_HTTP, &ms) < 0)
      return refuse(c, MR_FAULT_MISSING_DATE);
    c->time = ms / 1000;
  }
  return mr_sigv4_date(c->time, c->amz_date) < 0 ? refuse(c, MR_FAULT_MISSING_DATE) : MR_OK;
}

static int read_header_form(mr_sigv4_claim *c, const mr_sigv4_request *r, mr_slice authorization) {
  parameters p;
  int status;
  memset(&p, 0, sizeof p);
  size_t n = strlen(MR_SIGV4_ALGORITHM);
  mr_slice rest = mr_canon_trim(mr_slice_make(authorization.ptr + n, authorization.len - n));
  if ((status = read_header_parameters(c, rest, &p)) < 0 ||
      (status = read_credential(c, p.credential)) < 0 || (status = read_header_date(c, r)) < 0)
    return status;
  c->signed_headers = p.signed_headers;
  c->signature = p.signature;
  if (count_header(r, "x-amz-security-token", &c->session_token) > 1)
    return malformed(c, "x-amz-security-token was given twice.");
  if (count_header(r, "x-amz-content-sha256", &c->payload_hash) > 1)
    return refuse(c, c->s3 ? MR_FAULT_PAYLOAD_INVALID : MR_FAULT_HEADER_MALFORMED);
  return MR_OK;
}

static int read_expires(mr_sigv4_claim *c, mr_slice text) {
  int64_t value = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] < '0' || text.ptr[i] > '9')
      return malformed(c, "X-Amz-Expires should be a number");
    if (value <= MR_PRESIGN_MAX)
      value = value * 10 + (text.ptr[i] - '0');
  }
  if (text.len == 0 || value < 1)
    return malformed(c, "X-Amz-Expires must be at least one second");
  if (value > MR_PRESIGN_MAX)
    return malformed(c, "X-Amz-Expires must be less than a week (in seconds); that is, the given "
                        "X-Amz-Expires must be less than 604800 seconds");
  c->expires = value;
  return MR_OK;
}

static int read_query_form(mr_sigv4_claim *c, const mr_sigv4_request *r) {
  parameters p;
  int status;
  memset(&p, 0, sizeof p);
  if ((status = read_query_parameters(c, r->query, &p)) < 0)
    return status;
  if (!mr_slice_is(p.algorithm, MR_SIGV4_ALGORITHM))
    return malformed(c, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  if ((status = read_credential(c, p.credential)) < 0 || (status = read_expires(c, p.expires)) < 0)
    return status;
  if (mr_sigv4_read_date(p.date, &c->time) < 0)
    return malformed(c, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  memcpy(c->amz_date, p.date.ptr, MR_AMZ_DATE_LEN);
  c->amz_date[MR_AMZ_DATE_LEN] = '\0';
  c->signed_headers = p.signed_headers;
  c->signature = p.signature;
  c->session_token = p.token;
  if (!p.token.ptr && count_header(r, "x-amz-security-token", &c->session_token) > 1)
    return malformed(c, "x-amz-security-token was given twice.");
  size_t count = count_header(r, "x-amz-content-sha256", &c->payload_hash);
  if (count > 1)
    return refuse(c, MR_FAULT_PAYLOAD_INVALID);
  if (count == 0)
    c->payload_hash = p.hash.ptr ? p.hash : mr_slice_of(MR_UNSIGNED_PAYLOAD);
  return MR_OK;
}

/* What the query of a presigned URL has and no other has. */
static bool is_presigned(mr_slice query) {
  mr_slice name, value;
  while (mr_query_next(&query, &name, &value))
    if (mr_slice_is(name, "X-Amz-Algorithm") || mr_slice_is(name, "X-Amz-Signature") ||
        mr_slice_is(name, "X-Amz-Credential"))
      return true;
  return false;
}

static int read_authorization(mr_sigv4_claim *c, const mr_sigv4_request *r, mr_slice text) {
  if (mr_canon_name_begins(text, "bearer ")) {
    c->kind = MR_AUTH_BEARER;
    c->bearer = mr_canon_trim(mr_slice_make(text.ptr + 7, text.len - 7));
    return MR_OK;
  }
  c->kind = MR_AUTH_HEADER;
  size_t n = strlen(MR_SIGV4_ALGORITHM);
  if (text.len <= n || memcmp(text.ptr, MR_SIGV4_ALGORITHM, n) != 0 || text.ptr[n] != ' ')
    return refuse(c, MR_FAULT_UNSUPPORTED_AUTH);
  return read_header_form(c, r, text);
}

int mr_sigv4_read(mr_sigv4_claim *c, const mr_sigv4_request *r, const mr_sigv4_policy *p) {
  mr_slice authorization = {NULL, 0};
  size_t count = count_header(r, "authorization", &authorization);
  bool presigned = is_presigned(r->query);
  int status;
  c->s3 = mr_sigv4_is_s3(p->service);
  if (count + presigned == 0)
    return refuse(c, MR_FAULT_MISSING_AUTH);
  if (count + presigned > 1)
    return refuse(c, MR_FAULT_MULTIPLE_AUTH);
  if (presigned)
    c->kind = MR_AUTH_PRESIGNED;
  status = presigned ? read_query_form(c, r) : read_authorization(c, r, authorization);
  if (status < 0 || c->kind == MR_AUTH_BEARER)
    return status;
  if (p->service.len == 0)
    c->s3 = mr_sigv4_is_s3(c->service);
  return check_scope(c, p);
}
