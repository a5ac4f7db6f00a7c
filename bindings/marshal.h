/* SPDX-License-Identifier: MIT
 *
 * marshal.h -- from values to the bytes of a request or a reply.
 * The client builds requests with it, the emulator replies; both from the same tables.  The
 * values are trusted to have passed mr_check (check.h): what does not fit its shape here is
 * an error with one message.  All memory is in the mr_marshal, so that a source may jump. */
#ifndef MR_MARSHAL_H
#define MR_MARSHAL_H

#include "bindings/shape.h"
#include "bindings/value.h"
#include "host/head.h"

typedef struct mr_marshal {
  const mr_models *models;
  const mr_service *service;
  const mr_operation *operation;
  mr_source *source;
  mr_buf path;    /* encoded, labels filled in */
  mr_buf query;   /* encoded, without '?' */
  mr_buf headers; /* see mr_head_next */
  size_t secret_headers[8]; /* where they lie in it; if there are more, any may be one */
  size_t secret_count;
  mr_buf body;
  mr_buf scratch, scratch2;  /* of one member or value */
  mr_buf message;            /* why it failed, with the member's name */
  bool has_body;             /* false: no body at all, not an empty one */
  int http_status;           /* of a reply */
  const mr_member *stream;   /* set: the value of this member is the body, left to the caller
                                because it is no text */
  const mr_member *verbatim; /* set: the text of this member is the body as it stands; `body` is
                               empty, so that large bodies need no copy */
  int failed;                /* MR_OK, or the first failure */
  int depth;
} mr_marshal;

void mr_marshal_init(mr_marshal *m, const mr_models *models, mr_alloc *alloc);
void mr_marshal_clear(mr_marshal *m);

/* Fill path, query, headers, body from the source, whose cursor is at the parameters (or the
 * result).  MR_OK; MR_ERR_ARG with a message; MR_ERR_LIMIT (nesting); MR_ERR_MEMORY. */
int mr_marshal_request(mr_marshal *m, const mr_operation *op, mr_source *source);
int mr_marshal_reply(mr_marshal *m, const mr_operation *op, mr_source *source);
/* The payload of one event of op's stream into `body`, the members that are headers into `headers`
 * for mr_event_header_next: event is a member of mr_operation_events, and the source's cursor is at
 * the event's own structure. */
int mr_marshal_event(mr_marshal *m, const mr_operation *op, const mr_member *event,
                     mr_source *source);
/* An error reply: code and message, and the members of the error's shape if the service knows
 * that code (the source's cursor is at a container of them; NULL: none).  status 0: the
 * shape's, or 400.  request_id may be empty.  head: a reply to HEAD, which has no body. */
int mr_marshal_error(mr_marshal *m, const mr_service *s, mr_slice code, mr_slice message,
                     int status, mr_slice request_id, bool head, mr_source *source);

/* May the header at that place of m->headers hold a secret? */
bool mr_marshal_is_secret(const mr_marshal *m, size_t at);

/* ---- shared by the marshal_*.c files ---- */

/* Notes the first failure; returns false for `return mr_marshal_fail(...)`. */
bool mr_marshal_fail(mr_marshal *m, int status, mr_slice member, const char *what);
/* What is in one of its buffers; notes it if that ran out of memory, since emptying a buffer
 * forgets. */
mr_slice mr_marshal_view(mr_marshal *m, mr_buf *b);
/* How a time of that shape is written: the member's format, the shape's, or `fallback`. */
int mr_time_format_of(const mr_shape *shape, const mr_member *member, int fallback);
/* Appends a scalar as text.  format: as for mr_time_format_of's fallback. */
bool mr_marshal_text(mr_marshal *m, mr_buf *out, const mr_shape *shape, const mr_member *member,
                     const mr_value *value, int fallback);
/* Milliseconds since 1970 from seconds or a text; false if it is no time. */
bool mr_value_time(const mr_value *value, int64_t *unix_ms);
/* Path and constant query of a request; query, headers and status from the members. */
bool mr_marshal_path(mr_marshal *m, const mr_operation *op, const mr_shape *input);
bool mr_marshal_places(mr_marshal *m, const mr_shape *shape, bool request);
/* Append to m->body what the cursor is at. */
bool mr_marshal_json(mr_marshal *m, const mr_shape *shape);
/* Only the members that travel in the body; an object always. */
bool mr_marshal_json_body(mr_marshal *m, const mr_shape *shape);
/* A value of any shape, or none, as JSON into `out`. */
bool mr_marshal_document(mr_marshal *m, mr_buf *out);
/* The payload of an event, see marshal_event.c. */
bool mr_marshal_event_body(mr_marshal *m, const mr_shape *shape);
/* What such a payload is, for the header ":content-type"; NULL: all members are headers. */
const char *mr_event_content_type(const mr_models *models, const mr_service *service,
                                  const mr_shape *shape);
/* The form that a request of the query protocol has as its body; input may be NULL. */
bool mr_marshal_query_body(mr_marshal *m, const mr_operation *op, const mr_shape *input);
/* One element of that name; xmlns of a member (may be NULL) wins over that of the shape. */
bool mr_marshal_xml(mr_marshal *m, const mr_shape *shape, const mr_member *member, mr_slice name);
/* The members in the body, inside an element `name`; service_ns: the service's own namespace
 * is declared on it.  *any is false, and nothing is written, if no member had a value. */
bool mr_marshal_xml_body(mr_marshal *m, const mr_shape *shape, mr_slice name, mr_slice xmlns,
                         mr_slice prefix, bool *any);

#endif
