/* SPDX-License-Identifier: MIT
 *
 * marshal.c -- requests, replies and errors put together around their bodies.
 * Where the body comes from is the shape's word: one member as the payload, or all the
 * members that have no other place. */
#include "bindings/marshal.h"

#include "bindings/json.h"
#include "bindings/text.h"
#include "bindings/xml.h"

static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

static mr_slice text_of(const mr_marshal *m, uint32_t at) {
  return mr_text(m->models, at);
}

static bool has_header(const mr_marshal *m, const char *name) {
  mr_slice rest = mr_buf_view(&m->headers);
  for (mr_pair h; mr_head_next(&rest, &h);)
    if (mr_slice_is(h.name, name))
      return true;
  return false;
}

static void content_type(mr_marshal *m, const char *type) {
  if (!has_header(m, "content-type"))
    mr_head_put(&m->headers, mr_slice_of("content-type"), mr_slice_of(type));
}

/* Does the shape let the caller say the content type?  Then none is invented for bytes. */
static bool names_content_type(const mr_marshal *m, const mr_shape *shape) {
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *member = &m->models->members[shape->first + i];
    mr_slice wire = text_of(m, member->wire);
    if (member->location == MR_AT_HEADER && wire.len == 12 && (wire.ptr[0] | 0x20) == 'c' &&
        memcmp(wire.ptr + 1, "ontent", 6) == 0 && (wire.ptr[8] | 0x20) == 't')
      return true;
  }
  return false;
}

static bool put_payload(mr_marshal *m, const mr_shape *shape, bool request) {
  const mr_member *member = mr_member_at(m->models, shape->payload);
  const mr_shape *target = mr_shape_at(m->models, member->shape);
  bool json = m->service->protocol == MR_PROTOCOL_REST_JSON, ok = true;
  mr_value value;
  if (target->flags & MR_SHAPE_EVENTS) {
    m->stream = member;
    return true;
  }
  if (!m->source->enter(m->source, text_of(m, member->name))) {
    if (json && target->kind == MR_STRUCTURE && request) { /* an absent structure is an empty one */
      mr_buf_puts(&m->body, "{}");
      m->has_body = true;
      content_type(m, "application/json");
    }
    return true;
  }
  m->source->get(m->source, &value);
  m->has_body = true;
  switch (target->kind) {
  case MR_BLOB:
  case MR_STRING:
    if (value.type == MR_VALUE_TREE || value.type == MR_VALUE_OTHER) {
      m->stream = member;
      m->has_body = false;
      break;
    }
    if (target->kind == MR_BLOB && value.type != MR_VALUE_TEXT)
      ok = mr_marshal_fail(m, MR_ERR_ARG, text_of(m, member->name), "expected a string");
    else if (target->kind == MR_BLOB)
      m->verbatim = member;
    else
      ok = mr_marshal_text(m, &m->body, target, member, &value, MR_FORMAT_ISO8601);
    if (target->kind == MR_STRING)
      content_type(m, "text/plain");
    else if (!names_content_type(m, shape))
      content_type(m, "application/octet-stream");
    break;
  default:
    if (json) {
      ok = mr_marshal_json(m, target);
      content_type(m, "application/json");
      break;
    }
    /* the member's own name on the wire, else the shape's */
    bool own = (member->flags & MR_NAMED) || member->wire != member->name;
    uint32_t root = own            ? member->wire
                    : target->wire ? target->wire
                    : target->name ? target->name
                                   : member->wire;
    mr_member named = *member;
    if (!request)
      mr_buf_puts(&m->body, declaration);
    if (!request && !named.xmlns && !target->xmlns)
      named.xmlns = m->service->xmlns;
    ok = mr_marshal_xml(m, target, &named, text_of(m, root));
    content_type(m, "application/xml");
    break;
  }
  m->source->leave(m->source);
  return ok;
}

static bool in_body(const mr_marshal *m, const mr_shape *shape) {
  for (uint32_t i = 0; i < shape->count; i++)
    if (m->models->members[shape->first + i].location == MR_AT_BODY)
      return true;
  return false;
}

static void empty_root(mr_marshal *m, mr_slice root) {
  mr_buf_putc(&m->body, '<');
  mr_buf_slice(&m->body, root);
  if (m->service->xmlns) {
    mr_buf_puts(&m->body, " xmlns=\"");
    mr_buf_slice(&m->body, text_of(m, m->service->xmlns));
    mr_buf_putc(&m->body, '"');
  }
  mr_buf_puts(&m->body, "/>");
}

/* GetBucketLocation: the root element is the member itself. */
static bool put_unwrapped(mr_marshal *m, const mr_shape *shape, mr_slice root) {
  mr_member named = m->models->members[shape->first];
  bool ok = true;
  named.xmlns = m->service->xmlns;
  if (m->source->enter(m->source, text_of(m, named.name))) {
    ok = mr_marshal_xml(m, mr_shape_at(m->models, named.shape), &named, root);
    m->source->leave(m->source);
    return ok;
  }
  empty_root(m, root);
  return true;
}

/* <OpResponse><OpResult>...</OpResult><ResponseMetadata>: the request's id is taken from a
 * member ResponseMetadata.RequestId of the result, which no model has. */
static bool put_query_reply(mr_marshal *m, const mr_operation *op, const mr_shape *shape) {
  mr_slice metadata = mr_slice_of("ResponseMetadata"), id = mr_slice_of("RequestId");
  bool any = true;
  mr_value value;
  m->has_body = true;
  content_type(m, "text/xml");
  mr_buf_putc(&m->body, '<');
  mr_buf_slice(&m->body, text_of(m, op->name));
  mr_buf_puts(&m->body, "Response xmlns=\"");
  mr_buf_slice(&m->body, text_of(m, m->service->xmlns));
  mr_buf_puts(&m->body, "\">");
  if (shape && op->wrapper) {
    if (!mr_marshal_xml_body(m, shape, text_of(m, op->wrapper), mr_slice_of(""), mr_slice_of(""),
                             &any))
      return false;
    if (!any)
      mr_xml_element(&m->body, text_of(m, op->wrapper), mr_slice_of(""));
  }
  mr_xml_open(&m->body, metadata, "");
  if (m->source->enter(m->source, metadata)) {
    if (m->source->enter(m->source, id)) {
      m->source->get(m->source, &value);
      if (value.type == MR_VALUE_TEXT)
        mr_xml_element(&m->body, id, value.text);
      m->source->leave(m->source);
    }
    m->source->leave(m->source);
  }
  mr_xml_close(&m->body, metadata);
  mr_buf_puts(&m->body, "</");
  mr_buf_slice(&m->body, text_of(m, op->name));
  mr_buf_puts(&m->body, "Response>");
  return true;
}

static bool put_body(mr_marshal *m, const mr_operation *op, const mr_shape *shape, bool request) {
  bool any = true;
  if (shape->payload)
    return put_payload(m, shape, request);
  if (!in_body(m, shape))
    return true;
  m->has_body = true;
  if (m->service->protocol == MR_PROTOCOL_REST_JSON) {
    content_type(m, "application/json");
    return mr_marshal_json_body(m, shape);
  }
  uint32_t root = request ? (shape->wire      ? shape->wire
                             : op->input_wire ? op->input_wire
                                              : shape->name)
                          : (op->output_wire ? op->output_wire
                             : shape->wire   ? shape->wire
                                             : shape->name);
  uint32_t xmlns = request ? op->input_xmlns : m->service->xmlns;
  if (!request)
    mr_buf_puts(&m->body, declaration);
  if (!request && (op->flags & MR_OP_UNWRAPPED)) {
    content_type(m, "application/xml");
    return put_unwrapped(m, shape, text_of(m, root));
  }
  if (!mr_marshal_xml_body(m, shape, text_of(m, root), text_of(m, xmlns),
                           text_of(m, request ? op->input_prefix : 0), &any))
    return false;
  if (!any && request) {
    m->has_body = false;
    return true;
  }
  if (!any)
    empty_root(m, text_of(m, root));
  content_type(m, "application/xml");
  return true;
}

static int start(mr_marshal *m, const mr_operation *op, mr_source *source) {
  mr_buf *buffers[] = {&m->path, &m->query, &m->headers, &m->body, &m->message};
  for (size_t i = 0; i < MR_COUNT(buffers); i++)
    mr_buf_reset(buffers[i]);
  m->operation = op;
  m->service = &m->models->services[op->service];
  m->source = source;
  m->has_body = false;
  m->secret_count = 0;
  m->stream = m->verbatim = NULL;
  m->failed = MR_OK;
  m->depth = 0;
  m->http_status = op->status;
  return MR_OK;
}

static int finish(mr_marshal *m) {
  mr_buf *buffers[] = {&m->path, &m->query, &m->headers, &m->body, &m->scratch, &m->scratch2};
  if (m->failed != MR_OK)
    return m->failed;
  for (size_t i = 0; i < MR_COUNT(buffers); i++)
    if (buffers[i]->status != MR_OK)
      return buffers[i]->status;
  return MR_OK;
}

int mr_marshal_request(mr_marshal *m, const mr_operation *op, mr_source *source) {
  const mr_shape *input = mr_shape_at(m->models, op->input);
  start(m, op, source);
  if (m->service->protocol == MR_PROTOCOL_QUERY) {
    if (mr_marshal_path(m, op, input))
      mr_marshal_query_body(m, op, input);
  } else if (mr_marshal_path(m, op, input) && input && mr_marshal_places(m, input, true)) {
    put_body(m, op, input, true);
  }
  return finish(m);
}

int mr_marshal_reply(mr_marshal *m, const mr_operation *op, mr_source *source) {
  const mr_shape *output = mr_shape_at(m->models, op->output);
  start(m, op, source);
  if (m->service->protocol == MR_PROTOCOL_QUERY) {
    put_query_reply(m, op, output);
    return finish(m);
  }
  if (output && mr_marshal_places(m, output, false))
    put_body(m, op, output, false);
  if (!output && m->service->protocol == MR_PROTOCOL_REST_JSON && op->status == 200) {
    mr_buf_puts(&m->body, "{}");
    m->has_body = true;
    content_type(m, "application/json");
  }
  return finish(m);
}

int mr_marshal_event(mr_marshal *m, const mr_operation *op, const mr_member *event,
                     mr_source *source) {
  start(m, op, source);
  mr_marshal_event_body(m, mr_shape_at(m->models, event->shape));
  return finish(m);
}

/* ---- errors ---- */

static void put_error_members(mr_marshal *m, const mr_shape *shape, mr_json_writer *w) {
  for (uint32_t i = 0; shape && m->source && i < shape->count && m->failed == MR_OK; i++) {
    const mr_member *member = &m->models->members[shape->first + i];
    mr_slice name = text_of(m, member->name);
    mr_value value;
    const mr_shape *target = mr_shape_at(m->models, member->shape);
    if (mr_slice_is(name, "message") || mr_slice_is(name, "Message") ||
        member->location != MR_AT_BODY || target->kind < MR_STRING ||
        !m->source->enter(m->source, name))
      continue;
    m->source->get(m->source, &value);
    mr_buf_reset(&m->scratch);
    bool ok = mr_marshal_text(m, &m->scratch, target, member, &value,
                              w ? MR_FORMAT_UNIX : MR_FORMAT_ISO8601);
    m->source->leave(m->source);
    if (!ok)
      return;
    if (!w) {
      mr_xml_element(&m->body, text_of(m, member->wire), mr_marshal_view(m, &m->scratch));
      continue;
    }
    mr_json_put_key(w, text_of(m, member->wire));
    if (target->kind == MR_INTEGER || target->kind == MR_LONG)
      mr_json_put_raw(w, mr_marshal_view(m, &m->scratch));
    else
      mr_json_put_string(w, mr_marshal_view(m, &m->scratch));
  }
}

/* Fields of the source that no shape knows: S3's <Key>, <BucketName>, <Region>... */
static void put_error_fields(mr_marshal *m, const mr_shape *shape) {
  bool all_text = true;
  size_t n = m->source->open_keys(m->source, &all_text);
  for (size_t i = 0; i < n; i++) {
    mr_slice key = m->source->key(m->source, i);
    mr_value value;
    if (shape && mr_member_find(m->models, shape, key))
      continue;
    m->source->enter_key(m->source, i);
    m->source->get(m->source, &value);
    mr_buf_reset(&m->scratch);
    if (value.type == MR_VALUE_TEXT)
      mr_xml_element(&m->body, key, value.text);
    else if (value.type == MR_VALUE_INT) {
      mr_text_integer(&m->scratch, value.integer);
      mr_xml_element(&m->body, key, mr_marshal_view(m, &m->scratch));
    }
    m->source->leave(m->source);
  }
  m->source->close_keys(m->source);
}

int mr_marshal_error(mr_marshal *m, const mr_service *s, mr_slice code, mr_slice message,
                     int status, mr_slice request_id, bool head, mr_source *source) {
  static const mr_operation none;
  mr_operation op = none;
  const mr_shape *shape = mr_error_find(m->models, s, code);
  op.service = (uint32_t)(s - m->models->services);
  start(m, &op, source);
  m->operation = NULL;
  m->http_status = status ? status : shape && shape->status ? shape->status : 400;
  bool json = s->protocol == MR_PROTOCOL_REST_JSON, query = s->protocol == MR_PROTOCOL_QUERY;
  if (request_id.len)
    mr_head_put(&m->headers, mr_slice_of(json || query ? "x-amzn-requestid" : "x-amz-request-id"),
                request_id);
  if (json) {
    mr_json_writer w;
    mr_head_put(&m->headers, mr_slice_of("x-amzn-errortype"), code);
    content_type(m, "application/json");
    mr_json_writer_init(&w, &m->body, 0, false);
    mr_json_open_object(&w);
    mr_json_put_key(&w, mr_slice_of("message"));
    mr_json_put_string(&w, message);
    put_error_members(m, shape, &w);
    mr_json_close_object(&w);
    if (mr_json_writer_end(&w) != MR_OK)
      mr_marshal_fail(m, w.status, mr_slice_of("message"), "is no UTF-8");
  } else {
    content_type(m, query ? "text/xml" : "application/xml");
    if (query) {
      mr_buf_puts(&m->body, "<ErrorResponse xmlns=\"");
      mr_buf_slice(&m->body, text_of(m, s->xmlns));
      mr_buf_puts(&m->body, "\"><Error>");
      mr_xml_element(&m->body, mr_slice_of("Type"),
                     mr_slice_of(m->http_status < 500 ? "Sender" : "Receiver"));
    } else {
      mr_buf_puts(&m->body, declaration);
      mr_buf_puts(&m->body, "<Error>");
    }
    mr_xml_element(&m->body, mr_slice_of("Code"), code);
    mr_xml_element(&m->body, mr_slice_of("Message"), message);
    put_error_members(m, shape, NULL);
    if (source)
      put_error_fields(m, shape);
    if (query)
      mr_buf_puts(&m->body, "</Error>");
    if (request_id.len)
      mr_xml_element(&m->body, mr_slice_of("RequestId"), request_id);
    mr_buf_puts(&m->body, query ? "</ErrorResponse>" : "</Error>");
  }
  m->has_body = !head;
  if (head)
    mr_buf_reset(&m->body);
  return finish(m);
}
