/* SPDX-License-Identifier: MIT
 *
 * record_found.c -- a list of findings whose texts stand one behind the other. */
#include "bindings/record_found.h"

typedef struct item {
  mr_record_finding finding; /* of its slices only the lengths count */
  size_t at;                 /* of its path in `text`; message and suggestion follow */
} item;

void mr_record_found_init(mr_record_found *list, mr_alloc *alloc) {
  mr_buf_init(&list->items, alloc);
  mr_buf_init(&list->text, alloc);
}

void mr_record_found_clear(mr_record_found *list) {
  mr_buf_clear(&list->items);
  mr_buf_clear(&list->text);
}

void mr_record_found_reset(mr_record_found *list) {
  mr_buf_reset(&list->items);
  mr_buf_reset(&list->text);
}

void mr_record_found_keep(mr_record_found *list, const mr_record_finding *finding) {
  item i = {*finding, list->text.len};
  mr_buf_slice(&list->text, finding->path);
  mr_buf_slice(&list->text, finding->message);
  mr_buf_slice(&list->text, finding->suggestion);
  mr_buf_put(&list->items, &i, sizeof i);
}

size_t mr_record_found_count(const mr_record_found *list) {
  return list->items.len / sizeof(item);
}

mr_record_finding mr_record_found_at(const mr_record_found *list, size_t i) {
  const item *kept = (const item *)(const void *)list->items.ptr + i;
  const char *at = mr_buf_view(&list->text).ptr + kept->at;
  mr_record_finding f = kept->finding;
  f.path.ptr = at;
  f.message.ptr = at + f.path.len;
  f.suggestion.ptr = f.message.ptr + f.message.len;
  return f;
}

int mr_record_found_status(const mr_record_found *list) {
  return list->items.status != MR_OK ? list->items.status : list->text.status;
}
