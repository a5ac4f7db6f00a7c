-- SPDX-License-Identifier: MIT
---@meta moonrock.random

---Identifiers, jitter, shuffles; not for keys. Under virtual time it goes by the run's seed.
local M = {}

---@param low integer
---@param high integer
---@return integer between low and high, both included
function M.integer(low, high) end

---@return number at least 0, below 1
function M.float() end

---@param n integer
---@return string n bytes
function M.bytes(n) end

---@return string a version 4 UUID in lower case
function M.uuid() end

---From here on the functions of the module draw the same as in every run with this seed.
---@param seed integer
function M.seed(seed) end

---A source of its own: the same seed gives the same numbers in every run, on every machine.
---@class moonrock.random.Stream
local Stream = {}

---@param seed integer
---@return moonrock.random.Stream
function M.stream(seed) end

---@param low integer
---@param high integer
---@return integer between low and high, both included
function Stream:integer(low, high) end

---@return number at least 0, below 1
function Stream:float() end

---Puts a list into an order of chance, in place.
---@generic T
---@param list T[]
---@return T[] the same list
function Stream:shuffle(list) end

---Means of as many numbers as the list has, drawn from it with replacement.
---@param list number[] at least one
---@param count? integer of means; 1. More than one: at most 4,194,304 draws together
---@return number[] means
function Stream:resample(list, count) end

---Sums of the list's numbers, each with a sign of chance.
---@param list number[] at least one
---@param count? integer of sums; 1. More than one: at most 4,194,304 signs together
---@return number[] sums
function Stream:flip_signs(list, count) end

return M
