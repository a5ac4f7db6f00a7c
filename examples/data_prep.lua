-- SPDX-License-Identifier: MIT
-- Chat logs become training data:  moonrock run examples/data_prep.lua [LOGS.jsonl [FOLDER]]
-- Conversations without a good answer are left out, those that repeat an earlier one too; addresses and numbers of
-- people give way to placeholders; what is left is divided by customer, so that no customer is in both sets.
-- Every step reads a file and writes a file, at any size, and the same logs give the same files.

local dataset = require "moonrock.dataset"
local fs = require "moonrock.fs"
local jsonl = require "moonrock.jsonl"

local logs, folder = ...
folder = folder or "."
local function file(name) return folder .. "/" .. name end

if not logs then -- a few of our own, to try it
  logs = file "logs.jsonl"
  local writer <close> = assert(jsonl.create(logs))
  for i = 1, 200 do
    writer:write { customer = "c" .. i // 2 % 13, rating = i % 5 + 1, messages = {
      { role = "user", content = ("Order %d is late. Write to ann%d@example.com or call 555-010-%04d."):format(
        i // 2, i // 2 % 7, i // 2 % 7) },
      { role = "assistant", content = "Sorry to hear that! It is on its way." },
    } }
  end
  writer:commit()
end

local good = jsonl.filter { input = logs, output = file "good.jsonl",
  where = "(record.rating or 0) >= 3 and record.messages[#record.messages].role == 'assistant'" }
local unique = jsonl.dedupe { input = file "good.jsonl", output = file "unique.jsonl", by = "messages",
  compare = "text" }
local clean = jsonl.redact { input = file "unique.jsonl", output = file "clean.jsonl",
  paths = { "messages[*].content" } }
local sets = jsonl.split { input = file "clean.jsonl", by = "customer",
  output = { { file "train_logs.jsonl", 0.8 }, { file "validation_logs.jsonl", 0.2 } } }

-- A customer's messages alone go to the model.
for _, name in ipairs { "train", "validation" } do
  jsonl.transform { input = file(name .. "_logs.jsonl"), output = file(name .. ".jsonl"),
    script = "return function(record) return { messages = record.messages } end" }
end
local leaks = jsonl.leaks { input = { file "train.jsonl", file "validation.jsonl" } }

print(("%d conversations, %d good, %d repeated"):format(good.records, good.written, unique.dropped))
for _, name in ipairs { "CARD", "EMAIL", "KEY", "PHONE" } do print(("%-6s %d"):format(name, clean.found[name] or 0)) end
print(("%d to train, %d to validate, %d in both"):format(sets.written[1], sets.written[2], leaks.leaks))
io.write(dataset.lint(file "train.jsonl"):format())

for _, name in ipairs { "good", "unique", "clean", "train_logs", "validation_logs" } do
  fs.remove(file(name .. ".jsonl"))
end
