/* SPDX-License-Identifier: MIT
 *
 * lazy_lua.h -- records: documents as Lua values.
 * A record is one userdata that holds its bytes, its index and room for edits, so that it can
 * be kept, sent to other tasks and collected like a string; a node is a place in one and keeps
 * it alive.  Both have one metatable and no finalizer.  Its field __json, a function that gives
 * text, is what moonrock.json looks for in userdata. */
#ifndef MR_LAZY_LUA_H
#define MR_LAZY_LUA_H

#include <lua.h>

#include "bindings/json_lua.h"
#include "bindings/lazy.h"

#define MR_RECORD_TYPE "moonrock.jsonl.record"

/* A number that was read: should it be assigned, or stand in a table, it keeps its spelling. */
typedef struct mr_lazy_number {
  double value;
  uint32_t len;
  char text[44];
} mr_lazy_number;

/* What all records of a Lua state share.  A finalizer may use it while memory is asked for:
 * `uses` tells whether one has. */
typedef struct mr_lazy_shared {
  mr_json_spelling spelling; /* of the numbers below */
  mr_json_index index;
  mr_buf text;    /* of a value that is assigned */
  mr_buf scratch; /* of one string, until it is Lua's */
  uint64_t uses;
  mr_lazy_number numbers[32];
  unsigned next_number;
} mr_lazy_shared;

typedef struct mr_lazy_node {
  mr_lazy *doc;
  mr_lazy_ref at;
  mr_lazy_cursor cursor; /* of the element that was looked at last */
} mr_lazy_node;

/* Upvalues of every function here: the metatable, the methods, the shared userdata, json.encode
 * with that for its spelling, and json.decode. */
enum { MR_LAZY_META = 1, MR_LAZY_METHODS, MR_LAZY_SHARED, MR_LAZY_ENCODE, MR_LAZY_DECODE };

/* Pushes the five, made when first asked for. */
mr_lazy_shared *mr_lazy_open(lua_State *L);
/* For functions that have them as upvalues: pushes what the line says, a record or, for a
 * line that is a scalar, that.  Otherwise the status of the index, with the fault, and nothing
 * is pushed.  The text must survive finalizers. */
int mr_lazy_push(lua_State *L, mr_lazy_shared *shared, mr_slice text, mr_json_fault *fault);
/* The record or node at idx, or NULL.  Needs the upvalues. */
mr_lazy_node *mr_lazy_at(lua_State *L, int idx);
/* Appends the JSON of any value (record, table, scalar) at idx to out, or raises what is wrong
 * with it.  Needs the upvalues. */
void mr_lazy_put(lua_State *L, mr_lazy_shared *shared, int idx, mr_buf *out);
/* Gives back an index that one large value has made: 16 MiB and more. */
void mr_lazy_trim(mr_lazy_shared *shared);
/* Forgets how numbers were spelled. */
void mr_lazy_forget(mr_lazy_shared *shared);

/* record[key] = value, a metamethod. */
int mr_lazy_newindex(lua_State *L);

#endif
