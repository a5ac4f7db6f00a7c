-- SPDX-License-Identifier: MIT
-- checks.lua -- counts what holds, and prints what does not.

local M = {}

---@param name string stands before what is printed
---@return table check check(good, text, ...): the text, with what follows in it, says what does not hold;
---  check.count and check.failed are how many there were
function M.new(name)
  return setmetatable({ count = 0, failed = 0 }, { __call = function(self, good, what, ...)
    self.count = self.count + 1
    if not good then
      self.failed = self.failed + 1
      print(("%s: %s"):format(name, what:format(...)))
    end
  end })
end

return M
