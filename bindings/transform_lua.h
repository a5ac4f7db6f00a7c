/* SPDX-License-Identifier: MIT
 *
 * transform_lua.h -- what the two threads of a transform share: ours, which hands out blocks
 * and takes their outcome (transform_lua.c), and that of a worker, which maps their records
 * (transform_map_lua.c).  A worker has one block at a time; while its job runs, all that is
 * here is the worker's but `stop`. */
#ifndef MR_TRANSFORM_LUA_H
#define MR_TRANSFORM_LUA_H

#include <stdatomic.h>

#include "bindings/jsonl_lua.h"
#include "host/output_order.h"
#include "host/sink.h"
#include "host/sys_lines.h"
#include "host/task.h"

typedef enum mr_fault_kind { MR_FAULT_SYNTAX, MR_FAULT_LONG, MR_FAULT_MAP } mr_fault_kind;

typedef struct mr_map_fault {
  mr_fault_kind kind;
  uint64_t record, line, column, offset;
  size_t reason, line_text; /* lengths of what follows in the buffer */
} mr_map_fault;

/* Where the outputs of all workers go, block by block; held by its userdata and by each job. */
typedef struct mr_map_output {
  int refs; /* of our thread alone */
  mr_sink_core *sink;
  bool is_begun; /* the sink waits for the end */
  mr_output_order *order;
  uint64_t blocks;        /* that were begun */
  char name[];            /* for errors */
} mr_map_output;

/* Shared by the worker and its job. */
typedef struct mr_worker_core {
  mr_state *s;
  mr_alloc *account; /* whose cap is shared */
  size_t share;      /* bytes of it, for s; 0 without a cap */
  int refs;          /* of our thread alone */
  bool busy;
  atomic_bool stop;
  mr_jsonl lines;
  mr_sys_lines range; /* of the input, where that is a file */
  char *input;        /* name of the file that is open; NULL */
  mr_buf out, faults;
  bool has_map, has_failed;
} mr_worker_core;

typedef struct mr_block {
  mr_work work;
  mr_worker_core *core;
  const mr_slice *parts; /* the block; NULL: it is lines of a file */
  size_t count, next;    /* parts, and those that were mapped */
  const char *input;     /* the file's name; the range of bytes in which the lines begin */
  int64_t from, to, size;
  mr_map_output *output; /* NULL: the output goes back to Lua */
  uint64_t number;       /* of the block in the output */
  int error;             /* errno value of reading, or of writing */
  bool is_write_error;
  bool is_first, stop_at_fault, keep_lines;
  mr_slice script; /* for the first job */
  const char *name, *path;
  bool is_function;
  uint64_t records, written, lines;
  mr_jsonl_line line; /* the one being mapped */
  mr_status status;
  mr_buf why; /* of a failure that is no record's */
} mr_block;

/* The job, on a thread of the crew. */
void mr_block_run(mr_work *work);

/* ---- transform_files_lua.c ---- */
/* The next bytes of the block; false at its end or after an error. */
bool mr_block_next(mr_block *w, mr_slice *bytes);
/* Raises if the value at idx is neither nil nor an open output. */
void mr_map_output_check(lua_State *L, int idx);
/* Of the value at idx, held; NULL for nil. */
mr_map_output *mr_map_output_hold(lua_State *L, int idx);
void mr_map_output_release(mr_map_output *o);

#endif
