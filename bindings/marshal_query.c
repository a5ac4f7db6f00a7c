/* SPDX-License-Identifier: MIT
 *
 * marshal_query.c -- requests of the query protocol: a form as the body.
 * Every scalar is one pair, named by its way through the parameters with dots between:
 * "Tags.member.2.Key".  What the cursor is at has its name in m->scratch2. */
#include "bindings/marshal.h"
#include "bindings/text.h"
#include "bindings/uri.h"

static bool put(mr_marshal *m, const mr_shape *shape, const mr_member *member);

static void put_pair(mr_marshal *m, mr_slice name, mr_slice value) {
  if (m->body.len)
    mr_buf_putc(&m->body, '&');
  mr_uri_encode(&m->body, name, false);
  mr_buf_putc(&m->body, '=');
  mr_uri_encode(&m->body, value, false);
}

static void push(mr_marshal *m, mr_slice part) {
  if (m->scratch2.len)
    mr_buf_putc(&m->scratch2, '.');
  mr_buf_slice(&m->scratch2, part);
}

static void push_index(mr_marshal *m, size_t i) {
  mr_buf_putc(&m->scratch2, '.');
  mr_text_integer(&m->scratch2, (int64_t)i + 1);
}

static bool is_flat(const mr_shape *shape, const mr_member *member) {
  return (shape->flags & MR_SHAPE_FLAT) || (member && (member->flags & MR_FLAT));
}

static bool put_members(mr_marshal *m, const mr_shape *shape) {
  size_t before = m->scratch2.len;
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *member = &m->models->members[shape->first + i];
    if (!m->source->enter(m->source, mr_text(m->models, member->name)))
      continue;
    push(m, mr_text(m->models, member->wire));
    bool ok = put(m, mr_shape_at(m->models, member->shape), member);
    m->source->leave(m->source);
    m->scratch2.len = before;
    if (!ok)
      return false;
  }
  return true;
}

static bool put_list(mr_marshal *m, const mr_shape *shape, const mr_member *member) {
  size_t n = m->source->length(m->source);
  if (!n) {
    put_pair(m, mr_marshal_view(m, &m->scratch2), mr_slice_of(""));
    return true;
  }
  if (!is_flat(shape, member))
    push(m, shape->wire ? mr_text(m->models, shape->wire) : mr_slice_of("member"));
  size_t before = m->scratch2.len;
  for (size_t i = 0; i < n; i++) {
    m->source->enter_item(m->source, i);
    push_index(m, i);
    bool ok = put(m, mr_shape_at(m->models, shape->element), NULL);
    m->source->leave(m->source);
    m->scratch2.len = before;
    if (!ok)
      return false;
  }
  return true;
}

static bool put_map(mr_marshal *m, const mr_shape *shape, const mr_member *member) {
  bool all_text = true, ok = true;
  size_t n = m->source->open_keys(m->source, &all_text);
  if (!is_flat(shape, member))
    push(m, mr_slice_of("entry"));
  size_t before = m->scratch2.len;
  for (size_t i = 0; i < n && ok; i++) {
    push_index(m, i);
    size_t entry = m->scratch2.len;
    m->source->enter_key(m->source, i);
    push(m, shape->key_wire ? mr_text(m->models, shape->key_wire) : mr_slice_of("key"));
    put_pair(m, mr_marshal_view(m, &m->scratch2), m->source->key(m->source, i));
    m->scratch2.len = entry;
    push(m, shape->wire ? mr_text(m->models, shape->wire) : mr_slice_of("value"));
    ok = put(m, mr_shape_at(m->models, shape->element), NULL);
    m->source->leave(m->source);
    m->scratch2.len = before;
  }
  m->source->close_keys(m->source);
  if (ok && !all_text)
    return mr_marshal_fail(m, MR_ERR_ARG, mr_marshal_view(m, &m->scratch2),
                           "the keys of a map must be strings");
  return ok;
}

static bool put_shaped(mr_marshal *m, const mr_shape *shape, const mr_member *member) {
  mr_value value;
  m->source->get(m->source, &value);
  if (value.type == MR_VALUE_NONE)
    return true;
  if (shape->kind == MR_DOCUMENT)
    return mr_marshal_fail(m, MR_ERR_ARG, mr_marshal_view(m, &m->scratch2),
                           "a document cannot travel in a form");
  if (shape->kind >= MR_STRUCTURE && shape->kind <= MR_MAP && value.type != MR_VALUE_TREE)
    return mr_marshal_fail(m, MR_ERR_ARG, mr_marshal_view(m, &m->scratch2), "expected a table");
  switch (shape->kind) {
  case MR_STRUCTURE:
  case MR_UNION:
    return put_members(m, shape);
  case MR_LIST:
    return put_list(m, shape, member);
  case MR_MAP:
    return put_map(m, shape, member);
  default:
    mr_buf_reset(&m->scratch);
    if (!mr_marshal_text(m, &m->scratch, shape, member, &value, MR_FORMAT_ISO8601))
      return false;
    put_pair(m, mr_marshal_view(m, &m->scratch2), mr_marshal_view(m, &m->scratch));
    return true;
  }
}

static bool put(mr_marshal *m, const mr_shape *shape, const mr_member *member) {
  if (m->depth >= MR_DEPTH_MAX)
    return mr_marshal_fail(m, MR_ERR_LIMIT, mr_marshal_view(m, &m->scratch2), "nested too deeply");
  m->depth++;
  bool ok = put_shaped(m, shape, member);
  m->depth--;
  return ok;
}

bool mr_marshal_query_body(mr_marshal *m, const mr_operation *op, const mr_shape *input) {
  mr_head_put(&m->headers, mr_slice_of("content-type"),
              mr_slice_of("application/x-www-form-urlencoded"));
  m->has_body = true;
  put_pair(m, mr_slice_of("Action"), mr_text(m->models, op->name));
  put_pair(m, mr_slice_of("Version"), mr_text(m->models, m->service->version));
  mr_buf_reset(&m->scratch2);
  return !input || put_members(m, input);
}
