/* SPDX-License-Identifier: MIT
 *
 * sign_pair.h -- a signed request in memory that a test can damage, and its verification.
 * All texts are the fixture's own copies, so a test may write into them. */
#ifndef MR_TEST_SIGN_PAIR_H
#define MR_TEST_SIGN_PAIR_H

#include "bindings/sigv4_verify.h"

#define SIGN_PAIR_KEY "AKIDEXAMPLE"
#define SIGN_PAIR_SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define SIGN_PAIR_TIME 1767323045 /* 2026-01-02T03:04:05Z */

enum { SIGN_PAIR_HEADERS = 48 };

typedef struct sign_pair {
  mr_sigv4_request request;
  mr_pair headers[SIGN_PAIR_HEADERS];
  mr_sigv4_options options;
  mr_sigv4_policy policy;
  mr_sigv4_known known;
  const char *key_id;                   /* the one that the server knows */
  mr_buf canonical;                     /* of the last verification that came to compute one */
  char signature[MR_SIGNATURE_LEN + 1]; /* of the last signing */
} sign_pair;

/* Options and policy for a service in us-east-1; the request is empty. */
void sign_pair_init(sign_pair *p, const char *service);
void sign_pair_clear(sign_pair *p);
/* Begins, fills and signs a PUT with body, query, headers and a session token; asserts that it
 * verifies. */
void sign_pair_make(sign_pair *p, const char *service, bool presigned);
/* Sets the request's parts and a header; copies what it is given. */
void sign_pair_request(sign_pair *p, mr_slice method, mr_slice path, mr_slice query, mr_slice body);
void sign_pair_header(sign_pair *p, mr_slice name, mr_slice value);
/* Signs in the header form, or the presigned one if options.expires is set, and adds the
 * result to the request.  The signer's status. */
int sign_pair_sign(sign_pair *p);
/* The fault that verification finds; asserts that every refusal has an answer. */
mr_sigv4_fault sign_pair_verify(sign_pair *p);
/* The value of a header or NULL; may be written to. */
mr_pair *sign_pair_find(sign_pair *p, const char *name);
void sign_pair_remove(sign_pair *p, const char *name);
/* Replaces the first `from` in a header's value (or in the query if name is NULL) by `to`. */
void sign_pair_replace(sign_pair *p, const char *name, const char *from, const char *to);
/* Replaces a text of the request by a copy of another. */
void sign_pair_set(mr_slice *slot, mr_slice text);

#endif
