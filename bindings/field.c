/* SPDX-License-Identifier: MIT
 *
 * field.c -- parses ways to fields, and goes them over the index of a record. */
#include "bindings/field.h"

typedef struct step {
  bool is_index;
  int64_t index;
  size_t at, len; /* of the name */
} step;

void mr_field_init(mr_field *f, mr_alloc *alloc) {
  mr_buf_init(&f->steps, alloc);
  mr_buf_init(&f->names, alloc);
}

void mr_field_clear(mr_field *f) {
  mr_buf_clear(&f->steps);
  mr_buf_clear(&f->names);
}

static void push_name(mr_field *f, mr_slice name) {
  step s = {false, 0, f->names.len, name.len};
  mr_buf_slice(&f->names, name);
  mr_buf_put(&f->steps, &s, sizeof s);
}

/* Behind '['; gives the place behind ']', or NULL. */
static const char *parse_bracket(mr_field *f, const char *p, const char *end) {
  if (p < end && (*p == '"' || *p == '\'')) {
    const char *stop = memchr(p + 1, *p, (size_t)(end - p - 1));
    if (!stop || stop + 1 == end || stop[1] != ']')
      return NULL;
    push_name(f, mr_slice_make(p + 1, (size_t)(stop - p - 1)));
    return stop + 2;
  }
  step s = {true, 0, 0, 0};
  bool negative = p < end && *p == '-';
  const char *digits = p += negative;
  for (; p < end && *p >= '0' && *p <= '9' && p - digits < 10; p++)
    s.index = s.index * 10 + (*p - '0');
  if (p == digits || p == end || *p != ']')
    return NULL;
  if (negative)
    s.index = -s.index;
  mr_buf_put(&f->steps, &s, sizeof s);
  return p + 1;
}

int mr_field_parse(mr_field *f, mr_slice way, size_t *bad) {
  const char *p = way.ptr, *end = p + way.len;
  mr_buf_reset(&f->steps);
  mr_buf_reset(&f->names);
  while (p < end) {
    const char *from = p;
    if (*p == '[') {
      p = parse_bracket(f, p + 1, end);
    } else {
      if (*p == '.' && p > way.ptr)
        from = ++p;
      while (p < end && *p != '.' && *p != '[' && *p != ']')
        p++;
      if (p == from || (p < end && *p == ']'))
        p = NULL;
      else
        push_name(f, mr_slice_make(from, (size_t)(p - from)));
    }
    if (!p) {
      *bad = (size_t)(from - way.ptr);
      return MR_ERR_SYNTAX;
    }
  }
  return f->steps.status < 0 || f->names.status < 0 ? MR_ERR_MEMORY : MR_OK;
}

static bool is_name(mr_slice text, mr_json_token token, mr_slice name, mr_buf *scratch) {
  if (token.link & MR_JSON_ESCAPED)
    return mr_slice_equal(mr_json_token_string(text, token, scratch), name);
  return mr_slice_equal(mr_slice_make(text.ptr + token.at + 1, token.link - 2), name);
}

static uint32_t member(mr_slice text, const mr_json_index *index, uint32_t object, mr_slice name,
                       mr_buf *scratch) {
  uint32_t found = UINT32_MAX, end = index->tokens[object].link - 1;
  for (uint32_t i = object + 1; i < end; i = mr_json_token_after(index, text, i + 1))
    if (is_name(text, index->tokens[i], name, scratch))
      found = i + 1;
  return found;
}

static uint32_t element(mr_slice text, const mr_json_index *index, uint32_t array, int64_t at) {
  uint32_t end = index->tokens[array].link - 1;
  if (at < 0)
    for (uint32_t i = array + 1; i < end; i = mr_json_token_after(index, text, i))
      at++;
  for (uint32_t i = array + 1; at >= 0 && i < end; i = mr_json_token_after(index, text, i))
    if (at-- == 0)
      return i;
  return UINT32_MAX;
}

uint32_t mr_field_find(const mr_field *f, mr_slice text, const mr_json_index *index,
                       mr_buf *scratch) {
  uint32_t at = 0;
  for (size_t i = 0; i < f->steps.len && at != UINT32_MAX; i += sizeof(step)) {
    step s;
    memcpy(&s, f->steps.ptr + i, sizeof s);
    char kind = text.ptr[index->tokens[at].at];
    if (s.is_index)
      at = kind == '[' ? element(text, index, at, s.index) : UINT32_MAX;
    else
      at = kind == '{' ? member(text, index, at, mr_slice_make(f->names.ptr + s.at, s.len), scratch)
                       : UINT32_MAX;
  }
  return at;
}

mr_slice mr_field_raw(mr_slice text, const mr_json_index *index, uint32_t token) {
  mr_json_token t = index->tokens[token];
  char c = text.ptr[t.at];
  if (c == '{' || c == '[')
    return mr_slice_make(text.ptr + t.at, index->tokens[t.link - 1].at + 1 - t.at);
  return mr_json_token_raw(text, t);
}
