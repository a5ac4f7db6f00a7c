/* SPDX-License-Identifier: MIT
 *
 * http1.c -- reads replies as RFC 9112 tells, byte by byte if need be.
 * What a proxy and we could understand differently is refused: two lengths, a length that is no
 * number, a coding that is not "chunked". */
#include "host/http1.h"

#include "host/number.h"

enum { STATUS_LINE, FIELD_LINES, BODY, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILERS, DONE };
enum { MAX_CHUNK_LINE = 4096, USUAL_HEAD = 512 };

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static mr_slice trim(const char *from, const char *to) {
  while (from < to && is_space(*from))
    from++;
  while (to > from && is_space(to[-1]))
    to--;
  return mr_slice_make(from, (size_t)(to - from));
}

size_t mr_http1_fields(mr_slice lines, mr_pair *fields, size_t most) {
  size_t count = 0;
  const char *p = lines.ptr, *end = p + lines.len;
  while (p < end && count < most) {
    const char *eol = memchr(p, '\n', (size_t)(end - p));
    const char *stop = eol ? eol : end;
    const char *colon = memchr(p, ':', (size_t)(stop - p));
    if (colon && colon > p)
      fields[count++] = (mr_pair){mr_slice_make(p, (size_t)(colon - p)), trim(colon + 1, stop)};
    p = stop + 1;
  }
  return count;
}

void mr_http1_fold(mr_buf *head) {
  for (size_t i = head->len; i > 0 && (head->ptr[i - 1] == '\r' || head->ptr[i - 1] == '\n'); i--)
    head->ptr[i - 1] = ' ';
}

static bool name_is(mr_slice name, const char *text) {
  return mr_slice_alike(name, mr_slice_of(text));
}

/* ---- the request ---- */

static char *put(char *to, mr_slice s) {
  memcpy(to, s.ptr, s.len);
  return to + s.len;
}

static char *put_field(char *to, mr_slice name, mr_slice value) {
  to = put(to, name);
  *to++ = ':';
  *to++ = ' ';
  to = put(to, value);
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

void mr_http1_request(mr_buf *out, const char *method, mr_slice target, mr_slice authority,
                      const mr_pair *fields, size_t count, int64_t length) {
  mr_slice verb = mr_slice_of(method), host = authority;
  char digits[21] = "";
  size_t most = verb.len + target.len + sizeof " HTTP/1.1\r\nHost: \r\nContent-Length: \r\n\r\n" +
                authority.len + sizeof digits;
  for (size_t i = 0; i < count; i++) {
    most += fields[i].name.len + fields[i].value.len + 4;
    if (name_is(fields[i].name, "host"))
      host = fields[i].value;
  }
  char *start = mr_buf_reserve(out, most), *to = start;
  if (!to)
    return;
  to = put(to, verb);
  *to++ = ' ';
  to = put(to, target);
  to = put(to, mr_slice_of(" HTTP/1.1\r\n"));
  to = put_field(to, mr_slice_of("Host"), host);
  for (size_t i = 0; i < count; i++) {
    if (!name_is(fields[i].name, "host") && !name_is(fields[i].name, "content-length"))
      to = put_field(to, fields[i].name, fields[i].value);
  }
  if (length >= 0) {
    mr_slice text = mr_slice_of(mr_text_digits(digits + 20, (uint64_t)length));
    to = put_field(to, mr_slice_of("Content-Length"), text);
  }
  to = put(to, mr_slice_of("\r\n"));
  out->len += (size_t)(to - start);
}

/* ---- the reply's head ---- */

void mr_http1_begin(mr_http1_reply *r, bool no_body) {
  mr_buf_reset(&r->head);
  r->count = r->line = 0;
  r->status = r->lines = 0;
  r->left = 0;
  r->state = STATUS_LINE;
  r->started = r->keep = r->tail_begun = false;
  r->no_body = no_body;
  r->why = NULL;
}

void mr_http1_clear(mr_http1_reply *r) {
  mr_buf_clear(&r->head);
}

static mr_http1_event bad(mr_http1_reply *r, const char *why) {
  r->why = why;
  r->keep = false;
  r->state = DONE;
  return MR_HTTP1_BAD;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK"; the reason may be missing. */
static mr_http1_event read_status(mr_http1_reply *r, mr_slice line) {
  const char *p = line.ptr;
  if (line.len < 12 || memcmp(p, "HTTP/1.", 7) != 0 || !is_digit(p[7]) || p[8] != ' ' ||
      !is_digit(p[9]) || !is_digit(p[10]) || !is_digit(p[11]) || (line.len > 12 && p[12] != ' '))
    return bad(r, "the reply does not begin with HTTP/1.1 and a status");
  r->status = (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
  if (r->status < 100 || r->status == 101)
    return bad(r, "the reply's status is none that can be used");
  r->keep = p[7] != '0';
  mr_buf_reset(&r->head);
  r->line = 0;
  r->lines = 0;
  r->state = FIELD_LINES;
  return MR_HTTP1_MORE;
}

static bool read_length(mr_slice text, int64_t *length) {
  int64_t n = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (!is_digit(text.ptr[i]) || n > (INT64_MAX - 9) / 10)
      return false;
    n = n * 10 + (text.ptr[i] - '0');
  }
  *length = n;
  return text.len > 0;
}

/* Is `word` in a list with commas? */
static bool lists(mr_slice list, const char *word) {
  const char *p = list.ptr, *end = p + list.len;
  while (p < end) {
    const char *comma = memchr(p, ',', (size_t)(end - p));
    const char *stop = comma ? comma : end;
    if (name_is(trim(p, stop), word))
      return true;
    p = stop + 1;
  }
  return false;
}

/* How the body is bounded (section 6.3). */
static mr_http1_event frame(mr_http1_reply *r) {
  int64_t length = -1, other;
  bool chunked = false;
  for (size_t i = 0; i < r->count; i++) {
    const mr_pair *f = &r->fields[i];
    if (name_is(f->name, "content-length")) {
      if (!read_length(f->value, &other) || (length >= 0 && other != length))
        return bad(r, "the reply's Content-Length is no number, or there are two");
      length = other;
    } else if (name_is(f->name, "transfer-encoding")) {
      if (!name_is(f->value, "chunked"))
        return bad(r, "the reply's Transfer-Encoding is not chunked");
      chunked = true;
    } else if (name_is(f->name, "connection") && lists(f->value, "close")) {
      r->keep = false;
    }
  }
  if (r->no_body || r->status == 204 || r->status == 304) {
    r->state = BODY;
    r->left = 0;
  } else if (chunked) {
    r->keep = r->keep && length < 0; /* both: whoever sent it is not to be trusted */
    r->state = CHUNK_SIZE;
    r->line = r->head.len;
  } else {
    r->keep = r->keep && length >= 0;
    r->state = BODY;
    r->left = length;
  }
  return MR_HTTP1_HEAD;
}

static mr_http1_event end_head(mr_http1_reply *r) {
  if (r->status < 200) {
    mr_buf_reset(&r->head);
    r->line = 0;
    r->state = STATUS_LINE;
    return MR_HTTP1_MORE;
  }
  r->count = mr_http1_fields(mr_slice_make(r->head.ptr, r->line), r->fields, MR_HTTP1_MAX_FIELDS);
  return frame(r);
}

/* ---- lines ---- */

/* The bytes up to a line's end go behind those that have come; true when it is whole. */
static bool take_line(mr_http1_reply *r, mr_slice *bytes) {
  const char *eol = memchr(bytes->ptr, '\n', bytes->len);
  size_t n = eol ? (size_t)(eol + 1 - bytes->ptr) : bytes->len;
  if (!r->head.cap)
    mr_buf_reserve(&r->head, USUAL_HEAD);
  mr_buf_put(&r->head, bytes->ptr, n);
  bytes->ptr += n;
  bytes->len -= n;
  return eol != NULL;
}

static mr_http1_event read_head_line(mr_http1_reply *r, mr_slice *bytes) {
  bool whole = take_line(r, bytes);
  if (r->head.status < 0)
    return MR_HTTP1_MEMORY;
  if (r->head.len > MR_HTTP1_MAX_HEAD || (whole && ++r->lines > MR_HTTP1_MAX_FIELDS))
    return bad(r, "the reply's head is larger than 256 KiB or 512 lines");
  const char *line = r->head.ptr + r->line;
  size_t n = r->head.len - r->line;
  if (r->state == STATUS_LINE && memcmp(line, "HTTP/", n < 5 ? n : 5) != 0)
    return bad(r, "the reply is no HTTP/1.1 (HTTP/0.9 has no head)");
  if (!whole)
    return MR_HTTP1_MORE;
  if (r->state == STATUS_LINE)
    return read_status(r, trim(line, line + n));
  if (line[0] == '\n' || (line[0] == '\r' && n == 2))
    return end_head(r);
  if (line[0] == ' ' || line[0] == '\t') {
    size_t end = r->head.len;
    if (r->line == 0)
      return bad(r, "the reply's first header begins with a space");
    r->head.len = r->line;
    mr_http1_fold(&r->head);
    r->head.len = end;
  }
  r->line = r->head.len;
  return MR_HTTP1_MORE;
}

/* ---- chunks (section 7.1) ---- */

static int hex(char c) {
  return is_digit(c)              ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

static mr_http1_event read_chunk_size(mr_http1_reply *r, mr_slice *bytes) {
  bool whole = take_line(r, bytes);
  if (r->head.status < 0)
    return MR_HTTP1_MEMORY;
  const char *p = r->head.ptr + r->line, *end = r->head.ptr + r->head.len;
  if (end - p > MAX_CHUNK_LINE)
    return bad(r, "the line before a chunk of the reply is longer than 4 KiB");
  if (!whole)
    return MR_HTTP1_MORE;
  const char *digits = p;
  int64_t size = 0;
  for (; p < end && hex(*p) >= 0; p++) {
    if (size > INT64_MAX >> 4)
      return bad(r, "a chunk of the reply has no size that is a number");
    size = size << 4 | hex(*p);
  }
  bool none = p == digits;
  while (p < end && is_space(*p))
    p++;
  if (none || (p < end && *p != ';'))
    return bad(r, "a chunk of the reply has no size that is a number");
  r->head.len = r->line;
  r->left = size;
  r->lines = 0;
  r->state = size ? CHUNK : TRAILERS;
  return MR_HTTP1_MORE;
}

/* The line end behind a chunk. */
static mr_http1_event end_chunk(mr_http1_reply *r, mr_slice *bytes) {
  char c = *bytes->ptr++;
  bytes->len--;
  if (c == '\r' && !r->tail_begun) {
    r->tail_begun = true;
    return MR_HTTP1_MORE;
  }
  if (c != '\n')
    return bad(r, "a chunk of the reply does not end where it should");
  r->tail_begun = false;
  r->state = CHUNK_SIZE;
  return MR_HTTP1_MORE;
}

/* Read and left out. */
static mr_http1_event read_trailer(mr_http1_reply *r, mr_slice *bytes) {
  bool whole = take_line(r, bytes);
  if (r->head.status < 0)
    return MR_HTTP1_MEMORY;
  if (r->head.len - r->line > MR_HTTP1_MAX_HEAD || (whole && ++r->lines > MR_HTTP1_MAX_FIELDS))
    return bad(r, "the reply's trailer is too large");
  if (!whole)
    return MR_HTTP1_MORE;
  const char *line = r->head.ptr + r->line;
  bool last = line[0] == '\n' || (line[0] == '\r' && line[1] == '\n');
  r->head.len = r->line;
  r->state = last ? DONE : TRAILERS;
  return last ? MR_HTTP1_END : MR_HTTP1_MORE;
}

/* ---- all of it ---- */

static mr_http1_event read_body(mr_http1_reply *r, mr_slice *bytes, mr_slice *piece) {
  size_t n = bytes->len;
  if (r->left >= 0 && (int64_t)n > r->left)
    n = (size_t)r->left;
  *piece = mr_slice_make(bytes->ptr, n);
  bytes->ptr += n;
  bytes->len -= n;
  if (r->left >= 0)
    r->left -= (int64_t)n;
  if (r->state == CHUNK && r->left == 0)
    r->state = CHUNK_END;
  return MR_HTTP1_BODY;
}

mr_http1_event mr_http1_read(mr_http1_reply *r, mr_slice *bytes, mr_slice *piece) {
  mr_http1_event event = MR_HTTP1_MORE;
  if (r->state == BODY && r->left == 0) {
    r->state = DONE;
    return MR_HTTP1_END;
  }
  while (event == MR_HTTP1_MORE && bytes->len > 0) {
    r->started = true;
    switch (r->state) {
    case STATUS_LINE:
    case FIELD_LINES: event = read_head_line(r, bytes); break;
    case CHUNK_SIZE: event = read_chunk_size(r, bytes); break;
    case CHUNK_END: event = end_chunk(r, bytes); break;
    case TRAILERS: event = read_trailer(r, bytes); break;
    case BODY:
    case CHUNK: return read_body(r, bytes, piece);
    default: return bad(r, "there is more than the reply");
    }
  }
  return event;
}

mr_http1_event mr_http1_close(mr_http1_reply *r) {
  if (r->state == BODY && r->left <= 0)
    return MR_HTTP1_END;
  return bad(r, r->started ? "the connection ended in the middle of the reply"
                           : "the connection ended before a reply came");
}

int64_t mr_http1_missing(const mr_http1_reply *r) {
  return r->state == BODY && r->left > 0 ? r->left : -1;
}
