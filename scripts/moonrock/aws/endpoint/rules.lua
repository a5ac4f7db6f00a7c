-- SPDX-License-Identifier: MIT
-- rules.lua -- evaluates the rules that say where a request goes.
-- A rule is a table: conditions as text, then what follows when all of them hold:
--   { "UseFIPS", "partition.name == 'aws-cn'", error = "S3 has no FIPS endpoints in {partition.name}" }
--   { "not Bucket", "suffix = partition.dns_suffix", url = "https://s3.{Region}.{suffix}", auth = { ... } }
--   { "Bucket", rules = { ... } }              further rules; once in, there is no way back
--   { "ends_with(Bucket, '--x-s3')", use = "s3_express" }     the rules of another file, loaded when needed
-- The first rule of a list whose conditions hold decides.  A condition that is `name = value` keeps the
-- value for what stands behind it, and holds if there is one.  Values: names with .field and [index]
-- (from 1), 'text', numbers, true, false, calls of functions.lua, `not x`, `x == y`, `x != y`, and
-- `{name}` within text.  nil and false do not hold.  Of the language of Smithy's "Rules Engine"
-- specification (2.0) this has all that the rules of the six services need.

local functions = require "moonrock.aws.endpoint.functions"

local M = {}

local folder = "moonrock.aws.endpoint."

-- From text to a function of the scope -----------------------------------------------------

local function fault(text, at, what)
  error(string.format("endpoint rule %q, byte %d: %s", text, at, what), 0)
end

-- name, name.field, name[2].field
local function getter(path)
  local keys = {}
  for name, index in path:gmatch("([%a_][%w_]*)%[?(%d*)%]?") do
    keys[#keys + 1] = name
    keys[#keys + 1] = math.tointeger(tonumber(index))
  end
  local first, second = keys[1], keys[2]
  if #keys == 1 then
    return function(scope)
      return scope[first]
    end
  elseif #keys == 2 then
    return function(scope)
      local value = scope[first]
      return value and value[second]
    end
  end
  return function(scope)
    local value = scope
    for _, key in ipairs(keys) do
      value = value and value[key]
    end
    return value
  end
end

-- Text with {name} in it; two braces stand for one.
local function template(text)
  if not text:find("[{}]") then
    return function()
      return text
    end
  end
  local parts, literal = {}, ""
  local at = 1
  while at <= #text do
    local brace = text:find("[{}]", at) or #text + 1
    literal = literal .. text:sub(at, brace - 1)
    if brace > #text then
      break
    elseif text:sub(brace + 1, brace + 1) == text:sub(brace, brace) then
      literal, at = literal .. text:sub(brace, brace), brace + 2
    else
      local path, after = text:match("^{([%w_.%[%]]+)}()", brace)
      if not path then
        fault(text, brace, "a name in braces was expected")
      end
      parts[#parts + 1] = literal
      parts[#parts + 1] = getter(path)
      literal, at = "", after
    end
  end
  parts[#parts + 1] = literal
  return function(scope)
    local out = { table.unpack(parts) }
    for index = 2, #out, 2 do
      out[index] = tostring(out[index](scope))
    end
    return table.concat(out)
  end
end

local expression

local function arguments(text, at)
  local list = {}
  local stop = text:match("^%s*%)()", at)
  while not stop do
    list[#list + 1], at = expression(text, at)
    local mark, after = text:match("^%s*([,)])()", at)
    if not mark then
      fault(text, at, "expected , or )")
    end
    at, stop = after, mark == ")" and after or nil
  end
  return list, stop
end

local constants = { ["true"] = true, ["false"] = false }

local function primary(text, at)
  at = text:find("%S", at) or fault(text, at, "a value is missing")
  local quoted, after = text:match("^'([^']*)'()", at)
  if quoted then
    return template(quoted), after
  end
  local number
  number, after = text:match("^(%d+)()", at)
  if number then
    local value = math.tointeger(tonumber(number))
    return function()
      return value
    end, after
  end
  local name
  name, after = text:match("^([%a_][%w_]*)%(()", at)
  if name then
    local call = functions[name] or fault(text, at, "no function " .. name)
    local list
    list, after = arguments(text, after)
    local a, b, c, d = table.unpack(list)
    return function(scope)
      return call(a and a(scope), b and b(scope), c and c(scope), d and d(scope))
    end, after
  end
  name, after = text:match("^([%a_][%w_.%[%]]*)()", at)
  if not name then
    fault(text, at, "a value was expected")
  elseif constants[name] ~= nil then
    return function()
      return constants[name]
    end, after
  end
  return getter(name), after
end

function expression(text, at)
  local after = text:match("^%s*not%s+()", at)
  if after then
    local inner, stop = expression(text, after)
    return function(scope)
      return not inner(scope)
    end, stop
  end
  local left, stop = primary(text, at)
  local sign, next_at = text:match("^%s*([=!]=)()", stop)
  if not sign then
    return left, stop
  end
  local right
  right, stop = primary(text, next_at)
  local equal = sign == "=="
  return function(scope)
    return (left(scope) == right(scope)) == equal
  end, stop
end

local function condition(text)
  local name, at = text:match("^%s*([%a_][%w_]*)%s*=()[^=]")
  local value, stop = expression(text, at or 1)
  if text:find("%S", stop) then
    fault(text, stop, "nothing more was expected")
  elseif not name then
    return value
  end
  return function(scope)
    local found = value(scope)
    scope[name] = found
    return found
  end
end

-- Each text is compiled when it is first needed, and kept.
local function memo(compile)
  return setmetatable({}, {
    __index = function(cache, text)
      local made = compile(text)
      cache[text] = made
      return made
    end,
  })
end
local conditions, templates = memo(condition), memo(template)

-- Evaluating ---------------------------------------------------------------------------------

local function holds(rule, scope)
  for _, text in ipairs(rule) do
    if not conditions[text](scope) then
      return false
    end
  end
  return true
end

-- Texts of the result are templates, down to any depth.
local function fill(value, scope)
  if type(value) == "string" then
    return templates[value](scope)
  elseif type(value) ~= "table" then
    return value
  end
  local out = {}
  for key, inner in pairs(value) do
    out[key] = fill(inner, scope)
  end
  return out
end

---@class moonrock.aws.EndpointResult
---@field url string
---@field auth string[][]|nil lists of {scheme, signing name, signing region}, best first
---@field headers table<string, string[]>|nil
---@field properties table|nil
---@field virtual boolean|nil the bucket stands in the host's name

---@param rules table
---@param scope table the parameters; what conditions keep is added
---@return moonrock.aws.EndpointResult|nil
---@return string|nil message when a rule refuses, or none fits
function M.resolve(rules, scope)
  for _, rule in ipairs(rules) do
    if holds(rule, scope) then
      if rule.error then
        return nil, fill(rule.error, scope)
      elseif rule.url then
        return {
          url = fill(rule.url, scope), auth = fill(rule.auth, scope), headers = fill(rule.headers, scope),
          properties = fill(rule.properties, scope), virtual = rule.virtual,
        }
      end
      return M.resolve(rule.rules or require(folder .. rule.use), scope)
    end
  end
  return nil, "no rule says where this request goes"
end

return M
