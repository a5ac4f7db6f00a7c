/* SPDX-License-Identifier: MIT
 *
 * main.c -- the program: one state with every capability, in which the embedded script
 * moonrock.cli reads the command line.
 * Ctrl-C, SIGTERM and the loss of the terminal stop all tasks, whose cleanup still runs; a second
 * Ctrl-C or SIGTERM ends the process, unless a script took the first for its own. */
#define _GNU_SOURCE
#include "host/moonrock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EXIT_INTERRUPTED = 130, EXIT_LIMIT = 4 };

static mr_state *interrupted_state; /* signal handlers get no argument */
static volatile sig_atomic_t interrupts; /* have there been any? */

/* Some libcurls bring GnuTLS with them, through librtmp and libldap, whose protocols are never
 * spoken here: it asks this before it sets itself up as it is loaded, for 0.7 ms and 0.7 MiB.
 * Who does use it (another libcurl, under a module in C) calls gnutls_global_init all the same. */
int _gnutls_global_init_skip(void);
int _gnutls_global_init_skip(void) {
  return 1;
}

static const char ended[] =
    "moonrock: ended at once; what the cleanup had not reached is still there, and may cost\n";

static void on_interrupt(int number) {
  interrupts = 1;
  if ((number == SIGTERM ? mr_terminate : mr_interrupt)(interrupted_state) <= 1)
    return;
  if (write(STDERR_FILENO, ended, sizeof ended - 1) < 0) {
    /* nobody reads it */
  }
  _exit(EXIT_INTERRUPTED);
}

/* A terminal that goes away tells it twice, through the shell and through the kernel. */
static void on_hangup(int number) {
  (void)number;
  if (!interrupts)
    on_interrupt(SIGTERM);
}

static void on_log(void *ud, mr_level level, const char *text) {
  static const char *const names[] = {"debug", "info", "warning", "error"};
  const mr_level *least = ud;
  if (level >= *least)
    fprintf(stderr, "moonrock: %s: %s\n", names[level], text);
}

static mr_level wanted_level(void) {
  static const char *const names[] = {"debug", "info", "warn", "error"};
  const char *wanted = getenv("MOONROCK_LOG");
  for (int i = 0; wanted && i < 4; i++)
    if (strcmp(wanted, names[i]) == 0)
      return (mr_level)i;
  if (wanted && *wanted)
    fprintf(stderr, "moonrock: warning: MOONROCK_LOG takes debug, info, warn or error, not '%s'\n",
            wanted);
  return MR_WARN;
}

/* A login shell's 1,024 are few for requests in flight; what is asked for beyond the limit that
 * the system sets is not ours to take. */
static void allow_many_descriptors(void) {
  enum { ENOUGH = 65536 };
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= ENOUGH)
    return;
  limit.rlim_cur = limit.rlim_max < ENOUGH ? limit.rlim_max : ENOUGH;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* Reports what the command-line script did not say itself; gives the exit code. */
static int finish(mr_state *s) {
  mr_report report;
  int code = 0;
  while (mr_reap(s, &report)) {
    if (report.status == MR_ERR_CANCEL && interrupts) {
      fprintf(stderr, "moonrock: interrupted\n");
      return EXIT_INTERRUPTED;
    }
    if (report.status < 0)
      fprintf(stderr, "moonrock: %.*s\n", (int)report.len, report.text);
    if (report.exit_code > code)
      code = report.exit_code;
    if (report.status == MR_ERR_LIMIT)
      code = EXIT_LIMIT;
  }
  return code;
}

int main(int argc, char **argv) {
  mr_level least = wanted_level();
  mr_config config = MR_CONFIG_INIT;
  mr_state *s;
  config.caps = MR_CAP_ALL;
  config.log = on_log;
  config.ud = &least;
  config.preempt_signal = SIGRTMIN + 1;
  config.inline_network = 1;
  int code = 1;
  if (mr_create(&config, &s) != MR_OK) {
    fprintf(stderr, "moonrock: cannot start: %s\n", mr_errmsg(s));
    goto done;
  }
  interrupted_state = s;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  action.sa_handler = on_hangup;
  if (signal(SIGHUP, SIG_IGN) != SIG_IGN) /* nohup had it ignored before us */
    sigaction(SIGHUP, &action, NULL);
  allow_many_descriptors();
  signal(SIGCHLD, SIG_DFL); /* ignored, as a parent may leave it, no child's exit code is told */
  if (mr_spawn_file(s, "@moonrock.cli", argc, (const char *const *)argv, NULL) != MR_OK) {
    fprintf(stderr, "moonrock: %s\n", mr_errmsg(s));
    goto done;
  }
  mr_run(s);
  code = finish(s);
done:
  interrupted_state = NULL;
  mr_destroy(s);
  /* ferror: what was lost before this, and nobody looked at. */
  if ((fflush(stdout) != 0 || ferror(stdout)) && code == 0) {
    fprintf(stderr, "moonrock: standard output could not be written\n");
    code = 1;
  }
  return code;
}
