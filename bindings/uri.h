/* SPDX-License-Identifier: MIT
 *
 * uri.h -- percent-encoding as AWS signs it, and URLs taken apart.
 * Encoding leaves only A-Z a-z 0-9 - . _ ~ as they are (RFC 3986 unreserved) and writes hex
 * in upper case.  '+' is an ordinary character here: it never means a space. */
#ifndef MR_URI_H
#define MR_URI_H

#include "host/buf.h"

/* keep_slash: '/' stays, for paths. */
void mr_uri_encode(mr_buf *out, mr_slice s, bool keep_slash);
/* MR_ERR_ARG if a '%' is not followed by two hex digits; out is then as it was. */
int mr_uri_decode(mr_buf *out, mr_slice s);

/* Slices into the text that was parsed, all raw (still encoded). */
typedef struct mr_uri {
  mr_slice scheme, userinfo, host, path, query, fragment; /* ptr NULL: absent */
  int port;                                               /* -1: absent */
} mr_uri;
/* An absolute URL "scheme://host...".  An IPv6 host keeps its brackets; an empty path stays
 * empty; query and fragment are without '?' and '#'.  MR_ERR_ARG: no scheme or host, a port
 * that is no number up to 65535, or a control character, space or backslash anywhere. */
int mr_uri_parse(mr_slice url, mr_uri *out);

/* Takes the next "name=value" off *rest (a raw query); false at the end.  Empty pairs are
 * skipped; value->ptr is NULL where there was no '='. */
bool mr_query_next(mr_slice *rest, mr_slice *name, mr_slice *value);

#endif
