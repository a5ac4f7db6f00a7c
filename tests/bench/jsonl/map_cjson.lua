-- SPDX-License-Identifier: MIT
local cjson = require "cjson"
local write = io.write
for line in io.lines(arg[1]) do
  local r = cjson.decode(line)
  if r.id % 10 ~= 0 then
    local first = r.messages[1]
    if first.role == "user" then first.content = "Q: " .. r.system end
    write(cjson.encode(r), "\n")
  end
end
