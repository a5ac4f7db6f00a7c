/* SPDX-License-Identifier: MIT
 *
 * number.h -- numbers as text, both ways, exact and never by locale. */
#ifndef MR_NUMBER_H
#define MR_NUMBER_H

#include "host/buf.h"

void mr_text_integer(mr_buf *out, int64_t value);
/* Writes digits that end at `end`, at most 20; returns where they begin. */
char *mr_text_digits(char *end, uint64_t value);
/* The shortest digits that read back as the same double, laid out as Python's repr does:
 * "1.0", "0.0001", "1e-05", "1e+16", "-0.0".  inf and nan come out as "inf", "-inf", "nan":
 * callers whose format has no such numbers look first. */
void mr_text_double(mr_buf *out, double value);
/* A decimal integer with optional '-': MR_OK, or MR_ERR_ARG if s is no such thing (empty,
 * '+', spaces) or does not fit. */
int mr_text_to_integer(mr_slice s, int64_t *out);
/* A JSON number (RFC 8259 section 6: no '+', no leading zeros, no bare point), correctly
 * rounded.  Past the range the result is an infinity or zero, still MR_OK.  MR_ERR_ARG: s
 * is no number; MR_ERR_MEMORY. */
int mr_text_to_double(mr_slice s, double *out);
/* whole times ten to `exponent`, correctly rounded; false in the rare cases that cannot be
 * decided quickly, and where the result is no normal double: then ask mr_text_to_double. */
bool mr_text_scale(uint64_t whole, int exponent, double *out);

#endif
