-- SPDX-License-Identifier: MIT
--
-- model_test.lua: moonrock.model as scripts see it, client and server on one table.

local lu = require "luaunit"
local json = require "moonrock.json"
local model = require "moonrock.model"
local secret = require "moonrock.secret"

TestModel = {}

local s3, bedrock, runtime = model.service "s3", model.service "bedrock", model.service "bedrock-runtime"

local job = {
  jobName = "my-job",
  customModelName = "my_model",
  roleArn = "arn:aws:iam::123456789012:role/r",
  baseModelIdentifier = "anthropic.claude-3-haiku-20240307-v1:0:200k",
  trainingDataConfig = { s3Uri = "s3://bucket/train.jsonl" },
  outputDataConfig = { s3Uri = "s3://bucket/out/" },
  hyperParameters = { epochCount = 5, batchSize = "4", learningRateMultiplier = 1.0 },
}

local function with(changes)
  local copy = {}
  for key, value in pairs(job) do copy[key] = value end
  for key, value in pairs(changes) do copy[key] = value end
  return copy
end

local function header(headers, name)
  for _, pair in ipairs(headers) do
    if pair[1] == name then return pair[2] end
  end
  return nil
end

function TestModel.test_facts()
  lu.assertEquals(model.services(), { "bedrock", "bedrock-runtime", "s3", "sso", "sso-oidc", "sts" })
  lu.assertNil(model.service "s4")
  lu.assertEquals({ s3.protocol, s3.signing_name, s3.api_version }, { "rest-xml", "s3", "2006-03-01" })
  lu.assertEquals({ runtime.signing_name, runtime.endpoint_prefix }, { "bedrock", "bedrock-runtime" })
  local op = s3:operation "put_object"
  lu.assertEquals({ op.name, op.method, op.http_method, op.streaming_input },
    { "PutObject", "put_object", "PUT", "Body" })
  lu.assertEquals(op.checksum.request, "ChecksumAlgorithm")
  lu.assertTrue(rawequal(op, s3:operation "PutObject"))
  lu.assertEquals(bedrock:operation("create_model_customization_job").idempotency_token, "clientRequestToken")
  lu.assertEquals(s3:operation("list_objects_v2").pagination, {
    input_token = "ContinuationToken", output_token = "NextContinuationToken",
    results = { "Contents", "CommonPrefixes" },
    more_results = "IsTruncated", limit = "MaxKeys",
  })
  local none, suggestion = s3:operation "put_objet"
  lu.assertNil(none)
  lu.assertEquals(suggestion, "put_object")
  local names = s3:operations()
  lu.assertEquals(#names, 116)
  for i = 2, #names do lu.assertTrue(names[i - 1] < names[i]) end
end

function TestModel.test_every_operation_of_the_tutorial_is_there()
  for service, names in pairs {
    s3 = "put_object get_object head_object delete_object delete_objects list_objects_v2 copy_object "
      .. "create_multipart_upload upload_part upload_part_copy complete_multipart_upload abort_multipart_upload "
      .. "list_parts list_multipart_uploads create_bucket head_bucket delete_bucket list_buckets get_bucket_location "
      .. "put_object_tagging get_object_tagging delete_object_tagging",
    bedrock = "create_model_customization_job get_model_customization_job list_model_customization_jobs "
      .. "stop_model_customization_job get_custom_model list_custom_models delete_custom_model create_custom_model "
      .. "create_model_copy_job get_model_copy_job list_model_copy_jobs create_provisioned_model_throughput "
      .. "get_provisioned_model_throughput list_provisioned_model_throughputs update_provisioned_model_throughput "
      .. "delete_provisioned_model_throughput create_custom_model_deployment get_custom_model_deployment "
      .. "list_custom_model_deployments update_custom_model_deployment delete_custom_model_deployment "
      .. "list_foundation_models get_foundation_model get_foundation_model_availability list_inference_profiles "
      .. "get_inference_profile create_inference_profile delete_inference_profile tag_resource untag_resource "
      .. "list_tags_for_resource put_model_invocation_logging_configuration get_use_case_for_model_access",
    ["bedrock-runtime"] = "invoke_model invoke_model_with_response_stream converse converse_stream count_tokens",
  } do
    for name in names:gmatch "%S+" do
      lu.assertNotNil(model.service(service):operation(name), service .. "." .. name)
    end
  end
end

function TestModel.test_check_finds_everything_at_once()
  local op = bedrock:operation "create_model_customization_job"
  lu.assertTrue(op:check(job))
  lu.assertTrue(op:check(with { vpcConfig = json.null }))
  local ok, problems = op:check(with {
    jobName = "a_b", customizationType = "FINE_TUNIN", hyperParamters = {}, roleArn = false,
  })
  lu.assertNil(ok)
  local seen = {}
  for _, problem in ipairs(problems) do seen[problem.path] = problem end
  lu.assertEquals(#problems, 3)
  lu.assertStrContains(seen.jobName.message, "pattern")
  lu.assertEquals(seen.customizationType.suggestion, "FINE_TUNING")
  lu.assertEquals(seen.hyperParamters.suggestion, "hyperParameters")
  local _, more = op:check(with { roleArn = function() end, jobTags = { { key = "a", value = "b" }, { key = "a" } } })
  lu.assertEquals(more[1].message, "expected a string, got function")
  lu.assertEquals(more[2].path, "jobTags[2].value")
  lu.assertErrorMsgContains("#1 to 'check'", function() op:check(5) end)
end

function TestModel.test_a_table_that_contains_itself()
  local loop = {}
  loop.x = loop
  local op = runtime:operation "converse"
  local ok, problems = op:check { modelId = "m", additionalModelRequestFields = loop }
  lu.assertNil(ok)
  lu.assertStrContains(problems[1].message, "too deeply")
  lu.assertFalse((pcall(op.build, op, { modelId = "m", additionalModelRequestFields = loop })))
  lu.assertTrue(op:check { modelId = "m" }) -- and it works again afterwards
end

function TestModel.test_errors_and_calls_inside_metamethods()
  local op = bedrock:operation "create_model_customization_job"
  local bomb = setmetatable({}, { __index = function() error "boom" end })
  for _ = 1, 20 do
    lu.assertErrorMsgContains("boom", op.build, op, { trainingDataConfig = bomb })
    lu.assertErrorMsgContains("boom", op.check, op, { trainingDataConfig = bomb })
    lu.assertTrue(op:check(job))
  end
  local nested = setmetatable({}, { __index = function(_, name)
    if name ~= "s3Uri" then return nil end
    lu.assertTrue(op:check(job))
    return "s3://bucket/" .. #op:build(job).body
  end })
  local params = with { trainingDataConfig = nested }
  lu.assertTrue(op:check(params))
  lu.assertStrContains(op:build(params).body, '"trainingDataConfig":{"s3Uri":"s3://bucket/')
end

-- Whatever a script puts anywhere: an answer or an error, unchecked parameters too.
-- A metamethod of the script takes names out of a table whose names are under way.
function TestModel.test_a_table_that_is_emptied_as_it_is_read()
  local converse = runtime:operation "Converse"
  for _, count in ipairs { 10, 200 } do
    local fields = {}
    for i = 1, count do fields[("key%03d"):format(i) .. ("x"):rep(60)] = i end
    fields.a = setmetatable({ 1, 2 }, { __len = function()
      for name in next, fields do fields[name] = nil end
      collectgarbage()
      collectgarbage()
      local others = {}
      for i = 1, 10 * count do others[i] = ("%06d"):format(i) .. ("y"):rep(60) end
      return #others > 0 and 2 or 0
    end })
    local body = converse:build { modelId = "m", additionalModelRequestFields = fields }.body
    local names = 0
    for name in pairs(json.decode(body).additionalModelRequestFields) do
      names = names + 1
      lu.assertStrMatches(name, name == "a" and "a" or "key%d%d%dx+")
    end
    lu.assertEquals(names, count + 1)
  end
end

local function with_secret(name, value)
  return { Bucket = "b", Key = "k", [name] = value or secret.of "HIDDEN" }
end

function TestModel.test_secrets_in_headers_stay_secrets()
  local put = s3:operation "PutObject"
  local asked = 0
  local moody = setmetatable({ Bucket = "b", Key = "k" }, { __index = function(_, name)
    if name ~= "ContentType" then return nil end
    asked = asked + 1
    return asked == 1 and secret.of "HIDDEN" or "harmless"
  end })
  for name, params in pairs {
    ["content-type"] = moody,
    ["cache-control"] = with_secret "CacheControl",
    ["x-amz-meta-a"] = with_secret("Metadata", { a = secret.of "HIDDEN", b = "plain" }),
  } do
    local headers = put:build(params).headers
    lu.assertTrue(header(headers, name) == secret.of "HIDDEN")
    lu.assertEquals(header(headers, "x-amz-meta-b"), params.Metadata and "plain")
  end
  local many = {}
  for i = 1, 20 do many["m" .. i] = i < 12 and secret.of("HIDDEN" .. i) or "plain" end
  for _, pair in ipairs(put:build(with_secret("Metadata", many)).headers) do
    lu.assertTrue(secret.is(pair[2]) or not pair[2]:find "HIDDEN")
  end
end

function TestModel.test_secrets_do_not_get_into_urls_and_messages()
  local put, list = s3:operation "PutObject", s3:operation "ListObjectsV2"
  for name, op in pairs { Key = put, Prefix = list } do
    local params = { Bucket = "b", [name] = secret.of "HIDDEN" }
    local _, problems = op:check(params)
    lu.assertEquals(#problems, 1)
    lu.assertEquals(problems[1].path, name)
    lu.assertEquals(problems[1].message, "is a secret, and everybody sees what is in a URL")
    lu.assertErrorMsgContains("is a secret", op.build, op, params)
  end
  local create = bedrock:operation "CreateModelCustomizationJob"
  for _, case in ipairs {
    { put, with_secret "StorageClass" },
    { put, with_secret("Bucket", secret.of "HIDDEN!") },
    { create, with { jobName = secret.of "HIDDEN !", roleArn = secret.of "HIDDEN" } },
  } do
    local _, problems = case[1]:check(case[2])
    lu.assertTrue(#problems > 0)
    lu.assertNotStrContains(json.encode(problems), "HIDDEN")
  end
end

function TestModel.test_servers_send_no_secrets()
  lu.assertErrorMsgContains("cannot hold a secret", s3:operation("HeadObject").build_reply, s3:operation "HeadObject",
    { ContentType = secret.of "HIDDEN" })
  lu.assertErrorMsgContains("cannot hold a secret", s3.build_error, s3, nil,
    { code = "NoSuchKey", message = "m", fields = { Key = secret.of "HIDDEN" } })
  local converse = runtime:operation "ConverseStream"
  lu.assertErrorMsgContains("cannot hold a secret", converse.build_event, converse,
    { contentBlockDelta = { delta = { text = secret.of "HIDDEN" }, contentBlockIndex = 0 } })
end

function TestModel.test_wild_values_everywhere()
  local wild = {
    0 / 0, 1 / 0, -1 / 0, math.maxinteger, math.mininteger, "\xff", "", {}, { 1, 2 }, { a = 1 }, true, print,
  }
  for _, name in ipairs(model.services()) do
    local service = model.service(name)
    for _, operation in ipairs(service:operations()) do
      local op = service:operation(operation)
      for _, value in ipairs(wild) do
        local params = setmetatable({}, { __index = function() return value end })
        op:check(params)
        pcall(op.build, op, params)
        pcall(op.build_reply, op, params)
        pcall(service.build_error, service, op, { code = value, message = value, status = 400, fields = value })
      end
    end
  end
  lu.assertTrue(bedrock:operation("create_model_customization_job"):check(job))
end

function TestModel.test_json_request_there_and_back()
  local op = bedrock:operation "create_model_customization_job"
  local request = op:build(job)
  lu.assertEquals({ request.method, request.path, request.query }, { "POST", "/model-customization-jobs", "" })
  lu.assertEquals(header(request.headers, "content-type"), "application/json")
  lu.assertStrContains(request.body,
    '"hyperParameters":{"batchSize":"4","epochCount":"5","learningRateMultiplier":"1.0"}')
  local found, labels = bedrock:route(request.method, request.path, request.query, request.headers)
  lu.assertTrue(rawequal(found, op))
  lu.assertEquals(labels, {})
  local params = op:parse_request(request.path, request.query, request.headers, request.body)
  lu.assertEquals(params.hyperParameters.epochCount, "5")
  lu.assertEquals(params.trainingDataConfig, { s3Uri = "s3://bucket/train.jsonl" })
end

function TestModel.test_labels_and_blobs()
  local op = runtime:operation "invoke_model"
  local arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"
  local request = op:build { modelId = arn, body = "\0raw" }
  lu.assertEquals(request.path,
    "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdefghijkl/invoke")
  lu.assertEquals(request.body, "\0raw")
  lu.assertEquals(#request.headers, 0)
  for _, path in ipairs { request.path, "/model/" .. arn:gsub("/", "%%2F") .. "/invoke" } do
    local found, labels = runtime:route("POST", path, "")
    lu.assertTrue(rawequal(found, op))
    lu.assertEquals(labels.modelId, arn)
  end
end

function TestModel.test_s3_bodies_and_streams()
  local op = s3:operation "put_object"
  local request = op:build {
    Bucket = "b", Key = "a b/ü+x=1", Body = "text", Metadata = { z = "1", a = "2" }, Expires = 0,
  }
  lu.assertEquals(request.path, "/b/a%20b/%C3%BC%2Bx%3D1")
  lu.assertEquals(request.body, "text")
  lu.assertNil(request.stream)
  lu.assertEquals(table.move(request.headers, 1, #request.headers, 1, {}), {
    { "expires", "Thu, 01 Jan 1970 00:00:00 GMT" }, { "x-amz-meta-a", "2" }, { "x-amz-meta-z", "1" },
  })
  local source = { path = "x" }
  request = op:build { Bucket = "b", Key = "k", Body = source }
  lu.assertNil(request.body)
  lu.assertTrue(rawequal(request.stream, source))
  lu.assertErrorMsgContains("must not be empty", op.build, op, { Bucket = "b", Key = "" })
end

function TestModel.test_a_time_in_a_header_that_is_none_stays_text()
  local op = s3:operation "get_object"
  local function expires(text) return op:parse(200, { { "expires", text } }, "").Expires end
  lu.assertEquals(expires "Thu, 01 Jan 1970 00:00:10 GMT", 10)
  lu.assertEquals(expires "whenever", "whenever")
end

function TestModel.test_xml_reply_there_and_back()
  local op = s3:operation "list_objects_v2"
  local status, headers, body = op:build_reply {
    Name = "b", IsTruncated = false, KeyCount = 2,
    Contents = { { Key = "<a>", Size = 5, LastModified = 1767225600 }, { Key = "b" } },
    CommonPrefixes = { { Prefix = "p/" } },
  }
  lu.assertEquals(status, 200)
  lu.assertEquals(header(headers, "content-type"), "application/xml")
  local result = op:parse(status, headers, body)
  lu.assertEquals(result.Contents[1], { Key = "<a>", Size = 5, LastModified = 1767225600 })
  lu.assertEquals(math.type(result.Contents[1].LastModified), "integer")
  lu.assertEquals(result.CommonPrefixes, { { Prefix = "p/" } })
  lu.assertIsFalse(result.IsTruncated)
end

function TestModel.test_documents_keep_their_lists()
  local op = runtime:operation "converse"
  local request = op:build {
    modelId = "m", additionalModelRequestFields = { list = json.array {}, object = {}, n = 9007199254740993 },
  }
  lu.assertStrContains(request.body, '{"list":[],"n":9007199254740993,"object":{}}')
  local params = op:parse_request(request.path, "", {}, request.body)
  lu.assertEquals(json.encode(params.additionalModelRequestFields), '{"list":[],"n":9007199254740993,"object":{}}')
end

function TestModel.test_problems_in_the_words_of_the_service()
  local op = bedrock:operation "create_model_customization_job"
  local body = op:build(with { jobName = "a_b" }).body
  local params, problems = op:parse_request("/model-customization-jobs", "", {}, body)
  lu.assertNil(params)
  lu.assertEquals(problems[1].message, "Value 'a_b' at 'jobName' failed to satisfy constraint: "
    .. "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9\\+\\-\\.])*")
  for _, broken in ipairs { "{", "[]", '{"jobName":5}', "\xff" } do
    params, problems = op:parse_request("/model-customization-jobs", "", {}, broken)
    lu.assertNil(params)
    lu.assertEquals(problems[1].code, "SerializationException")
  end
  params, problems = s3:operation("delete_objects"):parse_request("/b", "delete", {}, "<Delete>")
  lu.assertNil(params)
  lu.assertEquals(problems[1].code, "MalformedXML")
end

function TestModel.test_errors_there_and_back()
  local status, headers, body = bedrock:build_error(nil,
    { code = "ValidationException", message = "no “way”", request_id = "r" })
  lu.assertEquals(status, 400)
  lu.assertEquals(bedrock:parse_error(nil, status, headers, body),
    { code = "ValidationException", message = "no “way”", request_id = "r", fields = { message = "no “way”" } })
  status, headers, body = s3:build_error(nil,
    { code = "NoSuchKey", message = "m", fields = { Key = "a&b", HostId = "h" } })
  lu.assertEquals(status, 404)
  lu.assertEquals(s3:parse_error(nil, status, headers, body).fields, { Key = "a&b", HostId = "h" })
  local head = s3:operation "head_object"
  status, headers, body = s3:build_error(head, { code = "NoSuchKey", message = "m" })
  lu.assertEquals(body, "")
  lu.assertEquals(s3:parse_error(head, status, headers, body).code, "NotFound")
  local result, err = s3:operation("copy_object"):parse(200, {},
    "<Error><Code>SlowDown</Code><Message>m</Message></Error>")
  lu.assertNil(result)
  lu.assertEquals(err.code, "SlowDown")
end

function TestModel.test_headers_by_name()
  lu.assertEquals(model.header_map { { "a", "1" }, { "b", "x\0y" }, { "a", "2" }, { "b", "z" }, { "a", "3" } },
    { a = "1, 2, 3", b = "x\0y, z" })
  lu.assertEquals(model.header_map {}, {})
end

function TestModel.test_routes_of_s3()
  local function name(...)
    local op = s3:route(...)
    return op and op.name
  end
  lu.assertEquals(name("PUT", "/b/k", "", { { "x-amz-copy-source", "a/b" } }), "CopyObject")
  lu.assertEquals(name("PUT", "/b/k", "", {}), "PutObject")
  lu.assertEquals(name("GET", "/b", "location"), "GetBucketLocation")
  lu.assertEquals(name("GET", "/b", "acl"), "GetBucketAcl")
  lu.assertNil(name("GET", "/b", "aclu"))
  local op, known = s3:route("PATCH", "/b/k", "")
  lu.assertNil(op)
  lu.assertTrue(known)
end

os.exit(lu.LuaUnit.run())
