-- SPDX-License-Identifier: MIT
-- suggest.lua -- "did you mean": the closest of some names.
-- A name is near when at most a third of its letters (and at least two) were changed,
-- added, left out or swapped; among equals the first in sorted order wins.

local M = {}

-- Edit distance with swaps of neighbours (optimal string alignment).
local function distance(a, b)
  local before, last, row = {}, {}, {}
  for j = 0, #b do
    last[j] = j
  end
  for i = 1, #a do
    row[0] = i
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local cost = math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        cost = math.min(cost, before[j - 2] + 1)
      end
      row[j] = cost
    end
    before, last, row = last, row, before
  end
  return last[#b]
end

local function plain(name)
  return (name:lower():gsub("[_%-%s]", ""))
end

---@param name string what was typed
---@param candidates string[] what exists
---@return string|nil the closest, if any is close
function M.closest(name, candidates)
  local names = table.move(candidates, 1, #candidates, 1, {})
  table.sort(names)
  local best, best_distance
  local typed = plain(name)
  for _, candidate in ipairs(names) do
    local d = distance(typed, plain(candidate))
    if d <= math.max(2, #candidate // 3) and (not best or d < best_distance) then
      best, best_distance = candidate, d
    end
  end
  return best
end

---The tail of a message: "; did you mean X?" or "".
function M.tail(name, candidates)
  local best = type(name) == "string" and M.closest(name, candidates)
  return best and string.format("; did you mean %s?", best) or ""
end

return M
