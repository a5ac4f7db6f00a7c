/* SPDX-License-Identifier: MIT
 *
 * json_stage_avx2.c -- the first stage on processors with AVX2 and carry-less products.
 * UTF-8 is checked by the tables of json_stage_utf8.h, and only where bytes are not ASCII. */
#include "bindings/json_stage.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include "bindings/cpu.h"
#include "bindings/json_stage_utf8.h"

#define TARGET __attribute__((target("avx2,pclmul,popcnt,bmi")))

bool mr_json_has_avx2(void) {
  return MR_CPU_HAS(AVX2, "avx2") && MR_CPU_HAS(PCLMULQDQ, "pclmul") &&
         MR_CPU_HAS(POPCNT, "popcnt") && MR_CPU_HAS(BMI1, "bmi");
}

typedef struct block {
  __m256i low, high;
} block;

/* Sixteen bytes twice: a table for both halves. */
#define TABLE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)

TARGET static inline uint64_t bits_of(__m256i low, __m256i high) {
  return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
         (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

TARGET static inline uint64_t equal(block b, char c) {
  __m256i all = _mm256_set1_epi8(c);
  return bits_of(_mm256_cmpeq_epi8(b.low, all), _mm256_cmpeq_epi8(b.high, all));
}

/* Bytes that the table has at their lower half byte.  Above 0x7f a lookup gives zero. */
TARGET static inline uint64_t looked_up(block b, __m256i table) {
  return bits_of(_mm256_cmpeq_epi8(b.low, _mm256_shuffle_epi8(table, b.low)),
                 _mm256_cmpeq_epi8(b.high, _mm256_shuffle_epi8(table, b.high)));
}

TARGET static inline uint64_t prefix_xor(uint64_t x) {
  __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), _mm_set1_epi8('\xff'), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

TARGET static inline uint64_t is_simple(__m256i v) {
  /* by the upper half byte: 2 1, 5 2, 6 4, 7 8 */
  const __m256i by_low = TABLE(0, 0, 1 | 4 | 8, 0, 8, 0, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1);
  const __m256i by_high = TABLE(0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);
  __m256i half = _mm256_set1_epi8(15);
  __m256i high = _mm256_shuffle_epi8(by_high, _mm256_and_si256(_mm256_srli_epi16(v, 4), half));
  __m256i both = _mm256_and_si256(_mm256_shuffle_epi8(by_low, _mm256_and_si256(v, half)), high);
  return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(both, _mm256_setzero_si256())) &
         UINT32_C(0xffffffff);
}

/* ---- UTF-8 ---- */

/* The bytes n places before those of v, which follow those of `before`. */
#define EARLIER(v, before, n)                                                                      \
  _mm256_alignr_epi8((v), _mm256_permute2x128_si256((before), (v), 0x21), 16 - (n))

TARGET static inline __m256i utf8_faults(__m256i v, __m256i before) {
  const __m256i first_high = TABLE(MR_UTF8_FIRST_HIGH), first_low = TABLE(MR_UTF8_FIRST_LOW);
  const __m256i second_high = TABLE(MR_UTF8_SECOND_HIGH);
  __m256i half = _mm256_set1_epi8(15);
  __m256i one = EARLIER(v, before, 1), two = EARLIER(v, before, 2), three = EARLIER(v, before, 3);
  __m256i faults = _mm256_and_si256(
      _mm256_and_si256(
          _mm256_shuffle_epi8(first_high, _mm256_and_si256(_mm256_srli_epi16(one, 4), half)),
          _mm256_shuffle_epi8(first_low, _mm256_and_si256(one, half))),
      _mm256_shuffle_epi8(second_high, _mm256_and_si256(_mm256_srli_epi16(v, 4), half)));
  /* The third and fourth bytes of a sequence, and only they, must be such as TWO_NEXT marks. */
  __m256i third = _mm256_subs_epu8(two, _mm256_set1_epi8((char)(0xe0 - 0x80)));
  __m256i fourth = _mm256_subs_epu8(three, _mm256_set1_epi8((char)(0xf0 - 0x80)));
  __m256i wanted = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8('\x80'));
  return _mm256_xor_si256(faults, wanted);
}

/* Not zero where a sequence goes on behind these bytes. */
TARGET static inline __m256i unfinished(__m256i v) {
  const __m256i most = _mm256_setr_epi8(
      '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff',
      '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff',
      '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xff', '\xef', '\xdf', '\xbf');
  return _mm256_subs_epu8(v, most);
}

typedef struct utf8 {
  __m256i before, open, faults;
} utf8;

TARGET static inline void check_utf8(utf8 *u, block b) {
  if (!_mm256_movemask_epi8(_mm256_or_si256(b.low, b.high))) {
    u->faults = _mm256_or_si256(u->faults, u->open);
    u->open = _mm256_setzero_si256();
  } else {
    u->faults = _mm256_or_si256(
        u->faults, _mm256_or_si256(utf8_faults(b.low, u->before), utf8_faults(b.high, b.low)));
    u->open = unfinished(b.high);
  }
  u->before = b.high;
}

TARGET static bool is_utf8(const char *p, size_t n) {
  utf8 u = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
  char last[64];
  memset(last, ' ', sizeof last); /* what is unfinished is then followed by a space */
  memcpy(last, p + n / 64 * 64, n % 64);
  for (size_t number = 0; number <= n / 64; number++) {
    const char *at = number < n / 64 ? p + number * 64 : last;
    block b = {_mm256_loadu_si256((const __m256i *)(const void *)at),
               _mm256_loadu_si256((const __m256i *)(const void *)(at + 32))};
    check_utf8(&u, b);
  }
  return _mm256_testz_si256(u.faults, u.faults);
}

bool mr_json_is_utf8(mr_slice text) {
  return mr_json_has_avx2() && is_utf8(text.ptr, text.len);
}

/* ---- blocks ---- */

TARGET static inline void put_block(mr_json_stage *s, mr_json_carry *c, utf8 *u,
                                    const unsigned char *p, size_t number) {
  const __m256i spaces =
      TABLE(' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', '\t', '\n', ' ', ' ', '\r', ' ', ' ');
  /* Brackets by their variant with the bit 0x20; a control character that falls in with them
   * is told apart by who reads the text there. */
  const __m256i ops = TABLE(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
  const __m256i bit = _mm256_set1_epi8(0x20), most = _mm256_set1_epi8(0x1f);
  block b = {_mm256_loadu_si256((const __m256i *)(const void *)p),
             _mm256_loadu_si256((const __m256i *)(const void *)(p + 32))};
  block curled = {_mm256_or_si256(b.low, bit), _mm256_or_si256(b.high, bit)};
  mr_json_masks m;
  m.backslash = equal(b, '\\');
  uint64_t escaped = mr_json_escaped(c, m.backslash);
  m.quote = equal(b, '"') & ~escaped;
  m.in_string = prefix_xor(m.quote) ^ c->in_string;
  m.space = looked_up(b, spaces);
  m.op = looked_up(curled, ops);
  m.control = bits_of(_mm256_cmpeq_epi8(_mm256_min_epu8(b.low, most), b.low),
                      _mm256_cmpeq_epi8(_mm256_min_epu8(b.high, most), b.high));
  if (escaped) {
    uint64_t hex = escaped & equal(b, 'u');
    c->bad |= escaped & ~hex & ~(is_simple(b.low) | is_simple(b.high) << 32);
    if (hex)
      mr_json_stage_hex(s, s->done + number * 64, hex, &c->bad);
  }
  check_utf8(u, b);
  mr_json_stage_put(s, c, &m, number);
}

TARGET void mr_json_step_avx2(mr_json_stage *s) {
  const unsigned char *p = (const unsigned char *)s->text.ptr + s->done;
  size_t left = s->text.len - s->done, n = left < MR_JSON_STEP ? left : MR_JSON_STEP, number = 0;
  mr_json_carry c = s->carry;
  utf8 u = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
  if (s->done > 0) {
    u.before = _mm256_loadu_si256((const __m256i *)(const void *)(p - 32));
    u.open = unfinished(u.before);
  }
  unsigned char last[64];
  memset(last, ' ', sizeof last);
  memcpy(last, p + n / 64 * 64, n % 64);
  for (; number < (n + 63) / 64; number++)
    put_block(s, &c, &u, number < n / 64 ? p + number * 64 : last, number);
  if (n == left)
    u.faults = _mm256_or_si256(u.faults, u.open);
  c.bad |= !_mm256_testz_si256(u.faults, u.faults);
  s->carry = c;
  s->done += n;
}

#else

bool mr_json_has_avx2(void) {
  return false;
}

bool mr_json_is_utf8(mr_slice text) {
  MR_UNUSED(text);
  return false;
}

void mr_json_step_avx2(mr_json_stage *s) {
  s->done = s->text.len;
}

#endif
