/* SPDX-License-Identifier: MIT
 *
 * output_order.c -- pieces in their order, by a list of those that came too early.
 * The lock is not held while bytes are written: only one thread has the next number. */
#define _POSIX_C_SOURCE 200809L
#include "host/output_order.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { MOST_KEPT = 4 << 20 }; /* bytes of a buffer that is used again */

typedef struct early {
  struct early *next;
  uint64_t number;
  mr_buf piece;
  bool is_end;
} early;

struct mr_output_order {
  mr_output *output;
  pthread_mutex_t lock; /* guards everything below */
  uint64_t next;        /* number of the piece that is to be written */
  int64_t offset;       /* where it belongs */
  early *waiting, *spare;
  int error;
  bool ended;
};

mr_output_order *mr_output_order_new(mr_output *output) {
  mr_output_order *o = calloc(1, sizeof *o);
  if (!o)
    return NULL;
  o->output = output;
  pthread_mutex_init(&o->lock, NULL);
  return o;
}

static void free_list(early *e) {
  while (e) {
    early *next = e->next;
    mr_buf_clear(&e->piece);
    free(e);
    e = next;
  }
}

void mr_output_order_free(mr_output_order *o) {
  if (!o)
    return;
  free_list(o->waiting);
  free_list(o->spare);
  pthread_mutex_destroy(&o->lock);
  free(o);
}

/* Leaves the piece, in exchange for a buffer that was used before. */
static void leave(mr_output_order *o, uint64_t number, mr_buf *piece, bool is_end) {
  early *e = o->spare;
  if (e)
    o->spare = e->next;
  else if ((e = calloc(1, sizeof *e)) == NULL) {
    o->error = o->error ? o->error : ENOMEM;
    return;
  } else
    mr_buf_init(&e->piece, NULL);
  mr_buf other = e->piece;
  *e = (early){o->waiting, number, *piece, is_end};
  *piece = other;
  o->waiting = e;
}

/* The piece that is to be written, if it waits. */
static early *take_next(mr_output_order *o) {
  for (early **at = &o->waiting; *at; at = &(*at)->next) {
    early *e = *at;
    if (e->number == o->next) {
      *at = e->next;
      return e;
    }
  }
  return NULL;
}

/* Unlocks while it writes. */
static void write_piece(mr_output_order *o, mr_buf *piece, bool is_end) {
  bool wanted = !o->error && !o->ended && piece->len > 0;
  int64_t offset = o->offset;
  pthread_mutex_unlock(&o->lock);
  int error = piece->status < 0 ? ENOMEM
              : wanted          ? mr_output_write(o->output, piece->ptr, piece->len, offset)
                                : 0;
  pthread_mutex_lock(&o->lock);
  o->error = o->error ? o->error : error;
  o->ended |= is_end;
  o->offset += (int64_t)piece->len;
  o->next++;
  if (piece->cap > MOST_KEPT)
    mr_buf_clear(piece);
  else
    mr_buf_reset(piece);
}

int mr_output_order_put(mr_output_order *o, uint64_t number, mr_buf *piece, bool is_end) {
  pthread_mutex_lock(&o->lock);
  if (number != o->next) {
    leave(o, number, piece, is_end);
  } else {
    early *e;
    write_piece(o, piece, is_end);
    while ((e = take_next(o)) != NULL) {
      write_piece(o, &e->piece, e->is_end);
      e->next = o->spare;
      o->spare = e;
    }
  }
  int error = o->error;
  pthread_mutex_unlock(&o->lock);
  return error;
}
