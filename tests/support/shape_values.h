/* SPDX-License-Identifier: MIT
 *
 * shape_values.h -- values made up for a shape, to be sent through marshalling and back.
 * They fit the types, not the patterns. */
#ifndef MR_TEST_SHAPE_VALUES_H
#define MR_TEST_SHAPE_VALUES_H

#include "tests/support/json_tree.h"

typedef struct shape_values {
  tree_arena *arena;
  const mr_models *models;
  unsigned seed; /* which members of unions, which texts */
  bool all;      /* every member, not the required ones alone */
  bool edge;     /* least and greatest numbers, empty texts and containers */
  bool solid;    /* no structure without a member, which a form could not tell */
  bool reply;    /* leave out what a reply does not carry: labels, query, status, streams */
} shape_values;

tree *shape_values_make(shape_values *v, const mr_shape *shape);

#endif
