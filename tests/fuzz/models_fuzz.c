/* SPDX-License-Identifier: MIT
 *
 * models_fuzz.c -- any text as a model: the reader of the models, which is Lua, gives services or
 * names a fault with its line; it never fails in itself and never runs away.  Run from the root. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INSTRUCTIONS = 20000000, MEMORY = 256 << 20 };

/* What the reader uses of the world: the text, and a way to say what is wrong with it. */
static const char world[] =
    "local said\n"
    "io = { lines = function() return (TEXT .. '\\n'):gmatch '([^\\n]*)\\n' end,\n"
    "  stderr = { write = function(_, place, colon, text)\n"
    "    assert(place:find '^model:%d+$' and colon == ': ' and #text > 0, 'a fault without its place')\n"
    "    said = true\n"
    "  end } }\n"
    "os = { exit = function() assert(said) error(FAULT, 0) end }\n"
    "function check(read)\n"
    "  said = false\n"
    "  for _, service in ipairs(read().read { 'model' }) do\n"
    "    assert(type(service.name) == 'string' and service.shapes and service.operations)\n"
    "  end\n"
    "end\n";

typedef struct fence {
  size_t used;
} fence;

static void *allocate(void *ud, void *ptr, size_t old, size_t n) {
  fence *f = ud;
  size_t before = ptr ? old : 0;
  if (n == 0) {
    free(ptr);
    f->used -= before;
    return NULL;
  }
  if (f->used - before + n > MEMORY)
    return NULL;
  void *to = realloc(ptr, n);
  if (to)
    f->used += n - before;
  return to;
}

static void out_of_time(lua_State *L, lua_Debug *ar) {
  (void)ar;
  luaL_error(L, "the reader runs away");
}

static lua_State *open_reader(fence *f) {
  lua_State *L = lua_newstate(allocate, f);
  if (!L)
    abort();
  luaL_openlibs(L);
  lua_newtable(L);
  lua_setglobal(L, "FAULT");
  if (luaL_dostring(L, world) != LUA_OK || luaL_loadfile(L, "bindings/models/read.lua") != LUA_OK) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    exit(1);
  }
  return L; /* stack: the reader's chunk, which makes a new reader with each call */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static fence f;
  static lua_State *L;
  if (!L)
    L = open_reader(&f);
  lua_pushlstring(L, (const char *)data, size);
  lua_setglobal(L, "TEXT");
  lua_sethook(L, out_of_time, LUA_MASKCOUNT, INSTRUCTIONS);
  lua_getglobal(L, "check");
  lua_pushvalue(L, 1);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    lua_getglobal(L, "FAULT");
    if (!lua_rawequal(L, -1, -2)) {
      fprintf(stderr, "the reader failed: %s\n", luaL_tolstring(L, -2, NULL));
      abort();
    }
  }
  lua_settop(L, 1);
  /* Garbage left behind looks like a leak, and to look for it costs more than the run. */
  lua_pushnil(L);
  lua_setglobal(L, "TEXT");
  lua_gc(L, LUA_GCCOLLECT);
  return 0;
}
