-- SPDX-License-Identifier: MIT
-- Every operation of the models as a client calls it: how many there are, their pages, their
-- waiters, the calls that need no credentials, and help on each.

local lu = require "luaunit"
local errors = require "moonrock.error"
local fake = require "fake_transport"
local help = require "moonrock.cli.help_model"
local model = require "moonrock.model"
local time = require "moonrock.time"

time.make_virtual { epoch = 1767225600, seed = 1 }

-- Of the public descriptions of 2026-08-07.
local counts = { bedrock = 108, ["bedrock-runtime"] = 11, s3 = 116, sso = 4, ["sso-oidc"] = 4, sts = 12 }

local function each_operation()
  return coroutine.wrap(function()
    for _, name in ipairs(model.services()) do
      local service = model.service(name)
      for _, op in ipairs(service:operations()) do coroutine.yield(service, service:operation(op)) end
    end
  end)
end

-- ---- values that pass the checks ---------------------------------------------------------------

local words = { "abc", "1", "arn:aws:bedrock:us-west-2:123456789012:custom-model/a.b:1:2/abcdefghijkl",
  "arn:aws:iam::123456789012:role/abcdefgh", "a1b2c3d4e5f6", "s3://bucket/key", "123456789012",
  "arn:aws:bedrock:us-west-2:123456789012:automated-reasoning-policy/abcdefghijkl",
  "12345678-1234-4234-8234-123456789012" }

local make

local function structure(service, shape, depth)
  local out = {}
  for _, member in ipairs(shape.members) do
    if member.required then
      out[member.name] = make(service, service:shape(member.shape), depth + 1)
    end
    if shape.kind == "union" then
      out[member.name] = make(service, service:shape(member.shape), depth + 1)
      break
    end
  end
  return out
end

function make(service, shape, depth)
  if depth > 12 then return nil end
  if shape.members then return structure(service, shape, depth) end
  if shape.kind == "list" then
    return { make(service, service:shape(shape.element), depth + 1) }
  elseif shape.kind == "map" then
    return { key = make(service, service:shape(shape.element), depth + 1) }
  elseif shape.kind == "string" then
    return shape.enum and shape.enum[1] or ("abc"):rep(math.max(1, (shape.min or 1) // 3))
  elseif shape.kind == "integer" or shape.kind == "long" or shape.kind == "timestamp" then
    return math.ceil(shape.min or 1)
  elseif shape.kind == "float" or shape.kind == "double" then
    return (shape.min or 0) + 0.0
  elseif shape.kind == "boolean" then
    return true
  end
  return "bytes"
end

-- Parameters of an operation; members that a pattern refuses are tried with other words.
local function params_of(service, op)
  local shape = op.input > 0 and service:shape(op.input)
  local params = shape and structure(service, shape, 0) or {}
  for _, word in ipairs(words) do
    local ok, problems = op:check(params)
    if ok then return params end
    for _, problem in ipairs(problems) do
      if params[problem.path] then params[problem.path] = word end
    end
  end
  return params
end

TestOperations = {}

function TestOperations.test_counts()
  lu.assertEquals(#model.services(), 6)
  for name, count in pairs(counts) do
    lu.assertEquals(#model.service(name):operations(), count, name)
    lu.assertStrMatches(help.count(), ".*\n?" .. name:gsub("%-", "%%-") .. " +" .. count .. " operations.*")
  end
  lu.assertTrue(model.table_sizes().bytes < 400 * 1024)
end

-- The root element of a body is the member's name in the description, which often is not the
-- name of its shape: S3 answers MalformedXML to any other.
function TestOperations.test_root_elements_of_bodies()
  for name, row in pairs {
    PutBucketLifecycleConfiguration = { "LifecycleConfiguration", { Rules = { { Status = "Enabled" } } } },
    PutObjectLegalHold = { "LegalHold", { Status = "ON" } },
    PutObjectRetention = { "Retention", { Mode = "COMPLIANCE" } },
    UpdateBucketMetadataInventoryTableConfiguration = { "InventoryTableConfiguration",
      { ConfigurationState = "ENABLED" } },
    PutBucketNotification = { "NotificationConfiguration", {} },
    CreateBucket = { "CreateBucketConfiguration", { LocationConstraint = "eu-west-1" } },
    DeleteObjects = { "Delete", { Objects = { { Key = "k" } } } },
    PutBucketTagging = { "Tagging", { TagSet = {} } },
  } do
    local op = model.service("s3"):operation(name)
    local built = op:build { Bucket = "b", Key = "k", [row[1]] = row[2] }
    lu.assertEquals(built.body:match("^<([^ >]+)"), row[1], name)
    lu.assertEquals(op:parse_request(built.path, built.query, built.headers, built.body)[row[1]], row[2], name)
  end
end

function TestOperations.test_help_on_every_operation()
  for service, op in each_operation() do
    local text = help.on(service.name, op.name)
    lu.assertStrContains(text, op.method)
    lu.assertEquals(help.on(service.name .. "." .. op.method), text)
    local input = op.input > 0 and service:shape(op.input)
    for _, member in ipairs(input and input.members or {}) do lu.assertStrContains(text, "  " .. member.name) end
    for _, err in ipairs(op.errors) do lu.assertStrContains(text, err.code) end
  end
end

function TestOperations.test_help_on_helpers_and_strange_words()
  lu.assertStrContains(help.on "s3.upload_file", "path, bucket, key, opts")
  lu.assertStrContains(help.on("s3", "pages"), "list operation")
  lu.assertStrContains(help.on "bedrock", "evaluation_job_completed")
  local text, complaint = help.on("s3", "uplaod_file")
  lu.assertNil(text)
  lu.assertStrContains(complaint, "did you mean upload_file?")
  lu.assertStrContains(select(2, help.on "s4"), "there is no service, module or operation s4")
end

function TestOperations.test_the_duplex_operation_says_what_it_needs()
  local client = fake.client("bedrock-runtime", {})
  local _, err = errors.try(client.invoke_model_with_bidirectional_stream, client, { modelId = "a" })
  lu.assertEquals(err.code, "NotSupported")
  lu.assertStrContains(err.message, "needs HTTP/2 duplex streams")
end

local function with_list(request)
  request.headers = table.move(request.headers, 1, #request.headers, 1, {})
  return request
end

-- Tables that answer through a metatable, that have many names, or keys that are no names.
function TestOperations.test_tables_of_every_kind()
  local op = model.service("s3"):operation "put_object"
  local params = { Bucket = "b", Key = "k", ContentType = "text/plain", CacheControl = "c", ContentEncoding = "e",
    ContentLanguage = "l", ContentDisposition = "d", Tagging = "t=1", ACL = "private", StorageClass = "STANDARD",
    GrantRead = "g", GrantFullControl = "g", GrantReadACP = "g", GrantWriteACP = "g", RequestPayer = "requester",
    ExpectedBucketOwner = "123456789012", WebsiteRedirectLocation = "/x", IfMatch = "m", Metadata = {} }
  for i = 1, 300 do params.Metadata["key-" .. i] = tostring(i) end
  local plain = with_list(assert(op:request(params)))
  lu.assertEquals(#plain.headers, 300 + 16)
  lu.assertEquals(with_list(op:build(setmetatable({}, { __index = params }))), plain)
  lu.assertEquals(with_list(assert(op:request { Bucket = "b", Key = "k", Metadata = { a = "1" } })).headers,
    { { "x-amz-meta-a", "1" } })
  local _, problems = op:request { Bucket = "b", Key = "k", [1] = "x", Metadata = { [2] = "y" } }
  lu.assertEquals(#problems, 2)
  _, problems = op:request(setmetatable({ Kye = "k" }, { __index = { Bucket = "b" } }))
  lu.assertEquals({ #problems, problems[1].path, problems[2].path, problems[2].suggestion }, { 2, "Key", "Kye", "Key" })
end

-- The rows are bytes, the counts XML, the last event empty.
function TestOperations.test_events_of_s3()
  local op = model.service("s3"):operation "select_object_content"
  for _, event in ipairs { { Records = { Payload = "a,b\n\0\255" } }, { End = {} }, { Cont = {} },
    { Stats = { Details = { BytesScanned = 9007199254740993, BytesReturned = 1 } } } } do
    local message = op:build_event(event)
    lu.assertEquals(op:parse_event(next(event), message.payload), event)
  end
  lu.assertEquals(op:build_event({ Records = { Payload = "x" } }).payload, "x")
  lu.assertStrContains(op:build_event({ Progress = { Details = { BytesScanned = 1 } } }).payload,
    "<BytesScanned>1</BytesScanned>")
end

-- ---- pages -------------------------------------------------------------------------------------

TestPages = {}

local function first(value) return type(value) == "table" and value[1] or value end

-- Three pages of one item each, as the service would send them.
local function serve_pages(service, op, seen)
  local facts = op.pagination
  local outputs = type(facts.output_token) == "table" and facts.output_token or { facts.output_token }
  local output = service:shape(op.output)
  local results = first(facts.results)
  return function(request)
    local path = service.name == "s3" and "/" .. (request.host:match "^(.-)%.?s3[%.-]" or "") .. request.path
      or request.path
    local parsed = assert(op:parse_request(path:gsub("^//", "/"), request.query, request.headers,
      type(request.body) == "string" and request.body or ""))
    seen[#seen + 1] = parsed
    local page = structure(service, output, 0)
    for _, member in ipairs(output.members) do
      if member.name == results then page[results] = make(service, service:shape(member.shape), 1) end
    end
    for _, expression in ipairs(outputs) do
      local name = expression:match "^[%w_]+"
      page[name] = #seen < 3 and 1230 + #seen or nil
    end
    if facts.more_results then page[facts.more_results] = #seen < 3 end
    local status, headers, body = op:build_reply(page)
    local map = {}
    for _, header in ipairs(headers) do map[header[1]] = header[2] end
    return { status = status, headers = map, body = body }
  end
end

function TestPages.test_every_paginated_operation()
  local tested = 0
  for service, op in each_operation() do
    if op.pagination then
      tested = tested + 1
      local seen = {}
      local client = fake.client(service.name, serve_pages(service, op, seen))
      local pages = 0
      local ok, err = errors.try(function()
        for page in client:pages(op.method, params_of(service, op)) do
          pages = pages + 1
          lu.assertNotNil(page[first(op.pagination.results)], op.name)
        end
      end)
      lu.assertNil(err, op.name .. ": " .. tostring(err))
      lu.assertEquals({ ok, pages, #seen }, { nil, 3, 3 }, op.name)
      local token = first(op.pagination.input_token)
      lu.assertEquals(tostring(seen[2][token]), "1231", op.name)
      lu.assertEquals(tostring(seen[3][token]), "1232", op.name)
      seen = {}
      client = fake.client(service.name, serve_pages(service, op, seen))
      local items = 0
      for _ in client:each(op.method, params_of(service, op)) do items = items + 1 end
      lu.assertEquals(items, 3, op.name)
    end
  end
  print(tested .. " paginated operations")
  lu.assertEquals(tested, 30)
end

-- ---- waiters -----------------------------------------------------------------------------------

TestWaiters = {}

local function reply(service, operation, result)
  local op = model.service(service):operation(operation)
  local output = structure(model.service(service), model.service(service):shape(op.output), 0)
  for name, value in pairs(result) do output[name] = value end
  local status, headers, body = op:build_reply(output)
  local map = {}
  for _, header in ipairs(headers) do map[header[1]] = header[2] end
  return { status = status, headers = map, body = body }
end

function TestWaiters.test_s3()
  local head = { status = 200, headers = {}, body = "" }
  local gone = { status = 404, headers = {}, body = "" }
  local function waits(name, params, answers)
    local client = fake.client("s3", answers)
    local start = time.now()
    client:wait(name, params)
    return math.floor((time.now() - start) / 4)
  end
  lu.assertEquals(waits("bucket_exists", { Bucket = "abc" }, { gone, gone, head }), 2)
  lu.assertEquals(waits("bucket_exists", { Bucket = "abc" }, { { status = 403, headers = {}, body = "" } }), 0)
  lu.assertEquals(waits("bucket_not_exists", { Bucket = "abc" }, { head, gone }), 1)
  lu.assertEquals(waits("object_exists", { Bucket = "abc", Key = "k" }, { gone, head }), 1)
  lu.assertEquals(waits("object_not_exists", { Bucket = "abc", Key = "k" }, { head, head, gone }), 2)
end

function TestWaiters.test_every_waiter_is_described()
  local count = 0
  for _, name in ipairs(model.services()) do
    local service = model.service(name)
    for _, waiter_name in ipairs(service:waiters()) do
      local waiter = service:waiter(waiter_name)
      count = count + 1
      local op = assert(service:operation(waiter.operation), waiter_name)
      local members = {}
      for _, member in ipairs(service:shape(op.output).members or {}) do members[member.name] = member end
      lu.assertTrue(waiter.delay >= 1 and waiter.max_delay >= waiter.delay and waiter.timeout > waiter.max_delay)
      for _, rule in ipairs(waiter.rules) do
        local member = rule.path and members[rule.path]
        lu.assertEquals(rule.path ~= nil, member ~= nil, waiter_name)
        local known = member and service:shape(member.shape).enum
        for value in pairs(known and rule.values or {}) do lu.assertTableContains(known, value, waiter_name) end
      end
      lu.assertTrue(not waiter.reason or members[waiter.reason] ~= nil, waiter_name)
    end
  end
  print(count .. " waiters")
  lu.assertEquals(count, 22)
  lu.assertNil(model.service("s3"):waiter "bucket_exist")
end

function TestWaiters.test_rules()
  local wait = require "moonrock.aws.wait"
  local function judge(rules, result, err, polls)
    return wait.judge({ rules = rules }, polls or 1, result, err)
  end
  local function rule(match, path, ...)
    local values = {}
    for _, value in ipairs { ... } do values[value] = true end
    return { { state = "success", match = match, path = path, values = values } }
  end
  local parts = { list = { { a = "x" }, { a = "x" } }, mixed = { { a = "x" }, { a = true }, {} }, none = {},
    deep = { state = "on" }, off = false, n = 3 }
  lu.assertEquals(judge(rule("path", "deep.state", "on"), parts), "success")
  lu.assertEquals(judge(rule("path", "off", "false"), parts), "success")
  lu.assertEquals(judge(rule("path", "n", "3"), parts), "success")
  lu.assertNil(judge(rule("path", "deep.state.more", "on"), parts))
  lu.assertEquals(judge(rule("all", "list[].a", "x"), parts), "success")
  lu.assertNil(judge(rule("all", "mixed[].a", "x"), parts))
  lu.assertNil(judge(rule("all", "none[]", "x"), parts))
  lu.assertEquals(judge(rule("any", "mixed[].a", "true"), parts), "success")
  lu.assertNil(judge(rule("any", "none[].a", "x"), parts))
  lu.assertNil(judge(rule("path", "absent", "on"), parts))
  local null = { { state = "success", match = "path", path = "absent", values = {}, null = true } }
  lu.assertEquals(judge(null, parts), "success")
  lu.assertNil(judge(null, nil, { code = "X" }))
  lu.assertEquals(judge(rule("error", nil, "Gone"), nil, { code = "Gone" }), "success")
  lu.assertEquals(judge(rule("error", nil, "any"), nil, { code = "Other" }), "success")
  lu.assertNil(judge(rule("error", nil, "Gone"), parts))
  lu.assertEquals(judge(rule("status", nil, "404"), nil, { status = 404 }), "success")
  local early = rule("status", nil, "404")
  early[1].first = 2
  lu.assertEquals(judge(early, nil, { status = 404 }, 2), "success")
  lu.assertNil(judge(early, nil, { status = 404 }, 3))
end

function TestWaiters.test_jobs_of_bedrock()
  for _, row in ipairs {
    { "model_invocation_job_completed", "get_model_invocation_job", "status", "InProgress", "Completed", "Failed",
      { message = "the reason" }, { jobIdentifier = "abcdefghijkl" } },
    { "evaluation_job_completed", "get_evaluation_job", "status", "InProgress", "Completed", "Stopped",
      { failureMessages = { "the reason", "another" } },
      { jobIdentifier = "arn:aws:bedrock:us-west-2:123456789012:evaluation-job/abcdefghijkl" } },
    { "model_import_job_completed", "get_model_import_job", "status", "InProgress", "Completed", "Failed",
      { failureMessage = "the reason" }, { jobIdentifier = "abc" } },
    { "model_copy_job_completed", "get_model_copy_job", "status", "InProgress", "Completed", "Failed",
      { failureMessage = "the reason" },
      { jobArn = "arn:aws:bedrock:us-west-2:123456789012:model-copy-job/abcdefghijkl" } },
  } do
    local name, operation, member, busy, done, failed, why, params = table.unpack(row)
    local function state(value, more)
      local result = { [member] = value }
      for key, text in pairs(more or {}) do result[key] = text end
      return reply("bedrock", operation, result)
    end
    local client = fake.client("bedrock", { state(busy), state(busy), state(done) })
    lu.assertEquals(client:wait(name, params)[member], done)
    client = fake.client("bedrock", { state(busy), state(failed, why) })
    local _, err = errors.try(client.wait, client, name, params)
    lu.assertTrue(errors.is(err), tostring(err))
    lu.assertEquals({ err.code, err.state }, { "WaiterFailed", failed })
    lu.assertStrContains(err.message, "the reason")
  end
end

os.exit(lu.LuaUnit.run())
