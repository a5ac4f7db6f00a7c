-- SPDX-License-Identifier: MIT
-- makes a prefix what a folder holds, 32 files at once:  sync.lua FOLDER s3://BUCKET/PREFIX
require("moonrock").client("s3"):sync(arg[1], arg[2], { concurrency = 32 })
