-- SPDX-License-Identifier: MIT
--
-- lint.lua: `moonrock lint` beside what people check JSONL with, on the same training records.
-- The data is made from a seed. Peers do less: they parse, look at roles and types, and count;
-- `wc -l` is the ceiling. MB a second of CPU time (user and system, all threads), median of
-- interleaved rounds. What a second processor gives stands below, beside what it can give: two
-- programs of one processor each, with half of the input. Missing peers are left out; the data lies
-- in TMPDIR, best in memory. Run: build/moonrock tests/bench/lint.lua [megabytes [rounds]]

local json = require "moonrock.json"

local megabytes, rounds = tonumber((...)) or 60, tonumber((select(2, ...))) or 5
local here = arg[0]:match "^(.*/)" or "./"
local made = io.popen "mktemp -d"
local folder = made:read()
made:close()
local data = folder .. "/chat.jsonl"

local words = {}
for word in ([[the quick data model training of a and to is in token bucket region when answer because customer
    order shipping policy return price list summary größe 模型 naïve café please explain step result value table
    response request error code retry]]):gmatch "%S+" do
  words[#words + 1] = word
end

local seed = 7
local function random(n)
  seed = (seed * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
  return (seed >> 24) % n + 1
end

local function text(n)
  local out = {}
  for i = 1, n do
    local kind = random(100)
    out[i] = kind <= 2 and "\n" or kind == 3 and '"quoted"' or words[random(#words)]
  end
  return table.concat(out, " ")
end

local function write_data()
  local file, done = assert(io.open(data, "wb")), 0
  while done < megabytes * 1000000 do
    local record = { messages = {} }
    for i = 1, 2 * random(4), 2 do
      record.messages[i] = { role = "user", content = text(4 + random(76)) }
      record.messages[i + 1] = { role = "assistant", content = text(19 + random(141)) }
    end
    if random(2) == 1 then record.system = text(20) end
    local line = json.encode(record) .. "\n"
    file:write(line)
    done = done + #line
  end
  file:close()
  return done
end

local function write(name, source)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(source)
  file:close()
  return folder .. "/" .. name
end

local function has(program)
  return (os.execute("command -v " .. program .. " >/dev/null 2>&1"))
end

local python = [[
import json, sys
bad = n = 0
for line in open(sys.argv[1], encoding="utf-8"):
    n += 1
    try:
        messages = json.loads(line)["messages"]
        if len(messages) < 2 or any(m["role"] not in ("user", "assistant") or not isinstance(m["content"], str)
                                    for m in messages):
            bad += 1
    except (ValueError, KeyError, TypeError):
        bad += 1
print(n, bad)
]]
local node = [[
const lines = require("readline").createInterface({ input: require("fs").createReadStream(process.argv[2]) });
let n = 0, bad = 0;
lines.on("line", (line) => {
  n++;
  try {
    const { messages } = JSON.parse(line);
    if (messages.length < 2 || messages.some((m) => !["user", "assistant"].includes(m.role) ||
        typeof m.content !== "string")) bad++;
  } catch { bad++; }
});
lines.on("close", () => console.log(n, bad));
]]
local lua = [[
local cjson = require "cjson"
local n, bad = 0, 0
for line in io.lines(arg[1]) do
  n = n + 1
  local ok, record = pcall(cjson.decode, line)
  ok = ok and type(record.messages) == "table" and #record.messages >= 2
  for _, m in ipairs(ok and record.messages or {}) do
    ok = ok and (m.role == "user" or m.role == "assistant") and type(m.content) == "string"
  end
  bad = bad + (ok and 0 or 1)
end
print(n, bad)
]]
local jq = [=[[inputs | .messages | length >= 2 and all(.[]; (.role == "user" or .role == "assistant")
  and (.content | type == "string"))] | length]=]

local rows = { { "wc -l (ceiling)", "wc -l" } }
local function add(name, program, command)
  if has(program) then rows[#rows + 1] = { name, command } end
end
local simdjson = folder .. "/simdjson"
local compile = "c++ -O3 -march=native -o %s %sjsonl_simdjson.cpp -lsimdjson 2>%s/log"
if os.execute(compile:format(simdjson, here, folder)) then
  add("simdjson On-Demand", simdjson, simdjson)
end
local lint = ("'%s' lint --limit 0"):format(arg[-1])
rows[#rows + 1] = { "moonrock lint", lint }
local ours = #rows
-- Where there is but one, or others than these two, half of the work would not be done, and fast.
local has_two = os.execute "taskset -c 0 true 2>/dev/null && taskset -c 1 true 2>/dev/null"
if has_two then
  rows[#rows + 1] = { "  on one processor", "taskset -c 0 " .. lint }
  rows[#rows + 1] = { "  two, half each", "sh " .. write("halves", ([[
taskset -c 0 %s "$1.aa" &
taskset -c 1 %s "$1.ab"
wait
]]):format(lint, lint)) }
end
add("python json", "python3", "python3 " .. write("peer.py", python))
add("node JSON.parse", "node", "node " .. write("peer.js", node))
add("lua5.4 + cjson", "lua5.4", "lua5.4 " .. write("peer.lua", lua))
add("jq", "jq", "jq -n -f " .. write("peer.jq", jq))

-- Seconds of CPU and of the clock that a command takes.
local function measure(command)
  local pipe = assert(io.popen(("bash -c 'TIMEFORMAT=\"%%3U %%3S %%3R\"; time %s \"%s\" >/dev/null 2>&1' 2>&1"):format(
    command:gsub("'", "\""), data)))
  local user, system, real = pipe:read("a"):match "([%d.]+) ([%d.]+) ([%d.]+)"
  pipe:close()
  return user + system, tonumber(real)
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

local bytes = write_data()
os.execute(("split -n l/2 '%s' '%s.'"):format(data, data))
local cpu, clock = {}, {}
for round = 1, rounds do
  for i, row in ipairs(rows) do
    cpu[i], clock[i] = cpu[i] or {}, clock[i] or {}
    cpu[i][round], clock[i][round] = measure(row[2])
  end
end
print(("%d MB of training records, %d rounds; MB a second"):format(bytes // 1000000, rounds))
print(("%-20s %12s %14s"):format("", "of CPU time", "of the clock"))
for i, row in ipairs(rows) do
  print(("%-20s %12.0f %14.0f"):format(row[1], bytes / 1e6 / median(cpu[i]), bytes / 1e6 / median(clock[i])))
end
if has_two then
  local two, one, halves = median(clock[ours]), median(clock[ours + 1]), median(clock[ours + 2])
  print(("two processors: %.2f times as fast as one; two programs with half each: %.2f times"):format(one / two,
    one / halves))
end
os.execute("rm -r " .. folder)
