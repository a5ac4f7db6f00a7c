/* SPDX-License-Identifier: MIT
 *
 * http_server.h -- an HTTP/1.1 server on our loop (libmicrohttpd, epoll, no thread).
 * A call is one request and its reply.  Its user is told of the head, takes or refuses the
 * body, and writes the reply in pieces; targets are raw, nothing is decoded. */
#ifndef MR_HTTP_SERVER_H
#define MR_HTTP_SERVER_H

#include "host/http.h"

typedef struct mr_server mr_server;
typedef struct mr_call mr_call;

typedef struct mr_server_hooks {
  /* A head is complete; the slices live until it returns.  What it returns becomes the
   * call's user pointer; NULL drops the connection. */
  void *(*head)(void *ud, mr_call *call, const char *method, const char *target,
                const mr_pair *headers, size_t count);
  /* A piece of the body, after mr_call_accept.  False: not now; mr_call_resume asks again. */
  bool (*data)(void *user, const char *bytes, size_t n);
  void (*end)(void *user);   /* the whole body has been given */
  void (*drain)(void *user); /* everything written so far is on its way */
  void (*gone)(void *user);  /* last: the reply is out, or the client has gone */
  /* A client began with another version than HTTP/1, and was refused; may be NULL. */
  void (*other_version)(void *ud);
} mr_server_hooks;

/* host is a numeric address, port 0 any free one.  NULL, and *why says why not. */
mr_server *mr_server_new(mr_loop *loop, const char *host, int port, const mr_server_hooks *hooks,
                         void *ud, const char **why);
int mr_server_port(const mr_server *s);
/* Every open call ends (gone is called); the port is free again. */
void mr_server_free(mr_server *s);

/* Takes the body: sends "100 Continue" where the client waits for it. */
void mr_call_accept(mr_call *call);
void mr_call_resume(mr_call *call);
/* Status and headers, once; length of the body in bytes, -1 if unknown (chunked).  Before
 * mr_call_accept it refuses the body.  MR_OK; MR_ERR_MEMORY and MR_ERR_ARG (no header that can be
 * sent) break the call off. */
int mr_call_reply(mr_call *call, int status, const mr_pair *headers, size_t count,
                  int64_t length);
/* A piece of the reply's body, copied; MR_OK or MR_ERR_MEMORY. */
int mr_call_write(mr_call *call, const void *bytes, size_t n);
size_t mr_call_queued(const mr_call *call); /* bytes written and not yet on their way */
void mr_call_finish(mr_call *call);         /* the reply is whole */
void mr_call_abort(mr_call *call);          /* closes the connection as it stands */

#endif
