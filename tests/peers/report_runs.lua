-- SPDX-License-Identifier: MIT
-- Two runs for report.mjs:  moonrock tests/peers/report_runs.lua COUNT FOLDER
-- COUNT samples that two models answered, as moonrock.evaluate writes them, and the metric files of a job.
-- The first samples are hostile: each of their texts tries to be something else than text.

local json = require "moonrock.json"
local random = require "moonrock.random"

local count, folder = math.tointeger(tonumber(arg[1])), arg[2]

local HOSTILE = {
  "</script><script>alert(1)</script>", "<!-- <script> -->", "]]>", [["'`&amp;&lt;]],
  "abc \u{202E}gnihtemos\u{202C} and \u{200F}mark", "\27[31mred\27[0m and \27]0;title\7", "nul \0 byte",
  "\u{5E9}\u{5DC}\u{5D5}\u{5DD} \u{5E2}\u{5D5}\u{5DC}\u{5DD}, hello", "日本語のテキストです。東京", "<img src=x onerror=alert(1)>",
  "line\u{2028}sep\u{2029}par", "\r\ncarriage", "zero\u{200B}width \u{FEFF}bom", "javascript:alert(1)",
}
local WORDS = {}
for word in ([[the model gives an answer in JSON with keys and values that a reader expects although at times it
    speaks of Paris Berlin rivers mountains music history science numbers and dates]]):gmatch("%S+") do
  WORDS[#WORDS + 1] = word
end

local function prose(rng, words)
  local list = {}
  for i = 1, words do list[i] = WORDS[rng:integer(1, #WORDS)] end
  return table.concat(list, " ")
end

local function status_of(rng)
  local x = rng:float()
  return x < 0.01 and "error" or x < 0.02 and "truncated" or x < 0.025 and "throttled" or x < 0.03 and "refused"
    or "scored"
end

local function sample(which, i, rng)
  local status, city = status_of(rng), WORDS[1 + i % #WORDS]
  local line = { kind = "sample", id = ("%016x"):format(i * 7919), index = i, status = status, cached = false,
    input = { system = "JSON Mode: Enabled", messages = { { role = "user",
      content = ("Question %d: %s"):format(i, HOSTILE[i] or prose(random.stream(i), 12)) } } },
    expected = ('{\n  "answer": {\n    "city": "%s"\n  }\n}'):format(city),
    latency_ms = rng:integer(200, which == 1 and 700 or 900), attempts = rng:float() < 0.03 and 2 or 1 }
  if status == "error" or status == "throttled" then
    line.error = { code = "ValidationException", message = "The <b>request</b> was refused" }
    return line
  end
  line.answer = HOSTILE[i] or ('{"answer": {"city": "%s", "note": "%s"}}'):format(city, prose(rng, rng:integer(6, 26)))
  line.stop_reason = status == "truncated" and "max_tokens" or "end_turn"
  line.usage = { input_tokens = rng:integer(40, 60), output_tokens = rng:integer(30, 120) }
  line.cost = (line.usage.input_tokens * 0.00025 + line.usage.output_tokens * 0.00125) / 1000
  if status == "scored" then
    local good = rng:float() < (which == 1 and 0.55 or 0.8)
    line.scores = { exact = good and 1 or 0, json_valid = rng:float() < (which == 1 and 0.8 or 0.97) and 1 or 0,
      similarity = good and 1.0 or rng:integer(0, 999) / 1000 }
    line.details = not good and { exact = "differs at byte 12" } or nil
  end
  return line
end

local function write(name, lines)
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(table.concat(lines, "\n"), "\n")
  file:close()
end

for which, name in ipairs { "base", "tuned" } do
  local rng = random.stream(which)
  local lines = { json.encode { kind = "run", version = 1, name = name, started = "2026-05-01T08:00:00Z",
    target = { model_id = "anthropic.claude-3-haiku-20240307-v1:0" }, seed = 1, options = { max_tokens = 512 },
    dataset = { path = "data/test.jsonl", sha256 = ("ab12cd34"):rep(8), records = count },
    scorers = { { name = "exact", kind = "exact" }, { name = "json_valid", kind = "json_valid" },
      { name = "similarity", kind = "edit_distance" } }, moonrock = "0", fingerprint = "0", rehearsal = true } }
  for i = 1, count do
    lines[i + 1] = json.encode(sample(which, i, rng))
  end
  lines[#lines + 1] = json.encode { kind = "end", finished = "2026-05-01T09:00:00Z", scored = count, cost = 0 }
  write(name .. ".jsonl", lines)
end

local training, validation = { "step_number,epoch_number,training_loss,perplexity" },
  { "step_number,epoch_number,validation_loss,perplexity" }
local rng = random.stream(3)
for step = 1, 300 do
  local loss = 1.2 * math.exp(-step / 90) + 0.3
  training[step + 1] = ("%d,%d,%.6f,%.6f"):format(step, (step - 1) // 100, loss + 0.1 * rng:float(), 2)
  if step % 20 == 0 then
    validation[#validation + 1] = ("%d,%d,%.6f,%.6f"):format(step, (step - 1) // 100, loss + 0.1, 2)
  end
end
write("training.csv", training)
write("validation.csv", validation)
