/* SPDX-License-Identifier: MIT
 *
 * json_put.h -- the inner step of whoever writes JSON: a short string of plain bytes, as nearly
 * all keys are, with what stands around it, in one go. */
#ifndef MR_JSON_PUT_H
#define MR_JSON_PUT_H

#include "bindings/json_scan.h"
#include "host/buf.h"

/* Longest string that is written in one go. */
enum { MR_JSON_SHORT = 32 };

/* Copies n bytes, at most MR_JSON_SHORT; false: not all are plain. */
static inline bool mr_json_copy_short(char *to, const char *p, size_t n) {
#ifdef MR_JSON_SSE2
  /* The last block begins where it ends with the string, and overlaps the one before it. */
  if (n >= 16) {
    __m128i first = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i last = _mm_loadu_si128((const __m128i *)(const void *)(p + n - 16));
    _mm_storeu_si128((__m128i *)(void *)to, first);
    _mm_storeu_si128((__m128i *)(void *)(to + n - 16), last);
    return !(mr_json_marks(first) | mr_json_marks(last));
  }
  if (n >= 8) {
    __m128i first = _mm_loadl_epi64((const __m128i *)(const void *)p);
    __m128i last = _mm_loadl_epi64((const __m128i *)(const void *)(p + n - 8));
    _mm_storel_epi64((__m128i *)(void *)to, first);
    _mm_storel_epi64((__m128i *)(void *)(to + n - 8), last);
    return !mr_json_marks(_mm_unpacklo_epi64(first, last));
  }
  if (n >= 4) {
    int32_t first, last;
    memcpy(&first, p, 4);
    memcpy(&last, p + n - 4, 4);
    memcpy(to, &first, 4);
    memcpy(to + n - 4, &last, 4);
    return !(mr_json_marks(_mm_set_epi32(last, first, last, first)));
  }
#endif
  bool is_plain = true;
  for (size_t i = 0; i < n; i++) {
    to[i] = p[i];
    is_plain = is_plain && mr_json_is_plain((unsigned char)p[i]);
  }
  return is_plain;
}

/* Longest string that mr_json_put_avx512 takes. */
enum { MR_JSON_WIDE_SHORT = 64 };
/* As mr_json_put_plain, with the escapes of one letter; false where others are needed, and at a
 * byte from 0x80 on.  Only where mr_json_has_avx512. */
bool mr_json_put_avx512(mr_buf *b, char before, mr_slice s, char behind);

/* Appends `before`, the string in quotes, and `behind` (0: nothing); false: nothing was written,
 * for the string is long, not plain, or there is no room. */
static inline bool mr_json_put_plain(mr_buf *b, char before, mr_slice s, char behind) {
  enum { AROUND = 4 };
  if (s.len > MR_JSON_SHORT || b->cap - b->len < s.len + AROUND)
    return false;
  char *to = b->ptr + b->len;
  *to = before;
  to += before != 0;
  *to++ = '"';
  if (!mr_json_copy_short(to, s.ptr, s.len))
    return false;
  to += s.len;
  *to++ = '"';
  *to = behind;
  to += behind != 0;
  b->len = (size_t)(to - b->ptr);
  return true;
}

#endif
