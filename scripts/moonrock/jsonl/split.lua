-- SPDX-License-Identifier: MIT
-- jsonl/split.lua -- jsonl.split and leaks: training, validation and test sets by a seed, and whether
-- what one holds is in another too. Which set a record goes to depends on the seed and on the record (or its
-- group) alone, so that records that are added or removed move no other.

local bulk_pass = require "moonrock.jsonl.pass"
local errors = require "moonrock.error"
local sort = require "moonrock.jsonl.sort"

local M = {}

---@class moonrock.jsonl.SplitOptions
---@field input string|function|table as for jsonl.sort
---@field output { [1]: string, [2]: number }[] outputs with their shares, of sum 1: { { "train.jsonl", 0.9 },
---{ "val.jsonl", 0.1 } }
---@field seed? integer (0)
---@field by? string|table a key: records of equal keys stay in one set
---@field stratify? string|table a key: each of its values is spread over the sets by their shares, to within one
---record; which set a record goes to then depends on the others of its value, too

local function outputs_of(list, input)
  local names, bounds, sum, taken = {}, {}, 0, {}
  if type(list) ~= "table" or not list[1] then
    errors.raise { code = "ParamValidation",
      message = "jsonl.split: output is a list of { PATH, SHARE }, such as { { \"train.jsonl\", 0.9 }, "
        .. "{ \"val.jsonl\", 0.1 } }" }
  end
  for i, entry in ipairs(list) do
    local share = type(entry) == "table" and entry[2]
    if not math.type(share) or not (share > 0 and share <= 1) or entry[1] == nil then
      errors.raise { code = "ParamValidation",
        message = "jsonl.split: an output is { PATH, SHARE }, the share above 0 and at most 1" }
    end
    if taken[entry[1]] then
      errors.raise { code = "ParamValidation", message = ("jsonl.split: two outputs are %s: one would replace the "
        .. "other"):format(tostring(entry[1])) }
    end
    if entry[1] == input and input ~= "-" then -- a second run would divide a part
      errors.raise { code = "ParamValidation", message = ("jsonl.split: the output %s is the input: it would be "
        .. "replaced by a part of it"):format(tostring(input)) }
    end
    taken[entry[1]] = true
    sum = sum + share
    names[i], bounds[i] = entry[1], sum
  end
  if math.abs(sum - 1) > 1e-9 then
    errors.raise { code = "ParamValidation", message = ("jsonl.split: the shares of the outputs are %.12g together, "
      .. "not 1, so that some records would be in none"):format(sum) }
  end
  bounds[#bounds] = 2 -- whatever was rounded
  return names, bounds
end

-- The set that lacks most: each value's records come in an order of chance, so any rule of their number does.
local function spread(bounds)
  local counts, seen
  return function(is_new)
    if is_new then
      counts, seen = {}, 0
      for i = 1, #bounds do counts[i] = 0 end
    end
    seen = seen + 1
    local best, most, before = 1, -math.huge, 0
    for i, bound in ipairs(bounds) do
      bound = math.min(bound, 1)
      local lack = (bound - before) * seen - counts[i]
      before = bound
      if lack > most + 1e-9 then best, most = i, lack end
    end
    counts[best] = counts[best] + 1
    return best
  end
end

local function split_strata(run, sources, sinks, bounds, seed)
  local keys, written = bulk_pass.keys(run.options.stratify, run.where), {}
  local sorter = run:sorter({ by = keys, group = #keys, chance = true, seed = seed, mark = true, numbered = true }, 0.5)
  run:feed(sorter, sources)
  local backs, buffers = {}, {}
  for i = 1, #sinks do
    backs[i], buffers[i], written[i] = run:sorter({ subject = "numbered" }, 0.5 / #sinks), {}, 0
  end
  local choose, is_new = spread(bounds), true
  for lines in run:sorted(sorter) do
    for line in lines:gmatch("[^\n]*\n") do
      if line == "\n" then
        is_new = true
      else
        local i = choose(is_new)
        is_new = false
        buffers[i][#buffers[i] + 1] = line
        written[i] = written[i] + 1
      end
    end
    for i, buffer in ipairs(buffers) do
      bulk_pass.give(backs[i], table.concat(buffer))
      buffers[i] = {}
    end
  end
  for i, back in ipairs(backs) do
    for lines in run:sorted(back) do sinks[i].write(lines) end
  end
  return sorter:stats().records, written
end

---Divides records among outputs, each in the order of the input. Without stratify the shares are those of
---chance: of 10,000 records a tenth is 1,000, give or take 60; equal lines go to the same set.
---@param options moonrock.jsonl.SplitOptions
---@return { records: integer, written: integer[], faults: integer }
function M.split(options)
  local run <close> = bulk_pass.begin(options, { seed = "any", by = "any", stratify = "any" }, "jsonl.split")
  options = run.options
  if options.by ~= nil and options.stratify ~= nil then
    errors.raise { code = "ParamValidation",
      message = "jsonl.split takes either by (groups stay together) or stratify (values are spread)" }
  end
  local names, bounds = outputs_of(options.output, options.input)
  local seed, sinks = bulk_pass.seed(options, run.where), {}
  local router = options.stratify == nil and run:router {
    subject = options.by == nil and "bytes" or "fields", seed = seed, bounds = bounds,
    by = options.by ~= nil and bulk_pass.keys(options.by, run.where) or {},
  }
  local sources = run:inputs(options.input)
  for i, name in ipairs(names) do sinks[i] = run:sink(name) end
  local records, written
  if router then
    run:feed(router, sources, function(outs)
      for i, lines in ipairs(outs) do
        if lines ~= "" then sinks[i].write(lines) end
      end
    end)
    local stats = router:stats()
    records, written = stats.records, stats.written
  else
    records, written = split_strata(run, sources, sinks, bounds, seed)
  end
  return run:commit { records = records, written = written }
end

---@class moonrock.jsonl.LeakOptions
---@field input string[] the sets; in the order in which they matter, training first
---@field compare? "bytes"|"value"|"text" as for jsonl.dedupe; text if not given
---@field by? string|table as for jsonl.dedupe: "messages[0].content"
---@field most? integer leaks that are listed (100); all are counted

---@class moonrock.jsonl.Leak
---@field [integer] { input: string, line: integer } one record of each set that has it, the first there

---Looks for records of one set in another.
---@param options moonrock.jsonl.LeakOptions
---@return { records: integer, leaks: integer, found: moonrock.jsonl.Leak[], faults: integer } leaks: records that are
---in more than one set, each counted once
function M.leaks(options)
  local run <close> = bulk_pass.begin(options, { compare = "string", by = "any", most = "count" }, "jsonl.leaks")
  options = run.options
  if type(options.input) ~= "table" or #options.input < 2 or options.output ~= nil then
    errors.raise { code = "ParamValidation", message = "jsonl.leaks takes a list of two inputs or more, and no output" }
  end
  local equal = sort.equality({ compare = options.compare or "text", by = options.by }, run.where)
  local sorter = run:sorter(equal { mark = true, columns = { "source", "number" } })
  local sources = run:inputs(options.input)
  run:feed(sorter, sources)
  local result = { records = 0, leaks = 0, found = {} }
  local group = {}
  local function take()
    if #group > 1 then
      result.leaks = result.leaks + 1
      if #result.found < (options.most or 100) then result.found[#result.found + 1] = group end
    end
    group = {}
  end
  local last
  for lines in run:sorted(sorter) do
    for line in lines:gmatch("([^\n]*)\n") do
      if line == "" then
        take()
        last = nil
      else
        local source, number = line:match("^(%d+)\31(%d+)$")
        if source ~= last then
          group[#group + 1] = { input = sources[tonumber(source) + 1].name, line = math.tointeger(tonumber(number)) }
        end
        last = source
      end
    end
  end
  take()
  table.sort(result.found, function(a, b)
    if a[1].input ~= b[1].input then return a[1].input < b[1].input end
    return a[1].line < b[1].line
  end)
  result.records = sorter:stats().records
  return run:commit(result)
end

return M
