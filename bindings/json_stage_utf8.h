/* SPDX-License-Identifier: MIT
 *
 * json_stage_utf8.h -- tables of the wide checks of UTF-8, sixteen bytes each.
 * They are looked up by half bytes: the upper and the lower half of a byte, and the upper half of
 * the next. Each bit stands for a fault that the half byte may be part of; only a real fault has
 * its bit in all three (Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per
 * Byte", 2020). */
#ifndef MR_JSON_STAGE_UTF8_H
#define MR_JSON_STAGE_UTF8_H

enum {
  TOO_SHORT = 1,            /* a first byte without its next ones */
  TOO_LONG = 2,             /* a next byte behind ASCII */
  OVERLONG_3 = 4,           /* e0 80-9f */
  TOO_LARGE = 8,            /* f4 90-bf, f5-ff with 90-bf */
  SURROGATE = 16,           /* ed a0-bf */
  OVERLONG_2 = 32,          /* c0, c1 */
  LARGE_OR_OVERLONG_4 = 64, /* f5-ff with 80-8f; f0 80-8f */
  TWO_NEXT = 128,           /* two next bytes: a fault unless a longer sequence is under way */
  ANY_FIRST = TOO_SHORT | TOO_LONG | TWO_NEXT,
  ANY_NEXT = TOO_LONG | OVERLONG_2 | TWO_NEXT
};

#define MR_UTF8_FIRST_HIGH \
  TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, \
  (char)TWO_NEXT, (char)TWO_NEXT, (char)TWO_NEXT, (char)TWO_NEXT, TOO_SHORT | OVERLONG_2, \
  TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | LARGE_OR_OVERLONG_4

#define MR_UTF8_FIRST_LOW \
  (char)(ANY_FIRST | OVERLONG_3 | OVERLONG_2 | LARGE_OR_OVERLONG_4), \
  (char)(ANY_FIRST | OVERLONG_2), (char)ANY_FIRST, (char)ANY_FIRST, \
  (char)(ANY_FIRST | TOO_LARGE), (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4), \
  (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4), \
  (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4), \
  (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4), \
  (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4), \
  (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4), \
  (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4), \
  (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4), \
  (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4 | SURROGATE), \
  (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4), \
  (char)(ANY_FIRST | TOO_LARGE | LARGE_OR_OVERLONG_4)

#define MR_UTF8_SECOND_HIGH \
  TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, \
  (char)(ANY_NEXT | OVERLONG_3 | LARGE_OR_OVERLONG_4), \
  (char)(ANY_NEXT | OVERLONG_3 | TOO_LARGE), (char)(ANY_NEXT | SURROGATE | TOO_LARGE), \
  (char)(ANY_NEXT | SURROGATE | TOO_LARGE), TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT

#endif
