/* SPDX-License-Identifier: MIT
 *
 * lazy_edit.c -- edits of a document.
 * The first edit of a container lists its values; after that the list is the container.  Each
 * function takes all the memory it needs before it changes anything. */
#include "bindings/lazy.h"

#define PIECE 1024

static size_t rounded(size_t n) {
  return (n + 15) & ~(size_t)15;
}

int mr_lazy_reserve(mr_lazy *d, size_t n) {
  if (n > d->left) {
    size_t size = n > PIECE ? n : PIECE;
    char *piece = d->more ? d->more(d->ud, size) : NULL;
    if (!piece)
      return MR_ERR_MEMORY;
    d->spare = piece;
    d->left = size;
  }
  return MR_OK;
}

/* Of what was reserved. */
static void *take(mr_lazy *d, size_t n) {
  void *p = d->spare;
  d->spare += rounded(n);
  d->left -= rounded(n);
  return p;
}

size_t mr_lazy_room(size_t bytes, uint32_t count) {
  return rounded(sizeof(mr_lazy_text) + count * sizeof(mr_json_token) + bytes);
}

int mr_lazy_add(mr_lazy *d, mr_slice json, const mr_json_token *tokens, uint32_t count,
                mr_lazy_ref *out) {
  if (mr_lazy_reserve(d, mr_lazy_room(json.len, count)) < 0)
    return MR_ERR_MEMORY;
  mr_lazy_text *text = take(d, sizeof *text + count * sizeof *tokens + json.len);
  mr_json_token *copy = (mr_json_token *)(void *)(text + 1);
  char *bytes = (char *)(copy + count);
  memset(text, 0, sizeof *text);
  memcpy(copy, tokens, count * sizeof *tokens);
  memcpy(bytes, json.ptr, json.len);
  text->text = mr_slice_make(bytes, json.len);
  text->tokens = copy;
  *out = (mr_lazy_ref){text, 0};
  return MR_OK;
}

/* Bytes that open_list is going to take. */
static size_t need(mr_lazy_ref container) {
  const mr_lazy_text *in = container.in;
  const mr_lazy_list *list = mr_lazy_opened(container);
  if (list)
    return list->count < list->cap ? 0 : rounded(2 * (size_t)list->cap * sizeof(mr_lazy_entry));
  size_t bytes = rounded(sizeof *list) +
                 rounded(((size_t)mr_lazy_count(container) + 2) * sizeof(mr_lazy_entry));
  if (in->opened_count == in->opened_cap)
    bytes += rounded((in->opened_cap ? 2 * (size_t)in->opened_cap : 4) * sizeof list);
  return bytes;
}

/* The list of a container with room for one more entry, made if it has none. */
static mr_lazy_list *open_list(mr_lazy *d, mr_lazy_ref container) {
  mr_lazy_text *in = container.in;
  size_t bytes;
  while ((bytes = need(container)) > d->left) /* whoever gives memory may edit meanwhile */
    if (mr_lazy_reserve(d, bytes) < 0)
      return NULL;
  mr_lazy_list *list = mr_lazy_opened(container);
  if (list && bytes) {
    mr_lazy_entry *grown = take(d, 2 * (size_t)list->cap * sizeof *grown);
    memcpy(grown, list->entries, list->count * sizeof *grown);
    list->entries = grown;
    list->cap *= 2;
  }
  if (list)
    return list;
  uint32_t n = mr_lazy_count(container), at = mr_lazy_find(in, container.token);
  list = take(d, sizeof *list);
  *list = (mr_lazy_list){container.token, n, n + 2, take(d, (n + 2) * sizeof(mr_lazy_entry))};
  mr_lazy_cursor c = {0, 0};
  for (uint32_t i = 0; i < n; i++) {
    mr_lazy_entry *e = &list->entries[i];
    mr_lazy_next(container, &c, &e->key, &e->value);
    e->original = e->key.in ? e->key.token : e->value.token;
  }
  if (in->opened_count == in->opened_cap) {
    in->opened_cap = in->opened_cap ? 2 * in->opened_cap : 4;
    mr_lazy_list **grown = take(d, in->opened_cap * sizeof *grown);
    if (in->opened_count)
      memcpy(grown, in->opened, in->opened_count * sizeof *grown);
    in->opened = grown;
  }
  memmove(in->opened + at + 1, in->opened + at, (in->opened_count - at) * sizeof *in->opened);
  in->opened[at] = list;
  in->opened_count++;
  return list;
}

static void append(mr_lazy_list *list, mr_lazy_ref key, mr_lazy_ref value) {
  list->entries[list->count++] = (mr_lazy_entry){key, value, MR_LAZY_NEW};
}

int mr_lazy_set_member(mr_lazy *d, mr_lazy_ref object, mr_slice name, mr_lazy_ref key,
                       mr_lazy_ref value) {
  mr_lazy_list *list = open_list(d, object);
  if (!list)
    return MR_ERR_MEMORY;
  for (uint32_t i = list->count; i-- > 0;) {
    mr_lazy_entry *e = &list->entries[i];
    if (e->value.in && mr_lazy_is_key(e->key, name)) {
      e->value = value;
      return MR_OK;
    }
  }
  append(list, key, value);
  return MR_OK;
}

int mr_lazy_remove_member(mr_lazy *d, mr_lazy_ref object, mr_slice name) {
  if (!mr_lazy_member(object, name).in)
    return MR_OK;
  mr_lazy_list *list = open_list(d, object);
  if (!list)
    return MR_ERR_MEMORY;
  for (uint32_t i = 0; i < list->count; i++)
    if (list->entries[i].value.in && mr_lazy_is_key(list->entries[i].key, name))
      list->entries[i].value.in = NULL; /* the place stays, for those who walk */
  return MR_OK;
}

int mr_lazy_set_element(mr_lazy *d, mr_lazy_ref array, uint32_t index, mr_lazy_ref value) {
  mr_lazy_list *list = open_list(d, array);
  if (!list)
    return MR_ERR_MEMORY;
  if (index >= list->count)
    append(list, (mr_lazy_ref){NULL, 0}, value);
  else
    list->entries[index].value = value;
  return MR_OK;
}

int mr_lazy_remove_last(mr_lazy *d, mr_lazy_ref array) {
  mr_lazy_list *list = open_list(d, array);
  if (!list)
    return MR_ERR_MEMORY;
  if (list->count > 0)
    list->count--;
  return MR_OK;
}
