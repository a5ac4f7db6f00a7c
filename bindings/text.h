/* SPDX-License-Identifier: MIT
 *
 * text.h -- hex, base64, UTF-8, numbers and dates as text.
 * Nothing here looks at the locale or the time zone: a decimal point is always a point and
 * every time is UTC.  Encoders append to a buffer, whose sticky error tells of failure;
 * decoders leave the buffer as it was when they refuse. */
#ifndef MR_TEXT_H
#define MR_TEXT_H

#include "host/buf.h"
#include "host/date.h"
#include "host/number.h"

/* ---- bytes ---- */

/* Less than, equal to or greater than 0, by bytes; a beginning comes before the whole. */
static inline int mr_slice_compare(mr_slice a, mr_slice b) {
  size_t n = a.len < b.len ? a.len : b.len;
  int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Lower case, two digits a byte. */
void mr_hex_encode(mr_buf *out, const void *data, size_t n);
/* Either case.  MR_ERR_ARG: odd length or a character that is no hex digit. */
int mr_hex_decode(mr_buf *out, mr_slice text);
/* The value of a hex digit, or -1. */
int mr_hex_value(unsigned char c);

/* RFC 4648 section 4, padded, one line. */
void mr_base64_encode(mr_buf *out, const void *data, size_t n);
/* Strict: only what mr_base64_encode could have written is accepted (no white space, full
 * padding, unused bits zero); everything else is MR_ERR_ARG. */
int mr_base64_decode(mr_buf *out, mr_slice text);

/* Is s well-formed UTF-8 (no overlong form, no surrogate, nothing past U+10FFFF)?  If not,
 * *bad_offset (may be NULL) is where the first ill-formed sequence begins. */
bool mr_utf8_valid(mr_slice s, size_t *bad_offset);
/* Length of the well-formed sequence at s (1-4, its code point in *code, which may be
 * NULL), or 0 if there is none. */
size_t mr_utf8_read(mr_slice s, uint32_t *code);
/* Appends one code point (at most U+10FFFF; a surrogate is written as if it were one). */
void mr_utf8_put(mr_buf *out, uint32_t code);
/* The same into four bytes of memory; returns how many it took. */
size_t mr_utf8_write(char *to, uint32_t code);
/* Number of code points; a byte that begins no well-formed sequence counts as one. */
size_t mr_utf8_count(mr_slice s);

#endif
