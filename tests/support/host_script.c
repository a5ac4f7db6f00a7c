/* SPDX-License-Identifier: MIT
 *
 * host_script.c -- one script, one outcome. */
#include "tests/support/host_script.h"

mr_state *make_state(unsigned caps, int64_t max_cpu_us, size_t max_memory) {
  mr_config config = MR_CONFIG_INIT;
  mr_state *s;
  config.caps = caps;
  config.max_cpu_us = max_cpu_us;
  config.max_memory = max_memory;
  if (mr_create(&config, &s) != MR_OK)
    fail_msg("mr_create: %s", mr_errmsg(s));
  return s;
}

void expect_script(mr_state *s, const char *script, mr_status status, const char *want) {
  mr_report r;
  assert_int_equal(mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL), MR_OK);
  mr_run(s);
  assert_int_equal(mr_reap(s, &r), 1);
  if (r.status != status || strncmp(r.text, want, strlen(want)) != 0)
    fail_msg("script: %s\nstatus %s (%d), text: %s\nwanted %d: %s", script,
             mr_status_name(r.status), r.status, r.text, status, want);
  while (mr_reap(s, &r)) {
  }
}

mr_status run_script(mr_state *s, const char *script, mr_report *r) {
  if (mr_spawn(s, "test", script, strlen(script), 0, NULL, NULL) == MR_OK)
    mr_run(s);
  return mr_reap(s, r) ? r->status : MR_ERR_MEMORY;
}

void check_script(const char *script, mr_status status, const char *want) {
  mr_state *s = make_state(MR_CAP_CLOCK, 0, 0);
  expect_script(s, script, status, want);
  mr_destroy(s);
}
