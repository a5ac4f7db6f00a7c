/* SPDX-License-Identifier: MIT
 *
 * record_lua.c -- moonrock.record: the lint of fine-tuning data for scripts.
 * Findings are kept in C while bytes are checked and become tables afterwards, so no Lua
 * error can cross the checker.  A reader function may wait: it is called with lua_callk.
 * Much that is fed at once is checked on the pool; several tasks may feed, and what they fed
 * is taken in the order of their calls. */
#include <lauxlib.h>
#include <lua.h>

#include "bindings/record_lua.h"
#include "host/context.h"
#include "host/error.h"

#define LINTER "moonrock.record"
#define DEFAULT_LIMIT 1000

/* Fewer bytes than this are not worth a thread's while. */
enum { WORTH_A_THREAD = 1 << 16 };

static void found(void *ud, const mr_record_finding *f) {
  mr_record_found_keep(&((mr_linter *)ud)->found, f);
}

mr_linter *mr_linter_check(lua_State *L) {
  mr_linter *l = (mr_linter *)luaL_checkudata(L, 1, LINTER);
  luaL_argcheck(L, !l->lost, 1, "a task was cancelled while it fed the linter, or memory ended");
  luaL_argcheck(L, l->record, 1, "the linter is closed");
  return l;
}

/* ---- options ---------------------------------------------------------------------------- */

/* Good until the next call into Lua. */
static mr_slice option_text(lua_State *L, int idx, const char *name) {
  mr_slice s = {NULL, 0};
  int type = lua_getfield(L, idx, name);
  if (type == LUA_TSTRING)
    s.ptr = lua_tolstring(L, -1, &s.len);
  else if (type != LUA_TNIL)
    luaL_argerror(L, idx, lua_pushfstring(L, "'%s' must be a string", name));
  lua_pop(L, 1);
  return s;
}

static void read_options(lua_State *L, int idx, mr_record_options *o, lua_Integer *limit) {
  memset(o, 0, sizeof *o);
  *limit = DEFAULT_LIMIT;
  if (lua_isnoneornil(L, idx))
    return;
  luaL_checktype(L, idx, LUA_TTABLE);
  mr_slice model = option_text(L, idx, "model");
  if (model.ptr)
    o->profile = mr_record_profile_find(model);
  mr_slice family = option_text(L, idx, "family");
  if (family.ptr && !mr_record_family_from(family, &o->family))
    luaL_argerror(L, idx, "'family' must be auto, claude, prompt-completion, converse or batch");
  lua_getfield(L, idx, "near_duplicates");
  o->near_duplicates = lua_toboolean(L, -1);
  lua_pop(L, 1);
  lua_getfield(L, idx, "validation");
  o->validation = lua_toboolean(L, -1);
  lua_pop(L, 1);
  if (lua_getfield(L, idx, "limit") != LUA_TNIL) {
    int whole = 0;
    *limit = lua_tointegerx(L, -1, &whole);
    luaL_argcheck(L, whole && *limit >= 0, idx, "'limit' must be a count");
  }
  lua_pop(L, 1);
}

/* Pushes a linter with the options at idx. */
static mr_linter *push_linter(lua_State *L, int idx) {
  mr_record_options options;
  lua_Integer limit;
  read_options(L, idx, &options, &limit);
  mr_alloc *alloc = mr_context_alloc(L);
  mr_linter *l = (mr_linter *)lua_newuserdatauv(L, sizeof *l, 1);
  memset(l, 0, sizeof *l);
  mr_record_found_init(&l->found, alloc);
  luaL_setmetatable(L, LINTER);
  lua_newtable(L); /* holds the blocks that are out */
  lua_setiuservalue(L, -2, 1);
  mr_record_sink sink = {limit > 0 ? found : NULL, l};
  options.most_findings = limit > 0 ? (size_t)limit : 1;
  l->record = mr_record_new(alloc, &options, sink);
  if (!l->record)
    mr_error_memory(L);
  return l;
}

/* ---- results ---------------------------------------------------------------------------- */

static void set_text(lua_State *L, const char *name, mr_slice text) {
  if (text.len == 0)
    return;
  lua_pushlstring(L, text.ptr, text.len);
  lua_setfield(L, -2, name);
}

static void set_count(lua_State *L, const char *name, uint64_t n) {
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, -2, name);
}

static const char *severity_name(mr_record_severity severity) {
  return severity == MR_RECORD_ERROR ? "error" : "warning";
}

/* Appends the findings that wait in C to the list at idx.  They leave the linter first, which a
 * finalizer may feed or close meanwhile. */
void mr_linter_take_findings(lua_State *L, mr_linter *l, int idx) {
  if (mr_record_found_status(&l->found) != MR_OK)
    mr_error_memory(L);
  if (mr_record_found_count(&l->found) == 0)
    return;
  lua_Integer next = luaL_len(L, idx);
  luaL_checkstack(L, 6, NULL);
  mr_buf *items = mr_context_buffer(L), *text = mr_context_buffer(L);
  mr_record_found taken = l->found;
  *items = taken.items;
  *text = taken.text;
  mr_record_found_init(&l->found, mr_context_alloc(L));
  for (size_t i = 0; i < mr_record_found_count(&taken); i++) {
    mr_record_finding f = mr_record_found_at(&taken, i);
    lua_createtable(L, 0, 8);
    if (f.line > 0) {
      set_count(L, "line", f.line);
      set_count(L, "column", f.column);
      set_count(L, "offset", f.offset);
    }
    set_text(L, "path", f.path);
    set_text(L, "message", f.message);
    set_text(L, "suggestion", f.suggestion);
    set_text(L, "rule", mr_slice_of(f.rule->id));
    set_text(L, "severity", mr_slice_of(severity_name(f.rule->severity)));
    lua_rawseti(L, idx, ++next);
  }
  mr_buf_clear(items);
  mr_buf_clear(text);
  lua_pop(L, 2);
}

static void push_stats(lua_State *L, const mr_linter *l) {
  mr_record_stats copy = *mr_record_stats_of(l->record); /* a finalizer may close the linter */
  const mr_record_stats *s = &copy;
  lua_createtable(L, 0, 16);
  set_count(L, "bytes", s->bytes);
  set_count(L, "lines", s->lines);
  set_count(L, "records", s->records);
  set_count(L, "errors", s->errors);
  set_count(L, "warnings", s->warnings);
  set_count(L, "messages", s->messages);
  set_count(L, "user", s->user);
  set_count(L, "assistant", s->assistant);
  set_count(L, "system", s->system);
  set_count(L, "characters", s->characters);
  set_count(L, "tokens", s->tokens);
  set_count(L, "longest_line", s->longest_line);
  set_count(L, "longest_bytes", s->longest_bytes);
  set_count(L, "most_tokens_line", s->most_tokens_line);
  set_count(L, "most_tokens", s->most_tokens);
  set_text(L, "family", mr_slice_of(mr_record_family_name(s->family)));
  set_text(L, "profile", mr_slice_of(s->profile));
}

static void feed(lua_State *L, mr_linter *l, int idx) {
  size_t n;
  const char *bytes = luaL_checklstring(L, idx, &n);
  if (mr_record_feed(l->record, bytes, n) != MR_OK)
    mr_linter_no_memory(L, l);
}

static void finish(lua_State *L, mr_linter *l) {
  if (l->finished)
    return;
  luaL_argcheck(L, !l->oldest, 1, "another task still feeds the linter");
  l->finished = true;
  if (mr_record_finish(l->record) != MR_OK)
    mr_linter_no_memory(L, l);
}

void mr_linter_release(mr_linter *l) {
  mr_linter_drop_blocks(l);
  mr_record_free(l->record);
  l->record = NULL;
  mr_record_found_clear(&l->found);
}

void mr_linter_no_memory(lua_State *L, mr_linter *l) {
  l->lost = true;
  mr_linter_release(l);
  mr_error_memory(L);
}

/* ---- functions -------------------------------------------------------------------------- */

/* stack: reader or text, options, linter, findings [, what the reader gave] */
static int lint_end(lua_State *L, mr_linter *l) {
  lua_settop(L, 4);
  finish(L, l);
  mr_linter_take_findings(L, l, 4);
  push_stats(L, l); /* findings, stats */
  mr_linter_release(l);
  return 2;
}

static int lint_chunk(lua_State *L, int status, lua_KContext ctx) {
  mr_linter *l = (mr_linter *)lua_touserdata(L, 3);
  MR_UNUSED(status);
  MR_UNUSED(ctx);
  while (!lua_isnil(L, -1)) {
    if (lua_type(L, -1) != LUA_TSTRING)
      return luaL_error(L, "the reader must give strings, then nil; it gave %s",
                        luaL_typename(L, -1));
    feed(L, l, lua_gettop(L));
    mr_linter_take_findings(L, l, 4);
    lua_settop(L, 4);
    lua_pushvalue(L, 1);
    lua_callk(L, 0, 1, 0, lint_chunk);
  }
  return lint_end(L, l);
}

/* lint(text or reader function [, options]) -> findings, stats */
static int lint(lua_State *L) {
  luaL_argexpected(L, lua_type(L, 1) == LUA_TSTRING || lua_isfunction(L, 1), 1,
                   "string or function");
  lua_settop(L, 2);
  mr_linter *l = push_linter(L, 2); /* text, options, mr_linter */
  lua_newtable(L);
  if (lua_isfunction(L, 1)) {
    lua_pushvalue(L, 1);
    lua_callk(L, 0, 1, 0, lint_chunk);
    return lint_chunk(L, LUA_OK, 0);
  }
  feed(L, l, 1);
  return lint_end(L, l);
}

static int new_linter(lua_State *L) {
  lua_settop(L, 1);
  push_linter(L, 1);
  return 1;
}

/* ---- methods ---------------------------------------------------------------------------- */

/* linter:feed(text) -> findings that are complete since the last call; may wait */
static int linter_feed(lua_State *L) {
  mr_linter *l = mr_linter_check(L);
  luaL_argcheck(L, !l->finished, 1, "the linter is finished");
  luaL_checktype(L, 2, LUA_TSTRING);
  lua_settop(L, 2);
  bool is_large = lua_rawlen(L, 2) >= WORTH_A_THREAD && lua_isyieldable(L);
  if (l->oldest || (is_large && mr_record_family_known(l->record)))
    return mr_linter_feed_on_pool(L, l);
  lua_newtable(L);
  feed(L, mr_linter_check(L), 2);
  mr_linter_take_findings(L, l, 3);
  return 1;
}

/* linter:finish() -> the last findings, stats */
static int linter_finish(lua_State *L) {
  lua_settop(L, 1);
  lua_newtable(L);
  mr_linter *l = mr_linter_check(L);
  finish(L, l);
  mr_linter_take_findings(L, l, 2);
  push_stats(L, mr_linter_check(L));
  return 2;
}

static int linter_stats(lua_State *L) {
  push_stats(L, mr_linter_check(L));
  return 1;
}

static int linter_close(lua_State *L) {
  mr_linter_release((mr_linter *)luaL_checkudata(L, 1, LINTER));
  return 0;
}

static int linter_text(lua_State *L) {
  const mr_linter *l = (const mr_linter *)luaL_checkudata(L, 1, LINTER);
  lua_pushfstring(L, LINTER " (%s)", !l->record ? "closed" : l->finished ? "finished" : "open");
  return 1;
}

static int rules(lua_State *L) {
  lua_createtable(L, MR_RULE_COUNT, 0);
  for (size_t i = 0; i < MR_RULE_COUNT; i++) {
    const mr_record_rule *r = mr_record_rule_at(i);
    lua_createtable(L, 0, 6);
    set_text(L, "id", mr_slice_of(r->id));
    set_text(L, "severity", mr_slice_of(severity_name(r->severity)));
    set_text(L, "text", mr_slice_of(r->text));
    set_text(L, "source", mr_slice_of(r->source));
    set_text(L, "date", mr_slice_of(r->date));
    set_text(L, "advice", mr_slice_of(r->advice));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static void set_limit(lua_State *L, const char *name, uint64_t n) {
  if (n > 0)
    set_count(L, name, n);
}

static void push_profile(lua_State *L, const mr_record_profile *p) {
  lua_createtable(L, 0, 12);
  set_text(L, "name", mr_slice_of(p->name));
  set_text(L, "family", mr_slice_of(mr_record_family_name(p->family)));
  set_text(L, "source", mr_slice_of(p->source));
  set_text(L, "date", mr_slice_of(p->date));
  set_limit(L, "min_records", p->min_records);
  set_limit(L, "max_records", p->max_records);
  set_limit(L, "max_validation", p->max_validation);
  set_limit(L, "max_tokens", p->max_tokens);
  set_limit(L, "max_input_tokens", p->max_input_tokens);
  set_limit(L, "max_output_tokens", p->max_output_tokens);
  set_limit(L, "max_bytes", p->max_bytes);
  set_limit(L, "max_validation_bytes", p->max_validation_bytes);
}

/* profiles() -> the limits of each model that the lint knows; a limit left out is unknown */
static int profiles(lua_State *L) {
  lua_newtable(L);
  const mr_record_profile *p;
  for (size_t i = 0; (p = mr_record_profile_at(i)) != NULL; i++) {
    push_profile(L, p);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* profile(model id, ARN or name) -> the limits used for it, or nil */
static int profile(lua_State *L) {
  mr_slice model;
  model.ptr = luaL_checklstring(L, 1, &model.len);
  const mr_record_profile *p = mr_record_profile_find(model);
  if (p)
    push_profile(L, p);
  else
    lua_pushnil(L);
  return 1;
}

int luaopen_moonrock_record(lua_State *L);

int luaopen_moonrock_record(lua_State *L) {
  static const luaL_Reg methods[] = {{"feed", linter_feed},
                                     {"feed_lines", mr_linter_feed_lines},
                                     {"finish", linter_finish},
                                     {"stats", linter_stats},
                                     {"close", linter_close},
                                     {NULL, NULL}};
  static const luaL_Reg metamethods[] = {
      {"__gc", linter_close}, {"__close", linter_close}, {"__tostring", linter_text}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"lint", lint},       {"new", new_linter},
                                       {"rules", rules},     {"profiles", profiles},
                                       {"profile", profile}, {NULL, NULL}};
  luaL_newmetatable(L, LINTER);
  luaL_setfuncs(L, metamethods, 0);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushliteral(L, "moonrock.record"); /* scripts cannot take the metatable apart */
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
