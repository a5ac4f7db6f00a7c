/* SPDX-License-Identifier: MIT
 *
 * error.c -- error objects: made here, shown here, and nowhere else.
 * The traceback that an object may carry shows the user's own lines only: frames of C
 * functions and of embedded scripts (their chunk names start with "=scripts/") are left
 * out. */
#include "host/error.h"

#include <errno.h>
#include <lauxlib.h>

#include "host/buf.h"
#include "host/context.h"
#include "host/type.h"

#define ERROR_TYPE "moonrock.error"
#define EMBEDDED "=scripts/"

static bool users_own(const lua_Debug *ar) {
  return ar->currentline > 0 && strncmp(ar->source, EMBEDDED, sizeof EMBEDDED - 1) != 0;
}

/* Pushes "file:line" of the innermost frame that is the user's, or nil. */
static void push_where(lua_State *L) {
  lua_Debug ar;
  for (int level = 0; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (users_own(&ar)) {
      lua_pushfstring(L, "%s:%d", ar.short_src, ar.currentline);
      return;
    }
  }
  lua_pushnil(L);
}

void mr_error_traceback(lua_State *L) {
  lua_Debug ar;
  int frames = 0;
  mr_buf *b = mr_context_buffer(L);
  for (int level = 0; lua_getstack(L, level, &ar) && frames < 20; level++) {
    lua_getinfo(L, "Sln", &ar);
    if (!users_own(&ar))
      continue;
    mr_buf_printf(b, "%s  %s:%d: in %s", frames++ ? "\n" : "", ar.short_src, ar.currentline,
                  strcmp(ar.what, "main") == 0 ? "main chunk" : "function ");
    if (strcmp(ar.what, "main") != 0)
      mr_buf_printf(b, "%s", ar.name ? ar.name : "?");
  }
  mr_context_push(L, b);
  lua_remove(L, -2);
}

static void push_object(lua_State *L, const char *code, const char *fmt, va_list args) {
  luaL_checkstack(L, 6, "error object");
  lua_createtable(L, 0, 4);
  lua_pushvfstring(L, fmt, args);
  lua_setfield(L, -2, "message");
  lua_pushstring(L, code);
  lua_setfield(L, -2, "code");
  luaL_setmetatable(L, ERROR_TYPE);
}

void mr_error_push(lua_State *L, const char *code, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  push_object(L, code, fmt, args);
  va_end(args);
}

void mr_error_field(lua_State *L, const char *name, const char *text) {
  lua_pushstring(L, text);
  lua_setfield(L, -2, name);
}

void mr_error_raise(lua_State *L, const char *code, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  push_object(L, code, fmt, args);
  va_end(args);
  push_where(L);
  lua_setfield(L, -2, "where");
  lua_error(L);
  for (;;) { /* lua_error does not return, which its declaration does not say */
  }
}

static const char *errno_name(int e) {
  switch (e) {
  case ENOENT: return "ENOENT";
  case EACCES: return "EACCES";
  case EPERM: return "EPERM";
  case EEXIST: return "EEXIST";
  case EISDIR: return "EISDIR";
  case ENOTDIR: return "ENOTDIR";
  case ENOTEMPTY: return "ENOTEMPTY";
  case ENOSPC: return "ENOSPC";
  case EMFILE: return "EMFILE";
  case ENAMETOOLONG: return "ENAMETOOLONG";
  case EROFS: return "EROFS";
  case EINVAL: return "EINVAL";
  case EIO: return "EIO";
  case ELOOP: return "ELOOP";
  case EFBIG: return "EFBIG";
  case EDQUOT: return "EDQUOT";
  case EXDEV: return "EXDEV";
  case ENOMEM: return "ENOMEM";
  case EBADF: return "EBADF";
  case EBUSY: return "EBUSY";
  case ETXTBSY: return "ETXTBSY";
  case ESPIPE: return "ESPIPE";
  case EPIPE: return "EPIPE";
  case ENXIO: return "ENXIO";
  case ENODEV: return "ENODEV";
  case ENFILE: return "ENFILE";
  case EMLINK: return "EMLINK";
  case EOVERFLOW: return "EOVERFLOW";
  case ENOTSUP: return "ENOTSUP";
  default: return "EIO";
  }
}

int mr_error_system(lua_State *L, int errno_value, const char *what) {
  lua_pushnil(L);
  mr_error_push(L, errno_name(errno_value), "%s: %s", what, strerror(errno_value));
  lua_pushinteger(L, errno_value);
  lua_setfield(L, -2, "errno");
  return 2;
}

void mr_error_memory(lua_State *L) {
  lua_pushliteral(L, "not enough memory");
  lua_error(L);
  for (;;) {
  }
}

bool mr_error_is(lua_State *L, int idx, const char **code) {
  if (lua_type(L, idx) != LUA_TTABLE || !lua_getmetatable(L, idx))
    return false;
  luaL_getmetatable(L, ERROR_TYPE);
  bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  if (same && code) {
    idx = lua_absindex(L, idx);
    lua_pushliteral(L, "code");
    lua_rawget(L, idx);
    *code = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    lua_pop(L, 1); /* the string stays alive in the object */
  }
  return same;
}

/* ---- the Lua face ---- */

/* Appends field `name` as text after `before`; false if it is absent. */
static bool add_field(lua_State *L, mr_buf *b, const char *before, const char *name) {
  lua_getfield(L, 1, name);
  bool present = lua_isstring(L, -1) || lua_isinteger(L, -1);
  if (present)
    mr_buf_printf(b, "%s%s", before, lua_tostring(L, -1));
  lua_pop(L, 1);
  return present;
}

/* Code: message (service.operation, status 400, request 12ab) -- hint */
static int error_tostring(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  mr_buf *b = mr_context_buffer(L);
  add_field(L, b, "", "code");
  add_field(L, b, b->len ? ": " : "", "message");
  size_t before = b->len;
  const char *sep = " (";
  if (add_field(L, b, sep, "service"))
    sep = ", ";
  if (add_field(L, b, b->len > before ? "." : sep, "operation"))
    sep = ", ";
  static const char *const facts[][2] = {
      {"status", "status "}, {"request_id", "request "}, {"attempts", "attempts "}};
  for (size_t i = 0; i < MR_COUNT(facts); i++) {
    mr_buf *fact = b;
    lua_getfield(L, 1, facts[i][0]);
    bool shown = lua_isstring(L, -1) && !(i == 2 && lua_tointeger(L, -1) == 1);
    if (shown)
      mr_buf_printf(fact, "%s%s%s", sep, facts[i][1], lua_tostring(L, -1));
    lua_pop(L, 1);
    if (shown)
      sep = ", ";
  }
  if (b->len > before)
    mr_buf_putc(b, ')');
  add_field(L, b, " -- ", "hint");
  for (size_t i = 0; i < b->len; i++)
    if (b->ptr[i] == '\n' || b->ptr[i] == '\r')
      b->ptr[i] = ' ';
  mr_context_push(L, b);
  return 1;
}

/* new{code=, message=, ...}: the same table, made an error object. */
static int error_new(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_setmetatable(L, ERROR_TYPE);
  if (lua_getfield(L, 1, "where") == LUA_TNIL) {
    push_where(L);
    lua_setfield(L, 1, "where");
  }
  lua_settop(L, 1);
  return 1;
}

static int error_raise(lua_State *L) {
  error_new(L);
  return lua_error(L);
}

static int error_test(lua_State *L) {
  const char *code = NULL, *wanted = luaL_optstring(L, 2, NULL);
  bool yes = mr_error_is(L, 1, &code) && (!wanted || strcmp(code, wanted) == 0);
  lua_pushboolean(L, yes);
  return 1;
}

/* capture(err): for xpcall.  An error object gains a traceback; any other value becomes
 * {code="ScriptError", message=, value=} with one. */
static int error_capture(lua_State *L) {
  lua_settop(L, 1);
  if (!mr_error_is(L, 1, NULL)) {
    luaL_tolstring(L, 1, NULL);
    mr_error_push(L, "ScriptError", "%s", lua_tostring(L, -1));
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "value");
    lua_replace(L, 1);
  }
  lua_settop(L, 1);
  lua_pushliteral(L, "traceback");
  if (lua_rawget(L, 1) == LUA_TNIL) {
    mr_error_traceback(L);
    lua_setfield(L, 1, "traceback");
  }
  lua_settop(L, 1);
  return 1;
}

int luaopen_moonrock_error(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"new", error_new},
      {"raise", error_raise},
      {"is", error_test},
      {"capture", error_capture},
      {NULL, NULL}};
  if (mr_type_new(L, ERROR_TYPE)) {
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, 0); /* shared by all: no script may change it */
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, ERROR_TYPE);
    lua_setfield(L, -2, "__name");
    mr_type_done(L, ERROR_TYPE);
  }
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
