-- SPDX-License-Identifier: MIT
-- cli.start: the command init, which writes what a new project begins with: a script, a test that
-- rehearses it, and stubs for editors.  Nothing that is there is written over.

local fs = require "moonrock.fs"
local run = require "moonrock.cli.run"
local help = require "moonrock.cli.help"
local options = require "moonrock.cli.options"
local system = require "moonrock.system"

local M = {}

local script = [==[
-- Uploads a file and lists what is there.
--   moonrock rehearse hello.lua      against an emulator: no account, no cost
--   moonrock run hello.lua           at AWS; AWS_REGION and credentials come from the environment
-- Other operations: moonrock help s3, moonrock help bedrock; a prompt: moonrock repl --rehearse

local moonrock = require "moonrock"

local bucket = ... or "my-first-bucket" -- names of buckets are shared by everybody at AWS: choose another
local s3 = moonrock.client("s3")

s3:ensure_bucket(bucket)
s3:put_object { Bucket = bucket, Key = "hello.txt", Body = "Hello, moon.\n" }
for object in s3:each("list_objects_v2", { Bucket = bucket }) do
  print(object.Key, object.Size)
end

local reply <close> = s3:get_object { Bucket = bucket, Key = "hello.txt" }.Body
io.write(reply:read("a"))
]==]

local test = [==[
-- Rehearses hello.lua:  moonrock rehearse hello_test.lua

local moonrock = require "moonrock"

local bucket = "test-bucket"
assert(loadfile((arg[0]:match "^.*/" or "") .. "hello.lua"))(bucket)

local s3 = moonrock.client("s3")
local reply <close> = s3:get_object { Bucket = bucket, Key = "hello.txt" }.Body
assert(reply:read("a") == "Hello, moon.\n")
print("hello.lua: passed")
]==]

local editor = [==[
{
  "runtime.version": "Lua 5.4",
  "workspace.library": [".moonrock/stubs"]
}
]==]

local STUBS = ".moonrock/stubs/"

-- Where a source that is embedded in the program goes: stubs, and the library that scripts require.
local function stub_place(name)
  local file = name:match "^%w+%.stubs%.(.*)%.d$"
  if file then return STUBS .. file:gsub("%.", "/") .. ".d.lua" end
  file = name:match "^moonrock%.(%w+)$"
  return (file and STUBS .. "moonrock/" .. file .. ".lua") or (name == "moonrock" and STUBS .. "moonrock/init.lua")
end

---The files of a new project, by name, in the order in which they are written: the project's own last, so
---that a disk that fills up leaves nothing that keeps a second attempt from its work.
---@return { [1]: string, [2]: string }[]
function M.files()
  local list = {}
  for _, name in ipairs(system.sources()) do
    local place = stub_place(name)
    if place then list[#list + 1] = { place, system.source(name) } end
  end
  return table.move({ { "hello.lua", script }, { "hello_test.lua", test }, { ".luarc.json", editor } }, 1, 3,
    #list + 1, list)
end

-- Stubs are this program's own: those of another version are replaced.
local function is_stub(name) return name:sub(1, #STUBS) == STUBS end

---@param words string[] behind "init"
---@return integer exit_code
function M.main(words)
  if words[1] == "--help" or words[1] == "-h" then return help.print "init" end
  if #words > 1 or words[1] == "" then options.refuse("init takes one folder") end
  if words[1] and options.is_option(words[1]) then options.unknown(words[1], {}) end
  local folder = words[1] or "."
  local files, there = M.files(), {}
  for _, file in ipairs(files) do
    if not is_stub(file[1]) and fs.stat(folder .. "/" .. file[1]) then there[#there + 1] = file[1] end
  end
  if #there > 0 then
    run.print_error(("there is already %s in %s; nothing was written"):format(table.concat(there, ", "), folder))
    return help.exit.script
  end
  for _, file in ipairs(files) do
    local path = folder .. "/" .. file[1]
    local ok, err = fs.mkdir((path:match "^(.*)/"))
    if ok then ok, err = fs.write(path, file[2]) end
    if not ok then
      run.print_error("cannot write " .. tostring(err.message))
      return help.exit.script
    end
  end
  io.write("wrote hello.lua, hello_test.lua, .luarc.json and, for the editor, ", STUBS, "; now type:\n")
  if folder ~= "." then io.write("  cd '", (folder:gsub("'", "'\\''")), "'\n") end
  io.write("  moonrock rehearse hello.lua\n  moonrock rehearse hello_test.lua\n")
  return help.exit.ok
end

return M
