-- SPDX-License-Identifier: MIT
-- Turns rule sets in the JSON of Smithy's rules engine into rules of aws/endpoint/rules.lua, so that
-- public cases of single functions can be run.  from_json(set) gives rules and the defaults of
-- parameters.

local M = {}

local names = {
  isSet = "is_set", ["aws.partition"] = "partition", ["aws.parseArn"] = "parse_arn", parseURL = "parse_url",
  substring = "substring", uriEncode = "uri_encode", isValidHostLabel = "valid_host_label",
  ["aws.isVirtualHostableS3Bucket"] = "virtual_hostable_bucket",
}

local function snake(path)
  return (path:gsub("(%l)(%u)", "%1_%2"):gsub("(%l)(%u)", "%1_%2"):lower())
end

-- resourceId[0] is resource_id[1] here; the names of parameters stay as they are.
local function field(path)
  return (snake(path):gsub("%[(%d+)%]", function(index)
    return string.format("[%d]", tonumber(index) + 1)
  end))
end

local function text(value)
  return (value:gsub("{([%w_]+)#([%w_.#%[%]]+)}", function(name, path)
    return "{" .. name .. "." .. field(path:gsub("#", ".")) .. "}"
  end))
end

local expression

local function call(node)
  local args = node.argv
  if node.fn == "getAttr" then
    local path = field(args[2])
    return expression(args[1]) .. (path:sub(1, 1) == "[" and path or "." .. path)
  elseif node.fn == "not" then
    return "not " .. expression(args[1])
  elseif node.fn == "stringEquals" or node.fn == "booleanEquals" then
    return expression(args[1]) .. " == " .. expression(args[2])
  end
  local list = {}
  for index, arg in ipairs(args) do
    list[index] = expression(arg)
  end
  return assert(names[node.fn], node.fn) .. "(" .. table.concat(list, ", ") .. ")"
end

function expression(value)
  if type(value) == "table" then
    return value.ref or call(value)
  elseif type(value) == "string" then
    return "'" .. text(value) .. "'"
  end
  return tostring(value)
end

-- A text with templates, or a value that is to be shown.
local function shown(value)
  return type(value) == "table" and "{" .. expression(value) .. "}" or text(value)
end

local function schemes(list)
  local out = {}
  for index, scheme in ipairs(list or {}) do
    out[index] = {
      scheme.name, scheme.signingName and text(scheme.signingName),
      text(scheme.signingRegion or table.concat(scheme.signingRegionSet or {}, ",")),
    }
  end
  return out
end

local function rules_of(list)
  local out = {}
  for index, rule in ipairs(list) do
    local made = {}
    for at, condition in ipairs(rule.conditions or {}) do
      made[at] = (condition.assign and condition.assign .. " = " or "") .. call(condition)
    end
    if rule.type == "tree" then
      made.rules = rules_of(rule.rules)
    elseif rule.type == "error" then
      made.error = shown(rule.error)
    else
      made.url = shown(rule.endpoint.url)
      made.auth = schemes((rule.endpoint.properties or {}).authSchemes)
      made.headers = {}
      for name, values in pairs(rule.endpoint.headers or {}) do
        made.headers[name] = {}
        for at, value in ipairs(values) do
          made.headers[name][at] = shown(value)
        end
      end
    end
    out[index] = made
  end
  return out
end

function M.from_json(set)
  local defaults = {}
  for name, parameter in pairs(set.parameters) do
    defaults[name] = parameter.default
  end
  return rules_of(set.rules), defaults
end

M.schemes = schemes

return M
