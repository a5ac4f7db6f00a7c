-- SPDX-License-Identifier: MIT
-- cli.state: the folder of --state, for one program at a time: two would lose each other's changes.
-- The lock is the system's, so a killed program leaves none behind.

local errors = require "moonrock.error"
local fs = require "moonrock.fs"

local M = {}

---Makes the folder and has it alone.
---@async
---@param folder string|nil
---@return moonrock.fs.Lock|nil to be kept for as long as the folder is used; nil without a folder
function M.hold(folder)
  if not folder then return nil end
  local ok, err = fs.mkdir(folder)
  local lock
  if ok then
    lock, err = fs.lock(folder)
  end
  if not lock then
    errors.raise {
      code = "StateFolder",
      message = "cannot use the state folder: " .. tostring(err.message),
      hint = errors.is(err, "Locked") and "another moonrock serve or rehearse works in it" or nil,
    }
  end
  return lock
end

return M
