/* SPDX-License-Identifier: MIT
 *
 * sys_lines.h -- the lines of a file that begin in a range of its bytes.
 * Ranges that cover a file give each line once, whoever reads which and when: so threads share a
 * file without asking each other.  A line that goes on behind its range is read to its end. */
#ifndef MR_SYS_LINES_H
#define MR_SYS_LINES_H

#include "host/buf.h"

typedef struct mr_sys_lines {
  int fd; /* the caller's */
  int error;     /* an errno value; ESTALE: the file has become shorter */
  int64_t from, to, size;
  int64_t start; /* of the first line, once there was one */
  int64_t at;    /* next byte to read */
  size_t step;   /* bytes to read next behind the range */
  bool begun, ended;
  mr_buf bytes;  /* used again from range to range */
} mr_sys_lines;

void mr_sys_lines_init(mr_sys_lines *l, mr_alloc *alloc);
void mr_sys_lines_clear(mr_sys_lines *l);
/* The lines that begin at `from` or later and before `to`, of the first `size` bytes. */
void mr_sys_lines_begin(mr_sys_lines *l, int fd, int64_t from, int64_t to, int64_t size);
/* The next bytes of these lines, good until the next call; where they end has nothing to do with
 * the lines.  False: there are no more, or l->error. */
bool mr_sys_lines_next(mr_sys_lines *l, mr_slice *bytes);

#endif
