-- SPDX-License-Identifier: MIT
-- dataset/io.lua -- what datasets are read from, for lint, fix and convert.
-- A file must stay as it is while it is read: one that grows or shrinks meanwhile is an error, since what
-- was found would be about something that is not there any more.

local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local io_ = require "moonrock.jsonl.io"

local M = {}

local function refuse(path, err)
  errors.raise {
    code = errors.is(err) and err.code or "ENOENT",
    message = ("the dataset %s cannot be read: %s"):format(path, errors.is(err) and err.message or tostring(err)),
    hint = "check the path; it is taken from the working directory",
    cause = err,
  }
end

local function changed(path, from, to)
  errors.raise {
    code = "FileChanged",
    message = ("the dataset %s changed while it was read (%d bytes, now %d)"):format(path, from, to),
    hint = "wait until it is written, or work on a copy",
  }
end

-- Holds a file to the size and time that it had at first.
local function steady(source, path)
  local before = fs.stat(path)
  if not (before and source.size) then return end
  local read, seen = source.read, 0
  function source.check_unchanged()
    local now = fs.stat(path)
    if not now or now.size ~= before.size or now.mtime ~= before.mtime then
      changed(path, before.size, now and now.size or 0)
    end
  end
  source.read = function()
    local data = read()
    seen = seen + #(data or "")
    if data and seen <= before.size then return data end
    source.check_unchanged()
    if seen ~= before.size then changed(path, before.size, seen) end
    return data
  end
end

---Opens a dataset; raises what the world refuses.
---@param input string|{text?: string, read?: function, name?: string} a path (also .gz and .zst), "-",
---s3://bucket/key, the text itself, or a function that gives the next piece of it, nil at its end
---@param tap? fun(source: moonrock.jsonl.Source) as for jsonl_io.source
---@return moonrock.jsonl.Source with path, who reads the file himself calls check_unchanged() behind it
function M.open(input, tap)
  if type(input) == "table" and (input.text or input.read) then
    local rest, read = input.text, input.read
    if rest then
      read = function()
        local text = rest
        rest = nil
        return text ~= "" and text or nil
      end
    end
    local source = { name = input.name or "text", read = read, close = function() end }
    if tap then tap(source) end
    return source
  end
  if type(input) ~= "string" then
    errors.raise { code = "ParamValidation", message = "a dataset is a path, s3://bucket/key, \"-\", { text = ... } or "
      .. "{ read = function }, not a " .. type(input) }
  end
  local is_file = input ~= "-" and not input:find("^s3://")
  local ok, source, err = pcall(io_.source, input, (tap or io_.compression(input)) and function(source)
    if is_file then steady(source, input) end
    if tap then tap(source) end
  end)
  if not ok then refuse(input, source) end
  if not source then refuse(input, err) end
  if source.path then steady(source, input) end
  return source
end

return M
