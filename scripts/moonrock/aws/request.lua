-- SPDX-License-Identifier: MIT
-- request.lua -- from parameters to a request that only wants a signature.
-- What belongs to the logical call (token, body, checksum, invocation id) is made once in
-- prepare; what belongs to an attempt (address, headers to sign) is made anew by build.

local crypto = require "moonrock.crypto"
local random = require "moonrock.random"
local secret = require "moonrock.secret"
local json = require "moonrock.json"
local system = require "moonrock.system"
local errors = require "moonrock.error"
local headers = require "moonrock.headers"
local checksum = require "moonrock.aws.checksum"
local lazy = require "moonrock.lazy"
local tables = require "moonrock.tables"

local endpoint = lazy "moonrock.aws.endpoint"
local hints = lazy "moonrock.aws.hints"
local part = lazy "moonrock.part"
local payload = lazy "moonrock.aws.payload"

local M = {}

local copy = tables.copy

-- What the model says of operations, read once: each look into it is a call of C.
local known = setmetatable({}, { __mode = "k" })
local fields = { "name", "method", "http_method", "duplex", "idempotency_token", "streaming_input", "streaming_output",
  "event_stream", "checksum", "endpoint_context", "signed", "unsigned_payload", "host_prefix", "secret_reply" }

---The facts of an operation as a plain table.
---@param op table of moonrock.model
---@return table
function M.facts(op)
  local facts = known[op]
  if not facts then
    facts = {}
    for _, field in ipairs(fields) do
      facts[field] = op[field] or nil
    end
    known[op] = facts
  end
  return facts
end

local function user_agent(core)
  local version = system.version()
  local text = string.format("moonrock/%s lua/%s", version.moonrock, tostring(version.lua):gsub("^Lua ", ""))
  if core.config.app_id then
    text = text .. " app/" .. core.config.app_id:gsub("[^%w!#$%%&'*+.^_`|~-]", "-")
  end
  return core.config.user_agent and text .. " " .. core.config.user_agent or text
end

local function attempt_header(core, attempt)
  return string.format("attempt=%d; max=%d", attempt, core.config.max_attempts)
end

local function describe(problem)
  local text = problem.path and problem.path ~= "" and problem.path .. ": " .. problem.message or problem.message
  if problem.suggestion and not text:find("did you mean", 1, true) then
    text = string.format("%s; did you mean %s?", text, problem.suggestion)
  end
  return text
end

-- All problems in one error, not the first alone.
local function raise_problems(core, op, problems)
  local lines = {}
  for index, problem in ipairs(problems) do
    lines[index] = describe(problem)
  end
  local message
  if #lines == 1 then
    message = string.format("parameter of %s: %s", op.method, lines[1])
  else
    message = string.format("%d problems in the parameters of %s: %s", #lines, op.method, table.concat(lines, "; "))
  end
  errors.raise {
    code = "ParamValidation",
    message = message,
    service = core.name,
    operation = op.method,
    problems = problems,
    retryable = false,
    hint = hints.find { service = core.name, code = "ParamValidation", message = message },
  }
end

-- A checksum that the caller gave as a parameter; it is compared with the reply's as well.
-- Content-MD5 is none of them: an algorithm that is announced wants its own header beside it.
local function given_checksum(sent)
  for _, algorithm in ipairs(checksum.algorithms) do
    local value = headers.get(sent, checksum.header(algorithm))
    if value then
      return { algorithm = algorithm, value = value }
    end
  end
  local other
  for _, header in ipairs(sent) do
    if header[1]:find("^x%-amz%-checksum%-%w+$") and header[1] ~= "x-amz-checksum-algorithm"
      and header[1] ~= "x-amz-checksum-type" then
      other = header[2]
    end
  end
  return other and {} or nil
end

-- From this size on a text is hashed on another thread, as files are: it would keep a frame waiting.
local long_text = 1024 * 1024 -- bytes

local function is_long(body)
  return type(body) == "table" or type(body) == "string" and #body >= long_text
end

local function hash(body, ...)
  if type(body) == "string" then
    return part.digest_of(body, ...)
  end
  return body:digest(...)
end

-- The digest of the body in base64; what is long is read once, for this and for the signature.
local function digest(prepared, algorithm)
  local data = prepared.body
  if not is_long(data) then
    return crypto.hash(algorithm:lower(), data, "base64")
  elseif prepared.payload_hash then
    return crypto.base64_encode((hash(data, algorithm)))
  end
  local hashed, value = hash(data, "SHA256", algorithm)
  prepared.payload_hash = crypto.hex_encode(hashed)
  return crypto.base64_encode(value)
end

-- The hash for the signature of what is long; other texts are hashed when they are signed.
local function hash_body(prepared)
  if is_long(prepared.body) and not prepared.payload_hash then
    prepared.payload_hash = crypto.hex_encode((hash(prepared.body, "SHA256")))
  end
end

-- A body that has a checksum need not be hashed for the signature too where TLS protects it:
-- the checksum is a signed header, and S3 compares it.
local function leave_unsigned(core, op, prepared, checksummed)
  local wanted = core.config.payload_signing_enabled
  if core.name ~= "s3" or not op.streaming_input or #prepared.body == 0 then
    return
  elseif wanted == nil then
    wanted = not checksummed or endpoint.resolve(core.config, core.facts).scheme ~= "https"
  end
  if not wanted then
    prepared.payload_hash = "UNSIGNED-PAYLOAD"
  end
end

-- Adds a checksum where the operation takes or wants one and the caller gave none.
local function add_checksum(core, op, prepared)
  local facts = M.facts(op).checksum
  local takes = facts and (facts.request or facts.required)
  if not takes or not prepared.body then
    return
  end
  local given = given_checksum(prepared.headers)
  local supported = core.config.request_checksums == "when_supported"
    or facts.request and prepared.params[facts.request]
  leave_unsigned(core, op, prepared, given or supported)
  if given then
    prepared.checksum = given.algorithm and given
    return
  elseif not supported then
    if facts.required and not headers.get(prepared.headers, "content-md5") then
      -- What stores know that are older than the checksums, and AWS as well.
      headers.add(prepared.headers, "content-md5", digest(prepared, "MD5"))
    end
    return
  end
  local algorithm = facts.request and prepared.params[facts.request] or core.config.checksum_algorithm
  if not tables.contains(checksum.algorithms, algorithm) then
    errors.raise {
      code = "ParamValidation",
      message = string.format("checksum algorithm %s cannot be computed here; use one of %s", tostring(algorithm),
        table.concat(checksum.algorithms, ", ")),
      service = core.name, operation = op.method, retryable = false,
    }
  end
  local value = digest(prepared, algorithm)
  if not headers.get(prepared.headers, "x-amz-sdk-checksum-algorithm") then
    headers.add(prepared.headers, "x-amz-sdk-checksum-algorithm", algorithm)
  end
  headers.add(prepared.headers, checksum.header(algorithm), value)
  prepared.checksum = { algorithm = algorithm, value = value, is_ours = not (facts.request
    and prepared.params[facts.request]) }
end

---A store that is older than the checksums refused one: the request goes on without, and so do all
---later ones of the client.  Nil where there was none, where the caller asked for it or gave it, or at AWS.
---@param core table
---@param op table
---@param prepared table
---@param err table what the store said
---@return "first"|"again"|nil dropped again: another call of the client found it out while this one was under way
function M.drop_checksum(core, op, prepared, err)
  local words = (tostring(err.code) .. " " .. tostring(err.message)):lower()
  local about = err.status == 501 or err.code == "NotImplemented"
    or err.status == 400 and (words:find("checksum", 1, true) or words:find("unsupported header", 1, true))
  if not about or not prepared.checksum or not prepared.checksum.is_ours or not core.config.endpoint_url
    or words:find("mismatch", 1, true) or err.code == "BadDigest" then
    return nil
  end
  local dropped = core.config.request_checksums == "when_supported" and "first" or "again"
  core.config.request_checksums = "when_required"
  headers.remove(prepared.headers, "x-amz-sdk-checksum-algorithm")
  headers.remove(prepared.headers, checksum.header(prepared.checksum.algorithm))
  prepared.checksum = nil
  prepared.payload_hash = M.facts(op).unsigned_payload and prepared.payload_hash or nil -- it was left to the checksum
  add_checksum(core, op, prepared)
  hash_body(prepared)
  return dropped
end

-- Bodies other than text are collected first; what is no body at all is told.  A range of a
-- file is returned: it stays on the disk until it is sent.
local function collect_body(core, op, params, member, presigned)
  local value = params[member]
  local kind = type(value)
  if kind == "string" or kind == "nil" then
    return
  elseif core.name == "s3" and member == op.streaming_input and not presigned and type(value) == "table"
    and type(value.path) == "string" then
    params[member] = "" -- for the checks and the builder, which have no use for its bytes
    return payload.file(value)
  end
  if payload.is_source(value) then
    params[member] = payload.collect(value)
  elseif member == op.streaming_input and (kind == "table" or kind == "userdata") then
    raise_problems(core, op, { {
      path = member,
      message = "a body is a string, { path =, offset =, length = }, a function that yields chunks, a reader or a file",
    } })
  end
end

-- "{RequestRoute}.": members that stand in front of the host.
local function host_prefix(core, op, params)
  return (op.host_prefix:gsub("{(%w+)}", function(name)
    local label = tostring(params[name])
    if #label > 63 or not label:find("^%w[%w%-]*$") then
      raise_problems(core, op, { {
        path = name, message = "stands in the host's name: letters, digits and -, at most 63",
      } })
    end
    return label
  end))
end

---A request of the query protocol as one without a body: the form becomes the query.
function M.move_form(core, prepared)
  if core.service.protocol ~= "query" or not prepared.body then
    return
  end
  if secret.is(prepared.body) then
    errors.raise {
      code = "ParamValidation", service = core.name, retryable = false,
      message = "a secret among the parameters would stand in the URL, for all to read; it is not presigned",
    }
  end
  prepared.method, prepared.query = "GET", prepared.body
  headers.remove(prepared.headers, "content-type")
end

-- An address where a bucket's name belongs would be escaped, and a bucket of that name not be found.
local function check_bucket(core, op, bucket)
  local name = bucket:match("^arn:[%w-]*:s3:::([^/:]+)") -- not an access point: those have account and region
  if name or bucket:find("/", 1, true) and not bucket:find("^arn:") then
    name = name or bucket:match("^s3://([^/]+)") or bucket:match("^/*([^/]+)")
    raise_problems(core, op, { {
      path = "Bucket",
      message = string.format("%q is no bucket's name; it takes the name alone%s, and the rest is the Key", bucket,
        name and string.format(" (%q)", name) or ""),
    } })
  end
end

local bodiless = { GET = true, HEAD = true, DELETE = true }

---Checks the parameters and builds all that stays the same over the attempts.
---@param core table of a client
---@param op table of moonrock.model
---@param params? table
---@param presigned? boolean no body, token or checksum
---@return table prepared {params, method, path, query, headers, body, bucket, checksum, id}
function M.prepare(core, op, params, presigned)
  if params ~= nil and type(params) ~= "table" then
    errors.raise {
      code = "ParamValidation",
      message = string.format("%s takes one table of parameters, got %s", op.method, type(params)),
      service = core.name, operation = op.method, retryable = false,
      hint = string.format("write client:%s { Name = value, ... }, names as AWS spells them", op.method),
    }
  end
  local facts = M.facts(op)
  if facts.duplex then
    errors.raise {
      code = "NotSupported",
      message = op.method .. " needs HTTP/2 duplex streams: requests that are still sent while the reply is read",
      hint = "this version has none; use converse_stream or invoke_model_with_response_stream",
      service = core.name, operation = op.method, retryable = false,
    }
  end
  params = copy(params or {})
  local before = core.hooks.before[facts.method]
  local context = before and before(params, core)
  local token = facts.idempotency_token
  if token and (params[token] == nil or params[token] == json.null) then
    params[token] = random.uuid()
  end
  local stream = facts.streaming_input
  local file = stream and collect_body(core, op, params, stream, presigned)
  file = params.body ~= nil and collect_body(core, op, params, "body", presigned) or file
  file = params.Body ~= nil and collect_body(core, op, params, "Body", presigned) or file
  local validate = facts.checksum and facts.checksum.validate
  if validate and params[validate] == nil and not presigned and core.config.response_checksums == "when_supported" then
    params[validate] = "ENABLED"
  end
  local prepared, problems = op:request(params)
  if not prepared then
    raise_problems(core, op, problems)
  end
  local bucket = core.name == "s3" and params.Bucket
  if bucket then
    prepared.bucket = tostring(bucket) -- a number will do, as it does for other texts
    check_bucket(core, op, prepared.bucket)
  end
  prepared.params = params
  prepared.body = file or prepared.body or prepared.stream
  prepared.endpoint_context = facts.endpoint_context
  prepared.unsigned = not facts.signed or nil
  prepared.payload_hash = facts.unsigned_payload and "UNSIGNED-PAYLOAD" or nil
  prepared.host_prefix = facts.host_prefix and not core.config.disable_host_prefix and host_prefix(core, op, params)
  prepared.sealed = facts.secret_reply
  prepared.id = random.uuid()
  prepared.context = context -- what the hook before the call tells the one after it
  if not presigned then
    if prepared.body == nil and not bodiless[prepared.method] then
      prepared.body = ""
    end
    add_checksum(core, op, prepared)
    hash_body(prepared)
  end
  return prepared
end

-- S3's paths begin with the bucket, which the endpoint puts where it belongs.
local function path_of(prepared, target)
  local path = prepared.path
  if prepared.bucket then
    path = path:match("^/[^/]*(.*)$")
  end
  path = target.base_path .. path
  return path == "" and "/" or path
end

---A request for one attempt, not signed yet.
---@param core table
---@param prepared table
---@param region? string where the bucket is known to lie
---@return table request
---@return table target of endpoint.resolve
function M.build(core, prepared, region)
  local target = endpoint.resolve(core.config, core.facts, prepared.bucket, region, prepared.endpoint_context)
  return {
    method = prepared.method,
    scheme = target.scheme,
    host = prepared.host_prefix and prepared.host_prefix .. target.host or target.host,
    port = target.port,
    path = path_of(prepared, target),
    query = prepared.query or "",
    headers = headers.copy(prepared.headers),
    body = prepared.body,
    payload_hash = prepared.payload_hash,
    sealed = prepared.sealed,
    into = prepared.into,
  }, target
end

---Headers that tell about the attempt; they are not signed, so they come last.
function M.trace(core, prepared, request, attempt)
  local kept = core.trace
  if not kept then
    kept = { user_agent = user_agent(core), first = attempt_header(core, 1) }
    core.trace = kept
  end
  headers.add(request.headers, "user-agent", kept.user_agent, "amz-sdk-invocation-id", prepared.id,
    "amz-sdk-request", attempt == 1 and kept.first or attempt_header(core, attempt))
end

return M
