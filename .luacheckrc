-- SPDX-License-Identifier: MIT
-- Lua 5.4 and nothing else: scripts see the standard library, no globals of ours.
std = "lua54"
max_line_length = 120
exclude_files = { "build", "build-*" }
self = false -- a method may ignore its self

-- luaunit finds its tests among the globals.
files["tests/**/*_test.lua"] = { allow_defined_top = true, ignore = { "111/Test.*", "112/Test.*", "131/Test.*" } }

-- Stubs have parameters and no bodies.
files["**/stubs/*.d.lua"] = { ignore = { "212", "241" } }
files["**/stubs/clients/*.d.lua"] = { ignore = { "212", "241" }, max_line_length = false }
