/* SPDX-License-Identifier: MIT
 *
 * host_script.h -- runs one script in a state of its own and compares how it ended. */
#ifndef HOST_SCRIPT_H
#define HOST_SCRIPT_H

#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "host/moonrock.h"

#define TASK "local task = require 'moonrock.task' "

/* How a script ended that may run out of memory before it has begun. */
mr_status run_script(mr_state *s, const char *script, mr_report *r);
mr_state *make_state(unsigned caps, int64_t max_cpu_us, size_t max_memory);
/* Runs one script; the report's text must start with `want`. */
void expect_script(mr_state *s, const char *script, mr_status status, const char *want);
/* The same in a state of its own that may use the clock. */
void check_script(const char *script, mr_status status, const char *want);

#endif
