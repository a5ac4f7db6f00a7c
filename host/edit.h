/* SPDX-License-Identifier: MIT
 *
 * edit.h -- lines typed at a terminal, or read from whatever standard input is.
 * On a terminal libedit (loaded then) shows and edits the line; elsewhere, and on a terminal
 * that cannot move its cursor, lines come as they are.  Nothing here waits for a line: the
 * owner watches mr_edit_fd, and hands over what is there with mr_edit_feed. */
#ifndef MR_EDIT_H
#define MR_EDIT_H

#include <stdio.h>

#include "host/edit_lines.h"

typedef struct mr_edit mr_edit;

typedef enum mr_edit_event {
  MR_EDIT_MORE,      /* the line is not done: watch again */
  MR_EDIT_LINE,      /* it is */
  MR_EDIT_END,       /* Ctrl-D on an empty line, or the end of the input */
  MR_EDIT_INTERRUPT, /* Ctrl-C as a key; elsewhere it comes as a signal */
  MR_EDIT_COMPLETE,  /* the Tab key; the line goes on with the next feed */
  MR_EDIT_FAILED     /* see mr_edit_error; plain lines can be asked for again, none is lost */
} mr_edit_event;

/* `term` is the terminal's kind ($TERM; may be NULL).  The files stay the caller's.  NULL
 * without memory. */
mr_edit *mr_edit_new(mr_alloc *alloc, FILE *in, FILE *out, const char *term);
/* The terminal is as it was found. */
void mr_edit_free(mr_edit *e);
int mr_edit_fd(const mr_edit *e);
/* Can lines be edited (and completed)?  Is anybody there to read a prompt? */
bool mr_edit_editing(const mr_edit *e);
bool mr_edit_shows_prompt(const mr_edit *e);

/* Begins a line.  `prompt` is copied. */
int mr_edit_begin(mr_edit *e, const char *prompt);
/* Takes the input that is there; blocks at most for the rest of a key that has begun.  After
 * MR_EDIT_LINE, _END and _INTERRUPT the terminal is as programs expect it. */
mr_edit_event mr_edit_feed(mr_edit *e);
/* Of the last MR_EDIT_FAILED: an errno value. */
int mr_edit_error(const mr_edit *e);
/* Is there input already, so that nothing has to be watched? */
bool mr_edit_pending(const mr_edit *e);
/* What was read ahead of the editor, which takes it first. */
mr_edit_lines *mr_edit_typed(mr_edit *e);
/* Leaves a line half typed, for a signal that came. */
void mr_edit_abandon(mr_edit *e);

/* The line, without its end; `*cursor` bytes of it stand before the cursor.  Valid until the
 * next call. */
mr_slice mr_edit_text(const mr_edit *e, size_t *cursor);
/* Puts `text` in place of the `count` characters before the cursor. */
void mr_edit_replace(mr_edit *e, int count, const char *text);
/* Shows `text` below the line, and the line once more. */
void mr_edit_show(mr_edit *e, const char *text);

/* Lines of this file can be called back, and those remembered are added to it; it is made
 * with mode 0600.  0 or an errno value. */
int mr_edit_history(mr_edit *e, const char *path);
/* For the keys that go back, and for the file; 0 or an errno value. */
int mr_edit_remember(mr_edit *e, const char *line);

#endif
