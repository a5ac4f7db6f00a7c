/* SPDX-License-Identifier: MIT
 *
 * log.h -- one line per event, through the embedder's hook; silent without one. */
#ifndef MR_LOG_H
#define MR_LOG_H

#include "host/base.h"

typedef struct mr_log {
  mr_log_fn fn;
  void *ud;
  mr_level least; /* events below this level are dropped before they are formatted */
} mr_log;

/* Control characters in the text are shown as spaces, so an event stays one line. */
void mr_log_event(const mr_log *log, mr_level level, const char *fmt, ...) MR_PRINTF(3, 4);

#endif
