-- SPDX-License-Identifier: MIT
-- What evaluation costs beside the calls themselves:
--   build/moonrock run tests/bench/evaluate.lua [SAMPLES]
-- CPU time for each sample of a target that answers at once (dataset read, call noted, answer scored
-- and written, summary), and the seconds that the same call takes to find that all is done.

local evaluate = require "moonrock.evaluate"
local json = require "moonrock.json"
local score = require "moonrock.score"

local count, rounds = math.tointeger(tonumber((...))) or 10000, 5
local data, output = os.tmpname(), os.tmpname()
local file = assert(io.open(data, "w"))
for i = 1, count do
  file:write(json.encode { system = "JSON Mode: Enabled", messages = json.array {
    { role = "user", content = ("What is the capital of country number %d, and how many live there?"):format(i) },
    { role = "assistant", content = ('{"answer": {"capital": "City %d", "inhabitants": %d}}'):format(i, i * 1000) },
  } }, "\n")
end
file:close()

local function run()
  local started = os.clock()
  local summary = evaluate.run { dataset = data, output = output, scorers = { score.json_valid(), score.exact() },
    target = function(sample)
      return { text = sample.expected, stop_reason = "end_turn", usage = { input_tokens = 30, output_tokens = 20 } }
    end }
  assert(summary.complete and summary.scored == count)
  return os.clock() - started
end

local function median(list)
  table.sort(list)
  return list[#list // 2 + 1]
end

local fresh, resumed = {}, {}
for round = 1, rounds do
  os.remove(output)
  fresh[round] = run()
  resumed[round] = run()
end
os.remove(data)
os.remove(output)
print(("evaluate: %d samples, medians of %d rounds of CPU time"):format(count, rounds))
print(("  overhead  %6.1f us a sample   (wanted: under 50)"):format(median(fresh) / count * 1e6))
print(("  resumed   %6.3f s             (wanted: under 1 for 10,000)"):format(median(resumed)))
