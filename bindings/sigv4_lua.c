/* SPDX-License-Identifier: MIT
 *
 * sigv4_lua.c -- moonrock.sigv4: sign, presign, explain, bearer; the rest of the module is in
 * sigv4_verify_lua.c and sigv4_chunk_lua.c.
 * No protocol knowledge here.  Secrets are opened by C only: what a stage shows of one is
 * "[secret]". */
#include "bindings/sigv4_lua.h"

#include <lauxlib.h>

#include "bindings/secret_lua.h"
#include "host/context.h"
#include "host/error.h"
#include "host/headers.h"
#include "host/type.h"

#define IMPOSSIBLE                                                                                 \
  "no signature is possible: a method, header, key id, region, service or time that cannot stand " \
  "in a request"
#define KEYS_TYPE "moonrock.sigv4.keys"
#define STAGES_TYPE "moonrock.sigv4.stages"

static int keys_close(lua_State *L) {
  mr_sigv4_keys *keys = luaL_checkudata(L, 1, KEYS_TYPE);
  mr_sigv4_keys_clear(keys);
  keys->is_closed = true;
  return 0;
}

static int stages_close(lua_State *L) {
  mr_sigv4_stages *s = luaL_checkudata(L, 1, STAGES_TYPE);
  mr_sigv4_stages_clear(s);
  mr_sigv4_stages_init(s, mr_alloc_none());
  return 0;
}

static mr_sigv4_stages *push_stages(lua_State *L) {
  mr_sigv4_stages *s = lua_newuserdatauv(L, sizeof *s, 0);
  mr_sigv4_stages_init(s, mr_context_alloc(L));
  luaL_setmetatable(L, STAGES_TYPE);
  return s;
}

static void push_slice(lua_State *L, mr_slice s) {
  lua_pushlstring(L, s.ptr, s.len);
}

/* The stages of the last signature, to be used again; the cache of keys holds them.  A nested
 * call finds none and makes its own. */
static mr_sigv4_stages *take_stages(lua_State *L) {
  if (lua_getiuservalue(L, lua_upvalueindex(1), 1) != LUA_TUSERDATA) {
    lua_pop(L, 1);
    return push_stages(L);
  }
  lua_pushnil(L);
  lua_setiuservalue(L, lua_upvalueindex(1), 1);
  return lua_touserdata(L, -1);
}

static void give_back_stages(lua_State *L, mr_sigv4_stages *s, int idx) {
  mr_sigv4_stages_reset(s);
  lua_pushvalue(L, idx);
  lua_setiuservalue(L, lua_upvalueindex(1), 1);
}

/* sign(request, options) -> request, signature.  Adds headers in place. */
static int sigv4_sign(lua_State *L) {
  mr_sigv4_request r;
  mr_sigv4_options o;
  mr_pair added[4];
  lua_settop(L, 2);
  mr_sigv4_lua_facts facts = mr_sigv4_lua_request(L, 1, false, &r);
  mr_sigv4_lua_options(L, 2, &o);
  int token = lua_gettop(L); /* as it was given, string or secret */
  mr_sigv4_stages *s = take_stages(L);
  s->canonical_request.wipe = s->header_block.wipe = facts.has_secret;
  mr_sigv4_lua_check(L, mr_sigv4_sign(&r, &o, mr_sigv4_lua_keys(L), s), 1, IMPOSSIBLE);
  if (facts.host_added) {
    push_slice(L, r.headers[r.header_count - 1].value);
    mr_headers_add(L, facts.headers, mr_slice_of("host"));
  }
  size_t count = mr_sigv4_added(&o, s, added);
  for (size_t i = 0; i < count; i++) {
    mr_headers_remove(L, facts.headers, added[i].name);
    if (mr_slice_is(added[i].name, "x-amz-security-token"))
      lua_pushvalue(L, token);
    else
      push_slice(L, added[i].value);
    mr_headers_add(L, facts.headers, added[i].name);
  }
  mr_sigv4_lua_changed(L, 1, facts.headers);
  lua_pushvalue(L, 1);
  lua_pushstring(L, s->signature);
  give_back_stages(L, s, token + 1);
  return 2;
}

static void read_expires(lua_State *L, mr_sigv4_options *o) {
  lua_pushliteral(L, "expires");
  lua_rawget(L, 2);
  lua_Number n = lua_tonumber(L, -1);
  if (lua_type(L, -1) != LUA_TNUMBER || !(n >= 1 && n <= MR_PRESIGN_MAX))
    luaL_argerror(L, 2, "field 'expires' must be 1 to 604800 seconds");
  o->expires = (int64_t)n;
  lua_pop(L, 1);
}

static void put_url(lua_State *L, mr_buf *out, const mr_sigv4_request *r, mr_slice query) {
  mr_slice scheme, host = {NULL, 0};
  if (!mr_sigv4_lua_text(L, 1, "scheme", false, &scheme))
    scheme = mr_slice_of("https");
  for (size_t i = 0; i < r->header_count && !host.ptr; i++)
    if (mr_canon_name_is(r->headers[i].name, "host"))
      host = mr_canon_trim(r->headers[i].value);
  mr_buf_slice(out, scheme);
  mr_buf_puts(out, "://");
  mr_buf_slice(out, host);
  if (r->path.len == 0 || r->path.ptr[0] != '/')
    mr_buf_putc(out, '/');
  mr_buf_slice(out, r->path);
  mr_buf_putc(out, '?');
  mr_buf_slice(out, query);
}

/* presign(request, options) -> url.  The request stays as it was. */
static int sigv4_presign(lua_State *L) {
  mr_sigv4_request r;
  mr_sigv4_options o;
  lua_settop(L, 2);
  mr_sigv4_lua_request(L, 1, false, &r);
  mr_sigv4_lua_options(L, 2, &o);
  read_expires(L, &o);
  mr_sigv4_stages *s = push_stages(L);
  mr_sigv4_lua_check(L, mr_sigv4_presign(&r, &o, mr_sigv4_lua_keys(L), s), 1, IMPOSSIBLE);
  mr_buf *url = mr_context_buffer(L);
  put_url(L, url, &r, mr_buf_view(&s->query));
  mr_context_push(L, url);
  mr_sigv4_stages_clear(s);
  return 1;
}

/* ---- explain ---- */

/* Both forms as the options ask, into new stages. */
static mr_sigv4_stages *compute(lua_State *L, const mr_sigv4_request *r,
                                const mr_sigv4_options *o) {
  mr_sigv4_stages *s = push_stages(L);
  s->canonical_request.wipe = s->header_block.wipe = true;
  mr_sigv4_lua_check(L,
                     o->expires ? mr_sigv4_presign(r, o, mr_sigv4_lua_keys(L), s)
                                : mr_sigv4_sign(r, o, mr_sigv4_lua_keys(L), s),
                     1, IMPOSSIBLE);
  return s;
}

static void set_slice(lua_State *L, const char *name, mr_slice s) {
  push_slice(L, s);
  lua_setfield(L, -2, name);
}

/* explain(request, options) -> the stages of sign, or of presign if options.expires is given.
 * The request stays as it was.  What is shown of the request is computed again with secrets
 * replaced; string to sign and signature are the real ones. */
static int sigv4_explain(lua_State *L) {
  mr_sigv4_request r, shown_request;
  mr_sigv4_options o, shown_options;
  lua_settop(L, 2);
  mr_sigv4_lua_request(L, 1, false, &r);
  mr_sigv4_lua_request(L, 1, true, &shown_request);
  mr_sigv4_lua_options(L, 2, &o);
  bool secret_token = mr_secret_test(L, -1) != NULL;
  lua_pushliteral(L, "expires");
  if (lua_rawget(L, 2) != LUA_TNIL)
    read_expires(L, &o);
  shown_options = o;
  luaL_checkstack(L, 16, "stages");
  if (secret_token)
    shown_options.session_token = mr_slice_of("[secret]");
  mr_sigv4_stages *s = compute(L, &r, &o);
  mr_sigv4_stages *shown = compute(L, &shown_request, &shown_options);
  lua_createtable(L, 0, 8);
  set_slice(L, "canonical_request", mr_buf_view(&shown->canonical_request));
  set_slice(L, "string_to_sign", mr_buf_view(&s->string_to_sign));
  set_slice(L, "signature", mr_slice_of(s->signature));
  set_slice(L, "signed_headers", mr_buf_view(&s->signed_headers));
  set_slice(L, "scope", mr_buf_view(&s->scope));
  set_slice(L, "payload_hash", mr_buf_view(&s->payload_hash));
  if (o.expires) {
    mr_buf *url = mr_context_buffer(L);
    put_url(L, url, &shown_request, mr_buf_view(&shown->query));
    lua_pop(L, 1);
    if (url->status == MR_OK) /* the URL ends with its signature */
      memcpy(url->ptr + url->len - MR_SIGNATURE_LEN, s->signature, MR_SIGNATURE_LEN);
    mr_context_push(L, url);
    lua_setfield(L, -3, "url");
    lua_pop(L, 1);
  } else {
    set_slice(L, "authorization", mr_buf_view(&s->authorization));
  }
  mr_sigv4_stages_clear(s);
  mr_sigv4_stages_clear(shown);
  return 1;
}

/* bearer(request, token) -> request.  The header's value is a secret. */
static int sigv4_bearer(lua_State *L) {
  mr_slice token;
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!mr_secret_text(L, 2, &token))
    luaL_argerror(L, 2, "a token is a string or a secret");
  lua_settop(L, 2);
  mr_buf *text = mr_context_buffer(L);
  text->wipe = true;
  mr_sigv4_lua_check(L, mr_sigv4_bearer(text, token), 2,
                     "a token is visible ASCII without spaces, and not empty");
  mr_secret *value = mr_secret_push(L);
  if (mr_secret_set(value, text->ptr, text->len) < 0)
    mr_error_memory(L);
  mr_buf_clear(text);
  mr_sigv4_lua_headers(L, 1); /* stack: ..., value, headers */
  int headers = lua_gettop(L);
  mr_headers_remove(L, headers, mr_slice_of("authorization"));
  lua_pushvalue(L, headers - 1);
  mr_headers_add(L, headers, mr_slice_of("authorization"));
  mr_sigv4_lua_changed(L, 1, headers);
  lua_settop(L, 1);
  return 1;
}

static void make_type(lua_State *L, const char *name, lua_CFunction close) {
  if (mr_type_new(L, name)) {
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    mr_type_done(L, name);
  }
  lua_pop(L, 1);
}

static const luaL_Reg sigv4_functions[] = {{"sign", sigv4_sign},
                                           {"presign", sigv4_presign},
                                           {"explain", sigv4_explain},
                                           {"bearer", sigv4_bearer},
                                           {"chunks", mr_sigv4_lua_chunks},
                                           {"encoded_length", mr_sigv4_lua_encoded_length},
                                           {"verify", mr_sigv4_lua_verify},
                                           {"unchunk", mr_sigv4_lua_unchunk},
                                           {NULL, NULL}};

int luaopen_moonrock_sigv4(lua_State *L) {
  make_type(L, KEYS_TYPE, keys_close);
  make_type(L, STAGES_TYPE, stages_close);
  mr_sigv4_lua_verify_open(L);
  mr_sigv4_lua_chunks_open(L);
  luaL_newlibtable(L, sigv4_functions);
  mr_sigv4_keys *keys = lua_newuserdatauv(L, sizeof *keys, 1);
  memset(keys, 0, sizeof *keys);
  luaL_setmetatable(L, KEYS_TYPE);
  luaL_setfuncs(L, sigv4_functions, 1);
  return 1;
}
