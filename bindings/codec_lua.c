/* SPDX-License-Identifier: MIT
 *
 * codec_lua.c -- module moonrock.codec: (de)compression piece by piece.
 * A decoder gives at most a piece of 256 KiB a call, however much its input swells. */
#include <lauxlib.h>
#include <lua.h>

#include "bindings/codec.h"
#include "host/context.h"
#include "host/error.h"
#include "host/type.h"

#define DECODER "moonrock.codec.decoder"
#define ENCODER "moonrock.codec.encoder"
#define PIECE ((size_t)256 << 10)

typedef struct coder { /* user value 1: the input it reads from */
  mr_codec *codec;
  mr_buf out;
  bool fed, ended;
} coder;

static coder *check(lua_State *L, const char *type) {
  coder *c = luaL_checkudata(L, 1, type);
  luaL_argcheck(L, c->codec, 1, "it is closed");
  return c;
}

/* Pushes what is in the buffer. */
static int push_out(lua_State *L, coder *c) {
  mr_context_push(L, &c->out);
  mr_buf_reset(&c->out);
  return 1;
}

static int refuse(lua_State *L, const coder *c, int status) {
  uint64_t offset;
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  const char *message = mr_codec_message(c->codec, &offset);
  lua_pushnil(L);
  mr_error_push(L, "CompressedData", "%s (byte %I)", message, (LUAI_UACINT)offset);
  lua_pushinteger(L, (lua_Integer)offset);
  lua_setfield(L, -2, "offset");
  return 2;
}

static void feed(lua_State *L, coder *c) {
  mr_slice input;
  input.ptr = luaL_checklstring(L, 2, &input.len);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, 1, 1);
  mr_codec_feed(c->codec, input);
  c->fed = true;
}

static int decoder_feed(lua_State *L) {
  coder *c = check(L, DECODER);
  luaL_argcheck(L, !c->fed, 1, "read until nil before more is fed");
  feed(L, c);
  return 0;
}

/* decoder:read() -> piece; nil when it needs more; nil and an error */
static int decoder_read(lua_State *L) {
  coder *c = check(L, DECODER);
  while (c->fed) {
    int status = mr_codec_run(c->codec, &c->out, PIECE);
    if (status < 0)
      return refuse(L, c, status);
    c->fed = status == 1;
    if (c->out.len > 0)
      return push_out(L, c);
  }
  lua_pushnil(L);
  return 1;
}

/* decoder:finish() -> true, or nil and an error if the input is not complete */
static int decoder_finish(lua_State *L) {
  coder *c = check(L, DECODER);
  int status = mr_codec_finish(c->codec, &c->out, PIECE);
  if (status < 0)
    return refuse(L, c, status);
  lua_pushboolean(L, 1);
  return 1;
}

static int encoder_write(lua_State *L) {
  coder *c = check(L, ENCODER);
  int status;
  luaL_argcheck(L, !c->ended, 1, "it is finished");
  feed(L, c);
  while ((status = mr_codec_run(c->codec, &c->out, PIECE)) == 1)
    ;
  if (status < 0)
    return refuse(L, c, status);
  return push_out(L, c);
}

static int encoder_finish(lua_State *L) {
  coder *c = check(L, ENCODER);
  int status;
  luaL_argcheck(L, !c->ended, 1, "it is finished");
  c->ended = true;
  while ((status = mr_codec_finish(c->codec, &c->out, PIECE)) == 1)
    ;
  if (status < 0)
    return refuse(L, c, status);
  return push_out(L, c);
}

static int coder_close(lua_State *L) {
  coder *c = lua_touserdata(L, 1);
  luaL_argexpected(L, luaL_testudata(L, 1, DECODER) || luaL_testudata(L, 1, ENCODER), 1, "codec");
  mr_codec_free(c->codec);
  c->codec = NULL;
  mr_buf_clear(&c->out);
  return 0;
}

static int new_coder(lua_State *L, const char *type, bool is_encoder) {
  mr_slice name;
  mr_codec_kind kind;
  name.ptr = luaL_checklstring(L, 1, &name.len);
  luaL_argcheck(L, mr_codec_from_name(name, &kind), 1, "\"gz\" or \"zst\" was expected");
  lua_Integer level = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, level >= 0 && level <= (kind == MR_CODEC_GZ ? 9 : 19), 2,
                "there is no such level");
  coder *c = lua_newuserdatauv(L, sizeof *c, 1);
  memset(c, 0, sizeof *c);
  mr_buf_init(&c->out, mr_context_alloc(L));
  luaL_setmetatable(L, type);
  mr_alloc *account = mr_context_alloc(L);
  c->codec = is_encoder ? mr_codec_new_encoder(account, kind, (int)level)
                        : mr_codec_new_decoder(account, kind);
  if (!c->codec)
    mr_error_memory(L);
  return 1;
}

static int new_decoder(lua_State *L) {
  lua_settop(L, 1);
  return new_coder(L, DECODER, false);
}

static int new_encoder(lua_State *L) {
  return new_coder(L, ENCODER, true);
}

static void make_type(lua_State *L, const char *name, const luaL_Reg *methods) {
  if (mr_type_new(L, name)) {
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, coder_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, coder_close);
    lua_setfield(L, -2, "__close");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    mr_type_done(L, name);
  }
  lua_pop(L, 1);
}

int luaopen_moonrock_codec(lua_State *L);

int luaopen_moonrock_codec(lua_State *L) {
  static const luaL_Reg decoder_methods[] = {{"feed", decoder_feed},
                                             {"read", decoder_read},
                                             {"finish", decoder_finish},
                                             {"close", coder_close},
                                             {NULL, NULL}};
  static const luaL_Reg encoder_methods[] = {
      {"write", encoder_write}, {"finish", encoder_finish}, {"close", coder_close}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"decoder", new_decoder}, {"encoder", new_encoder}, {NULL, NULL}};
  make_type(L, DECODER, decoder_methods);
  make_type(L, ENCODER, encoder_methods);
  luaL_newlib(L, functions);
  return 1;
}
