-- SPDX-License-Identifier: MIT
-- program.lua -- runs the moonrock program as a user would, and gives back all that it said.
-- The program is the one that runs the test.

local M = {}

local function quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

local function read_all(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  os.remove(path)
  return text
end

M.path = arg[-1]

-- Folder of the running test, with "/" at its end; "" is not among them.
M.root = arg[0]:match("^(.*/)tests/") or "./"

---Runs it with these words.  opts: input (standard input), env (text before the command, as
---"AWS_REGION=x"), wrap (a program before it, as "timeout 5").
---@return { out: string, err: string, code: integer }
function M.run(words, opts)
  opts = opts or {}
  local out, err, input = os.tmpname(), os.tmpname(), nil
  local parts = { opts.env or "", opts.wrap or "", quote(M.path) }
  for _, word in ipairs(words) do
    parts[#parts + 1] = quote(word)
  end
  local redirect = "</dev/null"
  if opts.input then
    input = os.tmpname()
    local file = assert(io.open(input, "wb"))
    file:write(opts.input)
    file:close()
    redirect = "<" .. quote(input)
  end
  local command = ("%s %s >%s 2>%s"):format(table.concat(parts, " "), redirect, quote(out), quote(err))
  local _, _, code = os.execute(command)
  if input then os.remove(input) end
  return { out = read_all(out), err = read_all(err), code = code }
end

---A file with this text, to be removed by the caller.
---@return string path
function M.file(text, suffix)
  local path = os.tmpname()
  if suffix then
    os.remove(path)
    path = path .. suffix
  end
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

---Runs a script given as text; what it says about its own file name becomes FILE.
function M.script(text, words, opts)
  local path = M.file(text, ".lua")
  local all = { path }
  table.move(words or {}, 1, #(words or {}), 2, all)
  if opts and opts.before then
    table.move(all, 1, #all, #opts.before + 1)
    table.move(opts.before, 1, #opts.before, 1, all)
  end
  local result = M.run(all, opts)
  os.remove(path)
  local pattern = path:gsub("%W", "%%%0")
  result.out = result.out:gsub(pattern, "FILE")
  result.err = result.err:gsub(pattern, "FILE")
  return result
end

return M
