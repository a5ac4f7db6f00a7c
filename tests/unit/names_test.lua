-- SPDX-License-Identifier: MIT
-- Every test in Lua runs: none has the name of another in its file, nor a table that is made anew
-- behind it.  (Of those in C the compiler says it.)

local failed, files = 0, 0

local function check(ok, what)
  if ok then return end
  print("FAILED  " .. what)
  failed = failed + 1
end

for path in io.popen("ls tests/unit/*_test.lua tests/script/*_test.lua"):lines() do
  local seen = {}
  for line in io.lines(path) do
    local name = line:match "^(Test%w+) = " or line:gsub(":", "."):match "^function (Test%w+%.test[%w_]*)"
    if name then
      check(not seen[name], ("%s: %s is there twice, and the first is never run"):format(path, name))
      seen[name] = true
    end
  end
  files = files + (next(seen) and 1 or 0)
end
check(files > 80, files .. " files with tests")
os.exit(failed == 0)
