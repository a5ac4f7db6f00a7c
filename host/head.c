/* SPDX-License-Identifier: MIT
 *
 * head.c -- a list of header fields without a pointer in it, so that it is copied as it is.
 * A field is the lengths of its name and its value, and their bytes. */
#include "host/head.h"

void mr_head_write(char *to, mr_slice name, mr_slice value) {
  uint32_t lengths[2] = {(uint32_t)name.len, (uint32_t)value.len};
  memcpy(to, lengths, sizeof lengths);
  if (name.len)
    memcpy(to + sizeof lengths, name.ptr, name.len);
  if (value.len)
    memcpy(to + sizeof lengths + name.len, value.ptr, value.len);
}

void mr_head_put(mr_buf *head, mr_slice name, mr_slice value) {
  size_t n = mr_head_size(name, value);
  char *to = name.len <= UINT32_MAX && value.len <= UINT32_MAX ? mr_buf_reserve(head, n) : NULL;
  if (!to) {
    head->status = MR_ERR_MEMORY;
    return;
  }
  mr_head_write(to, name, value);
  char *text = to + 2 * sizeof(uint32_t);
  for (size_t i = 0; i < name.len; i++)
    text[i] = mr_ascii_lower(text[i]);
  head->len += n;
}

bool mr_head_next(mr_slice *rest, mr_pair *field) {
  uint32_t lengths[2];
  if (rest->len < sizeof lengths)
    return false;
  memcpy(lengths, rest->ptr, sizeof lengths);
  field->name = mr_slice_make(rest->ptr + sizeof lengths, lengths[0]);
  field->value = mr_slice_make(field->name.ptr + lengths[0], lengths[1]);
  size_t n = mr_head_size(field->name, field->value);
  *rest = mr_slice_make(rest->ptr + n, rest->len - n);
  return true;
}
