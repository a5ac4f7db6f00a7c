/* SPDX-License-Identifier: MIT
 *
 * json_stage_avx512.c -- the first stage on processors with AVX-512 and its byte instructions.
 * As json_stage_avx2.c, with a block in one register, whose comparisons are bits already; places
 * are written sixteen at a time instead of bit by bit. */
#include "bindings/json_stage.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include "bindings/cpu.h"
#include "bindings/json_stage_utf8.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vbmi2,pclmul,popcnt,bmi")))

bool mr_json_has_avx512(void) {
  return MR_CPU_HAS(AVX512F, "avx512f") && MR_CPU_HAS(AVX512BW, "avx512bw") &&
         MR_CPU_HAS(AVX512_VBMI2, "avx512vbmi2") && MR_CPU_HAS(PCLMULQDQ, "pclmul") &&
         MR_CPU_HAS(POPCNT, "popcnt") && MR_CPU_HAS(BMI1, "bmi") &&
         MR_CPU_HAS(BMI2, "bmi2");
}

#define TABLE(...) _mm512_broadcast_i32x4(_mm_setr_epi8(__VA_ARGS__))

TARGET static inline uint64_t equal(__m512i v, char c) {
  return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}

TARGET static inline uint64_t looked_up(__m512i v, __m512i table) {
  return _mm512_cmpeq_epi8_mask(v, _mm512_shuffle_epi8(table, v));
}

TARGET static inline __m512i upper_halves(__m512i v) {
  return _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(15));
}

TARGET static inline uint64_t prefix_xor(uint64_t x) {
  __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), _mm_set1_epi8('\xff'), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

/* The bytes that may stand behind a backslash, but for u. */
TARGET static inline uint64_t simple(__m512i v) {
  /* by the upper half byte: 2 1, 5 2, 6 4, 7 8 */
  const __m512i by_low = TABLE(0, 0, 1 | 4 | 8, 0, 8, 0, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1);
  const __m512i by_high = TABLE(0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);
  __m512i low = _mm512_and_si512(v, _mm512_set1_epi8(15));
  return _mm512_test_epi8_mask(_mm512_shuffle_epi8(by_low, low),
                               _mm512_shuffle_epi8(by_high, upper_halves(v)));
}

/* ---- UTF-8 ---- */

/* The bytes n places before those of v; `shifted`: those sixteen before. */
#define EARLIER(v, shifted, n) _mm512_alignr_epi8((v), (shifted), 16 - (n))

TARGET static inline __m512i utf8_faults(__m512i v, __m512i before) {
  const __m512i first_high = TABLE(MR_UTF8_FIRST_HIGH), first_low = TABLE(MR_UTF8_FIRST_LOW);
  const __m512i second_high = TABLE(MR_UTF8_SECOND_HIGH);
  __m512i shifted = _mm512_alignr_epi64(v, before, 6);
  __m512i one = EARLIER(v, shifted, 1), two = EARLIER(v, shifted, 2),
          three = EARLIER(v, shifted, 3);
  __m512i low = _mm512_and_si512(one, _mm512_set1_epi8(15));
  __m512i faults = _mm512_and_si512(
      _mm512_and_si512(_mm512_shuffle_epi8(first_high, upper_halves(one)),
                       _mm512_shuffle_epi8(first_low, low)),
      _mm512_shuffle_epi8(second_high, upper_halves(v)));
  /* The third and fourth bytes of a sequence, and only they, must be such as TWO_NEXT marks. */
  __m512i third = _mm512_subs_epu8(two, _mm512_set1_epi8((char)(0xe0 - 0x80)));
  __m512i fourth = _mm512_subs_epu8(three, _mm512_set1_epi8((char)(0xf0 - 0x80)));
  __m512i wanted = _mm512_and_si512(_mm512_or_si512(third, fourth), _mm512_set1_epi8('\x80'));
  return _mm512_xor_si512(faults, wanted);
}

/* Does a sequence go on behind the last bytes before `end`? */
static inline bool is_unfinished(const unsigned char *end) {
  return end[-1] >= 0xc0 || end[-2] >= 0xe0 || end[-3] >= 0xf0;
}

typedef struct utf8 {
  __m512i before, faults;
  bool is_open; /* a sequence of `before` goes on */
} utf8;

TARGET static inline void check_utf8(utf8 *u, __m512i v, const unsigned char *p, mr_json_carry *c) {
  if (!_mm512_movepi8_mask(v)) {
    c->bad |= u->is_open;
    u->is_open = false;
  } else {
    u->faults = _mm512_or_si512(u->faults, utf8_faults(v, u->before));
    u->is_open = p && is_unfinished(p + 64);
  }
  u->before = v;
}

/* ---- blocks ---- */

/* The first sixteen of the bytes in `places`, each with what `base` holds added. */
TARGET static inline void put_sixteen(uint32_t *to, __m512i base, __m512i places) {
  __m512i some = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places));
  _mm512_storeu_si512(to, _mm512_add_epi32(base, some));
}

TARGET static inline void put_places(mr_json_stage *s, uint64_t bits, size_t block) {
  const __m512i all = _mm512_set_epi8(
      63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48,
      47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32,
      31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
      15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  if (!bits)
    return;
  __m512i base = _mm512_set1_epi32((int)(s->done + block * 64));
  __m512i places = _mm512_maskz_compress_epi8(bits, all);
  uint32_t n = (uint32_t)__builtin_popcountll(bits), *to = s->at + s->count;
  put_sixteen(to, base, places);
  for (uint32_t written = 16; written < n; written += 16) {
    places = _mm512_alignr_epi64(places, places, 2);
    put_sixteen(to + written, base, places);
  }
  s->count += n;
}

/* Inlined, so that what goes from block to block stays in registers. */
TARGET __attribute__((always_inline)) static inline void
put_block(mr_json_stage *s, mr_json_carry *c, utf8 *u, const unsigned char *p, __m512i v,
          size_t number) {
  const __m512i spaces =
      TABLE(' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', '\t', '\n', ' ', ' ', '\r', ' ', ' ');
  /* Brackets by their variant with the bit 0x20, as in json_stage_avx2.c. */
  const __m512i ops = TABLE(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
  mr_json_masks m;
  m.backslash = equal(v, '\\');
  uint64_t escaped = mr_json_escaped(c, m.backslash);
  m.quote = equal(v, '"') & ~escaped;
  m.in_string = prefix_xor(m.quote) ^ c->in_string;
  m.space = looked_up(v, spaces);
  m.op = looked_up(_mm512_or_si512(v, _mm512_set1_epi8(0x20)), ops);
  m.control = _mm512_cmple_epu8_mask(v, _mm512_set1_epi8(0x1f));
  if (escaped) {
    uint64_t hex = escaped & equal(v, 'u');
    c->bad |= escaped & ~hex & ~simple(v);
    if (hex)
      mr_json_stage_hex(s, s->done + number * 64, hex, &c->bad);
  }
  check_utf8(u, v, p, c);
  put_places(s, mr_json_stage_places(s, c, &m, number), number);
}

TARGET void mr_json_step_avx512(mr_json_stage *s) {
  const unsigned char *p = (const unsigned char *)s->text.ptr + s->done;
  size_t left = s->text.len - s->done, n = left < MR_JSON_STEP ? left : MR_JSON_STEP, number = 0;
  mr_json_carry c = s->carry;
  utf8 u = {_mm512_setzero_si512(), _mm512_setzero_si512(), false};
  if (s->done > 0) {
    u.before = _mm512_loadu_si512(p - 64);
    u.is_open = is_unfinished(p);
  }
  for (; number < n / 64; number++, p += 64)
    put_block(s, &c, &u, p, _mm512_loadu_si512(p), number);
  if (n % 64) { /* what is unfinished is then followed by a space */
    __m512i v = _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), (UINT64_C(1) << n % 64) - 1, p);
    put_block(s, &c, &u, NULL, v, number);
  }
  c.bad |= n == left && u.is_open;
  c.bad |= _mm512_test_epi8_mask(u.faults, u.faults);
  s->carry = c;
  s->done += n;
}

#else

bool mr_json_has_avx512(void) {
  return false;
}

void mr_json_step_avx512(mr_json_stage *s) {
  s->done = s->text.len;
}

#endif
