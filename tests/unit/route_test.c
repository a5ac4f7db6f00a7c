/* SPDX-License-Identifier: MIT
 *
 * route_test.c -- from method, path, query and headers to the operation. */
#include "tests/support/support.h"

#include <stdio.h>

#include "bindings/unmarshal.h"

static const mr_models *const models = &mr_models_table;

static void leads_to(const char *service, const char *method, const char *path, const char *query,
                     const char *want) {
  static const mr_pair copy[] = {{{"X-Amz-Copy-Source", 17}, {"a/b", 3}}};
  bool with_copy = want && strstr(want, "Copy") != NULL, known = false;
  mr_input in = {mr_slice_of(path), mr_slice_of(query), copy, with_copy ? 1 : 0, {"", 0}, 0};
  const mr_operation *op = mr_route(models, mr_service_find(models, mr_slice_of(service)),
                                    mr_slice_of(method), &in, &known);
  const char *got = op ? mr_text(models, op->name).ptr : "nothing";
  if (strcmp(got, want ? want : "nothing") != 0)
    printf("%s %s?%s leads to %s\n", method, path, query, got);
  assert_string_equal(got, want ? want : "nothing");
}

static void test_s3(void **state) {
  MR_UNUSED(state);
  leads_to("s3", "GET", "/", "", "ListBuckets");
  leads_to("s3", "GET", "/", "x-id=ListBuckets", "ListBuckets");
  leads_to("s3", "PUT", "/b", "", "CreateBucket");
  leads_to("s3", "PUT", "/b/", "", "CreateBucket");
  leads_to("s3", "HEAD", "/b", "", "HeadBucket");
  leads_to("s3", "DELETE", "/b", "", "DeleteBucket");
  leads_to("s3", "GET", "/b", "", "ListObjects");
  leads_to("s3", "GET", "/b", "list-type=2&prefix=", "ListObjectsV2");
  leads_to("s3", "GET", "/b", "location", "GetBucketLocation");
  leads_to("s3", "GET", "/b", "location=", "GetBucketLocation");
  leads_to("s3", "GET", "/b", "uploads", "ListMultipartUploads");
  leads_to("s3", "GET", "/b", "versions", "ListObjectVersions");
  leads_to("s3", "GET", "/b", "acl", "GetBucketAcl");
  leads_to("s3", "GET", "/b", "nothing-like-it", NULL);
  leads_to("s3", "GET", "/b", "lifecycle", "GetBucketLifecycleConfiguration");
  leads_to("s3", "GET", "/b", "analytics", "ListBucketAnalyticsConfigurations");
  leads_to("s3", "GET", "/b", "analytics&id=1", "GetBucketAnalyticsConfiguration");
  leads_to("s3", "GET", "/", "x-id=ListDirectoryBuckets", "ListDirectoryBuckets");
  leads_to("s3", "POST", "/b", "delete", "DeleteObjects");
  leads_to("s3", "PUT", "/b/k", "", "PutObject");
  leads_to("s3", "PUT", "/b/k", "", "CopyObject");
  leads_to("s3", "PUT", "/b/k/l//", "partNumber=1&uploadId=u", "UploadPart");
  leads_to("s3", "PUT", "/b/k", "partNumber=1&uploadId=u", "UploadPartCopy");
  leads_to("s3", "POST", "/b/k", "uploads", "CreateMultipartUpload");
  leads_to("s3", "POST", "/b/k", "uploadId=u", "CompleteMultipartUpload");
  leads_to("s3", "DELETE", "/b/k", "uploadId=u", "AbortMultipartUpload");
  leads_to("s3", "DELETE", "/b/k", "versionId=v", "DeleteObject");
  leads_to("s3", "GET", "/b/k", "uploadId=u", "ListParts");
  leads_to("s3", "GET", "/b/k", "X-Amz-Signature=s&X-Amz-Date=d", "GetObject");
  leads_to("s3", "GET", "/b/k", "tagging", "GetObjectTagging");
  leads_to("s3", "PUT", "/b/k", "tagging", "PutObjectTagging");
  leads_to("s3", "PUT", "/b/k", "acl", "PutObjectAcl");
  leads_to("s3", "PUT", "/b/k", "nothing", NULL);
  leads_to("s3", "PATCH", "/b/k", "", NULL);
}

static void test_bedrock(void **state) {
  MR_UNUSED(state);
  leads_to("bedrock", "POST", "/model-customization-jobs", "", "CreateModelCustomizationJob");
  leads_to("bedrock", "GET", "/model-customization-jobs", "maxResults=5",
           "ListModelCustomizationJobs");
  leads_to("bedrock", "GET", "/model-customization-jobs/arn%3Aaws%3Ax%2Fy%2Fz", "",
           "GetModelCustomizationJob");
  leads_to("bedrock", "GET", "/model-customization-jobs/arn:aws:x", "", "GetModelCustomizationJob");
  leads_to("bedrock", "GET", "/model-customization-jobs/arn:aws:x/y/z", "", NULL);
  leads_to("bedrock", "POST", "/model-customization-jobs/j/stop", "", "StopModelCustomizationJob");
  leads_to("bedrock", "POST", "/custom-models/create-custom-model", "", "CreateCustomModel");
  leads_to("bedrock", "GET", "/custom-models/create-custom-model", "", "GetCustomModel");
  leads_to("bedrock", "PATCH", "/provisioned-model-throughput/p", "",
           "UpdateProvisionedModelThroughput");
  leads_to("bedrock", "GET", "/model-customization-jobs/", "", "ListModelCustomizationJobs");
  leads_to("bedrock", "GET", "/nowhere", "", NULL);
  leads_to("bedrock", "GET", "", "", NULL);
  leads_to("bedrock-runtime", "POST", "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke", "",
           "InvokeModel");
  leads_to("bedrock-runtime", "POST", "/model/anthropic.claude-3-haiku-20240307-v1:0/count-tokens",
           "", "CountTokens");
}

static void test_templates(void **state) {
  mr_slice out;
  MR_UNUSED(state);
  assert_true(mr_path_match(mr_slice_of("/{a}/{b+}/end"), mr_slice_of("/x/y/z/end"),
                            mr_slice_of("b"), &out));
  assert_true(mr_slice_is(out, "y/z"));
  assert_true(mr_path_match(mr_slice_of("/{a}/{b+}/end"), mr_slice_of("/x/y/z/end"),
                            mr_slice_of("a"), &out));
  assert_true(mr_slice_is(out, "x"));
  assert_false(
      mr_path_match(mr_slice_of("/{a}/{b+}/end"), mr_slice_of("/x/end"), mr_slice_of("b"), &out));
  assert_false(mr_path_match(mr_slice_of("/{a}/b"), mr_slice_of("/x/b"), mr_slice_of("c"), &out));
  assert_false(mr_path_match(mr_slice_of("/{a}"), mr_slice_of("//x"), mr_slice_of("a"), &out));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_s3), cmocka_unit_test(test_bedrock),
                                     cmocka_unit_test(test_templates)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
