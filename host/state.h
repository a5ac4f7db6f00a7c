/* SPDX-License-Identifier: MIT
 *
 * state.h -- what an mr_state is made of; for the host's Lua level (H2, H3) only.
 * A realm is one Lua state: the main one, or an isolate.  All realms of a state share its
 * loop, clock and scheduler; a task belongs to one realm for life. */
#ifndef MR_STATE_H
#define MR_STATE_H

#include <lua.h>
#include <stdatomic.h>

#include "host/context.h"
#include "host/loop.h"
#include "host/pool.h"
#include "host/preempt.h"
#include "host/reserve.h"
#include "host/task.h"

typedef struct mr_realm mr_realm;
typedef struct mr_late mr_late;
struct mr_realm {
  mr_state *state;
  lua_State *L;
  mr_alloc alloc;
  bool is_main;         /* its tasks keep mr_run going; an isolate's do not */
  bool closing;         /* its finalizers run: nothing new can start */
  bool deterministic;   /* stable pairs, no addresses in text */
  uint64_t random[4];   /* moonrock.random's generator */
  bool random_seeded;
  mr_realm *next;
  mr_late *late; /* buffers that finalizers took while it closed */
  mr_reserve reserve;
};

/* What a task, or a future, will give to those who wait for it.  The values are the user
 * value of the userdata that holds the struct: a table with field n. */
typedef struct mr_future {
  bool done;
  bool failed;
  bool observed;  /* somebody asked for the outcome */
  mr_buf waiters; /* of mr_waiter */
} mr_future;

typedef enum mr_task_phase { TASK_READY, TASK_RUNNING, TASK_WAITING, TASK_DONE } mr_task_phase;

/* Why a task is being stopped; the later ones override the earlier. */
typedef enum mr_stop { STOP_NO, STOP_CANCEL, STOP_DEADLOCK, STOP_EXIT, STOP_INTERRUPT, STOP_LIMIT } mr_stop;

/* How the thread that just yielded meant it. */
typedef enum mr_yield { YIELD_SCRIPT, YIELD_WAIT, YIELD_PREEMPT } mr_yield;

typedef struct mr_task_record mr_task_record;
struct mr_task_record {
  mr_future outcome; /* first: a task is a future */
  uint32_t id;
  mr_realm *realm;
  lua_State *L; /* the task's first thread; NULL once it has ended */
  mr_task_phase phase;
  uint32_t ticket; /* of the present wait */
  bool wait_open, woken;
  int nargs;              /* values on L's stack for the first resume */
  mr_stop stop;           /* asked for */
  bool stop_raised;       /* the error has been raised: cleanup runs */
  bool killed;            /* cleanup took too long: nothing is caught any more */
  bool reported;          /* made by mr_spawn: mr_reap tells how it ended */
  uint64_t stop_guard;    /* protected calls older than this pass the stop on */
  int64_t cpu_used;       /* ns, up to the last suspension */
  int64_t cpu_cap;        /* ns; 0 none */
  mr_timer timer;         /* sleep, and the time limit of cleanup */
  mr_timer deadline;
  mr_task_record *next;   /* in the ready queue, or the list of the ended */
};

typedef struct mr_queue {
  mr_task_record *head, *tail;
} mr_queue;

typedef struct mr_task_slot {
  mr_task_record *task; /* NULL when free */
  uint32_t generation;  /* the high bits of the id: an old id finds nothing */
} mr_task_slot;

struct mr_state {
  mr_config config;
  mr_alloc alloc; /* of the state's own structs; the main realm counts in it too */
  struct mr_alloc_classes *memory; /* behind it; NULL where the embedder has given an allocator */
  mr_log log;
  mr_clock clock;
  mr_loop *loop;
  mr_pool *pool;
  mr_pool *crew; /* for work that takes long; NULL until there is some */
  struct mr_http *http; /* NULL until a script asks for it */
  mr_preempt *preempt;
  mr_realm main;
  mr_realm *isolates;
  char *script_dir;
  mr_buf message; /* mr_errmsg */

  mr_task_slot *slots; /* by the low bits of a task's id */
  uint32_t slot_count, slot_hint, live, live_main;
  mr_queue ready, ended;
  mr_task_record *current;
  mr_task_record *preempted; /* runs before all others */
  mr_yield yield;
  uint64_t guard; /* counts protected calls */
  int blocked;    /* resumes below which C stands, so that nothing may wait */
  lua_State *closing; /* the thread that coroutine.close is unwinding */
  uint64_t closing_guard;

  lua_State *volatile running; /* the innermost thread: the one a hook may be armed on */
  int64_t slice_end;           /* real ns; INT64_MAX without a budget */
  int64_t slice_cpu;           /* CPU clock when the running task was resumed */
  bool hook_always;            /* no preempt signal, and a budget or cap is in force */
  atomic_int interrupts; /* counted by mr_interrupt, from any thread */
  int interrupts_seen;
  atomic_bool terminating; /* by mr_terminate, for good */
  mr_waiter interrupt_waiter;  /* a task that wants the next interrupt for itself */
  bool interrupt_at_prompt;    /* it is a prompt's */
  uint32_t interrupt_task;     /* the only one that interrupts stop, alive or not; 0: all */
  uint32_t interrupt_owner;    /* who has said so */
  bool (*look)(void *ud);      /* asked while a task runs and does not wait: is it to be stopped? */
  void *look_ud;
  bool exiting;
  int exit_code;
};

mr_realm *mr_realm_of(lua_State *L);
/* What its Lua state counts in. */
static inline mr_alloc *mr_realm_account(mr_realm *realm) {
  return realm->is_main ? &realm->state->alloc : &realm->alloc;
}
void mr_context_open(lua_State *L, mr_realm *realm);
/* Behind lua_close: gives back what finalizers took. */
void mr_context_end(mr_realm *realm);

#endif
