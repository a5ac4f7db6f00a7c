/* SPDX-License-Identifier: MIT
 *
 * crc_fold.c -- CRC by folding (Gopal et al., "Fast CRC Computation for Generic Polynomials
 * Using PCLMULQDQ", 2009).
 * A CRC is a remainder, so a block far ahead of the end may be replaced by its product with
 * a power of x modulo the polynomial, added where that power puts it.  Four blocks of sixteen
 * bytes are carried along; what is left at the end is folded into one.  The operands have
 * their bits reflected, and a product of reflected operands comes out one place too low: hence
 * the odd exponents. */
#include "bindings/crc_fold.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <emmintrin.h>
#include <wmmintrin.h>

#include "bindings/cpu.h"

#define TARGET __attribute__((target("sse2,pclmul")))

bool mr_crc_can_fold(void) {
  return MR_CPU_HAS(PCLMULQDQ, "pclmul");
}

TARGET static inline __m128i load(const unsigned char *p) {
  return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* The block moved ahead by the distance that k stands for, and `next` added. */
TARGET static inline __m128i fold(__m128i block, __m128i k, __m128i next) {
  __m128i low = _mm_clmulepi64_si128(block, k, 0x00);
  __m128i high = _mm_clmulepi64_si128(block, k, 0x11);
  return _mm_xor_si128(next, _mm_xor_si128(low, high));
}

TARGET void mr_crc_fold(const mr_crc_powers *k, uint64_t crc, const unsigned char *p, size_t n,
                        unsigned char rest[16]) {
  __m128i far = _mm_set_epi64x((long long)k->far_high, (long long)k->far_low);
  __m128i near = _mm_set_epi64x((long long)k->near_high, (long long)k->near_low);
  __m128i a = _mm_xor_si128(load(p), _mm_set_epi64x(0, (long long)crc));
  __m128i b = load(p + 16), c = load(p + 32), d = load(p + 48);
  for (p += 64, n -= 64; n >= 64; p += 64, n -= 64) {
    a = fold(a, far, load(p));
    b = fold(b, far, load(p + 16));
    c = fold(c, far, load(p + 32));
    d = fold(d, far, load(p + 48));
  }
  b = fold(a, near, b);
  c = fold(b, near, c);
  d = fold(c, near, d);
  _mm_storeu_si128((__m128i *)(void *)rest, d);
}

#else

bool mr_crc_can_fold(void) {
  return false;
}

void mr_crc_fold(const mr_crc_powers *k, uint64_t crc, const unsigned char *p, size_t n,
                 unsigned char rest[16]) {
  MR_UNUSED(k);
  MR_UNUSED(crc);
  MR_UNUSED(p);
  MR_UNUSED(n);
  memset(rest, 0, 16);
}

#endif
