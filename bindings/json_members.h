/* SPDX-License-Identifier: MIT
 *
 * json_members.h -- members of an object that wait until their keys are sorted.
 * Filled field by field and read soon after: two fields that became one load of sixteen bytes
 * would wait for both stores, so the key and its length stand apart. */
#ifndef MR_JSON_MEMBERS_H
#define MR_JSON_MEMBERS_H

#include <stdlib.h>

#include "bindings/text.h"

typedef struct mr_json_member {
  const char *key;
  int at;         /* where the writer finds the value */
  uint32_t order; /* of the i-th member: number of the one that is written i-th */
  size_t len;     /* of the key */
} mr_json_member;

static inline int mr_json_compare_members(const void *a, const void *b) {
  const mr_json_member *x = a, *y = b;
  if (x->len > 0 && y->len > 0 && *x->key != *y->key)
    return (unsigned char)*x->key - (unsigned char)*y->key;
  return mr_slice_compare(mr_slice_make(x->key, x->len), mr_slice_make(y->key, y->len));
}

/* By the bytes of the keys.  Few members stay where they are, and only their numbers move. */
static inline void mr_json_sort_members(mr_json_member *list, uint32_t n) {
  enum { FEW = 16 };
  if (n > FEW) {
    qsort(list, n, sizeof *list, mr_json_compare_members);
    for (uint32_t i = 0; i < n; i++)
      list[i].order = i;
    return;
  }
  for (uint32_t i = 1; i < n; i++) {
    uint32_t at = i;
    for (; at > 0; at--) {
      uint32_t before = list[at - 1].order;
      if (mr_json_compare_members(&list[i], &list[before]) >= 0)
        break;
      list[at].order = before;
    }
    list[at].order = i;
  }
}

#endif
