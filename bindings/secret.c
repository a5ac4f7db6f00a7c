/* SPDX-License-Identifier: MIT
 *
 * secret.c -- bytes that must not be left lying about.
 * Never grows in place: realloc could leave a copy behind that nobody wipes. */
#include "bindings/secret.h"

void mr_secret_init(mr_secret *s, mr_alloc *alloc) {
  s->ptr = NULL;
  s->len = s->size = 0;
  s->alloc = alloc;
}

int mr_secret_set(mr_secret *s, const void *bytes, size_t n) {
  mr_secret_clear(s);
  if (n == 0)
    return MR_OK;
  s->ptr = mr_alloc_get(s->alloc, n);
  if (!s->ptr)
    return MR_ERR_MEMORY;
  memcpy(s->ptr, bytes, n);
  s->len = s->size = n;
  return MR_OK;
}

void mr_secret_wipe(mr_secret *s) {
  if (s->ptr)
    mr_wipe(s->ptr, s->size);
  s->len = 0;
}

void mr_secret_clear(mr_secret *s) {
  mr_secret_wipe(s);
  mr_alloc_put(s->alloc, s->ptr, s->size);
  s->ptr = NULL;
  s->size = 0;
}

bool mr_secret_equal(mr_slice a, mr_slice b) {
  return a.len == b.len && (a.len == 0 || mr_equal_secret(a.ptr, b.ptr, a.len));
}
