/* SPDX-License-Identifier: MIT
 *
 * json_lua.h -- what the parts of module moonrock.json share.
 * Kinds of tables are told by metatable: one shared by all arrays, one by all objects that
 * were marked as such; a table that keeps the order of its keys has a metatable of its own,
 * whose list part holds the keys. */
#ifndef MR_JSON_LUA_H
#define MR_JSON_LUA_H

#include <lua.h>

#include "bindings/json_index.h"

#define MR_JSON_ARRAY_TYPE "moonrock.json.array"
#define MR_JSON_OBJECT_TYPE "moonrock.json.object"

enum {
  MR_JSON_KEYS = 64,       /* a power of two */
  MR_JSON_KEY_LONGEST = 40 /* bytes; longer keys are no names that repeat */
};

/* Buffers that one call lends to the next: module upvalue 3.  A call that finds them lent (from
 * a finalizer, or after an error that passed a call by) gets new ones, which it lends on. */
typedef struct mr_json_scratch {
  mr_buf text, members;
  mr_json_index index;
  bool busy;
  /* Keys that were decoded lately: their strings are the userdata's user values. */
  struct mr_json_key {
    unsigned char len;
    char bytes[MR_JSON_KEY_LONGEST];
  } keys[MR_JSON_KEYS];
} mr_json_scratch;

/* Pushes the userdata that holds it, which also has MR_JSON_KEYS user values.  Its buffers are
 * empty. */
mr_json_scratch *mr_json_take_scratch(lua_State *L);
/* Ends the loan; buffers that have grown large are given back. */
void mr_json_return_scratch(mr_json_scratch *s);

typedef enum mr_json_kind {
  MR_JSON_PLAIN, /* no metatable, or one that says nothing about JSON */
  MR_JSON_MARKED_ARRAY,
  MR_JSON_MARKED_OBJECT,
  MR_JSON_ORDERED
} mr_json_kind;

/* Of the table at idx.  MR_JSON_ORDERED also pushes its metatable. */
mr_json_kind mr_json_kind_of(lua_State *L, int idx);
/* Pops a list of keys and makes it the order of the table below it. */
void mr_json_set_order(lua_State *L);
/* __pairs of ordered tables: known keys in their order, then new ones sorted. */
int mr_json_ordered_pairs(lua_State *L);
/* Pushes the list of keys that __pairs walks.  idx: the table; its metatable is on top. */
lua_Integer mr_json_push_order(lua_State *L, int idx);

/* The way from the outermost value to the present one, for messages and against cycles. */
typedef struct mr_json_place {
  const struct mr_json_place *up;
  const char *key; /* of the member under way; NULL in an array */
  const void *table;
  size_t key_len;
  lua_Integer index;
} mr_json_place;

/* Appends it as a path: a.b[2]["a key"]; nothing for NULL. */
void mr_json_put_path(mr_buf *b, const mr_json_place *p);

/* How floats are to be written: the beginning of a userdata. */
typedef struct mr_json_spelling {
  /* Appends the value as somebody has spelled it; false: nobody has. */
  bool (*put)(const struct mr_json_spelling *s, double value, mr_buf *out);
} mr_json_spelling;

/* Stack: encode, such a userdata, which both give way to an encode that asks it. */
void mr_json_spell(lua_State *L);
/* That of the running function; NULL: it has none. */
const mr_json_spelling *mr_json_spelling_of(lua_State *L);

/* decode(text [, options]) and encode(value [, options]). */
int mr_json_decode(lua_State *L);
int mr_json_encode(lua_State *L);

int luaopen_moonrock_json(lua_State *L);

#endif
