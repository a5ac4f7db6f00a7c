-- SPDX-License-Identifier: MIT
-- session.lua -- a session holds settings; clients are made of it.
-- The operations of a client come from the model, so a name that is not there is answered
-- with the nearest that is.  All clients of a session share what was learnt about the clock
-- and about where buckets lie.

local model = require "moonrock.model"
local errors = require "moonrock.error"
local call = require "moonrock.aws.call"
local config = require "moonrock.aws.config"
local credentials = require "moonrock.aws.credentials"
local network = require "moonrock.aws.network"
local retry = require "moonrock.aws.retry"
local tables = require "moonrock.tables"
local lazy = require "moonrock.lazy"

local paginate = lazy "moonrock.aws.paginate"
local rate = lazy "moonrock.aws.rate"
local suggest = lazy "moonrock.aws.suggest"
local wait = lazy "moonrock.aws.wait"

local M = {}

local services = model.services()
-- Seconds of silence until a peer counts as gone.  A model may take an hour for an answer in one
-- piece (user guide of Bedrock: 60 minutes for inference calls of Claude).
local read_timeouts = { bedrock = 300, ["bedrock-runtime"] = 3600, s3 = 300, sso = 60, ["sso-oidc"] = 60, sts = 60 }
local nothing = { methods = {}, hooks = { before = {}, after = {} } }

-- What a service has beyond its model; loaded when first used.
local function extras_of(name)
  if name == "s3" then
    return require "moonrock.s3"
  elseif name == "bedrock" then
    return require "moonrock.bedrock"
  elseif name == "bedrock-runtime" then
    return require "moonrock.runtime"
  end
  return nothing
end

-- Clients -----------------------------------------------------------------------------------

-- Every operation of the service is a method: client:list_buckets {}.  The stubs of clients are
-- in bindings/stubs/clients.

local CORE = {} -- key of a client's inside

local function core_of(client, name)
  local core = type(client) == "table" and rawget(client, CORE)
  if not core then
    error(string.format("call it with a colon: client:%s{...}", name), 3)
  end
  return core
end

local methods = {}

-- What a client can be asked for, sorted.
local function method_names(core)
  local names = tables.keys(tables.copy(core.methods, methods))
  for _, name in ipairs(core.service:operations()) do
    names[#names + 1] = core.service:operation(name).method
  end
  return names
end

local function find_operation(core, name)
  local op = type(name) == "string" and core.service:operation(name)
  if op then
    return op
  end
  local instead = suggest.method(name)
  errors.raise {
    code = "UnknownOperation",
    message = string.format("%s has no operation %s%s", core.name, tostring(name),
      instead and "" or suggest.tail(name, method_names(core))),
    service = core.name,
    retryable = false,
    hint = instead or string.format("moonrock help %s lists them", core.name),
  }
end

---The pages of a list operation: `for page in client:pages("list_objects_v2", {...}) do`.
function methods.pages(client, operation, params)
  local core = core_of(client, "pages")
  local op = find_operation(core, operation)
  return paginate.pages(op, params, function(page_params)
    return call.invoke(core, op, page_params)
  end)
end

---The items of all pages of a list operation.
function methods.each(client, operation, params)
  local core = core_of(client, "each")
  local op = find_operation(core, operation)
  return paginate.each(op, params, function(page_params)
    return call.invoke(core, op, page_params)
  end)
end

---Waits until something has happened; gives the last reply, raises when it no longer can.
---@param client table
---@param name string "model_customization_job_completed", ...
---@param params table of the operation that is polled
---@param opts? {delay?: number, max_delay?: number, timeout?: number, on_poll?: function}
function methods.wait(client, name, params, opts)
  local core = core_of(client, "wait")
  return wait.run(client, name, wait.find(core.service, name), params, opts)
end

---The operation by name with parameters, for names that are only known at run time.  `into` is
---a part of moonrock.part that takes the reply's body.
function methods.call(client, operation, params, into)
  local core = core_of(client, "call")
  return call.invoke(core, find_operation(core, operation), params, into)
end

---A URL that allows one operation for a while, without credentials.
---@param client table
---@param operation string "get_object", "get_caller_identity", ...
---@param params? table its parameters, without a body
---@param expires? integer seconds, 1 to 604800; default 3600
---@return string url
function methods.presign(client, operation, params, expires)
  local core = core_of(client, "presign")
  expires = expires or 3600
  if math.type(expires) ~= "integer" or expires < 1 or expires > 604800 then
    error("bad argument #3 to 'presign' (seconds from 1 to 604800 expected)", 2)
  end
  return call.presign(core, find_operation(core, operation), params, expires)
end

---The names of the operations, sorted.
function methods.operations(client)
  return core_of(client, "operations").service:operations()
end

local client_mt = { __name = "moonrock.client" }

function client_mt.__index(client, name)
  local core = rawget(client, CORE)
  local method = core.methods[name] or methods[name]
  if not method and type(name) == "string" then
    local op = find_operation(core, name)
    method = function(self, params)
      return call.invoke(core_of(self, name), op, params)
    end
  end
  if method then
    rawset(client, name, method)
  end
  return method
end

-- For completion at the prompt.
function client_mt.__dir(client)
  return method_names(rawget(client, CORE))
end

function client_mt.__tostring(client)
  local core = rawget(client, CORE)
  return string.format("client of %s (%s)", core.name, core.config.region or "no region")
end

-- Sessions ----------------------------------------------------------------------------------

local Session = {}
Session.__index = Session

---A client of a service: "s3", "bedrock", "bedrock-runtime", "sts", "sso" or "sso-oidc".
---@param name string
---@param options? table over those of the session
---@return moonrock.Client
function Session:client(name, options)
  local service = type(name) == "string" and model.service(name)
  if not service then
    errors.raise {
      code = "UnknownService",
      message = name == nil and "a client is of a service, and none was named"
        or string.format("there is no service %s%s", tostring(name), suggest.tail(name, services)),
      hint = "services are " .. table.concat(services, ", "),
    }
  end
  local settings = config.resolve(name, tables.copy(self.options, config.check(options, 2)), self.shared)
  settings.service = name
  settings.transport = settings.transport or network.new {
    connect_timeout = settings.connect_timeout,
    idle_timeout = settings.read_timeout or read_timeouts[name],
    total_timeout = settings.total_timeout,
    ca_file = settings.ca_bundle,
    proxy = settings.proxy,
    http2 = name ~= "s3", -- S3 has no HTTP/2
  }
  if settings.cassette then
    settings.transport = settings.cassette:wrap(settings.transport)
  end
  local signing_name = service.signing_name or name
  -- The chain's own calls (STS, SSO) are clients of the same settings, with other credentials.
  settings.shared_roles = self.shared.roles
  settings.make_client = function(other, over)
    local wanted = tables.copy(options or {}, over)
    wanted.endpoint_url, wanted.bearer_token = nil, nil
    wanted.cassette = false
    return self:client(other, wanted)
  end
  local extras = extras_of(name)
  local core = {
    name = name,
    service = service,
    facts = { name = name, endpoint_prefix = service.endpoint_prefix, signing_name = signing_name },
    config = settings,
    credentials = credentials.provider(settings, signing_name),
    quota = retry.quota(),
    limiter = settings.retry_mode == "adaptive" and rate.limiter() or nil,
    shared = self.shared,
    signing = {}, -- options of the last signature
    methods = extras.methods,
    hooks = extras.hooks,
  }
  return setmetatable({
    [CORE] = core,
    meta = { service = name, region = settings.region, config = settings },
  }, client_mt)
end

function Session:__tostring()
  return string.format("session (%s)", self.options.region or "region of the environment")
end

local base = {} -- settings of every session that does not say otherwise

---@param options? table region, credentials, transport, endpoint_url, max_attempts, cassette, ...
function M.new(options)
  return setmetatable({
    options = tables.copy(base, config.check(options, 2)),
    shared = { clock_offset = 0, bucket_regions = {}, roles = {} },
  }, Session)
end

local default

---The session behind moonrock.client; made of the environment when first asked for.
function M.default()
  default = default or M.new()
  return default
end

---Settings that every session made from now on starts with (the rehearsal gives its transport,
---credentials and region); the default session is made anew.
---@param options table
function M.set_base(options)
  base, default = config.check(options, 2), nil
end

---Replaces the session behind moonrock.client.
function M.set_default(session)
  default = session
end

return M
