/* SPDX-License-Identifier: MIT
 *
 * record_batch.h -- input of batch inference: {"recordId"?, "modelInput"}.
 * The service looks at modelInput only when the job runs, so what is found here saves a run. */
#ifndef MR_RECORD_BATCH_H
#define MR_RECORD_BATCH_H

#include "bindings/record_check.h"

/* Checks the record in c->json. */
void mr_record_batch_check(mr_record_check *c);

#endif
