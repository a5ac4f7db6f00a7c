-- SPDX-License-Identifier: MIT
-- luhn.lua -- the check digit of card numbers (ISO/IEC 7812-1, annex B).
-- jsonl.redact and the emulator's guardrails look for card numbers: both must take the same for one.

local M = {}

---Is the last digit of a number the one that the digits before it ask for? All that is no digit is passed over.
---@param text string "4111 1111 1111 1111"
---@return boolean
function M.fits(text)
  local sum, double = 0, false
  for digit in text:gsub("%D", ""):reverse():gmatch("%d") do
    local value = tonumber(digit) * (double and 2 or 1)
    sum, double = sum + (value > 9 and value - 9 or value), not double
  end
  return sum % 10 == 0
end

return M
