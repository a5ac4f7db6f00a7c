-- SPDX-License-Identifier: MIT
-- moonrock init: what it writes runs, and what was there stays.

local lu = require "luaunit"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local program = require "program"

local function folder()
  local name = os.tmpname()
  os.remove(name)
  return name
end

local function remove(path)
  for _, name in ipairs(fs.list(path) or {}) do remove(path .. "/" .. name) end
  fs.remove(path)
end

TestInit = {}

function TestInit:setUp() self.folder = folder() end

function TestInit:tearDown() remove(self.folder) end

function TestInit:test_what_is_written_runs_in_rehearsal()
  local r = program.run { "init", self.folder }
  lu.assertEquals({ r.err, r.code }, { "", 0 })
  lu.assertStrContains(r.out, "moonrock rehearse hello_test.lua")
  r = program.run { "rehearse", self.folder .. "/hello.lua" }
  lu.assertEquals({ r.out, r.code }, { "hello.txt\t13\nHello, moon.\n", 0 })
  lu.assertStrContains(r.err, "rehearsed")
  r = program.run { "rehearse", self.folder .. "/hello_test.lua" }
  lu.assertEquals({ r.out, r.code }, { "hello.txt\t13\nHello, moon.\nhello.lua: passed\n", 0 })
end

function TestInit:test_the_test_fails_with_the_script()
  program.run { "init", self.folder }
  local text = fs.read(self.folder .. "/hello.lua")
  fs.write(self.folder .. "/hello.lua", (text:gsub("Hello, moon%.", "Hello, sun.")))
  local r = program.run { "rehearse", self.folder .. "/hello_test.lua" }
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "hello_test.lua:10: assertion failed")
end

function TestInit:test_stubs_are_those_of_the_tree()
  program.run { "init", self.folder }
  local settings = json.decode((fs.read(self.folder .. "/.luarc.json")))
  local library = self.folder .. "/" .. settings["workspace.library"][1]
  local n = 0
  for from, to in pairs { ["host/stubs"] = "", ["bindings/stubs"] = "", ["bindings/stubs/clients"] = "/clients" } do
    for _, name in ipairs(fs.list(program.root .. from)) do
      if name:find "%.d%.lua$" then
        lu.assertEquals(fs.read(library .. to .. "/" .. name), fs.read(program.root .. from .. "/" .. name), name)
        n = n + 1
      end
    end
  end
  lu.assertTrue(n > 25)
  lu.assertEquals(fs.read(library .. "/moonrock/init.lua"), fs.read(program.root .. "scripts/moonrock/init.lua"))
  lu.assertNotNil(fs.stat(library .. "/moonrock/finetune.lua"))
end

function TestInit:test_what_is_there_stays()
  fs.mkdir(self.folder)
  fs.write(self.folder .. "/notes.txt", "mine")
  fs.write(self.folder .. "/hello.lua", "mine too")
  local r = program.run { "init", self.folder }
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "there is already hello.lua in " .. self.folder .. "; nothing was written")
  lu.assertEquals(fs.list(self.folder), { "hello.lua", "notes.txt" })
  fs.remove(self.folder .. "/hello.lua")
  lu.assertEquals(program.run { "init", self.folder }.code, 0)
  lu.assertEquals(fs.read(self.folder .. "/notes.txt"), "mine")
  r = program.run { "init", self.folder }
  lu.assertStrContains(r.err, "there is already hello.lua, hello_test.lua, .luarc.json in")
end

function TestInit:test_where_nothing_can_be_written()
  fs.write(self.folder, "a file")
  local r = program.run { "init", self.folder }
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "moonrock: cannot write ")
  lu.assertEquals(program.run({ "init", "a", "b" }).code, 2)
  r = program.run { "init", "" }
  lu.assertEquals({ r.code, r.err:match "init takes one folder" }, { 2, "init takes one folder" })
end

function TestInit:test_a_second_attempt_after_a_full_disk()
  local r = program.run({ "init", self.folder }, { wrap = [[sh -c 'ulimit -f 60; exec "$@"' sh]] })
  lu.assertEquals(r.code, 1)
  lu.assertStrContains(r.err, "cannot write " .. self.folder)
  r = program.run { "init", self.folder }
  lu.assertEquals({ r.code, r.err }, { 0, "" })
end

os.exit(lu.LuaUnit.run())
