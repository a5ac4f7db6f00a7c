/* SPDX-License-Identifier: MIT
 *
 * moonrock.h -- embed the host in a C program.  This is the only public header.
 *
 * Threads: one mr_state is used by one thread at a time; states share nothing.
 *          Only mr_interrupt() and mr_terminate() may be called from any thread or signal handler.
 * Errors:  a result >= 0 is progress, < 0 is failure; mr_errmsg() explains it.
 *          No call exits the process, prints, or longjmps past your frames.
 * Memory:  you own what you pass in, the state owns what it returns; returned
 *          pointers live until the next call on that state, unless it says more. */
#ifndef MOONROCK_H
#define MOONROCK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MR_API
#define MR_API extern
#endif
#define MR_VERSION 100 /* major * 10000 + minor * 100 + patch */
#define MR_VERSION_TEXT "0.1.0"
MR_API int mr_version(void); /* the MR_VERSION the library was built as */

typedef struct mr_state mr_state; /* an interpreter, its tasks and its loop */
typedef uint32_t mr_task;         /* a running script; 0 is never a task */
struct lua_State;

typedef enum mr_status {
  MR_OK = 0,          /* done: nothing left to do */
  MR_AGAIN = 1,       /* the budget ran out with work left: step again */
  MR_WAIT = 2,        /* every task waits for a descriptor or a timer */
  MR_ERR_ARG = -1,    /* the caller broke a rule in this header */
  MR_ERR_SYNTAX = -2, /* the script did not compile */
  MR_ERR_RUN = -3,    /* the script raised an error */
  MR_ERR_MEMORY = -4, /* max_memory reached, or the allocator refused */
  MR_ERR_LIMIT = -5,  /* max_cpu_us or max_tasks reached */
  MR_ERR_CANCEL = -6, /* mr_cancel, mr_interrupt or mr_destroy stopped it */
  MR_ERR_DENIED = -7, /* a capability is missing, or authorize said no */
  MR_ERR_IO = -8      /* the operating system refused; see mr_errmsg */
} mr_status;
MR_API const char *mr_status_name(mr_status status); /* never NULL */

/* ---- configuration: an all-zero config is the safe one ------------------ */

enum { /* what scripts may touch; 0 is pure computation */
  MR_CAP_CLOCK = 1u << 0,
  MR_CAP_ENV = 1u << 1,
  MR_CAP_READ = 1u << 2,
  MR_CAP_WRITE = 1u << 3,
  MR_CAP_NET = 1u << 4,
  MR_CAP_PROCESS = 1u << 5,
  MR_CAP_DEBUG = 1u << 6, /* the debug library, finalizers: voids every other limit */
  MR_CAP_ALL = (1u << 7) - 1
};

typedef enum mr_level { MR_DEBUG, MR_INFO, MR_WARN, MR_ERROR } mr_level;
/* As lua_Alloc: n == 0 frees; may fail; must not call back into the state;
 * called only from the thread that uses the state. */
typedef void *(*mr_alloc_fn)(void *ud, void *ptr, size_t old, size_t n);
/* Text is UTF-8, ends in NUL, has no newline, and holds no credentials. */
typedef void (*mr_log_fn)(void *ud, mr_level level, const char *text);
/* Asked before each use of a capability: cap is one MR_CAP_ bit, what is a
 * path, "host:port", variable or program name.  Nonzero allows it. */
typedef int (*mr_authorize_fn)(void *ud, unsigned cap, const char *what);

typedef struct mr_config {
  size_t size;               /* sizeof(mr_config): how the ABI grows */
  unsigned caps;             /* MR_CAP_ bits; 0 denies everything */
  size_t max_memory;         /* bytes, Lua heap and buffers; 0 no cap */
  int64_t max_cpu_us;        /* CPU time a task may use; 0 no cap */
  uint32_t max_tasks;        /* alive at once; 0 no cap */
  const char *script_dir;    /* searched before built-ins; NULL for none */
  mr_alloc_fn alloc;         /* NULL for the state's own, which keeps what is freed */
  mr_log_fn log;             /* NULL for silence */
  mr_authorize_fn authorize; /* NULL to go by caps alone */
  void *ud;                  /* handed to the three hooks above */
  int preempt_signal;        /* a free signal number: a 1 ms timer in place of a slower hook */
  int inline_network;        /* 1: the network on your thread; 0: on one of the state's own */
} mr_config;
#define MR_CONFIG_INIT {sizeof(mr_config), 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, 0, 0}

/* ---- life cycle --------------------------------------------------------- */
/* Copies config (NULL: all defaults).  On failure *out is still set whenever
 * memory allowed, so that mr_errmsg(*out) works; destroy it either way. */
MR_API mr_status mr_create(const mr_config *config, mr_state **out);
/* Cancels all tasks, runs their cleanup (10 s at most), frees everything.  NULL is fine. */
MR_API void mr_destroy(mr_state *s);
/* Why the last failing call on s failed; "" if none did; never NULL.  For a
 * NULL s, as after a failed mr_create, it says "out of memory". */
MR_API const char *mr_errmsg(const mr_state *s);
/* Bytes in use now, as counted against max_memory. */
MR_API size_t mr_memory(const mr_state *s);

/* ---- scripts ------------------------------------------------------------ */
/* Compiles text (never bytecode) into a task and queues it; nothing runs until
 * the next step.  argv reaches the script as `...`.  name is for messages. */
MR_API mr_status mr_spawn(mr_state *s, const char *name, const char *text, size_t len, int argc,
                          const char *const *argv, mr_task *out);
/* The same from a file (needs MR_CAP_READ) or, as "@name", a built-in script. */
MR_API mr_status mr_spawn_file(mr_state *s, const char *path, int argc, const char *const *argv,
                               mr_task *out);
/* Asks a task to stop: it unwinds at its next step.  MR_ERR_ARG if it has ended. */
MR_API mr_status mr_cancel(mr_state *s, mr_task task);
/* Stops all tasks soon, even busy loops inside pcall; ends mr_poll.  Twice: cleanup too.  A
 * script may take a call for its own (a prompt does); returns how many none has taken. */
MR_API int mr_interrupt(mr_state *s);
MR_API int mr_terminate(mr_state *s); /* the same, but past prompts and what is run at them */

typedef struct mr_report {
  mr_task task;
  mr_status status; /* how that task ended */
  const char *text; /* its first result as text, or the error with traceback; */
  size_t len;       /* valid until the next mr_reap */
  int exit_code;    /* what a script gave to os.exit, which ends every task; 0: success, 1: error */
} mr_report;
/* Takes one finished task off the list: 1 if *out was filled, 0 if none. */
MR_API int mr_reap(mr_state *s, mr_report *out);

/* Adds a C module for scripts to require.  open is an ordinary luaopen_*. */
MR_API mr_status mr_module(mr_state *s, const char *name, int (*open)(struct lua_State *));
/* The main Lua state, for use between steps; protect your own calls. */
MR_API struct lua_State *mr_lua(mr_state *s);

/* ---- running ------------------------------------------------------------ */
/* One slice: moves ready I/O, then runs ready tasks for about budget_us.  Never blocks; preempts
 * no C function.  OK, AGAIN or WAIT; < 0 if the state itself broke (of a task: see mr_reap). */
MR_API mr_status mr_step(mr_state *s, int64_t budget_us);
/* With no loop: waits up to timeout_ms (-1: for ever) until mr_step has something to do. */
MR_API mr_status mr_poll(mr_state *s, int timeout_ms);
/* Step and poll until every task has ended; returns the first failure not yet reaped. */
MR_API mr_status mr_run(mr_state *s);

/* For programs with a loop: wait on these, at most this long, then mr_step. */
typedef struct mr_fd {
  intptr_t fd;     /* int, or SOCKET on Windows */
  unsigned events; /* MR_IN | MR_OUT */
} mr_fd;
enum { MR_IN = 1, MR_OUT = 2 };
/* Fills up to max entries; returns how many there are (fds may be NULL). */
MR_API size_t mr_fds(const mr_state *s, mr_fd *fds, size_t max);
MR_API int mr_timeout_ms(const mr_state *s); /* 0 step now, -1 no deadline */

#ifdef __cplusplus
}
#endif
#endif
