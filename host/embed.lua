-- SPDX-License-Identifier: MIT
-- Writes the table of embedded scripts: lua5.4 embed.lua ROOT OUT FILE...
-- Sources go in untouched, so that line numbers in tracebacks are those of the project.
-- A file scripts/moonrock/aws/call.lua becomes module "moonrock.aws.call", init.lua its
-- folder's name.  Entries are sorted and OUT is rewritten only if it changed.

local root, out = arg[1], arg[2]

local function module_name(path)
  return (path:gsub("^scripts/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local entries = {}
for i = 3, #arg do
  local path = arg[i]
  entries[#entries + 1] = { name = module_name(path), path = path, text = read(root .. "/" .. path) }
end
table.sort(entries, function(a, b) return a.name < b.name end)

local parts = { '/* Made by host/embed.lua; do not edit. */\n#include "host/module.h"\n\n' }
local function put(...) parts[#parts + 1] = string.format(...) end

for i, entry in ipairs(entries) do
  put("static const char text_%d[] = {", i)
  for at = 1, #entry.text, 24 do
    put("\n%s,", table.concat({ entry.text:byte(at, at + 23) }, ","))
  end
  put("\n0};\n")
end
put("\nconst mr_script_entry mr_script_table[] = {\n")
for i, entry in ipairs(entries) do
  put("  {%q, %q, text_%d, %d},\n", entry.name, entry.path, i, #entry.text)
end
put("  {0, 0, 0, 0}};\n")

local text = table.concat(parts)
local old = io.open(out, "rb")
if old and old:read("a") == text then
  os.exit(0)
end
local file = assert(io.open(out, "wb"))
file:write(text)
file:close()
