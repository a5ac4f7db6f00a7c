/* SPDX-License-Identifier: MIT
 *
 * botocore_shapes.h -- model tables built in memory from JSON shapes, for protocol cases
 * whose operations are in none of our models.  The tables live in the arena. */
#ifndef MR_TEST_BOTOCORE_SHAPES_H
#define MR_TEST_BOTOCORE_SHAPES_H

#include "tests/support/json_tree.h"

/* suite: {metadata, shapes}; given: one operation {name, http, input, output, errors}.  The
 * result has one service and one operation. */
const mr_models *botocore_models(tree_arena *a, const tree *suite, const tree *given);

#endif
