/* SPDX-License-Identifier: MIT
 *
 * json_scan.h -- the inner loops of JSON strings: where plain bytes end, how long a UTF-8
 * sequence is.  Sixteen bytes a step where SSE2 exists (every x86-64), otherwise one. */
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

#ifdef MR_JSON_SSE2
/* One bit for each byte that is not plain.  The comparison with space is signed, so that it
 * also finds the bytes from 0x80 on. */
static inline unsigned mr_json_marks(__m128i v) {
  __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
  __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
  __m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
  __m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));
  return (unsigned)_mm_movemask_epi8(
      _mm_or_si128(_mm_or_si128(low, quote), _mm_or_si128(backslash, del)));
}
#endif

/* The first byte from p on that is not plain, or end. */
static inline const char *mr_json_plain_end(const char *p, const char *end) {
#ifdef MR_JSON_SSE2
  for (; end - p >= 16; p += 16) {
    unsigned marks = mr_json_marks(_mm_loadu_si128((const __m128i *)(const void *)p));
    if (marks)
      return p + __builtin_ctz(marks);
  }
  if (end - p >= 8) {
    unsigned marks = mr_json_marks(_mm_loadl_epi64((const __m128i *)(const void *)p)) & 0xff;
    if (marks)
      return p + __builtin_ctz(marks);
    p += 8;
  }
#endif
  while (p < end && mr_json_is_plain((unsigned char)*p))
    p++;
  return p;
}

/* Copies plain bytes from *p to `to`, stops at end or at the first that is not plain, and
 * advances *p.  Returns where the copy ends.  There must be room for end - *p + 16 bytes. */
static inline char *mr_json_copy_plain(char *to, const char **p, const char *end) {
  const char *from = *p;
#ifdef MR_JSON_SSE2
  for (; end - from >= 16; from += 16, to += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)from);
    _mm_storeu_si128((__m128i *)(void *)to, v);
    unsigned marks = mr_json_marks(v);
    if (marks) {
      *p = from + __builtin_ctz(marks);
      return to + __builtin_ctz(marks);
    }
  }
  if (end - from >= 8) {
    __m128i v = _mm_loadl_epi64((const __m128i *)(const void *)from);
    _mm_storel_epi64((__m128i *)(void *)to, v);
    unsigned marks = mr_json_marks(v) & 0xff;
    if (marks) {
      *p = from + __builtin_ctz(marks);
      return to + __builtin_ctz(marks);
    }
    from += 8;
    to += 8;
  }
#endif
  while (from < end && mr_json_is_plain((unsigned char)*from))
    *to++ = *from++;
  *p = from;
  return to;
}

/* What mr_json_copy_unescaped may write behind what it copies. */
enum { MR_JSON_COPY_ROOM = 64 };

/* Copies from *p to the first backslash or to end, and advances *p; `to` may not overlap and
 * needs MR_JSON_COPY_ROOM more bytes.  Returns where the copy ends. */
static inline char *mr_json_copy_unescaped(char *to, const char **p, const char *end) {
  const char *from = *p;
#ifdef MR_JSON_SSE2
  const __m128i backslash = _mm_set1_epi8('\\');
  for (; end - from >= 16; from += 16, to += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)from);
    _mm_storeu_si128((__m128i *)(void *)to, v);
    unsigned marks = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, backslash));
    if (marks) {
      *p = from + __builtin_ctz(marks);
      return to + __builtin_ctz(marks);
    }
  }
#endif
  while (from < end && *from != '\\')
    *to++ = *from++;
  *p = from;
  return to;
}

/* Length of the well-formed sequence of two to four bytes at p, or 0; p < end and the byte
 * at p is 0x80 or above (RFC 3629 section 4). */
static inline size_t mr_json_sequence(const char *p, const char *end) {
  const unsigned char *s = (const unsigned char *)p;
  ptrdiff_t n = end - p;
#define MR_TAIL(i) ((s[i] & 0xc0) == 0x80)
  if (s[0] >= 0xc2 && s[0] <= 0xdf)
    return n >= 2 && MR_TAIL(1) ? 2 : 0;
  if ((s[0] & 0xf0) == 0xe0) {
    if (n < 3 || !MR_TAIL(1) || !MR_TAIL(2))
      return 0;
    bool is_overlong = s[0] == 0xe0 && s[1] < 0xa0, is_surrogate = s[0] == 0xed && s[1] >= 0xa0;
    return is_overlong || is_surrogate ? 0 : 3;
  }
  if (s[0] >= 0xf0 && s[0] <= 0xf4) {
    if (n < 4 || !MR_TAIL(1) || !MR_TAIL(2) || !MR_TAIL(3))
      return 0;
    bool is_overlong = s[0] == 0xf0 && s[1] < 0x90, is_past = s[0] == 0xf4 && s[1] >= 0x90;
    return is_overlong || is_past ? 0 : 4;
  }
#undef MR_TAIL
  return 0;
}

#endif
