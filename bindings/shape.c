/* SPDX-License-Identifier: MIT
 *
 * shape.c -- looking things up in the compiled models.
 * Operations and shapes are sorted by name and searched by halves; members keep the order of
 * the model, which XML needs, and are few. */
#include "bindings/shape.h"

#include "bindings/text.h"

const mr_service *mr_service_find(const mr_models *m, mr_slice name) {
  for (uint32_t i = 0; i < m->service_count; i++)
    if (mr_slice_equal(mr_text(m, m->services[i].name), name))
      return &m->services[i];
  return NULL;
}

const mr_operation *mr_operation_find(const mr_models *m, const mr_service *s, mr_slice name) {
  const mr_operation *list = m->operations + s->operations.first;
  uint32_t low = 0, high = s->operations.count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = mr_slice_compare(name, mr_text(m, list[middle].name));
    if (order == 0)
      return &list[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  for (uint32_t i = 0; i < s->operations.count; i++)
    if (mr_slice_equal(mr_text(m, list[i].method), name))
      return &list[i];
  return NULL;
}

bool mr_operation_is_duplex(const mr_models *m, const mr_operation *op) {
  const mr_member *in = mr_member_at(m, op->stream_in);
  return in && (mr_shape_at(m, in->shape)->flags & MR_SHAPE_EVENTS);
}

const mr_shape *mr_operation_events(const mr_models *m, const mr_operation *op) {
  const mr_member *out = mr_member_at(m, op->stream_out);
  const mr_shape *shape = out ? mr_shape_at(m, out->shape) : NULL;
  return shape && (shape->flags & MR_SHAPE_EVENTS) ? shape : NULL;
}

const mr_member *mr_event_payload(const mr_models *models, const mr_shape *shape) {
  for (uint32_t i = 0; i < shape->count; i++)
    if (models->members[shape->first + i].flags & MR_EVENT_PAYLOAD)
      return &models->members[shape->first + i];
  return NULL;
}

const mr_shape *mr_shape_find(const mr_models *m, const mr_service *s, mr_slice name) {
  const mr_shape *list = m->shapes + s->shapes.first;
  uint32_t low = 0, high = s->shapes.count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = mr_slice_compare(name, mr_text(m, list[middle].name));
    if (order == 0)
      return &list[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

static bool has_members(const mr_shape *shape) {
  return shape->kind == MR_STRUCTURE || shape->kind == MR_UNION;
}

const mr_member *mr_member_find(const mr_models *m, const mr_shape *structure, mr_slice name) {
  if (!has_members(structure))
    return NULL;
  const mr_member *list = m->members + structure->first;
  for (uint32_t i = 0; i < structure->count; i++)
    if (mr_slice_equal(mr_text(m, list[i].name), name))
      return &list[i];
  return NULL;
}

const mr_member *mr_member_by_wire(const mr_models *m, const mr_shape *structure, mr_slice wire) {
  if (!has_members(structure))
    return NULL;
  const mr_member *list = m->members + structure->first;
  for (uint32_t i = 0; i < structure->count; i++)
    if (list[i].location == MR_AT_BODY && mr_slice_equal(mr_text(m, list[i].wire), wire))
      return &list[i];
  return NULL;
}

const mr_shape *mr_error_find(const mr_models *m, const mr_service *s, mr_slice code) {
  const mr_shape *shape = mr_shape_find(m, s, code);
  if (shape && (shape->flags & MR_SHAPE_ERROR))
    return shape;
  for (uint32_t i = 0; i < s->shapes.count; i++) {
    shape = &m->shapes[s->shapes.first + i];
    if ((shape->flags & MR_SHAPE_ERROR) && shape->code &&
        mr_slice_equal(mr_text(m, shape->code), code))
      return shape;
  }
  return NULL;
}
