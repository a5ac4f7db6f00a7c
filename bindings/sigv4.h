/* SPDX-License-Identifier: MIT
 *
 * sigv4.h -- AWS Signature Version 4: headers, presigned URLs, bearer tokens.
 * Bytes in, bytes out: no clock is read, the request is never changed; the results say what
 * to add to it.  Slices given stay the caller's and must live through the call only. */
#ifndef MR_SIGV4_H
#define MR_SIGV4_H

#include "bindings/canon.h"

#define MR_SIGV4_ALGORITHM "AWS4-HMAC-SHA256"
#define MR_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define MR_PRESIGN_MAX 604800 /* seconds: seven days */

enum { MR_SIGNATURE_LEN = 64, MR_AMZ_DATE_LEN = 16 };

typedef struct mr_sigv4_request {
  mr_slice method; /* as sent, case counts */
  mr_slice path;   /* raw, as in the request line */
  mr_slice query;  /* raw, without '?' */
  const mr_pair *headers;
  size_t header_count;
  mr_slice body;
  mr_slice payload_hash; /* hex, UNSIGNED-PAYLOAD or STREAMING-...; empty: hash the body */
} mr_sigv4_request;

typedef struct mr_sigv4_options {
  mr_slice access_key_id, secret_access_key;
  mr_slice session_token; /* empty: none */
  mr_slice region, service;
  int64_t time;            /* seconds since 1970, UTC */
  int64_t expires;         /* presigned form: 1 to MR_PRESIGN_MAX seconds */
  bool normalize;          /* the path's dot segments; not for S3 */
  bool double_encode;      /* the path; not for S3 */
  bool sign_body_header;   /* add x-amz-content-sha256 and sign it; for S3 */
  bool omit_session_token; /* send the token, but leave it out of what is signed */
} mr_sigv4_options;

/* Every stage of one signature.  One use fills them; before the next one they are reset, else
 * it is refused.  After an error the content is undefined, and they are reset too. */
typedef struct mr_sigv4_stages {
  mr_buf canonical_request;
  mr_buf string_to_sign;
  mr_buf signed_headers; /* "host;x-amz-date" */
  mr_buf scope;          /* "20260102/us-east-1/s3/aws4_request" */
  mr_buf credential;     /* key id, slash, scope */
  mr_buf authorization;  /* header form: the header's value */
  mr_buf query;          /* presigned form: the whole raw query of the URL */
  mr_buf header_block;   /* scratch */
  mr_buf payload_hash;
  char amz_date[MR_AMZ_DATE_LEN + 1];
  char signature[MR_SIGNATURE_LEN + 1];
} mr_sigv4_stages;

void mr_sigv4_stages_init(mr_sigv4_stages *s, mr_alloc *alloc);
/* Gives the memory back, wiping what may hold a session token.  May be called twice. */
void mr_sigv4_stages_clear(mr_sigv4_stages *s);
/* Empties them for the next signature and keeps their memory, wiped where it held a secret:
 * so a signature asks for no memory.  Always between two signatures with the same stages. */
void mr_sigv4_stages_reset(mr_sigv4_stages *s);

/* Signing keys are good for a day, a region and a service: deriving one costs four HMACs,
 * finding it costs one hash.  Zero the struct to begin; the keys are secret. */
typedef struct mr_sigv4_keys {
  struct {
    unsigned char tag[32]; /* SHA-256 over day, region, service, key id and secret */
    unsigned char key[32];
    bool used;
  } slot[8];
  unsigned next;
  struct mr_hasher *hasher; /* of SHA-256, made when first needed */
  bool is_closed;           /* none is made any more: nobody would release it */
} mr_sigv4_keys;
/* Wipes the keys and releases the hasher; the struct can be used again. */
void mr_sigv4_keys_clear(mr_sigv4_keys *keys);

bool mr_sigv4_is_s3(mr_slice service);
/* Sets service, normalize, double_encode and sign_body_header as that service wants them. */
void mr_sigv4_defaults(mr_sigv4_options *o, mr_slice service);

/* ---- signing -------------------------------------------------------------
 * keys may be NULL.  MR_OK; MR_ERR_ARG: an empty or unprintable key id, region or service, no
 * secret, a time outside the years 0-9999, expires out of range, a method or header that
 * cannot stand in a request, stages that were not reset; MR_ERR_MEMORY. */

/* Header form.  All headers are signed except those that proxies change (user-agent,
 * connection, expect, ...) and a former signature's, which mr_sigv4_added replaces. */
int mr_sigv4_sign(const mr_sigv4_request *r, const mr_sigv4_options *o, mr_sigv4_keys *keys,
                  mr_sigv4_stages *out);
/* The headers to add after mr_sigv4_sign; returns how many.  Slices into o and s. */
size_t mr_sigv4_added(const mr_sigv4_options *o, const mr_sigv4_stages *s, mr_pair added[4]);
/* Presigned form, into out->query.  For S3 the payload is UNSIGNED-PAYLOAD by default. */
int mr_sigv4_presign(const mr_sigv4_request *r, const mr_sigv4_options *o, mr_sigv4_keys *keys,
                     mr_sigv4_stages *out);
/* Appends "Bearer <token>" (RFC 6750).  MR_ERR_ARG: the token is empty or holds something
 * other than visible ASCII. */
int mr_sigv4_bearer(mr_buf *out, mr_slice token);

/* ---- for chunks and verification ----------------------------------------- */

/* Writes "20260102T030405Z".  MR_ERR_ARG: outside the years 0-9999. */
int mr_sigv4_date(int64_t seconds, char out[MR_AMZ_DATE_LEN + 1]);
/* Reads it back, strictly. */
int mr_sigv4_read_date(mr_slice text, int64_t *seconds);
/* "day/region/service/aws4_request"; day is the first 8 bytes of amz_date. */
void mr_sigv4_scope(mr_buf *out, const char *amz_date, mr_slice region, mr_slice service);
/* The signing key.  The caller wipes it. */
int mr_sigv4_key(const mr_sigv4_options *o, const char *amz_date, mr_sigv4_keys *keys,
                 unsigned char key[32]);
/* HMAC of text under key, as 64 hex digits and a NUL.  keys may be NULL. */
int mr_sigv4_hmac_hex(mr_sigv4_keys *keys, const unsigned char key[32], mr_slice text,
                      char out[MR_SIGNATURE_LEN + 1]);
/* Appends the SHA-256 of data in hex.  keys may be NULL. */
int mr_sigv4_hash_hex(mr_sigv4_keys *keys, mr_buf *out, mr_slice data);
/* Canonical request, string to sign and signature from prepared parts: out->payload_hash and
 * out->amz_date are set already; `list` are the headers to sign (sorted here); in the
 * presigned form `extra` are the parameters to add, of which the one without a value (ptr
 * NULL) gets the signed headers. */
int mr_sigv4_compute(const mr_sigv4_request *r, const mr_sigv4_options *o, mr_sigv4_keys *keys,
                     const mr_pair **list, size_t count, bool (*skip)(mr_slice), mr_pair *extra,
                     size_t extra_count, mr_sigv4_stages *out);

#endif
