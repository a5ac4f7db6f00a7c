/* SPDX-License-Identifier: MIT
 *
 * json_stage.c -- the portable variant, which needs a table and 64-bit words, and what all
 * variants share.  A byte's classes are the bits of a table's byte; eight of those are put
 * side by side and one multiplication gathers a class's bits. */
#include "bindings/json_stage.h"

#include "bindings/json_scan.h"
#include "bindings/text.h"

enum { QUOTE = 1, BACKSLASH = 2, SPACE = 4, OP = 8, CONTROL = 16, HIGH = 32 };

#define TIMES_4(x) x, x, x, x
#define TIMES_32(x)                                                                                \
  TIMES_4(x), TIMES_4(x), TIMES_4(x), TIMES_4(x), TIMES_4(x), TIMES_4(x), TIMES_4(x), TIMES_4(x)

static const unsigned char classes[256] = {CONTROL,
                                           CONTROL,
                                           CONTROL,
                                           CONTROL,
                                           CONTROL,
                                           CONTROL,
                                           CONTROL,
                                           CONTROL,
                                           CONTROL,
                                           CONTROL | SPACE,
                                           CONTROL | SPACE,
                                           CONTROL,
                                           CONTROL,
                                           CONTROL | SPACE,
                                           CONTROL,
                                           CONTROL,
                                           TIMES_4(CONTROL),
                                           TIMES_4(CONTROL),
                                           TIMES_4(CONTROL),
                                           TIMES_4(CONTROL),
                                           [' '] = SPACE,
                                           ['"'] = QUOTE,
                                           ['\\'] = BACKSLASH,
                                           ['{'] = OP,
                                           ['}'] = OP,
                                           ['['] = OP,
                                           [']'] = OP,
                                           [':'] = OP,
                                           [','] = OP,
                                           [128] = TIMES_32(HIGH),
                                           TIMES_32(HIGH),
                                           TIMES_32(HIGH),
                                           TIMES_32(HIGH)};

/* The eight bits `class` of a word of classes, the first byte's lowest. */
static inline uint64_t gather(uint64_t word, unsigned class_bit) {
  return ((word >> class_bit & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080)) >> 56;
}

/* Each bit the sum, without carry, of itself and those below. */
static inline uint64_t prefix_xor(uint64_t x) {
  for (int shift = 1; shift < 64; shift *= 2)
    x ^= x << shift;
  return x;
}

/* What stands behind a backslash at the set bits must be an escape. */
static void check_escapes(mr_json_stage *s, mr_json_carry *c, const unsigned char *p, size_t base,
                          uint64_t escaped) {
  for (; escaped; escaped &= escaped - 1) {
    int i = __builtin_ctzll(escaped);
    if (p[i] == 'u')
      mr_json_stage_hex(s, base, escaped & (UINT64_C(0) - escaped), &c->bad);
    else if (!p[i] || !strchr("\"\\/bfnrt", p[i]))
      c->bad |= 1;
  }
}

static uint64_t put_block(mr_json_stage *s, mr_json_carry *c, const unsigned char *p,
                          size_t block) {
  mr_json_masks m = {0, 0, 0, 0, 0, 0};
  uint64_t high = 0;
  for (unsigned at = 0; at < 64; at += 8) {
    uint64_t word = 0;
    for (unsigned i = 0; i < 8; i++)
      word |= (uint64_t)classes[p[at + i]] << (8 * i);
    m.quote |= gather(word, 0) << at;
    m.backslash |= gather(word, 1) << at;
    m.space |= gather(word, 2) << at;
    m.op |= gather(word, 3) << at;
    m.control |= gather(word, 4) << at;
    high |= word & UINT64_C(0x2020202020202020);
  }
  uint64_t escaped = mr_json_escaped(c, m.backslash);
  m.quote &= ~escaped;
  m.in_string = prefix_xor(m.quote) ^ c->in_string;
  check_escapes(s, c, p, s->done + block * 64, escaped);
  mr_json_stage_put(s, c, &m, block);
  return high;
}

/* From where it stopped last to the end of this step; a sequence may reach behind it. */
static void check_utf8(mr_json_stage *s, mr_json_carry *c, size_t to) {
  const char *p = s->text.ptr + s->checked, *stop = s->text.ptr + to;
  const char *end = s->text.ptr + s->text.len;
  while (p < stop) {
    size_t n = (unsigned char)*p < 0x80 ? 1 : mr_json_sequence(p, end);
    c->bad |= n == 0;
    p += n ? n : 1;
  }
  s->checked = (size_t)(p - s->text.ptr);
}

static void step(mr_json_stage *s) {
  const unsigned char *p = (const unsigned char *)s->text.ptr + s->done;
  size_t left = s->text.len - s->done, n = left < MR_JSON_STEP ? left : MR_JSON_STEP, block = 0;
  mr_json_carry c = s->carry;
  uint64_t high = 0;
  for (; block < n / 64; block++)
    high |= put_block(s, &c, p + block * 64, block);
  if (n % 64) {
    unsigned char last[64];
    memset(last, ' ', sizeof last);
    memcpy(last, p + block * 64, n % 64);
    high |= put_block(s, &c, last, block);
  }
  if (high)
    check_utf8(s, &c, s->done + n);
  else if (s->checked < s->done + n)
    s->checked = s->done + n;
  s->carry = c;
  s->done += n;
}

bool mr_json_stage_has(mr_json_variant variant) {
  return variant == MR_JSON_AVX512 ? mr_json_has_avx512()
                                   : variant != MR_JSON_AVX2 || mr_json_has_avx2();
}

void mr_json_stage_init(mr_json_stage *s, mr_slice text, mr_json_variant variant) {
  static const mr_json_carry start = {0, 0, 0, 0, 0};
  s->text = text;
  s->done = s->paired = s->checked = 0;
  s->carry = start;
  s->count = 0;
  bool is_fastest = variant == MR_JSON_FASTEST;
  if ((is_fastest || variant == MR_JSON_AVX512) && mr_json_has_avx512())
    s->step = mr_json_step_avx512;
  else if ((is_fastest || variant == MR_JSON_AVX2) && mr_json_has_avx2())
    s->step = mr_json_step_avx2;
  else
    s->step = step;
}

/* ---- \u ---- */

/* The four digits from `at` on, or -1. */
static int hex4(mr_slice text, size_t at) {
  int code = 0;
  if (text.len < 4 || at > text.len - 4)
    return -1;
  for (size_t i = 0; i < 4; i++) {
    int digit = mr_hex_value((unsigned char)text.ptr[at + i]);
    if (digit < 0)
      return -1;
    code = code << 4 | digit;
  }
  return code;
}

void mr_json_stage_hex(mr_json_stage *s, size_t base, uint64_t bits, uint64_t *bad) {
  for (; bits; bits &= bits - 1) {
    size_t at = base + (size_t)__builtin_ctzll(bits);
    int code = hex4(s->text, at + 1);
    bool is_low = code >= 0xdc00 && code <= 0xdfff;
    *bad |= code < 0 || (is_low && s->paired != at);
    if (code < 0xd800 || code > 0xdbff)
      continue;
    int low = at + 11 <= s->text.len && memcmp(s->text.ptr + at + 5, "\\u", 2) == 0
                  ? hex4(s->text, at + 7)
                  : -1;
    *bad |= low < 0xdc00 || low > 0xdfff;
    s->paired = at + 6;
  }
}
