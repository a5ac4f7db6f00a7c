-- SPDX-License-Identifier: MIT
-- The shipped dataset is what its script writes, byte for byte, and has the shape it promises.
-- Run by lua5.4 from the root of the tree.

local lu = require "luaunit"

local SCRIPT = "examples/data/make_dataset.lua"
local SHIPPED = "examples/data/json_answers.jsonl"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function made()
  local pipe = assert(io.popen((arg[-1] or "lua5.4") .. " " .. SCRIPT, "r"))
  local text = pipe:read("a")
  lu.assertTrue(pipe:close())
  return text
end

function _G.test_shipped_file_is_what_the_script_writes()
  lu.assertTrue(made() == read(SHIPPED), SHIPPED .. " differs from the output of " .. SCRIPT)
end

function _G.test_it_has_500_different_records()
  local seen, count = {}, 0
  for line in read(SHIPPED):gmatch("([^\n]*)\n") do
    lu.assertNil(seen[line], line)
    seen[line], count = true, count + 1
    lu.assertStrContains(line, '{"system": "JSON Mode: Enabled", "messages": [{"role": "user", "content": "')
    lu.assertStrContains(line, '{"role": "assistant", "content": "{\\n  \\"answer\\": {')
  end
  lu.assertEquals(count, 500)
end

os.exit(lu.LuaUnit.run())
