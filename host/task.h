/* SPDX-License-Identifier: MIT
 *
 * task.h -- how a C function that Lua calls waits.
 * Three steps: take a waiter, hand it to whatever will call mr_wait_wake, return
 * mr_wait_park.  The continuation's first act is mr_wait_resumed, where a cancelled task
 * raises.  A waiter that is woken late, twice or after a cancel does nothing.
 *
 *   static int after(lua_State *L, int status, lua_KContext ctx) {
 *     mr_wait_resumed(L);
 *     ...push results...
 *   }
 *   static int slow(lua_State *L) {
 *     thing->waiter = mr_wait_prepare(L);
 *     ...start...
 *     return mr_wait_park(L, 0, after);
 *   }
 */
#ifndef MR_TASK_H
#define MR_TASK_H

#include <lua.h>

#include "host/buf.h"
#include "host/pool.h"

typedef struct mr_waiter {
  mr_state *state;
  uint32_t task;   /* 0: nobody */
  uint32_t ticket; /* which of the task's waits */
} mr_waiter;

/* May the caller wait here?  For functions that can also do without. */
bool mr_wait_possible(lua_State *L);
/* Raises an error that names the place where C stands between, or no task runs. */
void mr_wait_check(lua_State *L);
mr_waiter mr_wait_prepare(lua_State *L); /* likewise */
int mr_wait_park(lua_State *L, lua_KContext ctx, lua_KFunction k);
void mr_wait_resumed(lua_State *L);
/* Will mr_wait_resumed raise?  For what should be dropped at once, not by the collector. */
bool mr_wait_stopping(lua_State *L);
bool mr_wait_wake(mr_waiter w); /* false if nobody waits there any more */
bool mr_wait_open(mr_waiter w); /* does somebody? */

/* Several that wait for the same thing: a mr_buf of mr_waiter, on any allocator. */
typedef mr_buf mr_waiters;
/* As mr_wait_prepare, and the waiter joins the list.  Raises too when memory is short. */
void mr_waiters_join(lua_State *L, mr_waiters *list);
/* Wakes and forgets all.  Each looks again at what it waits for. */
void mr_waiters_wake(mr_waiters *list);

/* Work on the pool on behalf of the running task.  The struct is the first member of the
 * caller's own, inside a userdata; its memory stays until the job has ended, whatever
 * happens to the task.  A job whose task has gone is told by job.stop, if it has one, and dropped
 * as soon as it has ended.  `run` is on a worker thread: no Lua, no host allocator. */
typedef struct mr_work mr_work;
struct mr_work {
  mr_job job;
  void (*run)(mr_work *w);
  int (*finish)(lua_State *L, mr_work *w); /* pushes the results, returns their number */
  void (*drop)(mr_work *w);                /* releases what it holds; may be NULL */
  mr_waiter waiter;
  lua_State *realm_L; /* whose registry anchors it while the job is under way */
  bool is_long;       /* computes for long: files must not wait behind it */
  bool in_place;      /* a few system calls and no more: runs at once, on this thread */
};
/* Raises where the caller may not wait: before anything is marked as in use by a job. */
void mr_work_check(lua_State *L);
/* Pushes a zeroed userdata of `size` bytes that starts with an mr_work and has one user
 * value, in which the caller anchors the Lua values (strings) that `run` reads.  May run
 * finalizers: look only then at what a script may have closed. */
void *mr_work_new(lua_State *L, size_t size, void (*drop)(mr_work *w));
/* The work userdata is on top.  Use as `return mr_work_start(...)`. */
int mr_work_start(lua_State *L, mr_work *w, void (*run)(mr_work *),
                  int (*finish)(lua_State *, mr_work *));

#endif
