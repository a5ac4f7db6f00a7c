-- SPDX-License-Identifier: MIT
-- Made-up replies to an operation: all(service, op, maker) -> list of { name, status, headers, body }.
-- Those that the emulator's side builds from made-up results, the same in other spellings (unknown
-- and null members, blanks, comments, character references), and errors of every kind.

local checksum = require "moonrock.aws.checksum"
local eventstream = require "moonrock.eventstream"
local json = require "moonrock.json"

local M = {}

local function is_header(pair, name) return pair[1]:lower() == name end

-- What belongs together in a reply: the length and the checksums of a body.
local function settle(service, op, result)
  if service.name ~= "s3" then return result end
  local stream = op.streaming_output
  if stream and not op.event_stream then
    result[stream] = result[stream] or ""
    result.ContentLength = result.ContentLength and #result[stream]
    result.ChecksumType = nil
    for _, algorithm in ipairs(checksum.algorithms) do
      local member = checksum.member(algorithm)
      result[member] = result[member] and checksum.digest(algorithm, result[stream])
    end
  elseif op.checksum then
    result.ChecksumCRC32 = nil -- it would be compared with that of the request
  end
  if op.name == "CopyObject" or op.name == "UploadPartCopy" then -- an empty one counts as a failure
    local member = op.name == "CopyObject" and "CopyObjectResult" or "CopyPartResult"
    result[member] = result[member] or { ETag = "\"e\"" }
  end
  return result
end

local function build(op, name, result)
  local status, headers, text, stream = op:build_reply(result)
  if type(stream) == "string" then text = stream end
  return { name = name, status = status, headers = headers, body = op.http_method == "HEAD" and "" or text }
end

local function made(service, op, maker, mode)
  if op.output == 0 then return {} end
  return settle(service, op, maker:make(op.output, mode))
end

-- ---- streams of events ---------------------------------------------------------------------------

local function events_of(service, op)
  for _, member in ipairs(op.output ~= 0 and service:shape(op.output).members or {}) do
    local shape = service:shape(member.shape)
    if shape.events then return shape end
  end
end

local function frame(op, maker, member, mode)
  return eventstream.encode(op:build_event { [member.name] = maker:make(member.shape, mode) })
end

local function stream_replies(service, op, maker, list)
  local shape = events_of(service, op)
  local head = build(op, "", made(service, op, maker, "all"))
  local function add(name, frames)
    list[#list + 1] = { name = name, status = head.status, headers = head.headers, body = table.concat(frames) }
  end
  local first
  local modes = { "required", "edge", "edge" }
  for i = 4, 4 + maker:branches(op.output) do modes[i] = "all" end
  for _, mode in ipairs(modes) do
    local frames = {}
    for _, member in ipairs(shape.members) do
      if not service:shape(member.shape).error then
        frames[#frames + 1] = frame(op, maker, member, mode)
        first = first or frames[1]
      end
    end
    if op.name == "InvokeModelWithResponseStream" then -- by this it is whole
      frames[#frames + 1] = eventstream.encode(op:build_event { chunk = { bytes = "{\"type\":\"message_stop\"}" } })
    end
    if mode == "all" then -- one that nobody knows, in the middle
      table.insert(frames, 2, eventstream.encode { payload = "{}", headers = {
        { ":event-type", "somethingNew" }, { ":content-type", "application/json" }, { ":message-type", "event" } } })
    end
    add("events, " .. mode, frames)
  end
  for _, member in ipairs(shape.members) do
    if service:shape(member.shape).error then
      add("exception " .. member.name, { first, frame(op, maker, member, "all") })
    end
  end
  add("an error in the stream", { first, eventstream.encode { payload = "", headers = {
    { ":message-type", "error" }, { ":error-code", "InternalFailure" }, { ":error-message", "it broke" } } } })
end

-- ---- other spellings -----------------------------------------------------------------------------

local function with(reply, name, text)
  local headers = {}
  for _, header in ipairs(reply.headers) do
    if not is_header(header, "content-length") then headers[#headers + 1] = header end
  end
  return { name = reply.name .. ", " .. name, status = reply.status, headers = headers, body = text }
end

-- Each structure within a value of JSON, by its shape: change(structure, shape).
local function each_structure(service, id, value, change)
  local shape = service:shape(id)
  if type(value) ~= "table" then return end
  if shape.kind == "structure" or shape.kind == "union" then
    for _, member in ipairs(shape.members) do each_structure(service, member.shape, value[member.wire], change) end
    change(value, shape)
  elseif shape.kind == "list" or shape.kind == "map" then
    for _, item in pairs(value) do each_structure(service, shape.element, item, change) end
  end
end

local function nested(service, op, reply, name, list, change)
  local shape, value = op.output, json.decode(reply.body)
  for _, member in ipairs(service:shape(op.output).members) do
    if member.payload then shape = member.shape end
  end
  each_structure(service, shape, value, change)
  list[#list + 1] = with(reply, name, json.encode(value))
end

local function json_spellings(reply, list, service, op)
  local value = json.decode(reply.body, { ordered = true })
  if op.output == 0 or type(value) ~= "table" or json.is_array(value) then return end
  list[#list + 1] = with(reply, "indented", json.encode(value, { indent = 2, ascii = true }) .. "\n")
  nested(service, op, reply, "unknown members", list, function(inner, shape)
    if shape.kind == "structure" then
      inner.somethingNew = { list = json.array { 1, json.null, "x" }, n = 1e300 }
      inner.__type = "whatever#Kind"
    end
  end)
  nested(service, op, reply, "nulls within", list, function(inner, shape)
    for i, member in ipairs(shape.kind == "structure" and shape.members or {}) do
      if i % 2 == 0 then inner[member.wire] = json.null end
    end
  end)
  nested(service, op, reply, "times as texts", list, function(inner, shape)
    for _, member in ipairs(shape.members) do
      if service:shape(member.shape).kind == "timestamp" and type(inner[member.wire]) == "number" then
        inner[member.wire] = tostring(inner[member.wire])
      end
    end
  end)
  local nulls, empties = {}, {}
  for key, inner in pairs(json.decode(reply.body)) do
    nulls[key] = json.null
    empties[key] = type(inner) == "table" and (json.is_array(inner) and json.array {} or json.object {}) or nil
  end
  list[#list + 1] = with(reply, "null members", json.encode(json.object(nulls)))
  list[#list + 1] = with(reply, "empty containers", json.encode(json.object(empties)))
end

local function xml_spellings(reply, list)
  local text = reply.body
  if not text:find("<%w") then return end
  list[#list + 1] = with(reply, "blanks and comments",
    (text:gsub("><", ">\n  <"):gsub("(<%w[^>]*>)\n", "%1<!-- c -->\n")))
  list[#list + 1] = with(reply, "times with an offset", (text:gsub("(T%d%d:%d%d:%d%d)Z<", "%1.250+01:30<")))
  local close = text:match("</[^<>]+>%s*$")
  if close then
    list[#list + 1] = with(reply, "unknown members", text:sub(1, #text - #close)
      .. "<SomethingNew a=\"1\"><Inner>x</Inner></SomethingNew>" .. close)
  end
  list[#list + 1] = with(reply, "unknown members within",
    (text:gsub("(</%w+>)(</%w+>)", "%1<SomethingNew>x</SomethingNew>%2")))
  list[#list + 1] = with(reply, "character references", (text:gsub("text%-", "&#116;e&#x78;t<![CDATA[-]]>")))
  list[#list + 1] = with(reply, "attributes", (text:gsub("<(%w[%w:]*)>", "<%1 something='new'>")))
end

-- HTTP dates as they were written before RFC 1123, which readers must still take.
local long_days = { Sun = "Sunday", Mon = "Monday", Tue = "Tuesday", Wed = "Wednesday", Thu = "Thursday",
  Fri = "Friday", Sat = "Saturday" }
local function old_dates(reply, list)
  local rfc850, asctime, any = {}, {}, false
  for i, header in ipairs(reply.headers) do
    local day, date, month, year, clock = header[2]:match("^(%a%a%a), (%d%d) (%a%a%a) (%d%d%d%d) ([%d:]+) GMT$")
    rfc850[i], asctime[i] = header, header
    if day then
      any = true
      rfc850[i] = { header[1], ("%s, %s-%s-%s %s GMT"):format(long_days[day], date, month, year:sub(3), clock) }
      asctime[i] = { header[1], ("%s %s %s %s %s"):format(day, month, date, clock, year) }
    end
  end
  for _, form in ipairs(any and { { "RFC 850", rfc850 }, { "asctime", asctime } } or {}) do
    list[#list + 1] = { name = reply.name .. ", dates of " .. form[1], status = reply.status, headers = form[2],
      body = reply.body }
  end
end

-- ---- errors ---------------------------------------------------------------------------------------

local function json_errors(service, op, error, fields, list)
  local shape = service:shape(error.code)
  local _, _, text = service:build_error(op, { code = error.code, message = "it is refused", status = error.status,
    fields = fields })
  local decoded = json.decode(text) or {}
  decoded.__type, decoded.code = nil, nil
  if decoded.error_description then decoded.message = nil end
  local function add(name, headers, change)
    local content = {}
    for key, value in pairs(decoded) do content[key] = value end
    for key, value in pairs(change or {}) do content[key] = value end
    headers[#headers + 1] = { "x-amzn-requestid", "request-1" }
    headers[#headers + 1] = { "content-type", "application/json" }
    list[#list + 1] = { name = "error " .. error.code .. ", " .. name, status = shape.status or error.status,
      headers = headers, body = json.encode(json.object(content)) }
  end
  add("header", { { "x-amzn-errortype", error.code } })
  add("header with more", { { "x-amzn-errortype", error.code .. ":http://internal.amazon.com/coral/" } })
  add("header with namespace", { { "x-amzn-errortype", "aws.service#" .. error.code } })
  add("__type", {}, { __type = "com.amazonaws.service#" .. error.code })
  add("code", {}, { code = error.code })
end

local function xml_error(service, code, message, inner)
  local content = "<Code>" .. code .. "</Code><Message>" .. message .. "</Message>" .. (inner or "")
  if service.protocol == "query" then
    return "<ErrorResponse xmlns=\"" .. (service.xml_namespace or "") .. "\"><Error><Type>Sender</Type>" .. content
      .. "</Error><RequestId>request-1</RequestId></ErrorResponse>"
  end
  return "<?xml version=\"1.0\"?>\n<Error>" .. content .. "<RequestId>request-1</RequestId></Error>"
end

local function error_replies(service, op, maker, list)
  if op.http_method == "HEAD" then
    list[#list + 1] = { name = "error without a body", status = 404, headers = {}, body = "" }
    return
  end
  local is_json = service.protocol == "rest-json"
  for _, error in ipairs(op.errors) do
    local shape = service:shape(error.code)
    local fields = {}
    for _, member in ipairs(shape and shape.members or {}) do
      if member.location == "body" and member.name:lower() ~= "message" then
        fields[member.name] = maker:value(member.shape)
      end
    end
    if is_json then
      json_errors(service, op, error, fields, list)
    else
      list[#list + 1] = { name = "error " .. error.code, status = error.status, headers = {},
        body = xml_error(service, error.code, "it is &lt;refused&gt;") }
    end
  end
  if is_json then
    local function add(name, status, headers, text)
      list[#list + 1] = { name = "error " .. name, status = status, headers = headers, body = text }
    end
    add("Message", 400, { { "x-amzn-errortype", "ThrottlingException" } }, "{\"Message\":\"slower\"}")
    add("of no message", 500, { { "x-amzn-errortype", "InternalServerException" } }, "{}")
    add("of no body", 503, { { "x-amzn-errortype", "ServiceUnavailableException" } }, "")
    add("of a proxy", 502, { { "content-type", "text/html" } }, "<html><body>Bad Gateway</body></html>")
  else
    if op.name == "CopyObject" or op.name == "UploadPartCopy" or op.name == "CompleteMultipartUpload" then
      list[#list + 1] = { name = "error in a good reply", status = 200, headers = {},
        body = xml_error(service, "SlowDown", "later") }
    end
    list[#list + 1] = { name = "error of no body", status = 503, headers = {}, body = "" }
    list[#list + 1] = { name = "error of a proxy", status = 502, headers = { { "content-type", "text/html" } },
      body = "<html><body>Bad Gateway</body></html>" }
  end
  local codes = is_json and { "SomethingNewException" } or { "SomethingNew", "AccessDenied" }
  for _, code in ipairs(codes) do
    list[#list + 1] = { name = "error that no model knows " .. code, status = 400,
      headers = is_json and { { "x-amzn-errortype", code } } or {},
      body = is_json and "{\"message\":\"new\"}" or xml_error(service, code, "new", "<Extra>1</Extra>") }
  end
end

---@return table reply the least good one
function M.plain(service, op, maker)
  if op.event_stream then
    local list = {}
    stream_replies(service, op, maker, list)
    return list[1]
  end
  return build(op, "plain", made(service, op, maker, "required"))
end

function M.all(service, op, maker)
  local list = {}
  if op.event_stream then
    stream_replies(service, op, maker, list)
  else
    list[1] = build(op, "required", made(service, op, maker, "required"))
    local spellings = service.protocol == "rest-json" and json_spellings or xml_spellings
    for i = 1, op.output == 0 and 1 or math.max(2, math.min(100, maker:branches(op.output))) do
      list[#list + 1] = build(op, "all " .. i, made(service, op, maker, "all"))
      if i == 1 then old_dates(list[#list], list) end
      if i == 1 and not op.streaming_output then spellings(list[#list], list, service, op) end
    end
    for i = 1, op.output == 0 and 0 or 4 do
      list[#list + 1] = build(op, "edge " .. i, made(service, op, maker, "edge"))
    end
  end
  error_replies(service, op, maker, list)
  return list
end

return M
