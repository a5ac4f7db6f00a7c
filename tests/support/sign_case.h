/* SPDX-License-Identifier: MIT
 *
 * sign_case.h -- raw requests and folders of vectors for the signature tests.
 * Everything is read into memory that the caller frees with free(). */
#ifndef MR_TEST_SIGN_CASE_H
#define MR_TEST_SIGN_CASE_H

#include "bindings/sigv4.h"

enum { SIGN_CASE_HEADERS = 32 };

/* A request taken apart.  Headers and slices point into `text`. */
typedef struct sign_case {
  char *text;
  mr_sigv4_request request;
  mr_pair headers[SIGN_CASE_HEADERS];
} sign_case;

/* Reads a whole file; NULL if there is none.  A NUL stands behind the content. */
char *sign_case_read(const char *folder, const char *name, size_t *len);
/* Takes "METHOD target HTTP/1.1 LF headers LF LF body" apart; the target may hold spaces and
 * header lines may be folded.  Owns text from then on. */
bool sign_case_parse(sign_case *c, char *text, size_t len);
void sign_case_free(sign_case *c);
/* Calls f for each folder directly in `folder`, in the order of names; how many there were,
 * or -1 without such a folder. */
int sign_case_walk(const char *folder, void (*f)(void *ud, const char *path, const char *name),
                   void *ud);
/* The text of a flat JSON member ("key": "text" or number or true), "" if it is not there.
 * Writes at most n - 1 bytes. */
void sign_case_member(const char *json, const char *key, char *out, size_t n);

#endif
