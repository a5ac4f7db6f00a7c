-- SPDX-License-Identifier: MIT
---@meta moonrock.bulk

---Passes over JSON Lines, below moonrock.jsonl's sort, dedupe and their kin, which scripts use.
local M = {}

---@class moonrock.bulk.Options
---@field by? { path: string, order?: string, descending?: boolean }[] order: value, number, text, natural, folded
---@field other? table as by: keys of inputs with other fields
---@field subject? "fields"|"bytes"|"chance"|"numbered" what keys are made of; numbered: lines of
---a sorter with that option, whose numbers are taken off
---@field hashed? boolean keys are hashes
---@field seed? integer of chance and hashes; without one, of the system's
---@field chance? boolean behind the fields: a number drawn from the line's bytes
---@field alone? boolean a record that lacks a field equals no other
---@field group? integer parts of the key that make a group
---@field limit? integer bytes of a line
---@field keep? boolean faults have the text of their line
---@field memory? integer bytes
---@field columns? (string|{ path: string })[] of a sorter: "number", "source", a field, "\31" between; none: the line
---@field numbered? boolean of a sorter: before each line the record's number among all, 16 hex digits
---@field mark? boolean of a sorter: an empty line between groups
---@field most? integer of a sorter: only so many of the first, not with unique
---@field unique? boolean of a sorter: the first of equal keys
---@field folder? string of a sorter: for what does not fit into the memory
---@field bounds? number[] of a router: sums of shares; without them it drops repetitions

---@class moonrock.bulk.Pass
local Pass = {}

---Lines in order.
---@param options moonrock.bulk.Options
---@return moonrock.bulk.Pass
function M.sorter(options) end

---Lines to outputs: by chance, or the first of equal ones to output 1 and those that the memory has no
---room to judge to output 2.
---@param options moonrock.bulk.Options
---@return moonrock.bulk.Pass
function M.router(options) end

---@async
---@param chunk string
---@param last? boolean the end of this input; another may follow
---@return boolean|nil
---@return table[]|moonrock.Error|nil faults
---@return string[]? outputs of a router
function Pass:feed(chunk, last) end

---Of a sorter: the end of all input.
---@async
---@return boolean|nil
---@return moonrock.Error?
function Pass:finish() end

---@async
---@return string|nil lines; nil at the end
---@return moonrock.Error?
function Pass:read() end

---@return { records: integer, dropped: integer, stored: integer, written: integer[], found: integer[] } found:
---how many records have the field of each key
function Pass:stats() end

---The keys `other` hold for what is fed from now on; after the next call, `by` again.
function Pass:swap() end

function Pass:close() end

return M
