/* SPDX-License-Identifier: MIT
 *
 * base.h -- the few words that every C file shares.
 * A slice is bytes that somebody else owns; it may hold NULs and has no terminator. */
#ifndef MR_BASE_H
#define MR_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "host/moonrock.h"

#define MR_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MR_UNUSED(x) ((void)(x))

#if defined(__GNUC__)
#define MR_MUST_CHECK __attribute__((warn_unused_result))
#define MR_NORETURN __attribute__((noreturn))
#define MR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define MR_MUST_CHECK
#define MR_NORETURN
#define MR_PRINTF(fmt, args)
#endif

/* AddressSanitizer watches blocks that are malloc's: GCC and Clang say in two ways that it is there. */
#if defined(__SANITIZE_ADDRESS__)
#define MR_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MR_ADDRESS_SANITIZER 1
#endif
#endif

typedef struct mr_slice {
  const char *ptr;
  size_t len;
} mr_slice;

/* A header field, or a parameter of a query. */
typedef struct mr_pair {
  mr_slice name, value;
} mr_pair;

static inline mr_slice mr_slice_of(const char *text) {
  mr_slice s = {text, text ? strlen(text) : 0};
  return s;
}

static inline mr_slice mr_slice_make(const char *ptr, size_t len) {
  mr_slice s = {ptr, len};
  return s;
}

static inline bool mr_slice_equal(mr_slice a, mr_slice b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool mr_slice_is(mr_slice a, const char *text) {
  return mr_slice_equal(a, mr_slice_of(text));
}

/* Letters of ASCII only: case never depends on the locale. */
static inline char mr_ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Are they the same but for the case of letters, as names of headers are? */
static inline bool mr_slice_alike(mr_slice a, mr_slice b) {
  if (a.len != b.len)
    return false;
  for (size_t i = 0; i < a.len; i++) {
    if (mr_ascii_lower(a.ptr[i]) != mr_ascii_lower(b.ptr[i]))
      return false;
  }
  return true;
}

#endif
