/* SPDX-License-Identifier: MIT
 *
 * sigv4_verify.h -- is this request signed by whom it says?
 * In two steps, because only the caller knows the secrets: mr_sigv4_read says which key the
 * request claims, mr_sigv4_check computes the signature again with the signer's own code.
 * A refusal is MR_ERR_ARG with claim->fault and claim->message; nothing is trusted before
 * mr_sigv4_check has said MR_OK. */
#ifndef MR_SIGV4_VERIFY_H
#define MR_SIGV4_VERIFY_H

#include "bindings/sigv4.h"
#include "bindings/sigv4_fault.h"

#define MR_SIGV4_SKEW 900 /* seconds that clocks may differ */

typedef enum mr_auth_kind {
  MR_AUTH_NONE,
  MR_AUTH_HEADER,
  MR_AUTH_PRESIGNED,
  MR_AUTH_BEARER
} mr_auth_kind;

typedef struct mr_sigv4_policy {
  mr_slice region;  /* the scope must name it; empty: any */
  mr_slice service; /* the same; empty: any */
  int64_t time;     /* now, seconds since 1970 */
  int64_t max_skew; /* seconds; MR_SIGV4_SKEW is AWS's */
  bool has_body;    /* request.body is all of it: compare with x-amz-content-sha256 */
} mr_sigv4_policy;

typedef struct mr_sigv4_claim {
  mr_auth_kind kind;
  bool s3; /* whose rules and texts apply */
  mr_slice access_key_id, day, region, service;
  mr_slice signed_headers, signature;
  mr_slice session_token; /* as sent; empty: none */
  mr_slice bearer;        /* the token, in the bearer form */
  mr_slice payload_hash;  /* S3: as sent, or UNSIGNED-PAYLOAD in the presigned form */
  char amz_date[MR_AMZ_DATE_LEN + 1];
  int64_t time, expires;
  mr_sigv4_fault fault;
  mr_buf message;         /* the text of the refusal */
  mr_buf text;            /* decoded parameters that the slices point into */
  mr_sigv4_stages stages; /* what the server computed, after mr_sigv4_check */
} mr_sigv4_claim;

/* What the server knows of a key. */
typedef struct mr_sigv4_known {
  mr_slice secret_access_key;
  mr_slice session_token; /* empty: the key is not a temporary one */
  int64_t expires;        /* when the token ends, seconds since 1970; 0: never */
} mr_sigv4_known;

void mr_sigv4_claim_init(mr_sigv4_claim *c, mr_alloc *alloc);
void mr_sigv4_claim_clear(mr_sigv4_claim *c);
/* Takes the request's claim apart and checks what needs no secret.  The request must stay
 * while the claim is used.  For a bearer token only kind and bearer are set. */
int mr_sigv4_read(mr_sigv4_claim *c, const mr_sigv4_request *r, const mr_sigv4_policy *p);
/* After mr_sigv4_read; known NULL: no such key.  keys may be NULL. */
int mr_sigv4_check(mr_sigv4_claim *c, const mr_sigv4_request *r, const mr_sigv4_policy *p,
                   const mr_sigv4_known *known, mr_sigv4_keys *keys);
/* The same for the bearer form; expected empty: no token is valid. */
int mr_sigv4_check_bearer(mr_sigv4_claim *c, mr_slice expected);
/* The answer for claim->fault: code and status from the table, text from claim->message. */
mr_fault_answer mr_sigv4_verdict(mr_sigv4_claim *c);

#endif
