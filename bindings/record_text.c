/* SPDX-License-Identifier: MIT
 *
 * record_text.c -- counts characters and finds what needs a closer look.
 * A byte of the spelling counts as a character unless it is one of UTF-8 behind the first; of
 * an escape all but one are taken off again.  Sixty-four bytes make words of bits, as in
 * json_stage.h. */
#include "bindings/record_text.h"

#include "bindings/json_stage.h"

#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>
#define WIDE 1
#endif

const char *const mr_record_marks[] = {"Human:", "Assistant:", NULL};

enum { BLOCK = 64 };

#ifdef WIDE
/* Bits of the bytes that are greater, as signed ones, or equal. */
static inline uint64_t greater(const char *p, char c) {
  const __m128i all = _mm_set1_epi8(c);
  uint64_t bits = 0;
  for (int i = 0; i < 4; i++) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(v, all)) << 16 * i;
  }
  return bits;
}

static inline uint64_t equal(const char *p, char c) {
  const __m128i all = _mm_set1_epi8(c);
  uint64_t bits = 0;
  for (int i = 0; i < 4; i++) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, all)) << 16 * i;
  }
  return bits;
}
#else
static inline uint64_t greater(const char *p, char c) {
  uint64_t bits = 0;
  for (int i = 0; i < BLOCK; i++)
    bits |= (uint64_t)((signed char)p[i] > (signed char)c) << i;
  return bits;
}

static inline uint64_t equal(const char *p, char c) {
  uint64_t bits = 0;
  for (int i = 0; i < BLOCK; i++)
    bits |= (uint64_t)(p[i] == c) << i;
  return bits;
}
#endif

static inline uint64_t ones(uint64_t bits) {
  return (uint64_t)__builtin_popcountll(bits);
}

static inline uint64_t first_bytes(const char *p) {
  return ones(greater(p, (char)0xbf)); /* 0x80 to 0xbf are the least of signed bytes */
}

/* What is left over at the end of a text, with bytes behind it that count for nothing. */
static const char *padded(char block[BLOCK], const char *p, const char *end) {
  memset(block, 0x80, BLOCK);
  memcpy(block, p, (size_t)(end - p));
  return block;
}

uint64_t mr_record_characters(mr_slice text) {
  const char *p = text.ptr, *end = p + text.len;
  char last[BLOCK];
  uint64_t n = 0;
  for (; end - p >= BLOCK; p += BLOCK)
    n += first_bytes(p);
  return p < end ? n + first_bytes(padded(last, p, end)) : n;
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

/* p: at the u of an escape.  Its own first byte has been counted, and the backslash. */
static void look_at_hex(mr_record_text *t, const char *p) {
  bool is_high = (p[1] == 'd' || p[1] == 'D') && p[2] > '7' && (p[2] | 0x20) < 'c';
  t->characters -= is_high ? 5 : 4; /* the low surrogate's escape counts for both */
  t->may_have_mark |= memcmp(p + 1, "000", 3) == 0 && (p[4] == 'a' || p[4] == 'A');
}

/* at: where the block stands in the spelling, which it may be a copy of. */
static inline void look_at_block(mr_record_text *t, mr_json_carry *c, const char *block,
                                 const char *at, const char *end) {
  t->characters += first_bytes(block);
  uint64_t escaped = mr_json_escaped(c, equal(block, '\\'));
  if (!escaped)
    return;
  t->characters -= ones(escaped);
  for (uint64_t bits = escaped & equal(block, 'u'); bits; bits &= bits - 1)
    look_at_hex(t, at + __builtin_ctzll(bits));
  for (uint64_t bits = escaped & equal(block, 'n'); bits; bits &= bits - 1)
    t->may_have_mark |= may_begin_with_mark(at + __builtin_ctzll(bits) + 1, end);
}

mr_record_text mr_record_text_of(mr_slice spelling, bool is_escaped) {
  const char *p = spelling.ptr, *end = p + spelling.len;
  mr_record_text t = {0, false, false};
  mr_json_carry c = {0, 0, 0, 0, 0};
  char last[BLOCK];
  if (is_escaped) {
    for (; end - p >= BLOCK; p += BLOCK)
      look_at_block(&t, &c, p, p, end);
    if (p < end)
      look_at_block(&t, &c, padded(last, p, end), p, end);
  } else {
    t.characters = mr_record_characters(spelling);
  }
  t.may_be_blank = spelling.len == 0 || *spelling.ptr == ' ' || *spelling.ptr == '\\';
  return t;
}
