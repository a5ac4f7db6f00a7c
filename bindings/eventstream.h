/* SPDX-License-Identifier: MIT
 *
 * eventstream.h -- the frames of application/vnd.amazon.eventstream, read and written.
 * The reader takes bytes split anywhere and gives whole messages; a message whose bytes all
 * came in one piece is read where it lies, another is put together in one reused buffer.
 * Nothing is given out before both checksums and every length have been found right. */
#ifndef MR_EVENTSTREAM_H
#define MR_EVENTSTREAM_H

#include "host/buf.h"

enum {
  MR_EVENT_FRAME_MIN = 16,
  MR_EVENT_HEADERS_MAX = 128 * 1024,      /* bytes */
  MR_EVENT_PAYLOAD_MAX = 24 * 1024 * 1024 /* bytes */
};

/* Types of header values, by their number on the wire. */
typedef enum mr_event_type {
  MR_EVENT_TRUE,
  MR_EVENT_FALSE,
  MR_EVENT_BYTE,
  MR_EVENT_SHORT,
  MR_EVENT_INTEGER,
  MR_EVENT_LONG,
  MR_EVENT_BYTES,
  MR_EVENT_STRING,
  MR_EVENT_TIMESTAMP, /* milliseconds since 1970, in `integer` */
  MR_EVENT_UUID       /* 16 bytes, in `text` */
} mr_event_type;

typedef struct mr_event_header {
  mr_slice name;
  mr_slice text;   /* of BYTES, STRING and UUID */
  int64_t integer; /* of BYTE to LONG and TIMESTAMP; 1 and 0 of TRUE and FALSE */
  uint8_t type;
} mr_event_header;

/* A message that has passed every check; its bytes live until the next call on the reader. */
typedef struct mr_event_message {
  mr_slice headers; /* for mr_event_header_next */
  mr_slice payload;
} mr_event_message;

/* What a fault is about. */
typedef enum mr_event_check {
  MR_EVENT_CHECK_NONE,
  MR_EVENT_CHECK_LENGTH,      /* total length under 16, or headers longer than the frame */
  MR_EVENT_CHECK_LIMIT,       /* more headers or payload than the format allows */
  MR_EVENT_CHECK_PRELUDE_CRC, /* checksum of the two lengths */
  MR_EVENT_CHECK_MESSAGE_CRC, /* checksum of the frame */
  MR_EVENT_CHECK_HEADER,      /* a header that is cut, of no known type, or no UTF-8 */
  MR_EVENT_CHECK_DUPLICATE,   /* two headers of one name */
  MR_EVENT_CHECK_END          /* the stream ends inside a frame */
} mr_event_check;

typedef struct mr_event_reader {
  const char *next; /* what was fed and not yet read */
  size_t left;
  mr_buf frame;         /* a frame in pieces */
  mr_buf names;         /* work space for frames of many headers */
  uint64_t frame_at;    /* place in the stream where the current frame begins, in bytes */
  uint64_t frames;      /* read so far */
  mr_event_check check; /* of the fault, for good */
  uint64_t fault_at;    /* place in the stream of the field that is wrong */
  int status;           /* MR_OK, or the fault, for good */
  bool clear_frame;     /* the frame buffer has been given out */
} mr_event_reader;

void mr_event_reader_init(mr_event_reader *r, mr_alloc *alloc);
void mr_event_reader_clear(mr_event_reader *r);
/* Hands over n bytes, which must stay until mr_event_next has returned 0 or less.  Only
 * allowed then; returns MR_ERR_ARG before. */
int mr_event_feed(mr_event_reader *r, const void *data, size_t n);
/* 1: a message; 0: more bytes are needed; MR_ERR_SYNTAX (see check and fault_at),
 * MR_ERR_MEMORY. */
int mr_event_next(mr_event_reader *r, mr_event_message *out);
/* At the end of the stream: MR_OK, or MR_ERR_SYNTAX if it lies inside a frame. */
int mr_event_finish(mr_event_reader *r);
/* The fault in words, a constant: "the checksum of the frame does not fit"; "" without one. */
const char *mr_event_fault(mr_event_check check);

/* Takes the next header off *rest (the headers of a message); false at the end. */
bool mr_event_header_next(mr_slice *rest, mr_event_header *out);

/* Writing.  Headers are appended to a buffer of their own, then the frame is made of it.
 * MR_ERR_ARG: a name of no or more than 255 bytes, a value that is too long for its type or
 * does not fit its range, text that is no UTF-8; the buffer is as it was. */
int mr_event_put_header(mr_buf *headers, const mr_event_header *header);
/* Appends a frame.  MR_ERR_LIMIT: headers or payload are too long; MR_ERR_ARG: a name twice,
 * or no headers at all but other bytes; MR_ERR_MEMORY. */
int mr_event_put_frame(mr_buf *out, mr_slice headers, mr_slice payload);

#endif
