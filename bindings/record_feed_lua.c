/* SPDX-License-Identifier: MIT
 *
 * record_feed_lua.c -- the lint on the pool: pieces of text, and ranges of a file.
 * Several tasks may feed at once; blocks are checked by any threads and taken in the order of
 * the calls.  What a block needs is used again by later ones, since fresh memory costs as much
 * as the check of the bytes that are put there. */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>

#include "bindings/record_lua.h"
#include "host/context.h"
#include "host/error.h"
#include "host/sink.h"
#include "host/sys.h"
#include "host/sys_lines.h"
#include "host/task.h"

typedef struct mr_checker {
  struct mr_checker *next; /* of the spare ones */
  mr_record_block block;
  mr_sys_lines input;
} checker;

/* A block on the pool. */
struct mr_feeding {
  mr_work work;
  mr_linter *linter; /* NULL: closed, or the block was taken */
  mr_feeding *next;
  checker *checker;
  const char *path; /* NULL: the block's lines are there */
  int64_t from, to, size;
  int error; /* an errno value */
  bool is_checked;
};

static void free_checker(checker *c) {
  mr_record_block_clear(&c->block);
  mr_sys_lines_clear(&c->input);
  free(c);
}

void mr_linter_drop_blocks(mr_linter *l) {
  for (mr_feeding *f = l->oldest; f; f = f->next)
    f->linter = NULL;
  l->oldest = l->newest = NULL;
  while (l->spare) {
    checker *c = l->spare;
    l->spare = c->next;
    free_checker(c);
  }
}

static mr_feeding *feeding_of(mr_work *w) {
  return (mr_feeding *)(void *)w;
}

static void drop_feeding(mr_work *w) {
  mr_feeding *f = feeding_of(w);
  if (f->checker)
    free_checker(f->checker);
  f->checker = NULL;
  if (!f->linter)
    return;
  f->linter->lost = true;
  mr_linter_release(f->linter);
}

static void run_text(mr_work *w) {
  mr_record_block_check(&feeding_of(w)->checker->block);
}

/* Lines are checked where they stand, but for those that go on in the next piece. */
static void check_range(mr_sys_lines *in, mr_record_block *b) {
  mr_slice bytes;
  bool more = mr_sys_lines_next(in, &bytes);
  b->offset = (uint64_t)in->start;
  mr_record_block_begin(b);
  for (; more; more = mr_sys_lines_next(in, &bytes)) {
    if (b->has_rest) {
      const char *newline = (const char *)memchr(bytes.ptr, '\n', bytes.len);
      size_t n = newline ? (size_t)(newline - bytes.ptr) : bytes.len;
      mr_record_block_hold(b, mr_slice_make(bytes.ptr, n));
      if (!newline)
        continue;
      mr_record_block_line(b);
      mr_buf_reset(&b->head);
      b->head_length = 0;
      b->has_rest = false;
      bytes = mr_slice_make(newline + 1, bytes.len - n - 1);
    }
    size_t whole = bytes.len;
    while (whole > 0 && bytes.ptr[whole - 1] != '\n')
      whole--;
    mr_record_block_lines(b, mr_slice_make(bytes.ptr, whole));
    b->has_rest = whole < bytes.len;
    if (b->has_rest)
      mr_record_block_hold(b, mr_slice_make(bytes.ptr + whole, bytes.len - whole));
  }
}

static void run_lines(mr_work *w) {
  mr_feeding *f = feeding_of(w);
  mr_sys_lines *in = &f->checker->input;
  int fd;
  f->error = mr_sys_open_read(f->path, &fd);
  if (f->error)
    return;
  mr_sys_lines_begin(in, fd, f->from, f->to, f->size);
  check_range(in, &f->checker->block);
  mr_record_block_end(&f->checker->block);
  f->error = in->error;
  mr_sys_close(fd);
}

/* Takes the oldest blocks as far as they are checked; pushes their findings. */
static int finish_feeding(lua_State *L, mr_work *w) {
  mr_feeding *f = feeding_of(w);
  mr_linter *l = f->linter;
  int status = MR_OK;
  if (f->error) {
    if (l) {
      l->lost = true;
      mr_linter_release(l);
    }
    return mr_error_system(L, f->error, f->path);
  }
  lua_getiuservalue(L, 1, 1);
  f->is_checked = true;
  while (l && l->oldest && l->oldest->is_checked && status == MR_OK) {
    mr_feeding *oldest = l->oldest;
    checker *c = oldest->checker;
    l->oldest = oldest->next;
    l->newest = l->oldest ? l->newest : NULL;
    oldest->linter = NULL;
    oldest->checker = NULL;
    status = mr_record_take(l->record, &c->block);
    c->next = l->spare;
    l->spare = c;
    lua_pushnil(L);
    lua_rawsetp(L, -2, oldest);
  }
  if (status != MR_OK)
    mr_linter_no_memory(L, l);
  lua_newtable(L);
  if (l)
    mr_linter_take_findings(L, l, lua_gettop(L));
  return 1;
}

/* Pushes a work, which keeps the value at `kept`; the linter at 1 keeps it. */
static mr_feeding *begin(lua_State *L, mr_linter *l, int kept) {
  mr_work_check(L);
  mr_feeding *f = (mr_feeding *)mr_work_new(L, sizeof *f, drop_feeding);
  mr_linter_check(L);
  f->checker = l->spare;
  if (f->checker) {
    l->spare = f->checker->next;
  } else {
    f->checker = (checker *)calloc(1, sizeof *f->checker);
    if (!f->checker)
      mr_error_memory(L);
    mr_record_block_init(&f->checker->block, NULL);
    mr_sys_lines_init(&f->checker->input, NULL);
  }
  lua_pushvalue(L, kept);
  lua_setiuservalue(L, -2, 1);
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, f);
  lua_pop(L, 1);
  return f;
}

/* `return start(...)`: the work, cut, joins those that are out. */
static int start(lua_State *L, mr_linter *l, mr_feeding *f, void (*run)(mr_work *)) {
  f->linter = l;
  if (l->newest)
    l->newest->next = f;
  else
    l->oldest = f;
  l->newest = f;
  return mr_work_start(L, &f->work, run, finish_feeding);
}

int mr_linter_feed_on_pool(lua_State *L, mr_linter *l) {
  size_t n;
  const char *bytes = lua_tolstring(L, 2, &n);
  mr_feeding *f = begin(L, l, 2); /* the text stays while it is read */
  if (mr_record_cut(l->record, bytes, n, &f->checker->block) != MR_OK)
    mr_linter_no_memory(L, l);
  return start(L, l, f, run_text);
}

/* linter:feed_lines(path, from, to, size) -> findings as of feed; or nil and an error object, and
 * the linter is closed.  What is read are the lines that begin in these bytes; together the ranges
 * cover the file. */
int mr_linter_feed_lines(lua_State *L) {
  mr_linter *l = mr_linter_check(L);
  luaL_argcheck(L, !l->finished, 1, "the linter is finished");
  luaL_argcheck(L, !l->oldest || mr_record_family_known(l->record), 1,
                "the first record must be known before other lines are fed");
  const char *path = mr_check_path(L, 2);
  lua_Integer from = luaL_checkinteger(L, 3), to = luaL_checkinteger(L, 4),
              size = luaL_checkinteger(L, 5);
  luaL_argcheck(L, from >= 0 && to > from && to <= size && to - from <= 1 << 30, 4,
                "no range of bytes");
  luaL_argcheck(L, (uint64_t)from == mr_record_stats_of(l->record)->bytes, 3,
                "a range begins where the last one ended");
  mr_context_require(L, MR_CAP_READ, path);
  lua_settop(L, 2);
  mr_feeding *f = begin(L, l, 2);
  f->path = path;
  f->from = from;
  f->to = to;
  f->size = size;
  mr_record_claim(l->record, (uint64_t)(to - from), &f->checker->block);
  return start(L, l, f, run_lines);
}
