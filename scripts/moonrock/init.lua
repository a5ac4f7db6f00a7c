-- SPDX-License-Identifier: MIT
-- moonrock -- the front door: `local moonrock = require "moonrock"`.
-- Clients of services, sessions, tasks, and the modules by name (moonrock.json is
-- require "moonrock.json"; but moonrock.limiter makes one).  Everything is loaded when it is first used.

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
---@field batch table many prompts as batch jobs
---@field cassette table runs recorded and replayed
---@field catalog table models, regions, limits, prices
---@field chat table a conversation with tools and answers of a form
---@field codec table gzip, zstd
---@field compare table two evaluations, sample by sample
---@field cost table estimates in USD
---@field crypto table hashes, random names, hex, base64
---@field csv table rows by the names of a header
---@field dataset table training data: check, repair, convert, count
---@field embedding table texts as vectors
---@field error table raise, try and tell errors
---@field evaluate table a dataset, a target, scorers
---@field eventstream table AWS's framing of streams
---@field finetune table customization jobs from launch to clean-up
---@field fs table files
---@field gate table conditions on a comparison
---@field headers table headers of requests and replies
---@field http table one exchange without AWS
---@field ini table files of profiles
---@field json table encode and decode
---@field jsonl table JSON Lines of any size
---@field judge table a model as a scorer
---@field lease table holds what bills by the hour
---@field model table the operations of the services
---@field pattern table regular expressions
---@field plan table what is known to be wrong before a launch
---@field provenance table where data came from
---@field random table seeded and secure
---@field record table training records, one by one
---@field report table an evaluation as HTML
---@field runtime table text of a model's answer
---@field schema table JSON Schema
---@field score table what an answer is worth
---@field secret table values that no script can read
---@field sigv4 table signatures
---@field stats table intervals and tests
---@field system table the machine and this program
---@field task table tasks, futures, cancels
---@field time table clocks and dates
---@field uri table parse and escape
---@field xml table parse and write
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
  "batch", "cassette", "catalog", "chat", "codec", "compare", "cost", "crypto", "csv", "dataset",
  "embedding", "error", "evaluate", "eventstream", "finetune", "fs", "gate", "headers", "http", "ini", "json",
  "jsonl", "judge", "lease", "model", "pattern", "plan", "provenance", "random", "record", "report",
  "runtime", "schema", "score", "secret", "sigv4", "stats", "system", "task", "time", "uri", "xml",
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
