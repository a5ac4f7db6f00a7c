-- SPDX-License-Identifier: MIT
---@meta moonrock.uri

---Percent-encoding as AWS signs it, URLs and query strings. '+' never means a space here.
local M = {}

---Leaves A-Z a-z 0-9 - . _ ~ as they are.
---@param s string
---@param mode? "component"|"path" "path" keeps slashes
---@return string
function M.encode(s, mode) end

---@param s string
---@return string|nil
---@return moonrock.Error? err code "URISyntax": a '%' without two hex digits behind it
function M.decode(s) end

---@class moonrock.URI raw parts, still encoded; absent ones are nil
---@field scheme string
---@field userinfo string?
---@field host string an IPv6 address keeps its brackets
---@field port integer?
---@field path string "" when absent
---@field query string? without '?'
---@field fragment string? without '#'

---Of an absolute URL.
---@param url string
---@return moonrock.URI|nil
---@return moonrock.Error? err code "URISyntax"
function M.parse(url) end

---@param query string raw, without '?'
---@return string[][]|nil pairs {name, value}, decoded; value is "" where there was no '='
---@return moonrock.Error? err code "URISyntax"
function M.parse_query(query) end

---@param list any[][] pairs {name, value}, written in their order; numbers and booleans are fine
---@return string
function M.build_query(list) end

return M
