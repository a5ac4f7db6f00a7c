-- SPDX-License-Identifier: MIT
-- fails.lua -- fails(code, f, ...): the error object with which a call must fail.

local errors = require "moonrock.error"
local lu = require "luaunit"

---@param code string
---@param f function
---@return table err
return function(code, f, ...)
  local result, err = errors.try(f, ...)
  lu.assertNil(result)
  lu.assertTrue(errors.is(err), tostring(err))
  lu.assertEquals(err.code, code, tostring(err))
  return err
end
