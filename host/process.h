/* SPDX-License-Identifier: MIT
 *
 * process.h -- a child process that is run to its end, for what it says on its output.
 * One blocking call, for a worker of the pool.  It waits for its own child and no other,
 * installs no signal handler, and comes back in bounded time whatever the child does. */
#ifndef MR_PROCESS_H
#define MR_PROCESS_H

#include <stdatomic.h>

#include "host/buf.h"

typedef struct mr_process_spec {
  const char *const *argv; /* ends with NULL; argv[0] is looked for in PATH */
  int64_t timeout_ms;      /* real time; then the child is killed; <= 0 for none */
  size_t max_output;       /* bytes of its output; at more the child is killed */
  const atomic_bool *stop; /* set by another thread: the child is killed soon; may be NULL */
} mr_process_spec;

typedef struct mr_process_end {
  int code;       /* of its exit; -1 when a signal ended it */
  int signal;     /* 0, or the signal that ended it */
  bool timed_out; /* killed by us: it took too long */
  bool too_long;  /* killed by us: it said too much */
} mr_process_end;

/* Runs it.  0, or an errno value when it could not be started (ENOENT: no such program), a
 * buffer could not grow, or nobody can tell how it ended (ECHILD: this process ignores SIGCHLD,
 * or waits for all its children elsewhere; a library leaves both as they are).  `said` gets its
 * output, `complained` the first 8 KiB of its error output.  Its input is the terminal if ours is
 * one, else empty.  What descendants say after the child's end is not waited for; a child that is
 * killed takes them along, unless it has the terminal. */
int mr_process_run(const mr_process_spec *spec, mr_buf *said, mr_buf *complained, mr_process_end *end);

#endif
