-- SPDX-License-Identifier: MIT
--
-- models_test.lua: the compiler of the models and their importer, run as the build runs them.

local lu = require "luaunit"

local lua = arg[-1]
local compiler, importer = "bindings/models/compile.lua", "bindings/models/import.lua"

TestModels = {}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- Runs a command; what it wrote to either output, and whether it succeeded.
local function run(...)
  local pipe = assert(io.popen(table.concat({ lua, ... }, " ") .. " 2>&1"))
  local text = pipe:read("a")
  return text, pipe:close() == true
end

local function models()
  local pipe = assert(io.popen("ls bindings/models/*.model"))
  local names = {}
  for name in pipe:lines() do names[#names + 1] = name end
  pipe:close()
  return names
end

-- Compiles one model given as text.
local function compile(text)
  local path, out = os.tmpname(), os.tmpname()
  write(path, text)
  local said, ok = run(compiler, out, path)
  local made = ok and read(out)
  os.remove(path)
  os.remove(out)
  return made, (said:gsub(path:gsub("%p", "%%%0"), "FILE"))
end

function TestModels.test_the_same_input_gives_the_same_tables()
  local names = models()
  lu.assertTrue(#names >= 4)
  local first, second = os.tmpname(), os.tmpname()
  local said, ok = run(compiler, first, table.unpack(names))
  lu.assertEquals(said, "")
  lu.assertTrue(ok)
  local reversed = {}
  for i, name in ipairs(names) do reversed[#names + 1 - i] = name end
  run(compiler, second, table.unpack(reversed))
  local text = read(first)
  lu.assertTrue(text == read(second))
  lu.assertNil(text:find(os.date("%Y-%m-%d"), 1, true))
  os.remove(first)
  os.remove(second)
end

function TestModels.test_models_hold_no_sentences()
  for _, name in ipairs(models()) do
    for line in io.lines(name) do
      if not line:find "^#" then
        lu.assertNil(line:find "</?%a+>", line)
        lu.assertNil(line:gsub("`.-`", ""):find "%l[.,:] %a", line)
      end
    end
  end
end

function TestModels.test_faults_name_file_and_line()
  local head = "service x\nprotocol rest-json\n"
  for text, message in pairs {
    ["operation A GET /"] = "FILE:1: a model starts with service or extend\n",
    ["service x\nprotocol soap"] = "FILE:1: protocol soap is not known\n",
    [head .. "structure A\n  b Missing"] = "FILE:4: no shape Missing\n",
    [head .. "structure A\n  b string\n  b string"] = "FILE:5: A.b is defined twice\n",
    [head .. "structure A\nlist A of string"] = "FILE:4: A is defined twice\n",
    [head .. "structure A\n  b string frobnicate"] = "FILE:4: unknown fact frobnicate\n",
    [head .. "frobnicate A"] = "FILE:3: unknown word frobnicate\n",
    [head .. "operation A GET /{id}"] = "FILE:3: no member for the label id\n",
    [head .. "structure B\n  id string label\noperation A GET /\n  input B"] = "FILE:5: label id is not in the path\n",
    [head .. "structure A\n  b string `[a-z]"] = "FILE:4: pattern without its end\n",
    [head .. "structure A\n  b string {X | Y"] = "FILE:4: enumeration without its end\n",
    [head .. "  orphan string"] = "FILE:3: nothing above that this could belong to\n",
    [head .. "map A of string"] = "FILE:3: expected: map NAME of TYPE to TYPE\n",
    [head .. "operation A GET /\nwaiter w A 5 for 9"] =
      "FILE:4: expected: waiter NAME OPERATION every DELAY[..MAX] for LIMIT\n",
    [head .. "waiter w A every 5 for 9"] = "FILE:3: no operation A\n",
    [head .. "waiter w A every soon for 9"] = "FILE:3: no number of seconds: soon\n",
    [head .. "waiter w A every 5 for 9\n  success status"] = "FILE:4: a value is missing\n",
    [head .. "waiter w A every 5 for 9\n  perhaps status 200"] = "FILE:4: unknown fact perhaps\n",
    [head .. "waiter w A every 5 for 9\n  success header 200"] = "FILE:4: header is no way to match\n",
    [head .. "waiter w A every 5 for 9\n  success path a|b 1"] = "FILE:4: a|b is no path\n",
    [head .. "structure A\n  b integer\nsecret A b"] = "FILE:5: A.b is no string\n",
    [head .. "structure A\n  b string\nsecret A c"] = "FILE:5: A has no member c\n",
    [head .. "secret A b"] = "FILE:3: no shape A\n",
    ["extend y"] = "FILE:1: no service y in the files before this one\n",
  } do
    local made, said = compile(text)
    lu.assertFalse(made)
    lu.assertEquals(said, message)
  end
end

function TestModels.test_what_a_model_can_say()
  local made, said = compile(read "tests/data/models/small.model")
  lu.assertEquals(said, "")
  lu.assertStrContains(made, "mr_models_table")
  made = compile(read "tests/data/models/small.model" .. [[

structure Odd as Root xmlns http://x prefix p sensitive
  a string attribute
  b blob payload stream
  c timestamp unixTimestamp header X-C
  d Tags headers X-Meta-
  e Tags query-map
  f integer -5..5 status
  g string json header X-G deprecated
  h float 1e-07..0.001
list Sparse of string : sparse member xmlns http://y
]])
  lu.assertStrContains(made, "9.9999999999999995e-08,0.001")
end

local function list(pattern)
  local pipe = assert(io.popen("ls " .. pattern))
  local names = {}
  for name in pipe:lines() do names[#names + 1] = name end
  pipe:close()
  return names
end

-- lua5.4 bindings/models/stubs.lua bindings/stubs/clients bindings/models/*.model writes them.
function TestModels.test_the_stubs_of_the_clients_are_those_of_the_models()
  local folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir " .. folder)
  local said, ok = run("bindings/models/stubs.lua", folder, table.unpack(models()))
  lu.assertEquals(said, "")
  lu.assertTrue(ok)
  local made = list(folder)
  for _, name in ipairs(made) do
    lu.assertTrue(read(folder .. "/" .. name) == read("bindings/stubs/clients/" .. name), name .. " is out of date")
    lu.assertNotNil(loadfile(folder .. "/" .. name), name)
  end
  os.execute("rm -r " .. folder)
  lu.assertEquals(#list "bindings/stubs/clients", #made + 1) -- and client.d.lua, written by hand
end

function TestModels.test_import_writes_facts_only()
  local text, ok = run(importer, "--source", "'a test'", "tests/data/models/small-service.json")
  lu.assertTrue(ok)
  lu.assertEquals(text, read "tests/data/models/small.model")
  lu.assertNil(text:find "not carried over")
  text = run(importer, "--only", "DropThing", "tests/data/models/small-service.json")
  lu.assertNil(text:find "GetThing GET")
  lu.assertNil(text:find "NoThing")
end

local public_waiters = [[{"version":2,"waiters":{
  "ThingGone":{"operation":"GetThing","delay":3,"maxAttempts":4,"acceptors":[
    {"matcher":"status","expected":404,"state":"success"},
    {"matcher":"error","expected":"NoThing","state":"success"},
    {"matcher":"error","expected":true,"state":"retry"}]},
  "ThingReady":{"operation":"GetThing","delay":15,"maxAttempts":40,"acceptors":[
    {"matcher":"path","argument":"state","expected":"one","state":"success"},
    {"matcher":"path","argument":"state","expected":"two","state":"success"},
    {"matcher":"pathAll","argument":"parts[].a","expected":"x","state":"failure"},
    {"matcher":"pathAny","argument":"parts[].a","expected":true,"state":"retry"}]},
  "OtherReady":{"operation":"DropThing","delay":1,"maxAttempts":1,"acceptors":[
    {"matcher":"status","expected":200,"state":"success"}]}}}]]

function TestModels.test_import_of_waiters()
  local path = os.tmpname()
  write(path, public_waiters)
  local service = "tests/data/models/small-service.json"
  local text, ok = run(importer, "--only", "GetThing", "--waiters", path, service)
  lu.assertTrue(ok, text)
  lu.assertStrContains(text, [[
waiter thing_gone GetThing every 3 for 12
  success status 404
  success error NoThing
  retry error any

waiter thing_ready GetThing every 15 for 600
  success path state one two
  failure all parts[].a x
  retry any parts[].a true
]])
  lu.assertNil(text:find("other_ready", 1, true))
  lu.assertStrContains(assert(compile(text)), "mr_waiter_facts waiters[]")
  write(path, (public_waiters:gsub("parts%[%]%.a", "length(parts) > `0`", 1)))
  text, ok = run(importer, "--waiters", path, service)
  lu.assertFalse(ok)
  lu.assertStrContains(text, "thing_ready: this path is not known here: length(parts)")
  os.remove(path)
end

os.exit(lu.LuaUnit.run())
