/* SPDX-License-Identifier: MIT
 *
 * same.h -- do two bodies or queries say the same, whatever their spelling? */
#ifndef MR_TEST_SAME_H
#define MR_TEST_SAME_H

#include "tests/support/json_tree.h"

/* JSON as JSON, XML as XML (children in any order), everything else byte by byte. */
bool same_body(tree_arena *arena, mr_slice want, mr_slice got);
/* Parameters in any order. */
bool same_query(mr_slice a, mr_slice b);

#endif
