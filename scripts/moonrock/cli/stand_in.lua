-- SPDX-License-Identifier: MIT
-- cli.stand_in: what rehearse and serve have in common: the emulator's config.

local catalog = require "moonrock.catalog"
local system = require "moonrock.system"

local M = {}

---@param opts { region: string|nil, seed: integer|nil, state: string|nil, strict: boolean|nil }
---@param key { access_key_id: string, secret_access_key: string } of the emulator alone
---@return table config for moonrock.emulator; `region` is the one asked for, else that of the
---environment, else one in which models can be tuned
function M.config(opts, key)
  return {
    seed = opts.seed, strict = opts.strict or false, state = opts.state,
    region = opts.region or system.getenv("AWS_REGION") or system.getenv("AWS_DEFAULT_REGION")
      or catalog.default():home_region(),
    access_key_id = key.access_key_id, secret_access_key = key.secret_access_key,
  }
end

return M
