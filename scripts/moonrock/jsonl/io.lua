-- SPDX-License-Identifier: MIT
-- jsonl/io.lua -- where bytes come from and go to: files, standard input and output, S3, functions.
-- A source is { read, close, name, size }, a sink { write, commit, abort, name }. What is written to a
-- file or to S3 appears whole or not at all. Names that end with .gz or .zst are (de)compressed.

local errors = require "moonrock.error"
local fs = require "moonrock.fs"
local lazy = require "moonrock.lazy"

local codec = lazy "moonrock.codec"

local M = {}

---Bytes of a chunk.
M.chunk = 1 << 20

local function bucket_and_key(name)
  local bucket, key = name:match("^s3://([^/]+)/(.+)$")
  if not bucket then
    errors.raise { code = "InvalidURI", message = name .. " is no S3 URI of an object (s3://bucket/key)" }
  end
  return bucket, key
end

local function s3_client() -- loaded when it is needed: a transform of files needs no client
  return require("moonrock").client("s3")
end

---@param name string
---@return "gz"|"zst"|nil
function M.compression(name)
  return name:match("%.gz$") and "gz" or name:match("%.zst$") and "zst" or nil
end

-- Sources -----------------------------------------------------------------------------------

-- Chunks of an open file: what cannot be read is not its end.
local function chunks_of(file, name)
  return function()
    local data, why = file:read(M.chunk)
    if why then errors.raise { code = "EIO", message = ("%s cannot be read: %s"):format(name, why) } end
    return data
  end
end

local function file_source(path)
  local offset, facts, err = 0, fs.stat(path)
  if not facts then
    return nil, err
  end
  if facts.type == "directory" then
    return nil, errors.new { code = "EISDIR", message = path .. ": Is a directory" }
  end
  if facts.type == "other" then -- a pipe or a device has no offsets
    local file, message = io.open(path, "rb")
    if not file then return nil, errors.new { code = "EIO", message = message } end
    return { name = path, read = chunks_of(file, path), close = function() file:close() end }
  end
  local function read()
    local data, why = fs.read(path, offset, M.chunk)
    if not data then error(why, 0) end
    offset = offset + #data
    return data ~= "" and data or nil
  end
  local has_size = facts.size > 0 -- what the kernel makes up when it is read says 0
  return { name = path, path = has_size and path or nil, size = facts.size, mtime = facts.mtime, read = read,
    close = function() end }
end

---Raises if the lines of a file, as far as it went when it was opened, may not be what was read. Whole
---lines that were added since are no fault.
---@param source moonrock.jsonl.Source of a file
function M.check_unchanged(source)
  local now = fs.stat(source.path)
  if now and now.size == source.size and now.mtime == source.mtime then return end
  if not now or now.size <= source.size or source.size > 0 and fs.read(source.path, source.size - 1, 1) ~= "\n" then
    errors.raise {
      code = "FileChanged",
      message = ("%s changed while it was read (%d bytes, now %d)"):format(source.name, source.size,
        now and now.size or 0),
      hint = "wait until it is written, or work on a copy",
    }
  end
end

local function s3_source(name)
  local bucket, key = bucket_and_key(name)
  local reply = s3_client():get_object { Bucket = bucket, Key = key }
  local body = reply.Body or reply.body
  local function read()
    local data = body:read(M.chunk)
    return data ~= "" and data or nil
  end
  return { name = name, size = reply.ContentLength, read = read, close = function() body:close() end }
end

local function decompressed(source, kind)
  local decoder, read = codec.decoder(kind), source.read
  source.path = nil
  local consumed = 0
  source.read = function()
    while true do
      local data, err = decoder:read()
      if err then
        err.message = ("%s: %s"):format(source.name, err.message)
        error(err, 0)
      end
      if data then return data end
      local chunk = read()
      if not chunk then
        local _, why = decoder:finish()
        if why then
          why.message = ("%s: %s"):format(source.name, why.message)
          error(why, 0)
        end
        return nil
      end
      consumed = consumed + #chunk
      decoder:feed(chunk)
    end
  end
  local close = source.close
  source.consumed = function() return consumed end
  source.close = function()
    decoder:close()
    close()
  end
  return source
end

---@class moonrock.jsonl.Source
---@field name string
---@field read fun(): string|nil the next chunk, nil at the end; raises what the world refuses
---@field close fun()
---@field size? integer bytes, where it is known
---@field path? string of a file that is read as it is, so that others can read its ranges themselves
---@field mtime? number of that file

-- What there is to read, as its bytes stand there.
local function raw_source(input)
  local kind = type(input)
  if kind == "function" then
    return { name = "(function)", read = input, close = function() end }
  elseif kind == "table" and not input.read then
    errors.raise { code = "ParamValidation", message = "an input is a path, s3://bucket/key, \"-\", a function that "
      .. "gives chunks, or a reader; this table has no method read",
      hint = "records in memory go into a file by jsonl.write(path, records)" }
  elseif kind == "table" or kind == "userdata" then
    return { name = "(reader)", read = function()
      local data = input:read(M.chunk)
      return data ~= "" and data or nil
    end, close = function()
      if input.close then input:close() end
    end }
  elseif kind ~= "string" then
    errors.raise { code = "ParamValidation",
      message = ("an input is a path, s3://bucket/key, \"-\", a function or a reader, not a %s"):format(kind) }
  end
  if input == "-" then
    return { name = "stdin", read = chunks_of(io.stdin, "standard input"), close = function() end }
  elseif input:find("^s3://") then
    return errors.try(s3_source, input)
  end
  return file_source(input)
end

---@param input string|function|table a path, "-", s3://bucket/key, a function that gives chunks until nil,
---or an object with a method read(n), as the body of a reply
---@param tap? fun(source: moonrock.jsonl.Source) sees the source before anything is decompressed, and may
---put a read of its own in the place of its read
---@return moonrock.jsonl.Source|nil
---@return moonrock.Error?
function M.source(input, tap)
  local source, err = raw_source(input)
  if not source then
    return nil, err
  end
  if tap then
    source.path = nil -- who listens must hear all of it
    tap(source)
  end
  local compression = type(input) == "string" and M.compression(input)
  return compression and decompressed(source, compression) or source
end

-- Sinks -------------------------------------------------------------------------------------

local function file_sink(path)
  local stat = fs.stat(path)
  if stat and stat.type == "directory" then -- else it would be found at the end, beside outputs that are there
    return nil, errors.new { code = "EISDIR", message = path .. " is a folder, not a file", hint = "name a file in it" }
  end
  local sink, err = fs.sink(path)
  if not sink then
    return nil, err
  end
  local offset = 0
  local function check(ok, why)
    if not ok then
      sink:abort()
      error(why, 0)
    end
  end
  return {
    name = path,
    file = sink,
    write = function(data)
      check(sink:write(offset, data))
      offset = offset + #data
    end,
    commit = function() check(sink:commit()) end,
    abort = function() sink:abort() end,
  }
end

-- By way of a file, so that nothing is uploaded but what is complete.
local function s3_sink(name)
  local bucket, key = bucket_and_key(name)
  local path = os.tmpname()
  local sink, err = file_sink(path)
  if not sink then
    return nil, err
  end
  return {
    name = name,
    write = sink.write,
    commit = function() end,
    prepare = function()
      sink.commit()
      local ok, why = pcall(function() s3_client():upload_file(path, bucket, key) end)
      fs.remove(path)
      if not ok then error(why, 0) end
    end,
    abort = function()
      sink.abort()
      fs.remove(path)
    end,
  }
end

local function compressed(sink, kind)
  local write, prepare = sink.write, sink.prepare
  local encoder = codec.encoder(kind)
  sink.file = nil
  sink.write = function(data)
    local out = encoder:write(data)
    if out ~= "" then write(out) end
  end
  sink.prepare = function()
    local out = encoder:finish()
    if out ~= "" then write(out) end
    if prepare then prepare() end
  end
  return sink
end

---@class moonrock.jsonl.Sink
---@field name string
---@field write fun(data: string) raises what the world refuses; then nothing is left behind
---@field prepare? fun() does before commit what may well fail, so that of several outputs none appears then; what
---is uploaded is there when this ends
---@field commit fun()
---@field abort fun()
---@field file? userdata the fs.sink below, where what is written goes there as it is: then others may
---write to it themselves, instead of by write

local function raw_sink(output)
  if type(output) == "function" then
    return { name = "(function)", write = output, commit = function() end, abort = function() end }
  elseif type(output) ~= "string" then
    errors.raise { code = "ParamValidation",
      message = ("an output is a path, s3://bucket/key, \"-\" or a function, not a %s"):format(type(output)) }
  elseif output == "-" then
    local function check(ok, why)
      if not ok then errors.raise { code = "EIO", message = "standard output: " .. tostring(why) } end
    end
    return {
      name = "stdout",
      write = function(data) check(io.stdout:write(data)) end,
      commit = function() check(io.stdout:flush()) end,
      abort = function() io.stdout:flush() end,
    }
  elseif output:find("^s3://") then
    return errors.try(s3_sink, output)
  end
  return file_sink(output)
end

---@param output string|function a path, "-", s3://bucket/key, or a function that is given chunks
---@param tap? fun(sink: moonrock.jsonl.Sink) sees the sink below any compression
---@return moonrock.jsonl.Sink|nil
---@return moonrock.Error?
function M.sink(output, tap)
  local sink, err = raw_sink(output)
  if not sink then
    return nil, err
  end
  if tap then
    sink.file = nil
    tap(sink)
  end
  local compression = type(output) == "string" and M.compression(output)
  sink = compression and compressed(sink, compression) or sink
  local prepare, commit = sink.prepare, sink.commit
  if prepare then
    local ready = false
    sink.prepare = function()
      if not ready then
        ready = true
        prepare()
      end
    end
    sink.commit = function()
      sink.prepare()
      commit()
    end
  end
  return sink
end

-- What to do with a malformed line -------------------------------------------------------------

---@class moonrock.jsonl.Faults
---@field count integer
---@field note fun(fault: table, line: string) stops by raising, or lets the line pass
---@field commit fun()
---@field abort fun()

---@param policy "stop"|"skip"|{set_aside: string}|nil
---@param name string of the input
---@return moonrock.jsonl.Faults
function M.faults(policy, name)
  policy = policy or "stop"
  local aside = type(policy) == "table" and policy.set_aside
  if policy ~= "stop" and policy ~= "skip" and type(aside) ~= "string" then
    error("on_error is \"stop\", \"skip\" or { set_aside = path }", 3)
  end
  local faults, sink = { count = 0, stop = policy == "stop", keep = aside ~= false and aside ~= nil }, nil
  local lines
  function faults.note(fault, line)
    faults.count = faults.count + 1
    if fault.code == "MapFailed" and fault.reason:find("userdata", 1, true) then
      fault.reason = fault.reason .. " (a null is json.null, which is neither nil nor false)"
    end
    if faults.stop then
      errors.raise {
        code = fault.code, line = fault.line, column = fault.column, offset = fault.offset, record = fault.record,
        reason = fault.reason,
        message = ("%s:%d:%d: %s%s"):format(name, fault.line, fault.column,
          fault.code == "MapFailed" and fault.record and ("record %d: "):format(fault.record) or "", fault.reason),
        hint = "on_error = \"skip\" or { set_aside = path } goes on with the next line",
      }
    elseif aside then
      if not sink then
        local err
        sink, err = M.sink(aside)
        if not sink then error(err, 0) end
        lines = require("moonrock.jsonl_core").lines()
      end
      -- The line as text: it is no JSON, or not what the script expects.
      local ok = pcall(lines.add, lines, { line = fault.line, column = fault.column, offset = fault.offset,
        code = fault.code, reason = fault.reason, text = line })
      if not ok then -- bytes that are no text
        lines:add { line = fault.line, column = fault.column, offset = fault.offset, code = fault.code,
          reason = fault.reason, base64 = require("moonrock.crypto").base64_encode(line) }
      end
      sink.write(lines:take())
    end
  end
  function faults.commit()
    if sink then sink.commit() end
  end
  function faults.abort()
    if sink then sink.abort() end
  end
  return faults
end

return M
