/* SPDX-License-Identifier: MIT
 *
 * threaded PROGRAM SCRIPT [ARGS] -- runs a script as an embedder would: with the network on
 * the I/O thread, by steps of 2 ms.  PROGRAM is what the script sees as arg[-1]. */
#define _GNU_SOURCE
#include "host/moonrock.h"

#include <stdio.h>
#include <string.h>

static const char prelude[] = "local program, path = ...\n"
                              "arg = { [-1] = program, [0] = path, select(3, ...) }\n"
                              "local chunk = assert(loadfile(path, 't'))\n"
                              "return chunk(select(3, ...))\n";

int main(int argc, char **argv) {
  mr_config config = MR_CONFIG_INIT;
  mr_state *s = NULL;
  mr_report report;
  int code = 1;
  config.caps = MR_CAP_ALL;
  if (argc < 3 || mr_create(&config, &s) != MR_OK ||
      mr_spawn(s, "threaded", prelude, sizeof prelude - 1, argc - 1, (const char *const *)argv + 1,
               NULL) != MR_OK)
    goto done;
  for (mr_status status; (status = mr_step(s, 2000)) > 0;)
    if (status == MR_WAIT)
      mr_poll(s, 1000);
  code = 0;
  while (mr_reap(s, &report)) {
    code = report.exit_code ? report.exit_code : code;
    if (report.status < 0)
      fprintf(stderr, "%s\n", report.text);
  }
done:
  mr_destroy(s);
  return code;
}
