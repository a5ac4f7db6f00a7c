-- SPDX-License-Identifier: MIT
-- moves a large file:  move.lua up|unsigned|pipe|down FILE SIZE     pipe: of standard input
-- unsigned: as over https, where the checksum and TLS protect the body, and no hash for the
-- signature is computed.
local s3 = require("moonrock").client("s3", { payload_signing_enabled = arg[1] ~= "unsigned" })
if arg[1] == "down" then
  s3:download_file("b", arg[3], arg[2])
elseif arg[1] == "pipe" then
  s3:upload_fileobj(io.stdin, "b", arg[3])
else
  s3:upload_file(arg[2], "b", arg[3])
end
