-- SPDX-License-Identifier: MIT
-- transfer/walk.lua -- the files below a folder, and where below it a key may be written.
-- Symbolic links are followed; one to a folder that it lies in itself would go round for ever and
-- is a failure.  What cannot be read is a failure too, and the rest is walked all the same: whoever
-- deletes by such a list looks at the failures first.

local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local system = require "moonrock.system"

local M = {}

local name_max = 255 -- bytes of a file's name

---@class moonrock.FolderWalk
---@field base string what stands before a relative path
---@field files table<string, {size: integer, mtime: number, link: true?}> by relative path
---@field skipped table<string, string> what is neither file nor folder, with what it is
---@field folders table<string, boolean> by relative path ("" is the first): does it lie outside, by a link?
---@field failures {path: string, error: moonrock.Error}[]

local Walk = {}
Walk.__index = Walk

local function is_within(path, folder)
  return folder == "/" or path == folder or path:sub(1, #folder + 1) == folder .. "/"
end

function Walk:fail(path, err)
  self.failures[#self.failures + 1] = { path = path, error = err }
end

function Walk:skip(path, what)
  self.skipped[path] = what
  system.log("warn", string.format("%s%s is %s: it is left out", self.base, path, what))
end

-- The folder at a link, or nil where that is one of those that the link lies in.
local function through_link(walk, parent, path)
  local real, err = fs.realpath(walk.base .. path)
  if not real then
    walk:fail(path, err)
    return nil
  end
  walk.folders[path] = not is_within(real, walk.root)
  local above = parent
  while above do
    if is_within(above.real, real) then
      walk:fail(path, errors.new {
        code = "SymlinkLoop", message = string.format("%s%s is a link to %s, which it lies in", walk.base, path, real),
        hint = string.format("remove the link, or exclude %q", path .. "/**"),
      })
      return nil
    end
    above = above.parent
  end
  return real
end

local function enter(walk, parent, path, info)
  if walk.leaves_out(path) then
    return nil
  end
  local real = info.link and through_link(walk, parent, path)
  if info.link and not real then
    return nil
  end
  real = real or (parent.real == "/" and "" or parent.real) .. "/" .. path:match "[^/]*$"
  walk.folders[path] = not is_within(real, walk.root)
  return { path = path .. "/", real = real, parent = parent }
end

local function take(walk, folder, path)
  local info, err = fs.stat(walk.base .. path)
  if info and info.type == "directory" then
    return enter(walk, folder, path, info)
  elseif not walk.takes(path) then
    return nil
  elseif info and info.type == "file" then
    walk.files[path] = { size = info.size, mtime = info.mtime, link = info.link }
  elseif info then
    walk:skip(path, "no regular file")
  elseif err.code == "ENOENT" then
    walk:skip(path, "a link that leads nowhere, or has just been removed")
  else
    walk:fail(path, err)
  end
end

---The files below a folder that is there.
---@async
---@param base string the folder, with "/" at its end
---@param takes fun(path: string): boolean
---@param leaves_out fun(folder: string): boolean
---@return moonrock.FolderWalk
function M.walk(base, takes, leaves_out)
  local root, err = fs.realpath(base)
  if not root then
    error(err, 0)
  end
  local walk = setmetatable({ base = base, root = root, takes = takes, leaves_out = leaves_out, files = {},
    skipped = {}, folders = { [""] = false }, failures = {} }, Walk)
  local open = { { path = "", real = root } }
  while #open > 0 do
    local folder = table.remove(open)
    local names, problem = fs.list(base .. folder.path)
    if not names then
      walk:fail(folder.path, problem)
    end
    for _, name in ipairs(names or {}) do
      -- What a download that was killed has left is no file of anybody's.
      if not name:find "^%.moonrock%-%x+%.tmp$" then
        open[#open + 1] = take(walk, folder, folder.path .. name)
      end
    end
  end
  return walk
end

---A folder with nothing in it.
---@param base string
---@return moonrock.FolderWalk
function M.nothing(base)
  return setmetatable({ base = base, files = {}, skipped = {}, folders = {}, failures = {} }, Walk)
end

-- Keys as names of files ------------------------------------------------------------------------

---Why a relative path cannot be the name of a file below a folder; nil if it can.
---@param path string
---@return string|nil
function M.name_problem(path)
  if path:find("\0", 1, true) then
    return "it holds a NUL byte"
  elseif path:sub(1, 1) == "/" then
    return "it begins with \"/\""
  elseif path:sub(-1) == "/" then
    return "it ends with \"/\" as a folder does, and holds bytes"
  end
  for name in (path .. "/"):gmatch "([^/]*)/" do
    if name == "" then
      return "it has a part without a name"
    elseif name == "." or name == ".." then
      return string.format("it has the part %q", name)
    elseif #name > name_max then
      return string.format("a part of it has %d bytes; a file's name has at most %d", #name, name_max)
    end
  end
end

---Why a file cannot be written below the folder as it is; nil if it can.
---@async
---@param path string relative, without a problem of its own
---@return string|nil
function Walk:place_problem(path)
  if self.skipped[path] and fs.stat(self.base .. path) then
    return "there is something in its place that is " .. self.skipped[path]
  elseif self:is_outside(path) then
    return "a symbolic link there leads out of the folder"
  end
end

---Does the path lead out of the folder, by a link that stands in it?
---@async
function Walk:is_outside(path)
  local file, folder = self.files[path], path:match "^(.*)/[^/]*$"
  while folder do
    if self.folders[folder] ~= nil then
      if self.folders[folder] then
        return true
      end
      break
    end
    folder = folder:match "^(.*)/[^/]*$"
  end
  if file and file.link then
    local real = fs.realpath(self.base .. path)
    return real ~= nil and not is_within(real, self.root)
  end
  return false
end

return M
