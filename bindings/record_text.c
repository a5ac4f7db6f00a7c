/* SPDX-License-Identifier: MIT
 *
 * record_text.c -- counts characters and finds what needs a closer look.
 * A byte of the spelling counts as a character unless it is one of UTF-8 behind the first; of
 * an escape all but one are taken off again.  Sixty-four bytes make words of bits, as in
 * json_stage.h. */
#include "bindings/record_text.h"

#include "bindings/cpu.h"
#include "bindings/json_stage.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define WIDE 1
#endif

const char *const mr_record_marks[] = {"Human:", "Assistant:", NULL};

enum { BLOCK = 64 };

/* Compiled twice: for any processor, and for those with AVX2, which also count bits at once. */
#if defined(__GNUC__)
#define TWICE static inline __attribute__((always_inline))
#else
#define TWICE static inline
#endif

/* Sixty-four bytes as bits: those that are greater, as signed ones, or equal. */
typedef uint64_t mask(const char *p, char c);

typedef struct masks {
  mask *greater, *equal;
} masks;

static inline uint64_t greater(const char *p, char c) {
  uint64_t bits = 0;
#ifdef WIDE
  const __m128i all = _mm_set1_epi8(c);
  for (int i = 0; i < 4; i++) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(v, all)) << 16 * i;
  }
#else
  for (int i = 0; i < BLOCK; i++)
    bits |= (uint64_t)((signed char)p[i] > (signed char)c) << i;
#endif
  return bits;
}

static inline uint64_t equal(const char *p, char c) {
  uint64_t bits = 0;
#ifdef WIDE
  const __m128i all = _mm_set1_epi8(c);
  for (int i = 0; i < 4; i++) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, all)) << 16 * i;
  }
#else
  for (int i = 0; i < BLOCK; i++)
    bits |= (uint64_t)(p[i] == c) << i;
#endif
  return bits;
}

static const masks any = {greater, equal};

#ifdef WIDE
#define FAST __attribute__((target("avx2,popcnt,bmi")))
#define IS_FAST                                                                                    \
  (MR_CPU_HAS(AVX2, "avx2") && MR_CPU_HAS(POPCNT, "popcnt") && MR_CPU_HAS(BMI1, "bmi"))

FAST static inline uint64_t bits_of(__m256i low, __m256i high) {
  return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
         (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

FAST static inline __m256i load(const char *p) {
  return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

FAST static inline uint64_t fast_greater(const char *p, char c) {
  __m256i all = _mm256_set1_epi8(c);
  return bits_of(_mm256_cmpgt_epi8(load(p), all), _mm256_cmpgt_epi8(load(p + 32), all));
}

FAST static inline uint64_t fast_equal(const char *p, char c) {
  __m256i all = _mm256_set1_epi8(c);
  return bits_of(_mm256_cmpeq_epi8(load(p), all), _mm256_cmpeq_epi8(load(p + 32), all));
}

static const masks fast = {fast_greater, fast_equal};
#else
#define FAST
#define IS_FAST false
#define fast any
#endif

TWICE uint64_t ones(uint64_t bits) {
  return (uint64_t)__builtin_popcountll(bits);
}

/* Sixty-four bytes of a text, or fewer at its end, as bits. */
typedef struct view {
  const char *at;    /* what the lowest bit stands for */
  const char *block; /* bytes to load */
  int shift;         /* bits of the block that belong before `at` */
} view;

/* What is left of a text behind p: seen from its end, where it is long enough. */
TWICE view last_view(char room[BLOCK], const char *start, const char *p, const char *end) {
  view v = {p, end - BLOCK, (int)(BLOCK - (end - p))};
  if (end - start >= BLOCK)
    return v;
  memset(room, 0x80, BLOCK); /* counts for nothing */
  memcpy(room, p, (size_t)(end - p));
  v.block = room;
  v.shift = 0;
  return v;
}

TWICE uint64_t first_bytes(masks m, view v) {
  return ones(m.greater(v.block, (char)0xbf) >> v.shift); /* 0x80 to 0xbf are the least */
}

TWICE uint64_t characters_of(masks m, mr_slice text) {
  const char *p = text.ptr, *end = p + text.len;
  char room[BLOCK];
  uint64_t n = 0;
  for (; end - p >= BLOCK; p += BLOCK)
    n += first_bytes(m, (view){p, p, 0});
  return p < end ? n + first_bytes(m, last_view(room, text.ptr, p, end)) : n;
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

TWICE void look_at(masks m, mr_record_text *t, mr_json_carry *c, view v, const char *end) {
  t->characters += first_bytes(m, v);
  uint64_t escaped = mr_json_escaped(c, m.equal(v.block, '\\') >> v.shift);
  if (!escaped)
    return;
  t->characters -= ones(escaped);
  for (uint64_t bits = escaped & m.equal(v.block, 'u') >> v.shift; bits; bits &= bits - 1)
    look_at_hex(t, v.at + __builtin_ctzll(bits));
  for (uint64_t bits = escaped & m.equal(v.block, 'n') >> v.shift; bits; bits &= bits - 1)
    t->may_have_mark |= may_begin_with_mark(v.at + __builtin_ctzll(bits) + 1, end);
}

TWICE mr_record_text text_of(masks m, mr_slice spelling, bool is_escaped) {
  const char *p = spelling.ptr, *end = p + spelling.len;
  mr_record_text t = {0, false, may_begin_with_mark(p, end)};
  mr_json_carry c = {0, 0, 0, 0, 0};
  char room[BLOCK];
  if (is_escaped) {
    for (; end - p >= BLOCK; p += BLOCK)
      look_at(m, &t, &c, (view){p, p, 0}, end);
    if (p < end)
      look_at(m, &t, &c, last_view(room, spelling.ptr, p, end), end);
  } else {
    t.characters = characters_of(m, spelling);
  }
  t.may_be_blank = spelling.len == 0 || *spelling.ptr == ' ' || *spelling.ptr == '\\';
  return t;
}

FAST static uint64_t fast_characters(mr_slice text) {
  return characters_of(fast, text);
}

FAST static mr_record_text fast_text(mr_slice spelling, bool is_escaped) {
  return text_of(fast, spelling, is_escaped);
}

uint64_t mr_record_characters(mr_slice text) {
  return IS_FAST ? fast_characters(text) : characters_of(any, text);
}

mr_record_text mr_record_text_of(mr_slice spelling, bool is_escaped) {
  return IS_FAST ? fast_text(spelling, is_escaped) : text_of(any, spelling, is_escaped);
}
