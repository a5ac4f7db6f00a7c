-- SPDX-License-Identifier: MIT
-- Writes the table of embedded scripts: embed embed.lua ROOT OUT FILE...   (embed.c)
-- Sources go in untouched, and beside each what it compiles to, with its line numbers: to
-- load that takes a sixth of the time.
-- A file scripts/moonrock/aws/call.lua becomes module "moonrock.aws.call", init.lua its
-- folder's name.  A file that is no Lua keeps its ending ("moonrock.report.page.css") and is text alone.
-- Entries are sorted and OUT is rewritten only if it changed.

local release, root, out = ...

local function module_name(path)
  return (path:gsub("^scripts/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

-- What is never run: stubs, and files that are no Lua.
local function is_text(path)
  return path:find "%.d%.lua$" or not path:find "%.lua$"
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local entries = {}
for i = 4, select("#", ...) do
  local path = select(i, ...)
  local text = read(root .. "/" .. path)
  entries[#entries + 1] = {
    name = module_name(path), path = path, text = text,
    code = is_text(path) and "" or string.dump(assert(load(text, "=" .. path, "t"))),
  }
end
table.sort(entries, function(a, b) return a.name < b.name end)
local index = {} -- by name
for i, entry in ipairs(entries) do index[entry.name] = i end

local parts = { '/* Made by host/embed.lua; do not edit. */\n#include "host/module.h"\n\n' }
local function put(...) parts[#parts + 1] = string.format(...) end

local function put_bytes(name, i, bytes)
  put("static const unsigned char %s_%d[] = {", name, i)
  for at = 1, #bytes, 24 do
    put("\n%s,", table.concat({ bytes:byte(at, at + 23) }, ","))
  end
  put("\n0};\n")
end

put("static const char release[] = %q;\n", release)
-- All of the code together, first what one call of a service loads: the system maps the neighbours
-- of a page that is read as well.
local placed = {}
local function place(name)
  local i = index[name]
  if not i or placed[i] then return end
  placed[i] = true
  put_bytes("code", i, entries[i].code)
  for required in entries[i].text:gmatch '\nlocal [%w_]+ = require +"([%w_.]+)"' do place(required) end
end
for _, name in ipairs { "moonrock.cli", "moonrock", "moonrock.session", "moonrock.aws.credentials.chain",
  "moonrock.aws.endpoint", "moonrock.aws.endpoint.s3", "moonrock.s3" } do
  assert(index[name], name)
  place(name)
end
for _, entry in ipairs(entries) do place(entry.name) end
for i, entry in ipairs(entries) do put_bytes("text", i, entry.text) end
put("\nconst mr_script_entry mr_script_table[] = {\n")
for i, entry in ipairs(entries) do
  put("  {%q, %q, (const char *)text_%d, %d, (const char *)code_%d, %d, release},\n", entry.name, entry.path, i,
    #entry.text, i, #entry.code)
end
put("  {0, 0, 0, 0, 0, 0, 0}};\n")

local text = table.concat(parts)
local old = io.open(out, "rb")
if old and old:read("a") == text then
  os.exit(0)
end
local file = assert(io.open(out, "wb"))
file:write(text)
file:close()
