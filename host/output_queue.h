/* SPDX-License-Identifier: MIT
 *
 * output_queue.h -- writes to an output that a thread of its own carries out.
 * So a thread that receives goes on receiving: on two cores a download takes the time of the
 * longer of the two, not their sum. */
#ifndef MR_OUTPUT_QUEUE_H
#define MR_OUTPUT_QUEUE_H

#include "host/output.h"

enum { MR_OUTPUT_BLOCK = 256 * 1024 }; /* bytes */

typedef struct mr_output_queue mr_output_queue;

/* For an open output, which must stay until the end of the queue.  NULL when there is no
 * memory or no thread. */
mr_output_queue *mr_output_queue_new(mr_output *o);
/* A block of MR_OUTPUT_BLOCK bytes from malloc, or one that has been written; NULL: no memory. */
char *mr_output_queue_block(mr_output_queue *q);
/* Takes the block, whose first n bytes belong at `offset`, from any thread.  may_wait: while too
 * many are on their way; a thread that must go on has few to give.  The first errno value of
 * all writes so far; then nothing more is written. */
int mr_output_queue_put(mr_output_queue *q, char *block, size_t n, int64_t offset, bool may_wait);
/* Ends the thread and frees all; what is on its way is written before, or dropped.  The first
 * errno value, or 0; 0 for NULL. */
int mr_output_queue_end(mr_output_queue *q, bool drop);

#endif
