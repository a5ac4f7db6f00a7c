/* SPDX-License-Identifier: MIT
 *
 * field.h -- the way to a field of a record: messages[0].content, tags[-1], ["odd.name"].x
 * Elements count from 0, from the end with a minus, as JSON paths do.  The empty way is the
 * record itself. */
#ifndef MR_FIELD_H
#define MR_FIELD_H

#include "bindings/json_index.h"

typedef struct mr_field {
  mr_buf steps, names;
} mr_field;

void mr_field_init(mr_field *f, mr_alloc *alloc);
void mr_field_clear(mr_field *f);
/* MR_OK, MR_ERR_MEMORY, or MR_ERR_SYNTAX with the byte where it stopped in *bad. */
int mr_field_parse(mr_field *f, mr_slice way, size_t *bad);
/* Token of the field of an indexed record, of a name that repeats the last; UINT32_MAX if
 * there is none.  scratch is for names with escapes: look at its status. */
uint32_t mr_field_find(const mr_field *f, mr_slice text, const mr_json_index *index,
                       mr_buf *scratch);
/* The bytes of the value at a token. */
mr_slice mr_field_raw(mr_slice text, const mr_json_index *index, uint32_t token);

#endif
