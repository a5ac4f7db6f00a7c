-- SPDX-License-Identifier: MIT
-- An evaluation is killed at a moment of chance, ten times with ten seeds, and goes on: every question
-- is answered once, and the emulator's own bill shows that no paid call was made twice but those that
-- the results name as in doubt. All answers are cut off at the same length, so the bill counts the calls.
-- How fast a run is changes with what else the machine does, so each seed narrows its moment until a kill
-- came between the first answer and the last; what must hold is checked after every kill, wherever it came.
-- The example, which trains as well, is killed at any moment: split, training, serving, asking or clean-up.

local lu = require "luaunit"
local fs = require "moonrock.fs"
local json = require "moonrock.json"
local random = require "moonrock.random"
local results_file = require "moonrock.evaluate.results"
local time = require "moonrock.time"

local program = dofile((arg[0]:match("^(.*/)tests/") or "./") .. "tests/support/program.lua")

local SAMPLES, CONCURRENCY, TOKENS, SEEDS, TRIES = 60, 4, 20, 10, 20
local LIMIT = 30 -- samples that the example asks about

local SCRIPT = ([[
local evaluate, score = require "moonrock.evaluate", require "moonrock.score"
local records = {}
for i = 1, %d do
  records[i] = { input = "question " .. i, expected = "x" }
end
local summary = evaluate.run { dataset = records, target = "anthropic.claude-3-haiku-20240307-v1:0",
  scorers = { score.exact() }, output = arg[1], in_doubt = arg[2], max_tokens = %d, concurrency = %d }
print(summary.complete, summary.truncated, summary.in_doubt)]]):format(SAMPLES, TOKENS, CONCURRENCY)

local function records(folder)
  local list = {}
  for _, name in ipairs(fs.list(folder) or {}) do
    -- (a kill may leave half a file beside them, which has no such name)
    local record = name:find("%.json$") and json.decode(assert(fs.read(folder .. "/" .. name)))
    list[#list + 1] = record and record.value or nil
  end
  return list
end

-- What the emulator has charged for, by the names of its meters; a training is charged by its job.
local function meters(state)
  local found = {}
  for _, job in ipairs(records(state .. "/records/bedrock-jobs")) do
    found.training = (found.training or 0) + (job.billed or 0)
  end
  for _, meter in ipairs(records(state .. "/records/meter")) do
    found[meter.kind] = meter.quantity
  end
  return found
end

local function billed(state)
  return (meters(state).output or 0) // TOKENS
end

-- What the file says: answered, in doubt, and how often each id was called.
local function told(path)
  local text = fs.read(path) or ""
  local calls, lines, answered = {}, {}, 0
  for line in text:gmatch("([^\n]*)\n") do
    local value = json.decode(line)
    if value.kind == "call" then
      calls[value.id] = (calls[value.id] or 0) + 1
    elseif value.kind == "sample" then
      lines[value.id] = (lines[value.id] or 0) + 1
      answered = answered + 1
    end
  end
  local doubt, count = {}, 0
  for id in pairs(text:find("\n", 1, true) and results_file.read(path).in_doubt or {}) do
    doubt[id], count = true, count + 1
  end
  return { calls = calls, lines = lines, answered = answered, doubt = doubt, in_doubt = count }
end

local function rehearse(script, state, path, in_doubt, wrap)
  return program.run({ "rehearse", "--state", state, script, path, in_doubt }, { wrap = wrap })
end

-- One kill after so many seconds, and the run that goes on; how many answers were there at the kill, and
-- whether it came before the run was done.
local function kill(folder, script, after, in_doubt)
  local state, path = folder .. "/state", folder .. "/killed.jsonl"
  os.execute(("rm -rf '%s' '%s'*"):format(state, path))
  -- (--foreground: timeout waits until the killed one is gone, and with it its lock)
  local r = rehearse(script, state, path, in_doubt, ("timeout --foreground -s KILL %.3f"):format(after))
  local was_killed, killed, before = r.code == 137, told(path), billed(state)
  lu.assertTrue(killed.in_doubt <= CONCURRENCY)
  lu.assertTrue(before - killed.answered <= killed.in_doubt and before >= killed.answered)

  r = rehearse(script, state, path, in_doubt)
  lu.assertEquals(r.code, 0, r.err)
  local last, paid = told(path), billed(state)
  for id, n in pairs(last.lines) do
    lu.assertEquals(n, 1, id)
  end
  for id, n in pairs(last.calls) do
    lu.assertTrue(n == 1 or in_doubt == "repeat" and n == 2 and killed.doubt[id])
  end
  lu.assertEquals(last.answered, SAMPLES - (in_doubt == "skip" and killed.in_doubt or 0))
  lu.assertTrue(paid - last.answered <= killed.in_doubt)
  lu.assertEquals(last.in_doubt, in_doubt == "skip" and killed.in_doubt or 0)
  return killed.answered, was_killed
end

-- Kills at moments drawn from a window that narrows; true when one came in the middle of the answers.
local function kill_inside(folder, script, seed, long)
  local stream, low, high = random.stream(seed), 0.001, long
  for _ = 1, TRIES do
    local after = low + stream:float() * (high - low)
    local answered, was_killed = kill(folder, script, after, seed % 2 == 0 and "skip" or "repeat")
    if was_killed and answered > 0 and answered < SAMPLES then
      return true
    elseif answered == 0 then
      low, high = after, math.max(high, after * 1.5)
    else
      low, high = math.min(low, after * 0.5), after
    end
  end
  return false
end

TestKill = {}

function TestKill.test_ten_kills()
  local script, folder = program.file(SCRIPT, ".lua"), os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder))
  local started = time.monotonic()
  local whole = rehearse(script, folder .. "/state", folder .. "/whole.jsonl", "repeat")
  local long = time.monotonic() - started
  lu.assertEquals(whole.out, ("true\t%d\t0\n"):format(SAMPLES), whole.err)
  lu.assertEquals(billed(folder .. "/state"), SAMPLES)

  local inside = 0
  for seed = 1, SEEDS do
    inside = inside + (kill_inside(folder, script, seed, long) and 1 or 0)
  end
  os.remove(script)
  os.execute("rm -r '" .. folder .. "'")
  lu.assertEquals(inside, SEEDS)
end

-- What must hold of one file of answers after a kill and a run that went on; gives the tokens of the answers
-- that were in doubt, and so were asked for again.
local function check_answers(path, doubt)
  local last, again = told(path), 0
  for id, n in pairs(last.lines) do
    lu.assertEquals(n, 1, id)
  end
  for id, n in pairs(last.calls) do
    lu.assertTrue(n == 1 or n == 2 and doubt[id], id)
  end
  lu.assertEquals({ last.answered, last.in_doubt }, { LIMIT, 0 })
  for id, line in pairs(results_file.read(path).by_id) do
    again = again + (doubt[id] and line.usage.output_tokens or 0)
  end
  return again
end

function TestKill.test_the_example_goes_on()
  local folder, state = os.tmpname(), os.tmpname()
  os.remove(folder)
  os.remove(state)
  local words = { "rehearse", "--state", state, program.root .. "examples/evaluate.lua", "--folder", folder, "--limit",
    tostring(LIMIT) }
  local started = time.monotonic()
  local whole = program.run(words)
  local long, paid = time.monotonic() - started, meters(state)
  lu.assertEquals(whole.code, 0, whole.err)
  lu.assertTrue(paid.training > 0 and paid.output > 0)
  for seed = 1, SEEDS do
    local after, r = 0.01 + random.stream(seed):float() * long, nil
    for _ = 1, TRIES do -- where the run was done before it, the kill comes earlier
      os.execute(("rm -rf '%s' '%s'"):format(state, folder))
      r = program.run(words, { wrap = ("timeout --foreground -s KILL %.3f"):format(after) })
      if r.code == 137 then break end
      after = after / 2
    end
    lu.assertEquals(r.code, 137)
    local doubt = { told(folder .. "/base.jsonl").doubt, told(folder .. "/tuned.jsonl").doubt }
    r = program.run(words)
    lu.assertEquals(r.code, 0, r.err)
    lu.assertNotStrContains(r.err, "still there") -- what the killed one had made as well
    local again = check_answers(folder .. "/base.jsonl", doubt[1])
    check_answers(folder .. "/tuned.jsonl", doubt[2])
    local now = meters(state)
    lu.assertEquals(now.training, paid.training) -- one training, whenever it was killed
    lu.assertTrue(now.output >= paid.output and now.output <= paid.output + again)
    lu.assertNil(fs.stat(folder .. "/run"))
  end
  os.execute(("rm -rf '%s' '%s'"):format(state, folder))
end

os.exit(lu.LuaUnit.run())
