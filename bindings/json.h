/* SPDX-License-Identifier: MIT
 *
 * json.h -- JSON (RFC 8259) read as events and written from calls.
 * The reader is strict and never builds a tree: the caller pulls one event at a time and
 * sees slices of the input, copied only where escapes had to be undone.  What it refuses:
 * anything behind the value, control characters (NUL too) in strings, ill-formed UTF-8, a
 * byte order mark, leading zeros, and \u escapes of a lone surrogate, since no UTF-8 text
 * could hold it.  Keys may repeat; the reader gives them all. */
#ifndef MR_JSON_H
#define MR_JSON_H

#include "host/buf.h"

/* Deepest nesting that reader and writer can follow, and the reader's default limit. */
enum { MR_JSON_MAX_DEPTH = 1024, MR_JSON_DEPTH = 1000 };

typedef enum mr_json_event {
  MR_JSON_ERROR = -1, /* message and offset are set; every further event is this one */
  MR_JSON_END = 0,    /* the value is complete and nothing follows */
  MR_JSON_OBJECT,
  MR_JSON_OBJECT_END,
  MR_JSON_ARRAY,
  MR_JSON_ARRAY_END,
  MR_JSON_KEY,     /* text */
  MR_JSON_STRING,  /* text */
  MR_JSON_INTEGER, /* integer, number, text: no fraction, no exponent, fits 64 bits */
  MR_JSON_DOUBLE,  /* number, text: every other number; past the range an infinity */
  MR_JSON_TRUE,
  MR_JSON_FALSE,
  MR_JSON_NULL
} mr_json_event;

typedef struct mr_json_reader {
  /* For the caller, about the event just returned; text is good until the next call. */
  mr_slice text;       /* key, string: its bytes, unescaped; number: as spelled */
  int64_t integer;     /* MR_JSON_INTEGER */
  double number;       /* MR_JSON_INTEGER and MR_JSON_DOUBLE */
  size_t start;        /* byte offset of the token; of the opening bracket or quote */
  size_t end;          /* byte offset just behind the token */
  int depth;           /* containers that are open now */
  const char *message; /* MR_JSON_ERROR: what is wrong, a constant; otherwise NULL */
  int status;          /* MR_OK; MR_ERR_SYNTAX, MR_ERR_LIMIT (depth) or MR_ERR_MEMORY */

  /* The reader's own. */
  mr_slice input;
  size_t at;
  int max_depth;
  int expect;
  mr_buf own, *scratch;
  unsigned char objects[MR_JSON_MAX_DEPTH / 8]; /* bit d: the container at depth d + 1 */
} mr_json_reader;

/* The input stays the caller's and must outlive the reader.  max_depth: 0 for
 * MR_JSON_DEPTH; 1 allows one container without others inside it.  alloc (may be NULL) is
 * asked only for strings with escapes. */
void mr_json_init(mr_json_reader *r, mr_slice input, mr_alloc *alloc, int max_depth);
/* Unescapes into `scratch` (borrowed, reset as needed) instead of memory of the reader's own:
 * for glue, whose buffers must survive a Lua error. */
void mr_json_borrow(mr_json_reader *r, mr_buf *scratch);
/* Begins at a byte offset of the input, for values that follow one another: call it right
 * after mr_json_init, and take no MR_JSON_END event but r->end once the value is complete. */
void mr_json_seek(mr_json_reader *r, size_t offset);
/* The next event.  Once it was MR_JSON_END or MR_JSON_ERROR it stays that. */
mr_json_event mr_json_next(mr_json_reader *r);
/* Called after an event that begins a value: goes to its end, checking it on the way, and
 * gives its bytes as they stand in the input.  After a key: the value that belongs to it.
 * MR_OK, or r->status. */
int mr_json_skip(mr_json_reader *r, mr_json_event begun, mr_slice *raw);
/* Gives the memory back; may be called twice. */
void mr_json_clear(mr_json_reader *r);

/* Where a byte offset lies: lines and columns count from 1, a column is a character (code
 * point) and not a byte; only "\n" ends a line. */
void mr_json_position(mr_slice input, size_t offset, size_t *line, size_t *column);

/* ---- writing ---- */

typedef struct mr_json_writer {
  mr_buf *out;
  int indent; /* spaces a level; 0: no white space at all */
  bool ascii; /* everything past 0x7e as \u escapes, as Python's ensure_ascii */
  int status; /* MR_OK or, sticky: MR_ERR_ARG (ill-formed UTF-8, not a number, misuse),
                 MR_ERR_LIMIT (depth); memory is out->status */
  int depth;
  bool after_key;
  unsigned char filled[MR_JSON_MAX_DEPTH / 8];
  unsigned char objects[MR_JSON_MAX_DEPTH / 8];
} mr_json_writer;

/* With indent 2 the bytes are those of Python's json.dumps(value, indent=2). */
void mr_json_writer_init(mr_json_writer *w, mr_buf *out, int indent, bool ascii);
void mr_json_open_object(mr_json_writer *w);
void mr_json_close_object(mr_json_writer *w);
void mr_json_open_array(mr_json_writer *w);
void mr_json_close_array(mr_json_writer *w);
/* Inside an object each value is preceded by its key. */
void mr_json_put_key(mr_json_writer *w, mr_slice key);
void mr_json_put_string(mr_json_writer *w, mr_slice s);
void mr_json_put_integer(mr_json_writer *w, int64_t value);
void mr_json_put_double(mr_json_writer *w, double value); /* shortest round trip, "1.0" */
void mr_json_put_bool(mr_json_writer *w, bool value);
void mr_json_put_null(mr_json_writer *w);
/* A value that is JSON already; its bytes are not looked at. */
void mr_json_put_raw(mr_json_writer *w, mr_slice json);
/* MR_OK if one value, or several in a row, were written and every container is closed;
 * otherwise the first failure. */
int mr_json_writer_end(const mr_json_writer *w);

/* A string with its quotes, outside any writer; MR_ERR_ARG for ill-formed UTF-8 (out is
 * then as it was), MR_ERR_MEMORY. */
int mr_json_quote(mr_buf *out, mr_slice s, bool ascii);
/* The same; is_wide: with AVX-512, which mr_json_quote uses where the processor has it. */
int mr_json_quote_as(mr_buf *out, mr_slice s, bool ascii, bool is_wide);

#endif
