-- SPDX-License-Identifier: MIT
-- Endpoint cases as data: our own (tests/data/endpoint-cases.json) and, where they are, the shared
-- ones of all six services and of the functions of the rules.  The counts are printed; there are no
-- exclusions.  An expected error counts by being one, as its text is ours.

local lu = require "luaunit"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local endpoint = require "moonrock.aws.endpoint"
local rules = require "moonrock.aws.endpoint.rules"
local errors = require "moonrock.error"
local model = require "moonrock.model"
local convert = dofile "tests/support/endpoint_rules.lua"

local shared = "../shared/data/endpoints/"

local function read(path)
  local file = io.open(path, "rb")
  if not file then
    lu.skip("not here: " .. path)
  end
  local text = file:read("a")
  file:close()
  return assert(json.decode(text))
end

local function config_of(service, params)
  local global = params.UseGlobalEndpoint and "legacy" or "regional"
  return {
    region = params.Region, endpoint_url = params.Endpoint, use_fips = params.UseFIPS,
    use_dualstack = params.UseDualStack, use_accelerate = params.Accelerate,
    addressing_style = params.ForcePathStyle and "path" or params.Endpoint and "virtual" or "auto",
    us_east_1_endpoint = service == "s3" and global or nil,
    sts_regional_endpoints = service == "sts" and global or nil,
    use_arn_region = params.UseArnRegion,
    disable_multiregion_access_points = params.DisableMultiRegionAccessPoints,
  }
end

local of_operation = { "DisableAccessPoints", "UseObjectLambdaEndpoint", "UseS3ExpressControlEndpoint",
  "DisableS3ExpressSessionAuth" }

local function find(service, params)
  local facts = model.service(service)
  local context = {}
  for _, name in ipairs(of_operation) do
    context[#context + 1] = params[name] and name or nil
  end
  return endpoint.find(config_of(service, params),
    { name = service, endpoint_prefix = facts.endpoint_prefix, signing_name = facts.signing_name },
    params.Bucket, nil, table.concat(context, " "))
end

local function shown(value)
  return value and json.encode(value) or "nothing"
end

-- Compares what was found with what a case expects; nil, or what is wrong.
local function difference(expect, found, message)
  if expect.error then
    return found and "an error was expected, not " .. found.url or nil
  elseif not found then
    return message
  elseif found.url ~= expect.endpoint.url then
    return found.url
  end
  local properties = expect.endpoint.properties or {}
  if properties.authSchemes then
    local wanted, auth = convert.schemes(properties.authSchemes), found.auth or {}
    if shown(wanted) ~= shown(auth) then
      return string.format("signed as %s, not %s", shown(auth), shown(wanted))
    end
  end
  if properties.backend ~= (found.properties or {}).backend then
    return "backend " .. tostring((found.properties or {}).backend)
  end
  for name, values in pairs(expect.endpoint.headers or {}) do
    if shown(values) ~= shown((found.headers or {})[name]) then
      return string.format("header %s is %s", name, shown((found.headers or {})[name]))
    end
  end
end

local function report(label, total, faults)
  print(string.format("endpoint cases of %s: %d passed of %d", label, total - #faults, total))
  lu.assertEquals(table.concat(faults, "\n"), "")
end

local function run_services(label, path)
  local set = read(path)
  local faults = {}
  for _, case in ipairs(set.testCases) do
    local ok, found = pcall(find, case.service or set.service, case.params or {})
    lu.assertTrue(ok or errors.is(found), not ok and tostring(found) or nil)
    local why = difference(case.expect, ok and found or nil, tostring(found))
    if why then
      faults[#faults + 1] = string.format("%s: %s", tostring(case.documentation), why)
    end
  end
  report(label, #set.testCases, faults)
end

TestServices = {}

function TestServices:test_own()
  run_services("this tree", "tests/data/endpoint-cases.json")
end

for _, service in ipairs(model.services()) do
  TestServices["test_shared_" .. service:gsub("%-", "_")] = function()
    run_services(service, shared .. service .. ".json")
  end
end

TestFunctions = {}

function TestFunctions:test_shared()
  local folder = shared .. "rule-functions/"
  local list = fs.list(folder .. "valid-rules")
  if not list then
    lu.skip("the shared data are not here")
  end
  local total, faults = 0, {}
  for _, entry in ipairs(list) do
    local name = type(entry) == "table" and entry.name or entry
    local set, defaults = convert.from_json(read(folder .. "valid-rules/" .. name))
    for _, case in ipairs(read(folder .. "test-cases/" .. name).testCases) do
      total = total + 1
      local scope = {}
      for _, from in ipairs { defaults, case.params or {} } do
        for key, value in pairs(from) do
          scope[key] = value
        end
      end
      local found, message = rules.resolve(set, scope)
      local why = difference(case.expect, found, message)
      if not why and case.expect.error and message ~= case.expect.error then
        why = message -- these texts are of the case's own rules
      end
      if why then
        faults[#faults + 1] = string.format("%s: %s: %s", name, tostring(case.documentation), why)
      end
    end
  end
  report("the rules' functions", total, faults)
end

os.exit(lu.LuaUnit.run())
