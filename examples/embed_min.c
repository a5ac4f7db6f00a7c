/* SPDX-License-Identifier: MIT
 *
 * embed_min.c -- the smallest host: create, spawn, run, reap, destroy.
 * The script may compute and tell the time, and nothing else; it has 16 MiB and one second. */
#include <moonrock.h>

#include <stdio.h>
#include <string.h>

static const char script[] = "local name = ...\n"
                             "local task = require 'moonrock.task'\n"
                             "local a = task.spawn(function() task.sleep(0.01) return 40 end)\n"
                             "return name .. ' says ' .. a:wait() + 2\n";

int main(void) {
  const char *args[] = {"moonrock"};
  mr_config config = MR_CONFIG_INIT;
  mr_state *state;
  mr_report report;
  int failures = 0;

  config.caps = MR_CAP_CLOCK;
  config.max_memory = 16u << 20;
  config.max_cpu_us = 1000000;
  if (mr_create(&config, &state) != MR_OK ||
      mr_spawn(state, "hello", script, strlen(script), 1, args, NULL) != MR_OK ||
      mr_run(state) != MR_OK) {
    fprintf(stderr, "%s\n", mr_errmsg(state));
    failures++;
  }
  while (mr_reap(state, &report)) {
    printf("%s: %s\n", mr_status_name(report.status), report.text);
    failures += report.status < 0;
  }
  mr_destroy(state);
  return failures != 0;
}
