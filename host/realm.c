/* SPDX-License-Identifier: MIT
 *
 * realm.c -- opens and closes a Lua state with its own memory account.
 * The main realm counts in the account of the mr_state; an isolate in its own and there too, so
 * that the state's cap holds for all it has made. */
#include <lauxlib.h>
#include <lualib.h>

#include "host/realm.h"
#include "host/sched.h"

/* Credit for the collector (5.4 adds the size of a step to its debt): while a program starts there
 * is next to no garbage, and to look for it would take a twentieth of the start. */
enum { UNCOLLECTED_KIB = 512 };

/* Lua stops its collector while a finalizer runs, and answers -1 as long as it stands still. */
static bool finalizing(const mr_realm *realm) {
  return realm->L && lua_gc(realm->L, LUA_GCISRUNNING) < 0;
}

/* A finalizer that cannot be called for want of memory is lost, and with it a file, a socket, a
 * buffer.  A call takes a record and perhaps a larger stack: what the allocator refuses while
 * finalizers run comes out of the reserve. */
static void *reserved_alloc(mr_realm *realm, void *ptr, size_t old, size_t n) {
  mr_alloc *account = mr_realm_account(realm);
  bool reserved = mr_reserve_owns(&realm->reserve, ptr);
  if (reserved && n <= old) {
    mr_reserve_trim(&realm->reserve, ptr, old, n);
    return n ? ptr : NULL;
  }
  void *got = reserved ? mr_alloc_resize(account, NULL, 0, n) : NULL;
  if (!got && finalizing(realm))
    got = mr_reserve_get(&realm->reserve, n);
  if (!got)
    return NULL;
  if (old)
    memcpy(got, ptr, old);
  if (reserved)
    mr_reserve_trim(&realm->reserve, ptr, old, 0);
  else if (ptr)
    mr_alloc_resize(account, ptr, old, 0);
  return got;
}

static void *realm_alloc(void *ud, void *ptr, size_t old, size_t n) {
  mr_realm *realm = ud;
  if (!ptr)
    old = 0; /* Lua says there what the memory is for */
  if (!mr_reserve_owns(&realm->reserve, ptr)) {
    void *got = mr_alloc_resize(mr_realm_account(realm), ptr, old, n);
    if (got || n == 0)
      return got;
  }
  return reserved_alloc(realm, ptr, old, n);
}

static int open_libraries(lua_State *L) {
  mr_realm *realm = lua_touserdata(L, 1);
  mr_context_open(L, realm);
  mr_task_type(L);
  mr_sandbox_open(L, realm);
  mr_require_open(L, realm);
  mr_sandbox_seal(L);
  return 0;
}

int mr_realm_open(mr_realm *realm, mr_state *s, bool is_main, size_t max_memory) {
  realm->state = s;
  realm->is_main = is_main;
  mr_alloc_init(&realm->alloc, s->alloc.fn, s->alloc.ud, max_memory);
  realm->alloc.parent = &s->alloc;
  realm->L = lua_newstate(realm_alloc, realm);
  if (!realm->L)
    return MR_ERR_MEMORY;
  lua_gc(realm->L, LUA_GCSTEP, -UNCOLLECTED_KIB);
  /* Protected, so that a cap too small for the libraries is a failed create. */
  lua_pushcfunction(realm->L, open_libraries);
  lua_pushlightuserdata(realm->L, realm);
  int status = lua_pcall(realm->L, 1, 0, 0);
  if (status == LUA_OK)
    return MR_OK;
  mr_buf_reset(&s->message);
  const char *text = lua_tostring(realm->L, -1);
  mr_buf_puts(&s->message, text ? text : "the libraries did not open");
  return status == LUA_ERRMEM ? MR_ERR_MEMORY : MR_ERR_RUN;
}

void mr_realm_close(mr_realm *realm) {
  if (!realm->L)
    return;
  mr_task_abandon(realm);
  realm->closing = true;
  lua_close(realm->L);
  mr_context_end(realm);
  realm->L = NULL;
}
