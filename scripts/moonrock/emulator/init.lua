-- SPDX-License-Identifier: MIT
-- emulator: S3, Bedrock and Bedrock runtime in a Lua state of their own, for rehearsals.
-- The isolate script: takes a config, returns a function that serves one exchange on a channel.
-- It is a stand-in, and says so wherever it is seen.

local open = require "moonrock.emulator.open"

return (open(... or {}))
