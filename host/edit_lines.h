/* SPDX-License-Identifier: MIT
 *
 * edit_lines.h -- lines of a descriptor that nobody edits: a pipe, a file, a plain terminal. */
#ifndef MR_EDIT_LINES_H
#define MR_EDIT_LINES_H

#include "host/buf.h"

typedef struct mr_edit_lines {
  int fd;
  mr_buf input;    /* what was read and is no line yet */
  size_t searched; /* bytes of it in which there is no line end */
  bool ended;
  int error; /* errno value of the last failure */
} mr_edit_lines;

void mr_edit_lines_init(mr_edit_lines *l, mr_alloc *alloc, int fd);
void mr_edit_lines_clear(mr_edit_lines *l);
/* Forgets the beginning of a line. */
void mr_edit_lines_reset(mr_edit_lines *l);
/* Is there a line, or the end, without reading? */
bool mr_edit_lines_ready(const mr_edit_lines *l);
/* Reads what is there, without waiting, and keeps it (some KiB at most).  Is any kept? */
bool mr_edit_lines_hold(mr_edit_lines *l);
/* Takes the first byte of what is kept; false: there is none. */
bool mr_edit_lines_byte(mr_edit_lines *l, char *to);
/* Takes the first `byte` out of what is kept; false: there is none. */
bool mr_edit_lines_cut(mr_edit_lines *l, char byte);
/* 1: a line, without its end, is in `line`; 0: there is none, after at most one read (if `ended`,
 * there will be none any more); MR_ERR_MEMORY and MR_ERR_IO: see error, and ask again, as nothing
 * was lost. */
int mr_edit_lines_take(mr_edit_lines *l, mr_buf *line);

#endif
