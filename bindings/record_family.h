/* SPDX-License-Identifier: MIT
 *
 * record_family.h -- holds one parsed record to the rules of its family.
 * What concerns lines and the whole file is record.c's. */
#ifndef MR_RECORD_FAMILY_H
#define MR_RECORD_FAMILY_H

#include "bindings/record_check.h"

/* Which family a record looks like; MR_RECORD_AUTO if like none. */
mr_record_family mr_record_family_guess(mr_record_json *j);
/* Checks the record in c->json and fills c->sums; MR_OK or MR_ERR_MEMORY. */
int mr_record_family_check(mr_record_check *c);

#endif
