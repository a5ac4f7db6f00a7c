/* SPDX-License-Identifier: MIT
 *
 * date.h -- dates as text, both ways, never by locale or time zone. */
#ifndef MR_DATE_H
#define MR_DATE_H

#include "host/buf.h"

/* All times are milliseconds since 1970, UTC. */
typedef enum mr_time_kind {
  MR_TIME_ISO,    /* 2026-01-01T00:00:00Z; reading also takes fractions and offsets */
  MR_TIME_ISO_MS, /* 2026-01-01T00:00:00.000Z; reads as MR_TIME_ISO */
  MR_TIME_HTTP,   /* Thu, 01 Jan 2026 00:00:00 GMT; reads all three forms of RFC 9110 5.6.7 */
  MR_TIME_BASIC,  /* 20260101T000000Z */
  MR_TIME_DATE,   /* 20260101 */
  MR_TIME_EPOCH,  /* 1767225600, or 1767225600.25 where there are milliseconds */
  MR_TIME_ANY     /* reading only: whichever of them it is */
} mr_time_kind;

/* Years before 0 or after 9999 are written with as many digits as they need.  Kinds without
 * milliseconds drop them, rounding down.  MR_TIME_ANY writes as MR_TIME_ISO. */
void mr_time_format(mr_buf *out, int64_t unix_ms, mr_time_kind kind);
/* Reads the whole of s; digits past the millisecond are dropped; a date-time without zone is
 * UTC; a leap second counts as the first second of the next minute.  MR_ERR_ARG if s is not
 * of that kind or no such date exists. */
int mr_time_parse(mr_slice s, mr_time_kind kind, int64_t *unix_ms);

#endif
