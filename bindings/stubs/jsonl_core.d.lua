-- SPDX-License-Identifier: MIT
---@meta moonrock.jsonl_core

---Records and lines, below moonrock.jsonl, which scripts use.
local M = {}

---A JSON object or array that is read in place. It behaves like a table: fields, #, pairs and ipairs in
---the order of the text, assignment (a copy is put in), removal by nil, json.null. Integers of 64 bits are
---Lua integers; every other number is a float, and keeps its spelling where it is not touched or only
---copied. Of a key that repeats the last counts. A field hides the method of the same name. What nobody
---touched is written as it was read, byte for byte.
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
function Reader:next() end

function Reader:close() end

---@class moonrock.jsonl_core.Lines
local Lines = {}

---Values as lines of JSON.
---@return moonrock.jsonl_core.Lines
function M.lines() end

---@param value any a record, a table, or a scalar
---@return integer bytes that are waiting
function Lines:add(value) end

---@return string lines that were added since the last call
function Lines:take() end

return M
