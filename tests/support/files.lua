-- SPDX-License-Identifier: MIT
-- files.lua -- files of a test: names for them, their text, and their end.
-- A test forgets what it was given in its tearDown.

local M = {}

local paths = {}

-- What the library puts beside a file, by the name's ending.
local BESIDE = { "", ".torn", ".batch", ".whole" }

---A path where nothing is.
---@param ending? string of the name
---@return string
function M.path_for(ending)
  local path = os.tmpname()
  os.remove(path)
  path = path .. (ending or "")
  paths[#paths + 1] = path
  return path
end

---Removes every file that path_for named, and what lies beside it.
function M.forget()
  for _, path in ipairs(paths) do
    for _, ending in ipairs(BESIDE) do
      os.remove(path .. ending)
    end
  end
  paths = {}
end

---@return string text
function M.read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

function M.write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
end

return M
