-- SPDX-License-Identifier: MIT
-- Reads three fields, rewrites one, drops a tenth.
return function(r)
  if r.id % 10 == 0 then return nil end
  local first = r.messages[1]
  if first.role == "user" then first.content = "Q: " .. r.system end
  return r
end
