-- SPDX-License-Identifier: MIT
-- lazy.lua -- a module that is loaded when it is first looked into.
-- For what most scripts never use: compiling its source would be a good part of their start.

---@param name string as for require
---@return table stands for the module
return function(name)
  return setmetatable({}, {
    __index = function(stand_in, key)
      local value = require(name)[key]
      rawset(stand_in, key, value)
      return value
    end,
  })
end
