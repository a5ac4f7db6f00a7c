/* SPDX-License-Identifier: MIT
 *
 * unmarshal_text.c -- scalars from text, and members from path, query, headers and status.
 * A time becomes a number of seconds: an integer where it has no fraction. */
#include <math.h>

#include "bindings/text.h"
#include "bindings/unmarshal.h"
#include "bindings/uri.h"

bool mr_unmarshal_fail(mr_unmarshal *u, int status, mr_slice member, const char *what) {
  if (u->failed != MR_OK)
    return false;
  u->failed = status;
  if (member.len) {
    mr_buf_slice(&u->message, member);
    mr_buf_puts(&u->message, ": ");
  }
  mr_buf_puts(&u->message, what);
  return false;
}

mr_slice mr_unmarshal_view(mr_unmarshal *u, mr_buf *b) {
  if (b->status != MR_OK)
    mr_unmarshal_fail(u, MR_ERR_MEMORY, mr_slice_of(""), "out of memory");
  return mr_buf_view(b);
}

void mr_put_time(mr_sink *sink, int64_t unix_ms) {
  if (unix_ms % 1000 == 0)
    sink->put_integer(sink, unix_ms / 1000);
  else
    sink->put_double(sink, (double)unix_ms / 1000.0);
}

static bool special(mr_slice text, double *out) {
  if (mr_slice_is(text, "NaN"))
    *out = (double)NAN;
  else if (mr_slice_is(text, "Infinity"))
    *out = (double)INFINITY;
  else if (mr_slice_is(text, "-Infinity"))
    *out = -(double)INFINITY;
  else
    return false;
  return true;
}

/* What does not fit: passed on as text by a client, refused by a server. */
static bool misfit(mr_unmarshal *u, const mr_member *member, mr_slice text, const char *what) {
  if (u->strict)
    return mr_unmarshal_fail(u, MR_ERR_ARG,
                             member ? mr_text(u->models, member->name) : mr_slice_of(""), what);
  u->sink->put_text(u->sink, text);
  return true;
}

static mr_time_kind time_kind(int format) {
  return format == MR_FORMAT_RFC822 ? MR_TIME_HTTP
         : format == MR_FORMAT_UNIX ? MR_TIME_EPOCH
                                    : MR_TIME_ISO;
}

bool mr_unmarshal_text(mr_unmarshal *u, const mr_shape *shape, const mr_member *member,
                       mr_slice text, int format) {
  int64_t integer;
  double number;
  switch (shape->kind) {
  case MR_INTEGER:
  case MR_LONG:
    if (mr_text_to_integer(text, &integer) != MR_OK)
      return misfit(u, member, text, "expected an integer");
    u->sink->put_integer(u->sink, integer);
    return true;
  case MR_FLOAT:
  case MR_DOUBLE:
    if (!special(text, &number) && mr_text_to_double(text, &number) != MR_OK)
      return misfit(u, member, text, "expected a number");
    u->sink->put_double(u->sink, number);
    return true;
  case MR_BOOLEAN:
    if (mr_slice_is(text, "true") || mr_slice_is(text, "True") || mr_slice_is(text, "TRUE"))
      u->sink->put_bool(u->sink, true);
    else if (mr_slice_is(text, "false") || mr_slice_is(text, "False") || mr_slice_is(text, "FALSE"))
      u->sink->put_bool(u->sink, false);
    else
      return misfit(u, member, text, "expected true or false");
    return true;
  case MR_TIMESTAMP:
    if (member && member->format)
      format = member->format;
    else if (shape->format)
      format = shape->format;
    if (mr_time_parse(text, time_kind(format), &integer) != MR_OK &&
        mr_time_parse(text, MR_TIME_ANY, &integer) != MR_OK)
      return misfit(u, member, text, "expected a time");
    mr_put_time(u->sink, integer);
    return true;
  case MR_BLOB:
    mr_buf_reset(&u->scratch2);
    if (mr_base64_decode(&u->scratch2, text) != MR_OK)
      return misfit(u, member, text, "expected base64");
    u->sink->put_text(u->sink, mr_unmarshal_view(u, &u->scratch2));
    return true;
  case MR_STRING:
    if (member && (member->flags & MR_SECRET) && !u->strict)
      u->sink->put_secret(u->sink, text);
    else
      u->sink->put_text(u->sink, text);
    return true;
  default:
    return misfit(u, member, text, "no text fits here");
  }
}

/* ---- headers ---- */

mr_slice mr_input_header(const mr_input *in, const char *name) {
  for (size_t i = 0; i < in->header_count; i++)
    if (mr_slice_alike(in->headers[i].name, mr_slice_of(name)))
      return in->headers[i].value;
  return mr_slice_make(NULL, 0);
}

static mr_slice trim(mr_slice s) {
  while (s.len && (*s.ptr == ' ' || *s.ptr == '\t'))
    s.ptr++, s.len--;
  while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
    s.len--;
  return s;
}

/* The next item of a list in a header; quotes are undone into u->scratch. */
static bool next_item(mr_unmarshal *u, mr_slice *rest, bool http_dates, mr_slice *item) {
  *rest = trim(*rest);
  if (!rest->len)
    return false;
  if (*rest->ptr == '"') {
    size_t i = 1;
    mr_buf_reset(&u->scratch);
    for (; i < rest->len && rest->ptr[i] != '"'; i++) {
      if (rest->ptr[i] == '\\' && i + 1 < rest->len)
        i++;
      mr_buf_putc(&u->scratch, rest->ptr[i]);
    }
    if (i < rest->len)
      i++;
    while (i < rest->len && rest->ptr[i] != ',')
      i++;
    *item = mr_unmarshal_view(u, &u->scratch);
    rest->ptr += i < rest->len ? i + 1 : i;
    rest->len -= i < rest->len ? i + 1 : i;
    return true;
  }
  size_t i = 0;
  int commas = http_dates ? 1 : 0; /* "Mon, 16 Dec 2019 ..." holds one itself */
  while (i < rest->len && (rest->ptr[i] != ',' || commas-- > 0))
    i++;
  *item = trim(mr_slice_make(rest->ptr, i));
  rest->ptr += i < rest->len ? i + 1 : i;
  rest->len -= i < rest->len ? i + 1 : i;
  return true;
}

static bool get_header_list(mr_unmarshal *u, const mr_shape *shape, mr_slice value) {
  const mr_shape *element = mr_shape_at(u->models, shape->element);
  bool dates = element->kind == MR_TIMESTAMP &&
               (element->format == MR_FORMAT_DEFAULT || element->format == MR_FORMAT_RFC822);
  mr_slice item;
  bool ok = true;
  u->sink->begin_list(u->sink);
  while (ok && next_item(u, &value, dates, &item))
    ok = mr_unmarshal_text(u, element, NULL, item, MR_FORMAT_RFC822);
  if (ok)
    u->sink->end(u->sink);
  return ok;
}

static bool get_json_value(mr_unmarshal *u, const mr_member *member, mr_slice value) {
  mr_buf_reset(&u->scratch2);
  if (mr_base64_decode(&u->scratch2, value) != MR_OK) {
    u->sink->put_text(u->sink, value);
    return true;
  }
  MR_UNUSED(member);
  return mr_unmarshal_json_value(u, NULL, mr_unmarshal_view(u, &u->scratch2));
}

static bool get_header(mr_unmarshal *u, const mr_member *member, const mr_input *in) {
  const mr_shape *shape = mr_shape_at(u->models, member->shape);
  mr_slice wire = mr_text(u->models, member->wire);
  for (size_t i = 0; i < in->header_count; i++) {
    if (!mr_slice_alike(in->headers[i].name, wire))
      continue;
    mr_slice value = trim(in->headers[i].value);
    if (!value.len && shape->kind != MR_STRING && shape->kind != MR_LIST)
      return true;
    u->sink->name(u->sink, mr_text(u->models, member->name));
    if (member->flags & MR_JSON_VALUE)
      return get_json_value(u, member, value);
    if (shape->kind == MR_LIST)
      return get_header_list(u, shape, value);
    return mr_unmarshal_text(u, shape, member, value, MR_FORMAT_RFC822);
  }
  return true;
}

/* A client always gets the map, as boto3's users are used to: `Metadata` may be indexed. */
static bool get_prefix_headers(mr_unmarshal *u, const mr_member *member, const mr_input *in) {
  const mr_shape *map = mr_shape_at(u->models, member->shape);
  mr_slice prefix = mr_text(u->models, member->wire);
  bool begun = false, ok = true;
  for (size_t i = 0; i <= in->header_count && ok; i++) {
    bool last = i == in->header_count;
    mr_slice name = last ? mr_slice_of("") : in->headers[i].name;
    bool fits =
        !last && name.len >= prefix.len && mr_slice_alike(mr_slice_make(name.ptr, prefix.len), prefix);
    if (!begun && (fits || (last && !u->strict))) {
      u->sink->name(u->sink, mr_text(u->models, member->name));
      u->sink->begin_object(u->sink);
      begun = true;
    }
    if (!fits)
      continue;
    mr_buf_reset(&u->scratch);
    for (size_t k = prefix.len; k < name.len; k++)
      mr_buf_putc(&u->scratch, mr_ascii_lower(name.ptr[k]));
    u->sink->name(u->sink, mr_unmarshal_view(u, &u->scratch));
    ok = mr_unmarshal_text(u, mr_shape_at(u->models, map->element), NULL,
                           trim(in->headers[i].value), MR_FORMAT_RFC822);
  }
  if (ok && begun)
    u->sink->end(u->sink);
  return ok;
}

/* ---- path and query ---- */

static bool decode(mr_unmarshal *u, mr_slice raw, bool plus, mr_slice member) {
  mr_buf_reset(&u->scratch);
  if (mr_uri_decode(&u->scratch, raw) != MR_OK)
    return mr_unmarshal_fail(u, MR_ERR_ARG, member, "broken percent-encoding");
  for (size_t i = 0; plus && i < raw.len; i++)
    if (raw.ptr[i] == '+') { /* only here a plus is a space; rare, so done again with it */
      mr_buf_reset(&u->scratch2);
      mr_buf_slice(&u->scratch2, raw);
      for (size_t k = 0; k < u->scratch2.len; k++)
        if (u->scratch2.ptr[k] == '+')
          u->scratch2.ptr[k] = ' ';
      mr_buf_reset(&u->scratch);
      return mr_uri_decode(&u->scratch, mr_unmarshal_view(u, &u->scratch2)) == MR_OK;
    }
  return true;
}

static bool get_label(mr_unmarshal *u, const mr_member *member, const mr_input *in) {
  mr_slice raw, name = mr_text(u->models, member->name);
  if (!mr_path_match(mr_text(u->models, u->operation->path), in->path,
                     mr_text(u->models, member->wire), &raw))
    return mr_unmarshal_fail(u, MR_ERR_ARG, name, "is not in the path");
  u->sink->name(u->sink, name);
  return decode(u, raw, false, name) &&
         mr_unmarshal_text(u, mr_shape_at(u->models, member->shape), member,
                           mr_unmarshal_view(u, &u->scratch), MR_FORMAT_ISO8601);
}

static bool get_query(mr_unmarshal *u, const mr_member *member, const mr_input *in) {
  const mr_shape *shape = mr_shape_at(u->models, member->shape);
  mr_slice wire = mr_text(u->models, member->wire), name = mr_text(u->models, member->name);
  mr_slice rest = in->query, key, value;
  bool list = shape->kind == MR_LIST, begun = false, ok = true;
  while (ok && mr_query_next(&rest, &key, &value)) {
    if (!decode(u, key, true, name))
      return false;
    if (!mr_slice_equal(mr_unmarshal_view(u, &u->scratch), wire))
      continue;
    if (!begun) {
      u->sink->name(u->sink, name);
      if (list)
        u->sink->begin_list(u->sink);
      begun = true;
    }
    if (!value.ptr)
      value = mr_slice_make("", 0);
    ok = decode(u, value, true, name) &&
         mr_unmarshal_text(u, list ? mr_shape_at(u->models, shape->element) : shape,
                           list ? NULL : member, mr_unmarshal_view(u, &u->scratch),
                           MR_FORMAT_ISO8601);
    if (!list)
      break;
  }
  if (ok && begun && list)
    u->sink->end(u->sink);
  return ok;
}

bool mr_unmarshal_places(mr_unmarshal *u, const mr_shape *shape, const mr_input *in, bool request) {
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *member = &u->models->members[shape->first + i];
    bool ok = true;
    switch (member->location) {
    case MR_AT_LABEL:
      ok = !request || get_label(u, member, in);
      break;
    case MR_AT_QUERY:
      ok = !request || get_query(u, member, in);
      break;
    case MR_AT_HEADER:
      ok = get_header(u, member, in);
      break;
    case MR_AT_HEADERS:
      ok = get_prefix_headers(u, member, in);
      break;
    case MR_AT_STATUS:
      if (!request) {
        u->sink->name(u->sink, mr_text(u->models, member->name));
        u->sink->put_integer(u->sink, in->status);
      }
      break;
    default:
      break;
    }
    if (!ok)
      return false;
  }
  return true;
}
