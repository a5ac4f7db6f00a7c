/* SPDX-License-Identifier: MIT
 *
 * json_index.c -- builds the index of a JSON text.
 * A container's opener holds its parent's number until it is closed, so no stack is needed. */
#include "bindings/json_index.h"

enum { FIRST_CAPACITY = 64 };

void mr_json_index_init(mr_json_index *index, mr_alloc *alloc) {
  memset(index, 0, sizeof *index);
  index->alloc = alloc;
}

void mr_json_index_free(mr_json_index *index) {
  mr_alloc_put(index->alloc, index->tokens, index->capacity * sizeof *index->tokens);
  index->tokens = NULL;
  index->count = index->capacity = 0;
}

static int refuse(mr_json_index *index, mr_json_fault *fault, int status, size_t offset,
                  const char *message) {
  index->count = 0;
  if (fault) {
    fault->status = status;
    fault->offset = offset;
    fault->message = message;
  }
  return status;
}

static bool grow(mr_json_index *index) {
  size_t old = index->capacity, wanted = old ? old * 2 : FIRST_CAPACITY;
  void *tokens = mr_alloc_resize(index->alloc, index->tokens, old * sizeof *index->tokens,
                                 wanted * sizeof *index->tokens);
  if (!tokens)
    return false;
  index->tokens = (mr_json_token *)tokens;
  index->capacity = (uint32_t)wanted;
  return true;
}

int mr_json_index_build(mr_json_index *index, mr_slice text, mr_json_fault *fault) {
  mr_json_reader r;
  mr_json_event event;
  uint32_t open = 0;
  bool enough = true;
  index->count = 0;
  if (text.len > MR_JSON_INDEX_MAX)
    return refuse(index, fault, MR_ERR_LIMIT, MR_JSON_INDEX_MAX, "the text is too long");
  mr_json_init(&r, text, index->alloc, index->max_depth);
  while (enough && (event = mr_json_next(&r)) > MR_JSON_END) {
    if (index->count == index->capacity && !grow(index)) {
      enough = false;
      break;
    }
    uint32_t i = index->count++;
    mr_json_token *t = &index->tokens[i];
    t->at = (uint32_t)r.start;
    t->link = (uint32_t)(r.end - r.start);
    if (event == MR_JSON_OBJECT || event == MR_JSON_ARRAY) {
      t->link = open;
      open = i;
    } else if (event == MR_JSON_OBJECT_END || event == MR_JSON_ARRAY_END) {
      t->link = open;
      open = index->tokens[open].link;
      index->tokens[t->link].link = i + 1;
    } else if (event == MR_JSON_KEY || event == MR_JSON_STRING) {
      if (r.text.len + 2 != r.end - r.start)
        t->link |= MR_JSON_ESCAPED;
    }
  }
  int status = MR_OK;
  if (!enough)
    status = refuse(index, fault, MR_ERR_MEMORY, r.start, "not enough memory");
  else if (event == MR_JSON_ERROR)
    status = refuse(index, fault, r.status, r.start, r.message);
  mr_json_clear(&r);
  return status;
}

/* ---- single tokens ---- */

mr_slice mr_json_token_string(mr_slice text, mr_json_token string, mr_buf *scratch) {
  mr_slice raw = mr_json_token_raw(text, string);
  if (!(string.link & MR_JSON_ESCAPED))
    return mr_slice_make(raw.ptr + 1, raw.len - 2);
  mr_json_reader r;
  mr_json_init(&r, raw, NULL, 0);
  mr_json_borrow(&r, scratch);
  mr_json_next(&r);
  return r.text;
}

mr_json_event mr_json_token_number(mr_slice text, mr_json_token token, int64_t *integer,
                                   double *number) {
  mr_json_reader r;
  mr_json_init(&r, mr_json_token_raw(text, token), NULL, 0);
  mr_json_event event = mr_json_next(&r);
  *integer = event == MR_JSON_INTEGER ? r.integer : 0;
  *number = r.number;
  return event;
}
