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
#include "host/task.h"

typedef enum mr_fault_kind { MR_FAULT_SYNTAX, MR_FAULT_LONG, MR_FAULT_MAP } mr_fault_kind;

typedef struct mr_map_fault {
  mr_fault_kind kind;
  uint64_t record, line, column, offset;
  size_t reason, line_text; /* lengths of what follows in the buffer */
} mr_map_fault;

/* Shared by the worker and its job. */
typedef struct mr_worker_core {
  mr_state *s;
  int refs; /* of our thread alone */
  bool busy;
  atomic_bool stop;
  mr_jsonl lines;
  mr_buf out, faults;
  bool has_map, has_failed;
} mr_worker_core;

typedef struct mr_block {
  mr_work work;
  mr_worker_core *core;
  const mr_slice *parts;
  size_t count;
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

#endif
