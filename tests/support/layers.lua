-- SPDX-License-Identifier: MIT
-- Reads the tree and tells where it breaks the rules of its layout: check(root [, build])
-- gives a sorted list of "file:line: what is wrong".  The tables below are the rules; what
-- they do not name falls under the default of its folder.

local M = {}

-- ---- the levels ----------------------------------------------------------------------

local HOST = { -- everything else in host/ is H2
  moonrock_h = "C0",
  base = "H0", alloc = "H0", buf = "H0", head = "H0", http1 = "H0", clock = "H0", log = "H0",
  date = "H0", number = "H0", number_power = "H0", number_read = "H0",
  loop = "H1", pool = "H1", sys = "H1", output = "H1", process = "H1", preempt = "H1",
  http = "H1", dynamic = "H1", curl_api = "H1", curl_loop = "H1", edit = "H1", edit_lines = "H1",
  moonrock = "H3", main = "H3", repl = "H3",
}
local BINDINGS = { -- everything else in bindings/ is B1; x_y.c belongs to x
  text = "B0", digest = "B0", crc = "B0", uri = "B0", json = "B0", xml = "B0", ini = "B0",
  codec = "B0", cpu = "B0", pattern = "B0", value = "B0", modules = "B3",
}
local MAY_USE = {
  C0 = {}, H0 = { "H0" }, H1 = { "H0", "H1" }, H2 = { "H0", "H1", "H2" },
  H3 = { "H0", "H1", "H2", "H3" }, B0 = { "H0", "B0" }, B1 = { "H0", "B0", "B1" },
  B2 = { "H0", "H1", "H2", "B0", "B1", "B2" },
  B3 = { "H0", "H1", "H2", "B0", "B1", "B2", "B3" },
}
local TOP = {} -- what may lie in the root
for name in ([[host bindings scripts examples tests CMakeLists.txt README.md LICENSE .ci .git
    .clang-format .editorconfig .luacheckrc .luarc.json .gitignore]]):gmatch "%S+" do
  TOP[name] = true
end

local function set(text)
  local result = {}
  for word in text:gmatch "%S+" do result[word] = true end
  return result
end

local LUA_HEADERS = set "lua.h lauxlib.h lualib.h"
local OS_HEADERS = set [[sys/socket.h netinet/in.h netinet/tcp.h arpa/inet.h netdb.h poll.h
  sys/epoll.h sys/eventfd.h sys/select.h unistd.h fcntl.h sys/stat.h sys/types.h dirent.h ftw.h
  sys/ioctl.h sys/mman.h sys/random.h sys/wait.h spawn.h signal.h pthread.h time.h sys/time.h
  termios.h sys/resource.h sys/uio.h sys/un.h sys/timerfd.h sys/inotify.h]]
local OS_CALLS = set [[fopen freopen fdopen tmpfile popen system fork execve execvp posix_spawn
  clock_gettime gettimeofday nanosleep usleep getenv secure_getenv setenv putenv sigaction
  pthread_create pthread_mutex_lock isatty ioctl fstat lstat unlink opendir socket accept4
  epoll_ctl epoll_wait getrandom timer_create timer_settime localtime gmtime strftime mktime]]
local PRINT_CALLS = set [[printf fprintf vprintf vfprintf puts fputs putchar fputc perror exit
  _exit quick_exit abort]]
local PARSERS = set "json xml uri canon ini eventstream codec record jsonl unmarshal"
local TESTED_BY = { -- a plain C file whose test has another name
  crc = "digest", canon = "sigv4_vectors", sigv4 = "sigv4_vectors",
  marshal = "protocol", unmarshal = "protocol",
}
local TOOLS = "^host/embed%.lua$" -- programs of the build that stand in the source folders

local function level_of(path)
  local folder, name, ext = path:match "^(%w+)/([%w_]+)%.([ch])$"
  if folder == "host" then
    return HOST[name .. "_" .. ext] or HOST[name] or HOST[name:match "^[^_]+"] or "H2"
  elseif folder == "bindings" then
    if name:find "_lua$" then return "B2" end
    return BINDINGS[name] or BINDINGS[name:match "^[^_]+"] or "B1"
  end
end

local function may_use(level, other)
  if other == "C0" then return true end
  for _, allowed in ipairs(MAY_USE[level] or {}) do
    if allowed == other then return true end
  end
  return false
end

-- ---- reading the tree ----------------------------------------------------------------

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

local function run(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local SOURCE = set "c h lua sh py js css model cmake txt"

local function source_files(root)
  local command = "cd " .. quote(root) .. " && find host bindings scripts examples tests "
    .. "CMakeLists.txt .ci -type f 2>/dev/null | LC_ALL=C sort"
  local files = {}
  for _, path in ipairs(run(command)) do
    local is_data = path:find "/data/" and not path:find "%.lua$"
    if not is_data and (SOURCE[path:match "%.(%w+)$" or ""] or path == ".ci/run") then
      files[#files + 1] = { path = path, text = read(root .. "/" .. path) or "" }
    end
  end
  return files
end

-- C text with comments and the content of strings blanked, lines kept.
local function code_of(text)
  local out, at = {}, 1
  local function blank(s) return (s:gsub("[^\n]", " ")) end
  while at <= #text do
    local from = text:find("[/\"']", at)
    if not from then break end
    out[#out + 1] = text:sub(at, from - 1)
    local two = text:sub(from, from + 1)
    local last
    if two == "/*" then
      last = select(2, text:find("*/", from + 2, true)) or #text
      out[#out + 1] = blank(text:sub(from, last))
    elseif two == "//" then
      last = (text:find("\n", from, true) or #text + 1) - 1
      out[#out + 1] = blank(text:sub(from, last))
    elseif two:sub(1, 1) == "/" then
      last = from
      out[#out + 1] = "/"
    else
      local mark = two:sub(1, 1)
      last = from + 1
      while last <= #text and text:sub(last, last) ~= mark do
        last = last + (text:sub(last, last) == "\\" and 2 or 1)
      end
      out[#out + 1] = mark .. blank(text:sub(from + 1, last - 1)) .. mark
    end
    at = last + 1
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

-- ---- the checks ----------------------------------------------------------------------

local function lines_of(text)
  local n = 0
  return function(state)
    local at = state.at
    if at > #text then return nil end
    local stop = text:find("\n", at, true) or #text + 1
    state.at = stop + 1
    n = n + 1
    return n, text:sub(at, stop - 1)
  end, { at = 1 }
end

-- Files that include each other are one thing: x.c, x.h and its parts x_y.c.  The exception
-- is H2, the machine around one mr_state, where only headers are held to have no cycle.
local function module_of(path)
  return path:find "^host/" and path:match "^(.*)%.[ch]$" or path:match "^%w+/[^_.]+"
end

local function check_includes(file, level, report, uses)
  local name = file.path:match "([%w_]+)%.[ch]$"
  for n, line in lines_of(file.text) do
    local own = line:match '^%s*#%s*include%s+"([^"]+)"'
    local system = line:match "^%s*#%s*include%s+<([^>]+)>"
    if own then
      local target = own:find "/" and own or file.path:match "^(.*/)" .. own
      local other = level_of(target)
      if not other then
        report(file, n, "includes %s, which is no header of host or bindings", own)
      elseif not may_use(level, other) then
        report(file, n, "level %s includes %s of level %s", level, own, other)
      elseif other == level and (level ~= "H2" or file.path:find "%.h$") then
        uses[#uses + 1] = { file = file, line = n, from = module_of(file.path), to = module_of(target) }
      end
      if file.path == "host/main.c" and other ~= "C0" then
        report(file, n, "main.c may include moonrock.h alone of ours")
      end
    elseif system then
      if LUA_HEADERS[system] and not (level == "H2" or level == "B2" or level == "B3"
          or file.path == "host/moonrock.c") then
        report(file, n, "<%s> belongs to H2, moonrock.c, B2 and B3", system)
      end
      if OS_HEADERS[system] and not (level == "H1" or name == "clock"
          or name == "main" or name == "repl") then
        report(file, n, "<%s> belongs to H1 and clock.c", system)
      end
    end
  end
end

local function is_mutable(declaration)
  if declaration:find "^%s*typedef" or declaration:find "^%s*extern" then return false end
  local before = declaration:match "^(.-)[=;{]" or declaration
  if before:find "%(" then return false end
  if not before:find "[%w_]+%s+[%*%s]*[%w_]+[%[%]%w_%s]*$" then return false end
  if before:find "^%s*struct%s+[%w_]+%s*$" or before:find "^%s*union%s+[%w_]+%s*$"
      or before:find "^%s*enum" then return false end
  local after_star = before:match ".*%*(.*)$"
  return not (after_star or before):find "%f[%w_]const%f[^%w_]"
end

local function check_code(file, level, report)
  local name = file.path:match "([%w_]+)%.[ch]$"
  local code, depth = code_of(file.text), 0
  for n, line in lines_of(code) do
    local is_directive = line:find "^%s*#"
    local statement = line:find "^%s*static%s" or (depth == 0 and line:find "^[%w_]")
    if name ~= "main" and not is_directive and statement and line:find "[=;]" and is_mutable(line) then
      report(file, n, "a mutable file-level variable: %s", line:match "^%s*(.-)%s*$")
    end
    for before, call in line:gmatch "([^%w_]?)%f[%w_]([%w_]+)%s*%(" do
      local is_member = before == "." or before == ">"
      if not is_member and OS_CALLS[call] and level ~= "H1" and name ~= "clock" and name ~= "main" then
        report(file, n, "%s() belongs to H1 and clock.c", call)
      elseif not is_member and PRINT_CALLS[call] and name ~= "main" and name ~= "repl" then
        report(file, n, "%s(): only main.c and repl.c print or exit", call)
      end
    end
    if not is_directive then
      for brace in line:gmatch "[{}]" do depth = depth + (brace == "{" and 1 or -1) end
    end
  end
end

-- No module may be reached from itself by `uses`.
local function check_cycles(uses, report)
  local edges = {}
  for _, use in ipairs(uses) do
    if use.from ~= use.to then
      edges[use.from] = edges[use.from] or {}
      table.insert(edges[use.from], use)
    end
  end
  local state = {} -- nil not seen, 1 on the way, 2 done
  local function visit(node, way)
    state[node] = 1
    way[#way + 1] = node
    for _, use in ipairs(edges[node] or {}) do
      if state[use.to] == 1 then
        report(use.file, use.line, "closes a cycle: %s -> %s", table.concat(way, " -> "), use.to)
      elseif not state[use.to] then
        visit(use.to, way)
      end
    end
    way[#way] = nil
    state[node] = 2
  end
  local nodes = {}
  for node in pairs(edges) do nodes[#nodes + 1] = node end
  table.sort(nodes)
  for _, node in ipairs(nodes) do
    if not state[node] then visit(node, {}) end
  end
end

-- Modules that C gives: the names in bindings/modules.c, and those the host adds itself.
local function known_modules(files)
  local known = set "cjson cjson.safe luaunit string table math utf8 os io coroutine debug package"
  for _, file in ipairs(files) do
    if file.path == "bindings/modules.c" or file.path:find "^host/" then
      for name in file.text:gmatch '"(moonrock%.[%w_.]+)"' do known[name] = true end
    end
    local script = file.path:match "^scripts/(.*)%.lua$"
    if script then known[script:gsub("/init$", ""):gsub("/", ".")] = file.path end
  end
  return known
end

local function check_requires(file, known, report, uses)
  local is_test = file.path:find "^tests/"
  for n, line in lines_of(file.text) do
    local code = line:gsub("%-%-.*$", "")
    code = code:gsub("%f[%w_]lazy%s+([\"'])", "require %1") -- a module that is loaded later
    for name in code:gmatch "%f[%w_]require%s*%(?%s*[\"']([^\"']+)[\"']" do
      local target = known[name]
      if file.path:find(TOOLS) or file.path:find "^bindings/" then
        report(file, n, "a tool of the build requires %s", name)
      elseif not target and not is_test then
        report(file, n, "requires %s, which is neither a script nor a C module", name)
      elseif type(target) == "string" and file.path:find "^scripts/" then
        uses[#uses + 1] = { file = file, line = n, from = file.path, to = target }
      end
    end
  end
end

local function check_form(file, report)
  local _, n = file.text:gsub("\n", "\n")
  local cap = file.path:find "%.h$" and 150 or 450
  if not file.path:find "^tests/" and not file.path:find "%.model$"
    and not file.path:find "^bindings/stubs/clients/" and n > cap then
    report(file, n, "%d lines; at most %d", n, cap)
  end
  local first, second = file.text:match "^([^\n]*)\n?([^\n]*)"
  if not (first:find("SPDX-License-Identifier: MIT", 1, true)
      or first:find "^#!" and second:find("SPDX-License-Identifier: MIT", 1, true)) then
    report(file, 1, "does not start with its SPDX line")
  end
  for at, line in lines_of(file.text) do
    for _, word in ipairs { "TO" .. "DO", "FIX" .. "ME", "X" .. "XX" } do
      if line:find("%f[%w_]" .. word .. "%f[^%w_]") then
        report(file, at, "%s: open an issue instead", word)
      end
    end
  end
end

local function check_tests(file, level, have, report)
  local name = file.path:match "([%w_]+)%.c$"
  if not name then return end
  if level == "B0" or level == "B1" or level == "H1" then
    local found
    local stem = name
    while not found and stem do
      found = have["tests/unit/" .. (TESTED_BY[stem] or stem) .. "_test.c"]
      stem = stem:match "^(.*)_[^_]*$"
    end
    if not found then report(file, 1, "has no test tests/unit/%s_test.c", name) end
  end
  if PARSERS[name] and not have["tests/fuzz/" .. name .. "_fuzz.c"] then
    report(file, 1, "is a parser and has no tests/fuzz/%s_fuzz.c", name)
  end
end

-- The objects of a build: no symbol in a section that can be written to.
local function check_objects(build, have, report)
  for _, object in ipairs(run("find " .. quote(build .. "/CMakeFiles/libmoonrock.dir")
    .. " -name '*.c.o' 2>/dev/null | LC_ALL=C sort")) do
    local path = object:match "libmoonrock%.dir/(.*)%.o$"
    local file = path and have[path]
    if file then
      for _, line in ipairs(run("objdump -t " .. quote(object) .. " 2>/dev/null")) do
        local section, symbol = line:match "O (%S+)%s+%x+%s+(%S+)$"
        if section and (section:find "^%.bss" or section:find "^%.data" or section:find "^%.t[bd]"
            or section == "*COM*") and not section:find "^%.data%.rel%.ro" then
          report(file, 1, "%s lies in %s: a mutable variable", symbol, section)
        end
      end
    end
  end
end

function M.check(root, build)
  local found = {}
  local function report(file, line, form, ...)
    found[#found + 1] = ("%s:%d: "):format(file.path, line) .. form:format(...)
  end
  local files, have = source_files(root), {}
  for _, file in ipairs(files) do have[file.path] = file end
  local known, uses, requires = known_modules(files), {}, {}
  for _, file in ipairs(files) do
    check_form(file, report)
    local level = level_of(file.path)
    if level then
      check_includes(file, level, report, uses)
      check_code(file, level, report)
      check_tests(file, level, have, report)
    elseif file.path:find "%.lua$" then
      check_requires(file, known, report, requires)
    elseif file.path:find "^examples/.*%.c$" then
      for n, line in lines_of(file.text) do
        if line:find '#%s*include%s+"' and not line:find '"moonrock%.h"' then
          report(file, n, "an example includes moonrock.h alone of ours")
        end
      end
    end
  end
  check_cycles(uses, report)
  check_cycles(requires, report)
  for _, name in ipairs(run("ls -A " .. quote(root))) do
    if not TOP[name] and name ~= "build" and not name:find "^build%-" then
      report({ path = name }, 1, "no such entry is foreseen in the root")
    end
  end
  if build then check_objects(build, have, report) end
  table.sort(found)
  return found, #files
end

return M
