-- SPDX-License-Identifier: MIT
---@meta moonrock.json

---JSON (RFC 8259), strict both ways. Integers of 64 bits stay integers, every other number is a
---float; arrays are marked by a metatable, so that [] and {} survive. A table without mark is an
---array if it is a list 1..n with n > 0, otherwise an object.
---@class moonrock.JSON
---@field null lightuserdata what null becomes and is written from; the same value as cjson.null
local M = {}

---@class moonrock.JSONDecodeOptions
---@field ordered? boolean objects keep the order of their keys, for pairs and encode
---@field unique_keys? boolean an object that has a key twice is at fault
---@field max_depth? integer 1 to 1024, by default 1000
---@field position? integer byte, from 1: reads one value from there; text may follow it

---Of equal keys the last one stands, without `unique_keys`.
---@param text string
---@param options? moonrock.JSONDecodeOptions
---@return any value nil when the text is at fault
---@return moonrock.Error|integer|nil err code "JSONSyntax" with line, column (characters, both from 1) and
---offset (bytes, from 0); with `position`: where the text goes on behind the value
function M.decode(text, options) end

---@class moonrock.JSONEncodeOptions
---@field indent? integer spaces a level; 2 gives the bytes of Python's json.dumps(x, indent=2)
---@field sort_keys? boolean true unless false is given; tables that keep an order keep it anyway
---@field ascii? boolean escapes all that is not ASCII
---@field max_depth? integer 1 to 1024, by default 1000

---Raises, naming the path, for a table that contains itself, nan and infinities, strings that are not
---UTF-8, keys that are no strings, lists with holes and values that JSON has no form for.
---@param value any
---@param options? moonrock.JSONEncodeOptions
---@return string
function M.encode(value, options) end

---Marks a table (a new one without argument) as an array, also when it is empty.
---@generic T: table
---@param t? T
---@return T
function M.array(t) end

---Marks a table (a new one without argument) as an object.
---@generic T: table
---@param t? T
---@return T
function M.object(t) end

---Would it be written as an array?
---@param value any
---@return boolean
function M.is_array(value) end

return M
