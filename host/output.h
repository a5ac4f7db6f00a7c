/* SPDX-License-Identifier: MIT
 *
 * output.h -- a file that appears whole or not at all.
 * Bytes go, in any order, to a temporary file in the folder of the target; the commit makes
 * it durable and then renames it.  A symbolic link is followed, an existing file keeps its
 * mode, a read-only file is refused, and what is no regular file (/dev/null) is written in
 * place.  Errors are 0 or an errno value, as in sys.h. */
#ifndef MR_OUTPUT_H
#define MR_OUTPUT_H

#include "host/base.h"

/* Zeroed is the closed state. */
typedef struct mr_output {
  bool is_open;
  int fd;
  char *target;    /* malloc */
  char *temporary; /* malloc; NULL: written in place */
} mr_output;

/* ENOENT for a missing folder, EISDIR for a folder, EACCES where writing is not allowed;
 * after an error the output is closed. */
int mr_output_open(mr_output *o, const char *path);
/* Writes all n bytes at `offset`; from several threads at once if they like. */
int mr_output_write(mr_output *o, const void *from, size_t n, int64_t offset);
/* When the file was last modified, in ns since 1970, instead of when it was written: the last thing
 * before the commit.  What is written in place keeps its own time. */
int mr_output_set_time(mr_output *o, int64_t mtime_ns);
/* Closed afterwards, with or without success; after a failure nothing is left behind. */
int mr_output_commit(mr_output *o);
/* Closes and removes the temporary; harmless on a closed one. */
void mr_output_abort(mr_output *o);
/* Removes the name of the temporary at once, for an abort while a write still runs: that
 * goes on into a file without a name, until mr_output_abort. */
void mr_output_unlink(mr_output *o);
/* Replaces a file by the parts, or leaves it as it was. */
int mr_output_replace(const char *path, const mr_slice *parts, size_t n);

#endif
