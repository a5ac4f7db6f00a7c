/* SPDX-License-Identifier: MIT
 *
 * crc.c -- CRC-32, CRC-32C and CRC-64/NVME, eight bytes a step.
 * Table k holds what a byte does to the checksum k places further on.  A CRC is linear, so
 * each entry is the XOR of the entries of its single bits: eight constants a table, written
 * below, and the compiler computes the rest.  The constants are successive states of the
 * shift register that starts with the polynomial.  Long input is folded where the processor
 * can multiply without carries. */
#include "bindings/crc.h"

#include "bindings/crc_fold.h"

/* Entry i of a table whose entries for bits 7, 6, ... 0 are a, b, ... h. */
#define ENTRY(i, a, b, c, d, e, f, g, h)                                                           \
  (((i)&128 ? a : 0) ^ ((i)&64 ? b : 0) ^ ((i)&32 ? c : 0) ^ ((i)&16 ? d : 0) ^ ((i)&8 ? e : 0) ^  \
   ((i)&4 ? f : 0) ^ ((i)&2 ? g : 0) ^ ((i)&1 ? h : 0))
#define ENTRY4(i, ...)                                                                             \
  ENTRY(i, __VA_ARGS__), ENTRY(i + 1, __VA_ARGS__), ENTRY(i + 2, __VA_ARGS__),                     \
      ENTRY(i + 3, __VA_ARGS__)
#define ENTRY16(i, ...)                                                                            \
  ENTRY4(i, __VA_ARGS__), ENTRY4(i + 4, __VA_ARGS__), ENTRY4(i + 8, __VA_ARGS__),                  \
      ENTRY4(i + 12, __VA_ARGS__)
#define ENTRY64(i, ...)                                                                            \
  ENTRY16(i, __VA_ARGS__), ENTRY16(i + 16, __VA_ARGS__), ENTRY16(i + 32, __VA_ARGS__),             \
      ENTRY16(i + 48, __VA_ARGS__)
#define TABLE(...)                                                                                 \
  {                                                                                                \
    ENTRY64(0, __VA_ARGS__), ENTRY64(64, __VA_ARGS__), ENTRY64(128, __VA_ARGS__),                  \
        ENTRY64(192, __VA_ARGS__)                                                                  \
  }

/* polynomial 0xEDB88320, reflected */
static const uint32_t crc32_table[8][256] = {
    TABLE(0xedb88320, 0x76dc4190, 0x3b6e20c8, 0x1db71064, 0x0edb8832, 0x076dc419, 0xee0e612c,
          0x77073096),
    TABLE(0x3b83984b, 0xf0794f05, 0x958424a2, 0x4ac21251, 0xc8d98a08, 0x646cc504, 0x32366282,
          0x191b3141),
    TABLE(0xe1351b80, 0x709a8dc0, 0x384d46e0, 0x1c26a370, 0x0e1351b8, 0x0709a8dc, 0x0384d46e,
          0x01c26a37),
    TABLE(0xed59b63b, 0x9b14583d, 0xa032af3e, 0x5019579f, 0xc5b428ef, 0x8f629757, 0xaa09c88b,
          0xb8bc6765),
    TABLE(0xb1e6b092, 0x58f35849, 0xc1c12f04, 0x60e09782, 0x30704bc1, 0xf580a6c0, 0x7ac05360,
          0x3d6029b0),
    TABLE(0x1eb014d8, 0x0f580a6c, 0x07ac0536, 0x03d6029b, 0xec53826d, 0x9b914216, 0x4dc8a10b,
          0xcb5cd3a5),
    TABLE(0x8816eaf2, 0x440b7579, 0xcfbd399c, 0x67de9cce, 0x33ef4e67, 0xf44f2413, 0x979f1129,
          0xa6770bb4),
    TABLE(0x533b85da, 0x299dc2ed, 0xf9766256, 0x7cbb312b, 0xd3e51bb5, 0x844a0efa, 0x4225077d,
          0xccaa009e),
};

/* 0x82F63B78, reflected */
static const uint32_t crc32c_table[8][256] = {
    TABLE(0x82f63b78, 0x417b1dbc, 0x20bd8ede, 0x105ec76f, 0x8ad958cf, 0xc79a971f, 0xe13b70f7,
          0xf26b8303),
    TABLE(0xfbc3faf9, 0xff17c604, 0x7f8be302, 0x3fc5f181, 0x9d14c3b8, 0x4e8a61dc, 0x274530ee,
          0x13a29877),
    TABLE(0x8b277743, 0xc76580d9, 0xe144fb14, 0x70a27d8a, 0x38513ec5, 0x9edea41a, 0x4f6f520d,
          0xa541927e),
    TABLE(0x52a0c93f, 0xaba65fe7, 0xd725148b, 0xe964b13d, 0xf64463e6, 0x7b2231f3, 0xbf672381,
          0xdd45aab8),
    TABLE(0x6ea2d55c, 0x37516aae, 0x1ba8b557, 0x8f2261d3, 0xc5670b91, 0xe045beb0, 0x7022df58,
          0x38116fac),
    TABLE(0x1c08b7d6, 0x0e045beb, 0x85f4168d, 0xc00c303e, 0x6006181f, 0xb2f53777, 0xdb8ca0c3,
          0xef306b19),
    TABLE(0xf56e0ef4, 0x7ab7077a, 0x3d5b83bd, 0x9c5bfaa6, 0x4e2dfd53, 0xa5e0c5d1, 0xd0065990,
          0x68032cc8),
    TABLE(0x34019664, 0x1a00cb32, 0x0d006599, 0x847609b4, 0x423b04da, 0x211d826d, 0x9278fa4e,
          0x493c7d27),
};

/* 0x9A6C9329AC4BC9B5, reflected */
static const uint64_t crc64_table[8][256] = {
    TABLE(UINT64_C(0x9a6c9329ac4bc9b5), UINT64_C(0xd75adabd7a6e2d6f), UINT64_C(0xf1c1fe77117cdf02),
          UINT64_C(0x78e0ff3b88be6f81), UINT64_C(0xa61cecb46814fe75), UINT64_C(0xc962e5739841b68f),
          UINT64_C(0xfedde190606b12f2), UINT64_C(0x7f6ef0c830358979)),
    TABLE(UINT64_C(0xa5dbeb4db4510d09), UINT64_C(0xc881668f76634f31), UINT64_C(0xfe2c206e177a6e2d),
          UINT64_C(0xe57a831ea7f6fea3), UINT64_C(0xe8d1d2a6ffb0b6e4), UINT64_C(0x7468e9537fd85b72),
          UINT64_C(0x3a3474a9bfec2db9), UINT64_C(0x8776a97d73bddf69)),
    TABLE(UINT64_C(0xd9d7c79715952601), UINT64_C(0xf68770e226815ab5), UINT64_C(0xe12f2b58bf0b64ef),
          UINT64_C(0xeafb0685f3ce7bc2), UINT64_C(0x757d8342f9e73de1), UINT64_C(0xa0d25288d0b85745),
          UINT64_C(0xca05ba6dc417e217), UINT64_C(0xff6e4e1f4e4038be)),
    TABLE(UINT64_C(0x7fb7270fa7201c5f), UINT64_C(0xa5b700ae7fdbc79a), UINT64_C(0x52db80573fede3cd),
          UINT64_C(0xb301530233bd3853), UINT64_C(0xc3ec3aa8b595559c), UINT64_C(0x61f61d545acaaace),
          UINT64_C(0x30fb0eaa2d655567), UINT64_C(0x8211147cbaf96306)),
    TABLE(UINT64_C(0x41088a3e5d7cb183), UINT64_C(0xbae8d63682f59174), UINT64_C(0x5d746b1b417ac8ba),
          UINT64_C(0x2eba358da0bd645d), UINT64_C(0x8d3189ef7c157b9b), UINT64_C(0xdcf457de12417478),
          UINT64_C(0x6e7a2bef0920ba3c), UINT64_C(0x373d15f784905d1e)),
    TABLE(UINT64_C(0x1b9e8afbc2482e8f), UINT64_C(0x97a3d6544d6fdef2), UINT64_C(0x4bd1eb2a26b7ef79),
          UINT64_C(0xbf8466bcbf103e09), UINT64_C(0xc5aea077f3c3d6b1), UINT64_C(0xf8bbc31255aa22ed),
          UINT64_C(0xe63172a0869ed8c3), UINT64_C(0xe9742a79ef04a5d4)),
    TABLE(UINT64_C(0x74ba153cf78252ea), UINT64_C(0x3a5d0a9e7bc12975), UINT64_C(0x8742166691ab5d0f),
          UINT64_C(0xd9cd981ae49e6732), UINT64_C(0x6ce6cc0d724f3399), UINT64_C(0xac1ff52f156c5079),
          UINT64_C(0xcc6369be26fde189), UINT64_C(0xfc5d27f6bf353971)),
    TABLE(UINT64_C(0xe44200d2f3d1550d), UINT64_C(0xe84d9340d5a36333), UINT64_C(0xee4a5a89c69a782c),
          UINT64_C(0x77252d44e34d3c16), UINT64_C(0x3b9296a271a69e0b), UINT64_C(0x87a5d878949886b0),
          UINT64_C(0x43d2ec3c4a4c4358), UINT64_C(0x21e9761e252621ac)),
};

static const mr_crc_powers crc32_powers = {
    UINT64_C(0x653d982200000000), UINT64_C(0xcad38e8f00000000), UINT64_C(0x65673b4600000000),
    UINT64_C(0x9ba54c6f00000000)};
static const mr_crc_powers crc32c_powers = {
    UINT64_C(0x1c19243b00000000), UINT64_C(0x75bba45b00000000), UINT64_C(0x3743f7bd00000000),
    UINT64_C(0x3171d43000000000)};
static const mr_crc_powers crc64_powers = {
    UINT64_C(0x0c32cdb31e18a84a), UINT64_C(0x62242240ace5045a), UINT64_C(0xeadc41fd2ba3d420),
    UINT64_C(0x21e9761e252621ac)};

enum { LONG = 128 }; /* bytes from which folding pays */

static uint64_t load64(const unsigned char *p) {
  uint64_t v = 0;
  for (int i = 7; i >= 0; i--)
    v = v << 8 | p[i];
  return v;
}

static uint32_t run32(const uint32_t t[8][256], uint32_t crc, const unsigned char *p, size_t n) {
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t v = load64(p) ^ crc;
    crc = t[7][v & 255] ^ t[6][v >> 8 & 255] ^ t[5][v >> 16 & 255] ^ t[4][v >> 24 & 255] ^
          t[3][v >> 32 & 255] ^ t[2][v >> 40 & 255] ^ t[1][v >> 48 & 255] ^ t[0][v >> 56];
  }
  for (; n > 0; n--, p++)
    crc = crc >> 8 ^ t[0][(crc ^ *p) & 255];
  return crc;
}

static uint64_t run64(const uint64_t t[8][256], uint64_t crc, const unsigned char *p, size_t n) {
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t v = load64(p) ^ crc;
    crc = t[7][v & 255] ^ t[6][v >> 8 & 255] ^ t[5][v >> 16 & 255] ^ t[4][v >> 24 & 255] ^
          t[3][v >> 32 & 255] ^ t[2][v >> 40 & 255] ^ t[1][v >> 48 & 255] ^ t[0][v >> 56];
  }
  for (; n > 0; n--, p++)
    crc = crc >> 8 ^ t[0][(crc ^ *p) & 255];
  return crc;
}

/* Folds as much of the input as can be; the 16 bytes that stand for it are in `rest`. */
static bool fold(const mr_crc_powers *k, uint64_t crc, const unsigned char **p, size_t *n,
                 unsigned char rest[16]) {
  if (*n < LONG || !mr_crc_can_fold())
    return false;
  size_t whole = *n & ~(size_t)63;
  mr_crc_fold(k, crc, *p, whole, rest);
  *p += whole;
  *n -= whole;
  return true;
}

static uint32_t crc32_of(const uint32_t t[8][256], const mr_crc_powers *k, uint32_t crc,
                         const void *data, size_t n) {
  const unsigned char *p = data;
  unsigned char rest[16];
  crc = ~crc;
  if (fold(k, crc, &p, &n, rest))
    crc = run32(t, 0, rest, sizeof rest);
  return ~run32(t, crc, p, n);
}

uint32_t mr_crc32(uint32_t crc, const void *data, size_t n) {
  return crc32_of(crc32_table, &crc32_powers, crc, data, n);
}

uint32_t mr_crc32c(uint32_t crc, const void *data, size_t n) {
  return crc32_of(crc32c_table, &crc32c_powers, crc, data, n);
}

uint64_t mr_crc64nvme(uint64_t crc, const void *data, size_t n) {
  const unsigned char *p = data;
  unsigned char rest[16];
  crc = ~crc;
  if (fold(&crc64_powers, crc, &p, &n, rest))
    crc = run64(crc64_table, 0, rest, sizeof rest);
  return ~run64(crc64_table, crc, p, n);
}
