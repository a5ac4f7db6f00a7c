/* SPDX-License-Identifier: MIT
 *
 * marshal_test.c -- every operation of the models: what is built is routed back to it and
 * read again to the same values; and what single requests and replies look like. */
#include "tests/support/support.h"

#include <stdio.h>

#include "bindings/marshal.h"
#include "bindings/unmarshal.h"
#include "tests/support/shape_values.h"

static const mr_models *const models = &mr_models_table;

typedef enum values_kind { REQUIRED, ALL, EDGE, KINDS } values_kind;

/* Two operations may have one method and one path: those that a newer one has taken the place
 * of, and the list of directory buckets, which has an address of its own. */
static bool shares_its_route(const mr_operation *op) {
  return (op->flags & MR_OP_DEPRECATED) ||
         mr_slice_is(mr_text(models, op->name), "ListDirectoryBuckets");
}

/* Their members Event and Events have one name in XML. */
static bool is_ambiguous(const mr_operation *op) {
  mr_slice name = mr_text(models, op->name);
  return mr_slice_is(name, "GetBucketNotification") || mr_slice_is(name, "PutBucketNotification");
}

static void as_input(tree_arena *a, mr_marshal *m, const tree *values, mr_input *in) {
  mr_slice rest = mr_buf_view(&m->headers);
  mr_pair *headers = tree_alloc(a, 200 * sizeof *headers);
  memset(in, 0, sizeof *in);
  while (mr_head_next(&rest, &headers[in->header_count]))
    assert_true(++in->header_count < 200);
  in->headers = headers;
  in->path = mr_buf_view(&m->path);
  in->query = mr_buf_view(&m->query);
  in->body = m->verbatim ? tree_text(values, mr_text(models, m->verbatim->name).ptr)
                         : mr_buf_view(&m->body);
  in->status = m->http_status;
}

static void same(const mr_operation *op, const tree *want, const tree *got, const mr_input *in) {
  if (tree_equal(want, got))
    return;
  mr_buf text;
  mr_buf_init(&text, NULL);
  tree_print(&text, want);
  mr_buf_puts(&text, "\n");
  tree_print(&text, got);
  printf("%s\n%s\n%.*s?%.*s\n%.*s\n", mr_text(models, op->name).ptr, mr_buf_text(&text),
         (int)in->path.len, in->path.ptr, (int)in->query.len, in->query.ptr, (int)in->body.len,
         in->body.ptr);
  mr_buf_clear(&text);
  fail();
}

static void there_and_back(const mr_operation *op, unsigned seed, values_kind kind, bool reply) {
  const mr_service *s = &models->services[op->service];
  tree_arena arena = {NULL};
  shape_values v = {
      &arena, models, seed, kind != REQUIRED, kind == EDGE, s->protocol == MR_PROTOCOL_QUERY,
      reply};
  tree *values = shape_values_make(&v, mr_shape_at(models, reply ? op->output : op->input));
  tree_source source;
  tree_sink sink;
  mr_marshal m;
  mr_unmarshal u;
  mr_input in;
  mr_marshal_init(&m, models, NULL);
  mr_unmarshal_init(&u, models, NULL);
  tree_source_init(&source, values, &arena);
  tree_sink_init(&sink, &arena);
  int status =
      reply ? mr_marshal_reply(&m, op, &source.base) : mr_marshal_request(&m, op, &source.base);
  if (status != MR_OK)
    printf("%s: %s\n", mr_text(models, op->name).ptr, mr_buf_text(&m.message));
  assert_int_equal(status, MR_OK);
  assert_int_equal(source.depth, 0);
  assert_int_equal(source.open, 0);
  as_input(&arena, &m, values, &in);
  if (!reply) {
    bool known = false;
    const mr_operation *found = mr_route(models, s, mr_text(models, op->http_method), &in, &known);
    if (found != op && !shares_its_route(op))
      printf("%s is routed to %s\n", mr_text(models, op->name).ptr,
             found ? mr_text(models, found->name).ptr : "nothing");
    assert_non_null(found);
    assert_true(found == op || shares_its_route(op));
  }
  status = reply ? mr_unmarshal_reply(&u, op, &in, &sink.base)
                 : mr_unmarshal_request(&u, op, &in, &sink.base);
  if (status != MR_OK)
    printf("%s: %s\n", mr_text(models, op->name).ptr, mr_buf_text(&u.message));
  assert_int_equal(status, MR_OK);
  if (!is_ambiguous(op))
    same(op, values, sink.root, &in);
  mr_marshal_clear(&m);
  mr_unmarshal_clear(&u);
  tree_arena_clear(&arena);
}

static void test_every_operation_there_and_back(void **state) {
  int count = 0, cases = 0;
  MR_UNUSED(state);
  for (uint32_t i = 0; i < models->service_count; i++)
    for (uint32_t k = 0; k < models->services[i].operations.count; k++) {
      const mr_operation *op = &models->operations[models->services[i].operations.first + k];
      count++;
      for (unsigned seed = 0; seed < 18; seed++)
        for (values_kind kind = REQUIRED; kind < KINDS; kind++, cases += 2) {
          if (!mr_operation_is_duplex(models, op))
            there_and_back(op, seed, kind, false);
          there_and_back(op, seed, kind, true);
        }
    }
  printf("%d operations, %d cases\n", count, cases);
}

/* ---- single messages ---- */

typedef struct made {
  tree_arena arena;
  mr_marshal m;
  tree_source source;
  int status;
} made;

static void build(made *b, const char *service, const char *operation, const char *params,
                  bool reply) {
  const mr_service *s = mr_service_find(models, mr_slice_of(service));
  const mr_operation *op = mr_operation_find(models, s, mr_slice_of(operation));
  assert_non_null(op);
  b->arena.blocks = NULL;
  const tree *t = tree_parse(&b->arena, mr_slice_of(params));
  assert_non_null(t);
  tree_source_init(&b->source, t, &b->arena);
  mr_marshal_init(&b->m, models, NULL);
  b->status = reply ? mr_marshal_reply(&b->m, op, &b->source.base)
                    : mr_marshal_request(&b->m, op, &b->source.base);
}

static void drop(made *b) {
  mr_marshal_clear(&b->m);
  tree_arena_clear(&b->arena);
}

static const char *header(made *b, const char *want) {
  mr_slice rest = mr_buf_view(&b->m.headers);
  for (mr_pair h; mr_head_next(&rest, &h);)
    if (mr_slice_is(h.name, want))
      return tree_copy(&b->arena, h.value).ptr;
  return "";
}

/* ARNs inside paths, and object keys. */
static void test_paths(void **state) {
  made b;
  MR_UNUSED(state);
  build(&b, "bedrock-runtime", "invoke_model",
        "{\"modelId\":\"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/"
        "abcdefghijkl\",\"body\":\"{}\"}",
        false);
  assert_string_equal(
      mr_buf_text(&b.m.path),
      "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdefghijkl/"
      "invoke");
  assert_non_null(b.m.verbatim);
  assert_int_equal(b.m.headers.len, 0); /* no content type is invented for it */
  drop(&b);
  build(&b, "s3", "put_object", "{\"Bucket\":\"b\",\"Key\":\"a b/\xc3\xbc+x=1.jsonl\"}", false);
  assert_string_equal(mr_buf_text(&b.m.path), "/b/a%20b/%C3%BC%2Bx%3D1.jsonl");
  drop(&b);
  build(&b, "s3", "upload_part",
        "{\"Bucket\":\"b\",\"Key\":\"k\",\"PartNumber\":3,\"UploadId\":\"i d\",\"Body\":\"x\"}",
        false);
  assert_string_equal(mr_buf_text(&b.m.query), "partNumber=3&uploadId=i%20d");
  drop(&b);
  build(&b, "s3", "get_object", "{\"Bucket\":\"b\",\"Key\":\"\"}", false);
  assert_int_equal(b.status, MR_ERR_ARG);
  assert_string_equal(mr_buf_text(&b.m.message), "Key: must not be empty");
  drop(&b);
}

static void test_headers(void **state) {
  made b;
  MR_UNUSED(state);
  build(&b, "s3", "put_object",
        "{\"Bucket\":\"b\",\"Key\":\"k\",\"Metadata\":{\"b\":\"2\",\"a\":\"1\"},\"Expires\":0,"
        "\"ContentLength\":5}",
        false);
  assert_string_equal(header(&b, "x-amz-meta-a"), "1");
  assert_string_equal(header(&b, "expires"), "Thu, 01 Jan 1970 00:00:00 GMT");
  assert_string_equal(header(&b, "content-length"), "5");
  assert_false(b.m.has_body);
  drop(&b);
  build(&b, "s3", "put_object", "{\"Bucket\":\"b\",\"Key\":\"k\",\"ContentType\":\"a\\r\\nx: y\"}",
        false);
  assert_int_equal(b.status, MR_ERR_ARG);
  drop(&b);
}

static void test_json_bodies(void **state) {
  made b;
  MR_UNUSED(state);
  build(&b, "bedrock", "create_model_customization_job",
        "{\"jobName\":\"j\",\"hyperParameters\":{\"epochCount\":5,\"batchSize\":\"4\",\"rate\":1.0}"
        ",\"clientRequestToken\":null}",
        false);
  assert_string_equal(mr_buf_text(&b.m.body),
                      "{\"jobName\":\"j\",\"hyperParameters\":{\"batchSize\":\"4\",\"epochCount\":"
                      "\"5\",\"rate\":\"1.0\"}}");
  assert_string_equal(header(&b, "content-type"), "application/json");
  drop(&b);
  build(&b, "bedrock", "list_custom_models",
        "{\"isOwned\":true,\"creationTimeAfter\":1767225600,\"maxResults\":10}", false);
  assert_string_equal(mr_buf_text(&b.m.query),
                      "creationTimeAfter=2026-01-01T00%3A00%3A00Z&maxResults=10&isOwned=true");
  assert_false(b.m.has_body);
  drop(&b);
  build(&b, "bedrock-runtime", "count_tokens",
        "{\"modelId\":\"m\",\"input\":{\"invokeModel\":{\"body\":\"{}\"}}}", false);
  assert_string_equal(mr_buf_text(&b.m.body), "{\"input\":{\"invokeModel\":{\"body\":\"e30=\"}}}");
  drop(&b);
}

static void test_xml_bodies(void **state) {
  made b;
  MR_UNUSED(state);
  build(&b, "s3", "delete_objects",
        "{\"Bucket\":\"b\",\"Delete\":{\"Objects\":[{\"Key\":\"<a>\"},{\"Key\":\"b\",\"VersionId\":"
        "\"v\"}],\"Quiet\":true}}",
        false);
  assert_string_equal(
      mr_buf_text(&b.m.body),
      "<Delete "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>&lt;a&gt;</Key></Object>"
      "<Object><Key>b</Key><VersionId>v</VersionId></Object><Quiet>true</Quiet></Delete>");
  assert_string_equal(header(&b, "content-type"), "application/xml");
  drop(&b);
  build(&b, "s3", "create_bucket", "{\"Bucket\":\"b\"}", false);
  assert_false(b.m.has_body);
  assert_int_equal(b.m.headers.len, 0);
  drop(&b);
  build(&b, "s3", "get_bucket_location", "{\"LocationConstraint\":\"us-west-2\"}", true);
  assert_string_equal(
      mr_buf_text(&b.m.body),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<LocationConstraint "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">us-west-2</LocationConstraint>");
  drop(&b);
}

static void test_errors(void **state) {
  made b;
  MR_UNUSED(state);
  const mr_service *s3 = mr_service_find(models, mr_slice_of("s3")),
                   *bedrock = mr_service_find(models, mr_slice_of("bedrock"));
  b.arena.blocks = NULL;
  const tree *fields =
      tree_parse(&b.arena, mr_slice_of("{\"Key\":\"a&b\",\"resourceName\":\"r\"}"));
  mr_marshal_init(&b.m, models, NULL);
  tree_source_init(&b.source, fields, &b.arena);
  assert_int_equal(mr_marshal_error(&b.m, s3, mr_slice_of("NoSuchKey"), mr_slice_of("no <key>"), 0,
                                    mr_slice_of("id"), false, &b.source.base),
                   MR_OK);
  assert_int_equal(b.m.http_status, 404);
  assert_string_equal(
      mr_buf_text(&b.m.body),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>no "
      "&lt;key&gt;</Message>"
      "<Key>a&amp;b</Key><resourceName>r</resourceName><RequestId>id</RequestId></Error>");
  assert_int_equal(mr_marshal_error(&b.m, s3, mr_slice_of("NoSuchKey"), mr_slice_of("x"), 0,
                                    mr_slice_of(""), true, NULL),
                   MR_OK);
  assert_int_equal(b.m.body.len, 0);
  assert_int_equal(mr_marshal_error(&b.m, bedrock, mr_slice_of("TooManyTagsException"),
                                    mr_slice_of("too many"), 0, mr_slice_of(""), false,
                                    &b.source.base),
                   MR_OK);
  assert_int_equal(b.m.http_status, 400);
  assert_string_equal(mr_buf_text(&b.m.body), "{\"message\":\"too many\",\"resourceName\":\"r\"}");
  assert_string_equal(header(&b, "x-amzn-errortype"), "TooManyTagsException");
  drop(&b);
}

static void test_memory_runs_out(void **state) {
  const mr_operation *op = mr_operation_find(models, mr_service_find(models, mr_slice_of("s3")),
                                             mr_slice_of("delete_objects"));
  tree_arena arena = {NULL};
  const tree *t = tree_parse(
      &arena, mr_slice_of("{\"Bucket\":\"b\",\"Delete\":{\"Objects\":[{\"Key\":\"k\"}]}}"));
  MR_UNUSED(state);
  for (long at = 1; at < 30; at++) {
    support_failing failing = {at, 0, false};
    mr_alloc alloc;
    mr_marshal m;
    tree_source source;
    mr_alloc_init(&alloc, support_failing_alloc, &failing, 0);
    mr_marshal_init(&m, models, &alloc);
    tree_source_init(&source, t, &arena);
    int status = mr_marshal_request(&m, op, &source.base);
    if (status != MR_ERR_MEMORY && failing.count >= at)
      printf("request %ld of %ld: %d %s\n", at, failing.count, status, mr_buf_text(&m.message));
    assert_true(status == MR_ERR_MEMORY || failing.count < at);
    mr_marshal_clear(&m);
    assert_int_equal(alloc.used, 0);
  }
  tree_arena_clear(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_operation_there_and_back),
      cmocka_unit_test(test_paths),
      cmocka_unit_test(test_headers),
      cmocka_unit_test(test_json_bodies),
      cmocka_unit_test(test_xml_bodies),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
