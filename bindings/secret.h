/* SPDX-License-Identifier: MIT
 *
 * secret.h -- bytes that must not be left lying about.
 * A secret owns a copy of its bytes and overwrites them before it gives the memory back.
 * The two first members are its public face: whoever holds a secret reads ptr and len. */
#ifndef MR_SECRET_H
#define MR_SECRET_H

#include "host/alloc.h"

typedef struct mr_secret {
  char *ptr; /* NULL while empty; no terminator */
  size_t len;
  size_t size;     /* bytes to give back */
  mr_alloc *alloc; /* NULL: plain malloc */
} mr_secret;

void mr_secret_init(mr_secret *s, mr_alloc *alloc);
/* Wipes what was there and keeps a copy of n bytes.  MR_OK, or MR_ERR_MEMORY: then empty. */
int mr_secret_set(mr_secret *s, const void *bytes, size_t n);
/* Wipes and frees; the secret is empty and usable again.  May be called twice. */
void mr_secret_clear(mr_secret *s);
/* Overwrites the bytes and empties the secret, but keeps the memory until it is cleared: who
 * still holds a view reads zeros. */
void mr_secret_wipe(mr_secret *s);
/* Takes the same time wherever the difference lies; lengths are not hidden. */
bool mr_secret_equal(mr_slice a, mr_slice b);
static inline mr_slice mr_secret_view(const mr_secret *s) {
  return mr_slice_make(s->ptr ? s->ptr : "", s->len);
}

#endif
