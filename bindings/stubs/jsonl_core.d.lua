-- SPDX-License-Identifier: MIT
---@meta moonrock.jsonl_core

---Records and lines, below moonrock.jsonl, which scripts use.
local M = {}

---A JSON object or array that is read in place. It behaves like a table: fields, #, pairs and ipairs in
---the order of the text, assignment (a copy is put in), removal by nil, json.null. Integers of 64 bits are
---Lua integers; every other number is a float, and keeps its spelling where it is not touched or only
---copied, also into a table: of the last 32 that were read. Of a key that repeats the last counts. A field hides
---the method of the same name. What nobody touched is written as it was read, byte for byte.
---@class moonrock.jsonl.Record
---@field equals fun(self, other: any): boolean by value; a table may be given too
---@field json fun(self): string
---@field table fun(self, options?: table): table Lua tables all the way down; options of json.decode

---@param text string one JSON value
---@return moonrock.jsonl.Record|any|nil record a scalar comes as itself
---@return moonrock.Error? err code "JSONSyntax" with line, column, offset, reason
function M.decode(text) end

---@param value any
---@return boolean
function M.is_record(value) end

---The field at the end of a way, also one that is named as a method.
---@param record moonrock.jsonl.Record
---@param ... string|integer
---@return any
function M.get(record, ...) end

---@param record moonrock.jsonl.Record
---@param other any
---@return boolean
function M.equals(record, other) end

---@param record moonrock.jsonl.Record
---@return string
function M.json(record) end

---@param record moonrock.jsonl.Record
---@param options? table
---@return table
function M.table(record, options) end

---@class moonrock.jsonl_core.Reader
local Reader = {}

---Lines of chunks, as records. Both functions may wait.
---@param read fun(): string|nil the next chunk, nil at the end
---@param on_fault fun(err: moonrock.Error, line: string) a malformed line: raises, or lets it pass
---@param limit? integer bytes of a line, 1 GiB if not given
---@return moonrock.jsonl_core.Reader
function M.reader(read, on_fault, limit) end

---@async
---@return any record nothing at the end
---@return integer line its number, from 1
---@return integer offset of its first byte, from 0
function Reader:next() end

---@return string text of the record that was given last
function Reader:line() end

function Reader:close() end

---@class moonrock.jsonl_core.Lines
local Lines = {}

---Values as lines of JSON.
---@return moonrock.jsonl_core.Lines
function M.lines() end

---@param ... any records, tables, scalars: of several all or none are added
---@return integer bytes that are waiting
function Lines:add(...) end

---@return string lines that were added since the last call
function Lines:take() end

---Bytes up to the end of the last whole line; 0 if there is none.
---@param text string
---@return integer
function M.cut(text) end

---@class moonrock.jsonl_core.Output
local Output = {}

---What workers write to a file themselves.
---@param sink moonrock.fs.Sink which can be committed once this is closed and no block is under way
---@param name string of the file, for errors
---@return moonrock.jsonl_core.Output
function M.output(sink, name) end

function Output:close() end

---@class moonrock.jsonl_core.Worker
local Worker = {}

---A state that maps records on other threads. It loads the script with its first block.
---@param script string|function text that returns a function; or a function that uses nothing around it
---@param name string of the chunk
---@param threads integer workers that are to come, this one too: each takes its share of the memory that is left
---@param limit? integer bytes of a line
---@return moonrock.jsonl_core.Worker
function M.worker(script, name, threads, limit) end

---@async
---@param parts string[] whole lines
---@param options { first: boolean, stop: boolean, keep: boolean }
---@return { output: string, faults: table[], lines: integer, records: integer, written: integer }|nil
---@return moonrock.Error? err when no block can be mapped any more
function Worker:run(parts, options) end

---The lines of a file that begin in a range of its bytes; the worker reads them itself.
---@async
---@param path string
---@param from integer first byte, from 0
---@param to integer the byte behind the last, at most 1 GiB further
---@param size integer bytes of the file that count
---@param options { first: boolean, stop: boolean, keep: boolean }
---@param output? moonrock.jsonl_core.Output where lines are written, in the order of the calls; result.output
---is then empty
---@return { output: string, faults: table[], lines: integer, records: integer, written: integer }|nil
---@return moonrock.Error? err when no block can be mapped any more
function Worker:lines(path, from, to, size, options, output) end

function Worker:close() end

return M
