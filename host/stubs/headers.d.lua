-- SPDX-License-Identifier: MIT
---@meta moonrock.headers

---The headers of requests and replies. They are a list of {name, value} like any other to ipairs, #, [i] and
---headers[#headers + 1] = {name, value}, but each pair is made when it is looked at, so to change one changes nothing.
local M = {}

---@class moonrock.Headers: any[][]

---Headers of a list of {name, value}; a value may be a secret. What are headers already is given back.
---@param list moonrock.Headers|any[][]
---@return moonrock.Headers
function M.of(list) end

---Appends fields.
---@param headers moonrock.Headers
---@param name string
---@param value string|moonrock.Secret
---@param ... string|moonrock.Secret more names and values
function M.add(headers, name, value, ...) end

---The first value of that name, whatever its case.
---@param headers moonrock.Headers|any[][]
---@param name string
---@return string|moonrock.Secret|nil
function M.get(headers, name) end

---Takes out all fields of that name, whatever its case.
---@param headers moonrock.Headers
---@param name string
function M.remove(headers, name) end

---@param headers moonrock.Headers
---@return moonrock.Headers
function M.copy(headers) end

return M
