-- SPDX-License-Identifier: MIT
-- moonrock -- the front door: `local moonrock = require "moonrock"`.
-- Clients of services, sessions, tasks, and the modules by name (moonrock.json is
-- require "moonrock.json").  Everything is loaded when it is first used.

---@class moonrock
---@field spawn fun(f: function, ...): table starts a task
---@field sleep fun(seconds: number) on the host's clock
---@field current_task fun(): table|nil
---@field map fun(items: table|function, f: function, opts?: table): table
---@field as_completed fun(items: table|function, f: function, opts?: table): function results as they come
---@field all fun(functions: table): table
---@field any fun(functions: function[]): ...
---@field timeout fun(seconds: number, f: function, ...): ...
---@field scope fun(f?: fun(scope: table): ...): ...
---@field limiter fun(options: table): moonrock.Limiter shared by whoever has one quota
---@field semaphore fun(permits: integer): table
---@field queue fun(capacity?: integer): table
---@field session fun(options?: table): table
---@field default_session fun(): table
---@field progress fun(options?: string|table): table
---@field try fun(f: function, ...): ... results, or nil and the error
---@field version string
local M = {}

-- Names that are fields of a module.
local fields = {
  spawn = { "moonrock.task", "spawn" },
  sleep = { "moonrock.task", "sleep" },
  current_task = { "moonrock.task", "current" },
  map = { "moonrock.tasks", "map" },
  all = { "moonrock.tasks", "all" },
  as_completed = { "moonrock.as_completed", "run" },
  any = { "moonrock.tasks", "any" },
  timeout = { "moonrock.tasks", "timeout" },
  scope = { "moonrock.tasks", "scope" },
  limiter = { "moonrock.limiter", "new" },
  semaphore = { "moonrock.sync", "semaphore" },
  queue = { "moonrock.sync", "queue" },
  session = { "moonrock.session", "new" },
  default_session = { "moonrock.session", "default" },
  progress = { "moonrock.progress", "new" },
  try = { "moonrock.error", "try" },
}

-- Names that are modules.
local modules = {
  "batch", "cassette", "catalog", "compare", "cost", "crypto", "dataset", "embedding", "error", "evaluate",
  "finetune", "fs", "gate", "json", "judge", "lease", "random", "record", "report", "runtime", "score", "secret",
  "sigv4", "stats", "system", "task", "time", "uri", "xml",
}
local is_module = {}
for _, name in ipairs(modules) do
  is_module[name] = true
end

---A client of a service, of the default session.
---@param name "s3"|"bedrock"|"bedrock-runtime"|"sts"|"sso"|"sso-oidc"
---@param options? table region, credentials, ...
---@return moonrock.Client
---@overload fun(name: "s3", options?: table): moonrock.S3
---@overload fun(name: "bedrock", options?: table): moonrock.Bedrock
---@overload fun(name: "bedrock-runtime", options?: table): moonrock.BedrockRuntime
---@overload fun(name: "sts", options?: table): moonrock.Sts
---@overload fun(name: "sso", options?: table): moonrock.Sso
---@overload fun(name: "sso-oidc", options?: table): moonrock.SsoOidc
function M.client(name, options)
  return require("moonrock.session").default():client(name, options)
end

return setmetatable(M, {
  __name = "moonrock",
  __dir = function()
    local names = table.move(modules, 1, #modules, 1, { "client", "version" })
    for name in pairs(fields) do names[#names + 1] = name end
    return names
  end,
  __index = function(t, name)
    local value
    local field = fields[name]
    if field then
      value = require(field[1])[field[2]]
    elseif is_module[name] then
      local full = "moonrock." .. name
      value = require(full)
    elseif name == "version" then
      value = require("moonrock.system").version().moonrock
    end
    if value ~= nil then
      rawset(t, name, value)
    end
    return value
  end,
})
