/* SPDX-License-Identifier: MIT
 *
 * unmarshal.c -- requests and replies taken apart around their bodies. */
#include "bindings/unmarshal.h"

void mr_unmarshal_init(mr_unmarshal *u, const mr_models *models, mr_alloc *alloc) {
  memset(u, 0, sizeof *u);
  u->models = models;
  mr_buf_init(&u->scratch, alloc);
  mr_buf_init(&u->scratch2, alloc);
  mr_buf_init(&u->unescaped, alloc);
  mr_buf_init(&u->message, alloc);
}

void mr_unmarshal_clear(mr_unmarshal *u) {
  if (u->json_open)
    mr_json_clear(&u->json);
  if (u->xml_open)
    mr_xml_clear(&u->xml);
  u->json_open = u->xml_open = false;
  mr_buf_clear(&u->scratch);
  mr_buf_clear(&u->scratch2);
  mr_buf_clear(&u->unescaped);
  mr_buf_clear(&u->message);
}

static bool get_payload(mr_unmarshal *u, const mr_shape *shape, const mr_input *in, bool request) {
  const mr_member *member = mr_member_at(u->models, shape->payload);
  const mr_shape *target = mr_shape_at(u->models, member->shape);
  bool json = u->service->protocol == MR_PROTOCOL_REST_JSON;
  mr_slice name = mr_text(u->models, member->name);
  if (target->flags & MR_SHAPE_EVENTS)
    return true;
  if (target->kind == MR_BLOB || target->kind == MR_STRING) {
    bool stream = (member->flags & MR_STREAM) || (target->flags & MR_SHAPE_STREAM);
    if (!in->body.len && !(stream && request))
      return true;
    if (stream && !request)
      return true; /* the caller's */
    u->sink->name(u->sink, name);
    u->sink->put_text(u->sink, in->body);
    return true;
  }
  if (!in->body.len)
    return true;
  if (json) {
    u->sink->name(u->sink, name);
    return mr_unmarshal_json_value(u, target, in->body);
  }
  if (!mr_unmarshal_xml_open(u, in->body))
    return false;
  u->sink->name(u->sink, name);
  return mr_unmarshal_xml_value(u, target, member, u->xml.root);
}

static bool in_body(const mr_unmarshal *u, const mr_shape *shape) {
  for (uint32_t i = 0; i < shape->count; i++)
    if (u->models->members[shape->first + i].location == MR_AT_BODY)
      return true;
  return false;
}

static bool blank(mr_slice s) {
  for (size_t i = 0; i < s.len; i++)
    if (!memchr(" \t\r\n", s.ptr[i], 4))
      return false;
  return true;
}

static bool get_body(mr_unmarshal *u, const mr_operation *op, const mr_shape *shape,
                     const mr_input *in, bool request) {
  if (shape->payload)
    return get_payload(u, shape, in, request);
  if (!in_body(u, shape) || blank(in->body))
    return true;
  if (u->service->protocol == MR_PROTOCOL_REST_JSON)
    return mr_unmarshal_json_members(u, shape, in->body);
  if (!mr_unmarshal_xml_open(u, in->body))
    return false;
  if (op->wrapper) {
    const mr_xml_node *result = mr_xml_child(u->xml.root, mr_text(u->models, op->wrapper).ptr);
    return !result || mr_unmarshal_xml_members(u, shape, result);
  }
  if (!request && (op->flags & MR_OP_UNWRAPPED)) {
    const mr_member *member = &u->models->members[shape->first];
    if (!u->xml.root->text.len)
      return true;
    u->sink->name(u->sink, mr_text(u->models, member->name));
    return mr_unmarshal_xml_value(u, mr_shape_at(u->models, member->shape), member, u->xml.root);
  }
  return mr_unmarshal_xml_members(u, shape, u->xml.root);
}

static void start(mr_unmarshal *u, const mr_operation *op, mr_sink *sink, bool request) {
  mr_buf_reset(&u->message);
  u->operation = op;
  u->service = &u->models->services[op->service];
  u->sink = sink;
  u->strict = request;
  u->failed = MR_OK;
  u->depth = 0;
}

static int finish(mr_unmarshal *u) {
  if (u->failed == MR_OK &&
      (u->scratch.status != MR_OK || u->scratch2.status != MR_OK || u->unescaped.status != MR_OK))
    u->failed = MR_ERR_MEMORY;
  return u->failed;
}

static int run(mr_unmarshal *u, const mr_operation *op, const mr_input *in, mr_sink *sink,
               bool request) {
  const mr_shape *shape = mr_shape_at(u->models, request ? op->input : op->output);
  start(u, op, sink, request);
  sink->begin_object(sink);
  if (request && u->service->protocol == MR_PROTOCOL_QUERY) {
    if (!shape || mr_unmarshal_query_members(u, shape, blank(in->body) ? in->query : in->body))
      sink->end(sink);
    return finish(u);
  }
  if (!shape || (mr_unmarshal_places(u, shape, in, request) && get_body(u, op, shape, in, request)))
    sink->end(sink);
  return finish(u);
}

static bool event_value(mr_unmarshal *u, const mr_shape *shape, mr_slice payload) {
  if (u->service->protocol == MR_PROTOCOL_REST_JSON)
    return mr_unmarshal_json_value(u, shape, blank(payload) ? mr_slice_of("{}") : payload);
  if (blank(payload)) {
    u->sink->begin_object(u->sink);
    u->sink->end(u->sink);
    return true;
  }
  return mr_unmarshal_xml_open(u, payload) && mr_unmarshal_xml_value(u, shape, NULL, u->xml.root);
}

/* Headers have their types with them; milliseconds become seconds. */
static void event_header(mr_unmarshal *u, const mr_member *member, mr_source *headers) {
  const mr_shape *shape = mr_shape_at(u->models, member->shape);
  mr_value value;
  if (!headers->enter(headers, mr_text(u->models, member->wire)))
    return;
  headers->get(headers, &value);
  headers->leave(headers);
  if (value.type == MR_VALUE_BOOL || value.type == MR_VALUE_INT || value.type == MR_VALUE_TEXT)
    u->sink->name(u->sink, mr_text(u->models, member->name));
  if (value.type == MR_VALUE_BOOL)
    u->sink->put_bool(u->sink, value.boolean);
  else if (value.type == MR_VALUE_INT && shape->kind == MR_TIMESTAMP)
    mr_put_time(u->sink, value.integer);
  else if (value.type == MR_VALUE_INT)
    u->sink->put_integer(u->sink, value.integer);
  else if (value.type == MR_VALUE_TEXT)
    u->sink->put_text(u->sink, value.text);
}

/* One member is the payload, or all that do not travel in headers are. */
static bool event_members(mr_unmarshal *u, const mr_shape *shape, mr_slice payload,
                          mr_source *headers) {
  const mr_member *member = mr_event_payload(u->models, shape);
  const mr_shape *target = member ? mr_shape_at(u->models, member->shape) : NULL;
  for (uint32_t i = 0; headers && i < shape->count; i++)
    if (u->models->members[shape->first + i].flags & MR_EVENT_HEADER)
      event_header(u, &u->models->members[shape->first + i], headers);
  if (member)
    u->sink->name(u->sink, mr_text(u->models, member->name));
  if (target && target->kind >= MR_STRING)
    u->sink->put_text(u->sink, payload);
  else if (target)
    return event_value(u, target, payload);
  else if (u->service->protocol == MR_PROTOCOL_REST_JSON)
    return mr_unmarshal_json_members(u, shape, blank(payload) ? mr_slice_of("{}") : payload);
  else if (!blank(payload))
    return mr_unmarshal_xml_open(u, payload) && mr_unmarshal_xml_members(u, shape, u->xml.root);
  return true;
}

int mr_unmarshal_event(mr_unmarshal *u, const mr_operation *op, const mr_member *event,
                       mr_slice payload, mr_source *headers, mr_sink *sink) {
  start(u, op, sink, false);
  sink->begin_object(sink);
  sink->name(sink, mr_text(u->models, event->name));
  sink->begin_object(sink);
  if (event_members(u, mr_shape_at(u->models, event->shape), payload, headers)) {
    sink->end(sink);
    sink->end(sink);
  }
  return finish(u);
}

int mr_unmarshal_reply(mr_unmarshal *u, const mr_operation *op, const mr_input *in, mr_sink *sink) {
  return run(u, op, in, sink, false);
}

int mr_unmarshal_request(mr_unmarshal *u, const mr_operation *op, const mr_input *in,
                         mr_sink *sink) {
  return run(u, op, in, sink, true);
}
