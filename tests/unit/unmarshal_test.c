/* SPDX-License-Identifier: MIT
 *
 * unmarshal_test.c -- replies as they really come, errors of every shape, and what a strict
 * reader refuses in a request. */
#include "tests/support/support.h"

#include <stdio.h>

#include "bindings/unmarshal.h"
#include "tests/support/json_tree.h"

static const mr_models *const models = &mr_models_table;

typedef struct got {
  tree_arena arena;
  mr_unmarshal u;
  tree_sink sink;
  int status;
} got;

static const mr_operation *operation(const char *service, const char *name) {
  const mr_operation *op =
      mr_operation_find(models, mr_service_find(models, mr_slice_of(service)), mr_slice_of(name));
  assert_non_null(op);
  return op;
}

static void start(got *g) {
  g->arena.blocks = NULL;
  mr_unmarshal_init(&g->u, models, NULL);
  tree_sink_init(&g->sink, &g->arena);
}

static void drop(got *g) {
  mr_unmarshal_clear(&g->u);
  tree_arena_clear(&g->arena);
}

static void reply(got *g, const char *service, const char *name, int status, const char *body) {
  static const mr_pair headers[] = {
      {{"ETag", 4}, {"\"abc\"", 5}},
      {{"X-Amz-Meta-A", 12}, {"1", 1}},
      {{"last-modified", 13}, {"Thu, 01 Jan 2026 00:00:00 GMT", 29}},
      {{"Content-Length", 14}, {" 5 ", 3}},
      {{"x-amzn-requestid", 16}, {"rid", 3}}};
  mr_input in = {{"", 0}, {"", 0}, headers, MR_COUNT(headers), mr_slice_of(body), status};
  start(g);
  g->status = mr_unmarshal_reply(&g->u, operation(service, name), &in, &g->sink.base);
}

static void expect(got *g, const char *json) {
  const tree *want = tree_parse(&g->arena, mr_slice_of(json));
  assert_non_null(want);
  if (g->status != MR_OK)
    printf("%s\n", mr_buf_text(&g->u.message));
  assert_int_equal(g->status, MR_OK);
  if (!tree_equal(want, g->sink.root)) {
    mr_buf text;
    mr_buf_init(&text, NULL);
    tree_print(&text, g->sink.root);
    printf("%s\n", mr_buf_text(&text));
    mr_buf_clear(&text);
    fail();
  }
  drop(g);
}

static void test_json_replies(void **state) {
  got g;
  MR_UNUSED(state);
  reply(&g, "bedrock", "get_model_customization_job", 200,
        "{\"jobArn\":\"a\",\"status\":\"InProgress\",\"creationTime\":\"2026-01-01T00:00:00.250Z\","
        "\"endTime\":null,"
        "\"futureMember\":{\"x\":[1,{}]},\"trainingMetrics\":{\"trainingLoss\":0.5},"
        "\"validationMetrics\":[]}");
  expect(&g, "{\"jobArn\":\"a\",\"status\":\"InProgress\",\"creationTime\":1767225600.25,"
             "\"trainingMetrics\":{\"trainingLoss\":0.5},\"validationMetrics\":[]}");
  reply(&g, "bedrock", "get_custom_model", 200, "");
  expect(&g, "{}");
  reply(&g, "bedrock", "get_custom_model", 200,
        "{\"modelName\":5}"); /* newer than the model: passed on */
  expect(&g, "{\"modelName\":5}");
  reply(&g, "bedrock-runtime", "count_tokens", 200, "{\"inputTokens\":7}");
  expect(&g, "{\"inputTokens\":7}");
}

static void test_blob_payload(void **state) {
  got g;
  MR_UNUSED(state);
  reply(&g, "bedrock-runtime", "invoke_model", 200, "raw \xff bytes");
  assert_int_equal(g.status, MR_OK);
  assert_true(mr_slice_is(tree_text(g.sink.root, "body"), "raw \xff bytes"));
  drop(&g);
}

static void test_malformed_replies(void **state) {
  static const char *const bad[] = {
      "{", "[]", "{\"jobArn\":}", "{\"jobArn\":\"a\"} x", "{\"jobArn\":\"\xff\"}", "null",
      "{\"hyperParameters\":[]}", "{\"validationMetrics\":{}}", "{\"outputDataConfig\":\"s3://b\"}"};
  got g;
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(bad); i++) {
    reply(&g, "bedrock", "get_model_customization_job", 200, bad[i]);
    assert_int_not_equal(g.status, MR_OK);
    assert_true(g.u.message.len > 0);
    drop(&g);
  }
  reply(&g, "s3", "list_objects_v2", 200, "<ListBucketResult><Name>");
  assert_int_equal(g.status, MR_ERR_SYNTAX);
  drop(&g);
}

static void test_s3_replies(void **state) {
  got g;
  MR_UNUSED(state);
  reply(&g, "s3", "list_objects_v2", 200,
        "<?xml version=\"1.0\"?><ListBucketResult "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
        "<Contents><Key>a</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>5</"
        "Size></Contents>"
        "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes><Unknown><x/></Unknown>"
        "<Contents><Key>b&amp;c</Key><ChecksumAlgorithm>CRC32</ChecksumAlgorithm></Contents>"
        "<IsTruncated>false</IsTruncated></ListBucketResult>");
  expect(&g, "{\"Name\":\"b\",\"IsTruncated\":false,\"CommonPrefixes\":[{\"Prefix\":\"p/"
             "\"}],\"Contents\":["
             "{\"Key\":\"a\",\"LastModified\":1767225600,\"Size\":5},"
             "{\"Key\":\"b&c\",\"ChecksumAlgorithm\":[\"CRC32\"]}]}");
  reply(&g, "s3", "head_object", 200, "");
  expect(&g, "{\"ETag\":\"\\\"abc\\\"\",\"Metadata\":{\"a\":\"1\"},\"LastModified\":1767225600,"
             "\"ContentLength\":5}");
  reply(&g, "s3", "get_object", 200, ""); /* the body is the caller's */
  expect(&g, "{\"ETag\":\"\\\"abc\\\"\",\"Metadata\":{\"a\":\"1\"},\"LastModified\":1767225600,"
             "\"ContentLength\":5}");
  reply(&g, "s3", "get_bucket_location", 200, "<LocationConstraint xmlns=\"x\"/>");
  expect(&g, "{}");
  reply(&g, "s3", "copy_object", 200, "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>");
  expect(&g, "{\"CopyObjectResult\":{\"ETag\":\"\\\"e\\\"\"}}");
}

static void error(got *g, const char *service, int status, const mr_pair *headers, size_t n,
                  const char *body) {
  mr_input in = {{"", 0}, {"", 0}, headers, n, mr_slice_of(body), status};
  start(g);
  g->status = mr_unmarshal_error(&g->u, mr_service_find(models, mr_slice_of(service)), NULL, &in,
                                 &g->sink.base);
  assert_int_equal(g->status, MR_OK);
  assert_int_equal(g->sink.depth, 0);
}

static void is_code(got *g, const char *code) {
  mr_slice found = tree_text(g->sink.root, "code");
  if (!mr_slice_is(found, code))
    printf("expected %s, got %s\n", code, found.ptr);
  assert_true(mr_slice_is(found, code));
  assert_true(tree_text(g->sink.root, "message").len > 0);
  assert_non_null(tree_get(g->sink.root, "fields"));
  drop(g);
}

static void test_errors(void **state) {
  static const mr_pair type[] = {
      {{"X-Amzn-ErrorType", 16}, {"ValidationException:http://x/y", 30}},
      {{"x-amzn-requestid", 16}, {"rid", 3}}};
  got g;
  MR_UNUSED(state);
  error(&g, "bedrock", 400, type, 2, "{\"message\":\"no\",\"code\":\"Other\"}");
  assert_true(mr_slice_is(tree_text(g.sink.root, "message"), "no"));
  assert_true(mr_slice_is(tree_text(g.sink.root, "request_id"), "rid"));
  is_code(&g, "ValidationException");
  error(&g, "bedrock", 400, NULL, 0,
        "{\"Message\":\"no\",\"__type\":\"com.amazon#ThrottlingException\"}");
  is_code(&g, "ThrottlingException");
  error(&g, "bedrock", 400, NULL, 0, "{\"__type\":\"a#B\",\"code\":\"a#Coded:http://x\"}");
  is_code(&g, "Coded");
  error(&g, "bedrock-runtime", 424, NULL, 0,
        "{\"__type\":\"ModelErrorException\",\"message\":\"m\",\"originalStatusCode\":500,"
        "\"resourceName\":\"r\"}");
  assert_int_equal(tree_get(tree_get(g.sink.root, "fields"), "originalStatusCode")->integer, 500);
  is_code(&g, "ModelErrorException");
  error(&g, "bedrock", 502, NULL, 0, "<html>Bad Gateway</html>");
  is_code(&g, "BadGateway");
  error(&g, "bedrock", 599, NULL, 0, "");
  is_code(&g, "Unknown");
  error(&g, "s3", 301, NULL, 0,
        "<Error><Code>PermanentRedirect</Code><Message>m</"
        "Message><Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint>"
        "<RequestId>q</RequestId></Error>");
  assert_true(mr_slice_is(tree_text(tree_get(g.sink.root, "fields"), "Endpoint"),
                          "b.s3.eu-west-1.amazonaws.com"));
  assert_true(mr_slice_is(tree_text(g.sink.root, "request_id"), "q"));
  is_code(&g, "PermanentRedirect");
  error(&g, "s3", 404, NULL, 0, ""); /* a HEAD */
  is_code(&g, "NotFound");
  error(&g, "s3", 503, NULL, 0, "not <xml");
  is_code(&g, "ServiceUnavailable");
}

static void test_errors_with_status_200(void **state) {
  mr_input in = {
      {"", 0}, {"", 0}, NULL, 0, mr_slice_of("\n \n<Error><Code>InternalError</Code></Error>"),
      200};
  got g;
  MR_UNUSED(state);
  start(&g);
  assert_true(mr_reply_is_error(&g.u, operation("s3", "complete_multipart_upload"), &in));
  in.body = mr_slice_of("<?xml version=\"1.0\"?><Error><Code>SlowDown</Code></Error>");
  assert_true(mr_reply_is_error(&g.u, operation("s3", "copy_object"), &in));
  in.body = mr_slice_of("<CompleteMultipartUploadResult/>");
  assert_false(mr_reply_is_error(&g.u, operation("s3", "complete_multipart_upload"), &in));
  in.body = mr_slice_of("<Error>an object's own text</Error>");
  assert_false(mr_reply_is_error(&g.u, operation("s3", "get_object"), &in));
  drop(&g);
}

static void request(got *g, const char *service, const char *name, const char *path,
                    const char *query, const char *body) {
  mr_input in = {mr_slice_of(path), mr_slice_of(query), NULL, 0, mr_slice_of(body), 0};
  start(g);
  g->status = mr_unmarshal_request(&g->u, operation(service, name), &in, &g->sink.base);
}

static void test_requests(void **state) {
  got g;
  MR_UNUSED(state);
  request(&g, "s3", "list_objects_v2", "/b",
          "list-type=2&prefix=a%2Fb+c&max-keys=7&fetch-owner=true", "");
  expect(&g, "{\"Bucket\":\"b\",\"Prefix\":\"a/b c\",\"MaxKeys\":7,\"FetchOwner\":true}");
  request(&g, "s3", "get_object", "/b/a%2Bb/../c%20d//", "", "");
  expect(&g, "{\"Bucket\":\"b\",\"Key\":\"a+b/../c d//\"}");
  request(&g, "bedrock", "get_model_customization_job",
          "/model-customization-jobs/arn:aws:x%2Fy%2Fz", "", "");
  expect(&g, "{\"jobIdentifier\":\"arn:aws:x/y/z\"}");
  request(&g, "s3", "list_objects_v2", "/b", "list-type=2&max-keys=many", "");
  assert_int_equal(g.status, MR_ERR_ARG);
  drop(&g);
  request(&g, "bedrock", "create_model_customization_job", "/model-customization-jobs", "",
          "{\"jobName\":5}");
  assert_int_equal(g.status, MR_ERR_ARG);
  assert_string_equal(mr_buf_text(&g.u.message), "jobName: expected a string");
  drop(&g);
  request(&g, "s3", "delete_objects", "/b", "delete", "<Delete><Object><Key>a</Key></Object>");
  assert_int_equal(g.status, MR_ERR_SYNTAX);
  drop(&g);
}

static void test_depth_is_limited(void **state) {
  char body[2000] = "{\"input\":{\"converse\":{\"additionalModelRequestFields\":";
  got g;
  MR_UNUSED(state);
  size_t n = strlen(body);
  memset(body + n, '[', 500);
  memset(body + n + 500, ']', 500);
  strcpy(body + n + 1000, "}}}");
  request(&g, "bedrock-runtime", "count_tokens", "/model/m/count-tokens", "", body);
  assert_int_equal(g.status, MR_ERR_LIMIT);
  drop(&g);
}

static void test_memory_runs_out(void **state) {
  static const struct {
    const char *service, *name, *body;
  } cases[] = {
      {"s3", "list_objects_v2", "<a><Contents><Key>k&amp;</Key></Contents><Name>n</Name></a>"},
      {"bedrock", "get_custom_model",
       "{\"hyperParameters\":{\"a\\n\":\"b\\u0041\"},\"modelName\":\"x\\ty\"}"},
      {"bedrock-runtime", "converse",
       "{\"output\":{\"message\":{\"role\":\"user\",\"content\":[]}}}"}};
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(cases); i++)
    for (long at = 1; at < 40; at++) {
      mr_input in = {{"", 0}, {"", 0}, NULL, 0, mr_slice_of(cases[i].body), 200};
      support_failing failing = {at, 0, false};
      tree_arena arena = {NULL};
      tree_sink sink;
      mr_alloc alloc;
      mr_unmarshal u;
      mr_alloc_init(&alloc, support_failing_alloc, &failing, 0);
      mr_unmarshal_init(&u, models, &alloc);
      tree_sink_init(&sink, &arena);
      int status =
          mr_unmarshal_reply(&u, operation(cases[i].service, cases[i].name), &in, &sink.base);
      if (status != MR_ERR_MEMORY && failing.count >= at)
        printf("%s: request %ld of %ld: %d\n", cases[i].name, at, failing.count, status);
      assert_true(status == MR_ERR_MEMORY || failing.count < at);
      mr_unmarshal_clear(&u);
      assert_int_equal(alloc.used, 0);
      tree_arena_clear(&arena);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json_replies),
      cmocka_unit_test(test_blob_payload),
      cmocka_unit_test(test_malformed_replies),
      cmocka_unit_test(test_s3_replies),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_errors_with_status_200),
      cmocka_unit_test(test_requests),
      cmocka_unit_test(test_depth_is_limited),
      cmocka_unit_test(test_memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
