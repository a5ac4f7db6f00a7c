-- SPDX-License-Identifier: MIT
-- Cases for sdk_differential.mjs, one JSON object a line, with what our whole client makes of them:
--   LUA_PATH='tests/support/?.lua;;' moonrock tests/peers/differential.lua [SEED]
-- Each operation of each service is called with made-up parameters; the request goes to a loopback
-- server, and the answer is a made-up reply.  A case tells the parameters, the reply's bytes, and
-- ours: the request as it came over the wire, and the result or error that was read.

local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local model = require "moonrock.model"
local moonrock = require "moonrock"
local body = require "moonrock.aws.body"
local recorded = require "recorded" -- of tests/support
local replies = require "replies"
local values = require "values"

local seed = math.tointeger(tonumber((...) or 1))
local REGION = "us-west-2"
local KEYS = { access_key_id = "AKIDEXAMPLE", secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }

-- ---- what the models do not say about parameters ---------------------------------------------

local listings = { ListObjects = true, ListObjectsV2 = true, ListObjectVersions = true, ListMultipartUploads = true }

local function settle(service, op, params, mode, for_reply)
  if service.name == "s3" then
    if params.Bucket then params.Bucket = #params.Bucket % 7 == 1 and "dotted.bucket.name" or "example-bucket" end
    if params.Key == "" then params.Key = "k" end
    if params.CopySource then params.CopySource = "source-bucket/a%20key?versionId=v1" end
    if params.RequestRoute then params.RequestRoute = "route-1" end
    if listings[op.name] and for_reply then params.EncodingType = "url" end
    local upload = op.name == "CompleteMultipartUpload" and (params.MultipartUpload or {})
    if upload and #(upload.Parts or {}) == 0 then -- ours refuses an empty list, as S3 does
      params.MultipartUpload = { Parts = { { PartNumber = 1, ETag = "etag" } } }
    end
    if mode == "all" then -- the digests of keys are added then
      for _, name in ipairs { "SSECustomerKey", "CopySourceSSECustomerKey" } do -- ours takes no other length
        params[name .. "MD5"] = nil
        if params[name] then params[name] = ("%-32s"):format(params[name]) end
      end
    end
  end
  if params.ContentLength then
    params.ContentLength = #(params[op.streaming_input or "Body"] or "")
  end
  return params
end

-- ---- one call ------------------------------------------------------------------------------------

local captured, answer, is_request

-- A request that is compared travels to a loopback server, whatever host it names.
local server = recorded.start(function(_, method, target, head, sent)
  local path, query = target:match("^([^?]*)%??(.*)$")
  captured = { method = method, path = path, query = query, headers = json.array {}, body = crypto.base64_encode(sent) }
  for name, value in head:gmatch("\r\n([^:\r\n]+):[ \t]*([^\r\n]*)") do
    captured.headers[#captured.headers + 1] = json.array { name, value }
    if name:lower() == "host" then captured.host = value end
  end
  return { body = "" }
end)

local transport = {
  request = function(_, request)
    if is_request then server.transport:request(request).body:read("a") end
    return { status = answer.status, headers = answer.headers, body = body.of_string(answer.body) }
  end,
}

local function tagged_error(service, err)
  if not errors.is(err) then return { code = "?", message = tostring(err) } end
  local fields, members = json.object {}, json.array {}
  local shape = err.code and service:shape(err.code)
  for _, member in ipairs(shape and shape.members or {}) do
    local value = err.fields and err.fields[member.name]
    if member.name:lower() ~= "message" then
      members[#members + 1] = member.name
      fields[member.name] = value ~= nil and values.tag(service, member.shape, value) or nil
    end
  end
  return { code = err.code, message = err.message, status = err.status, fields = fields, members = members }
end

local function member_shape(service, id, name)
  for _, member in ipairs(service:shape(id).members) do
    if member.name == name then return member.shape end
  end
end

local function read_result(service, op, result, texts)
  result.ResponseMetadata = nil
  local stream, events = op.streaming_output, nil
  if op.event_stream then
    local shape = member_shape(service, op.output, stream)
    local list, failure = {}, nil
    local ok, err = pcall(function()
      for event in result[stream]:events() do list[#list + 1] = values.tag(service, shape, event, texts) end
    end)
    if not ok then failure = tagged_error(service, err) end
    result[stream] = nil
    events = { list = json.array(list), error = failure }
  end
  for name, value in pairs(result) do
    if type(value) == "table" and value.read then result[name] = value:read("a") end
  end
  return values.tag(service, op.output, result, texts), events
end

local function run(client, service, op, maker, name, params, reply)
  captured, answer, is_request = nil, reply, name:find("^request") ~= nil
  local ours = {}
  local ok, result = pcall(client.call, client, op.name, params)
  if ok then
    ours.result = json.object {}
    if op.output ~= 0 then ours.result, ours.events = read_result(service, op, result, maker.texts) end
  else
    ours.error = tagged_error(service, result)
  end
  ours.request = captured
  local headers = {}
  for i, header in ipairs(reply.headers) do headers[i] = json.array { header[1], header[2] } end
  io.write(json.encode {
    service = service.name, operation = op.name, name = name, stream = op.streaming_output,
    events = op.event_stream or nil,
    params = op.input == 0 and json.object {} or values.tag(service, op.input, params),
    reply = { status = reply.status, headers = json.array(headers), body = crypto.base64_encode(reply.body) },
    ours = ours,
  }, "\n")
end

-- ---- all calls -------------------------------------------------------------------------------------

local function request_cases(maker, op)
  local list = { { "required", "required" } }
  if op.input == 0 then return list end
  for i = 1, math.max(3, math.min(100, maker:branches(op.input))) do list[#list + 1] = { "all " .. i, "all" } end
  for i = 1, 5 do list[#list + 1] = { "edge " .. i, "edge" } end
  return list
end

for _, name in ipairs(model.services()) do
  local service = model.service(name)
  local client = moonrock.session({
    region = REGION, credentials = KEYS, transport = transport, max_attempts = 1,
    checksum_algorithm = "CRC32", -- that of the SDK
    environment = function() return nil end,
  }):client(name)
  for number, op_name in ipairs(service:operations()) do
    local op = service:operation(op_name)
    local maker = values.new(service, seed * 1000 + number)
    local plain = replies.plain(service, op, maker)
    for _, case in ipairs(request_cases(maker, op)) do
      local params = settle(service, op, maker:make(op.input, case[2]), case[2])
      run(client, service, op, maker, "request: " .. case[1], params, plain)
    end
    for _, reply in ipairs(replies.all(service, op, maker)) do
      local params = settle(service, op, maker:make(op.input, "required"), "required", true)
      run(client, service, op, maker, "reply: " .. reply.name, params, reply)
    end
  end
end
server.close()
