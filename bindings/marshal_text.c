/* SPDX-License-Identifier: MIT
 *
 * marshal_text.c -- scalars as text, for labels, queries, headers and XML.
 * Numbers where a text is wanted are written out, as hyperparameters need; a float keeps its
 * point ("1.0"). */
#include <math.h>

#include "bindings/marshal.h"
#include "bindings/text.h"

void mr_marshal_init(mr_marshal *m, const mr_models *models, mr_alloc *alloc) {
  mr_buf *buffers[] = {&m->path,    &m->query,    &m->headers, &m->body,
                       &m->scratch, &m->scratch2, &m->message};
  memset(m, 0, sizeof *m);
  m->models = models;
  for (size_t i = 0; i < MR_COUNT(buffers); i++)
    mr_buf_init(buffers[i], alloc);
}

void mr_marshal_clear(mr_marshal *m) {
  mr_buf *buffers[] = {&m->path,    &m->query,    &m->headers, &m->body,
                       &m->scratch, &m->scratch2, &m->message};
  for (size_t i = 0; i < MR_COUNT(buffers); i++)
    mr_buf_clear(buffers[i]);
}

bool mr_marshal_fail(mr_marshal *m, int status, mr_slice member, const char *what) {
  if (m->failed != MR_OK)
    return false;
  m->failed = status;
  if (member.len) {
    mr_buf_slice(&m->message, member);
    mr_buf_puts(&m->message, ": ");
  }
  mr_buf_puts(&m->message, what);
  return false;
}

mr_slice mr_marshal_view(mr_marshal *m, mr_buf *b) {
  if (b->status != MR_OK)
    mr_marshal_fail(m, MR_ERR_MEMORY, mr_slice_of(""), "out of memory");
  return mr_buf_view(b);
}

int mr_time_format_of(const mr_shape *shape, const mr_member *member, int fallback) {
  if (member && member->format)
    return member->format;
  return shape->format ? shape->format : fallback;
}

bool mr_value_time(const mr_value *value, int64_t *unix_ms) {
  switch (value->type) {
  case MR_VALUE_INT:
    if (value->integer > INT64_MAX / 1000 || value->integer < INT64_MIN / 1000)
      return false;
    *unix_ms = value->integer * 1000;
    return true;
  case MR_VALUE_FLOAT:
    if (!(fabs(value->number) < 9e15))
      return false;
    *unix_ms = (int64_t)floor(value->number * 1000 + 0.5);
    return true;
  case MR_VALUE_TEXT:
    return mr_time_parse(value->text, MR_TIME_ANY, unix_ms) == MR_OK;
  default:
    return false;
  }
}

static void put_double(mr_buf *out, double number) {
  if (isnan(number))
    mr_buf_puts(out, "NaN");
  else if (isinf(number))
    mr_buf_puts(out, number > 0 ? "Infinity" : "-Infinity");
  else
    mr_text_double(out, number);
}

static bool put_time(mr_marshal *m, mr_buf *out, const mr_value *value, int format, mr_slice name) {
  int64_t ms;
  if (!mr_value_time(value, &ms))
    return mr_marshal_fail(m, MR_ERR_ARG, name, "expected a time");
  mr_time_kind kind = format == MR_FORMAT_RFC822 ? MR_TIME_HTTP
                      : format == MR_FORMAT_UNIX ? MR_TIME_EPOCH
                      : ms % 1000                ? MR_TIME_ISO_MS
                                                 : MR_TIME_ISO;
  mr_time_format(out, ms, kind);
  return true;
}

bool mr_marshal_text(mr_marshal *m, mr_buf *out, const mr_shape *shape, const mr_member *member,
                     const mr_value *value, int fallback) {
  mr_slice name = member ? mr_text(m->models, member->name) : mr_text(m->models, shape->name);
  switch (shape->kind) {
  case MR_STRING:
    if (value->type == MR_VALUE_TEXT) {
      mr_buf_slice(out, value->text);
      return true;
    }
    if (value->type == MR_VALUE_BOOL) {
      mr_buf_puts(out, value->boolean ? "true" : "false");
      return true;
    }
    break;
  case MR_INTEGER:
  case MR_LONG:
    if (value->type == MR_VALUE_FLOAT && value->number == floor(value->number) &&
        fabs(value->number) < 9.2e18) {
      mr_text_integer(out, (int64_t)value->number);
      return true;
    }
    if (value->type == MR_VALUE_FLOAT)
      return mr_marshal_fail(m, MR_ERR_ARG, name, "expected an integer");
    break;
  case MR_FLOAT:
  case MR_DOUBLE:
    if (value->type == MR_VALUE_TEXT &&
        (mr_slice_is(value->text, "NaN") || mr_slice_is(value->text, "Infinity") ||
         mr_slice_is(value->text, "-Infinity"))) {
      mr_buf_slice(out, value->text);
      return true;
    }
    break;
  case MR_BOOLEAN:
    if (value->type != MR_VALUE_BOOL)
      return mr_marshal_fail(m, MR_ERR_ARG, name, "expected true or false");
    mr_buf_puts(out, value->boolean ? "true" : "false");
    return true;
  case MR_TIMESTAMP:
    return put_time(m, out, value, mr_time_format_of(shape, member, fallback), name);
  case MR_BLOB:
    if (value->type != MR_VALUE_TEXT)
      return mr_marshal_fail(m, MR_ERR_ARG, name, "expected a string");
    mr_base64_encode(out, value->text.ptr, value->text.len);
    return true;
  default:
    return mr_marshal_fail(m, MR_ERR_ARG, name, "no value of that kind fits here");
  }
  if (value->type == MR_VALUE_INT)
    mr_text_integer(out, value->integer);
  else if (value->type == MR_VALUE_FLOAT)
    put_double(out, value->number);
  else
    return mr_marshal_fail(m, MR_ERR_ARG, name,
                           shape->kind == MR_STRING ? "expected a string" : "expected a number");
  return true;
}
