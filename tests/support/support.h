/* SPDX-License-Identifier: MIT
 *
 * support.h -- what several C tests share.  Includes cmocka with the headers it needs. */
#ifndef MR_TEST_SUPPORT_H
#define MR_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
/* after the headers that it needs */
#include <cmocka.h>

/* The content of a file, NUL-terminated, to be freed; NULL if it cannot be read.  `path` is
 * relative to the root of the project unless absolute.  len may be NULL. */
char *support_read(const char *path, size_t *len);
/* The same for data beside the project, ../shared/data/<path>: NULL where it is not there,
 * and then the test goes by tests/data alone. */
char *support_read_shared(const char *path, size_t *len);

/* An mr_alloc_fn that refuses the request number `fail_at` (1 is the next one; 0 refuses
 * none) and everything after it if `for_good` is set.  ud is a support_failing. */
typedef struct support_failing {
  long fail_at;
  long count; /* requests so far, frees not counted */
  bool for_good;
} support_failing;
void *support_failing_alloc(void *ud, void *ptr, size_t old, size_t n);

/* A fresh folder under $TMPDIR or /tmp; the caller frees the name after removing the tree
 * by support_remove_tree, which frees nothing. */
char *support_folder(void);
void support_remove_tree(const char *path);

#endif
