/* SPDX-License-Identifier: MIT
 *
 * sched.h -- what the parts of the scheduler ask of each other: tasks, futures, coroutines
 * and limits.  C code that only wants to wait needs task.h. */
#ifndef MR_SCHED_H
#define MR_SCHED_H

#include "host/state.h"

/* ---- task.c: the scheduler ---- */
#define MR_TASK_TYPE "moonrock.task" /* the name of the metatable */
#define MR_CLEANUP_NS (10 * MR_SECOND)
/* The function and its arguments are on top of L (nargs above the function); pops them and
 * pushes the task's userdata.  May raise. */
mr_task_record *mr_task_spawn(lua_State *L, int nargs);
mr_task_record *mr_task_find(mr_state *s, uint32_t id); /* NULL once it has ended */
/* Asks for a stop: the error is raised at the task's wait, or in the hook while it runs.  No
 * effect on a task that has ended.  Never raises. */
void mr_task_stop(mr_task_record *t, mr_stop why);
/* For an interrupt; one that finds the task stopped by one already ends its cleanup. */
void mr_task_interrupt(mr_task_record *t);
/* The same for all tasks, or those of the main realm; a second interrupt ends cleanup. */
void mr_task_stop_all(mr_state *s, mr_stop why, bool main_only);
/* Gives an interrupt to the task that waits for one, or stops the one that all interrupts are
 * for, instead of stopping all; false if there is neither, or if the program is to end. */
bool mr_task_take_interrupt(mr_state *s);
/* Nothing can happen any more: ends the wait of the task that interrupts are for, or of all. */
void mr_task_stop_stuck(mr_state *s);
/* Runs one ready task to its next wait; false if none was ready. */
bool mr_task_run_one(mr_state *s);
/* Raises the stop error of the running task if one is due. */
void mr_task_check_stop(lua_State *L);
/* Is the error to be raised now?  Cleanup that runs already is not disturbed. */
bool mr_task_stop_due(const mr_task_record *t);
/* Raises it at once, on L, a thread of that task. */
void mr_task_raise_stop(lua_State *L, mr_task_record *t);
/* Makes the metatable of tasks, which the first task needs already. */
void mr_task_type(lua_State *L);
/* Forces every task of a realm to its end without cleanup; before its state is closed. */
void mr_task_abandon(mr_realm *realm);

/* ---- future.c ---- */
/* Takes nvalues from the top of the stack as the outcome of the future at idx, and wakes who
 * waits.  May raise for want of memory; then the future is as before. */
void mr_future_finish(lua_State *L, int idx, mr_future *f, bool failed, int nvalues);
/* f:wait(): for a future or a task at 1. */
int mr_future_wait(lua_State *L);
/* Pushes a future.  Its second user value is free for its maker. */
int mr_future_new(lua_State *L);
void mr_future_drop(mr_future *f); /* its waiters; the struct is its userdata's */

/* ---- coro.c ---- */
/* The body of every coroutine: runs the function below it so that __close may wait. */
int mr_coro_body(lua_State *L);
/* The globals pcall and xpcall and moonrock.error.try: may wait inside, and let the error by
 * which a task is stopped go on. */
int mr_pcall_face(lua_State *L);
int mr_xpcall_face(lua_State *L);
int mr_try_face(lua_State *L);
/* Runs thread `co` and keeps the bookkeeping of hooks; as lua_resume.  After LUA_YIELD
 * s->yield tells whether a script or the host meant it. */
int mr_coro_resume(mr_state *s, lua_State *co, lua_State *from, int nargs, int *nresults);

/* The thread that the innermost function of `co` has resumed; NULL if it resumed none. */
lua_State *mr_coro_inner(lua_State *co);

/* ---- shield.c ---- */
/* Does the task run or wait in a __close handler at the ordinary end of a block? */
bool mr_task_shielded(const mr_task_record *t);

/* ---- limit.c ---- */
/* Puts on thread L the hook that the running task needs now, or takes it off. */
void mr_limit_arm(mr_state *s, lua_State *L);
void mr_limit_tick(void *state); /* the preempt signal's handler calls this */
/* Decides anew whether hooks are always on; before a slice. */
void mr_limit_refresh(mr_state *s);
/* CPU time of the task until now, in ns. */
int64_t mr_limit_cpu(const mr_state *s, const mr_task_record *t);
/* For code of a task that runs outside its turn (handlers of a reset, the text of its
 * error): between the two calls L may not wait, and is killed after a second of CPU time. */
typedef struct mr_aftermath {
  mr_task_record *current;
  lua_State *running;
  int64_t slice_cpu, cpu_cap, cpu_used;
  bool hook_always, killed;
} mr_aftermath;
mr_aftermath mr_limit_aftermath(mr_state *s, mr_task_record *t, lua_State *L);
void mr_limit_aftermath_end(mr_state *s, lua_State *L, mr_aftermath before);

#endif
