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

/* Compiled twice: for any processor, and for those that count bits in one instruction. */
#if defined(__GNUC__)
#define TWICE static inline __attribute__((always_inline))
#else
#define TWICE static inline
#endif
#if defined(__x86_64__) && defined(__GNUC__)
#define COUNTING __attribute__((target("popcnt,bmi")))
#define CAN_COUNT (__builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi"))
#else
#define COUNTING
#define CAN_COUNT false
#endif

#ifdef WIDE
/* Bits of the bytes that are greater, as signed ones, or equal. */
TWICE uint64_t greater(const char *p, char c) {
  const __m128i all = _mm_set1_epi8(c);
  uint64_t bits = 0;
  for (int i = 0; i < 4; i++) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(v, all)) << 16 * i;
  }
  return bits;
}

TWICE uint64_t equal(const char *p, char c) {
  const __m128i all = _mm_set1_epi8(c);
  uint64_t bits = 0;
  for (int i = 0; i < 4; i++) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, all)) << 16 * i;
  }
  return bits;
}
#else
TWICE uint64_t greater(const char *p, char c) {
  uint64_t bits = 0;
  for (int i = 0; i < BLOCK; i++)
    bits |= (uint64_t)((signed char)p[i] > (signed char)c) << i;
  return bits;
}

TWICE uint64_t equal(const char *p, char c) {
  uint64_t bits = 0;
  for (int i = 0; i < BLOCK; i++)
    bits |= (uint64_t)(p[i] == c) << i;
  return bits;
}
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

TWICE uint64_t first_bytes(view v) {
  return ones(greater(v.block, (char)0xbf) >> v.shift); /* 0x80 to 0xbf are the least */
}

TWICE uint64_t characters_of(mr_slice text) {
  const char *p = text.ptr, *end = p + text.len;
  char room[BLOCK];
  uint64_t n = 0;
  for (; end - p >= BLOCK; p += BLOCK)
    n += first_bytes((view){p, p, 0});
  return p < end ? n + first_bytes(last_view(room, text.ptr, p, end)) : n;
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

TWICE void look_at(mr_record_text *t, mr_json_carry *c, view v, const char *end) {
  t->characters += first_bytes(v);
  uint64_t escaped = mr_json_escaped(c, equal(v.block, '\\') >> v.shift);
  if (!escaped)
    return;
  t->characters -= ones(escaped);
  for (uint64_t bits = escaped & equal(v.block, 'u') >> v.shift; bits; bits &= bits - 1)
    look_at_hex(t, v.at + __builtin_ctzll(bits));
  for (uint64_t bits = escaped & equal(v.block, 'n') >> v.shift; bits; bits &= bits - 1)
    t->may_have_mark |= may_begin_with_mark(v.at + __builtin_ctzll(bits) + 1, end);
}

TWICE mr_record_text text_of(mr_slice spelling, bool is_escaped) {
  const char *p = spelling.ptr, *end = p + spelling.len;
  mr_record_text t = {0, false, false};
  mr_json_carry c = {0, 0, 0, 0, 0};
  char room[BLOCK];
  if (is_escaped) {
    for (; end - p >= BLOCK; p += BLOCK)
      look_at(&t, &c, (view){p, p, 0}, end);
    if (p < end)
      look_at(&t, &c, last_view(room, spelling.ptr, p, end), end);
  } else {
    t.characters = characters_of(spelling);
  }
  t.may_be_blank = spelling.len == 0 || *spelling.ptr == ' ' || *spelling.ptr == '\\';
  return t;
}

COUNTING static uint64_t count_characters(mr_slice text) {
  return characters_of(text);
}

COUNTING static mr_record_text count_text(mr_slice spelling, bool is_escaped) {
  return text_of(spelling, is_escaped);
}

uint64_t mr_record_characters(mr_slice text) {
  return CAN_COUNT ? count_characters(text) : characters_of(text);
}

mr_record_text mr_record_text_of(mr_slice spelling, bool is_escaped) {
  return CAN_COUNT ? count_text(spelling, is_escaped) : text_of(spelling, is_escaped);
}
