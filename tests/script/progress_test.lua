-- SPDX-License-Identifier: MIT
-- The bar on a terminal, the sparse lines elsewhere.

local lu = require "luaunit"
local progress = require "moonrock.progress"

local function output()
  local out = { text = "" }
  function out:write(...)
    self.text = self.text .. table.concat({ ... })
  end
  function out:flush() end
  return out
end

local MiB = 1024 * 1024

TestProgress = {}

function TestProgress:test_sizes()
  lu.assertEquals(progress.size(0), "0 B")
  lu.assertEquals(progress.size(1023), "1023 B")
  lu.assertEquals(progress.size(1536), "1.5 KiB")
  lu.assertEquals(progress.size(8 * MiB), "8.0 MiB")
end

function TestProgress:test_lines_are_sparse()
  local out = output()
  local p = progress.new { label = "up", output = out, terminal = false }
  for n = 0, 1000 do
    p(n * MiB, 1000 * MiB)
  end
  local _, lines = out.text:gsub("\n", "")
  lu.assertEquals(lines, 4)
  lu.assertStrContains(out.text, "up 25% (250.0 MiB of 1000.0 MiB)\n")
  lu.assertStrContains(out.text, "up 100%")
  lu.assertNotStrContains(out.text, "\r")
end

function TestProgress:test_something_small_is_one_line()
  local out = output()
  local p = progress.new { output = out, terminal = false, count = true }
  p(0, 3)
  p(3, 3, "records")
  p(3, 3, "records")
  lu.assertEquals(out.text, "100% (3 of 3) records\n")
  p = progress.new { output = out, terminal = false }
  p(0, 0)
  lu.assertStrContains(out.text, "100% (0 B of 0 B)")
end

function TestProgress:test_a_total_that_nobody_knows_yet()
  for terminal, text in pairs { [true] = "\rup 0 B\rup 3.0 MiB\rup [", [false] = "up 100% (3.0 MiB of 3.0 MiB)\n" } do
    local out = output()
    local p = progress.new { label = "up", output = out, terminal = terminal }
    p(0)
    p.last = nil -- a tenth of a second later
    p(3 * MiB)
    p(3 * MiB, 3 * MiB)
    lu.assertStrContains(out.text, text)
  end
  lu.assertErrorMsgContains("two numbers", progress.new {}, "1")
end

function TestProgress:test_a_bar_is_drawn_in_place()
  local out = output()
  do
    local p <close> = progress.new { label = "up", output = out, terminal = true }
    p(0, 100)
    p(100, 100)
  end
  lu.assertStrContains(out.text, "\rup [")
  lu.assertStrContains(out.text, "100%")
  lu.assertEquals(out.text:sub(-1), "\n")
  for line in out.text:gmatch("[^\r\n]+") do
    lu.assertTrue(#line <= 80)
  end
end

function TestProgress:test_a_label_alone()
  lu.assertEquals(progress.new("x").label, "x ")
end

os.exit(lu.LuaUnit.run())
