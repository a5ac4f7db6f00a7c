-- SPDX-License-Identifier: MIT
-- jsonl/sort.lua -- jsonl.sort, shuffle, sample and dedupe: lines that are put into another order, or
-- chosen among. Records keep their bytes; what does not fit into the memory goes to a file without a
-- name, which the system takes away with the process. No result depends on the memory.

local errors = require "moonrock.error"
local pass = require "moonrock.jsonl.pass"

local M = {}

---@class moonrock.jsonl.SortOptions: moonrock.jsonl.PassOptions
---@field by string|table paths of fields: "score", "-user.age:number" (descending), or tables
---{ path=, order=, descending= }; several in a list. Orders: value (absent, null, false, true, numbers by their exact
---value, strings by code point, arrays, objects), number (a string that spells a number counts as that), text
---(a number counts as its spelling), natural ("file9" before "file10"), folded (no case, white space is one blank)
---@field unique? boolean of records with equal keys only the first

---Puts records into the order of their keys; those with equal keys stay in the order of the input.
---@param options moonrock.jsonl.SortOptions
---@return { records: integer, written: integer, dropped: integer, faults: integer }
function M.sort(options)
  local run <close> = pass.begin(options, { by = "any", unique = "boolean" }, "jsonl.sort")
  options = run.options
  local sorter = run:sorter { by = pass.keys(options.by, run.where), unique = options.unique }
  local sources, sink = run:inputs(options.input), run:sink(options.output)
  run:feed(sorter, sources)
  for lines in run:sorted(sorter) do sink.write(lines) end
  local stats = sorter:stats()
  return run:commit { records = stats.records, written = stats.records - stats.dropped, dropped = stats.dropped }
end

---@class moonrock.jsonl.ShuffleOptions: moonrock.jsonl.PassOptions
---@field seed? integer the same seed gives the same order (0)

---Puts records into an order of chance, which the seed and their places alone decide.
---@param options moonrock.jsonl.ShuffleOptions
---@return { records: integer, written: integer, faults: integer }
function M.shuffle(options)
  local run <close> = pass.begin(options, { seed = "any" }, "jsonl.shuffle")
  local sorter = run:sorter { subject = "chance", seed = pass.seed(run.options, run.where) }
  local sources, sink = run:inputs(run.options.input), run:sink(run.options.output)
  run:feed(sorter, sources)
  for lines in run:sorted(sorter) do sink.write(lines) end
  local records = sorter:stats().records
  return run:commit { records = records, written = records }
end

---@class moonrock.jsonl.SampleOptions: moonrock.jsonl.PassOptions
---@field count? integer so many records, or all if there are fewer
---@field share? number every record with this probability, above 0 and below 1
---@field seed? integer (0)

-- Lines with the numbers of their records go back to their places.
local function write_in_place(run, numbered, sink)
  local back = run:sorter({ subject = "numbered" }, 0.5)
  for lines in numbered do pass.give(back, lines) end
  for lines in run:sorted(back) do sink.write(lines) end
end

---Takes records by chance, in the order of the input: a number of them, each set as likely as any other, or
---a share.
---@param options moonrock.jsonl.SampleOptions
---@return { records: integer, written: integer, faults: integer }
function M.sample(options)
  local run <close> = pass.begin(options, { count = "count", share = "amount", seed = "any" }, "jsonl.sample")
  options = run.options
  local seed, share = pass.seed(options, run.where), options.share
  if (options.count == nil) == (share == nil) or share and (share <= 0 or share >= 1) then
    errors.raise { code = "ParamValidation",
      message = "jsonl.sample takes either count (an integer of 1 or more) or share (above 0, below 1)" }
  end
  local records, written
  local sources, sink = run:inputs(options.input), run:sink(options.output)
  if share then
    local router = run:router { subject = "chance", seed = seed, bounds = { share } }
    run:feed(router, sources, function(outs) sink.write(outs[1]) end)
    local stats = router:stats()
    records, written = stats.records, stats.written[1]
  else
    local sorter = run:sorter({ subject = "chance", seed = seed, most = options.count, numbered = true }, 0.5)
    run:feed(sorter, sources)
    write_in_place(run, run:sorted(sorter), sink)
    records = sorter:stats().records
    written = math.min(records, options.count)
  end
  return run:commit { records = records, written = written }
end

---@class moonrock.jsonl.DedupeOptions: moonrock.jsonl.PassOptions
---@field compare? "bytes"|"value"|"text" bytes: the line as it stands (default); value: the same JSON value,
---however it is spelled; text: also without regard to case and to the amount of white space within strings
---@field by? string|table equal in these fields (by value, or by text) is enough; a record that lacks one of them (or
---has null in it) repeats nothing

-- What makes two records equal: options of a pass.
local function equality(options, where)
  local compare = options.compare or options.by and "value" or "bytes"
  if compare ~= "bytes" and compare ~= "value" and compare ~= "text" or options.by and compare == "bytes" then
    errors.raise { code = "ParamValidation", message = where
      .. ": compare is \"bytes\", \"value\" or \"text\", with by \"value\" or \"text\"" }
  end
  local keys = {}
  if compare ~= "bytes" then
    keys = options.by and pass.keys(options.by, where) or { { path = "", order = "value" } }
  end
  for _, key in ipairs(keys) do
    if compare == "text" and key.order == "value" then key.order = "folded" end
  end
  return function(more)
    more.subject = compare == "bytes" and "bytes" or "fields"
    more.by, more.hashed, more.alone = keys, true, options.by ~= nil
    return more
  end
end
M.equality = equality

---Drops records that repeat an earlier one, and keeps the others in their order.
---@param options moonrock.jsonl.DedupeOptions
---@return { records: integer, written: integer, dropped: integer, faults: integer }
function M.dedupe(options)
  local run <close> = pass.begin(options, { compare = "string", by = "any" }, "jsonl.dedupe")
  options = run.options
  local equal = equality(options, run.where)
  local router = run:router(equal {}, 0.5)
  local sources, sink = run:inputs(options.input), run:sink(options.output)
  local rest -- records that the router had no memory to judge
  run:feed(router, sources, function(outs)
    if outs[1] ~= "" then sink.write(outs[1]) end
    if outs[2] ~= "" then
      rest = rest or run:sorter(equal { unique = true, numbered = true }, 0.25)
      pass.give(rest, outs[2])
    end
  end)
  local stats = router:stats()
  local dropped, records = stats.dropped, stats.records
  router:close()
  if rest then
    write_in_place(run, run:sorted(rest), sink)
    dropped = dropped + rest:stats().dropped
  end
  return run:commit { records = records, written = records - dropped, dropped = dropped }
end

return M
