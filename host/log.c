/* SPDX-License-Identifier: MIT
 *
 * log.c -- one line per event.
 * Nothing is allocated from the state: a log line must get out when memory is short. */
#include "host/log.h"

#include <stdarg.h>
#include <stdio.h>

void mr_log_event(const mr_log *log, mr_level level, const char *fmt, ...) {
  char line[1024];
  if (!log || !log->fn || level < log->least)
    return;
  va_list args;
  va_start(args, fmt);
  int n = vsnprintf(line, sizeof line, fmt, args);
  va_end(args);
  if (n < 0)
    return;
  for (char *p = line; *p; p++)
    if ((unsigned char)*p < ' ')
      *p = ' ';
  log->fn(log->ud, level, line);
}
