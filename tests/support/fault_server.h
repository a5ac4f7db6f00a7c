/* SPDX-License-Identifier: MIT
 *
 * fault_server.h -- a server on 127.0.0.1 that breaks HTTP in every way that tests want.
 * The first part of the path names the case (fault_server.c lists them): /body-cut/any/thing.
 * "name@2" plays it for the first two requests and answers like "ok" from then on; "seed@7"
 * picks a case by a number.  As a proxy (CONNECT) it refuses. */
#ifndef MR_TEST_FAULT_SERVER_H
#define MR_TEST_FAULT_SERVER_H

typedef struct fault_server fault_server;

/* Runs on threads of its own; NULL when there is no socket or no thread. */
fault_server *fault_server_start(void);
int fault_server_port(const fault_server *s);
/* A port of 127.0.0.1 that is taken and refuses every connection. */
int fault_server_refused_port(const fault_server *s);
int fault_server_connections(fault_server *s); /* accepted so far */
int fault_server_requests(fault_server *s);    /* heads read so far */
int fault_server_open(fault_server *s);        /* connections open now */
/* Has somebody asked for /stop? */
int fault_server_stopped(fault_server *s);
/* Drops every connection and ends the threads.  NULL is fine. */
void fault_server_free(fault_server *s);

#endif
