/* SPDX-License-Identifier: MIT
 *
 * value.h -- where marshalling reads values from and writes them to.
 * A source is a cursor in a tree: `enter` calls go down, `leave` comes back.  A sink is
 * told what comes, in order.  The glue implements both over the Lua stack, tests over a
 * tree of their own.  An implementation may jump out of a call (a Lua error): marshalling
 * keeps no memory of its own, only the buffers that its caller gave it. */
#ifndef MR_VALUE_H
#define MR_VALUE_H

#include "host/base.h"

typedef enum mr_value_type {
  MR_VALUE_NONE, /* absent, nil or null */
  MR_VALUE_BOOL,
  MR_VALUE_INT,
  MR_VALUE_FLOAT,
  MR_VALUE_TEXT, /* bytes */
  MR_VALUE_TREE, /* a container: list or object, as the shape demands */
  MR_VALUE_OTHER /* something that no shape takes; `text` names its type */
} mr_value_type;

typedef struct mr_value {
  mr_value_type type;
  bool boolean;
  bool is_secret; /* text that scripts must not see */
  int64_t integer;
  double number;
  mr_slice text; /* lives until the cursor leaves the value */
} mr_value;

typedef struct mr_source mr_source;
struct mr_source {
  /* The value under the cursor. */
  void (*get)(mr_source *s, mr_value *out);
  /* Goes to the member of that name of the container; false, unmoved: no such value. */
  bool (*enter)(mr_source *s, mr_slice name);
  /* Length of the container as a list. */
  size_t (*length)(mr_source *s);
  /* Goes to item i, from 0; always moves (an absent item is a MR_VALUE_NONE). */
  void (*enter_item)(mr_source *s, size_t i);
  void (*leave)(mr_source *s);
  /* Looks at the keys of the container: how many there are, sorted bytewise; *all_text is
   * false if one is no string (it is then left out).  Ends with close_keys. */
  size_t (*open_keys)(mr_source *s, bool *all_text);
  mr_slice (*key)(mr_source *s, size_t i);
  /* Between open_keys and close_keys: goes to the value of key i. */
  void (*enter_key)(mr_source *s, size_t i);
  void (*close_keys)(mr_source *s);
  /* Is the container rather a list than an object?  Asked for documents only. */
  bool (*is_list)(mr_source *s);
};

typedef struct mr_sink mr_sink;
struct mr_sink {
  /* The name of the next value, inside a structure or map. */
  void (*name)(mr_sink *s, mr_slice name);
  void (*begin_object)(mr_sink *s);
  void (*begin_list)(mr_sink *s);
  void (*end)(mr_sink *s);
  void (*put_text)(mr_sink *s, mr_slice text);
  void (*put_integer)(mr_sink *s, int64_t value);
  void (*put_double)(mr_sink *s, double value);
  void (*put_bool)(mr_sink *s, bool value);
  void (*put_null)(mr_sink *s);
  void (*put_secret)(mr_sink *s, mr_slice text); /* text that is to be kept from scripts */
};

#endif
