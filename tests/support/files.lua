-- SPDX-License-Identifier: MIT
-- files.lua -- files of a test: names for them, their text, and their end.
-- A test forgets what path_for gave in its tearDown, and removes its folders itself.

local fs = require "moonrock.fs"

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

---A new folder, and the paths in it by their names.
---@return string folder
---@return fun(name: string): string path
function M.folder()
  local folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder))
  return folder, function(name) return folder .. "/" .. name end
end

---Removes what a folder holds.
---@param keep? string a name that stays
function M.empty(folder, keep)
  for _, name in ipairs(fs.list(folder)) do
    if name ~= keep then M.remove(folder .. "/" .. name) end
  end
end

---Removes a file, or a folder with all that it holds.
function M.remove(path)
  local stat = fs.stat(path)
  if stat and stat.type == "directory" then M.empty(path) end
  fs.remove(path)
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
