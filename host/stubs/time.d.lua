-- SPDX-License-Identifier: MIT
---@meta moonrock.time

---What time it is, by the host's clock (virtual in rehearsal), and how it is written. All UTC.
local M = {}

---@return number seconds since 1970
function M.now() end

---@return integer milliseconds since 1970
function M.now_ms() end

---@return number seconds since some start, never going back
function M.monotonic() end

---@param seconds? number since 1970, by default now
---@return string like 2026-01-01T00:00:00Z
function M.iso8601(seconds) end

---@param seconds? number since 1970, by default now
---@return string like 20260101T000000Z
function M.basic(seconds) end

---@param seconds? number since 1970, by default now
---@return string like Thu, 01 Jan 2026 00:00:00 GMT
function M.http_date(seconds) end

---Reads ISO 8601, an HTTP date, or seconds since 1970.
---@param text string
---@return number|nil seconds
---@return moonrock.Error? err code "BadDate"
function M.parse(text) end

---@return boolean
function M.is_virtual() end

---From here on time stands still but for waits, and what differs from run to run repeats.
---Only before other tasks and timers have started.
---@param options {epoch: number, seed?: integer}
function M.make_virtual(options) end

return M
