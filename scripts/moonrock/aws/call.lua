-- SPDX-License-Identifier: MIT
-- call.lua -- the one way of a request: check, build, sign, send, classify, retry, decode.
-- One logical call has one token, one body and one invocation id over all its attempts.
-- Beside the retries it may correct the clock once and follow a bucket to its region once.
--
-- A call from the script to the socket and back:
--   s3:upload_file(path, ...)  transfer.lua: one put_object, or a task for each part
--   client:put_object{...}     session.lua: the model finds the operation; invoke, here
--   prepare                    request.lua: before-hook, token, body (payload.lua), op:request, checksum; once
--   build                      request.lua: endpoint.lua gives host, path and region; for each attempt
--   sign                       moonrock.sigv4, with what credentials.lua found
--   transport:request          network.lua (moonrock.http, sockets) or loopback.lua (an isolate's channel)
--   status, headers, reader    reply.lua: op:parse, service:parse_error; body.lua counts the bytes
--                              and compares the checksum; a stream of events: events.lua
--   result, or what to do      retry.lua: again, later, never; region.lua: elsewhere; hints.lua: the next step

local task = require "moonrock.task"
local time = require "moonrock.time"
local sigv4 = require "moonrock.sigv4"
local errors = require "moonrock.error"
local headers = require "moonrock.headers"
local system = require "moonrock.system"
local replies = require "moonrock.aws.reply"
local requests = require "moonrock.aws.request"
local retry = require "moonrock.aws.retry"
local config = require "moonrock.aws.config"
local lazy = require "moonrock.lazy"

local express = lazy "moonrock.aws.express"
local hints = lazy "moonrock.aws.hints"
local region = lazy "moonrock.aws.region"

local M = {}

local may_look, level = pcall(system.getenv, "MOONROCK_LOG") -- a host may keep the environment to itself
local telling = may_look and level == "debug"

-- Sending ---------------------------------------------------------------------------------

local function apply_credentials(core, request, target, credentials)
  if credentials.anonymous then
    return
  elseif credentials.bearer_token then
    sigv4.bearer(request, credentials.bearer_token)
    return
  end
  local options = core.signing
  options.credentials = target.session and express.move_token(request, credentials) or credentials
  options.region, options.service = target.region, target.signing_name
  options.time = time.now() + core.shared.clock_offset
  sigv4.sign(request, options)
end

-- What C refuses here is a key or token that cannot stand in a header; it is not shown.
local function sign(core, request, target, prepared)
  if prepared.unsigned then
    return
  end
  prepared.provider = target.session and express.provider(core, prepared.bucket, M.invoke) or core.credentials
  local credentials = prepared.provider()
  local ok, err = pcall(apply_credentials, core, request, target, credentials)
  if ok then
    return credentials
  elseif errors.is(err) then
    error(err, 0)
  end
  errors.raise {
    code = "InvalidCredentials",
    message = string.format("the credentials from %s cannot stand in a request", credentials.source),
    service = core.name,
    hint = "look for spaces and line breaks at their ends",
    retryable = false,
    cause = err,
  }
end

-- One attempt over the wire: reply, or nil and the transport's error.
local function send(core, prepared, where, attempt)
  local request, target = requests.build(core, prepared, where)
  local transport = core.config.transport
  if transport.observe then -- a cassette: it keeps what no signature is in yet
    transport:observe(request, core.name)
  end
  prepared.credentials = not transport.unsigned and sign(core, request, target, prepared)
  requests.trace(core, prepared, request, attempt)
  local ok, reply = pcall(transport.request, transport, request)
  if ok then
    return reply, nil, request
  elseif errors.is(reply) then
    return nil, reply, request
  end
  error(reply, 0)
end

-- Left by an error or a cancel, an attempt closes its reply.
local abandon_mt = {
  __close = function(open, err)
    if err ~= nil then
      open.body:close()
    end
  end,
}

-- With MOONROCK_LOG=debug each attempt is told; what is secret stands in headers and bodies, which are not.
local function log_attempt(core, op, request, number, reply, failure, started)
  system.log("debug", string.format("%s.%s attempt %d: %s %s://%s%s%s%s -> %s, %.0f ms", core.name, op.method, number,
    request.method, request.scheme, request.host, request.port and ":" .. request.port or "", request.path,
    (request.query or "") ~= "" and "?" .. request.query or "", reply and reply.status or failure.code,
    (time.monotonic() - started) * 1000))
end

-- One attempt: a result, or nil, the error and the reply's headers.
local function attempt_once(core, op, prepared, where, number)
  local started = telling and time.monotonic()
  local reply, failure, request = send(core, prepared, where, number)
  if started then
    log_attempt(core, op, request, number, reply, failure, started)
  end
  if not reply then
    return nil, failure, {}, request
  end
  local open <close> = setmetatable({ body = reply.body }, abandon_mt)
  local ok, result, err = pcall(replies.read, core, op, prepared, reply, number)
  if not ok then
    if not errors.is(result) then
      error(result, 0)
    end
    open.body:close()
    err, result = result, nil
  end
  if err then
    return nil, err, reply.headers, request
  end
  return result
end

-- The way round failures ------------------------------------------------------------------

-- Where the bucket lies, asked from itself; only the header of the answer counts.
local function head_bucket(core, bucket)
  local op = core.service:operation("head_bucket")
  if not op then
    return nil
  end
  local prepared = requests.prepare(core, op, { Bucket = bucket })
  local reply = send(core, prepared, nil, 1)
  if not reply then
    return nil
  end
  reply.body:close()
  return headers.get(reply.headers, "x-amz-bucket-region")
end

local function new_region(core, op, prepared, err, header, where)
  -- A directory bucket lies where its name says; to ask it needs keys that it gives itself.
  if not prepared.bucket or prepared.bucket:find("%-%-xa?%-s3$") or not region.suspects(op, err, header) then
    return nil
  end
  local found = region.find(err, header, function()
    return head_bucket(core, prepared.bucket)
  end)
  return found ~= (where or core.config.region) and found or nil
end

local quota_note = "; not tried again, because too many recent calls needed retries"

local function raise_final(core, op, err, class, number, verdict, asked)
  local full = {
    code = err.code,
    message = (err.message or "no message") .. (verdict == "quota" and quota_note or ""),
    status = err.status,
    service = core.name,
    operation = op.method,
    request_id = err.request_id,
    retryable = class ~= "final",
    retry_after = class ~= "final" and asked or nil,
    attempts = number,
    cause = err.cause,
    fields = err.fields,
  }
  full.hint = err.hint or hints.find(full)
  errors.raise(full)
end

local ended_codes = { ExpiredToken = true, ExpiredTokenException = true, TokenRefreshRequired = true }

-- May the call be made again with other credentials than those that have ended?
local function renewed(prepared, err)
  return ended_codes[err.code] and prepared.credentials and prepared.provider:reject(prepared.credentials)
end

local function log_retry(core, op, err, class, delay, number)
  -- Longer than any backoff: the service asked for it, and who watches must not take it for a hang.
  system.log(delay > 20 and "warn" or "info", string.format("%s.%s attempt %d failed with %s (%s%s); again in %.2f s",
    core.name, op.method, number, tostring(err.code), class, err.status and ", status " .. err.status or "", delay))
end

---Carries out one logical call.
---@param core table of a client
---@param op table of moonrock.model
---@param params? table
---@param into? moonrock.part.Part takes the body of a good reply, as far as the transport can;
---  the reader gives what it could not
---@return table result with ResponseMetadata; raises an error object
function M.invoke(core, op, params, into)
  config.require_region(core.config, core.name)
  local prepared = requests.prepare(core, op, params)
  prepared.into = into
  local shared = core.shared
  local where = prepared.bucket and shared.bucket_regions[prepared.bucket]
  local tries -- made by the first failure
  local corrected, moved, replaced = false, false, false
  local refused -- the answer that may have been about the checksum
  local sent = 0 -- attempts, those after a correction too
  while true do
    if core.limiter then
      core.limiter:acquire()
    end
    sent = sent + 1
    local result, err, received, request = attempt_once(core, op, prepared, where, sent)
    local class = err and retry.classify(err)
    if core.limiter then
      core.limiter:answered(class == "throttle")
    end
    if refused and (result or err.status) then
      if err and err.code == refused.code then -- the same without: it was no checksum that it meant
        core.config.request_checksums = "when_supported"
      else
        system.log("warn", string.format("%s does not know checksums (%s); they are left out from here on, as with "
          .. "request_checksums = \"when_required\"", refused.host, tostring(refused.code)))
      end
      refused = nil
    end
    if result then
      if tries then
        tries:succeeded()
      else
        core.quota:give(1)
      end
      local after = core.hooks.after[requests.facts(op).method]
      return after and after(result, prepared.context) or result
    end
    tries = tries
      or retry.attempts(core.quota, { max_attempts = core.config.max_attempts, jitter = core.jitter })
    local header = function(name)
      return headers.get(received, name)
    end
    local offset = not corrected and retry.skew(err, header("date"), shared.clock_offset)
    local other = not moved and new_region(core, op, prepared, err, header, where)
    local dropped = not offset and not other and requests.drop_checksum(core, op, prepared, err)
    if offset then
      corrected, shared.clock_offset = true, offset
      system.log("warn", string.format("the clock differs from that of %s by %.0f s; corrected for signing",
        request.host, offset))
    elseif other then
      moved, where = true, other
      shared.bucket_regions[prepared.bucket] = other
      system.log("info", string.format("bucket %s lies in %s", prepared.bucket, other))
    elseif dropped then -- once: the next attempt has none
      refused = dropped == "first" and { code = err.code, host = request.host }
    elseif not replaced and renewed(prepared, err) then
      replaced = true
    else
      local asked, exact = retry.asked_delay(header)
      local verdict, delay = tries:failed(class, err.code, asked, exact)
      if verdict ~= "retry" then
        raise_final(core, op, err, class, sent, verdict, asked)
      end
      log_retry(core, op, err, class, delay, sent)
      task.sleep(delay)
    end
  end
end

---A URL that carries its signature.
---@param core table
---@param op table
---@param params? table without a body
---@param expires integer seconds, 1 to 604800
---@return string url
function M.presign(core, op, params, expires)
  config.require_region(core.config, core.name)
  local prepared = requests.prepare(core, op, params, true)
  if prepared.body and prepared.body ~= "" and core.service.protocol ~= "query" then
    errors.raise {
      code = "ParamValidation",
      message = string.format("a presigned %s takes no body; whoever uses the URL sends it", op.method),
      service = core.name, operation = op.method, retryable = false,
    }
  end
  requests.move_form(core, prepared)
  prepared.body = nil
  local where = prepared.bucket and core.shared.bucket_regions[prepared.bucket]
  local request, target = requests.build(core, prepared, where)
  if target.session then
    errors.raise {
      code = "NotSupported",
      message = "URLs of directory buckets are not presigned by this version: they end with a session of five minutes",
      hint = "switch sessions off: AWS_S3_DISABLE_EXPRESS_SESSION_AUTH=true",
      service = core.name, operation = op.method, retryable = false,
    }
  end
  local credentials = core.credentials()
  if credentials.bearer_token or credentials.anonymous then
    errors.raise {
      code = "NoCredentials",
      message = "a URL is presigned with an access key; a bearer token cannot do it",
      service = core.name, operation = op.method,
    }
  end
  return sigv4.presign(request, {
    credentials = credentials,
    region = target.region,
    service = target.signing_name,
    time = time.now() + core.shared.clock_offset,
    expires = expires,
  })
end

return M
