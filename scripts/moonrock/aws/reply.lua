-- SPDX-License-Identifier: MIT
-- reply.lua -- from a transport's reply to a result, or to the error that it tells of.
-- A body that is no stream is read whole here, up to a limit; a stream becomes a reader that
-- compares length and checksum at its end.

local errors = require "moonrock.error"
local headers = require "moonrock.headers"
local model = require "moonrock.model"
local body = require "moonrock.aws.body"
local checksum = require "moonrock.aws.checksum"
local requests = require "moonrock.aws.request"
local lazy = require "moonrock.lazy"

local events = lazy "moonrock.aws.events"

local M = {}

local reply_limit = 64 * 1024 * 1024 -- of a reply that is no stream
local error_limit = 1024 * 1024

-- These answer 200 and may carry an error all the same.
local late_errors = { CopyObject = true, UploadPartCopy = true, CompleteMultipartUpload = true }

local function request_id(reply)
  return headers.get(reply.headers, "x-amzn-requestid") or headers.get(reply.headers, "x-amz-request-id")
end

local function check_echo(prepared, named)
  local sent = prepared.checksum
  local echoed = sent and named[checksum.header(sent.algorithm)]
  if echoed and echoed ~= sent.value then
    return {
      code = "ChecksumMismatch",
      message = string.format("%s was sent, but the service stored %s (%s)", sent.value, echoed, sent.algorithm),
    }
  end
  return nil
end

-- A reader that compares the checksum of the whole object at its end.  What goes into a part
-- is counted and compared by the part's owner.
local function verified(reply, length, into)
  if into then
    return reply.body
  end
  local algorithm, expected = nil, nil
  if reply.status == 200 then
    algorithm, expected = checksum.of_reply(function(name)
      return headers.get(reply.headers, name)
    end)
  end
  local hasher = algorithm and checksum.hasher(algorithm)
  return body.checked(reply.body, {
    length = length,
    watch = hasher and function(data)
      if data then
        hasher:update(data)
        return
      end
      local found = hasher:digest("base64")
      if found ~= expected then
        errors.raise {
          code = "ChecksumMismatch",
          message = string.format("the body has %s %s, the service announced %s", algorithm, found, expected),
          hint = "the data was changed on its way; read it again",
          retryable = true,
        }
      end
    end or nil,
  })
end

local function metadata(reply, named, attempt)
  return {
    HTTPStatusCode = reply.status,
    HTTPHeaders = named,
    RequestId = named["x-amzn-requestid"] or named["x-amz-request-id"],
    RetryAttempts = attempt - 1,
  }
end

local function length_of(facts, reply, length)
  if facts.http_method == "HEAD" or reply.status == 204 or reply.status == 304 then
    return nil
  end
  return length and math.tointeger(tonumber(length))
end

-- With secrets in it a body comes whole from the wire, as a secret.
local function whole_body(facts, reply, length, limit)
  if facts.secret_reply and reply.sealed then
    return reply.body:read("a") or ""
  end
  return body.whole(reply.body, length, limit)
end

local function is_error_document(text)
  local rest = text:gsub("^%s*<%?xml.-%?>", "")
  return rest:find("^%s*<Error[%s>]") ~= nil
end

-- What a proxy or a captive portal puts in a service's place; as XML it may look like an empty list.
local function is_web_page(text)
  if type(text) ~= "string" or not text:find("^%s*<") then
    return false
  end
  local start = text:sub(1, 1000):lower()
  return start:find("^%s*<html[%s>]") or start:find("^%s*<!doctype%s+html")
end

-- The result of a good reply; or nil and an error.  May raise what reading raises.
local function decode(core, op, prepared, reply, attempt)
  local facts, named = requests.facts(op), model.header_map(reply.headers)
  local length = length_of(facts, reply, named["content-length"])
  local stream = facts.streaming_output
  if facts.event_stream then
    local result = op:parse(reply.status, reply.headers, "")
    result.ResponseMetadata = metadata(reply, named, attempt)
    return events.attach(core, op, result, reply, function(name)
      return headers.get(reply.headers, name)
    end)
  elseif stream then
    local result = op:parse(reply.status, reply.headers, "")
    result[stream] = verified(reply, length, prepared.into)
    result.ResponseMetadata = metadata(reply, named, attempt)
    return result
  end
  local text = whole_body(facts, reply, length, reply_limit)
  if late_errors[facts.name] then
    if is_error_document(text) then
      local err = core.service:parse_error(op, 500, reply.headers, text)
      err.status = reply.status
      return nil, err
    elseif not text:find("%S") then
      return nil, { code = "IncompleteBody", message = "the service answered 200 without a result", retryable = true }
    end
  end
  if is_web_page(text) then
    return nil, {
      code = "InvalidReply",
      message = string.format("a web page came in place of the answer of %s", core.name),
      status = reply.status,
      hint = "something between here and the service answers for it: a proxy, a login page, a wrong endpoint URL",
    }
  end
  local result, parse_error = op:parse(reply.status, reply.headers, text)
  if not result then
    return nil, {
      code = "InvalidReply",
      message = "the service's answer cannot be read: " .. tostring((parse_error or {}).message or parse_error),
      status = reply.status,
    }
  end
  result.ResponseMetadata = metadata(reply, named, attempt)
  return result, check_echo(prepared, named)
end

-- Words of an answer that is no error document: what a gateway or a login page says.  A tag holds no "<": else
-- a row of them would be looked through to its end from each.
local function excerpt(text)
  local words = text:gsub("<[^<>]*>", " "):gsub("[%c%s]+", " "):gsub("^ ", ""):gsub(" $", "")
  if #words > 160 then
    words = words:sub(1, (utf8.offset(words, 0, 161) or 161) - 1) .. "..."
  end
  return utf8.len(words) and words ~= "" and words or nil
end

-- Completes an error that came without a document.
local function explain(err, reply, text)
  local head = tostring(err.message):match("^(.*), without an explanation$")
  local location = headers.get(reply.headers, "location")
  local words = type(text) == "string" and excerpt(text)
  if head and location and reply.status < 400 then
    err.message = string.format("%s, a redirect to %s", head, location)
    err.hint = "redirects are not followed, since the signature is for one place only: is the endpoint the right one, "
      .. "or does a proxy or a login page stand between?"
  elseif head and words then
    err.message = string.format("%s, with these words: %s", head, words)
  end
end

-- An error document that is endless, or breaks off, does not hide the status.
local function decode_error(core, op, reply)
  local facts = requests.facts(op)
  local length = length_of(facts, reply, headers.get(reply.headers, "content-length"))
  local text = errors.try(whole_body, facts, reply, length, error_limit) or ""
  local err = core.service:parse_error(op, reply.status, reply.headers, text)
  err.status = reply.status
  err.request_id = err.request_id or request_id(reply)
  explain(err, reply, text)
  return err
end

---Reads and decodes a reply.  May raise what reading raises.
---@async
---@param core table of a client
---@param op table of moonrock.model
---@param prepared table of requests.prepare
---@param reply {status: integer, headers: moonrock.Headers|string[][], body: table, sealed?: boolean}
---@param attempt integer which one of the call this was, from 1
---@return table|nil result with ResponseMetadata; nil and what the service said
---@return table? err
function M.read(core, op, prepared, reply, attempt)
  if reply.status >= 300 then
    return nil, decode_error(core, op, reply)
  end
  return decode(core, op, prepared, reply, attempt)
end

return M
