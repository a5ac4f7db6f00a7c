/* SPDX-License-Identifier: MIT
 *
 * siphash.c -- SipHash-2-4-128, after "SipHash: a fast short-input PRF" and its reference for
 * the longer result: two rounds for each eight bytes, four and four more at the end. */
#include "bindings/siphash.h"

static inline uint64_t rotate(uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

/* Written so that a compiler makes one instruction of it. */
static inline uint64_t load_word(const unsigned char *p) {
  return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
         (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static inline uint64_t load_some(const unsigned char *p, size_t n) {
  uint64_t x = 0;
  for (size_t i = 0; i < n; i++)
    x |= (uint64_t)p[i] << (8 * i);
  return x;
}

static inline void rounds(uint64_t v[4], int n) {
  for (; n > 0; n--) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
  }
}

mr_hash128 mr_siphash(mr_siphash_key key, mr_slice bytes) {
  uint64_t v[4] = {
      key.word[0] ^ UINT64_C(0x736f6d6570736575), key.word[1] ^ UINT64_C(0x646f72616e646f83),
      key.word[0] ^ UINT64_C(0x6c7967656e657261), key.word[1] ^ UINT64_C(0x7465646279746573)};
  const unsigned char *p = (const unsigned char *)bytes.ptr, *whole = p + bytes.len / 8 * 8;
  mr_hash128 hash;
  for (; p < whole; p += 8) {
    uint64_t m = load_word(p);
    v[3] ^= m;
    rounds(v, 2);
    v[0] ^= m;
  }
  uint64_t last = load_some(p, bytes.len % 8) | (uint64_t)bytes.len << 56;
  v[3] ^= last;
  rounds(v, 2);
  v[0] ^= last;
  v[2] ^= 0xee;
  rounds(v, 4);
  hash.low = v[0] ^ v[1] ^ v[2] ^ v[3];
  v[1] ^= 0xdd;
  rounds(v, 4);
  hash.high = v[0] ^ v[1] ^ v[2] ^ v[3];
  return hash;
}
