-- SPDX-License-Identifier: MIT
-- uploads the files of a folder, 32 at once:  many.lua FOLDER
local moonrock = require "moonrock"
local fs = require "moonrock.fs"
local s3 = moonrock.client("s3")
moonrock.map(assert(fs.list(arg[1])), function(name)
  s3:upload_file(arg[1] .. "/" .. name, "b", "many/" .. name)
end, { concurrency = 32 })
