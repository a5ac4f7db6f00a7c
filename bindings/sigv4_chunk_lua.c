/* SPDX-License-Identifier: MIT
 *
 * sigv4_chunk_lua.c -- moonrock.sigv4: chunks (encoder), unchunk (decoder), encoded_length.
 * A verifier may be used again: unchunk puts it back to where the body begins. */
#include "bindings/sigv4_lua.h"

#include <lauxlib.h>

#include "bindings/secret_lua.h"
#include "bindings/sigv4_chunk.h"
#include "host/context.h"
#include "host/error.h"
#include "host/type.h"

#define SIGNER_TYPE "moonrock.sigv4.chunks"
#define UNCHUNK_TYPE "moonrock.sigv4.unchunk"

enum { MIN_CHUNK = 8192 }; /* S3's least size of a signed chunk that is not the last */

static int signer_close(lua_State *L) {
  mr_chunk_signer_clear(luaL_checkudata(L, 1, SIGNER_TYPE));
  return 0;
}

static int unchunk_close(lua_State *L) {
  mr_unchunk_clear(luaL_checkudata(L, 1, UNCHUNK_TYPE));
  return 0;
}

mr_chunk_signer *mr_sigv4_lua_signer(lua_State *L) {
  mr_chunk_signer *s = lua_newuserdatauv(L, sizeof *s, 0);
  mr_chunk_signer_init(s, mr_context_alloc(L));
  luaL_setmetatable(L, SIGNER_TYPE);
  return s;
}

/* Reads a list of {name, value} at arg into a buffer that is pushed, with a table that keeps
 * the strings. */
static const mr_pair *read_trailers(lua_State *L, int arg, size_t *count) {
  *count = 0;
  if (lua_isnoneornil(L, arg))
    return NULL;
  luaL_checktype(L, arg, LUA_TTABLE);
  luaL_checkstack(L, 8, "trailers");
  mr_buf *pairs = mr_context_buffer(L);
  lua_newtable(L); /* stack: pairs, kept */
  lua_Integer n = (lua_Integer)lua_rawlen(L, arg);
  for (lua_Integer i = 1; i <= n; i++) {
    mr_pair p = {{NULL, 0}, {NULL, 0}};
    bool good = lua_rawgeti(L, arg, i) == LUA_TTABLE; /* stack: pairs, kept, pair */
    if (good) {
      good = lua_rawgeti(L, -1, 1) == LUA_TSTRING;
      p.name.ptr = good ? lua_tolstring(L, -1, &p.name.len) : NULL;
      lua_rawseti(L, -3, 2 * i - 1);
    }
    if (good) {
      good = lua_rawgeti(L, -1, 2) == LUA_TSTRING;
      p.value.ptr = good ? lua_tolstring(L, -1, &p.value.len) : NULL;
      lua_rawseti(L, -3, 2 * i);
    }
    if (!good)
      luaL_argerror(L, arg, "trailers must be a list of {name, value}, two strings each");
    lua_pop(L, 1);
    mr_buf_put(pairs, &p, sizeof p);
  }
  if (pairs->status < 0)
    mr_error_memory(L);
  *count = (size_t)n;
  return (const mr_pair *)(const void *)pairs->ptr;
}

static mr_chunk_mode read_mode(lua_State *L, int arg, mr_chunk_mode otherwise) {
  mr_slice name;
  mr_chunk_mode mode = otherwise;
  if (mr_sigv4_lua_text(L, arg, "mode", false, &name) && !mr_chunk_mode_from_name(name, &mode))
    luaL_argerror(L, arg, "field 'mode' must be a STREAMING- value of x-amz-content-sha256");
  lua_pop(L, 1);
  return mode;
}

/* ---- encoding ---- */

/* chunks(seed_signature, options) -> encoder.  options as for sign, with mode; the unsigned
 * mode needs neither a seed nor credentials. */
int mr_sigv4_lua_chunks(lua_State *L) {
  mr_sigv4_options o;
  lua_settop(L, 2);
  luaL_checktype(L, 2, LUA_TTABLE);
  mr_chunk_mode mode = read_mode(L, 2, MR_CHUNK_SIGNED);
  mr_slice seed = {NULL, 0};
  memset(&o, 0, sizeof o);
  if (mode != MR_CHUNK_UNSIGNED_TRAILER) {
    luaL_checktype(L, 1, LUA_TSTRING);
    seed.ptr = lua_tolstring(L, 1, &seed.len);
    mr_sigv4_lua_options(L, 2, &o);
  }
  mr_chunk_signer *s = mr_sigv4_lua_signer(L);
  mr_sigv4_lua_check(L, mr_chunk_signer_start(s, mode, &o, mr_sigv4_lua_keys(L), seed), 1,
                     "the seed is a request's signature: 64 hex digits");
  return 1;
}

static int chunks_chunk(lua_State *L) {
  mr_chunk_signer *s = luaL_checkudata(L, 1, SIGNER_TYPE);
  mr_slice data;
  data.ptr = luaL_checklstring(L, 2, &data.len);
  mr_buf *out = mr_context_buffer(L);
  mr_sigv4_lua_check(L, mr_chunk_put(s, out, data), 2,
                     "an empty chunk would end the body; use last()");
  mr_context_push(L, out);
  return 1;
}

static int chunks_last(lua_State *L) {
  mr_chunk_signer *s = luaL_checkudata(L, 1, SIGNER_TYPE);
  size_t count;
  lua_settop(L, 2);
  const mr_pair *trailers = read_trailers(L, 2, &count);
  mr_buf *out = mr_context_buffer(L);
  mr_sigv4_lua_check(L, mr_chunk_end(s, out, trailers, count), 2,
                     s->mode == MR_CHUNK_SIGNED ? "this mode has no trailers"
                                                : "a trailer must be a header name and its value");
  mr_context_push(L, out);
  return 1;
}

/* encoded_length(length, chunk_size, {mode=, trailers=}) -> bytes of the encoded body, all
 * chunks but the last being of that size. */
int mr_sigv4_lua_encoded_length(lua_State *L) {
  lua_Integer length = luaL_checkinteger(L, 1), size = luaL_checkinteger(L, 2);
  size_t count = 0;
  luaL_argcheck(L, length >= 0, 1, "a length is not negative");
  luaL_argcheck(L, size > 0, 2, "a chunk has at least one byte");
  lua_settop(L, 3);
  luaL_checktype(L, 3, LUA_TTABLE);
  mr_chunk_mode mode = read_mode(L, 3, MR_CHUNK_SIGNED);
  lua_pushliteral(L, "trailers");
  lua_rawget(L, 3); /* stack: length, size, options, trailers */
  const mr_pair *trailers = read_trailers(L, 4, &count);
  int64_t total = mr_chunk_length(mode, length, size, trailers, count);
  luaL_argcheck(L, total >= 0, 1, "the length is out of range");
  lua_pushinteger(L, total);
  return 1;
}

/* ---- decoding ---- */

static int64_t read_count(lua_State *L, const char *name, int64_t otherwise) {
  int64_t value = otherwise;
  lua_pushstring(L, name);
  if (lua_rawget(L, 2) != LUA_TNIL) {
    int is_integer;
    value = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || value < 0) {
      lua_pushfstring(L, "field '%s' must be a whole number of bytes", name);
      luaL_argerror(L, 2, lua_tostring(L, -1));
    }
  }
  lua_pop(L, 1);
  return value;
}

static int decode(lua_State *L, mr_unchunk *u, mr_slice body, mr_slice announced, mr_buf *out) {
  int status = mr_unchunk_push(u, body.ptr, body.len, out);
  if (status == MR_OK)
    status = mr_unchunk_finish(u);
  if (status == MR_OK && announced.ptr && announced.len > 0)
    status = mr_unchunk_announced(u, announced);
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  return status;
}

/* unchunk(body, {mode=, verifier=, decoded_length=, trailer=, min_chunk=}) -> content,
 * trailers | nil, err.  trailer is the value of the header x-amz-trailer. */
int mr_sigv4_lua_unchunk(lua_State *L) {
  mr_slice body, announced;
  luaL_checktype(L, 1, LUA_TSTRING);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  body.ptr = lua_tolstring(L, 1, &body.len);
  mr_sigv4_lua_text(L, 2, "trailer", false, &announced);
  lua_pushliteral(L, "verifier");
  lua_rawget(L, 2);
  mr_chunk_signer *verifier = luaL_testudata(L, -1, SIGNER_TYPE);
  if (!verifier && !lua_isnil(L, -1))
    luaL_argerror(L, 2, "field 'verifier' must be what verify returned as chunk_verifier");
  mr_chunk_mode mode = read_mode(L, 2, verifier ? verifier->mode : MR_CHUNK_UNSIGNED_TRAILER);
  if (mode == MR_CHUNK_UNSIGNED_TRAILER)
    verifier = NULL;
  else if (!verifier || verifier->mode != mode)
    luaL_argerror(L, 2, "signed chunks need the verifier of their request");

  mr_buf *out = mr_context_buffer(L);
  mr_unchunk *u = lua_newuserdatauv(L, sizeof *u, 0);
  memset(u, 0, sizeof *u);
  luaL_setmetatable(L, UNCHUNK_TYPE);
  int64_t expected = read_count(L, "decoded_length", -1);
  int64_t least = read_count(L, "min_chunk", verifier ? MIN_CHUNK : 0);
  mr_sigv4_lua_check(L, mr_unchunk_init(u, mr_context_alloc(L), mode, verifier), 2,
                     "no such decoder");
  u->expected = expected;
  u->min_size = (uint64_t)least;
  char seed[MR_SIGNATURE_LEN + 1] = "";
  if (verifier)
    memcpy(seed, verifier->previous, sizeof seed);
  int status = decode(L, u, body, announced, out);
  if (verifier)
    memcpy(verifier->previous, seed, sizeof seed);
  if (status < 0) {
    lua_pushnil(L);
    mr_sigv4_lua_fault(L, u->fault, true, false, NULL);
    return 2;
  }
  mr_context_push(L, out);
  lua_createtable(L, (int)mr_unchunk_count(u), 0);
  for (size_t i = 0; i < mr_unchunk_count(u); i++) {
    mr_pair p = mr_unchunk_trailer(u, i);
    lua_createtable(L, 2, 0);
    lua_pushlstring(L, p.name.ptr, p.name.len);
    lua_rawseti(L, -2, 1);
    lua_pushlstring(L, p.value.ptr, p.value.len);
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  mr_buf_clear(out);
  mr_unchunk_clear(u);
  return 2;
}

static int signer_tostring(lua_State *L) {
  const mr_chunk_signer *s = luaL_checkudata(L, 1, SIGNER_TYPE);
  lua_pushfstring(L, "chunks (%s)", mr_chunk_mode_name(s->mode));
  return 1;
}

static const luaL_Reg signer_methods[] = {
    {"chunk", chunks_chunk}, {"last", chunks_last}, {NULL, NULL}};
static const luaL_Reg signer_meta[] = {
    {"__gc", signer_close}, {"__tostring", signer_tostring}, {NULL, NULL}};

void mr_sigv4_lua_chunks_open(lua_State *L) {
  if (mr_type_new(L, SIGNER_TYPE)) {
    luaL_setfuncs(L, signer_meta, 0);
    luaL_newlib(L, signer_methods);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    mr_type_done(L, SIGNER_TYPE);
  }
  lua_pop(L, 1);
  if (mr_type_new(L, UNCHUNK_TYPE)) {
    lua_pushcfunction(L, unchunk_close);
    lua_setfield(L, -2, "__gc");
    mr_type_done(L, UNCHUNK_TYPE);
  }
  lua_pop(L, 1);
}
