-- SPDX-License-Identifier: MIT
-- Every function of a C module that Lua can call has an editor stub, and every stub a function.
-- Stubs lie in host/stubs and bindings/stubs, one file a module: json.d.lua is moonrock.json.

local lu = require "luaunit"
local fs = require "moonrock.fs"
local task = require "moonrock.task"

local folders = { "host/stubs", "bindings/stubs" }
local lists = { "host/require.c", "host/sandbox.c", "bindings/modules.c" }
local elsewhere = { cjson = true, ["cjson.safe"] = true, ["moonrock.coroutine"] = true } -- documented by others

local function read(path)
  return assert(fs.read(path))
end

-- module name -> text of its stub
local function stubs()
  local found = {}
  for _, folder in ipairs(folders) do
    for _, name in ipairs(fs.list(folder) or {}) do
      if name:find "%.d%.lua$" then found["moonrock." .. name:gsub("%.d%.lua$", "")] = read(folder .. "/" .. name) end
    end
  end
  return found
end

-- The names that the C tables list.
local function modules()
  local names = {}
  for _, path in ipairs(lists) do
    for name in read(path):gmatch '"(moonrock%.[%w_.]+)"' do
      names[name] = true
    end
    for name in read(path):gmatch '{"(cjson[%w_.]*)"' do
      names[name] = true
    end
  end
  return names
end

local function sorted(set)
  local list = {}
  for name in pairs(set) do
    list[#list + 1] = name
  end
  table.sort(list)
  return list
end

local function functions_of(value)
  local names = {}
  for name, field in pairs(value) do
    if type(field) == "function" then
      names[name] = true
    end
  end
  return names
end

local function stubbed(text, receiver)
  local names = {}
  for name in text:gmatch("\nfunction " .. receiver .. "[.:]([%w_]+)%(") do
    names[name] = true
  end
  return names
end

TestStubs = {}

function TestStubs.test_every_module_has_a_stub_file()
  local have = stubs()
  for _, name in ipairs(sorted(modules())) do
    if not elsewhere[name] then
      lu.assertNotNil(have[name], "no stub file for " .. name)
    end
  end
  for _, name in ipairs(sorted(have)) do
    lu.assertTrue(modules()[name], "a stub for no module: " .. name)
  end
end

function TestStubs.test_functions_and_stubs_are_the_same()
  for name, text in pairs(stubs()) do
    lu.assertEquals(sorted(stubbed(text, "M")), sorted(functions_of(require(name))), name)
    lu.assertNotNil(load(text, "=" .. name, "t"), name .. " is no Lua")
  end
end

function TestStubs.test_methods_and_stubs_are_the_same()
  task.future() -- the two metatables that are made when first used
  fs.sink("/tmp/none"):abort()
  fs.lock("/tmp/none")
  local checked = 0
  local registry = debug.getregistry()
  for name, text in pairs(stubs()) do
    require(name)
    for class, receiver in text:gmatch "%-%-%-@class (moonrock%.[%w_.]+)[^\n]*\n[^\n]*local (%u%w+) = {}" do
      local meta = registry[class:lower()]
      lu.assertNotNil(meta, class .. ": no metatable '" .. class:lower() .. "'")
      if meta then
        lu.assertEquals(sorted(stubbed(text, receiver)), sorted(functions_of(meta.__index)), class)
        checked = checked + 1
      end
    end
  end
  lu.assertTrue(checked >= 4)
end

os.exit(lu.LuaUnit.run())
