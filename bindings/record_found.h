/* SPDX-License-Identifier: MIT
 *
 * record_found.h -- findings kept for later, with the bytes that they point to. */
#ifndef MR_RECORD_FOUND_H
#define MR_RECORD_FOUND_H

#include "bindings/record_rules.h"
#include "host/buf.h"

typedef struct mr_record_found {
  mr_buf items, text;
} mr_record_found;

void mr_record_found_init(mr_record_found *list, mr_alloc *alloc);
void mr_record_found_clear(mr_record_found *list);
/* Empties the list and keeps its memory. */
void mr_record_found_reset(mr_record_found *list);
void mr_record_found_keep(mr_record_found *list, const mr_record_finding *finding);
size_t mr_record_found_count(const mr_record_found *list);
/* The finding with slices of the list's own, good until it changes. */
mr_record_finding mr_record_found_at(const mr_record_found *list, size_t i);
/* MR_OK or MR_ERR_MEMORY. */
int mr_record_found_status(const mr_record_found *list);

#endif
