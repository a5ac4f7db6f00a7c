/* SPDX-License-Identifier: MIT
 *
 * clock.c -- real and virtual time, and the calendar.
 * Dates are computed here and not by the C library, so that neither time zone nor locale
 * can reach a signature or a file. */
#define _POSIX_C_SOURCE 200809L
#include "host/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id) {
  struct timespec t;
  if (clock_gettime(id, &t) != 0)
    return 0;
  return (int64_t)t.tv_sec * MR_SECOND + t.tv_nsec;
}

void mr_clock_init(mr_clock *c) {
  memset(c, 0, sizeof *c);
}

void mr_clock_make_virtual(mr_clock *c, int64_t wall_ns) {
  c->virtual_now = 0;
  c->virtual_wall = wall_ns;
  c->is_virtual = true;
}

int64_t mr_clock_now(const mr_clock *c) {
  return c->is_virtual ? c->virtual_now : read_clock(CLOCK_MONOTONIC);
}

int64_t mr_clock_wall(const mr_clock *c) {
  return c->is_virtual ? c->virtual_wall + c->virtual_now : read_clock(CLOCK_REALTIME);
}

void mr_clock_advance(mr_clock *c, int64_t now) {
  if (c->is_virtual && now > c->virtual_now)
    c->virtual_now = now;
}

int64_t mr_clock_real(void) {
  return read_clock(CLOCK_MONOTONIC);
}

int64_t mr_clock_cpu(void) {
  return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* Days since 1970-01-01 of a civil date: years are counted from March, so that the leap
 * day ends a year, and eras of 400 years (146,097 days) repeat exactly. */
static int64_t days_of(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

void mr_date_of(int64_t unix_seconds, mr_date *out) {
  int64_t days = unix_seconds / 86400, rest = unix_seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    days--;
  }
  int64_t z = days + 719468;
  int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  int64_t doe = z - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153;
  out->day = (int)(doy - (153 * mp + 2) / 5 + 1);
  out->month = (int)(mp < 10 ? mp + 3 : mp - 9);
  out->year = yoe + era * 400 + (out->month <= 2);
  out->hour = (int)(rest / 3600);
  out->minute = (int)(rest % 3600 / 60);
  out->second = (int)(rest % 60);
  out->weekday = (int)(((days % 7) + 11) % 7);
}

int64_t mr_date_seconds(const mr_date *d) {
  return days_of(d->year, d->month, d->day) * 86400 + d->hour * 3600 + d->minute * 60 + d->second;
}
