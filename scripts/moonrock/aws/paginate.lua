-- SPDX-License-Identifier: MIT
-- paginate.lua -- pages(operation, params) and each(operation, params).
-- Both give the four values of a generic `for`.  A token that comes back unchanged would be a
-- loop without end and is an error.

local errors = require "moonrock.error"
local tables = require "moonrock.tables"

local M = {}

local function list(value)
  if value == nil then
    return {}
  end
  return type(value) == "table" and value or { value }
end

local function facts_of(op)
  local pagination = op.pagination
  if not pagination then
    errors.raise {
      code = "NotPaginated",
      message = op.method .. " gives its whole answer at once; call it without pages or each",
      operation = op.method,
    }
  end
  return {
    input = list(pagination.input_token),
    output = list(pagination.output_token),
    more = pagination.more_results,
    results = list(pagination.results),
  }
end

-- "NextMarker || Contents[-1].Key": the first alternative that is there.
local function value_at(result, expression)
  for alternative in (expression .. "||"):gmatch("%s*(.-)%s*||") do
    local value = result
    for name, index in alternative:gmatch("([%w_]+)(%[?%-?%d*%]?)") do
      if type(value) ~= "table" then
        value = nil
        break
      end
      value = value[name] -- false counts: "IsTruncated" says so at the end
      if index == "[-1]" then
        value = type(value) == "table" and value[#value] or nil
      end
    end
    if value ~= nil and value ~= "" then
      return value
    end
  end
  return nil
end

-- The parameters of the next page, or nil.
local function next_params(facts, params, result)
  if facts.more and value_at(result, facts.more) == false then
    return nil
  end
  local following, any, changed = tables.copy(params), false, false
  for index, expression in ipairs(facts.output) do
    local token = value_at(result, expression)
    local name = facts.input[index]
    any = any or token ~= nil
    changed = changed or token ~= params[name]
    following[name] = token
  end
  if not any then
    return nil
  elseif not changed then
    errors.raise { code = "PaginationLoop", message = "the service gave the same page token twice" }
  end
  return following
end

local idle = setmetatable({}, { __close = function() end })

---@param op table
---@param params? table
---@param fetch fun(params: table): table carries out one call
function M.pages(op, params, fetch)
  local facts = facts_of(op)
  local following = params or {}
  return function()
    if not following then
      return nil
    end
    local result = fetch(following)
    following = next_params(facts, following, result)
    return result
  end, nil, nil, idle
end

---The items of all pages: those of the operation's first result list.
function M.each(op, params, fetch)
  local name = facts_of(op).results[1]
  local next_page = M.pages(op, params, fetch)
  local items, at = {}, 0
  return function()
    while at >= #items do
      local page = next_page()
      if not page then
        return nil
      end
      items, at = value_at(page, name) or {}, 0
    end
    at = at + 1
    return items[at]
  end, nil, nil, idle
end

return M
