/* SPDX-License-Identifier: MIT
 *
 * lazy.c -- finds values in a document: members by the bytes of their keys, elements by
 * walking.  A container without edits is read from its tokens, one with edits from its list;
 * a document nobody has edited never pays for the difference. */
#include "bindings/lazy.h"

void mr_lazy_init(mr_lazy *d, mr_slice text, const mr_json_token *tokens, void *spare,
                  size_t left) {
  memset(d, 0, sizeof *d);
  d->base.text = text;
  d->base.tokens = tokens;
  d->spare = spare;
  d->left = left;
}

uint32_t mr_lazy_find(const mr_lazy_text *in, uint32_t token) {
  uint32_t low = 0, high = in->opened_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (in->opened[middle]->token < token)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* A key with escapes, which are rare. */
static bool is_escaped_key(mr_slice raw, mr_slice key) {
  mr_json_token whole = {0, (uint32_t)raw.len | MR_JSON_ESCAPED};
  if (raw.len < key.len + 2) /* escapes never make a text shorter */
    return false;
  mr_buf scratch;
  mr_buf_init(&scratch, NULL);
  bool same =
      mr_slice_equal(mr_json_token_string(raw, whole, &scratch), key) && scratch.status == MR_OK;
  mr_buf_clear(&scratch);
  return same;
}

static inline bool is_key(const mr_lazy_text *in, uint32_t token, mr_slice key) {
  mr_json_token t = in->tokens[token];
  if (t.link == key.len + 2 && !(t.link & MR_JSON_ESCAPED)) /* set, it is no length */
    return memcmp(in->text.ptr + t.at + 1, key.ptr, key.len) == 0;
  return t.link & MR_JSON_ESCAPED && is_escaped_key(mr_json_token_raw(in->text, t), key);
}

bool mr_lazy_is_key(mr_lazy_ref string, mr_slice key) {
  return is_key(string.in, string.token, key);
}

mr_lazy_ref mr_lazy_member(mr_lazy_ref object, mr_slice key) {
  mr_lazy_text *in = object.in;
  mr_lazy_ref found = {NULL, 0};
  const mr_lazy_list *list = mr_lazy_opened(object);
  if (list) {
    for (uint32_t i = 0; i < list->count; i++)
      if (list->entries[i].value.in && mr_lazy_is_key(list->entries[i].key, key))
        found = list->entries[i].value;
    return found;
  }
  uint32_t end = in->tokens[object.token].link - 1;
  for (uint32_t i = object.token + 1; i < end; i = mr_lazy_after(in, i + 1))
    if (is_key(in, i, key))
      found = (mr_lazy_ref){in, i + 1};
  return found;
}

bool mr_lazy_next(mr_lazy_ref container, mr_lazy_cursor *c, mr_lazy_ref *key, mr_lazy_ref *value) {
  mr_lazy_text *in = container.in;
  bool is_object = mr_lazy_kind(container) == '{';
  const mr_lazy_list *list = mr_lazy_opened(container);
  if (list) {
    while (c->place < list->count && !list->entries[c->place].value.in)
      c->place++;
    if (c->place >= list->count)
      return false;
    *key = list->entries[c->place].key;
    *value = list->entries[c->place++].value;
    return true;
  }
  uint32_t at = c->place == 0 ? container.token + 1 : c->token;
  if (at >= in->tokens[container.token].link - 1)
    return false;
  *key = (mr_lazy_ref){is_object ? in : NULL, at};
  *value = (mr_lazy_ref){in, at + is_object};
  c->token = mr_lazy_after(in, at + is_object);
  c->place++;
  return true;
}

/* What a string token says, in memory of the buffer if it must be unescaped. */
static mr_slice string_of(mr_lazy_ref s, mr_buf *scratch) {
  return mr_json_token_string(s.in->text, mr_lazy_token(s), scratch);
}

bool mr_lazy_hidden(mr_lazy_ref object, mr_lazy_cursor c, mr_lazy_ref key) {
  mr_lazy_ref other, value;
  mr_buf scratch;
  bool found = false;
  mr_buf_init(&scratch, NULL);
  mr_slice name = string_of(key, &scratch);
  while (!found && mr_lazy_next(object, &c, &other, &value))
    found = mr_lazy_is_key(other, name);
  mr_buf_clear(&scratch);
  return found;
}

mr_lazy_ref mr_lazy_element(mr_lazy_ref array, uint32_t index, mr_lazy_cursor *c) {
  mr_lazy_text *in = array.in;
  const mr_lazy_list *list = mr_lazy_opened(array);
  if (list)
    return index < list->count ? list->entries[index].value : (mr_lazy_ref){NULL, 0};
  if (c->place == 0 || c->place > index)
    *c = (mr_lazy_cursor){0, array.token + 1};
  uint32_t end = in->tokens[array.token].link - 1;
  while (c->place < index && c->token < end) {
    c->token = mr_lazy_after(in, c->token);
    c->place++;
  }
  return c->token < end ? (mr_lazy_ref){in, c->token} : (mr_lazy_ref){NULL, 0};
}

uint32_t mr_lazy_count(mr_lazy_ref container) {
  mr_lazy_cursor c = {0, 0};
  mr_lazy_ref key, value;
  uint32_t n = 0;
  const mr_lazy_list *list = mr_lazy_opened(container);
  if (list && mr_lazy_kind(container) == '[')
    return list->count; /* arrays have no removed elements: their last one goes for good */
  while (mr_lazy_next(container, &c, &key, &value))
    n++;
  return n;
}
