/* SPDX-License-Identifier: MIT
 *
 * crypto_lua.c -- module moonrock.crypto: digests, HMAC, base64, hex.
 * Input of 256 KiB and more is hashed on the pool while the task waits; where the caller may
 * not wait, and for less, it is hashed at once. */
#include <lauxlib.h>

#include "bindings/crypto_lua.h"
#include "bindings/secret_lua.h"
#include "bindings/text.h"
#include "host/context.h"
#include "host/error.h"
#include "host/random.h"
#include "host/task.h"
#include "host/type.h"

int luaopen_moonrock_crypto(lua_State *L);

#define HASHER_TYPE "moonrock.crypto.hasher"

enum { ON_POOL = 256 * 1024 }; /* bytes from which a hash is worth a thread switch */

typedef enum encoding { HEX, BASE64, RAW } encoding;

static encoding check_encoding(lua_State *L, int arg) {
  static const char *const names[] = {"hex", "base64", "raw", NULL};
  return (encoding)luaL_checkoption(L, arg, "hex", names);
}

mr_digest_kind mr_crypto_check_kind(lua_State *L, int arg) {
  mr_digest_kind kind = MR_SHA256;
  mr_slice name;
  name.ptr = luaL_checklstring(L, arg, &name.len);
  if (!mr_digest_from_name(name, &kind))
    luaL_argerror(L, arg,
                  lua_pushfstring(L,
                                  "no digest '%s' (there are md5, sha1, sha256, sha512, crc32, "
                                  "crc32c, crc64nvme)",
                                  name.ptr));
  return kind;
}

static void push_digest(lua_State *L, const unsigned char *digest, size_t n, encoding e) {
  if (e == RAW) {
    lua_pushlstring(L, (const char *)digest, n);
    return;
  }
  mr_buf *b = mr_context_buffer(L);
  if (e == HEX)
    mr_hex_encode(b, digest, n);
  else
    mr_base64_encode(b, digest, n);
  mr_context_push(L, b);
}

/* ---- hash ---- */

typedef struct hash_work {
  mr_work work;
  mr_digest_kind kind;
  encoding encoding;
  mr_slice data; /* of a string that the user value anchors */
  unsigned char digest[MR_DIGEST_MAX];
  int status;
} hash_work;

static void hash_run(mr_work *w) {
  hash_work *h = (hash_work *)(void *)w;
  h->status = mr_digest(h->kind, h->data.ptr, h->data.len, h->digest, NULL);
}

static int hash_finish(lua_State *L, mr_work *w) {
  hash_work *h = (hash_work *)(void *)w;
  if (h->status < 0)
    mr_error_memory(L);
  push_digest(L, h->digest, mr_digest_size(h->kind), h->encoding);
  return 1;
}

static int crypto_hash(lua_State *L) {
  unsigned char digest[MR_DIGEST_MAX];
  mr_digest_kind kind = mr_crypto_check_kind(L, 1);
  mr_slice data;
  size_t n;
  data.ptr = luaL_checklstring(L, 2, &data.len);
  encoding e = check_encoding(L, 3);
  if (data.len >= ON_POOL && mr_wait_possible(L)) {
    hash_work *h = mr_work_new(L, sizeof *h, NULL);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, 1);
    h->kind = kind;
    h->encoding = e;
    h->data = data;
    return mr_work_start(L, &h->work, hash_run, hash_finish);
  }
  if (mr_digest(kind, data.ptr, data.len, digest, &n) < 0)
    mr_error_memory(L);
  push_digest(L, digest, n, e);
  return 1;
}

static mr_slice check_bytes(lua_State *L, int arg) {
  mr_slice s;
  if (!mr_secret_text(L, arg, &s))
    luaL_typeerror(L, arg, "string or secret");
  return s;
}

static int crypto_hmac(lua_State *L) {
  unsigned char digest[MR_DIGEST_MAX];
  mr_digest_kind kind = mr_crypto_check_kind(L, 1);
  mr_slice key = check_bytes(L, 2), data;
  size_t n;
  data.ptr = luaL_checklstring(L, 3, &data.len);
  encoding e = check_encoding(L, 4);
  int status = mr_hmac(kind, key.ptr, key.len, data.ptr, data.len, digest, &n);
  if (status == MR_ERR_ARG)
    return luaL_argerror(L, 1, "a checksum has no HMAC");
  if (status < 0)
    mr_error_memory(L);
  push_digest(L, digest, n, e);
  return 1;
}

/* ---- hasher ---- */

typedef struct hasher {
  mr_hasher *h; /* NULL: closed */
} hasher;

static hasher *check_hasher(lua_State *L) {
  hasher *self = luaL_checkudata(L, 1, HASHER_TYPE);
  luaL_argcheck(L, self->h, 1, "the hasher is closed");
  return self;
}

static int crypto_hasher(lua_State *L) {
  mr_digest_kind kind = mr_crypto_check_kind(L, 1);
  hasher *self = lua_newuserdatauv(L, sizeof *self, 0);
  self->h = NULL;
  luaL_setmetatable(L, HASHER_TYPE);
  self->h = mr_hasher_new(mr_context_alloc(L), kind);
  if (!self->h)
    mr_error_memory(L);
  return 1;
}

/* update(s, ...): takes strings, returns the hasher. */
static int hasher_update(lua_State *L) {
  hasher *self = check_hasher(L);
  int n = lua_gettop(L);
  for (int i = 2; i <= n; i++) {
    size_t len;
    const char *data = luaL_checklstring(L, i, &len);
    if (mr_hasher_update(self->h, data, len) < 0)
      mr_error_memory(L);
  }
  lua_settop(L, 1);
  return 1;
}

/* digest([encoding]): of what was given so far; the hasher starts over. */
static int hasher_digest(lua_State *L) {
  unsigned char digest[MR_DIGEST_MAX];
  hasher *self = check_hasher(L);
  encoding e = check_encoding(L, 2);
  size_t n;
  if (mr_hasher_final(self->h, digest, &n) < 0)
    mr_error_memory(L);
  push_digest(L, digest, n, e);
  return 1;
}

static int hasher_close(lua_State *L) {
  hasher *self = luaL_checkudata(L, 1, HASHER_TYPE);
  mr_hasher_free(self->h);
  self->h = NULL;
  return 0;
}

static int hasher_tostring(lua_State *L) {
  hasher *self = luaL_checkudata(L, 1, HASHER_TYPE);
  lua_pushfstring(L, "hasher (%s)", self->h ? mr_digest_name(mr_hasher_kind(self->h)) : "closed");
  return 1;
}

/* ---- bytes as text ---- */

static int encode_with(lua_State *L, void (*encode)(mr_buf *, const void *, size_t)) {
  size_t n;
  const char *data = luaL_checklstring(L, 1, &n);
  mr_buf *b = mr_context_buffer(L);
  encode(b, data, n);
  mr_context_push(L, b);
  mr_buf_clear(b);
  return 1;
}

static int decode_with(lua_State *L, int (*decode)(mr_buf *, mr_slice), const char *code,
                       const char *message) {
  mr_slice text;
  text.ptr = luaL_checklstring(L, 1, &text.len);
  mr_buf *b = mr_context_buffer(L);
  if (decode(b, text) == MR_ERR_ARG) {
    lua_pushnil(L);
    mr_error_push(L, code, "%s", message);
    return 2;
  }
  mr_context_push(L, b);
  mr_buf_clear(b);
  return 1;
}

static int crypto_base64_encode(lua_State *L) {
  return encode_with(L, mr_base64_encode);
}

static int crypto_base64_decode(lua_State *L) {
  return decode_with(L, mr_base64_decode, "Base64Syntax",
                     "no base64 (the alphabet with + and /, padded, without spaces)");
}

static int crypto_hex_encode(lua_State *L) {
  return encode_with(L, mr_hex_encode);
}

static int crypto_hex_decode(lua_State *L) {
  return decode_with(L, mr_hex_decode, "HexSyntax", "no hex (an even number of 0-9, a-f, A-F)");
}

/* equal(a, b): strings or secrets; time does not tell where they differ. */
static int crypto_equal(lua_State *L) {
  mr_slice a = check_bytes(L, 1), b = check_bytes(L, 2);
  lua_pushboolean(L, a.len == b.len && mr_equal_secret(a.ptr, b.ptr, a.len));
  return 1;
}

int luaopen_moonrock_crypto(lua_State *L) {
  static const luaL_Reg functions[] = {{"base64_decode", crypto_base64_decode},
                                       {"base64_encode", crypto_base64_encode},
                                       {"equal", crypto_equal},
                                       {"hash", crypto_hash},
                                       {"hasher", crypto_hasher},
                                       {"hex_decode", crypto_hex_decode},
                                       {"hex_encode", crypto_hex_encode},
                                       {"hmac", crypto_hmac},
                                       {"uuid", mr_random_uuid},
                                       {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"close", hasher_close}, {"digest", hasher_digest}, {"update", hasher_update}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", hasher_close},
                                  {"__close", hasher_close},
                                  {"__tostring", hasher_tostring},
                                  {NULL, NULL}};
  if (mr_type_new(L, HASHER_TYPE)) {
    luaL_setfuncs(L, meta, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    mr_type_done(L, HASHER_TYPE);
  }
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
