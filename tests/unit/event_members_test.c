/* SPDX-License-Identifier: MIT
 *
 * event_members_test.c -- members of events in headers and payloads, both ways.
 * The shapes are those of the public protocol cases; the cases lie beside the project.  None of
 * our services has such members today. */
#include "tests/support/botocore_shapes.h"
#include "tests/support/same.h"
#include "tests/support/support.h"

#include <stdio.h>

#include "bindings/eventstream.h"
#include "bindings/marshal.h"
#include "bindings/text.h"
#include "bindings/unmarshal.h"

#define H(name, shape) "\"" name "\":{\"shape\":\"" shape "\",\"eventheader\":true}"
#define P(shape) "\"payload\":{\"shape\":\"" shape "\",\"eventpayload\":true}"

static const char
    shapes
        [] =
            "{\"metadata\":{\"protocol\":\"rest-json\"},\"shapes\":{"
            "\"Out\":{\"type\":\"structure\",\"members\":{\"stream\":{\"shape\":\"Events\"}},"
            "\"payload\":\"stream\"},"
            "\"Events\":{\"type\":\"structure\",\"eventstream\":true,\"members\":{"
            "\"headers\":{\"shape\":\"Headers\"},\"blobPayload\":{\"shape\":\"BlobEvent\"},"
            "\"stringPayload\":{\"shape\":\"StringEvent\"},"
            "\"structurePayload\":{\"shape\":\"StructureEvent\"},"
            "\"headersAndExplicitPayload\":{\"shape\":\"Explicit\"},"
            "\"headersAndImplicitPayload\":{\"shape\":\"Implicit\"}}},"
            "\"Headers\":{\"type\":\"structure\",\"members\":{" H("booleanHeader", "Boolean") "," H("byteHeader", "Integer") "," H("shortHeader", "Integer") "," H("intHeader", "Integer") "," H("longHeader", "Long") "," H(
                "blobHeader",
                "Blob") "," H("stringHeader",
                              "String") "," H("timestampHeader",
                                              "Timestamp") "}},"
                                                           "\"BlobEvent\":{\"type\":\"structure\","
                                                           "\"members\":{" P(
                                                               "Blob") "}},"
                                                                       "\"StringEvent\":{\"type\":"
                                                                       "\"structure\",\"members\":"
                                                                       "{" P(
                                                                           "String") "}},"
                                                                                     "\"StructureEv"
                                                                                     "ent\":{"
                                                                                     "\"type\":"
                                                                                     "\"structure\""
                                                                                     ",\"members\":"
                                                                                     "{" P("Payloa"
                                                                                           "d") "}}"
                                                                                                ","
                                                                                                "\""
                                                                                                "Ex"
                                                                                                "pl"
                                                                                                "ic"
                                                                                                "it"
                                                                                                "\""
                                                                                                ":{"
                                                                                                "\""
                                                                                                "ty"
                                                                                                "pe"
                                                                                                "\""
                                                                                                ":"
                                                                                                "\""
                                                                                                "st"
                                                                                                "ru"
                                                                                                "ct"
                                                                                                "ur"
                                                                                                "e"
                                                                                                "\""
                                                                                                ","
                                                                                                "\""
                                                                                                "me"
                                                                                                "mb"
                                                                                                "er"
                                                                                                "s"
                                                                                                "\""
                                                                                                ":"
                                                                                                "{" H("header", "String") "," P(
                                                                                                    "Payload") "}},"
                                                                                                               "\"Implicit\":{\"type\":\"structure\",\"members\":{" H(
                                                                                                                   "header",
                                                                                                                   "String") ","
                                                                                                                             "\"payload\":{\"shape\":\"String\"}}},"
                                                                                                                             "\"Payload\":{\"type\":\"structure\",\"members\":{\"structureMember\":{\"shape\":\"String\"}}},"
                                                                                                                             "\"Boolean\":{\"type\":\"boolean\"},\"Integer\":{\"type\":\"integer\"},"
                                                                                                                             "\"Long\":{\"type\":\"long\"},\"Blob\":{\"type\":\"blob\"},\"String\":{\"type\":\"string\"},"
                                                                                                                             "\"Timestamp\":{\"type\":\"timestamp\"}}}";
static const char operation[] =
    "{\"name\":\"Stream\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},"
    "\"output\":{\"shape\":\"Out\"}}";

typedef struct bench {
  tree_arena arena;
  const mr_models *models;
  const mr_operation *op;
  const mr_shape *events;
  mr_unmarshal u;
  mr_marshal m;
} bench;

static void set_up(bench *b) {
  b->arena.blocks = NULL;
  b->models = botocore_models(&b->arena, tree_parse(&b->arena, mr_slice_of(shapes)),
                              tree_parse(&b->arena, mr_slice_of(operation)));
  b->op = b->models->operations;
  b->events =
      mr_shape_at(b->models, b->models->members[b->models->shapes[b->op->output - 1].first].shape);
  mr_unmarshal_init(&b->u, b->models, NULL);
  mr_marshal_init(&b->m, b->models, NULL);
}

static void tear_down(bench *b) {
  mr_unmarshal_clear(&b->u);
  mr_marshal_clear(&b->m);
  tree_arena_clear(&b->arena);
}

/* The headers of a message as a tree, to read from. */
static tree *header_tree(bench *b, mr_slice rest) {
  tree *all = tree_alloc(&b->arena, sizeof *all);
  mr_event_header h;
  all->kind = TREE_OBJECT;
  while (mr_event_header_next(&rest, &h)) {
    tree *t = tree_alloc(&b->arena, sizeof *t);
    t->name = tree_copy(&b->arena, h.name);
    t->kind = h.type <= MR_EVENT_FALSE                                ? TREE_BOOL
              : h.type == MR_EVENT_STRING || h.type == MR_EVENT_BYTES ? TREE_TEXT
                                                                      : TREE_INT;
    t->boolean = h.type == MR_EVENT_TRUE;
    t->integer = h.integer;
    if (t->kind == TREE_TEXT)
      t->text = tree_copy(&b->arena, h.text);
    if (all->last)
      all->last->next = t;
    else
      all->first = t;
    all->last = t;
    all->count++;
  }
  return all;
}

static tree *read_event(bench *b, const mr_member *event, const mr_event_message *message) {
  tree_source headers;
  tree_sink sink;
  tree_source_init(&headers, header_tree(b, message->headers), &b->arena);
  tree_sink_init(&sink, &b->arena);
  assert_int_equal(
      mr_unmarshal_event(&b->u, b->op, event, message->payload, &headers.base, &sink.base), MR_OK);
  return sink.root;
}

/* Writes the event and reads it back: the same params, and the payload of the case. */
static void write_event(bench *b, const mr_member *event, const tree *params, mr_slice payload) {
  tree_source source;
  tree_source_init(&source, params, &b->arena);
  assert_int_equal(mr_marshal_event(&b->m, b->op, event, &source.base), MR_OK);
  assert_true(same_body(&b->arena, payload, mr_buf_view(&b->m.body)));
  mr_event_message message = {mr_buf_view(&b->m.headers), mr_buf_view(&b->m.body)};
  const tree *again = read_event(b, event, &message);
  assert_true(tree_equal(again->first, params));
}

static bool play(bench *b, const tree *event) {
  const tree *params = tree_get(event, "params");
  mr_buf bytes;
  mr_event_reader r;
  mr_event_message message;
  if (!params)
    return false;
  const mr_member *member = mr_member_find(b->models, b->events, params->first->name);
  assert_non_null(member);
  mr_buf_init(&bytes, NULL);
  assert_int_equal(mr_base64_decode(&bytes, tree_text(event, "bytes")), MR_OK);
  mr_event_reader_init(&r, NULL);
  mr_event_feed(&r, bytes.ptr, bytes.len);
  assert_int_equal(mr_event_next(&r, &message), 1);
  const tree *got = read_event(b, member, &message);
  if (!tree_equal(got, params)) {
    mr_buf out;
    mr_buf_init(&out, NULL);
    tree_print(&out, got);
    fail_msg("read %s", mr_buf_text(&out));
  }
  write_event(b, member, params->first, message.payload);
  mr_event_reader_clear(&r);
  mr_buf_clear(&bytes);
  return true;
}

static void shared_cases_agree(void **state) {
  size_t len = 0, cases = 0, played = 0, failing = 0;
  char *json = support_read_shared("event-stream/smithy-event-stream.json", &len);
  (void)state;
  if (!json)
    skip();
  bench b;
  set_up(&b);
  const tree *all = tree_parse(&b.arena, mr_slice_make(json, len));
  for (const tree *c = tree_get(all, "cases")->first; c; c = c->next, cases++) {
    const tree *events = tree_get(c, "events");
    if (tree_get(c, "expectation"))
      failing++; /* of the reader: tests/script/stream_cases_test.lua */
    else if (events && events->first && play(&b, events->first))
      played++;
  }
  printf("event members: %zu of %zu cases; %zu of refusals in stream_cases_test.lua; %zu excluded: "
         "requests that are streams need HTTP/2 duplex streams\n",
         played, cases, failing, cases - played - failing);
  assert_true(played >= 24);
  assert_true(cases - played - failing <= 2);
  tear_down(&b);
  free(json);
}

/* Every type of header, and what cannot be one. */
static void every_type_of_header(void **state) {
  static const struct {
    const char *params;
    int status;
  } rows[] = {
      {"{\"booleanHeader\":true,\"intHeader\":-5,\"longHeader\":5000000000,\"blobHeader\":\"b\","
       "\"stringHeader\":\"s\",\"timestampHeader\":1.5}",
       MR_OK},
      {"{\"booleanHeader\":false,\"timestampHeader\":7}", MR_OK},
      {"{}", MR_OK},
      {"{\"booleanHeader\":1}", MR_ERR_ARG},
      {"{\"intHeader\":\"1\"}", MR_ERR_ARG},
      {"{\"intHeader\":5000000000}", MR_ERR_ARG},
      {"{\"stringHeader\":1}", MR_ERR_ARG},
      {"{\"timestampHeader\":\"soon\"}", MR_ERR_ARG},
  };
  bench b;
  (void)state;
  set_up(&b);
  const mr_member *event = mr_member_find(b.models, b.events, mr_slice_of("headers"));
  for (size_t i = 0; i < MR_COUNT(rows); i++) {
    const tree *params = tree_parse(&b.arena, mr_slice_of(rows[i].params));
    tree_source source;
    tree_source_init(&source, params, &b.arena);
    assert_int_equal(mr_marshal_event(&b.m, b.op, event, &source.base), rows[i].status);
    if (rows[i].status == MR_OK)
      write_event(&b, event, params, mr_slice_of(""));
  }
  assert_null(
      mr_event_content_type(b.models, b.models->services, mr_shape_at(b.models, event->shape)));
  tear_down(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(shared_cases_agree),
                                     cmocka_unit_test(every_type_of_header)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
