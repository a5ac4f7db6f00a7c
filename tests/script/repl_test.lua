-- SPDX-License-Identifier: MIT
-- The prompt without a terminal, what completes a name, and how values look; the keys and Ctrl-C
-- are tests/unit/repl_test.c.

local lu = require "luaunit"
local complete = require "moonrock.cli.complete"
local errors = require "moonrock.error"
local json = require "moonrock.json"
local moonrock = require "moonrock"
local program = require "program"
local show = require "moonrock.cli.show"

local function repl(input, words)
  return program.run({ "repl", table.unpack(words or { "--rehearse" }) }, { input = input })
end

TestRepl = {}

function TestRepl.test_lines_from_a_pipe()
  local r = repl("1 + 1\n=2 * 3\nx = 'kept'\nx\nfor i = 1, 2 do\nprint(i)\nend\n_ .. '!'\n1, nil", {})
  lu.assertEquals({ r.out, r.err, r.code }, { '2\n6\n"kept"\n1\n2\n"kept!"\n1\nnil\n', "", 0 })
end

function TestRepl.test_an_error_ends_its_chunk_alone()
  local r = repl("local x <const> = nil; x.y = 1\nerror('mine', 0)\n)\n'on'\nprint(\n", {})
  lu.assertEquals(r.out, '"on"\n')
  lu.assertStrContains(r.err, "stdin:1: attempt to index a nil value")
  lu.assertStrContains(r.err, "moonrock: mine")
  lu.assertStrContains(r.err, "stdin:1: unexpected symbol near ')'")
  lu.assertStrContains(r.err, "the input ends within a chunk: stdin:2:")
  lu.assertEquals(r.code, 1)
end

-- Standard input is one: a second prompt that waits for it says so, and does not spin.
function TestRepl.test_two_prompts()
  local script = program.file([[
    local prompt, task = require "moonrock.prompt", require "moonrock.task"
    local first, second = prompt.open(), prompt.open()
    local reader = task.spawn(function() return first:read() end)
    task.sleep(0.01)
    print(pcall(second.read, second))
    print(pcall(first.read, first))
    print(reader:wait())
  ]], ".lua")
  local pipe <close> = assert(io.popen(("{ sleep 0.3; echo typed; } | '%s' run %s"):format(program.path, script)))
  local out = pipe:read "a"
  os.remove(script)
  lu.assertEquals(out, "false\tanother prompt reads here\nfalse\tanother task reads here\nline\ttyped\n")
end

function TestRepl.test_a_rehearsal()
  local r = repl [[
s3 = moonrock.client("s3")
s3:create_bucket { Bucket = "one" }.Location
moonrock.sleep(3600)
moonrock.time.iso8601()
help "  "
help(s3.upload_file)
:help bedrock CreateModelCustomizationJob
:help s3.uplod_file
:nonsense
:quit
'not reached'
]]
  lu.assertStrContains(r.out, '"http://one.s3.amazonaws.com/"\n"2026-01-01T01:00:00Z"\n')
  lu.assertStrContains(r.out, "function M.methods.upload_file(client, path, bucket, key, opts)")
  lu.assertStrContains(r.out, "bedrock.create_model_customization_job(params)")
  lu.assertStrContains(r.out, "did you mean upload_file?")
  lu.assertNotStrContains(r.out, "not reached")
  lu.assertStrContains(r.err, "commands are :help NAME and :quit")
  lu.assertNotStrContains(r.err, "attempt to")
  lu.assertStrContains(r.err, "rehearsed 1 h 0 min of virtual time")
end

function TestRepl.test_exit_and_background_tasks()
  lu.assertEquals(repl("os.exit(7)\n", {}).code, 7)
  local r = repl("_t = moonrock.spawn(function() moonrock.sleep(0.05) print 'later' end)\nprint 'first'\n", {})
  lu.assertEquals(r.out, "first\nlater\n") -- the end of a pipe is not Ctrl-D
end

function TestRepl.test_options()
  lu.assertStrContains(repl("", { "--seed", "3" }).err, "--seed needs --rehearse")
  lu.assertStrContains(repl("", { "script.lua" }).err, "repl takes no FILE")
  lu.assertStrContains(repl("", { "--rehearce" }).err, "did you mean --rehearse?")
  lu.assertEquals(repl("", { "--help" }).code, 0)
  local seeded = repl("moonrock.random.uuid()\n", { "--rehearse", "--seed", "3" })
  lu.assertEquals(repl("moonrock.random.uuid()\n", { "--rehearse", "--seed", "3" }).out, seeded.out)
end

TestComplete = {}

local globals = {
  moonrock = moonrock, string = string, text = "a text", count = 3,
  s3 = moonrock.client("s3", { region = "us-west-2" }),
  bedrock = moonrock.client("bedrock", { region = "us-west-2" }),
  deep = { inner = setmetatable({ own = 1 }, { __index = { inherited = 2 } }), ["no name"] = 1 },
  trap = setmetatable({}, { __index = function() error "a completion called it" end }),
}

-- "text|candidate candidate"
local function check(text, want)
  local typed, found, behind = complete.complete(text, globals)
  lu.assertEquals(typed .. "|" .. table.concat(found, " ") .. (behind or ""), want, text)
end

function TestComplete.test_names()
  check("co", "co|count")
  check("print(mo", "mo|moonrock")
  check("retu", "retu|return")
  check("deep.inner.", "|inherited own")
  check("deep.", "|inner")
  check("text:upp", "upp|upper")
  check("trap.x", "x|")
  check("nothing.here.", "|")
  check("moonrock.cl", "cl|client")
  check("moonrock.json.enc", "enc|encode")
  check("", "|")
  check("-- co", "co|count")
end

function TestComplete.test_methods_and_operations()
  check("s3:put_ob", "put_ob|put_object put_object_acl put_object_annotation put_object_legal_hold "
    .. "put_object_lock_configuration put_object_retention put_object_tagging")
  check("x = s3:upload_f", "upload_f|upload_file upload_fileobj")
  check('s3:each("list_objects', "list_objects|list_objects list_objects_v2")
  check('bedrock:wait("imported', "imported|")
  check('s3:wait("bucket_n', "bucket_n|bucket_not_exists")
  check('moonrock.client("bed', "bed|bedrock bedrock-runtime")
end

function TestComplete.test_members()
  check("s3:get_object { bucket", "bucket|Bucket = ")
  check("s3:get_object({ Bucket = 'a', versionI", "versionI|VersionId = ")
  check("s3:get_object { Bucket = name(x), vers", "vers|VersionId = ")
  check("s3:create_bucket { CreateBucketConfiguration = { Locationc", "Locationc|LocationConstraint = ")
  check("s3:delete_objects { Delete = { Objects = { { K", "K|Key = ")
  check("s3:put_object { ACL = 'private', StorageClass = \"GL", "GL|GLACIER GLACIER_IR")
  check('for o in s3:each("list_objects_v2", { Pref', "Pref|Prefix = ")
  check('moonrock.client("bedrock"):create_model_customization_job { hyperP', "hyperP|hyperParameters = ")
  check("s3:get_object { Bucket = co", "co|count") -- a value, not a member
  check("s3:no_such_operation { Buck", "Buck|")
end

-- What was pasted may be long, and the key is pressed all the same.
function TestComplete.test_long_texts_take_no_time()
  local started = os.clock()
  for _, text in ipairs { ("{"):rep(50000), ("s3:put_object { "):rep(3000), ("ab_"):rep(30000) .. " = {",
      "x = '" .. ("ab_"):rep(30000), ("ab_"):rep(30000) } do
    complete.complete(text, { x = 1 })
  end
  lu.assertTrue(os.clock() - started < 3)
end

TestShow = {}

function TestShow.test_values()
  lu.assertEquals(show.value("a\n\"b\"\0\255"), [["a\n\"b\"\000\255"]])
  lu.assertEquals(show.value { 3, 1, 2, z = 1, a = true, [10] = 0.5, ["b c"] = json.null },
    '{ 3, 1, 2, [10] = 0.5, a = true, ["b c"] = json.null, z = 1 }')
  lu.assertEquals(show.value {}, "{}")
  lu.assertEquals(show.value(print), "<function>")
  lu.assertEquals(show.value(globals.s3), "client of s3 (us-west-2)")
  lu.assertEquals(show.value(errors.new { code = "Gone", message = "it left" }), "Gone: it left")
  lu.assertEquals(show.value(setmetatable({}, { __tostring = error })), "<table>")
end

function TestShow.test_bounds()
  local loop = {}
  loop.self = loop
  lu.assertEquals(show.value(loop), "{ self = <above> }")
  lu.assertStrContains(show.value(("x"):rep(1000)), ".. (1000 bytes)")
  local long, deep = {}, {}
  for i = 1, 1000 do long[i] = i end
  lu.assertStrContains(show.value(long), "... 960 more")
  for _ = 1, 50 do deep = { deep } end
  lu.assertEquals(show.value(deep), "{ { { { { {...} } } } } }")
end

function TestShow.test_lines()
  local text = show.value { first = ("a"):rep(50), second = { 1, 2 }, ResponseMetadata = { RequestId = "x" } }
  lu.assertEquals(text, '{\n  ResponseMetadata = {...},\n  first = "' .. ("a"):rep(50) .. '",\n  second = { 1, 2 },\n}')
  lu.assertEquals(show.value(setmetatable({ length = 5 }, { __index = { read = print, close = print } })),
    "<reader of 5 bytes>")
end

os.exit(lu.LuaUnit.run())
