/* SPDX-License-Identifier: MIT
 *
 * sys_stream.h -- what comes of an open FILE, however slowly, until somebody says stop. */
#ifndef MR_SYS_STREAM_H
#define MR_SYS_STREAM_H

#include <stdatomic.h>
#include <stdio.h>

#include "host/buf.h"

/* Appends up to n bytes, fewer only at the end of the file or soon after *stop is set; a pipe or a
 * terminal that is silent is waited for.  0; an errno value; ENOMEM when the buffer could not grow. */
int mr_sys_stream_read(FILE *file, size_t n, const atomic_bool *stop, mr_buf *out);

#endif
