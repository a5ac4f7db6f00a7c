/* SPDX-License-Identifier: MIT
 *
 * marshal_event.c -- the payloads of events, and the members that travel in their headers.
 * What is left of the structure is the payload, in the document form of the protocol, unless one
 * member is marked as being it: bytes and text then stand for themselves. */
#include "bindings/eventstream.h"
#include "bindings/marshal.h"
#include "bindings/text.h"

static void put_header(mr_marshal *m, const mr_member *member) {
  const mr_shape *shape = mr_shape_at(m->models, member->shape);
  mr_event_header header = {mr_text(m->models, member->wire), {NULL, 0}, 0, MR_EVENT_STRING};
  mr_value value;
  bool good = true;
  if (!m->source->enter(m->source, mr_text(m->models, member->name)))
    return;
  m->source->get(m->source, &value);
  header.text = value.text;
  header.integer = value.integer;
  if (shape->kind == MR_BOOLEAN) {
    good = value.type == MR_VALUE_BOOL;
    header.type = value.boolean ? MR_EVENT_TRUE : MR_EVENT_FALSE;
  } else if (shape->kind == MR_INTEGER || shape->kind == MR_LONG) {
    good = value.type == MR_VALUE_INT;
    header.type = shape->kind == MR_LONG ? MR_EVENT_LONG : MR_EVENT_INTEGER;
  } else if (shape->kind == MR_TIMESTAMP) {
    header.type = MR_EVENT_TIMESTAMP;
    if (value.type == MR_VALUE_TEXT)
      good = mr_time_parse(value.text, MR_TIME_ANY, &header.integer) == MR_OK;
    else if (value.type == MR_VALUE_INT && value.integer > -9e15 && value.integer < 9e15)
      header.integer = value.integer * 1000;
    else if (value.type == MR_VALUE_FLOAT && value.number > -9e12 && value.number < 9e12)
      header.integer = (int64_t)(value.number * 1000 + (value.number < 0 ? -0.5 : 0.5));
    else
      good = false;
  } else {
    good = value.type == MR_VALUE_TEXT;
    header.type = shape->kind == MR_BLOB ? MR_EVENT_BYTES : MR_EVENT_STRING;
  }
  if (!good || mr_event_put_header(&m->headers, &header) == MR_ERR_ARG)
    mr_marshal_fail(m, MR_ERR_ARG, header.name, "cannot stand in the header of an event");
  m->source->leave(m->source);
}

static void put_member(mr_marshal *m, const mr_member *member, bool json) {
  const mr_shape *shape = mr_shape_at(m->models, member->shape);
  mr_slice name = mr_text(m->models, member->name);
  mr_value value;
  if (!m->source->enter(m->source, name))
    return;
  m->source->get(m->source, &value);
  if (shape->kind < MR_STRING && json)
    mr_marshal_json(m, shape);
  else if (shape->kind < MR_STRING)
    mr_marshal_xml(m, shape, NULL, shape->name ? mr_text(m->models, shape->name) : name);
  else if (value.type == MR_VALUE_TEXT)
    mr_buf_slice(&m->body, value.text);
  else
    mr_marshal_fail(m, MR_ERR_ARG, name, "expected a string");
  m->source->leave(m->source);
}

/* Is anything left for the payload, or is it empty for want of members? */
static bool has_payload(const mr_models *models, const mr_shape *shape) {
  uint32_t headers = 0;
  for (uint32_t i = 0; i < shape->count; i++)
    headers += models->members[shape->first + i].location == MR_AT_HEADER;
  return !headers || headers < shape->count;
}

bool mr_marshal_event_body(mr_marshal *m, const mr_shape *shape) {
  const mr_member *payload = mr_event_payload(m->models, shape);
  bool json = m->service->protocol == MR_PROTOCOL_REST_JSON, any = true;
  m->has_body = true;
  for (uint32_t i = 0; i < shape->count; i++)
    if (m->models->members[shape->first + i].flags & MR_EVENT_HEADER)
      put_header(m, &m->models->members[shape->first + i]);
  if (payload)
    put_member(m, payload, json);
  else if (json && has_payload(m->models, shape))
    mr_marshal_json_body(m, shape);
  else if (!json && shape->count)
    mr_marshal_xml_body(m, shape, mr_text(m->models, shape->name), mr_slice_of(""), mr_slice_of(""),
                        &any);
  return m->failed == MR_OK;
}

const char *mr_event_content_type(const mr_models *models, const mr_service *service,
                                  const mr_shape *shape) {
  const mr_member *payload = mr_event_payload(models, shape);
  const mr_shape *target = payload ? mr_shape_at(models, payload->shape) : shape;
  if (target->kind == MR_BLOB)
    return "application/octet-stream";
  if (target->kind == MR_STRING)
    return "text/plain";
  if (!has_payload(models, shape))
    return NULL;
  return service->protocol == MR_PROTOCOL_REST_JSON ? "application/json" : "text/xml";
}
