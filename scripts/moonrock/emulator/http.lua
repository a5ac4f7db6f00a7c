-- SPDX-License-Identifier: MIT
-- emulator.http: one request, from the first byte to the last.
-- Read the head, find the service, verify, read the body, undo the payload's coding, route by the
-- model, run the operation, answer.  A refusal anywhere becomes the error document of the
-- service's protocol; anything else that goes wrong is a 500 that says it is ours.
--
-- A PUT of an object from the socket to the store and back:
--   moonrock.http_server or an isolate   gives a channel: the head, then pieces of the body
--   wire.parse_head                      strict; address.of_request: service, bucket, region
--   gate.verify                          the signature; for S3 before the body is read
--   body.receive, gate.payload           the bytes, their hash, aws-chunked undone, trailers
--   service:route, op:parse_request      the model, read in reverse: operation and parameters
--   operations.PutObject                 s3_object.lua: checksums (integrity), conditions
--   store:put, s3_state.write            blob first; under the key's lock the record that names it
--   op:build_reply, add_common           and bill:save; a refusal goes through error_reply instead
--   wire.send                            head, then the body in slices or as it comes

local admin = require "moonrock.emulator.admin"
local address_of = require "moonrock.emulator.address"
local body_of = require "moonrock.emulator.body"
local errors = require "moonrock.error"
local gate = require "moonrock.emulator.gate"
local model = require "moonrock.model"
local refusal = require "moonrock.emulator.refuse"
local s3_state = require "moonrock.emulator.s3_state"
local sts = require "moonrock.emulator.sts"
local system = require "moonrock.system"
local time = require "moonrock.time"
local wire = require "moonrock.emulator.wire"

local refuse = refusal.refuse

local M = {}

---@class moonrock.emulator.Call one request on its way
---@field request moonrock.emulator.Request
---@field address moonrock.emulator.Address
---@field service string
---@field region string
---@field operation string|nil "PutObject"
---@field raw_body string|moonrock.emulator.LargeBody|nil the body as it came, until its codings are undone
---@field body string|moonrock.emulator.LargeBody the content, codings undone; large: of PutObject and UploadPart
---@field trailers table<string, string>
---@field request_id string
---@field warnings string[]|nil

local gone = {} -- raised when the caller went away in the middle of the body

local function not_implemented()
  refuse("NotImplemented", "A header or query you provided implies functionality that is not implemented in the "
    .. "rehearsal.")
end

-- Parameters of S3 whose refusal has a name of its own, by the last part of their path.
local named = {
  LocationConstraint = { "InvalidLocationConstraint", "The specified location-constraint is not valid" },
  StorageClass = { "InvalidStorageClass", "The storage class you specified is not valid" },
  CopySource = { "InvalidArgument",
    "Copy Source must mention the source bucket and key: sourcebucket/sourcekey" },
}

local function refuse_s3_problem(problem)
  local name = named[problem.path:match "[%w]+$" or ""]
  if name then refuse(name[1], name[2]) end
  if problem.code == "MalformedXML" or problem.path:find "[.%[]" then -- only the document has parts
    refuse("MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema")
  elseif problem.path == "Key" and problem.message:find "UTF%-8" then
    refuse("InvalidURI", "Couldn't parse the specified URI.")
  end
  refuse("InvalidArgument", problem.message,
    { fields = { ArgumentName = problem.path ~= "" and problem.path or nil } })
end

-- Parameters that do not fit the model, as the service would say it.
local function refuse_problems(call, problems)
  local first = problems[1] or { message = "malformed request", path = "" }
  if call.service == "s3" then refuse_s3_problem(first) end
  if first.code and call.service ~= "sts" then
    refuse(first.code == "InvalidArgument" and "ValidationException" or first.code, first.message)
  elseif first.code then
    refuse(first.code, first.message)
  end
  local texts = {}
  for i, problem in ipairs(problems) do texts[i] = problem.message end
  refuse("ValidationException", ("%d validation error%s detected: %s")
    :format(#texts, #texts == 1 and "" or "s", table.concat(texts, "; ")))
end

-- The body as it came, into call.raw_body; false when it is longer than the service takes.  What goes
-- into an object may be large; aws-chunked is undone in memory.
local function take_body(world, call, limit, is_content)
  local keep = is_content and world.store.folder and not gate.is_chunked(call.request) and function(source)
    return world.store:receive(source, s3_state.label(world, { name = "" }, ""))
  end
  local ok, body = pcall(body_of.receive, call.channel, limit, world.store, keep)
  if not ok and errors.is(body, "ChannelClosed") then error(gone, 0) end
  if not ok then error(body, 0) end
  call.body_taken = true
  call.raw_body, call.as_came = body, body
  return body ~= nil
end

-- A request that is refused by its head leaves a body.  Who waits for "100 Continue" keeps it;
-- others are sending it already and listen afterwards, so it is read, and dropped.
local function leave_body(call)
  if call.body_taken then return end
  local expect = call.request.first.expect
  if expect and expect:lower() == "100-continue" then return end
  if not pcall(wire.drop_body, call.channel) then error(gone, 0) end
end

local function run(world, call, operations)
  local request, address = call.request, call.address
  local service = model.service(call.service)
  call.model = service
  local limit = call.service == "s3" and 5 << 30 or 25000000 -- a PUT of S3; the body of an invocation
  local scope, kind = call.scope, call.kind
  local identity = call.service == "s3" and gate.verify(world, request, address, kind)
  local op, known
  if call.service == "s3" then
    op, known = service:route(request.method, address.path, request.query, request.headers)
  end
  if not take_body(world, call, math.min(limit, world.config.max_body or limit), op and op.streaming_input) then
    if call.service == "s3" then
      refuse("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
        { fields = { MaxSizeAllowed = tostring(limit) } })
    end
    refuse("ValidationException", "The request body is too large.")
  end
  if call.service ~= "s3" then -- what need not be signed is told by the model
    op = service:route(request.method, address.path, request.query, request.headers, call.raw_body)
  end
  if call.service ~= "s3" and op and not op.signed and not kind then identity = {} end
  identity = identity or gate.verify(world, request, address, kind, call.raw_body)
  local bucket = call.service == "s3" and world.s3.buckets[address.bucket or ""] or nil
  -- A PUT of a bucket is addressed to a region, not to the bucket that may be there already.
  local creating = request.method == "PUT" and not address.path:find "^/[^/]+/." and request.query == ""
  call.region = gate.region(address, scope, not creating and bucket or nil, world)
  call.identity = identity
  call.body, call.trailers = gate.payload(request, identity, call.raw_body)
  call.raw_body = nil
  if not op then
    if call.service == "sts" then
      sts.refuse_action(("&" .. request.query .. "&" .. call.body):match "&Action=([%w]+)")
    end
    if call.service == "s3" then
      if not known or request.query ~= "" then not_implemented() end
      refuse("MethodNotAllowed", "The specified method is not allowed against this resource.",
        { fields = { Method = request.method, ResourceType = "OBJECT" } })
    end
    refuse("UnknownOperationException", "The requested operation is not recognized by the service.")
  end
  call.operation, call.op = op.name, op
  if call.service == "s3" and (request.method == "PUT") and op.streaming_input
    and not request.first["content-length"] and not request.first["transfer-encoding"]
    and not request.first["x-amz-decoded-content-length"] then
    refuse("MissingContentLength", "You must provide the Content-Length HTTP header.")
  end
  local operation = operations[op.name]
  if not operation then
    if call.service == "s3" then not_implemented() end
    refuse("ValidationException", op.name .. " is not implemented in the rehearsal.")
  end
  local params, problems = op:parse_request(address.path, request.query, request.headers,
    op.streaming_input and "" or call.body)
  if not params then refuse_problems(call, problems) end
  call.params = params
  local instead = world.hook("before", call)
  if instead then return instead end
  local result, extra = operation(world, call, params)
  extra = extra or {}
  if call.service == "sts" then result.ResponseMetadata = { RequestId = call.request_id } end
  local status, headers, body = op:build_reply(result)
  local reply = {
    status = extra.status or status, headers = headers, body = extra.body or body,
    length = extra.length, read = extra.read, done = extra.done, stream = extra.stream,
  }
  if extra.read or extra.stream then reply.body = nil end
  for _, header in ipairs(extra.headers or {}) do reply.headers[#reply.headers + 1] = header end
  return world.hook("after", call, reply) or reply
end

-- The error document of a refusal.
local function error_reply(world, call, caught)
  if not refusal.is(caught) then
    local text = tostring(caught)
    system.log("error", "emulator: " .. text)
    world:remember(call.operation, "internal: " .. text)
    caught = { code = call.service == "s3" and "InternalError" or "InternalServerException", status = 500,
      message = refusal.note("We encountered an internal error. Please try again.", text) }
  end
  local fields = {}
  for name, value in pairs(caught.fields or {}) do fields[name] = value end
  if call.service == "s3" then
    fields.RequestId, fields.HostId = call.request_id, call.host_id
    fields.Resource = fields.Resource or call.request.path
  end
  local service = call.model or model.service(call.service)
  local code, id = caught.code, nil
  if call.service == "sts" then
    code, id, call.id_is_sent = sts.code_of(code), call.request_id, true
  end
  local status, headers, body = service:build_error(call.op,
    { code = code, message = caught.message, status = caught.status, fields = fields, request_id = id })
  for _, header in ipairs(caught.headers or {}) do headers[#headers + 1] = header end
  if caught.status == 304 then body = "" end
  return { status = caught.status or status, headers = headers, body = body }
end

local function add_common(world, call, reply)
  local headers = reply.headers
  if call.service == "s3" then
    headers[#headers + 1] = { "x-amz-id-2", call.host_id }
    headers[#headers + 1] = { "x-amz-request-id", call.request_id }
  elseif not call.id_is_sent then
    headers[#headers + 1] = { "x-amzn-requestid", call.request_id }
  end
  headers[#headers + 1] = { "date", time.http_date(world:now()) }
  headers[#headers + 1] = { "server", "moonrock-rehearsal" }
  if world.speed ~= 1 then -- whoever polls may do so as much faster
    headers[#headers + 1] = { "x-moonrock-speed", ("%g"):format(world.speed) }
  end
  if call.warnings then
    headers[#headers + 1] = { "x-moonrock-warning", table.concat(call.warnings, "; ") }
  end
end

--- Answers one exchange of an emulator whose state folder cannot be used.
---@param channel table
---@param why string
function M.cannot_serve(channel, why)
  local request = wire.parse_head(channel:receive() or "")
  wire.drop_body(channel)
  wire.send(channel, { status = 500, headers = { { "content-type", "text/plain" }, { "connection", "close" } },
    body = why .. "\n" }, request and request.method == "HEAD")
end

--- Serves one exchange on a channel.
---@param world moonrock.emulator.World
---@param operations table<string, table<string, function>> service name -> operation name -> function
---@param settle fun(): nil brings what goes by the clock up to date
---@param channel table
function M.serve(world, operations, settle, channel)
  local head = channel:receive()
  if not head then return channel:close() end
  local request, reason = wire.parse_head(head)
  if not request then
    wire.drop_body(channel)
    return wire.send(channel, { status = 400, headers = { { "content-type", "text/plain" }, { "connection", "close" } },
      body = "Bad Request: " .. reason .. "\n" }, false)
  end
  local scope, kind = address_of.scope(request)
  if request.path:find "^/_moonrock/" and not kind then
    wire.drop_body(channel)
    settle()
    world.bill:save()
    return wire.send(channel, admin.answer(world, request), request.method == "HEAD")
  end
  local address = address_of.of_request(request, scope, kind)
  local call = { request = request, address = address, service = address.service, scope = scope, kind = kind,
    channel = channel }
  if call.service == "s3" then
    call.request_id, call.host_id = world:hex(16):upper(), world:hex(64)
  else
    call.request_id = world:uuid()
  end
  local _ <close> = setmetatable({}, { __close = function() body_of.leave(call.as_came) end })
  local ok, reply = pcall(function()
    settle()
    return run(world, call, operations[call.service])
  end)
  if not ok and reply ~= gone then
    local refused = reply
    ok, reply = pcall(error_reply, world, call, refused)
    if ok then
      local left, problem = pcall(leave_body, call)
      ok, reply = left, left and reply or problem
    end
  end
  if not ok then
    if reply ~= gone then error(reply, 0) end
    return channel:close() -- the caller went away in the middle of the body
  end
  add_common(world, call, reply)
  world.bill:save()
  if world.config.on_answer then
    world.config.on_answer(request.method, request.path, call.operation, reply.status)
  end
  local sent, err = pcall(wire.send, channel, reply, request.method == "HEAD")
  if reply.done then reply.done() end
  if not sent then
    -- The caller went away; what was done stays done, as at AWS.
    system.log("debug", "emulator: reply not delivered: " .. tostring(err))
    channel:close()
  end
end

return M
