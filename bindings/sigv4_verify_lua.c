/* SPDX-License-Identifier: MIT
 *
 * sigv4_verify_lua.c -- moonrock.sigv4.verify.
 * The script's find runs between the two halves and may change what it likes: so the request
 * is read anew after it, and must still claim the same key. */
#include "bindings/sigv4_lua.h"

#include <lauxlib.h>

#include "bindings/secret_lua.h"
#include "bindings/sigv4_chunk.h"
#include "bindings/sigv4_verify.h"
#include "host/context.h"
#include "host/error.h"
#include "host/type.h"

#define CLAIM_TYPE "moonrock.sigv4.claim"

static int claim_close(lua_State *L) {
  mr_sigv4_claim_clear(luaL_checkudata(L, 1, CLAIM_TYPE));
  return 0;
}

void mr_sigv4_lua_verify_open(lua_State *L) {
  if (mr_type_new(L, CLAIM_TYPE)) {
    lua_pushcfunction(L, claim_close);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    mr_type_done(L, CLAIM_TYPE);
  }
  lua_pop(L, 1);
}

static mr_sigv4_claim *push_claim(lua_State *L) {
  mr_sigv4_claim *c = lua_newuserdatauv(L, sizeof *c, 0);
  mr_sigv4_claim_init(c, mr_context_alloc(L));
  luaL_setmetatable(L, CLAIM_TYPE);
  return c;
}

static void set_slice(lua_State *L, const char *name, mr_slice s) {
  lua_pushlstring(L, s.ptr ? s.ptr : "", s.len);
  lua_setfield(L, -2, name);
}

void mr_sigv4_lua_fault(lua_State *L, mr_sigv4_fault fault, bool s3, bool presigned,
                        const char *message) {
  mr_fault_answer answer = mr_fault_describe(fault, s3, presigned);
  const char *code = mr_fault_describe(fault, true, presigned).code;
  if (fault == MR_FAULT_MISSING_AUTH)
    code = "MissingAuthenticationToken";
  else if (fault == MR_FAULT_BAD_BEARER && !s3)
    code = "AccessDenied";
  mr_error_push(L, code, "%s", message ? message : answer.message);
  mr_error_field(L, "fault", mr_fault_name(fault));
  mr_error_field(L, "service_code", answer.code);
  lua_pushinteger(L, answer.status);
  lua_setfield(L, -2, "status");
}

/* nil and the error object of claim->fault, with what helps to find the difference. */
static int push_refusal(lua_State *L, mr_sigv4_claim *c, const mr_sigv4_policy *p, bool hide) {
  lua_pushnil(L);
  mr_sigv4_lua_fault(L, c->fault, c->s3, c->kind == MR_AUTH_PRESIGNED, mr_sigv4_verdict(c).message);
  lua_createtable(L, 0, 8);
  if (c->access_key_id.len > 0)
    set_slice(L, "access_key_id", c->access_key_id);
  if (c->signature.ptr)
    set_slice(L, "signature_provided", c->signature);
  if (c->fault == MR_FAULT_MISMATCH) {
    set_slice(L, "string_to_sign", mr_buf_view(&c->stages.string_to_sign));
    if (!hide)
      set_slice(L, "canonical_request", mr_buf_view(&c->stages.canonical_request));
  }
  if (c->fault == MR_FAULT_WRONG_REGION)
    set_slice(L, "region", p->region);
  if (c->fault == MR_FAULT_SKEWED || c->fault == MR_FAULT_EXPIRED_URL ||
      c->fault == MR_FAULT_NOT_YET_VALID) {
    char now[MR_AMZ_DATE_LEN + 1];
    set_slice(L, "request_time", mr_slice_of(c->amz_date));
    if (mr_sigv4_date(p->time, now) == MR_OK)
      set_slice(L, "server_time", mr_slice_of(now));
    lua_pushinteger(L, p->max_skew * 1000);
    lua_setfield(L, -2, "max_skew_ms");
  }
  lua_setfield(L, -2, "fields");
  return 2;
}

/* Calls options.find(key id); pushes its result and what the slices of *known need.  False
 * if there is no such key. */
static bool find_key(lua_State *L, mr_slice id, mr_sigv4_known *known) {
  memset(known, 0, sizeof *known);
  lua_pushliteral(L, "find");
  lua_rawget(L, 2);
  lua_pushlstring(L, id.ptr, id.len);
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1))
    return false;
  if (!lua_istable(L, -1))
    luaL_argerror(L, 2, "find must return a table of credentials or nil");
  int found = lua_gettop(L);
  if (!mr_sigv4_lua_text_of(L, found, 2, "secret_access_key", true, &known->secret_access_key) ||
      known->secret_access_key.len == 0)
    luaL_argerror(L, 2, "find returned credentials without secret_access_key");
  mr_sigv4_lua_text_of(L, found, 2, "session_token", true, &known->session_token);
  lua_pushliteral(L, "expires");
  if (lua_rawget(L, found) != LUA_TNIL)
    known->expires = mr_sigv4_lua_seconds(L, found, 2, "expires");
  lua_pop(L, 1);
  return true;
}

static void read_policy(lua_State *L, mr_sigv4_policy *p) {
  memset(p, 0, sizeof *p);
  luaL_checktype(L, 2, LUA_TTABLE);
  p->time = mr_sigv4_lua_seconds(L, 2, 2, "time");
  mr_sigv4_lua_text(L, 2, "region", false, &p->region);
  mr_sigv4_lua_text(L, 2, "service", false, &p->service);
  lua_pushliteral(L, "max_skew");
  p->max_skew = MR_SIGV4_SKEW;
  if (lua_rawget(L, 2) != LUA_TNIL)
    p->max_skew = mr_sigv4_lua_seconds(L, 2, 2, "max_skew");
  lua_pushliteral(L, "body");
  p->has_body = lua_rawget(L, 1) == LUA_TSTRING;
  lua_pop(L, 2);
}

/* The verifier of the body's chunks, if its chunks are signed. */
static void set_chunk_verifier(lua_State *L, const mr_sigv4_claim *c, const mr_sigv4_known *known) {
  mr_chunk_mode mode;
  mr_sigv4_options o;
  if (!c->s3 || !mr_chunk_mode_from_name(c->payload_hash, &mode) ||
      mode == MR_CHUNK_UNSIGNED_TRAILER)
    return;
  memset(&o, 0, sizeof o);
  o.access_key_id = c->access_key_id;
  o.secret_access_key = known->secret_access_key;
  o.region = c->region;
  o.service = c->service;
  o.time = c->time;
  mr_chunk_signer *signer = mr_sigv4_lua_signer(L);
  mr_sigv4_lua_check(L, mr_chunk_signer_start(signer, mode, &o, mr_sigv4_lua_keys(L), c->signature),
                     1, "the chunks of this request cannot be verified");
  lua_setfield(L, -2, "chunk_verifier");
}

static int push_identity(lua_State *L, const mr_sigv4_claim *c, const mr_sigv4_known *known) {
  bool presigned = c->kind == MR_AUTH_PRESIGNED;
  lua_createtable(L, 0, 8);
  set_slice(L, "kind", mr_slice_of(presigned ? "presigned" : "header"));
  set_slice(L, "access_key_id", c->access_key_id);
  set_slice(L, "region", c->region);
  set_slice(L, "service", c->service);
  set_slice(L, "signed_headers", c->signed_headers);
  lua_pushinteger(L, c->time);
  lua_setfield(L, -2, "time");
  if (presigned) {
    lua_pushinteger(L, c->expires);
    lua_setfield(L, -2, "expires");
  }
  if (c->s3)
    set_slice(L, "payload_hash", c->payload_hash);
  set_chunk_verifier(L, c, known);
  return 1;
}

static int verify_bearer(lua_State *L, mr_sigv4_claim *c, const mr_sigv4_policy *p) {
  mr_slice expected;
  mr_sigv4_lua_text(L, 2, "bearer", true, &expected);
  if (mr_sigv4_check_bearer(c, expected) < 0)
    return push_refusal(L, c, p, true);
  lua_createtable(L, 0, 1);
  set_slice(L, "kind", mr_slice_of("bearer"));
  return 1;
}

/* verify(request, {find=, time=, region=, service=, max_skew=, bearer=}) -> identity | nil, err */
int mr_sigv4_lua_verify(lua_State *L) {
  mr_sigv4_request r;
  mr_sigv4_policy p;
  mr_sigv4_known known;
  lua_settop(L, 2);
  luaL_checktype(L, 1, LUA_TTABLE);
  read_policy(L, &p);
  lua_pushliteral(L, "find");
  if (lua_rawget(L, 2) != LUA_TFUNCTION)
    luaL_argerror(L, 2, "field 'find' must be a function of an access key id");
  mr_sigv4_lua_request(L, 1, false, &r);
  mr_sigv4_claim *first = push_claim(L);
  int status = mr_sigv4_read(first, &r, &p);
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (status < 0)
    return push_refusal(L, first, &p, true);
  if (first->kind == MR_AUTH_BEARER)
    return verify_bearer(L, first, &p);
  lua_pushlstring(L, first->access_key_id.ptr, first->access_key_id.len);
  mr_slice id;
  id.ptr = lua_tolstring(L, -1, &id.len); /* the claim's own may not outlive find */
  bool found = find_key(L, id, &known);

  luaL_checkstack(L, 20, "verification");
  read_policy(L, &p);
  mr_sigv4_lua_facts facts = mr_sigv4_lua_request(L, 1, false, &r);
  mr_sigv4_claim *claim = push_claim(L);
  claim->stages.canonical_request.wipe = claim->stages.header_block.wipe = facts.has_secret;
  status = mr_sigv4_read(claim, &r, &p);
  if (status == MR_OK && !mr_slice_equal(claim->access_key_id, id))
    luaL_argerror(L, 1, "the request was changed by find");
  if (status == MR_OK)
    status = mr_sigv4_check(claim, &r, &p, found ? &known : NULL, mr_sigv4_lua_keys(L));
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (status < 0)
    return push_refusal(L, claim, &p, facts.has_secret);
  return push_identity(L, claim, &known);
}
