/* SPDX-License-Identifier: MIT
 *
 * shape_test.c -- look-ups in the compiled models, and guesses at what was meant. */
#include "tests/support/support.h"

#include <stdio.h>

#include "bindings/shape.h"

static const mr_models *const m = &mr_models_table;

static const mr_service *service(const char *name) {
  const mr_service *s = mr_service_find(m, mr_slice_of(name));
  assert_non_null(s);
  return s;
}

static bool is(mr_slice s, const char *text) {
  return mr_slice_is(s, text);
}

static void test_services(void **state) {
  MR_UNUSED(state);
  assert_int_equal(service("s3")->protocol, MR_PROTOCOL_REST_XML);
  assert_int_equal(service("bedrock")->protocol, MR_PROTOCOL_REST_JSON);
  assert_true(is(mr_text(m, service("bedrock-runtime")->signing), "bedrock"));
  assert_true(is(mr_text(m, service("bedrock-runtime")->endpoint), "bedrock-runtime"));
  assert_null(mr_service_find(m, mr_slice_of("s4")));
}

static void test_operations_by_both_names(void **state) {
  const mr_service *s3 = service("s3");
  MR_UNUSED(state);
  const mr_operation *op = mr_operation_find(m, s3, mr_slice_of("PutObject"));
  assert_non_null(op);
  assert_ptr_equal(op, mr_operation_find(m, s3, mr_slice_of("put_object")));
  assert_ptr_equal(mr_operation_find(m, s3, mr_slice_of("list_objects_v2")),
                   mr_operation_find(m, s3, mr_slice_of("ListObjectsV2")));
  assert_true(is(mr_text(m, mr_member_at(m, op->stream_in)->name), "Body"));
  assert_null(mr_operation_find(m, s3, mr_slice_of("Put_Object")));
  /* The names of every operation, in both spellings, lead to it. */
  for (uint32_t i = 0; i < m->service_count; i++)
    for (uint32_t k = 0; k < m->services[i].operations.count; k++) {
      const mr_operation *each = &m->operations[m->services[i].operations.first + k];
      assert_ptr_equal(each, mr_operation_find(m, &m->services[i], mr_text(m, each->name)));
      assert_ptr_equal(each, mr_operation_find(m, &m->services[i], mr_text(m, each->method)));
    }
}

static void test_facts_of_operations(void **state) {
  const mr_service *bedrock = service("bedrock");
  MR_UNUSED(state);
  const mr_operation *op =
      mr_operation_find(m, bedrock, mr_slice_of("create_model_customization_job"));
  assert_int_equal(op->status, 201);
  assert_true(is(mr_text(m, mr_member_at(m, op->token)->name), "clientRequestToken"));
  op = mr_operation_find(m, bedrock, mr_slice_of("list_custom_models"));
  assert_true(is(mr_text(m, m->words[op->page_output.first]), "nextToken"));
  assert_true(is(mr_text(m, op->page_limit), "maxResults"));
  op = mr_operation_find(m, service("s3"), mr_slice_of("delete_objects"));
  assert_true(op->flags & MR_OP_CHECKSUM_REQUIRED);
  assert_true(is(mr_text(m, op->checksum_request), "ChecksumAlgorithm"));
  op = mr_operation_find(m, service("s3"), mr_slice_of("get_object"));
  assert_true(is(mr_text(m, op->checksum_validate), "ChecksumMode"));
  assert_true(op->checksum_reply.count >= 5);
}

/* Errors and their statuses. */
static void test_errors_have_their_status(void **state) {
  static const struct {
    const char *service, *code;
    int status;
  } cases[] = {{"bedrock", "ValidationException", 400},
               {"bedrock", "ConflictException", 400},
               {"bedrock", "ResourceNotFoundException", 404},
               {"bedrock", "ThrottlingException", 429},
               {"bedrock", "ServiceQuotaExceededException", 400},
               {"bedrock", "TooManyTagsException", 400},
               {"bedrock-runtime", "ModelNotReadyException", 429},
               {"bedrock-runtime", "ModelErrorException", 424},
               {"s3", "NoSuchKey", 404},
               {"s3", "BucketNotEmpty", 409},
               {"s3", "PreconditionFailed", 412},
               {"s3", "SlowDown", 503}};
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    const mr_shape *e = mr_error_find(m, service(cases[i].service), mr_slice_of(cases[i].code));
    assert_non_null(e);
    assert_int_equal(e->status, cases[i].status);
  }
  assert_null(mr_error_find(m, service("s3"), mr_slice_of("PutObjectRequest")));
}

static void test_members(void **state) {
  MR_UNUSED(state);
  const mr_shape *shape =
      mr_shape_find(m, service("bedrock"), mr_slice_of("CreateModelCustomizationJobRequest"));
  assert_non_null(shape);
  const mr_member *member = mr_member_find(m, shape, mr_slice_of("jobName"));
  assert_non_null(member);
  assert_true(member->flags & MR_REQUIRED);
  assert_ptr_equal(member, mr_member_by_wire(m, shape, mr_slice_of("jobName")));
  shape = mr_shape_find(m, service("bedrock"), mr_slice_of("ListModelCopyJobsRequest"));
  member = mr_member_find(m, shape, mr_slice_of("targetModelNameContains"));
  assert_true(is(mr_text(m, member->wire), "outputModelNameContains"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_services),
      cmocka_unit_test(test_operations_by_both_names),
      cmocka_unit_test(test_facts_of_operations),
      cmocka_unit_test(test_errors_have_their_status),
      cmocka_unit_test(test_members),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
