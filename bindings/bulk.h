/* SPDX-License-Identifier: MIT
 *
 * bulk.h -- what the operations on whole files do with each line: check it, make its key, and
 * sort it, choose an output for it, or pass it over as a repetition.
 * All memory is malloc's and all state in the structs, so that a job on any thread can feed
 * them; the result depends on the bytes alone, not on how they were cut into chunks. */
#ifndef MR_BULK_H
#define MR_BULK_H

#include "bindings/field.h"
#include "bindings/hashset.h"
#include "bindings/jsonl.h"
#include "bindings/key.h"
#include "bindings/sorter.h"

/* What a key is made of. */
typedef enum mr_bulk_subject {
  MR_BULK_FIELDS, /* the values of the parts, one after the other */
  MR_BULK_BYTES,  /* the line as it stands */
  MR_BULK_CHANCE, /* a number drawn for the line's number (and source) */
  MR_BULK_NUMBERED /* its first 16 bytes, a number that an earlier sort has put there: it is
                      taken off, and the rest is not looked at */
} mr_bulk_subject;

typedef struct mr_bulk_part {
  mr_field field;
  mr_key_order order;
  bool descending;
  uint64_t found; /* records that have the field */
} mr_bulk_part;

typedef struct mr_bulk_keys {
  mr_bulk_subject subject;
  mr_bulk_part *parts; /* malloc */
  mr_bulk_part *other; /* malloc, as many, or NULL: for inputs with other fields */
  size_t count;
  size_t group;   /* parts that make a group; 0: all */
  bool is_hashed; /* the key is the 16 bytes of its hash */
  bool chance;    /* behind the parts: a number drawn from the line's bytes */
  bool alone;     /* records that lack a field have keys of their own: they equal none */
  mr_siphash_key secret;
} mr_bulk_keys;

void mr_bulk_keys_clear(mr_bulk_keys *keys);
/* Exchanges parts and other. */
void mr_bulk_keys_swap(mr_bulk_keys *keys);

typedef struct mr_bulk_fault {
  uint64_t line, column, offset;
  const char *reason; /* a constant */
  bool is_long;
  size_t text; /* bytes of the line, which follow in the buffer if lines are kept */
} mr_bulk_fault;

typedef struct mr_bulk_scan {
  mr_bulk_keys keys;
  mr_jsonl lines;
  mr_json_index index;
  mr_key_writer key;
  size_t group;      /* bytes of the key that make a group */
  bool keep_lines;   /* of faults */
  mr_buf faults;     /* of the last feed */
  uint64_t source;   /* number of the input, from 0 */
  uint64_t records;
} mr_bulk_scan;

void mr_bulk_scan_init(mr_bulk_scan *scan, size_t limit);
void mr_bulk_scan_clear(mr_bulk_scan *scan);
/* Begins the next input: lines count from 1 again. */
void mr_bulk_scan_next_input(mr_bulk_scan *scan);

/* ---- sort ---- */

typedef enum mr_bulk_column_kind {
  MR_BULK_NUMBER,
  MR_BULK_SOURCE,
  MR_BULK_FIELD
} mr_bulk_column_kind;

typedef struct mr_bulk_column {
  mr_bulk_column_kind kind;
  mr_field field;
} mr_bulk_column;

/* A control character, which no JSON text of one line holds but a tab. */
#define MR_BULK_SEPARATOR '\x1f'

typedef struct mr_bulk_sort {
  mr_bulk_scan scan;
  mr_sorter sorter;
  mr_bulk_column *columns; /* malloc; what is kept of a record: JSON texts (null for what is
                              absent) with MR_BULK_SEPARATOR between; none: the line */
  size_t count;
  bool mark;      /* an empty line between groups */
  bool numbered;  /* before what is kept: the record's number among all, 16 hex digits */
  mr_buf payload; /* of one line */
  mr_buf out;     /* of the last read */
  mr_buf group;   /* of the last item that was read */
  bool has_group;
} mr_bulk_sort;

/* An empty chunk with `last` ends the input.  MR_OK, MR_ERR_MEMORY or MR_ERR_IO. */
int mr_bulk_sort_feed(mr_bulk_sort *sort, mr_slice chunk, bool last);
/* Fills out with the next lines, about `most` bytes; none: the end. */
int mr_bulk_sort_read(mr_bulk_sort *sort, size_t most);
void mr_bulk_sort_clear(mr_bulk_sort *sort);

/* ---- route ---- */

typedef struct mr_bulk_route {
  mr_bulk_scan scan;
  double *bounds; /* malloc; of output i: shares up to and with it; NULL: drops repetitions */
  size_t count;   /* outputs; 2 if repetitions are dropped: first seen, and what `seen` had no
                     room to judge */
  mr_buf *outs;   /* malloc; of the last feed */
  uint64_t *written;
  uint64_t dropped;
  mr_hashset seen;
} mr_bulk_route;

int mr_bulk_route_feed(mr_bulk_route *route, mr_slice chunk, bool last);
void mr_bulk_route_clear(mr_bulk_route *route);

#endif
