/* SPDX-License-Identifier: MIT
 *
 * http1.h -- messages of HTTP/1.1 as bytes (RFC 9112): the head of a request is written, a reply
 * is read as it comes.  Nothing here knows where the bytes go to or come from. */
#ifndef MR_HTTP1_H
#define MR_HTTP1_H

#include "host/buf.h"

enum { MR_HTTP1_MAX_HEAD = 256 * 1024, MR_HTTP1_MAX_FIELDS = 512 };

/* The fields of a head's lines ("name: value", CRLF or LF), without the spaces around values;
 * lines without a colon are left out.  Returns how many, `most` of them at most. */
size_t mr_http1_fields(mr_slice lines, mr_pair *fields, size_t most);
/* The line that will come next begins with a space and goes on with the last one of `head`
 * (section 5.2): its end becomes spaces. */
void mr_http1_fold(mr_buf *head);

/* A request's head with its empty line.  Host comes first: as it is among the fields, else
 * `authority`.  Content-Length is written from `length`: < 0 none. */
void mr_http1_request(mr_buf *out, const char *method, mr_slice target, mr_slice authority,
                      const mr_pair *fields, size_t count, int64_t length);

typedef enum mr_http1_event {
  MR_HTTP1_MORE, /* all bytes are taken */
  MR_HTTP1_HEAD, /* status and fields are whole; those of a 1xx reply are not shown */
  MR_HTTP1_BODY, /* a piece of the body */
  MR_HTTP1_END,  /* the reply is whole; bytes that are left belong to no reply */
  MR_HTTP1_BAD,  /* this is no HTTP: `why` tells */
  MR_HTTP1_MEMORY
} mr_http1_event;

/* Of the caller: all zero but what mr_http1_begin sets. */
typedef struct mr_http1_reply {
  mr_pair *fields; /* room for MR_HTTP1_MAX_FIELDS; theirs live until the next read */
  size_t count;
  int status;
  bool started;    /* a byte has come */
  bool keep;       /* the peer holds the connection for another request */
  const char *why; /* what is wrong */
  /* private */
  int state, lines;
  bool no_body, tail_begun; /* tail_begun: a byte of the line at hand has come */
  size_t line;              /* where the line at hand begins in head */
  int64_t left;             /* bytes of the body or the chunk; -1: until the connection ends */
  mr_buf head;
} mr_http1_reply;

/* For the next reply; no_body: it answers HEAD. */
void mr_http1_begin(mr_http1_reply *r, bool no_body);
void mr_http1_clear(mr_http1_reply *r);
/* Takes bytes off *bytes up to the next event; *piece is the body's for MR_HTTP1_BODY. */
mr_http1_event mr_http1_read(mr_http1_reply *r, mr_slice *bytes, mr_slice *piece);
/* The connection has ended: MR_HTTP1_END if that is how the reply ends, else MR_HTTP1_BAD. */
mr_http1_event mr_http1_close(mr_http1_reply *r);
/* Bytes of the body that are missing, where its length is known; else -1. */
int64_t mr_http1_missing(const mr_http1_reply *r);

#endif
