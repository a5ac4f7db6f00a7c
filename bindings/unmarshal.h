/* SPDX-License-Identifier: MIT
 *
 * unmarshal.h -- from the bytes of a request or a reply to values.
 * The reader of replies is lenient, since the service may be newer than the model: unknown
 * members are skipped, a value of another type is passed on as it is.  The reader of
 * requests is strict.  What is read goes to a sink as one object; all memory is in the
 * mr_unmarshal, so that a sink may jump. */
#ifndef MR_UNMARSHAL_H
#define MR_UNMARSHAL_H

#include "bindings/json.h"
#include "bindings/shape.h"
#include "bindings/value.h"
#include "bindings/xml.h"

/* A message as it came; nothing of it is copied. */
typedef struct mr_input {
  mr_slice path, query; /* raw; of requests.  path without '?' */
  const mr_pair *headers;
  size_t header_count;
  mr_slice body;
  int status; /* of replies */
} mr_input;

typedef struct mr_unmarshal {
  const mr_models *models;
  const mr_service *service;
  const mr_operation *operation;
  mr_sink *sink;
  mr_json_reader json;
  mr_xml xml;
  bool json_open, xml_open;
  bool strict;
  mr_buf scratch, scratch2, unescaped;
  mr_buf message; /* why it failed */
  int failed;
  int depth;
} mr_unmarshal;

void mr_unmarshal_init(mr_unmarshal *u, const mr_models *models, mr_alloc *alloc);
void mr_unmarshal_clear(mr_unmarshal *u);

/* MR_OK; MR_ERR_SYNTAX (malformed JSON or XML) or MR_ERR_ARG (it does not fit the model), with
 * a message; MR_ERR_LIMIT (nesting); MR_ERR_MEMORY.  A streaming payload is not touched. */
int mr_unmarshal_reply(mr_unmarshal *u, const mr_operation *op, const mr_input *in, mr_sink *sink);
/* path must be one that mr_route led to op. */
int mr_unmarshal_request(mr_unmarshal *u, const mr_operation *op, const mr_input *in,
                         mr_sink *sink);

/* One event of op's stream, leniently: puts an object whose one member is the event's name.
 * event is a member of mr_operation_events; no payload at all is an empty structure.  headers
 * is at a container of the message's headers, times as milliseconds; NULL: none. */
int mr_unmarshal_event(mr_unmarshal *u, const mr_operation *op, const mr_member *event,
                       mr_slice payload, mr_source *headers, mr_sink *sink);

/* Is this reply, of whatever status, an error document (S3 sends them with 200 too)? */
bool mr_reply_is_error(mr_unmarshal *u, const mr_operation *op, const mr_input *in);
/* Puts an object {code=, message=, request_id=, fields={}}.  op may be NULL.  Never fails for
 * a strange body: then the code comes from the status. */
int mr_unmarshal_error(mr_unmarshal *u, const mr_service *s, const mr_operation *op,
                       const mr_input *in, mr_sink *sink);

/* Which operation a request is for.  Path and query are raw; for S3 the path is of the path
 * style, "/bucket/key...".  The headers decide between operations that differ in nothing else
 * (CopyObject and PutObject), and for the query protocol the form does, which is the body or,
 * of a GET, the query.  NULL: none; *path_known tells that another method would fit. */
const mr_operation *mr_route(const mr_models *m, const mr_service *s, mr_slice method,
                             const mr_input *in, bool *path_known);

/* ---- shared by the unmarshal_*.c files ---- */

bool mr_unmarshal_fail(mr_unmarshal *u, int status, mr_slice member, const char *what);
/* What is in one of its buffers; notes it if that ran out of memory. */
mr_slice mr_unmarshal_view(mr_unmarshal *u, mr_buf *b);
/* One scalar from its text.  format: default for times.  in_body: blobs are base64. */
bool mr_unmarshal_text(mr_unmarshal *u, const mr_shape *shape, const mr_member *member,
                       mr_slice text, int format);
void mr_put_time(mr_sink *sink, int64_t unix_ms);
bool mr_unmarshal_places(mr_unmarshal *u, const mr_shape *shape, const mr_input *in, bool request);
/* The members of a JSON object or XML element, without the object around them; all: not
 * those alone that travel in the body. */
bool mr_unmarshal_json_members(mr_unmarshal *u, const mr_shape *shape, mr_slice body);
bool mr_unmarshal_json_value(mr_unmarshal *u, const mr_shape *shape, mr_slice body);
bool mr_unmarshal_xml_members(mr_unmarshal *u, const mr_shape *shape, const mr_xml_node *node);
bool mr_unmarshal_xml_value(mr_unmarshal *u, const mr_shape *shape, const mr_member *member,
                            const mr_xml_node *node);
/* The members out of a form; at most 2048 pairs. */
bool mr_unmarshal_query_members(mr_unmarshal *u, const mr_shape *shape, mr_slice form);
/* The operation that a form names, raw; ptr NULL: none. */
mr_slice mr_query_action(mr_slice form);
/* Parses into u->xml; false with a failure noted. */
bool mr_unmarshal_xml_open(mr_unmarshal *u, mr_slice body);
/* Value of a header, case ignored; ptr NULL: absent. */
mr_slice mr_input_header(const mr_input *in, const char *name);
/* Matches a raw path against a template; out (may be NULL) gets the raw text of label `want`. */
bool mr_path_match(mr_slice template_path, mr_slice path, mr_slice want, mr_slice *out);

#endif
