/* SPDX-License-Identifier: MIT
 *
 * part_lua.c -- module moonrock.part: ranges of files as they go over the wire.
 * into() makes what a reply's body is written to straight from the socket, at its offset and
 * with its checksum; digest() reads a range on the pool before it is sent: no byte of these
 * becomes a Lua string.  digest_of() is for texts too long to be hashed in a frame.  A part outlives its userdata while a transport still writes to it. */
#include <errno.h>
#include <lauxlib.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bindings/crypto_lua.h"
#include "host/context.h"
#include "host/error.h"
#include "host/http.h"
#include "host/output_queue.h"
#include "host/sink.h"
#include "host/sys.h"
#include "host/task.h"
#include "host/type.h"

int luaopen_moonrock_part(lua_State *L);

#define PART_TYPE "moonrock.part.part"

enum { MOST_DIGESTS = 4, BLOCK = 256 * 1024, BEHIND = 1024 * 1024 };

/* ---- a part that is received ---- */

/* Shared by the userdata and whatever writes at the moment. */
typedef struct core {
  mr_http_target target; /* first */
  int refs;              /* of the state's thread alone */
  bool busy;             /* something writes; likewise */
  mr_sink_core *sink;
  mr_output_queue *queue; /* of the sink; NULL: bytes are written as they come */
  char *block;            /* what the queue gets next; NULL: none yet */
  size_t filled;          /* bytes of it */
  int64_t offset, length;
  _Atomic int64_t taken;
  int error;         /* errno of the write that failed */
  mr_hasher *hasher; /* of all bytes taken; NULL: none */
} core;

typedef struct part {
  mr_http_claim claim; /* first: how the host finds the target */
  core *core;          /* NULL: closed; the path is the user value */
} part;

static void let_go(core *c) {
  if (--c->refs > 0)
    return;
  mr_sink_release(c->sink);
  mr_hasher_free(c->hasher);
  free(c->block);
  free(c);
}

static int hand_over(core *c, int64_t at, bool may_wait) {
  char *block = c->block;
  size_t n = c->filled;
  c->block = NULL;
  c->filled = 0;
  return mr_output_queue_put(c->queue, block, n, c->offset + at - (int64_t)n, may_wait);
}

/* curl gives 16 KiB at a time: they are collected. */
static int put_behind(core *c, const char *bytes, size_t n, int64_t at) {
  while (n > 0) {
    if (!c->block && !(c->block = mr_output_queue_block(c->queue)))
      return ENOMEM;
    size_t room = MR_OUTPUT_BLOCK - c->filled, some = n < room ? n : room;
    memcpy(c->block + c->filled, bytes, some);
    c->filled += some;
    bytes += some;
    n -= some;
    at += (int64_t)some;
    int error = c->filled == MR_OUTPUT_BLOCK || at == c->length ? hand_over(c, at, true) : 0;
    if (error)
      return error;
  }
  return 0;
}

/* On whatever thread the bytes come. */
static int take(mr_http_target *t, const char *bytes, size_t n) {
  core *c = (core *)(void *)t;
  int64_t at = c->taken;
  if ((int64_t)n > c->length - at)
    c->error = EFBIG;
  else if (c->queue)
    c->error = put_behind(c, bytes, n, at);
  else
    c->error = mr_sink_put(c->sink, bytes, n, c->offset + at);
  if (!c->error && c->hasher && mr_hasher_update(c->hasher, bytes, n) < 0)
    c->error = ENOMEM;
  if (!c->error)
    c->taken = at + (int64_t)n;
  return c->error;
}

static void release(mr_http_target *t) {
  core *c = (core *)(void *)t;
  if (c->filled > 0 && !c->error) /* it broke off; this is the state's thread */
    c->error = hand_over(c, c->taken, false);
  c->filled = 0; /* after an error nobody knows what belongs where */
  c->queue = NULL;
  c->busy = false;
  mr_sink_end(c->sink);
  let_go(c);
}

static core *check_idle(lua_State *L) {
  part *p = luaL_checkudata(L, 1, PART_TYPE);
  luaL_argcheck(L, p->core, 1, "the part is closed");
  luaL_argcheck(L, !p->core->busy, 1, "something writes to the part at the moment");
  return p->core;
}

/* The part begins to be written to; raises if it cannot. */
static core *claim(lua_State *L, void *userdata) {
  core *c = ((part *)userdata)->core;
  if (!c || c->busy)
    luaL_error(L, "the part is %s", c ? "written to already" : "closed");
  if (!mr_sink_begin(c->sink))
    luaL_error(L, "the sink of the part is closed");
  c->busy = true;
  c->refs++;
  return c;
}

static mr_http_target *claim_for_reply(lua_State *L, void *userdata) {
  core *c = claim(L, userdata);
  if (c->length - c->taken >= BEHIND)
    c->queue = mr_sink_queue(c->sink);
  return &c->target;
}

/* into(sink, offset, length [, algorithm]) -> part */
static int part_into(lua_State *L) {
  lua_Integer offset = luaL_checkinteger(L, 2), length = luaL_checkinteger(L, 3);
  luaL_argcheck(L, offset >= 0, 2, "an offset cannot be negative");
  luaL_argcheck(L, length >= 0, 3, "a length cannot be negative");
  luaL_argcheck(L, length <= LUA_MAXINTEGER - offset, 3, "no file is that long");
  bool hashes = !lua_isnoneornil(L, 4);
  mr_digest_kind kind = hashes ? mr_crypto_check_kind(L, 4) : MR_CRC32;
  part *p = lua_newuserdatauv(L, sizeof *p, 1);
  p->claim = claim_for_reply;
  p->core = NULL;
  luaL_setmetatable(L, PART_TYPE);
  mr_sink_core *sink = mr_sink_hold(L, 1);
  core *c = calloc(1, sizeof *c);
  if (!c) {
    mr_sink_release(sink);
    mr_error_memory(L);
  }
  c->target = (mr_http_target){take, release};
  c->refs = 1;
  c->sink = sink;
  c->offset = offset;
  c->length = length;
  p->core = c;
  lua_getiuservalue(L, 1, 1); /* the path of the sink */
  lua_setiuservalue(L, -2, 1);
  if (hashes && !(c->hasher = mr_hasher_new(NULL, kind)))
    mr_error_memory(L);
  return 1;
}

static int push_failure(lua_State *L, int error) {
  lua_getiuservalue(L, 1, 1);
  return mr_error_system(L, error, lua_tostring(L, -1));
}

typedef struct write_work {
  mr_work work;
  core *core; /* NULL once released */
  mr_slice data;
} write_work;

static void run_write(mr_work *w) {
  write_work *job = (write_work *)(void *)w;
  take(&job->core->target, job->data.ptr, job->data.len);
}

static void drop_write(mr_work *w) {
  write_work *job = (write_work *)(void *)w;
  if (job->core)
    release(&job->core->target);
  job->core = NULL;
}

static int finish_write(lua_State *L, mr_work *w) {
  int error = ((write_work *)(void *)w)->core->error;
  drop_write(w);
  if (error)
    return push_failure(L, error);
  lua_pushboolean(L, 1);
  return 1;
}

/* part:write(data): what did not come straight from a socket, at the end of what came. */
static int part_write(lua_State *L) {
  core *c = check_idle(L);
  mr_slice data;
  data.ptr = luaL_checklstring(L, 2, &data.len);
  mr_work_check(L);
  write_work *job = mr_work_new(L, sizeof *job, drop_write);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, 1);
  job->data = data;
  claim(L, lua_touserdata(L, 1));
  job->core = c;
  return mr_work_start(L, &job->work, run_write, finish_write);
}

/* part:taken() -> bytes so far */
static int part_taken(lua_State *L) {
  part *p = luaL_checkudata(L, 1, PART_TYPE);
  luaL_argcheck(L, p->core, 1, "the part is closed");
  lua_pushinteger(L, p->core->taken);
  return 1;
}

/* part:check() -> true; or nil and why a write failed */
static int part_check(lua_State *L) {
  const core *c = check_idle(L);
  if (c->error)
    return push_failure(L, c->error);
  lua_pushboolean(L, 1);
  return 1;
}

/* part:digest() -> the raw digest of all bytes; the hasher starts over */
static int part_digest(lua_State *L) {
  unsigned char digest[MR_DIGEST_MAX];
  size_t n;
  core *c = check_idle(L);
  luaL_argcheck(L, c->hasher, 1, "the part was made without a digest");
  if (mr_hasher_final(c->hasher, digest, &n) < 0)
    mr_error_memory(L);
  lua_pushlstring(L, (const char *)digest, n);
  return 1;
}

static int part_close(lua_State *L) {
  part *p = luaL_checkudata(L, 1, PART_TYPE);
  if (p->core)
    let_go(p->core);
  p->core = NULL;
  return 0;
}

static int part_tostring(lua_State *L) {
  const part *p = luaL_checkudata(L, 1, PART_TYPE);
  lua_pushfstring(L, "part (%s)", !p->core ? "closed" : p->core->busy ? "busy" : "idle");
  return 1;
}

/* ---- digests of a range of a file, or of a text ---- */

typedef struct digest_work {
  mr_work work;
  const char *path; /* of a string that the user value anchors; NULL: it is the text */
  const char *text;
  int64_t offset, length, got;
  int count, error;
  mr_digest_kind kinds[MOST_DIGESTS];
  unsigned char digests[MOST_DIGESTS][MR_DIGEST_MAX];
} digest_work;

/* block: for what comes of the file; of a text the bytes are hashed where they stand. */
static int read_and_hash(digest_work *d, int fd, char *block, mr_hasher **hashers) {
  size_t got = 1;
  for (d->got = 0; d->got < d->length && got > 0; d->got += (int64_t)got) {
    const char *bytes = d->text ? d->text + d->got : block;
    int error = 0;
    got = d->length - d->got < BLOCK ? (size_t)(d->length - d->got) : BLOCK;
    if (!d->text)
      error = mr_sys_pread(fd, block, got, d->offset + d->got, &got);
    for (int i = 0; i < d->count && !error; i++)
      error = mr_hasher_update(hashers[i], bytes, got) < 0 ? ENOMEM : 0;
    if (error)
      return error;
  }
  for (int i = 0; i < d->count; i++)
    if (mr_hasher_final(hashers[i], d->digests[i], NULL) < 0)
      return ENOMEM;
  return 0;
}

static void run_digest(mr_work *w) {
  digest_work *d = (digest_work *)(void *)w;
  mr_hasher *hashers[MOST_DIGESTS] = {NULL};
  int fd = -1;
  char *block = d->text ? NULL : malloc(BLOCK);
  d->error = block || d->text ? 0 : ENOMEM;
  for (int i = 0; i < d->count && !d->error; i++)
    if (!(hashers[i] = mr_hasher_new(NULL, d->kinds[i])))
      d->error = ENOMEM;
  if (!d->error && d->path)
    d->error = mr_sys_open_read(d->path, &fd);
  if (!d->error)
    d->error = read_and_hash(d, fd, block, hashers);
  if (fd >= 0)
    mr_sys_close(fd);
  for (int i = 0; i < d->count; i++)
    mr_hasher_free(hashers[i]);
  free(block);
}

static int finish_digest(lua_State *L, mr_work *w) {
  const digest_work *d = (const digest_work *)(const void *)w;
  if (d->error)
    return mr_error_system(L, d->error, d->path ? d->path : "digest");
  if (d->got < d->length) {
    lua_pushnil(L);
    mr_error_push(L, "FileChanged", "%s became shorter while it was read", d->path);
    return 2;
  }
  for (int i = 0; i < d->count; i++)
    lua_pushlstring(L, (const char *)d->digests[i], mr_digest_size(d->kinds[i]));
  return d->count;
}

/* A job with the digests that stand from `first` on; argument 1 lives as long as it. */
static digest_work *new_digest(lua_State *L, int first) {
  int last = lua_gettop(L);
  luaL_argcheck(L, last >= first && last < first + MOST_DIGESTS, first, "one to four digests expected");
  digest_work *d = mr_work_new(L, sizeof *d, NULL);
  for (int arg = first; arg <= last; arg++)
    d->kinds[d->count++] = mr_crypto_check_kind(L, arg);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  return d;
}

/* digest(path, offset, length, algorithm, ...) -> raw digests, in one pass on the pool */
static int part_of_file(lua_State *L) {
  const char *path = mr_check_path(L, 1);
  mr_context_require(L, MR_CAP_READ, path);
  lua_Integer offset = luaL_checkinteger(L, 2), length = luaL_checkinteger(L, 3);
  luaL_argcheck(L, offset >= 0, 2, "an offset cannot be negative");
  luaL_argcheck(L, length >= 0, 3, "a length cannot be negative");
  luaL_argcheck(L, length <= LUA_MAXINTEGER - offset, 3, "no file is that long");
  digest_work *d = new_digest(L, 4);
  d->path = path;
  d->offset = offset;
  d->length = length;
  return mr_work_start(L, &d->work, run_digest, finish_digest);
}

/* digest_of(text, algorithm, ...) -> raw digests, in one pass on the pool */
static int part_of_text(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  digest_work *d = new_digest(L, 2);
  d->text = text;
  d->length = (int64_t)length;
  return mr_work_start(L, &d->work, run_digest, finish_digest);
}

int luaopen_moonrock_part(lua_State *L) {
  static const luaL_Reg functions[] = {{"digest", part_of_file}, {"digest_of", part_of_text}, {"into", part_into}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"check", part_check}, {"close", part_close},
                                     {"digest", part_digest}, {"taken", part_taken},
                                     {"write", part_write},   {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", part_close},
                                  {"__close", part_close},
                                  {"__tostring", part_tostring},
                                  {NULL, NULL}};
  if (mr_type_new(L, PART_TYPE)) {
    luaL_setfuncs(L, meta, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "__target");
    lua_pushliteral(L, "part");
    lua_setfield(L, -2, "__metatable");
    mr_type_done(L, PART_TYPE);
  }
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
