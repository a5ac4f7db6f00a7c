-- SPDX-License-Identifier: MIT
-- provenance.lua -- where a file of data came from, in a side file OUT.provenance.json.
-- It names what was read and written with size and SHA-256 (of the bytes as they stand there), the command
-- with its options, versions and counts. It holds no time: the same work gives the same side file.

local crypto = require "moonrock.crypto"
local errors = require "moonrock.error"
local io_ = require "moonrock.jsonl.io"
local json = require "moonrock.json"
local system = require "moonrock.system"
local tables = require "moonrock.tables"

local M = {}

---@class moonrock.Provenance
local Trace = {}
Trace.__index = Trace

---@param command string "convert"
---@param options table what was asked for; only texts, numbers, truth values and
---lists of texts are kept. Its output must be a
---file or an object in S3
---@return moonrock.Provenance
function M.new(command, options)
  if type(options.output) ~= "string" or options.output == "-" then
    errors.raise { code = "ParamValidation", hint = "name the output",
      message = command .. ": provenance goes beside a file or an object in S3" }
  end
  local kept = json.object {}
  for _, name in ipairs(tables.keys(options)) do
    local value = options[name]
    local kind = type(value)
    if kind == "string" or kind == "number" or kind == "boolean" then kept[name] = value end
    if kind == "table" and type(value[1]) == "string" then kept[name] = json.array(tables.copy(value)) end
  end
  return setmetatable({ command = command, options = kept, target = options.output,
    inputs = json.array {}, outputs = json.array {} }, Trace)
end

local function entry(list, name)
  local file = { name = name, bytes = 0, hasher = crypto.hasher("sha256") }
  list[#list + 1] = file
  return function(data)
    file.bytes = file.bytes + #data
    file.hasher:update(data)
  end
end

---The taps for moonrock.jsonl.io: what passes them is counted and hashed.
---@return fun(source: moonrock.jsonl.Source)
function Trace:input()
  return function(source)
    local read, note = source.read, entry(self.inputs, source.name)
    source.read = function()
      local data = read()
      if data then note(data) end
      return data
    end
  end
end

---@return fun(sink: moonrock.jsonl.Sink)
function Trace:output()
  return function(sink)
    local write, note = sink.write, entry(self.outputs, sink.name)
    sink.write = function(data)
      note(data)
      write(data)
    end
  end
end

---The script that did the work, by its text.
---@param text string
function Trace:script(text)
  self.code = { sha256 = crypto.hash("sha256", text) }
end

local function finished(list)
  local out = json.array {}
  for i, file in ipairs(list) do
    out[i] = { name = file.name, bytes = file.bytes, sha256 = file.hasher:digest() }
  end
  return out
end

---Writes the side file; raises what the world refuses.
---@param counts table<string, integer>
function Trace:write(counts)
  local version = system.version()
  local sink, err = io_.sink(self.target .. ".provenance.json")
  if not sink then error(err, 0) end
  sink.write(json.encode({
    format = "moonrock-provenance-1",
    tool = { name = "moonrock", version = version.moonrock, lua = version.lua },
    command = self.command, options = self.options, script = self.code,
    inputs = finished(self.inputs), outputs = finished(self.outputs), counts = counts,
  }, { indent = 2 }) .. "\n")
  sink.commit()
end

return M
