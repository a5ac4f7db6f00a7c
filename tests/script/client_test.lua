-- SPDX-License-Identifier: MIT
-- The request pipeline from parameters to results, over a transport without a wire: known
-- signatures, credentials, tokens, retries, clocks, errors and what is refused before sending.

local time = require "moonrock.time"
time.make_virtual { epoch = 1767323045, seed = 1 } -- 2026-01-02T03:04:05Z, as the vectors want

local lu = require "luaunit"
local secret = require "moonrock.secret"
local session = require "moonrock.session"
local fake = require "fake_transport"

local client, fault, raised = fake.client, fake.fault, fake.raised
local arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"

local function signature(request)
  local text = request.header.authorization
  return text:match("Signature=(%x+)$"), text:match("SignedHeaders=([^,]+)")
end

-- Known signatures (the whole way from parameters to the Authorization header) ---------------

TestAVectors = {}

function TestAVectors:test_clock()
  lu.assertEquals(time.basic(), "20260102T030405Z")
end

local function check_vector(transport, expected, signed)
  local found, names = signature(transport.requests[1])
  lu.assertEquals(names, signed)
  lu.assertEquals(found, expected)
end

function TestAVectors:test_invoke_with_an_arn()
  local runtime, transport = client("bedrock-runtime", { { body = "{}" } })
  runtime:invoke_model { modelId = arn, body = "{}" }
  lu.assertEquals(transport.requests[1].path,
    "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdefghijkl/invoke")
  check_vector(transport, "32db29dab5972265487c283eacc7fbcca9d8e5bec787796b19cd984a1baf1fee", "host;x-amz-date")
  lu.assertNil(transport.requests[1].header["x-amz-content-sha256"])
end

function TestAVectors:test_invoke_with_types()
  local runtime, transport = client("bedrock-runtime", { { body = "{}" } })
  runtime:invoke_model { modelId = "anthropic.claude-3-haiku-20240307-v1:0", body = "{}",
    contentType = "application/json", accept = "application/json" }
  check_vector(transport, "ca9316aecfae56e52bc0999ad387a7cf60df579d42b00ce8f69e06736941965e",
    "accept;content-type;host;x-amz-date")
end

function TestAVectors:test_get_object_of_a_dotted_bucket()
  local s3, transport = client("s3", { { body = "x" } })
  s3:get_object { Bucket = "my.dotted.bucket", Key = "k" }
  lu.assertEquals(transport.requests[1].path, "/my.dotted.bucket/k")
  check_vector(transport, "5f0919f0d7f52bae60f8dd4058004459c2bd5713bb7621ede1300f2033b34d0c",
    "host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date")
end

function TestAVectors:test_list_objects()
  local s3, transport = client("s3", { { body = "<ListBucketResult/>" } })
  s3:list_objects_v2 { Bucket = "my-bucket", Prefix = "a/b c", EncodingType = "url" }
  check_vector(transport, "5edfdd5db428ae3e5a540af44546db5c4a3025490cd76a3fd92663f646102283",
    "host;x-amz-content-sha256;x-amz-date")
end

function TestAVectors:test_create_multipart_upload()
  local s3, transport = client("s3", {
    { body = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>" } })
  local reply = s3:create_multipart_upload { Bucket = "my-bucket", Key = "k" }
  lu.assertEquals(reply.UploadId, "u")
  check_vector(transport, "aaaa8b5a8336d93e6ed240b3c0d0e7eed82830cedde7c46d2b62d83433b6b3e2",
    "host;x-amz-content-sha256;x-amz-date")
end

function TestAVectors:test_put_object_to_a_store()
  local s3, transport = client("s3", { {} },
    { endpoint_url = "http://127.0.0.1:9000", checksum_algorithm = "CRC32" })
  s3:put_object { Bucket = "my-bucket", Key = "k", Body = "hello world" }
  local request = transport.requests[1]
  lu.assertEquals(request.header["x-amz-checksum-crc32"], "DUoRhQ==")
  check_vector(transport, "a6d4e2c0c4b5bce0dbc7ac67f46211e60c59724c642a3d9c9e7384a9d56bf2e2",
    "host;x-amz-checksum-crc32;x-amz-content-sha256;x-amz-date;x-amz-sdk-checksum-algorithm")
end

function TestAVectors:test_presigned_url()
  local s3 = client("s3", {})
  local url = s3:generate_presigned_url("get_object", { Bucket = "my-bucket", Key = "k.jsonl" }, 900)
  lu.assertStrContains(url, "https://my-bucket.s3.amazonaws.com/k.jsonl?")
  lu.assertStrContains(url, "X-Amz-Signature=a17adb2aeb9416f24ac93f5ce6866b703c3399001e7d79b0eed5f1e03decd416")
end

-- What is refused before anything is sent -------------------------------------------------------

TestBefore = {}

function TestBefore:test_no_region()
  local s = session.new { environment = function() end, credentials = fake.credentials, transport = fake.new {} }
  local err = raised("AWS_REGION", function() s:client("bedrock"):list_foundation_models() end)
  lu.assertEquals(err.code, "NoRegion")
  lu.assertStrContains(tostring(err), "AWS_DEFAULT_REGION")
  lu.assertStrContains(tostring(err), 'region = "us-west-2"')
end

function TestBefore:test_region_of_the_environment()
  local function read(variables)
    local s = session.new { environment = function(name) return variables[name] end }
    return s:client("s3").meta.region
  end
  lu.assertEquals(read { AWS_REGION = "eu-west-1", AWS_DEFAULT_REGION = "us-west-2" }, "eu-west-1")
  lu.assertEquals(read { AWS_REGION = "", AWS_DEFAULT_REGION = "us-west-2" }, "us-west-2")
end

function TestBefore:test_sockets_are_the_transport()
  local s = session.new { environment = function() end, region = "us-east-1", credentials = fake.credentials,
    endpoint_url = "http://127.0.0.1:1" }
  raised("127.0.0.1:1", function() s:client("s3"):list_buckets() end)
end

-- A model may be silent for long before it answers; a store that is, is gone.
function TestBefore:test_how_long_silence_is_borne()
  local network, borne = require "moonrock.aws.network", {}
  local new = network.new
  network.new = function(options) -- luacheck: ignore
    borne[#borne + 1] = options.idle_timeout
    return new(options)
  end
  local keys = { access_key_id = "AKIDEXAMPLE", secret_access_key = "x" }
  local made = session.new { region = "us-east-1", credentials = keys }
  made:client "bedrock-runtime"
  made:client "s3"
  made:client("bedrock-runtime", { read_timeout = 7 })
  network.new = new -- luacheck: ignore
  lu.assertEquals(borne, { 3600, 300, 7 })
end

function TestBefore:test_no_credentials()
  local s = session.new { environment = function(name) return name == "AWS_EC2_METADATA_DISABLED" and "true" or nil end,
    region = "us-east-1", transport = fake.new {} }
  local err = raised("AWS_ACCESS_KEY_ID", function() s:client("bedrock"):list_foundation_models() end)
  lu.assertEquals(err.code, "NoCredentials")
  lu.assertStrContains(tostring(err), "option credentials (not given)")
  lu.assertStrContains(tostring(err), "AWS_BEARER_TOKEN_BEDROCK")
  err = raised("AWS_ACCESS_KEY_ID", function() s:client("s3"):list_buckets() end)
  lu.assertNotStrContains(tostring(err), "AWS_BEARER_TOKEN_BEDROCK")
end

function TestBefore:test_half_credentials()
  local s = session.new { region = "us-east-1", transport = fake.new {},
    environment = function(name) return name == "AWS_ACCESS_KEY_ID" and "AKIDEXAMPLE" or nil end }
  raised("AWS_SECRET_ACCESS_KEY is not", function() s:client("s3"):list_buckets() end)
end

function TestBefore:test_expired_credentials()
  local s3 = client("s3", {}, { credentials = { access_key_id = "ASIAX", secret_access_key = "s",
    session_token = "t", expiration = "2025-12-31T23:00:00Z" } })
  local err = raised("expired at 2025-12-31T23:00:00Z", function() s3:list_buckets() end)
  lu.assertEquals(err.code, "ExpiredCredentials")
end

function TestBefore:test_unknown_names()
  local s = fake.session {}
  raised("did you mean bedrock", s.client, s, "bedrok")
  local bedrock = s:client("bedrock")
  local err = raised("did you mean create_model_customization_job", function()
    return bedrock.create_model_customisation_job
  end)
  lu.assertEquals(err.code, "UnknownOperation")
  raised("unknown option regoin; did you mean region?", session.new, { regoin = "x" })
  raised("provisioned_model_throughput_in_service", bedrock.wait, bedrock, "provisioned_model_in_service", {})
end

function TestBefore:test_a_dot_instead_of_a_colon()
  local s3 = client("s3", {})
  lu.assertErrorMsgContains("colon", function() s3.list_buckets() end)
end

function TestBefore:test_parameters()
  local bedrock, transport = client("bedrock", {})
  local err = raised("hyperParameters", bedrock.create_model_customization_job, bedrock, {
    jobName = "bad_name", hyperParameter = { epochCount = 5 }, roleArn = 7 })
  lu.assertEquals(err.code, "ParamValidation")
  lu.assertEquals(err.operation, "create_model_customization_job")
  local text = tostring(err)
  for _, part in ipairs { "jobName", "hyperParameter", "roleArn", "customModelName", "trainingDataConfig" } do
    lu.assertStrContains(text, part)
  end
  lu.assertTrue(#err.problems >= 5)
  lu.assertEquals(#transport.requests, 0)
  local runtime = fake.session({}):client("bedrock-runtime")
  err = raised("messages[2]", runtime.converse, runtime, { modelId = "m.m", messages = {
    { role = "user", content = { { text = "hi" } } }, { role = "assistant", content = { { text = 5, txt = 1 } } } } })
  lu.assertStrContains(tostring(err), "messages[2].content[1]")
end

function TestBefore:test_values_that_cannot_be_sent()
  local function refused(words, service, operation, params, options)
    local c, transport = client(service, {}, options)
    local err = raised(words, c.call, c, operation, params)
    lu.assertStrContains(err.where, "tests/") -- the user's line, not ours
    lu.assertEquals(#transport.requests, 0)
  end
  local function put(more)
    local params = { Bucket = "my-bucket", Key = "k", Body = "x" }
    for name, value in pairs(more) do params[name] = value end
    return params
  end
  refused("Metadata.a", "s3", "put_object", put { Metadata = { a = "x\ny" } })
  refused("ContentType", "s3", "put_object", put { ContentType = "a\r\nb: c" })
  refused("header's name", "s3", "put_object", put { Metadata = { ["bad name"] = "x" } })
  refused("Bucket: must not be empty", "s3", "put_object", put { Bucket = "" })
  refused("Body: a body is", "s3", "put_object", put { Body = {} })
  refused("EISDIR", "s3", "put_object", put { Body = { path = "/tmp" } })
  refused("one table of parameters", "s3", "put_object", "x")
  refused("Bucket: is required; Key: is required", "s3", "put_object")
  refused("as JSON", "bedrock-runtime", "invoke_model", { modelId = "m.m", body = { 1, x = 2 } })
  refused("InvalidRegion", "s3", "list_buckets", nil, { region = "us-west-2 " })
  refused("cannot stand in a request", "bedrock", "list_foundation_models", nil, { bearer_token = "x y" })
  refused("cannot stand in a request", "s3", "list_buckets", nil, { credentials = {
    access_key_id = "A", secret_access_key = "x", session_token = "a\nb" } })
  refused("line break at one of its ends", "s3", "list_buckets", nil, { credentials = {
    access_key_id = "A", secret_access_key = "x\n" } })
  refused("secret_access_key must be", "s3", "list_buckets", nil, { credentials = {
    access_key_id = "A", secret_access_key = "" } })
  refused("access_key_id must be", "s3", "list_buckets", nil, { credentials = {
    access_key_id = "A B", secret_access_key = "x" } })
end

function TestBefore:test_endpoint_of_the_environment()
  local variables = { AWS_ENDPOINT_URL = "http://127.0.0.1:1", AWS_ENDPOINT_URL_S3 = "http://127.0.0.1:2" }
  local function port(service, more)
    local s, transport = fake.session({ { body = service == "s3" and "<a/>" or "{}" } },
      { environment = function(name) return (more or {})[name] or variables[name] end })
    local c = s:client(service)
    c:call(service == "s3" and "list_buckets" or "list_foundation_models", {})
    return transport.requests[1].port
  end
  lu.assertEquals(port("s3"), 2)
  lu.assertEquals(port("bedrock"), 1)
  lu.assertNil(port("s3", { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true" }))
end

-- Credentials -------------------------------------------------------------------------------------

TestCredentials = {}

function TestCredentials:test_session_token_stays_secret()
  local s3, transport = client("s3", { { body = "<a/>" } }, { credentials = {
    access_key_id = "ASIAEXAMPLE", secret_access_key = secret.of("s"), session_token = "token" } })
  s3:list_buckets()
  local request = transport.requests[1]
  lu.assertTrue(secret.is(request.header["x-amz-security-token"]))
  lu.assertStrContains(request.header.authorization, "x-amz-security-token")
end

function TestCredentials:test_bearer_token_is_for_bedrock_only()
  local variables = { AWS_BEARER_TOKEN_BEDROCK = "key", AWS_ACCESS_KEY_ID = "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY = "secret" }
  local function authorization(service, operation, body)
    local transport = fake.new { { body = body } }
    local s = session.new { region = "us-east-1", transport = transport,
      environment = function(name) return variables[name] end }
    s:client(service):call(operation)
    return transport.requests[1].header.authorization, transport.requests[1].header["x-amz-date"]
  end
  local value, date = authorization("bedrock", "list_foundation_models", "{}")
  lu.assertTrue(secret.is(value))
  lu.assertNil(date)
  value = authorization("s3", "list_buckets", "<a/>")
  lu.assertStrContains(value, "AWS4-HMAC-SHA256")
end

function TestCredentials:test_a_function_is_asked_again_before_the_end()
  local asked = 0
  local s3 = client("s3", function() return { body = "<a/>" } end, { credentials = function()
    asked = asked + 1
    return { access_key_id = "ASIA" .. asked, secret_access_key = "s", expiration = time.now() + 100 }
  end })
  s3:list_buckets()
  s3:list_buckets()
  lu.assertEquals(asked, 1)
  require("moonrock.task").sleep(50)
  s3:list_buckets()
  lu.assertEquals(asked, 2)
end

-- Retries -------------------------------------------------------------------------------------------

TestRetries = {}

local job = { jobName = "j", customModelName = "m", roleArn = "arn:aws:iam::123456789012:role/r",
  baseModelIdentifier = "anthropic.claude-3-haiku-20240307-v1:0:200k", trainingDataConfig = { s3Uri = "s3://bucket/k" },
  outputDataConfig = { s3Uri = "s3://bucket/out/" }, hyperParameters = { epochCount = 5 } }
local made = { status = 201, body = '{"jobArn":"arn:x"}' }

function TestRetries:test_a_token_is_kept_over_attempts_and_new_for_each_call()
  local bedrock, transport = client("bedrock", { fault("InternalServerException", 500),
    { failure = { code = "ConnectionError", message = "gone", retryable = true } }, made, made })
  local reply = bedrock:create_model_customization_job(job)
  lu.assertEquals(reply.jobArn, "arn:x")
  lu.assertEquals(reply.ResponseMetadata.RetryAttempts, 2)
  bedrock:create_model_customization_job(job)
  local tokens, ids = {}, {}
  for index, request in ipairs(transport.requests) do
    tokens[index] = request.body:match('"clientRequestToken":"([^"]+)"')
    ids[index] = request.header["amz-sdk-invocation-id"]
    lu.assertEquals(request.header["amz-sdk-request"], string.format("attempt=%d; max=3", index == 4 and 1 or index))
  end
  lu.assertEquals({ tokens[1], tokens[2] }, { tokens[2], tokens[3] })
  lu.assertEquals({ ids[1], ids[2] }, { ids[2], ids[3] })
  lu.assertNotEquals(tokens[3], tokens[4])
  lu.assertNil(job.clientRequestToken, "the caller's table is not changed")
  lu.assertStrContains(transport.requests[1].body, '"epochCount":"5"')
end

function TestRetries:test_a_token_of_the_caller_is_kept()
  local bedrock, transport = client("bedrock", { made })
  local own = { clientRequestToken = "mine" }
  for name, value in pairs(job) do own[name] = value end
  bedrock:create_model_customization_job(own)
  lu.assertStrContains(transport.requests[1].body, '"clientRequestToken":"mine"')
end

function TestRetries:test_every_class()
  local function attempts(answer, limit)
    local bedrock, transport = client("bedrock", function() return answer end, { max_attempts = limit or 3 })
    local ok, err = pcall(bedrock.list_foundation_models, bedrock)
    lu.assertFalse(ok)
    lu.assertEquals(err.attempts, #transport.requests)
    return #transport.requests, err.retryable
  end
  lu.assertEquals({ attempts(fault("ThrottlingException", 429)) }, { 3, true })
  lu.assertEquals({ attempts(fault("ThrottlingException", 400)) }, { 3, true })
  lu.assertEquals({ attempts(fault("Odd", 429)) }, { 3, true })
  lu.assertEquals({ attempts(fault("InternalServerException", 500)) }, { 3, true })
  lu.assertEquals({ attempts(fault("ServiceUnavailableException", 503)) }, { 3, true })
  lu.assertEquals({ attempts(fault("X", 502)) }, { 3, true })
  lu.assertEquals({ attempts(fault("overloaded_error", 529)) }, { 3, true })
  lu.assertEquals({ attempts(fault("RequestTimeout", 400)) }, { 3, true })
  lu.assertEquals({ attempts(fault("ModelNotReadyException", 429)) }, { 5, true })
  lu.assertEquals({ attempts(fault("ModelNotReadyException", 429), 1) }, { 1, true })
  lu.assertEquals({ attempts(fault("ValidationException", 400)) }, { 1, false })
  lu.assertEquals({ attempts(fault("AccessDeniedException", 403)) }, { 1, false })
  lu.assertEquals({ attempts(fault("ResourceNotFoundException", 404)) }, { 1, false })
  lu.assertEquals({ attempts(fault("ModelErrorException", 424)) }, { 1, false })
  lu.assertEquals({ attempts { failure = { code = "ConnectionError", message = "x", retryable = true } } }, { 3, true })
  lu.assertEquals({ attempts { failure = { code = "CertificateError", message = "x" } } }, { 1, false })
  lu.assertEquals({ attempts { body = '{"modelSummaries":[]}', cut = 5 } }, { 3, true })
end

function TestRetries:test_retry_after_is_honoured()
  local bedrock = client("bedrock", { fault("ThrottlingException", 429, { ["retry-after"] = "30" }), { body = "{}" } })
  local start = time.now()
  bedrock:list_foundation_models()
  lu.assertAlmostEquals(time.now() - start, 30, 0.01)
end

-- Whoever calls again, as a limiter does, knows when.
function TestRetries:test_what_the_service_asked_for_is_in_the_error()
  local function last(answer)
    local bedrock = client("bedrock", { answer }, { max_attempts = 1 })
    local _, err = pcall(bedrock.list_foundation_models, bedrock)
    return err.retry_after
  end
  lu.assertEquals(last(fault("ThrottlingException", 429, { ["retry-after"] = "7" })), 7)
  lu.assertEquals(last(fault("ThrottlingException", 429, { ["x-amz-retry-after"] = "1500" })), 1.5)
  lu.assertNil(last(fault("ThrottlingException", 429)))
  lu.assertNil(last(fault("AccessDeniedException", 403, { ["retry-after"] = "7" })))
end

function TestRetries:test_the_quota_of_a_client_runs_out()
  local bedrock, transport = client("bedrock", function() return fault("X", 500) end, { max_attempts = 10 })
  for _ = 1, 12 do
    pcall(bedrock.list_foundation_models, bedrock)
  end
  lu.assertEquals(#transport.requests, 100 + 12) -- 500 tokens pay for 100 retries
  raised("not tried again", bedrock.list_foundation_models, bedrock)
end

function TestRetries:test_a_wrong_clock_is_corrected_once()
  local real = time.now() + 1200
  local skewed = fault("InvalidSignatureException", 403, { date = time.http_date(real) })
  local answers = { skewed, { body = "{}" }, { body = "{}" } }
  local s, transport = fake.session(answers)
  s:client("bedrock"):list_foundation_models()
  s:client("bedrock"):list_foundation_models() -- other clients of the session know it too
  local first, second = transport.requests[1].header["x-amz-date"], transport.requests[2].header["x-amz-date"]
  lu.assertNotEquals(first, second)
  lu.assertEquals(second, time.basic(real))
  lu.assertEquals(transport.requests[3].header["x-amz-date"], second)
  local bedrock
  bedrock, transport = client("bedrock", function()
    return fault("RequestTimeTooSkewed", 403, { date = time.http_date(time.now() + #transport.requests * 5000) })
  end)
  raised("RequestTimeTooSkewed", bedrock.list_foundation_models, bedrock)
  lu.assertEquals(#transport.requests, 2)
end

-- Errors ----------------------------------------------------------------------------------------------

TestErrors = {}

function TestErrors:test_fields_and_text()
  local bedrock = client("bedrock", { fault("ConflictException", 400) })
  local err = raised("ConflictException: the reason", bedrock.create_model_customization_job, bedrock, job)
  lu.assertEquals({ err.code, err.status, err.service, err.operation, err.request_id, err.retryable, err.attempts },
    { "ConflictException", 400, "bedrock", "create_model_customization_job", "req-1", false, 1 })
  lu.assertStrContains(err.hint, "name is taken")
  lu.assertNotStrContains(tostring(err), "\n")
  lu.assertNotStrContains(tostring(err), "scripts/moonrock")
end

function TestErrors:test_hints()
  local hints = require "moonrock.aws.hints"
  local function hint(service, code, message)
    return hints.find { service = service, code = code, message = message } or ""
  end
  lu.assertStrContains(hint("bedrock-runtime", "ValidationException",
    "Invocation of model ID x with on-demand throughput isn't supported. Retry"), "inference profile")
  lu.assertStrContains(hint("bedrock", "AccessDeniedException",
    "User is not authorized to perform: bedrock:CreateModelCustomizationJob on resource"),
    "bedrock:CreateModelCustomizationJob")
  lu.assertStrContains(hint("bedrock", "ValidationException", "Could not assume provided IAM role"), "trust policy")
  lu.assertStrContains(hint("bedrock", "ValidationException",
    "Could not validate GetObject permissions to access Amazon S3 bucket"), "s3:GetObject")
  lu.assertStrContains(hint("s3", "ExpiredToken", ""), "log in again")
  lu.assertStrContains(hint("bedrock", "ThrottlingException", "Too many tokens, please wait"), "concurrency")
  lu.assertEquals(hint("s3", "Unheard", "of"), "")
end

function TestErrors:test_s3_errors_are_read_from_xml()
  local s3 = client("s3", { { status = 404, headers = { ["x-amz-request-id"] = "R" },
    body = "<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>no</Message><Key>k</Key>"
      .. "<RequestId>R</RequestId></Error>" } })
  local err = raised("NoSuchKey: no", s3.get_object, s3, { Bucket = "my-bucket", Key = "k" })
  lu.assertEquals({ err.status, err.request_id }, { 404, "R" })
end

function TestErrors:test_an_error_document_without_end()
  local bedrock, transport = client("bedrock", { { status = 403, body = ("x"):rep(3000000) } })
  local err = raised("status 403", bedrock.list_foundation_models, bedrock)
  lu.assertEquals({ err.status, #transport.requests }, { 403, 1 })
  bedrock, transport = client("bedrock", { { status = 404, body = '{"message":"cut', cut = 5 } })
  err = raised("status 404", bedrock.list_foundation_models, bedrock)
  lu.assertEquals({ err.status, #transport.requests }, { 404, 1 })
end

function TestErrors:test_an_answer_that_cannot_be_read()
  local bedrock = client("bedrock", { { body = "<xml>" }, { body = "\n<!DOCTYPE html><p>log in" } })
  raised("InvalidReply: the service's answer cannot be read: JSON", bedrock.list_foundation_models, bedrock)
  raised("InvalidReply: a web page", bedrock.list_foundation_models, bedrock)
  local s3 = client("s3", { { body = "{}" } })
  raised("InvalidReply", s3.list_buckets, s3)
end

-- As a stand-in for the service may do: what a script walks into is there, or the call has failed.
function TestErrors:test_an_answer_of_another_shape()
  local bedrock = client("bedrock", {
    { body = '{"modelSummaries":{"a":1}}' }, { body = '{"modelSummaries":[7]}' },
    { body = '{"modelSummaries":[{"modelId":7,"inputModalities":null,"unknown":{}}]}' },
  })
  raised("modelSummaries: expected a list", bedrock.list_foundation_models, bedrock)
  raised("expected an object", bedrock.list_foundation_models, bedrock)
  local found = bedrock:list_foundation_models().modelSummaries[1]
  lu.assertEquals({ found.modelId, found.inputModalities }, { 7 }) -- a scalar is taken as it is
end

function TestErrors:test_200_with_an_error_inside()
  local late = { body = '<?xml version="1.0" encoding="UTF-8"?>\n\n<Error><Code>%s</Code><Message>m</Message></Error>' }
  local function attempts(code)
    local s3, transport = client("s3", function() return { body = late.body:format(code) } end)
    raised(code, s3.copy_object, s3, { Bucket = "my-bucket", Key = "k", CopySource = { Bucket = "b", Key = "a b+c" } })
    lu.assertEquals(transport.requests[1].header["x-amz-copy-source"], "b/a%20b%2Bc")
    return #transport.requests
  end
  lu.assertEquals(attempts("InternalError"), 3)
  lu.assertEquals(attempts("AccessDenied"), 1)
end

os.exit(lu.LuaUnit.run())
