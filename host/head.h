/* SPDX-License-Identifier: MIT
 *
 * head.h -- the header fields of a request or a reply in one piece of memory, in their order.
 * Any bytes may stand in names and values: who sends a head looks at them. */
#ifndef MR_HEAD_H
#define MR_HEAD_H

#include "host/buf.h"

/* Bytes that mr_head_write takes for a field. */
static inline size_t mr_head_size(mr_slice name, mr_slice value) {
  return 2 * sizeof(uint32_t) + name.len + value.len;
}
/* The field, where there is room for it. */
void mr_head_write(char *to, mr_slice name, mr_slice value);
/* Appends the field, its name in lower case. */
void mr_head_put(mr_buf *head, mr_slice name, mr_slice value);
/* Takes the next field off *rest (a view of a head); false at its end. */
bool mr_head_next(mr_slice *rest, mr_pair *field);

#endif
