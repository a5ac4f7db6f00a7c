/* SPDX-License-Identifier: MIT
 *
 * json_escape_avx512.c -- escapes of JSON strings on processors with AVX-512 and its byte
 * instructions.  Undoing them leaves bytes out of a block, writing them puts bytes between, and
 * either is one compression: no escape waits for the one before it. */
#include "bindings/json_put.h"
#include "bindings/json_stage.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vbmi2,popcnt,bmi,bmi2")))

/* n: 0 to 64 */
static inline uint64_t first_bits(size_t n) {
  return n < 64 ? (UINT64_C(1) << n) - 1 : ~UINT64_C(0);
}

TARGET static inline uint64_t equal(__m512i v, char c) {
  return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}

TARGET char *mr_json_unescape_avx512(char *to, const char **from, const char *end) {
  /* of b, f, n and t by the lower half byte; r, which has that of b, on its own */
  const __m512i meant = _mm512_broadcast_i32x4(
      _mm_setr_epi8(0, 0, '\b', 0, '\t', 0, '\f', 0, 0, 0, 0, 0, 0, 0, '\n', 0));
  const char *p = *from;
  mr_json_carry carry = {0, 0, 0, 0, 0};
  while (p < end) {
    size_t n = end - p < 64 ? (size_t)(end - p) : 64;
    __m512i v = _mm512_maskz_loadu_epi8(first_bits(n), p);
    uint64_t backslash = equal(v, '\\');
    if (!(backslash | carry.escaped)) {
      _mm512_storeu_si512(to, v);
      to += n;
      p += n;
      continue;
    }
    uint64_t escaped = mr_json_escaped(&carry, backslash), starts = backslash & ~escaped;
    uint64_t hex = escaped & equal(v, 'u'), kept = first_bits(n) & ~starts;
    uint64_t letters = escaped & _mm512_cmpge_epu8_mask(v, _mm512_set1_epi8('a'));
    uint64_t r = escaped & equal(v, 'r');
    v = _mm512_mask_shuffle_epi8(v, letters, meant, v);
    v = _mm512_mask_mov_epi8(v, r, _mm512_set1_epi8('\r'));
    if (hex)
      kept &= first_bits((size_t)__builtin_ctzll(hex));
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(kept, v));
    to += __builtin_popcountll(kept);
    if (hex) {
      p += __builtin_ctzll(hex) - 1; /* its backslash, perhaps of the block before */
      break;
    }
    p += n;
  }
  *from = p;
  return to;
}

/* Thirty-two bytes, each behind a backslash; those of `marks` keep it. */
TARGET static inline char *put_half(char *to, __m256i v, uint32_t valid, uint32_t marks) {
  const uint64_t every_second = UINT64_C(0x5555555555555555);
  __m512i pairs =
      _mm512_or_si512(_mm512_slli_epi16(_mm512_cvtepu8_epi16(v), 8), _mm512_set1_epi16('\\'));
  uint64_t kept = _pdep_u64(marks, every_second) | _pdep_u64(valid, ~every_second);
  _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(kept, pairs));
  return to + __builtin_popcountll(kept);
}

TARGET char *mr_json_escape_avx512(char *to, const char **from, const char *end, bool is_utf8) {
  const __m512i letters = _mm512_broadcast_i32x4(
      _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 'b', 't', 'n', 0, 'f', 'r', 0, 0));
  const char *p = *from;
  while (p < end) {
    size_t n = end - p < 64 ? (size_t)(end - p) : 64;
    uint64_t valid = first_bits(n);
    __m512i v = _mm512_maskz_loadu_epi8(valid, p);
    uint64_t control = valid & _mm512_cmple_epu8_mask(v, _mm512_set1_epi8(0x1f));
    uint64_t marks = control | equal(v, '"') | equal(v, '\\');
    uint64_t high = is_utf8 ? 0 : _mm512_movepi8_mask(v);
    if (!(marks | high)) {
      _mm512_storeu_si512(to, v);
      to += n;
      p += n;
      continue;
    }
    __m512i named = _mm512_shuffle_epi8(letters, v);
    uint64_t unnamed = control & ((uint64_t)_mm512_testn_epi8_mask(named, named) |
                                  _mm512_cmpge_epu8_mask(v, _mm512_set1_epi8(0x10)));
    uint64_t stop = unnamed | high;
    if (stop) {
      n = (size_t)__builtin_ctzll(stop);
      valid = first_bits(n);
      marks &= valid;
    }
    v = _mm512_mask_mov_epi8(v, control, named);
    to = put_half(to, _mm512_castsi512_si256(v), (uint32_t)valid, (uint32_t)marks);
    if (n > 32)
      to = put_half(to, _mm512_extracti64x4_epi64(v, 1), (uint32_t)(valid >> 32),
                    (uint32_t)(marks >> 32));
    p += n;
    if (stop)
      break;
  }
  *from = p;
  return to;
}

TARGET bool mr_json_put_avx512(mr_buf *b, char before, mr_slice s, char behind) {
  if (s.len > MR_JSON_WIDE_SHORT || b->cap - b->len < MR_JSON_WIDE_SHORT * 3 + 4)
    return false;
  const char *p = s.ptr, *end = p + s.len;
  char *to = b->ptr + b->len;
  *to = before;
  to += before != 0;
  *to++ = '"';
  to = mr_json_escape_avx512(to, &p, end, false);
  if (p < end)
    return false;
  *to++ = '"';
  *to = behind;
  to += behind != 0;
  b->len = (size_t)(to - b->ptr);
  return true;
}

#else

bool mr_json_put_avx512(mr_buf *b, char before, mr_slice s, char behind) {
  MR_UNUSED(b);
  MR_UNUSED(before);
  MR_UNUSED(s);
  MR_UNUSED(behind);
  return false;
}

char *mr_json_unescape_avx512(char *to, const char **from, const char *end) {
  MR_UNUSED(from);
  MR_UNUSED(end);
  return to;
}

char *mr_json_escape_avx512(char *to, const char **from, const char *end, bool is_utf8) {
  MR_UNUSED(from);
  MR_UNUSED(end);
  MR_UNUSED(is_utf8);
  return to;
}

#endif
