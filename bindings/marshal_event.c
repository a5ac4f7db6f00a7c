/* SPDX-License-Identifier: MIT
 *
 * marshal_event.c -- the payloads of events.
 * The whole structure is the payload, in the document form of the protocol, unless one member
 * is marked as being it: bytes and text then stand for themselves. */
#include "bindings/marshal.h"

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

bool mr_marshal_event_body(mr_marshal *m, const mr_shape *shape) {
  const mr_member *payload = mr_event_payload(m->models, shape);
  bool json = m->service->protocol == MR_PROTOCOL_REST_JSON, any = true;
  m->has_body = true;
  if (payload)
    put_member(m, payload, json);
  else if (json)
    mr_marshal_json(m, shape);
  else if (shape->count)
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
  return service->protocol == MR_PROTOCOL_REST_JSON ? "application/json" : "text/xml";
}
