-- SPDX-License-Identifier: MIT
-- What only a broken or hostile peer sends, or a slip of a script: refused with the reason, at once.
-- Sources of credentials that lie are credentials_faults_test, damaged streams stream_test.

local lu = require "luaunit"
local fake = require "fake_transport"
local json = require "moonrock.json"
local model = require "moonrock.model"
local sigv4 = require "moonrock.sigv4"
local xml = require "moonrock.xml"

local DEEP = 100000

TestDepth = {}

function TestDepth.test_arrays()
  for _, text in ipairs { ("["):rep(DEEP), ("["):rep(DEEP) .. ("]"):rep(DEEP), ('{"a":'):rep(DEEP) } do
    local value, err = json.decode(text)
    lu.assertNil(value)
    lu.assertStrContains(err.message, "deep")
  end
end

function TestDepth.test_elements()
  for _, text in ipairs { ("<a>"):rep(DEEP), ("<a>"):rep(DEEP) .. ("</a>"):rep(DEEP) } do
    local value, err = xml.parse(text)
    lu.assertNil(value)
    lu.assertStrContains(err.message, "deep")
  end
end

-- The same as replies of services.
function TestDepth.test_replies()
  local chat = model.service("bedrock-runtime"):operation "converse"
  for _, body in ipairs {
    '{"additionalModelResponseFields":' .. ("["):rep(DEEP) .. ("]"):rep(DEEP) .. "}",
    '{"unknown":' .. ("["):rep(DEEP) .. ("]"):rep(DEEP) .. "}",
  } do
    local result, err = chat:parse(200, {}, body)
    lu.assertNil(result)
    lu.assertStrContains(tostring(err.message), "deep")
  end
  local list = model.service("s3"):operation "list_objects_v2"
  local result, err = list:parse(200, {}, "<ListBucketResult>" .. ("<a>"):rep(DEEP) .. ("</a>"):rep(DEEP)
    .. "</ListBucketResult>")
  lu.assertNil(result)
  lu.assertStrContains(tostring(err.message), "deep")
end

TestEntities = {}

function TestEntities.test_a_bomb()
  local bomb = { '<!DOCTYPE r [<!ENTITY a0 "ha">' }
  for i = 1, 30 do bomb[#bomb + 1] = ('<!ENTITY a%d "&a%d;&a%d;">'):format(i, i - 1, i - 1) end
  local text = table.concat(bomb) .. "]><ListBucketResult><Name>&a30;</Name></ListBucketResult>"
  local value, err = xml.parse(text)
  lu.assertNil(value)
  lu.assertStrContains(err.message, "document type")
  local result
  result, err = model.service("s3"):operation "list_objects_v2":parse(200, {}, text)
  lu.assertNil(result)
  lu.assertStrContains(tostring(err.message), "document type")
end

TestPaths = {}

local function path_of(service, operation, params)
  local op = model.service(service):operation(operation)
  lu.assertTrue(op:check(params))
  return op:build(params).path
end

function TestPaths.test_identifiers_keep_to_their_segment()
  lu.assertEquals(path_of("bedrock", "get_custom_model",
    { modelIdentifier = "arn:aws:bedrock:us-west-2:123456789012:custom-model/a.b-v1:0/abcdefghijkl" }),
    "/custom-models/arn%3Aaws%3Abedrock%3Aus-west-2%3A123456789012%3Acustom-model%2Fa.b-v1%3A0%2Fabcdefghijkl")
  lu.assertEquals(path_of("bedrock-runtime", "invoke_model",
    { modelId = "anthropic.claude-3-haiku-20240307-v1:0", body = "{}" }),
    "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke")
  lu.assertEquals(path_of("s3", "get_object", { Bucket = "b", Key = "../a b/./c?d#e" }), "/b/../a%20b/./c%3Fd%23e")
end

TestHeaders = {}

function TestHeaders.test_a_line_break_is_refused()
  local op = model.service("s3"):operation "put_object"
  for _, value in ipairs { "a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b" } do
    local ok, err = pcall(op.build, op, { Bucket = "b", Key = "k", ContentType = value })
    local request = ok and { method = "PUT", scheme = "https", host = "h", path = "/", headers = err.headers }
    if ok then
      ok, err = pcall(sigv4.sign, request, {
        credentials = { access_key_id = "AKID", secret_access_key = "s" }, region = "us-east-1", service = "s3",
        time = 1767323045,
      })
    end
    lu.assertFalse(ok, ("%q"):format(value))
    lu.assertStrContains(tostring(err), "header")
  end
end

TestMisuse = {}

-- A slip of a script, such as a name that is nil, is told as one, and not as an error within our own scripts.
function TestMisuse.test_what_is_no_argument_of_a_helper()
  local moonrock = require "moonrock"
  local client = moonrock.client("s3", { region = "us-east-1", credentials = fake.credentials,
    transport = fake.new {} })
  local misused = {
    { "evaluate.summary: what is given is neither a path nor", moonrock.evaluate.summary },
    { "compare.runs: base is neither a path nor", moonrock.compare.runs, {} },
    { "report.write: runs[1] is neither a path nor", moonrock.report.write, "out.html", { runs = { 5 } } },
    { "#1 to 'parse'", moonrock.gate.parse, {} },
    { "#1 to 'usage'", moonrock.runtime.usage },
    { "#2 to 'timeout'", moonrock.timeout, 5, "x" },
    { "#1 to 'scope'", moonrock.scope, 5 },
    { "#1 to 'metrics'", moonrock.finetune.metrics, "arn" },
    { "s3 has no operation nil", client.pages, client },
    { "s3 has no operation true", client.call, client, true },
    { "jsonl.filter takes where", moonrock.jsonl.filter },
    { 'option cassette is "run.jsonl", expected what moonrock.cassette.record', moonrock.client, "s3",
      { cassette = "run.jsonl" } },
    { "option transport is 5, expected a table with a method request", moonrock.client, "s3", { transport = 5 } },
    { "expected a function", moonrock.client, "s3", { environment = {} } },
    { "expected a function", moonrock.session, { on_login = true } },
    { "a dataset is a path", moonrock.dataset.first },
    { "a dataset is a path", moonrock.dataset.each, {} },
  }
  lu.assertNotNil(moonrock.client("s3", { region = "us-east-1", cassette = false, environment = false }))
  for _, case in ipairs(misused) do
    local ok, err = pcall(table.unpack(case, 2))
    lu.assertFalse(ok, case[1])
    lu.assertStrContains(tostring(err), case[1])
    lu.assertNil(tostring(err):find "^scripts/", tostring(err))
  end
end

os.exit(lu.LuaUnit.run())
