-- SPDX-License-Identifier: MIT
-- credentials_native_test.lua -- secrets of JSON, files and processes: what C reads for us.

local root = arg[0]:match("^(.*/)tests/") or "./"
package.path = root .. "tests/support/?.lua;" .. package.path

local fs = require "moonrock.fs"
local errors = require "moonrock.error"
local lu = require "luaunit"
local native = require "moonrock.credentials"
local program = require "program"
local secret = require "moonrock.secret"
local task = require "moonrock.task"
local time = require "moonrock.time"

TestDecode = {}

function TestDecode:test_secret_members()
  local found = assert(native.decode [[{"AccessKeyId":"AK","SecretAccessKey":"s\u0065cret","Token":"t",
    "Expiration":"2026-01-01T00:00:00Z","n":[1,2.5,true,null,{"clientSecret":"x"}],"SessionToken":null}]])
  lu.assertEquals(found.AccessKeyId, "AK")
  lu.assertTrue(secret.is(found.SecretAccessKey))
  lu.assertTrue(found.SecretAccessKey == secret.of "secret")
  lu.assertTrue(secret.is(found.Token))
  lu.assertNil(found.SessionToken)
  lu.assertEquals({ found.n[1], found.n[2], found.n[3] }, { 1, 2.5, true })
  lu.assertTrue(secret.is(found.n[5].clientSecret))
  lu.assertEquals(native.decode(secret.of '{"a":"b"}'), { a = "b" })
end

function TestDecode:test_faults_do_not_quote()
  for _, text in ipairs { "", "hidden", '{"SecretAccessKey":"hidden', '{"a":1} hidden', '["hidden"', '"hidden"', "7",
    ("["):rep(100000), '{"hidden":}', "\xff\xfe" } do
    local found, err = native.decode(text)
    lu.assertNil(found)
    lu.assertTrue(errors.is(err, "JSONSyntax"))
    lu.assertNotStrContains(tostring(err), "hidden")
  end
  lu.assertErrorMsgContains("string expected", native.decode, {})
end

TestFiles = {}

function TestFiles:setUp() self.path = os.tmpname() end

function TestFiles:tearDown() os.remove(self.path) end

function TestFiles:test_read_load_save()
  assert(fs.write(self.path, "\n a token \r\n"))
  lu.assertTrue(native.read(self.path) == secret.of "a token")
  assert(native.save(self.path, { "startUrl", "accessToken", "none" },
    { accessToken = secret.of 'q"', startUrl = "https://x" }))
  lu.assertEquals(fs.read(self.path), '{\n  "startUrl": "https://x",\n  "accessToken": "q\\""\n}\n')
  lu.assertTrue(native.load(self.path).accessToken == secret.of 'q"')
  lu.assertTrue(errors.is(select(2, native.load("/nowhere")), "ENOENT"))
  assert(fs.write(self.path, ("x"):rep((1 << 20) + 1)))
  lu.assertTrue(errors.is(select(2, native.read(self.path)), "FileTooLarge"))
end

TestRun = {}

-- The child's number is in the file that it wrote; kill -0 asks whether it is still there.
function TestRun:test_a_cancelled_task_takes_its_process_along()
  local path = os.tmpname()
  local waiting = task.spawn(function()
    native.run({ "sh", "-c", "echo $$ > " .. path .. "; exec sleep 60" }, 60)
  end)
  local pid
  for _ = 1, 500 do
    task.sleep(0.01)
    pid = fs.read(path):match "^(%d+)\n"
    if pid then break end
  end
  lu.assertNotNil(pid)
  waiting:cancel()
  pcall(waiting.wait, waiting)
  local gone
  for _ = 1, 500 do
    gone = not os.execute("kill -0 " .. pid .. " 2>/dev/null")
    if gone then break end
    task.sleep(0.01)
  end
  lu.assertTrue(gone, "the process is still there")
  os.remove(path)
end

-- A process that hangs does not hold the end of the program.
function TestRun:test_the_end_of_the_program_takes_them_along()
  local path = os.tmpname()
  assert(fs.write(path, [[
    local task = require "moonrock.task"
    task.spawn(function() require("moonrock.credentials").run({ "sleep", "60" }, 60) end)
    task.sleep(0.2)
    os.exit(0)]]))
  local start = time.monotonic()
  local result = assert(native.run({ arg[-1], path }, 30))
  lu.assertEquals(result.status, 0, result.complaint)
  lu.assertTrue(time.monotonic() - start < 15)
  os.remove(path)
end

-- A parent that ignores SIGCHLD hands that on, and the exit codes of children would be lost.
function TestRun:test_an_ignored_sigchld_is_no_success()
  local got = program.run({ "-e", [[
    print(require("moonrock.credentials").run({ "sh", "-c", "exit 3" }, 20).status, select(3, os.execute "exit 4"))]] },
    { env = "env --ignore-signal=CHLD" })
  lu.assertEquals({ got.out, got.err }, { "3\t4\n", "" })
end

function TestRun:test_output_is_secret()
  local result = assert(native.run({ "sh", "-c", "echo out; echo err >&2; exit 2" }, 20))
  lu.assertEquals({ result.status, result.signal, result.complaint }, { 2, nil, "err\n" })
  lu.assertTrue(secret.is(result.output))
  lu.assertTrue(result.output == secret.of "out\n")
end

function TestRun:test_bounds()
  lu.assertTrue(native.run({ "sh", "-c", "exec sleep 60" }, 0.1).timed_out)
  lu.assertTrue(native.run({ "sh", "-c", "exec yes" }, 20, 1000).too_long)
  lu.assertTrue(errors.is(select(2, native.run { "/nowhere/x" }), "ENOENT"))
  lu.assertErrorMsgContains("list of strings", native.run, { "a", {} })
  lu.assertErrorMsgContains("a program", native.run, {})
end

os.exit(lu.LuaUnit.run())
