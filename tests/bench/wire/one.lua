-- SPDX-License-Identifier: MIT
-- One small object, then the end: what a start costs.
local s3 = require("moonrock").client("s3")
assert(#s3:get_object { Bucket = "b", Key = "1024" }.Body:read("a") == 1024)
