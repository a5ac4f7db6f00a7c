-- SPDX-License-Identifier: MIT
-- transfer/glob.lua -- which relative paths do include and exclude take?
-- `*` is any text within a name, `**` any text across "/", `?` one character; "**/" is also no
-- folder at all.  All else is itself.  A glob becomes a regular expression of moonrock.pattern,
-- whose time is bounded, so that no glob is a trap.

local errors = require "moonrock.error"
local pattern = require "moonrock.pattern"

local M = {}

local function expression_of(glob)
  local plain = glob:gsub("[^%w%c _/*?\128-\255]", "\\%0"):gsub("%?", "[^/]")
  local text = plain:gsub("()(%*+)(/?)", function(at, stars, slash)
    if #stars == 1 then
      return "[^/]*" .. slash
    elseif slash == "/" and (at == 1 or plain:sub(at - 1, at - 1) == "/") then
      return "(?:[\\s\\S]*/)?"
    end
    return "[\\s\\S]*" .. slash
  end)
  return "^" .. text .. "$"
end

---A glob as a function that tells whether a whole path fits.
---@param glob string
---@return fun(path: string): boolean
function M.compile(glob)
  local fits, err = pattern.compile(expression_of(glob))
  if not fits then
    errors.raise {
      code = "ParamValidation", retryable = false, cause = err,
      message = string.format("%q cannot be used as a glob: %s", glob, err.code),
      hint = "globs are UTF-8 text with *, ** and ?",
    }
  end
  return fits
end

local function any_of(globs, where)
  local list = {}
  for index, glob in ipairs(globs) do
    if type(glob) ~= "string" or glob == "" then
      errors.raise { code = "ParamValidation", retryable = false, message = string.format(
        "option %s is a list of globs; number %d is %s", where, index, glob == "" and "empty" or "a " .. type(glob)) }
    end
    list[index] = M.compile(glob)
  end
  if #list == 0 and next(globs) ~= nil then
    errors.raise { code = "ParamValidation", retryable = false,
      message = string.format("option %s is a list of globs, got a table with names", where) }
  end
  return list, function(path)
    for _, fits in ipairs(list) do
      if fits(path) then
        return true
      end
    end
    return false
  end
end

---What any include takes (or there is none) and no exclude.
---@param include? string[]
---@param exclude? string[]
---@return fun(path: string): boolean takes
---@return fun(folder: string): boolean leaves_out nothing below this folder can be taken
function M.filter(include, exclude)
  local wanted, included = any_of(include or {}, "include")
  local _, excluded = any_of(exclude or {}, "exclude")
  local whole = {} -- excludes of all that is below a folder, without that "/**"
  for _, glob in ipairs(exclude or {}) do
    whole[#whole + 1] = glob == "**" and "**" or glob:match "^(.+)/%*%*$"
  end
  local _, left_out = any_of(whole, "exclude")
  return function(path)
    return (#wanted == 0 or included(path)) and not excluded(path)
  end, left_out
end

return M
