/* SPDX-License-Identifier: MIT
 *
 * eventstream_data_test.c -- frames that other programs made: ten of a codec's own tests and
 * those of the protocol cases.  They lie beside the project; without them the tests skip. */
#include "tests/support/json_tree.h"
#include "tests/support/support.h"

#include <stdio.h>

#include "bindings/eventstream.h"
#include "bindings/text.h"

static const mr_event_header *find(mr_slice headers, const char *name, mr_event_header *out) {
  while (mr_event_header_next(&headers, out))
    if (mr_slice_is(out->name, name))
      return out;
  return NULL;
}

/* The first message of bytes that hold nothing else. */
static void read_one(mr_event_reader *r, mr_slice bytes, mr_event_message *m) {
  mr_event_reader_init(r, NULL);
  assert_int_equal(mr_event_feed(r, bytes.ptr, bytes.len), MR_OK);
  assert_int_equal(mr_event_next(r, m), 1);
}

static void end_reader(mr_event_reader *r) {
  mr_event_message m;
  assert_int_equal(mr_event_next(r, &m), 0);
  assert_int_equal(mr_event_finish(r), MR_OK);
  mr_event_reader_clear(r);
}

static int64_t as_integer(const tree *t) {
  return t->kind == TREE_BOOL ? t->boolean : t->integer;
}

static void assert_header(mr_slice headers, const tree *want) {
  mr_event_header h;
  mr_slice name = tree_text(want, "name");
  const tree *value = tree_get(want, "value");
  char text[256];
  snprintf(text, sizeof text, "%.*s", (int)name.len, name.ptr);
  assert_non_null(find(headers, text, &h));
  assert_int_equal(h.type, tree_get(want, "type")->integer);
  if (value->kind != TREE_TEXT) {
    assert_true(h.integer == as_integer(value));
    return;
  }
  mr_buf plain;
  mr_buf_init(&plain, NULL);
  assert_int_equal(mr_base64_decode(&plain, value->text), MR_OK);
  assert_true(mr_slice_equal(h.text, mr_buf_view(&plain)));
  mr_buf_clear(&plain);
}

/* Written again from what was read, a frame has the same bytes. */
static void assert_written_back(mr_slice bytes, const mr_event_message *m) {
  mr_buf headers, frame;
  mr_event_header h;
  mr_slice rest = m->headers;
  mr_buf_init(&headers, NULL);
  mr_buf_init(&frame, NULL);
  while (mr_event_header_next(&rest, &h))
    assert_int_equal(mr_event_put_header(&headers, &h), MR_OK);
  assert_int_equal(mr_event_put_frame(&frame, mr_buf_view(&headers), m->payload), MR_OK);
  assert_true(mr_slice_equal(mr_buf_view(&frame), bytes));
  mr_buf_clear(&headers);
  mr_buf_clear(&frame);
}

static void shared_frames_agree(void **state) {
  static const char *const good[] = {"all_headers", "int32_header", "payload_no_headers",
                                     "payload_one_str_header"};
  char path[200];
  (void)state;
  for (size_t i = 0; i < MR_COUNT(good); i++) {
    size_t len = 0, json_len = 0;
    snprintf(path, sizeof path, "event-stream/frames/encoded/positive/%s", good[i]);
    char *bytes = support_read_shared(path, &len);
    snprintf(path, sizeof path, "event-stream/frames/decoded/positive/%s", good[i]);
    char *json = support_read_shared(path, &json_len);
    if (!bytes || !json) {
      free(bytes);
      free(json);
      skip();
    }
    tree_arena arena = {NULL};
    const tree *want = tree_parse(&arena, mr_slice_make(json, json_len));
    assert_non_null(want);
    mr_event_reader r;
    mr_event_message m;
    read_one(&r, mr_slice_make(bytes, len), &m);
    for (const tree *h = tree_get(want, "headers")->first; h; h = h->next)
      assert_header(m.headers, h);
    mr_buf payload;
    mr_buf_init(&payload, NULL);
    assert_int_equal(mr_base64_decode(&payload, tree_text(want, "payload")), MR_OK);
    assert_true(mr_slice_equal(m.payload, mr_buf_view(&payload)));
    mr_buf_clear(&payload);
    assert_written_back(mr_slice_make(bytes, len), &m);
    end_reader(&r);
    tree_arena_clear(&arena);
    free(bytes);
    free(json);
  }
  printf("frames: %zu whole ones agree, none excluded\n", MR_COUNT(good));
}

static void shared_bad_frames_are_refused(void **state) {
  static const struct {
    const char *name;
    mr_event_check check;
  } bad[] = {{"corrupted_length", MR_EVENT_CHECK_PRELUDE_CRC},
             {"corrupted_payload", MR_EVENT_CHECK_MESSAGE_CRC}};
  char path[200];
  (void)state;
  for (size_t i = 0; i < MR_COUNT(bad); i++) {
    size_t len = 0;
    snprintf(path, sizeof path, "event-stream/frames/encoded/negative/%s", bad[i].name);
    char *bytes = support_read_shared(path, &len);
    if (!bytes)
      skip();
    mr_event_reader r;
    mr_event_message m;
    mr_event_reader_init(&r, NULL);
    mr_event_feed(&r, bytes, len);
    assert_int_equal(mr_event_next(&r, &m), MR_ERR_SYNTAX);
    assert_int_equal(r.check, bad[i].check);
    mr_event_reader_clear(&r);
    free(bytes);
  }
  printf("frames: %zu bad ones refused, none excluded\n", MR_COUNT(bad));
}

static int type_named(mr_slice name) {
  static const char *const names[] = {"boolean", "boolean", "byte",   "short",    "integer",
                                      "long",    "blob",    "string", "timestamp"};
  for (int i = 0; i < (int)MR_COUNT(names); i++)
    if (mr_slice_is(name, names[i]))
      return i;
  return -1;
}

static void smithy_event(const tree *event, size_t *headers_seen) {
  mr_buf bytes;
  mr_event_reader r;
  mr_event_message m;
  mr_event_header h;
  mr_buf_init(&bytes, NULL);
  assert_int_equal(mr_base64_decode(&bytes, tree_text(event, "bytes")), MR_OK);
  read_one(&r, mr_buf_view(&bytes), &m);
  const tree *headers = tree_get(event, "headers");
  for (const tree *t = headers ? headers->first : NULL; t; t = t->next) {
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)t->name.len, t->name.ptr);
    assert_non_null(find(m.headers, name, &h));
    const tree *value = t->first;
    int type = type_named(value->name);
    assert_true(type >= 0);
    assert_true(h.type == type || (type == 0 && h.type == 1));
    if (value->kind == TREE_TEXT && type == MR_EVENT_STRING)
      assert_true(mr_slice_equal(h.text, value->text));
    else if (value->kind != TREE_TEXT)
      assert_true(h.integer == as_integer(value));
    ++*headers_seen;
  }
  const tree *body = tree_get(event, "body");
  if (body && body->kind == TREE_TEXT)
    assert_true(mr_slice_equal(m.payload, body->text));
  assert_written_back(mr_buf_view(&bytes), &m);
  end_reader(&r);
  mr_buf_clear(&bytes);
}

static void smithy_cases_agree(void **state) {
  size_t len = 0, events = 0, headers = 0;
  char *json = support_read_shared("event-stream/smithy-event-stream.json", &len);
  (void)state;
  if (!json)
    skip();
  tree_arena arena = {NULL};
  const tree *all = tree_parse(&arena, mr_slice_make(json, len));
  assert_non_null(all);
  for (const tree *c = tree_get(all, "cases")->first; c; c = c->next) {
    const tree *list = tree_get(c, "events");
    for (const tree *e = list ? list->first : NULL; e; e = e->next)
      if (tree_text(e, "bytes").len) {
        smithy_event(e, &headers);
        events++;
      }
  }
  printf("frames of event-stream cases: %zu, with %zu headers; what is in them: event_members_test\n",
         events, headers);
  assert_true(events >= 20);
  assert_true(headers >= 40);
  tree_arena_clear(&arena);
  free(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shared_frames_agree),
      cmocka_unit_test(shared_bad_frames_are_refused),
      cmocka_unit_test(smithy_cases_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
