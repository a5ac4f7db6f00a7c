/* SPDX-License-Identifier: MIT
 *
 * preempt.h -- a tick every millisecond, as a signal on the thread that asked for it.
 * The handler runs on that very thread, between two of its instructions, which is the only
 * place from which a running Lua state may be touched. */
#ifndef MR_PREEMPT_H
#define MR_PREEMPT_H

#include "host/alloc.h"

typedef struct mr_preempt mr_preempt;

/* Installs a handler for the signal and makes a stopped timer; NULL if the system refused.
 * tick(ud) must be safe in a signal handler. */
mr_preempt *mr_preempt_new(mr_alloc *alloc, int signal_number, void (*tick)(void *), void *ud);
void mr_preempt_start(mr_preempt *p);
void mr_preempt_stop(mr_preempt *p);
void mr_preempt_free(mr_preempt *p);

#endif
