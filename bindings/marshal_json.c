/* SPDX-License-Identifier: MIT
 *
 * marshal_json.c -- values as JSON.
 * Members go out in the order of the model and keys of maps sorted, so the same values give
 * the same bytes. */
#include <math.h>

#include "bindings/json.h"
#include "bindings/marshal.h"
#include "bindings/text.h"

static bool put(mr_marshal *m, mr_json_writer *w, const mr_shape *shape, const mr_member *member);

static bool put_members(mr_marshal *m, mr_json_writer *w, const mr_shape *shape, bool body_only) {
  mr_json_open_object(w);
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *member = &m->models->members[shape->first + i];
    if (body_only && member->location != MR_AT_BODY)
      continue;
    if (!m->source->enter(m->source, mr_text(m->models, member->name)))
      continue;
    mr_json_put_key(w, mr_text(m->models, member->wire));
    bool ok = put(m, w, mr_shape_at(m->models, member->shape), member);
    m->source->leave(m->source);
    if (!ok)
      return false;
  }
  mr_json_close_object(w);
  return true;
}

/* NULL shape: a document, written as it is. */
static bool put_items(mr_marshal *m, mr_json_writer *w, const mr_shape *element) {
  size_t n = m->source->length(m->source);
  mr_json_open_array(w);
  for (size_t i = 0; i < n; i++) {
    m->source->enter_item(m->source, i);
    bool ok = put(m, w, element, NULL);
    m->source->leave(m->source);
    if (!ok)
      return false;
  }
  mr_json_close_array(w);
  return true;
}

static bool put_entries(mr_marshal *m, mr_json_writer *w, const mr_shape *element, bool sparse) {
  bool all_text = true, ok = true;
  size_t n = m->source->open_keys(m->source, &all_text);
  mr_json_open_object(w);
  for (size_t i = 0; i < n && ok; i++) {
    mr_value value;
    m->source->enter_key(m->source, i);
    m->source->get(m->source, &value);
    if (value.type != MR_VALUE_NONE || sparse || !element) {
      mr_json_put_key(w, m->source->key(m->source, i));
      ok = put(m, w, element, NULL);
    }
    m->source->leave(m->source);
  }
  m->source->close_keys(m->source);
  mr_json_close_object(w);
  if (ok && !all_text)
    return mr_marshal_fail(m, MR_ERR_ARG, mr_slice_of(""), "the keys of a map must be strings");
  return ok;
}

static bool put_free(mr_marshal *m, mr_json_writer *w, const mr_value *value) {
  switch (value->type) {
  case MR_VALUE_NONE:
    mr_json_put_null(w);
    return true;
  case MR_VALUE_BOOL:
    mr_json_put_bool(w, value->boolean);
    return true;
  case MR_VALUE_INT:
    mr_json_put_integer(w, value->integer);
    return true;
  case MR_VALUE_FLOAT:
    mr_json_put_double(w, value->number);
    return true;
  case MR_VALUE_TEXT:
    mr_json_put_string(w, value->text);
    return true;
  case MR_VALUE_TREE:
    return m->source->is_list(m->source) ? put_items(m, w, NULL) : put_entries(m, w, NULL, true);
  default:
    return mr_marshal_fail(m, MR_ERR_ARG, mr_slice_of(""), "a value that JSON does not have");
  }
}

static bool put_value(mr_marshal *m, mr_json_writer *w, const mr_shape *shape,
                      const mr_member *member) {
  mr_value value;
  m->source->get(m->source, &value);
  if (!shape || shape->kind == MR_DOCUMENT)
    return put_free(m, w, &value);
  if (value.type == MR_VALUE_NONE) {
    mr_json_put_null(w);
    return true;
  }
  switch (shape->kind) {
  case MR_STRUCTURE:
  case MR_UNION:
  case MR_LIST:
  case MR_MAP: {
    if (value.type != MR_VALUE_TREE)
      return mr_marshal_fail(m, MR_ERR_ARG, mr_text(m->models, member ? member->name : shape->name),
                             "expected a table");
    const mr_shape *element = mr_shape_at(m->models, shape->element);
    if (shape->kind == MR_LIST)
      return put_items(m, w, element);
    if (shape->kind == MR_MAP)
      return put_entries(m, w, element, (shape->flags & MR_SHAPE_SPARSE) != 0);
    return put_members(m, w, shape, false);
  }
  case MR_BOOLEAN:
    if (value.type != MR_VALUE_BOOL)
      break;
    mr_json_put_bool(w, value.boolean);
    return true;
  case MR_FLOAT:
  case MR_DOUBLE:
    if (value.type == MR_VALUE_INT) {
      mr_json_put_integer(w, value.integer);
      return true;
    }
    if (value.type == MR_VALUE_FLOAT && isfinite(value.number)) {
      mr_json_put_double(w, value.number);
      return true;
    }
    break; /* NaN and Infinity are strings */
  default:
    break;
  }
  mr_buf_reset(&m->scratch);
  if (!mr_marshal_text(m, &m->scratch, shape, member, &value, MR_FORMAT_UNIX))
    return false;
  bool bare = shape->kind == MR_INTEGER || shape->kind == MR_LONG ||
              (shape->kind == MR_TIMESTAMP &&
               mr_time_format_of(shape, member, MR_FORMAT_UNIX) == MR_FORMAT_UNIX);
  if (bare)
    mr_json_put_raw(w, mr_marshal_view(m, &m->scratch));
  else
    mr_json_put_string(w, mr_marshal_view(m, &m->scratch));
  return true;
}

static bool put(mr_marshal *m, mr_json_writer *w, const mr_shape *shape, const mr_member *member) {
  if (m->depth >= MR_DEPTH_MAX)
    return mr_marshal_fail(m, MR_ERR_LIMIT, mr_slice_of(""), "nested too deeply");
  m->depth++;
  bool ok = put_value(m, w, shape, member);
  m->depth--;
  return ok;
}

static bool finish(mr_marshal *m, const mr_json_writer *w, bool ok) {
  if (ok && mr_json_writer_end(w) != MR_OK)
    return mr_marshal_fail(m, w->status == MR_ERR_ARG ? MR_ERR_ARG : MR_ERR_MEMORY, mr_slice_of(""),
                           "JSON can hold neither text that is no UTF-8 nor NaN");
  return ok;
}

bool mr_marshal_json(mr_marshal *m, const mr_shape *shape) {
  mr_json_writer w;
  mr_json_writer_init(&w, &m->body, 0, false);
  return finish(m, &w, put(m, &w, shape, NULL));
}

bool mr_marshal_json_body(mr_marshal *m, const mr_shape *shape) {
  mr_json_writer w;
  mr_json_writer_init(&w, &m->body, 0, false);
  return finish(m, &w, put_members(m, &w, shape, true));
}

bool mr_marshal_document(mr_marshal *m, mr_buf *out) {
  mr_json_writer w;
  mr_json_writer_init(&w, out, 0, false);
  return finish(m, &w, put(m, &w, NULL, NULL));
}
