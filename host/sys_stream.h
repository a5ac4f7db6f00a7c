/* SPDX-License-Identifier: MIT
 *
 * sys_stream.h -- what comes of an open FILE, without being caught in it. */
#ifndef MR_SYS_STREAM_H
#define MR_SYS_STREAM_H

#include <stdatomic.h>
#include <stdio.h>

#include "host/buf.h"

/* Appends up to n bytes; fewer at the end of the file, where a pipe or a terminal falls silent, and soon
 * after *stop is set.  0; EAGAIN: it is silent, and nothing came; ENOMEM when the buffer could not grow; or
 * what the system says. */
int mr_sys_stream_read(FILE *file, size_t n, const atomic_bool *stop, mr_buf *out);

#endif
