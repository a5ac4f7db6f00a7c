-- SPDX-License-Identifier: MIT
-- A batch whose process is killed, at several moments, and run again: one job is made and paid for.

local lu = require "luaunit"
local program = require "program"
local served = require "served"

local SCRIPT = [==[
local moonrock = require "moonrock"
moonrock.client("s3"):ensure_bucket("killed-batches")
local prompts = {}
for i = 1, 150 do prompts[i] = { id = "q" .. i, prompt = ("Is %d a leap year?"):format(i) } end
local answers, jobs = moonrock.batch.run {
  model = "anthropic.claude-3-haiku-20240307-v1:0", role = "arn:aws:iam::123456789012:role/Batch",
  input = "s3://killed-batches/in/", output = "s3://killed-batches/out/", records = prompts, max_tokens = 200,
  journal = (...),
}
local texts = 0
for i = 1, 150 do texts = texts + (answers["q" .. i].text and 1 or 0) end
print(texts, #jobs, #moonrock.client("bedrock"):list_model_invocation_jobs({}).invocationJobSummaries)
]==]

TestKill = {}

function TestKill.test_whenever_it_was_killed_one_job_is_made()
  local folder, journal = os.tmpname(), os.tmpname()
  os.remove(folder)
  os.remove(journal)
  local server = served.start { "--state", folder }
  local script = program.file(SCRIPT, ".lua")
  for _, seconds in ipairs { 0.03, 0.06, 0.1, 0.15, 0.2, 0.3 } do
    program.run({ "run", script, journal }, { env = server:words(), wrap = "timeout --foreground -s KILL " .. seconds })
  end
  local whole = program.run({ "run", script, journal }, { env = server:words() })
  lu.assertEquals({ whole.err, whole.out }, { "", "150\t1\t1\n" })
  server:stop()
  os.remove(script)
  os.remove(journal)
  os.execute("rm -r " .. folder)
end

os.exit(lu.LuaUnit.run())
