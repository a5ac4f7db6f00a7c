/* SPDX-License-Identifier: MIT
 *
 * http_listen.h -- the socket of a server. */
#ifndef MR_HTTP_LISTEN_H
#define MR_HTTP_LISTEN_H

#include <stdbool.h>

/* Listens on a numeric address ("127.0.0.1", "::1") and on *port, or on a free one for 0, which
 * *port then names.  *six: it is of IP version 6.  A descriptor; or -1, with the reason in *why. */
int mr_http_listen(const char *host, int *port, bool *six, const char **why);

#endif
