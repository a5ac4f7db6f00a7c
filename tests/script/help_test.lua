-- SPDX-License-Identifier: MIT
-- moonrock help: what has a stub can be asked for, and the counts are those of the models.

local lu = require "luaunit"
local fs = require "moonrock.fs"
local help = require "moonrock.cli.help_model"
local model = require "moonrock.model"
local program = require "program"

local root = program.root

TestHelp = {}

function TestHelp.test_helpers_operations_and_modules()
  local text = program.run({ "help", "s3.upload_file" }).out
  lu.assertStrContains(text, "---Uploads a file.")
  lu.assertStrContains(text, "function M.methods.upload_file(client, path, bucket, key, opts)")
  text = program.run({ "help", "bedrock", "CreateModelCustomizationJob" }).out
  lu.assertStrContains(text, "bedrock.create_model_customization_job(params) -> result")
  lu.assertStrContains(text, "hyperParameters")
  lu.assertStrContains(text, "TooManyTagsException (status 400)")
  lu.assertEquals(program.run({ "help", "bedrock.create_model_customization_job" }).out, text)
  text = program.run({ "help", "moonrock.json.encode" }).out
  lu.assertStrContains(text, "function M.encode(")
  lu.assertEquals(program.run({ "help", "json.encode" }).out, text)
  lu.assertStrContains(program.run({ "help", "task.wait" }).out, "function Future:wait()")
  lu.assertStrContains(program.run({ "help", "finetune" }).out, "function M.launch(")
  local r = program.run { "help", "s4" }
  lu.assertEquals({ r.out, r.code }, { "", 2 })
  lu.assertStrContains(r.err, "there is no service, module or operation s4; did you mean s3?")
  for _, name in ipairs { "[", ".*", "a%" } do -- names, no patterns
    lu.assertStrContains(program.run({ "help", "s3", name }).err, "s3 has no operation or helper " .. name)
  end
end

function TestHelp.test_options_are_told_with_the_function()
  lu.assertStrContains(help.on("s3", "upload_file"), "---@field part_size? integer")
  lu.assertStrContains(help.on("json.encode"), "---@class moonrock.JSONEncodeOptions")
end

-- Who does not know yet where a name stands is led there.
function TestHelp.test_names_without_their_place()
  lu.assertStrContains(help.on("moonrock"), "\n  json  encode and decode\n")
  lu.assertStrContains(help.on("moonrock.map"), "function M.map(items, f, opts)")
  lu.assertStrContains(help.on("client"), "function M.client(name, options)")
  lu.assertEquals(help.on("CreateModelCustomizationJob"), help.on("bedrock", "CreateModelCustomizationJob"))
  lu.assertEquals(help.on("upload_file"), help.on("s3", "upload_file"))
  lu.assertNotStrContains(help.on("transfer"), "check_name") -- nobody has told what it does
  for _, none in ipairs { "xyzzy", "nope", "a/b", "%d" } do
    lu.assertNotStrContains(select(2, help.on(none)), "did you mean")
  end
  for words, near in pairs { ["s3 uplod_file"] = "upload_file", ["json encod"] = "encode",
    ["finetune lanch"] = "launch", ["bedrock CreateModelCustomizationJo"] = "create_model_customization_job",
    ["finetun"] = "finetune",
    ["CreateModelCustomisationJob"] = "bedrock.create_model_customization_job", ["uplod_file"] = "s3.upload_file" } do
    local first, second = words:match "^(%S+) ?(.*)$"
    local text, complaint = help.on(first, second ~= "" and second or nil)
    lu.assertNil(text)
    lu.assertStrContains(complaint, "did you mean " .. near .. "?")
  end
end

function TestHelp.test_commands_and_options()
  local text = program.run({ "help", "lint" }).out
  lu.assertStrContains(text, "  moonrock lint FILE")
  lu.assertStrContains(text, "--validation")
  lu.assertStrContains(text, "--provenance") -- of several commands
  lu.assertNotStrContains(text, "--gate")
  lu.assertEquals(program.run({ "lint", "--help" }).out, text)
  for _, name in ipairs { "run", "rehearse", "repl", "init", "serve", "convert", "jsonl", "eval", "transform", "doctor",
    "help" } do
    local about = program.run({ "help", name }).out
    lu.assertStrContains(about, "  moonrock " .. (name == "run" and "[OPTIONS]" or name))
    local told = name == "help" and about or program.run({ name, "--help" }).out
    lu.assertEquals({ name, about:sub(1, #told) }, { name, told }) -- (help jsonl goes on with the module)
  end
  lu.assertStrContains(program.run({ "help", "run" }).out, "--max-cpu")
  lu.assertStrContains(program.run({ "help", "repl" }).out, "--seed")
  lu.assertStrContains(program.run({ "help", "jsonl" }).out, "function M.each(") -- the module of that name, too
  text = help.on("jsonl.transform")
  lu.assertStrContains(text, "---@field on_error?")
  lu.assertStrContains(text, "---@field faults integer") -- of what it gives
  lu.assertNotStrContains(text, "function M.crew")
  lu.assertStrContains(help.on("jsonl.sort"), "---@field memory?") -- of the class above its own
end

-- What a model's own lines say, against what the compiled tables hold and help prints.
function TestHelp.test_the_counts_are_those_of_the_models()
  local counts, all = {}, 0
  for _, name in ipairs(fs.list(root .. "bindings/models")) do
    local text = name:find "%.model$" and fs.read(root .. "bindings/models/" .. name)
    local service = text and (("\n" .. text):match "\nservice (%S+)" or text:match "\nextend (%S+)")
    for _ in (service and "\n" .. text or ""):gmatch "\noperation %S+ %u+ /" do
      counts[service], all = (counts[service] or 0) + 1, all + 1
    end
  end
  local said = program.run({ "help", "--count" }).out
  for _, service in ipairs(model.services()) do
    local n = said:match("\n?" .. service:gsub("%-", "%%-") .. " +(%d+) operations  ")
    lu.assertEquals(tonumber(n), counts[service], service)
    lu.assertEquals(#model.service(service):operations(), counts[service], service)
    counts[service] = nil
  end
  local sum = said:match "\nall +(%d+) operations"
  lu.assertEquals(tonumber(sum), all)
  lu.assertEquals(counts, {})
  lu.assertTrue(all > 240)
end

function TestHelp.test_every_function_with_a_stub_can_be_asked_for()
  local asked = 0
  local function ask(first, second)
    local text, complaint = help.on(first, second)
    lu.assertNotNil(text, tostring(complaint))
    lu.assertStrContains(text, second)
    asked = asked + 1
  end
  for _, folder in ipairs { "host/stubs", "bindings/stubs" } do
    for _, file in ipairs(fs.list(root .. folder)) do
      local module = file:match "^(.*)%.d%.lua$"
      for name in (module and fs.read(root .. folder .. "/" .. file) or ""):gmatch "\nfunction %u%w*[.:]([%w_]+)%(" do
        ask("moonrock." .. module, name)
      end
    end
  end
  for _, service in ipairs(model.services()) do
    local text = fs.read(root .. "bindings/stubs/clients/" .. service .. ".d.lua")
    for name in text:gmatch "\nfunction Client:([%w_]+)%(" do ask(service, name) end
  end
  for name in fs.read(root .. "bindings/stubs/clients/client.d.lua"):gmatch "\nfunction Client:([%w_]+)%(" do
    ask("s3", name)
  end
  lu.assertTrue(asked > 400, asked)
end

os.exit(lu.LuaUnit.run())
