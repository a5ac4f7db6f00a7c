-- SPDX-License-Identifier: MIT
-- The tree keeps its layers; and the check that says so can fail: each rule is shown a
-- small tree that breaks it.

package.path = "tests/support/?.lua;" .. package.path
local lu = require "luaunit"
local layers = require "layers"

TestLayers = {}

-- Makes a tree of files {path = text} in a temporary folder, checks it, removes it; with
-- `compile` its C files are compiled first, as a build would.
local function check(tree, compile)
  local root = os.tmpname()
  os.remove(root)
  for path, text in pairs(tree) do
    local folder = (root .. "/" .. path):match "^(.*)/"
    assert(os.execute("mkdir -p '" .. folder .. "'"))
    local file = assert(io.open(root .. "/" .. path, "wb"))
    if not path:find "^raw" then
      text = (path:find "%.[ch]$" and "/* SPDX-License-Identifier: MIT */\n"
        or "-- SPDX-License-Identifier: MIT\n") .. text
    end
    file:write(text)
    file:close()
  end
  for path in pairs(compile and tree or {}) do
    local object = root .. "/build/CMakeFiles/libmoonrock.dir/" .. path .. ".o"
    assert(os.execute(("mkdir -p '%s' && cc -fPIC -fno-common -c '%s/%s' -o '%s'"):format(
      object:match "^(.*)/", root, path, object)))
  end
  local found = layers.check(root, root .. "/build")
  os.execute("rm -r '" .. root .. "'")
  return found
end

local function expect(tree, ...)
  local found = check(tree)
  for i, pattern in ipairs { ... } do
    lu.assertStrContains(found[i] or "nothing", pattern)
  end
  lu.assertEquals(#found, select("#", ...), table.concat(found, "\n"))
end

function TestLayers:test_the_tree_keeps_its_rules()
  -- Sanitizers add variables of their own to the objects.
  local build = os.getenv "MR_SANITIZED" ~= "1" and (os.getenv "MR_BUILD_DIR" or "build") or nil
  local found, files = layers.check(".", build)
  lu.assertTrue(files > 50)
  lu.assertEquals(table.concat(found, "\n"), "")
end

function TestLayers:test_a_good_tree_passes()
  expect {
    ["host/buf.h"] = '#include "host/moonrock.h"\n',
    ["host/log.c"] = '#include "host/buf.h"\nstatic const char *const names[] = {"printf(", 0};\n'
      .. "/* printf(1); */\nint mr_log(int a);\nint mr_log(int a) {\n  int b = a;\n  return b;\n}\n",
    ["scripts/moonrock/a.lua"] = 'local b = require "moonrock.b"\nreturn b\n',
    ["scripts/moonrock/b.lua"] = "return {}\n",
  }
end

function TestLayers:test_levels_look_down()
  expect({ ["host/buf.c"] = '#include "host/loop.h"\n' }, "host/buf.c:2: level H0 includes host/loop.h")
  expect({ ["host/error.c"] = '\n#include "bindings/json.h"\n' }, "host/error.c:3: level H2")
  expect({ ["bindings/uri.c"] = '#include "host/loop.h"\n', ["tests/unit/uri_test.c"] = "",
    ["tests/fuzz/uri_fuzz.c"] = "" }, "level B0 includes host/loop.h of level H1")
  expect({ ["host/main.c"] = '#include "host/buf.h"\n' }, "main.c may include moonrock.h alone")
  expect({ ["examples/e.c"] = '#include "host/buf.h"\n' }, "an example includes moonrock.h alone")
  expect({ ["host/buf.c"] = '#include "other/x.h"\n' }, "no header of host or bindings")
end

function TestLayers:test_no_cycles()
  expect({ ["host/task.h"] = '#include "host/coro.h"\n', ["host/coro.h"] = '#include "host/task.h"\n' },
    "cycle: host/coro -> host/task -> host/coro")
  expect({ ["bindings/record.c"] = '#include "bindings/secret.h"\n', ["tests/unit/record_test.c"] = "",
    ["bindings/secret.h"] = '#include "bindings/record.h"\n', ["tests/fuzz/record_fuzz.c"] = "" },
    "cycle: bindings/record -> bindings/secret -> bindings/record")
  expect { ["host/task.c"] = '#include "host/coro.h"\n', ["host/coro.c"] = '#include "host/task.h"\n' }
  expect({ ["scripts/moonrock/a.lua"] = 'require "moonrock.b"\n',
    ["scripts/moonrock/b.lua"] = 'local a = require("moonrock.a")\n' }, "closes a cycle")
end

function TestLayers:test_headers_and_calls_have_their_places()
  expect({ ["host/buf.c"] = "#include <lua.h>\n" }, "<lua.h> belongs to H2")
  expect({ ["bindings/thing.c"] = "#include <unistd.h>\n", ["tests/unit/thing_test.c"] = "" },
    "<unistd.h> belongs to H1")
  expect({ ["host/task.c"] = "int f(void) {\n  return getenv(0) != 0;\n}\n" },
    "host/task.c:3: getenv()")
  expect({ ["host/log.c"] = 'void f(void) {\n  printf("x");\n}\n' }, "host/log.c:3: printf(): only main.c")
  expect { ["host/main.c"] = 'int main(void) {\n  printf("x");\n  exit(1);\n}\n' }
end

function TestLayers:test_no_mutable_file_level_variable()
  expect({ ["host/a.c"] = "static int count;\n" }, "host/a.c:2: a mutable")
  expect({ ["host/a.c"] = "int count = 1;\n" }, "host/a.c:2: a mutable")
  expect({ ["host/a.c"] = "static const char *name = 0;\n" }, "host/a.c:2: a mutable")
  expect({ ["host/a.c"] = "void f(void) {\n  static int calls;\n}\n" }, "host/a.c:3: a mutable")
  expect { ["host/a.c"] = "static const int count = 1;\nstruct a;\ntypedef struct b b;\nstatic int f(void);\n"
    .. "void g(void) {\n  static const char *const t[] = {0};\n  int local = 1;\n}\nextern int x;\n" }
end

function TestLayers:test_no_writable_symbol_in_the_objects()
  local found = check({ ["host/a.c"] = "const char *const fine[] = {\"a\"};\n#define HIDE(x) x\n"
    .. "HIDE(static) int count = 3;\nHIDE(static) const char *text = \"b\";\n"
    .. "HIDE(static) int zero;\nint *get(void);\nint *get(void) {\n  (void)text;\n  zero++;\n  return &count;\n}\n" },
    true)
  lu.assertEquals(#found, 3, table.concat(found, "\n"))
  lu.assertStrContains(found[1], "host/a.c:1: count lies in .data")
  lu.assertStrContains(found[2], "text lies in .data")
  lu.assertStrContains(found[3], "zero lies in .bss")
end

function TestLayers:test_form()
  expect({ ["host/a.c"] = ("int x(void);\n"):rep(450) }, "451 lines; at most 450")
  expect({ ["host/a.h"] = ("int x(void);\n"):rep(150) }, "151 lines; at most 150")
  expect({ ["scripts/moonrock/a.lua"] = "-- TO" .. "DO later\n" }, "open an issue")
  expect({ ["raw.txt"] = "" }, "no such entry is foreseen")
  expect({ ["scripts/a.lua"] = "local x = require 'moonrock.nothing'\n" }, "neither a script nor a C module")
end

function TestLayers:test_tests_and_fuzz_targets_exist()
  expect({ ["bindings/json.c"] = "", ["tests/unit/json_test.c"] = "" }, "no tests/fuzz/json_fuzz.c")
  expect({ ["bindings/secret.c"] = "" }, "has no test tests/unit/secret_test.c")
  expect { ["bindings/text_time.c"] = "", ["tests/unit/text_test.c"] = "" }
end

os.exit(lu.LuaUnit.run())
