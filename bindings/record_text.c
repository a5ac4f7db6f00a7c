/* SPDX-License-Identifier: MIT
 *
 * record_text.c -- counts characters and finds what needs a closer look.
 * A character of the spelling counts unless it is a UTF-8 byte behind the first; an escape's
 * other characters are taken off again. */
#include "bindings/record_text.h"

#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#define WIDE 1
#endif

const char *const mr_record_marks[] = {"Human:", "Assistant:", NULL};

static inline bool is_first(char c) {
  return ((unsigned char)c & 0xc0) != 0x80;
}

uint64_t mr_record_characters(mr_slice text) {
  uint64_t n = 0;
  size_t i = 0;
#ifdef WIDE
  /* A comparison gives -1; up to 255 of them are summed in a byte. */
  const __m128i last_next = _mm_set1_epi8((char)0xbf), zero = _mm_setzero_si128();
  while (text.len - i >= 16) {
    __m128i sums = zero;
    for (int round = 0; round < 255 && text.len - i >= 16; round++, i += 16) {
      __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text.ptr + i));
      sums = _mm_sub_epi8(sums, _mm_cmpgt_epi8(v, last_next));
    }
    __m128i halves = _mm_sad_epu8(sums, zero);
    n += (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(halves, _mm_srli_si128(halves, 8)));
  }
#endif
  for (; i < text.len; i++)
    n += is_first(text.ptr[i]);
  return n;
}

/* Does the spelling from p on begin with a mark, or with something that may turn out as one? */
static bool may_begin_with_mark(const char *p, const char *end) {
  for (size_t word = 0; mr_record_marks[word]; word++) {
    const char *mark = mr_record_marks[word];
    size_t i = 0;
    while (mark[i] && (size_t)(end - p) > i && p[i] == mark[i])
      i++;
    if (!mark[i] || (end - p > (ptrdiff_t)i + 1 && p[i] == '\\' && p[i + 1] == 'u'))
      return true;
  }
  return false;
}

/* The escape at p: notes what it means and gives the place behind it. */
static inline const char *look_at_escape(mr_record_text *t, const char *p, const char *end) {
  if (p[1] != 'u') {
    t->characters--;
    if (p[1] == 'n' && end - p > 2 && (p[2] == 'H' || p[2] == 'A' || p[2] == '\\'))
      t->may_have_mark |= may_begin_with_mark(p + 2, end);
    return p + 2;
  }
  bool is_pair = (p[2] == 'd' || p[2] == 'D') && p[3] > '7';
  t->characters -= is_pair ? 11 : 5;
  t->may_have_mark |= memcmp(p + 2, "000", 3) == 0 && (p[5] == 'a' || p[5] == 'A');
  return p + (is_pair ? 12 : 6);
}

static void look_at_escapes(mr_record_text *t, mr_slice spelling) {
  const char *p = spelling.ptr, *end = p + spelling.len;
#ifdef WIDE
  const __m128i backslash = _mm_set1_epi8('\\');
  while (end - p >= 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    unsigned marks = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, backslash));
    p = marks ? look_at_escape(t, p + __builtin_ctz(marks), end) : p + 16;
  }
#endif
  while (p < end)
    p = *p == '\\' ? look_at_escape(t, p, end) : p + 1;
}

mr_record_text mr_record_text_of(mr_slice spelling, bool is_escaped) {
  mr_record_text t = {mr_record_characters(spelling), false, false};
  if (is_escaped)
    look_at_escapes(&t, spelling);
  t.may_be_blank = spelling.len == 0 || spelling.ptr[0] == ' ' || spelling.ptr[0] == '\\';
  return t;
}
