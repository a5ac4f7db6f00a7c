/* SPDX-License-Identifier: MIT
 *
 * shape.h -- the compiled service models, and how values are read and written.
 * The tables are constants that bindings/models/compile.lua writes: 32-bit offsets into one
 * pool of text and indexes into the arrays of one mr_models; nothing is built at start.
 * A text in the pool has its length in the two bytes before it; offset 0 is "absent".
 * Indexes of shapes and members are one-based, 0 being "none".  Marshalling reads values
 * from a source and writes them to a sink, and so knows nothing of Lua. */
#ifndef MR_SHAPE_H
#define MR_SHAPE_H

#include "host/buf.h"

typedef enum mr_kind {
  MR_KIND_NONE,
  MR_STRUCTURE,
  MR_UNION,
  MR_LIST,
  MR_MAP,
  MR_STRING,
  MR_INTEGER,
  MR_LONG,
  MR_FLOAT,
  MR_DOUBLE,
  MR_BOOLEAN,
  MR_TIMESTAMP,
  MR_BLOB,
  MR_DOCUMENT
} mr_kind;
enum { MR_FORMAT_DEFAULT, MR_FORMAT_ISO8601, MR_FORMAT_RFC822, MR_FORMAT_UNIX };
typedef enum mr_location {
  MR_AT_BODY,
  MR_AT_LABEL,
  MR_AT_QUERY,
  MR_AT_QUERY_MAP,
  MR_AT_HEADER,
  MR_AT_HEADERS,
  MR_AT_STATUS
} mr_location;
/* Flags of members, shapes and operations. */
enum { MR_REQUIRED = 1, MR_PAYLOAD = 2, MR_FLAT = 4, MR_ATTRIBUTE = 8, MR_TOKEN = 16 };
enum { MR_STREAM = 32, MR_JSON_VALUE = 64, MR_HOST_LABEL = 128 };
enum { MR_EVENT_PAYLOAD = 256, MR_EVENT_HEADER = 512, MR_DEPRECATED = 1024, MR_SECRET = 2048 };
enum { MR_NAMED = 4096 }; /* the model spells the wire name out, be it the member's own */
enum { MR_SHAPE_SENSITIVE = 1, MR_SHAPE_FLAT = 2, MR_SHAPE_SPARSE = 4, MR_SHAPE_STREAM = 8 };
enum { MR_SHAPE_ERROR = 16, MR_SHAPE_EVENT = 32, MR_SHAPE_EVENTS = 64 };
enum { MR_SHAPE_RETRY = 128, MR_SHAPE_THROTTLE = 256 };
enum { MR_OP_CHECKSUM_REQUIRED = 1, MR_OP_UNSIGNED_PAYLOAD = 2 };
enum { MR_OP_UNWRAPPED = 4, MR_OP_NO_AUTH = 8, MR_OP_DEPRECATED = 16, MR_OP_SECRET_REPLY = 32 };
enum { MR_PROTOCOL_REST_JSON, MR_PROTOCOL_REST_XML, MR_PROTOCOL_QUERY };
enum { MR_DEPTH_MAX = 96 }; /* how deep values may nest */

typedef struct mr_shape {
  uint32_t name;                /* absent for a type written in place */
  uint32_t first, count;        /* members (index of the first, zero-based), or enum words */
  uint32_t element, key;        /* list and map: shapes */
  uint32_t wire, key_wire;      /* structure: XML name; list, map: names of item and key */
  uint32_t xmlns, xmlns_prefix; /* of the element itself */
  uint32_t item_xmlns, item_prefix;
  uint32_t pattern;
  uint32_t range;         /* 1-based pair in `numbers`; 0 none */
  uint32_t payload;       /* structure: member index, 1-based */
  uint32_t code;          /* error: its code on the wire if not its name */
  uint16_t flags, status; /* status: of an error */
  uint8_t kind, format;
} mr_shape;

typedef struct mr_member {
  uint32_t name, wire; /* wire is never absent */
  uint32_t shape;
  uint32_t xmlns, xmlns_prefix;
  uint16_t flags;
  uint8_t location, format;
} mr_member;

/* A run in `words`: offsets of texts, or shape indexes where it says so. */
typedef struct mr_span {
  uint32_t first, count;
} mr_span;

typedef struct mr_operation {
  uint32_t name, method; /* "CreateBucket", "create_bucket" */
  uint32_t http_method, path;
  uint32_t input, output; /* shapes */
  uint32_t input_wire, input_xmlns, input_prefix;
  uint32_t output_wire, wrapper;                /* root element of replies; of the query protocol */
  uint32_t token, stream_in, stream_out;        /* members */
  uint32_t checksum_request, checksum_validate; /* names of members */
  uint32_t host_prefix, context;                /* context: words, true for the endpoint's rules */
  mr_span checksum_reply, errors;               /* errors: shapes */
  mr_span page_input, page_output, page_results;
  uint32_t page_more, page_limit, service; /* service: zero-based */
  uint16_t status, flags;
} mr_operation;

typedef struct mr_waiter_facts {
  uint32_t name, operation, delay, max_delay, limit, reason; /* texts, seconds, a text */
  mr_span rules; /* in `words`: state, match, path, polls, count, as many values */
} mr_waiter_facts;

typedef struct mr_service {
  uint32_t name, signing, endpoint, version, id, xmlns, source;
  mr_span operations, shapes, waiters; /* in their own arrays, sorted by name */
  uint32_t protocol;
} mr_service;

typedef struct mr_models {
  const char *text;
  const mr_service *services; /* [0] is the first, as in all of them */
  const mr_operation *operations;
  const mr_shape *shapes;
  const mr_member *members;
  const uint32_t *words;
  const mr_waiter_facts *waiters;
  const double *numbers; /* pairs; -inf and inf stand for "no limit" */
  uint32_t service_count;
  uint32_t shape_count, member_count, word_count, text_bytes; /* 0 in tables that tests make */
} mr_models;

extern const mr_models mr_models_table;

static inline mr_slice mr_text(const mr_models *m, uint32_t at) {
  const unsigned char *p = (const unsigned char *)m->text + at;
  return at ? mr_slice_make((const char *)p, (size_t)(p[-2] | p[-1] << 8)) : mr_slice_make("", 0);
}
static inline const mr_shape *mr_shape_at(const mr_models *m, uint32_t index) {
  return index ? &m->shapes[index - 1] : NULL;
}
static inline const mr_member *mr_member_at(const mr_models *m, uint32_t index) {
  return index ? &m->members[index - 1] : NULL;
}

/* NULL when there is none of that name. */
const mr_service *mr_service_find(const mr_models *m, mr_slice name);
/* By "create_bucket" or "CreateBucket". */
const mr_operation *mr_operation_find(const mr_models *m, const mr_service *s, mr_slice name);
/* Does op send a stream of events while it reads another?  That needs HTTP/2. */
bool mr_operation_is_duplex(const mr_models *m, const mr_operation *op);
/* The union of the events that op answers with; NULL: its reply is no stream of events. */
const mr_shape *mr_operation_events(const mr_models *m, const mr_operation *op);
/* The member that is the payload of an event; NULL: all of it is. */
const mr_member *mr_event_payload(const mr_models *m, const mr_shape *shape);
const mr_shape *mr_shape_find(const mr_models *m, const mr_service *s, mr_slice name);
const mr_member *mr_member_find(const mr_models *m, const mr_shape *structure, mr_slice name);
const mr_member *mr_member_by_wire(const mr_models *m, const mr_shape *structure, mr_slice wire);
/* The error shape of that code, whether or not the operation lists it. */
const mr_shape *mr_error_find(const mr_models *m, const mr_service *s, mr_slice code);

#endif
