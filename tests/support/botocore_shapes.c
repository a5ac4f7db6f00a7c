/* SPDX-License-Identifier: MIT
 *
 * botocore_shapes.c -- the same tables as compile.lua writes, made at run time. */
#include "tests/support/botocore_shapes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { POOL = 1 << 17, TABLE = 4096 };

typedef struct maker {
  tree_arena *arena;
  const tree *shapes;
  char *text;
  uint32_t text_len;
  mr_shape *shape;
  mr_member *member;
  uint32_t member_count;
  uint32_t *words;
  uint32_t word_count;
} maker;

static uint32_t text(maker *m, mr_slice s) {
  if (m->text_len + s.len + 3 > POOL)
    abort();
  unsigned char *p = (unsigned char *)m->text + m->text_len;
  p[0] = (unsigned char)(s.len & 255);
  p[1] = (unsigned char)(s.len >> 8);
  if (s.len)
    memcpy(p + 2, s.ptr, s.len);
  m->text_len += (uint32_t)s.len + 3;
  return m->text_len - (uint32_t)s.len - 1;
}

static uint32_t opt_text(maker *m, const tree *t, const char *name) {
  const tree *c = tree_get(t, name);
  return c && c->kind == TREE_TEXT ? text(m, c->text) : 0;
}

static uint32_t shape_index(const maker *m, mr_slice name) {
  uint32_t i = 1;
  for (const tree *c = m->shapes->first; c; c = c->next, i++)
    if (mr_slice_equal(c->name, name))
      return i;
  return 0;
}

static uint32_t ref(const maker *m, const tree *t) {
  return t ? shape_index(m, tree_text(t, "shape")) : 0;
}

static void xmlns(maker *m, const tree *t, uint32_t *uri, uint32_t *prefix) {
  const tree *ns = tree_get(t, "xmlNamespace");
  if (!ns)
    return;
  *uri = ns->kind == TREE_TEXT ? text(m, ns->text) : opt_text(m, ns, "uri");
  *prefix = ns->kind == TREE_OBJECT ? opt_text(m, ns, "prefix") : 0;
}

static uint8_t format(const tree *t) {
  mr_slice f = tree_text(t, "timestampFormat");
  return mr_slice_is(f, "iso8601")         ? MR_FORMAT_ISO8601
         : mr_slice_is(f, "rfc822")        ? MR_FORMAT_RFC822
         : mr_slice_is(f, "unixTimestamp") ? MR_FORMAT_UNIX
                                           : MR_FORMAT_DEFAULT;
}

static uint8_t kind_of(const tree *shape) {
  static const struct {
    const char *name;
    uint8_t kind;
  } kinds[] = {{"structure", MR_STRUCTURE}, {"list", MR_LIST},       {"map", MR_MAP},
               {"string", MR_STRING},       {"integer", MR_INTEGER}, {"long", MR_LONG},
               {"float", MR_FLOAT},         {"double", MR_DOUBLE},   {"boolean", MR_BOOLEAN},
               {"timestamp", MR_TIMESTAMP}, {"blob", MR_BLOB}};
  if (tree_flag(shape, "document"))
    return MR_DOCUMENT;
  if (tree_flag(shape, "union") || tree_flag(shape, "eventstream"))
    return MR_UNION;
  for (size_t i = 0; i < MR_COUNT(kinds); i++)
    if (mr_slice_is(tree_text(shape, "type"), kinds[i].name))
      return kinds[i].kind;
  abort();
}

static void add_member(maker *m, const tree *shape, const tree *from) {
  mr_member *to = &m->member[m->member_count++];
  mr_slice location = tree_text(from, "location");
  const tree *wire = tree_get(from, "locationName"), *required = tree_get(shape, "required");
  if (m->member_count >= TABLE)
    abort();
  to->shape = ref(m, from);
  to->name = text(m, from->name);
  to->wire = wire && !mr_slice_equal(wire->text, from->name) ? text(m, wire->text) : to->name;
  to->format = format(from);
  xmlns(m, from, &to->xmlns, &to->xmlns_prefix);
  if (tree_flag(from, "flattened"))
    to->flags |= MR_FLAT;
  if (tree_flag(from, "xmlAttribute"))
    to->flags |= MR_ATTRIBUTE;
  if (tree_flag(from, "streaming"))
    to->flags |= MR_STREAM;
  if (tree_flag(from, "jsonvalue"))
    to->flags |= MR_JSON_VALUE;
  for (const tree *r = required ? required->first : NULL; r; r = r->next)
    if (mr_slice_equal(r->text, from->name))
      to->flags |= MR_REQUIRED;
  if (mr_slice_equal(tree_text(shape, "payload"), from->name))
    to->flags |= MR_PAYLOAD;
  bool map = kind_of(tree_get(m->shapes, tree_text(from, "shape").ptr)) == MR_MAP;
  to->location = mr_slice_is(location, "uri")           ? MR_AT_LABEL
                 : mr_slice_is(location, "querystring") ? (map ? MR_AT_QUERY_MAP : MR_AT_QUERY)
                 : mr_slice_is(location, "header")      ? MR_AT_HEADER
                 : mr_slice_is(location, "headers")     ? MR_AT_HEADERS
                 : mr_slice_is(location, "statusCode")  ? MR_AT_STATUS
                                                        : MR_AT_BODY;
  if (tree_flag(from, "eventpayload"))
    to->flags |= MR_EVENT_PAYLOAD;
  if (tree_flag(from, "eventheader")) {
    to->flags |= MR_EVENT_HEADER;
    to->location = MR_AT_HEADER;
  }
  if (to->location == MR_AT_HEADERS && wire && !wire->text.len)
    to->wire = text(m, mr_slice_of(""));
}

static void add_shape(maker *m, const tree *from, mr_shape *to) {
  const tree *list = tree_get(from, "enum"), *members = tree_get(from, "members");
  to->name = text(m, from->name);
  to->kind = kind_of(from);
  to->format = format(from);
  to->wire = opt_text(m, from, "locationName");
  xmlns(m, from, &to->xmlns, &to->xmlns_prefix);
  if (tree_flag(from, "exception")) {
    const tree *error = tree_get(from, "error"), *status = tree_get(error, "httpStatusCode");
    to->flags |= MR_SHAPE_ERROR;
    to->status = (uint16_t)(status ? status->integer : 400);
    to->code = opt_text(m, error, "code");
  }
  if (tree_flag(from, "eventstream"))
    to->flags |= MR_SHAPE_EVENTS;
  if (tree_flag(from, "flattened"))
    to->flags |= MR_SHAPE_FLAT;
  if (tree_flag(from, "sparse"))
    to->flags |= MR_SHAPE_SPARSE;
  if (to->kind == MR_LIST) {
    const tree *item = tree_get(from, "member");
    to->element = ref(m, item);
    to->wire = opt_text(m, item, "locationName");
    xmlns(m, item, &to->item_xmlns, &to->item_prefix);
  } else if (to->kind == MR_MAP) {
    to->key = ref(m, tree_get(from, "key"));
    to->element = ref(m, tree_get(from, "value"));
    to->key_wire = opt_text(m, tree_get(from, "key"), "locationName");
    to->wire = opt_text(m, tree_get(from, "value"), "locationName");
  } else if (members && (to->kind == MR_STRUCTURE || to->kind == MR_UNION)) {
    to->first = m->member_count;
    to->count = (uint32_t)members->count;
    for (const tree *c = members->first; c; c = c->next) {
      add_member(m, from, c);
      if (m->member[m->member_count - 1].flags & MR_PAYLOAD)
        to->payload = m->member_count;
    }
  } else if (list) {
    to->first = m->word_count;
    to->count = (uint32_t)list->count;
    for (const tree *c = list->first; c; c = c->next)
      m->words[m->word_count++] = text(m, c->text);
  }
}

const mr_models *botocore_models(tree_arena *a, const tree *suite, const tree *given) {
  maker m = {0};
  m.arena = a;
  m.shapes = tree_get(suite, "shapes");
  m.text = tree_alloc(a, POOL);
  m.text_len = 4;
  m.shape = tree_alloc(a, (m.shapes->count + 1) * sizeof *m.shape);
  m.member = tree_alloc(a, TABLE * sizeof *m.member);
  m.words = tree_alloc(a, TABLE * sizeof *m.words);
  uint32_t n = 0;
  for (const tree *c = m.shapes->first; c; c = c->next)
    add_shape(&m, c, &m.shape[n++]);

  mr_operation *op = tree_alloc(a, sizeof *op);
  const tree *http = tree_get(given, "http"), *input = tree_get(given, "input");
  const tree *code = tree_get(http, "responseCode");
  op->name = opt_text(&m, given, "name");
  op->method = op->name;
  op->http_method = opt_text(&m, http, "method");
  op->path = opt_text(&m, http, "requestUri");
  op->status = (uint16_t)(code ? code->integer : 200);
  op->input = ref(&m, input);
  op->output = ref(&m, tree_get(given, "output"));
  op->input_wire = opt_text(&m, input, "locationName");
  xmlns(&m, input, &op->input_xmlns, &op->input_prefix);

  mr_service *service = tree_alloc(a, sizeof *service);
  service->name = text(&m, mr_slice_of("test"));
  service->operations.count = 1;
  service->shapes.count = n;
  const tree *metadata = tree_get(suite, "metadata"), *output = tree_get(given, "output");
  mr_slice protocol = tree_text(metadata, "protocol");
  service->protocol = mr_slice_is(protocol, "rest-xml") ? MR_PROTOCOL_REST_XML
                      : mr_slice_is(protocol, "query")  ? MR_PROTOCOL_QUERY
                                                        : MR_PROTOCOL_REST_JSON;
  if (service->protocol == MR_PROTOCOL_QUERY) { /* the wrapper has the operation's name */
    char wrapper[128];
    snprintf(wrapper, sizeof wrapper, "%sResult", tree_text(given, "name").ptr);
    service->version = opt_text(&m, metadata, "apiVersion");
    op->wrapper = opt_text(&m, output, "resultWrapper");
    if (!op->wrapper)
      op->wrapper = text(&m, mr_slice_of(wrapper));
  }

  mr_models *models = tree_alloc(a, sizeof *models);
  models->text = m.text;
  models->services = service;
  models->operations = op;
  models->shapes = m.shape;
  models->members = m.member;
  models->words = m.words;
  models->service_count = 1;
  return models;
}
