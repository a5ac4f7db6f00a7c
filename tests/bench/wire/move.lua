-- SPDX-License-Identifier: MIT
-- moves a large file:  move.lua up|down FILE SIZE
local s3 = require("moonrock").client("s3")
if arg[1] == "up" then
  s3:upload_file(arg[2], "b", arg[3])
else
  s3:download_file("b", arg[3], arg[2])
end
