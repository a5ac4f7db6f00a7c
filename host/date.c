/* SPDX-License-Identifier: MIT
 *
 * date.c -- dates as text, both ways (RFC 3339, RFC 9110 section 5.6.7, SigV4's basic).
 * Month and day names are fixed English; nothing asks the C library, which would answer in
 * the user's language and zone. */
#include "host/date.h"

#include "host/clock.h"
#include "host/number.h"

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

/* ---- writing ---- */

void mr_time_format(mr_buf *out, int64_t unix_ms, mr_time_kind kind) {
  int64_t seconds = unix_ms / 1000;
  int ms = (int)(unix_ms % 1000);
  mr_date d;
  if (ms < 0) {
    ms += 1000;
    seconds--;
  }
  mr_date_of(seconds, &d);
  long long year = (long long)d.year;
  switch (kind) {
  case MR_TIME_HTTP:
    mr_buf_printf(out, "%.3s, %02d %.3s %04lld %02d:%02d:%02d GMT", day_names[d.weekday], d.day,
                  month_names + 3 * (d.month - 1), year, d.hour, d.minute, d.second);
    break;
  case MR_TIME_BASIC:
    mr_buf_printf(out, "%04lld%02d%02dT%02d%02d%02dZ", year, d.month, d.day, d.hour, d.minute,
                  d.second);
    break;
  case MR_TIME_DATE:
    mr_buf_printf(out, "%04lld%02d%02d", year, d.month, d.day);
    break;
  case MR_TIME_EPOCH:
    if (unix_ms < 0)
      mr_buf_putc(out, '-');
    mr_text_integer(out, unix_ms < 0 ? -(unix_ms / 1000) : unix_ms / 1000);
    if (ms != 0) {
      int rest = unix_ms < 0 ? 1000 - ms : ms;
      char digits[4] = {'.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
                        (char)('0' + rest % 10)};
      mr_buf_put(out, digits, rest % 10 ? 4 : rest % 100 ? 3 : 2);
    }
    break;
  case MR_TIME_ISO:
  case MR_TIME_ISO_MS:
  case MR_TIME_ANY:
    mr_buf_printf(out, "%04lld-%02d-%02dT%02d:%02d:%02d", year, d.month, d.day, d.hour, d.minute,
                  d.second);
    if (kind == MR_TIME_ISO_MS)
      mr_buf_printf(out, ".%03d", ms);
    mr_buf_putc(out, 'Z');
    break;
  }
}

/* ---- reading ---- */

/* What is left of the text; a scan that fails sets `bad` and stays there. */
typedef struct scan {
  mr_slice rest;
  bool bad;
} scan;

static char peek(const scan *s) {
  return s->rest.len > 0 ? s->rest.ptr[0] : '\0';
}

static void skip(scan *s, size_t n) {
  s->rest.ptr += n;
  s->rest.len -= n;
}

static bool accept(scan *s, char c) {
  if (s->rest.len == 0 || s->rest.ptr[0] != c)
    return false;
  skip(s, 1);
  return true;
}

static void expect(scan *s, const char *text) {
  size_t n = strlen(text);
  if (s->bad || s->rest.len < n || memcmp(s->rest.ptr, text, n) != 0)
    s->bad = true;
  else
    skip(s, n);
}

/* Exactly n digits. */
static int number(scan *s, size_t n) {
  int value = 0;
  if (s->bad || s->rest.len < n) {
    s->bad = true;
    return 0;
  }
  for (size_t i = 0; i < n; i++) {
    unsigned digit = (unsigned)(unsigned char)s->rest.ptr[i] - '0';
    if (digit > 9) {
      s->bad = true;
      return 0;
    }
    value = value * 10 + (int)digit;
  }
  skip(s, n);
  return value;
}

/* A fraction's digits as milliseconds; at least one digit is asked for. */
static int fraction(scan *s) {
  int ms = 0, scale = 100, seen = 0;
  while (peek(s) >= '0' && peek(s) <= '9') {
    ms += (peek(s) - '0') * scale;
    scale /= 10;
    seen++;
    skip(s, 1);
  }
  if (seen == 0)
    s->bad = true;
  return ms;
}

static bool is_date(const mr_date *d) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (d->month < 1 || d->month > 12 || d->day < 1)
    return false;
  bool is_leap = d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);
  return d->day <= lengths[d->month - 1] + (d->month == 2 && is_leap);
}

static bool is_time(const mr_date *d) {
  return d->hour < 24 && d->minute < 60 && d->second <= 60;
}

static int finish(const scan *s, const mr_date *d, int ms, int64_t offset, int64_t *out) {
  if (s->bad || s->rest.len > 0 || !is_date(d) || !is_time(d))
    return MR_ERR_ARG;
  *out = (mr_date_seconds(d) - offset) * 1000 + ms;
  return MR_OK;
}

/* "Z", "+hh:mm", "+hhmm", "+hh" or nothing: seconds east of Greenwich. */
static int64_t zone(scan *s) {
  if (s->rest.len == 0 || accept(s, 'Z') || accept(s, 'z'))
    return 0;
  int sign = accept(s, '-') ? -1 : 1, minutes = 0;
  if (sign > 0)
    expect(s, "+");
  int hours = number(s, 2);
  if (accept(s, ':') || s->rest.len > 0)
    minutes = number(s, 2);
  if (hours > 23 || minutes > 59)
    s->bad = true;
  return sign * (hours * 3600 + minutes * 60);
}

static int parse_iso(mr_slice text, int64_t *out) {
  scan s = {text, false};
  mr_date d = {0};
  int ms = 0;
  int64_t offset = 0;
  d.year = number(&s, 4);
  expect(&s, "-");
  d.month = number(&s, 2);
  expect(&s, "-");
  d.day = number(&s, 2);
  if (!s.bad && s.rest.len > 0) {
    if (!accept(&s, 'T') && !accept(&s, 't'))
      expect(&s, " ");
    d.hour = number(&s, 2);
    expect(&s, ":");
    d.minute = number(&s, 2);
    if (accept(&s, ':')) {
      d.second = number(&s, 2);
      if (accept(&s, '.') || accept(&s, ','))
        ms = fraction(&s);
    }
    offset = zone(&s);
  }
  return finish(&s, &d, ms, offset, out);
}

static int parse_basic(mr_slice text, bool has_time, int64_t *out) {
  scan s = {text, false};
  mr_date d = {0};
  d.year = number(&s, 4);
  d.month = number(&s, 2);
  d.day = number(&s, 2);
  if (has_time) {
    expect(&s, "T");
    d.hour = number(&s, 2);
    d.minute = number(&s, 2);
    d.second = number(&s, 2);
    expect(&s, "Z");
  }
  return finish(&s, &d, 0, 0, out);
}

static int month(scan *s) {
  if (s->rest.len >= 3)
    for (int i = 0; i < 12; i++)
      if (memcmp(s->rest.ptr, month_names + 3 * i, 3) == 0) {
        skip(s, 3);
        return i + 1;
      }
  s->bad = true;
  return 1;
}

static void time_of_day(scan *s, mr_date *d) {
  d->hour = number(s, 2);
  expect(s, ":");
  d->minute = number(s, 2);
  expect(s, ":");
  d->second = number(s, 2);
}

static int parse_http(mr_slice text, int64_t *out) {
  scan s = {text, false};
  mr_date d = {0};
  size_t day = 0, n = 0;
  while (day < 7 && (text.len < 3 || memcmp(text.ptr, day_names[day], 3) != 0))
    day++;
  if (day == 7)
    return MR_ERR_ARG;
  n = strlen(day_names[day]);
  if (text.len > n && memcmp(text.ptr, day_names[day], n) == 0 && text.ptr[n] == ',') {
    skip(&s, n + 1); /* RFC 850: "Sunday, 06-Nov-94 08:49:37 GMT" */
    expect(&s, " ");
    d.day = number(&s, 2);
    expect(&s, "-");
    d.month = month(&s);
    expect(&s, "-");
    d.year = number(&s, 2);
    d.year += d.year < 70 ? 2000 : 1900;
    expect(&s, " ");
    time_of_day(&s, &d);
    expect(&s, " GMT");
    return finish(&s, &d, 0, 0, out);
  }
  skip(&s, 3);
  if (accept(&s, ',')) { /* "Sun, 06 Nov 1994 08:49:37 GMT" */
    expect(&s, " ");
    d.day = number(&s, 2);
    expect(&s, " ");
    d.month = month(&s);
    expect(&s, " ");
    d.year = number(&s, 4);
    expect(&s, " ");
    time_of_day(&s, &d);
    expect(&s, " GMT");
  } else { /* asctime: "Sun Nov  6 08:49:37 1994" */
    expect(&s, " ");
    d.month = month(&s);
    expect(&s, " ");
    d.day = accept(&s, ' ') ? number(&s, 1) : number(&s, 2);
    expect(&s, " ");
    time_of_day(&s, &d);
    expect(&s, " ");
    d.year = number(&s, 4);
  }
  return finish(&s, &d, 0, 0, out);
}

static int parse_epoch(mr_slice text, int64_t *out) {
  if (memchr(text.ptr, 'e', text.len) || memchr(text.ptr, 'E', text.len)) { /* 1.7e9 */
    double seconds;
    if (mr_text_to_double(text, &seconds) < 0 || !(seconds > -9e15 && seconds < 9e15))
      return MR_ERR_ARG;
    *out = (int64_t)(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5));
    return MR_OK;
  }
  scan s = {text, false};
  bool is_negative = accept(&s, '-');
  size_t whole = 0;
  int64_t value = 0;
  int ms = 0;
  while (whole < s.rest.len && s.rest.ptr[whole] != '.')
    whole++;
  if (peek(&s) == '-' || mr_text_to_integer(mr_slice_make(s.rest.ptr, whole), &value) < 0 ||
      value > INT64_MAX / 1000 - 1)
    return MR_ERR_ARG;
  skip(&s, whole);
  if (accept(&s, '.'))
    ms = fraction(&s);
  if (s.bad || s.rest.len > 0)
    return MR_ERR_ARG;
  value = value * 1000 + ms;
  *out = is_negative ? -value : value;
  return MR_OK;
}

static bool all_digits(mr_slice s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (i >= s.len || s.ptr[i] < '0' || s.ptr[i] > '9')
      return false;
  return true;
}

int mr_time_parse(mr_slice s, mr_time_kind kind, int64_t *unix_ms) {
  if (s.len == 0 || s.ptr == NULL)
    return MR_ERR_ARG;
  switch (kind) {
  case MR_TIME_ISO:
  case MR_TIME_ISO_MS:
    return parse_iso(s, unix_ms);
  case MR_TIME_HTTP:
    return parse_http(s, unix_ms);
  case MR_TIME_BASIC:
    return parse_basic(s, true, unix_ms);
  case MR_TIME_DATE:
    return parse_basic(s, false, unix_ms);
  case MR_TIME_EPOCH:
    return parse_epoch(s, unix_ms);
  case MR_TIME_ANY:
    break;
  }
  if (s.len > 8 && all_digits(s, 8) && s.ptr[8] == 'T')
    return parse_basic(s, true, unix_ms);
  if (s.len > 4 && all_digits(s, 4) && s.ptr[4] == '-')
    return parse_iso(s, unix_ms);
  if (s.ptr[0] == '-' || (s.ptr[0] >= '0' && s.ptr[0] <= '9'))
    return parse_epoch(s, unix_ms);
  return parse_http(s, unix_ms);
}
