/* SPDX-License-Identifier: MIT
 *
 * check.h -- do parameters fit their model?  All that is wrong, in one go.
 * A client asks before it sends; the emulator asks what it received and gets the words in
 * which AWS says it. */
#ifndef MR_CHECK_H
#define MR_CHECK_H

#include "bindings/shape.h"
#include "bindings/value.h"

typedef struct mr_problem {
  mr_slice path;       /* "messages[2].content[1].text", counted from 1; server: as AWS writes it */
  mr_slice message;    /* "expected a string, got a table" */
  mr_slice suggestion; /* the name or word that was probably meant, or empty */
} mr_problem;

/* A pattern that was compiled; the last few are kept, since the same are asked for again. */
typedef struct mr_check_program {
  uint32_t pattern; /* 0: empty */
  int status;
  mr_buf code, ranges;
  mr_buf good; /* the last text that it matched: the same id comes with each of many calls */
} mr_check_program;
enum { MR_CHECK_PROGRAMS = 16 };

typedef struct mr_check {
  const mr_models *models;
  mr_source *source;
  bool server; /* AWS's words and paths */
  /* Told of each problem; its texts live until it returns.  It may jump. */
  void (*report)(void *ud, const mr_problem *p);
  void *ud;
  size_t problems; /* how many so far; at most MR_PROBLEMS_MAX are reported */
  mr_buf path, message, scratch, pattern;
  mr_check_program programs[MR_CHECK_PROGRAMS];
  unsigned next_program;
  int depth;
  bool is_secret; /* the text under way: no message may show it */
  int failed;     /* MR_ERR_MEMORY once a text could not be put together */
} mr_check;

enum { MR_PROBLEMS_MAX = 100 };

void mr_check_init(mr_check *c, const mr_models *models, mr_alloc *alloc);
void mr_check_clear(mr_check *c);
/* The source's cursor is at the parameters.  shape NULL: the operation takes none, so there
 * must be none.  MR_OK (c->problems tells), MR_ERR_MEMORY. */
int mr_check_value(mr_check *c, const mr_shape *shape, mr_source *source);

/* ---- shared by the check_*.c files ---- */

/* Reports c->message at c->path. */
void mr_check_problem(mr_check *c, mr_slice suggestion);
/* Length, range, pattern, enumeration of a scalar. */
void mr_check_text(mr_check *c, const mr_shape *shape, mr_slice text);
void mr_check_number(mr_check *c, const mr_shape *shape, double number);
/* Number of items, entries or bytes. */
void mr_check_size(mr_check *c, const mr_shape *shape, size_t n, const char *unit);

#endif
