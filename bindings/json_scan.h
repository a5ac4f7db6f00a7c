/* SPDX-License-Identifier: MIT
 *
 * json_scan.h -- the inner loop of reading and writing JSON strings.
 * Sixteen bytes a step where SSE2 exists (every x86-64), otherwise one. */
#ifndef MR_JSON_SCAN_H
#define MR_JSON_SCAN_H

#include "host/base.h"

#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#define MR_JSON_SSE2 1
#endif

/* Printable ASCII but for the quote and the backslash: a byte that always stands for itself.
 * (DEL does too, except where the writer must write ASCII only.) */
static inline bool mr_json_is_plain(unsigned char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* The first byte from p on that is not plain, or end. */
static inline const char *mr_json_plain_end(const char *p, const char *end) {
#ifdef MR_JSON_SSE2
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'),
                space = _mm_set1_epi8(0x20), del = _mm_set1_epi8(0x7f);
  while (end - p >= 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    /* The comparison is signed, so it also finds the bytes from 0x80 on. */
    __m128i found =
        _mm_or_si128(_mm_or_si128(_mm_cmplt_epi8(v, space), _mm_cmpeq_epi8(v, del)),
                     _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)));
    unsigned mask = (unsigned)_mm_movemask_epi8(found);
    if (mask)
      return p + __builtin_ctz(mask);
    p += 16;
  }
#endif
  while (p < end && mr_json_is_plain((unsigned char)*p))
    p++;
  return p;
}

#endif
