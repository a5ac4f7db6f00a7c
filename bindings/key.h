/* SPDX-License-Identifier: MIT
 *
 * key.h -- JSON values as bytes whose order (memcmp) is that of the values.
 * Equal bytes mean equal values: 1, 1.0 and 10e-1 are one key, an escape is the character that
 * it stands for, members of objects have no order, of those that repeat the last counts.
 * Numbers are compared as they are written, digit by digit, whatever their length.  Order of
 * kinds: absent, null, false, true, numbers, strings (by code point), arrays, objects. */
#ifndef MR_KEY_H
#define MR_KEY_H

#include "bindings/json_index.h"

typedef enum mr_key_order {
  MR_KEY_VALUE,
  MR_KEY_NUMBER,  /* a string that spells a JSON number counts as that */
  MR_KEY_TEXT,    /* a scalar other than null counts as the text that it is written with */
  MR_KEY_NATURAL, /* digits within strings count as numbers: "file9" before "file10" */
  MR_KEY_FOLDED   /* strings without regard to case and to the amount of white space */
} mr_key_order;

typedef struct mr_key_writer {
  mr_buf out;                    /* append keys here; look at out.status and scratch.status */
  mr_buf scratch, spots, sorted; /* for one value */
} mr_key_writer;

void mr_key_init(mr_key_writer *w, mr_alloc *alloc);
void mr_key_clear(mr_key_writer *w);
/* Empties it; MR_ERR_MEMORY if it had failed. */
int mr_key_reset(mr_key_writer *w);
int mr_key_status(const mr_key_writer *w);
/* Appends the key of the value at a token (UINT32_MAX: absent).  No key is the beginning of
 * another, so that keys can follow each other. */
void mr_key_put(mr_key_writer *w, mr_slice text, const mr_json_index *index, uint32_t token,
                mr_key_order order, bool descending);

#endif
