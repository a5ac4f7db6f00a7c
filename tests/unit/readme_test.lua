-- SPDX-License-Identifier: MIT
-- Every command and every script of README.md works: ```sh blocks are run line by line, in
-- the root of the project; ```bash blocks too, against a `moonrock serve` that is started for them;
-- ```lua blocks are rehearsed.  What they put into /tmp goes into a folder of this test.
-- The commands that build or test are not run again from within the tests, but the files they
-- name must be there; so must those of ```text blocks in examples/.

local build = os.getenv "MR_BUILD_DIR" or "build"
local sanitized = os.getenv "MR_SANITIZED" == "1"
local failed = 0

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function check(ok, what)
  print((ok and "ok      " or "FAILED  ") .. what)
  if not ok then failed = failed + 1 end
end

-- Output appears only if the command fails.
local function run(command)
  local log = os.tmpname()
  local ok = os.execute("(" .. command .. ") >" .. log .. " 2>&1 </dev/null")
  if not ok then print(read(log)) end
  os.remove(log)
  return ok
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local folder = os.tmpname()
os.remove(folder)
assert(os.execute("mkdir " .. folder))

-- A line, or a script, as it is run here.
local files = 0
local function here(text)
  return (text:gsub("/tmp/", folder .. "/"):gsub("%f[%w]build/", build .. "/"):gsub("os%.tmpname%(%)", function()
    files = files + 1
    return ("%q"):format(folder .. "/file-" .. files)
  end))
end

local function try_command(line)
  local script = line:match "^sh (%S+)"
  if script and not exists(script) then
    check(false, line .. ": no such file")
  elseif script == "tests/run.sh" or (script and sanitized) then
    local known = true
    for option in line:gmatch "%-%-%w+" do
      known = known and read(script):find(option, 1, true) ~= nil
    end
    check(known, line .. "  (its options)")
  else
    check(run(here(line)), line)
  end
end

-- The lines that `moonrock serve` prints for the environment, and its process; nil if it fails.
local function serve()
  local log = os.tmpname()
  local pid = io.popen(build .. "/moonrock serve >" .. log .. " 2>/dev/null & echo $!"):read "n"
  local exports
  for _ = 1, 100 do
    exports = read(log):match "(export .*AWS_REGION=[^\n]*)\n"
    if exports then break end
    os.execute "sleep 0.1"
  end
  os.remove(log)
  return exports, pid
end

local readme = read "README.md"
local commands, scripts = 0, 0
for kind, block in readme:gmatch "\n```(%w+)\n(.-)\n```" do
  if kind == "sh" then
    for line in block:gmatch "[^\n]+" do
      line = line:gsub("%s+#.*$", "")
      if line:find "%S" and not line:find "^git clone" and not line:find "^cd " then
        commands = commands + 1
        try_command(line)
      end
    end
  elseif kind == "bash" and not sanitized then
    local exports, pid = serve()
    check(exports ~= nil, "moonrock serve says what an SDK has to be told")
    for line in (exports and block or ""):gmatch "[^\n]+" do
      commands = commands + 1
      check(run(exports .. "\n" .. here(line)), line)
    end
    os.execute("kill " .. pid)
  elseif kind == "text" then
    for file in block:gmatch "examples/[%w_.]+" do check(exists(file), "names " .. file) end
  elseif kind == "lua" then
    scripts = scripts + 1
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write(here(block))
    file:close()
    check(run(build .. "/moonrock rehearse " .. path), "the script no. " .. scripts)
    os.remove(path)
    local _, n = block:gsub("\n", "\n")
    check(n + 1 <= 25, "the script no. " .. scripts .. " is short (" .. n + 1 .. " lines)")
  end
end
for link in readme:gmatch "%]%(([^)#]+)%)" do
  if not link:find "^https?:" then check(run("test -e '" .. link .. "'"), "link " .. link) end
end
check(commands >= 3 and scripts >= 1, "README.md has commands and a script")
os.execute("rm -r " .. folder)
os.exit(failed == 0)
