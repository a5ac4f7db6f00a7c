/* SPDX-License-Identifier: MIT
 *
 * json_stage.h -- the first stage of indexing: bytes to bits, bits to places.
 * Sixty-four bytes become one word for each class of byte; arithmetic on the words tells which
 * quotes are escaped and what lies inside strings (Langdale and Lemire, "Parsing Gigabytes of
 * JSON per Second", 2019).  Beside it bytes are checked that need no grammar: UTF-8, control
 * characters, escapes.  Each processor's variant fills the same words. */
#ifndef MR_JSON_STAGE_H
#define MR_JSON_STAGE_H

#include "host/base.h"

/* Bytes of one step; a multiple of 64. */
enum { MR_JSON_STEP = 4096 };

/* What a block hands to the next. */
typedef struct mr_json_carry {
  uint64_t escaped;    /* 1: the next byte stands behind a backslash */
  uint64_t in_string;  /* all ones: the next byte is inside a string */
  uint64_t in_scalar;  /* 1: the byte before belongs to a word or number */
  uint64_t has_escape; /* 1: the string under way holds a backslash */
  uint64_t bad;        /* not 0: a byte that no JSON text has there */
} mr_json_carry;

typedef struct mr_json_stage mr_json_stage;
struct mr_json_stage {
  mr_slice text;
  size_t done; /* bytes seen */
  void (*step)(mr_json_stage *s);
  mr_json_carry carry;
  size_t paired;  /* place of the u of a low surrogate's escape whose high one was seen */
  size_t checked; /* UTF-8 is known to be good up to here (the portable variant's) */
  uint32_t count;
  /* Of the last step: brackets, colons, commas, both quotes of strings, first bytes of other
   * scalars; sixteen more may be written than count. */
  uint32_t at[MR_JSON_STEP + 16];
  uint64_t escaped_ends[MR_JSON_STEP / 64]; /* a bit for each closing quote of a string with
                                               a backslash, from the first byte of the step */
};

typedef enum mr_json_variant {
  MR_JSON_FASTEST, /* of those that this processor has */
  MR_JSON_PORTABLE,
  MR_JSON_AVX2,
  MR_JSON_AVX512
} mr_json_variant;

/* False: this processor or build has not got the variant. */
bool mr_json_stage_has(mr_json_variant variant);
/* A variant that the processor has not got is the portable one. */
void mr_json_stage_init(mr_json_stage *s, mr_slice text, mr_json_variant variant);
/* The places of the next bytes; false at the end of the text.  carry.bad and in_string tell
 * then whether the bytes were good. */
static inline bool mr_json_stage_next(mr_json_stage *s) {
  if (s->done == s->text.len)
    return false;
  s->count = 0;
  s->step(s);
  return true;
}

/* Is it all UTF-8?  False too where this processor has no fast way to tell. */
bool mr_json_is_utf8(mr_slice text);

/* ---- for the variants ---- */

bool mr_json_has_avx2(void);
void mr_json_step_avx2(mr_json_stage *s);
bool mr_json_has_avx512(void);
void mr_json_step_avx512(mr_json_stage *s);
/* Copies a string's bytes, checked ones, to the end or a \u escape and undoes the other escapes;
 * moves *from, gives the end of the copy.  Up to 64 bytes behind it may be written. */
char *mr_json_unescape_avx512(char *to, const char **from, const char *end);
/* Copies bytes with the escapes that they need, to the end, a control character that needs \u,
 * or, unless all is known to be UTF-8, a byte from 0x80 on.  As above. */
char *mr_json_escape_avx512(char *to, const char **from, const char *end, bool is_utf8);
/* Checks the \u escapes whose u stands at the set bits behind `base`. */
void mr_json_stage_hex(mr_json_stage *s, size_t base, uint64_t bits, uint64_t *bad);

/* Which bytes of a block stand behind a backslash that is not itself escaped.  A run of
 * backslashes escapes every second byte from its start: adding the starts at even places
 * carries through their runs and so tells these from the others. */
static inline uint64_t mr_json_escaped(mr_json_carry *c, uint64_t backslash) {
  const uint64_t even = UINT64_C(0x5555555555555555);
  uint64_t b = backslash & ~c->escaped;
  uint64_t starts = b & ~(b << 1);
  uint64_t even_runs = b ^ (b + (starts & even));
  uint64_t escaped = (b << 1 & (even_runs ^ even)) | c->escaped;
  c->escaped = b >> 63 & ~(escaped >> 63);
  return escaped;
}

typedef struct mr_json_masks {
  uint64_t quote;     /* those that are not escaped */
  uint64_t in_string; /* opening quotes and what is behind them */
  uint64_t backslash, space, op, control;
} mr_json_masks;

/* The places of a block as bits; `block`: its number in the step. */
static inline uint64_t mr_json_stage_places(mr_json_stage *s, mr_json_carry *c,
                                            const mr_json_masks *m, size_t block) {
  uint64_t in = m->in_string;
  c->in_string = (uint64_t)0 - (in >> 63);
  c->bad |= m->control & in;
  /* A backslash added to the bits of its string carries to the closing quote. */
  uint64_t sum = in + (m->backslash & in), over = sum < in;
  uint64_t all = sum + c->has_escape;
  over |= all < sum;
  s->escaped_ends[block] = all & ~in & m->quote;
  c->has_escape = over;
  uint64_t scalar = ~(m->op | m->space | m->quote | in);
  uint64_t starts = scalar & ~(scalar << 1 | c->in_scalar);
  c->in_scalar = scalar >> 63;
  return (m->op & ~in) | m->quote | starts;
}

/* Notes the places of a block. */
static inline void mr_json_stage_put(mr_json_stage *s, mr_json_carry *c, const mr_json_masks *m,
                                     size_t block) {
  uint64_t bits = mr_json_stage_places(s, c, m, block);
  if (!bits)
    return;
  uint32_t n = (uint32_t)__builtin_popcountll(bits), base = (uint32_t)(s->done + block * 64);
  uint32_t *to = s->at + s->count;
  for (uint32_t written = 0; written < n; written += 8)
    for (int i = 0; i < 8; i++) {
      to[written + (uint32_t)i] = base + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
      bits &= bits - 1;
    }
  s->count += n;
}

#endif
