/* SPDX-License-Identifier: MIT
 *
 * check_test.c -- each way in which parameters can be wrong, and the words for it. */
#include "tests/support/support.h"

#include <stdio.h>

#include "bindings/check.h"
#include "tests/support/shape_values.h"

static const mr_models *const models = &mr_models_table;

typedef struct findings {
  char text[4096]; /* "path: message [suggestion]" lines */
  size_t count;
} findings;

static void found(void *ud, const mr_problem *p) {
  findings *f = ud;
  size_t n = strlen(f->text);
  snprintf(f->text + n, sizeof f->text - n, "%.*s: %.*s%s%.*s%s\n", (int)p->path.len, p->path.ptr,
           (int)p->message.len, p->message.ptr, p->suggestion.len ? " [" : "",
           (int)p->suggestion.len, p->suggestion.ptr, p->suggestion.len ? "]" : "");
  f->count++;
}

static findings check(const char *service, const char *name, const char *params, bool server) {
  const mr_operation *op =
      mr_operation_find(models, mr_service_find(models, mr_slice_of(service)), mr_slice_of(name));
  findings f = {"", 0};
  tree_arena arena = {NULL};
  tree_source source;
  mr_check c;
  assert_non_null(op);
  const tree *t = tree_parse(&arena, mr_slice_of(params));
  assert_non_null(t);
  mr_check_init(&c, models, NULL);
  c.report = found;
  c.ud = &f;
  c.server = server;
  tree_source_init(&source, t, &arena);
  assert_int_equal(mr_check_value(&c, mr_shape_at(models, op->input), &source.base), MR_OK);
  assert_int_equal(c.problems, f.count);
  assert_int_equal(source.depth, 0);
  assert_int_equal(source.open, 0);
  mr_check_clear(&c);
  tree_arena_clear(&arena);
  return f;
}

static void client(const char *service, const char *name, const char *params, const char *want) {
  findings f = check(service, name, params, false);
  assert_string_equal(f.text, want);
}

#define JOB(more)                                                                                  \
  "{\"jobName\":\"j\",\"customModelName\":\"m\",\"roleArn\":\"arn:aws:iam::123456789012:role/r\"," \
  "\"baseModelIdentifier\":\"amazon.nova\",\"trainingDataConfig\":{\"s3Uri\":\"s3://bucket/t\"},"  \
  "\"outputDataConfig\":{\"s3Uri\":\"s3://bucket/o/\"}" more "}"
#define CREATE "bedrock", "create_model_customization_job"

static void test_what_is_right(void **state) {
  MR_UNUSED(state);
  client(CREATE, JOB(""), "");
  client(CREATE,
         JOB(",\"hyperParameters\":{\"epochCount\":5,\"rate\":1.0,\"x\":\"y\"},\"vpcConfig\":null"),
         "");
  client("s3", "put_object",
         "{\"Bucket\":\"b\",\"Key\":\"k\",\"Body\":{\"path\":\"x\"},\"Expires\":\"2026-01-01T00:00:"
         "00Z\"}",
         "");
  client("s3", "list_buckets", "{}", "");
  client("bedrock", "delete_model_invocation_logging_configuration", "{}", "");
}

static void test_names(void **state) {
  MR_UNUSED(state);
  client(CREATE, JOB(",\"hyperParamters\":{},\"outputdataconfig\":{}"),
         "hyperParamters: no such parameter [hyperParameters]\noutputdataconfig: no such parameter "
         "[outputDataConfig]\n");
  client(CREATE, JOB(",\"vpcConfig\":{\"subnetIds\":[\"a\"],\"securityGroupIds\":[\"b\"],\"x\":1}"),
         "vpcConfig.x: no such parameter\n");
  client("s3", "get_object", "{}", "Bucket: is required\nKey: is required\n");
}

static void test_types_and_places(void **state) {
  MR_UNUSED(state);
  client("bedrock-runtime", "converse",
         "{\"modelId\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"a\"}]},"
         "{\"role\":\"usr\",\"content\":[{\"text\":\"a\"},{\"text\":[]}]}]}",
         "messages[2].role: \"usr\" is not one of user, assistant, system [user]\n"
         "messages[2].content[2].text: expected a string, got a table\n");
  client(CREATE, JOB(",\"jobTags\":{\"key\":\"a\"}"),
         "jobTags: expected a list, got a table with names\n");
  client(CREATE, JOB(",\"vpcConfig\":\"x\""), "vpcConfig: expected a table, got a string\n");
  client("bedrock", "create_provisioned_model_throughput",
         "{\"modelUnits\":0,\"provisionedModelName\":\"p\",\"modelId\":\"amazon.nova\"}",
         "modelUnits: must be at least 1, is 0\n");
  client("bedrock", "create_provisioned_model_throughput",
         "{\"modelUnits\":1.5,\"provisionedModelName\":\"p\",\"modelId\":\"amazon.nova\"}",
         "modelUnits: expected an integer, got a number\n");
  client("bedrock", "list_custom_models",
         "{\"isOwned\":\"yes\",\"creationTimeAfter\":\"soon\",\"maxResults\":1001}",
         "creationTimeAfter: expected a time (seconds since 1970, or ISO 8601), got a string\n"
         "maxResults: must be 1 to 1000, is 1001\n"
         "isOwned: expected true or false, got a string\n");
  client(
      "s3", "put_object",
      "{\"Bucket\":\"\",\"Key\":\"k\",\"ContentType\":\"a\\nb\",\"Metadata\":{\"a\":\"x\\r\\ny\"}}",
      "Bucket: must not be empty\nContentType: travels in a header, which can hold neither line "
      "breaks nor NUL\n"
      "Metadata.a: travels in a header, which can hold neither line breaks nor NUL\n");
}

static void test_names_of_headers(void **state) {
  MR_UNUSED(state);
  client("s3", "put_object",
         "{\"Bucket\":\"b\",\"Key\":\"k\",\"Metadata\":{\"a b\":\"1\",\"ok-1\":\"2\"}}",
         "Metadata.a b: becomes part of a header's name, which takes only ASCII letters, digits "
         "and -_.\n");
}

static void test_constraints(void **state) {
  MR_UNUSED(state);
  client(CREATE, JOB(",\"clientRequestToken\":\"\""),
         "clientRequestToken: must have 1 to 256 characters, has 0\n"
         "clientRequestToken: \"\" must match the pattern "
         "[a-zA-Z0-9]([-a-zA-Z0-9]{0,254}[a-zA-Z0-9])?\n");
  findings f = check(CREATE, JOB(",\"customizationType\":\"FINETUNING\""), false);
  assert_non_null(strstr(f.text, "[FINE_TUNING]"));
  client(CREATE, JOB(",\"validationDataConfig\":{\"validators\":[1,2,3,4,5,6,7,8,9,10,11]}"),
         "validationDataConfig.validators: must have 0 to 10 items, has 11\n"
         "validationDataConfig.validators[1]: expected a table, got an integer\n"
         "validationDataConfig.validators[2]: expected a table, got an integer\n"
         "validationDataConfig.validators[3]: expected a table, got an integer\n"
         "validationDataConfig.validators[4]: expected a table, got an integer\n"
         "validationDataConfig.validators[5]: expected a table, got an integer\n"
         "validationDataConfig.validators[6]: expected a table, got an integer\n"
         "validationDataConfig.validators[7]: expected a table, got an integer\n"
         "validationDataConfig.validators[8]: expected a table, got an integer\n"
         "validationDataConfig.validators[9]: expected a table, got an integer\n"
         "validationDataConfig.validators[10]: expected a table, got an integer\n"
         "validationDataConfig.validators[11]: expected a table, got an integer\n");
  client("bedrock-runtime", "count_tokens", "{\"modelId\":\"m\",\"input\":{}}",
         "input: takes exactly one of its members, has 0: invokeModel, converse\n");
  client("bedrock-runtime", "count_tokens",
         "{\"modelId\":\"m\",\"input\":{\"invokeModel\":{\"body\":\"x\"},\"converse\":{}}}",
         "input: takes exactly one of its members, has 2: invokeModel, converse\n");
}

/* The words of a constraint failure. */
static void test_words_of_the_service(void **state) {
  MR_UNUSED(state);
  findings f = check("bedrock", "list_custom_models", "{\"maxResults\":0}", true);
  assert_string_equal(f.text, "maxResults: Value '0' at 'maxResults' failed to satisfy constraint: "
                              "Member must have value greater than or equal to 1\n");
  f = check(CREATE, "{\"jobTags\":[{\"key\":\"\",\"value\":\"v\"}]}", true);
  assert_non_null(strstr(
      f.text,
      "jobName: Value null at 'jobName' failed to satisfy constraint: Member must not be null"));
  assert_non_null(strstr(f.text, "Value '' at 'jobTags.1.member.key' failed to satisfy constraint: "
                                 "Member must have length greater than or equal to 1"));
  f = check(CREATE, JOB(",\"customizationType\":\"X\",\"unknown\":1"), true);
  assert_string_equal(f.text, "customizationType: Value 'X' at 'customizationType' failed to "
                              "satisfy constraint: Member must satisfy "
                              "enum value set: [FINE_TUNING, CONTINUED_PRE_TRAINING, DISTILLATION, "
                              "REINFORCEMENT_FINE_TUNING, IMPORTED]\n");
}

/* Values that fit the types of a shape are refused for patterns, lengths and ranges only. */
static void test_types_of_every_operation(void **state) {
  MR_UNUSED(state);
  for (uint32_t i = 0; i < models->service_count; i++)
    for (uint32_t k = 0; k < models->services[i].operations.count; k++) {
      const mr_operation *op = &models->operations[models->services[i].operations.first + k];
      tree_arena arena = {NULL};
      shape_values v = {&arena, models, k, true, false, false, false};
      if (mr_operation_is_duplex(models, op))
        continue; /* the events that it sends are not made up */
      findings f = {"", 0};
      tree_source source;
      mr_check c;
      const tree *t = shape_values_make(&v, mr_shape_at(models, op->input));
      mr_check_init(&c, models, NULL);
      c.report = found;
      c.ud = &f;
      tree_source_init(&source, t, &arena);
      assert_int_equal(mr_check_value(&c, mr_shape_at(models, op->input), &source.base), MR_OK);
      assert_null(strstr(f.text, "expected"));
      if (strstr(f.text, "is required"))
        printf("%s: %s\n", mr_text(models, op->name).ptr, f.text);
      assert_null(strstr(f.text, "is required"));
      assert_null(strstr(f.text, "no such"));
      mr_check_clear(&c);
      tree_arena_clear(&arena);
    }
}

static void test_memory_runs_out(void **state) {
  const mr_operation *op =
      mr_operation_find(models, mr_service_find(models, mr_slice_of("bedrock")),
                        mr_slice_of("create_model_customization_job"));
  MR_UNUSED(state);
  for (long at = 1; at < 60; at++) {
    support_failing failing = {at, 0, false};
    findings f = {"", 0};
    tree_arena arena = {NULL};
    tree_source source;
    mr_alloc alloc;
    mr_check c;
    const tree *t = tree_parse(
        &arena, mr_slice_of(JOB(",\"customizationType\":\"X\",\"hyperParameters\":{\"a\":5}")));
    mr_alloc_init(&alloc, support_failing_alloc, &failing, 0);
    mr_check_init(&c, models, &alloc);
    c.report = found;
    c.ud = &f;
    tree_source_init(&source, t, &arena);
    int status = mr_check_value(&c, mr_shape_at(models, op->input), &source.base);
    if (status != MR_ERR_MEMORY && failing.count >= at)
      printf("request %ld of %ld: %d %s\n", at, failing.count, status, f.text);
    assert_true(status == MR_ERR_MEMORY || failing.count < at);
    mr_check_clear(&c);
    assert_int_equal(alloc.used, 0);
    tree_arena_clear(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_is_right),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_types_and_places),
      cmocka_unit_test(test_names_of_headers),
      cmocka_unit_test(test_constraints),
      cmocka_unit_test(test_words_of_the_service),
      cmocka_unit_test(test_types_of_every_operation),
      cmocka_unit_test(test_memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
