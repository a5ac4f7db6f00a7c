/* SPDX-License-Identifier: MIT
 *
 * output_order.h -- pieces of an output, written one behind the other by the threads that made them.
 * Each piece has a number; where it belongs is known when those before it are.  Who brings the
 * next one writes it and what waits behind it, who comes early leaves his piece and goes on. */
#ifndef MR_OUTPUT_ORDER_H
#define MR_OUTPUT_ORDER_H

#include "host/buf.h"
#include "host/output.h"

typedef struct mr_output_order mr_output_order;

/* For an open output, which must stay as long.  NULL: no memory. */
mr_output_order *mr_output_order_new(mr_output *o);
/* Drops what waits.  No put may be under way. */
void mr_output_order_free(mr_output_order *o);
/* Takes the bytes of piece `number` (from 0, each one once), on any thread, and leaves the buffer
 * empty; it may come back with other memory, which is malloc's.  is_end: no later piece is written.
 * The first errno value of all writes so far; then nothing more is written. */
int mr_output_order_put(mr_output_order *o, uint64_t number, mr_buf *piece, bool is_end);

#endif
