/* SPDX-License-Identifier: MIT
 *
 * check.c -- walks parameters beside their shape and reports every fault with its path.
 * A number is welcome where a string is wanted (it will be written out); nothing else is
 * converted. */
#include "bindings/check.h"

#include <math.h>

#include "bindings/canon.h"
#include "bindings/marshal.h"
#include "bindings/suggest.h"
#include "bindings/text.h"

void mr_check_init(mr_check *c, const mr_models *models, mr_alloc *alloc) {
  memset(c, 0, sizeof *c);
  c->models = models;
  mr_buf_init(&c->path, alloc);
  mr_buf_init(&c->message, alloc);
  mr_buf_init(&c->scratch, alloc);
  mr_buf_init(&c->pattern, alloc);
  for (size_t i = 0; i < MR_CHECK_PROGRAMS; i++) {
    mr_buf_init(&c->programs[i].code, alloc);
    mr_buf_init(&c->programs[i].ranges, alloc);
    mr_buf_init(&c->programs[i].good, alloc);
  }
}

void mr_check_clear(mr_check *c) {
  mr_buf_clear(&c->path);
  mr_buf_clear(&c->message);
  mr_buf_clear(&c->scratch);
  mr_buf_clear(&c->pattern);
  for (size_t i = 0; i < MR_CHECK_PROGRAMS; i++) {
    mr_buf_clear(&c->programs[i].code);
    mr_buf_clear(&c->programs[i].ranges);
    mr_buf_clear(&c->programs[i].good);
    c->programs[i].pattern = 0;
  }
}

void mr_check_problem(mr_check *c, mr_slice suggestion) {
  mr_problem p = {mr_buf_view(&c->path), mr_buf_view(&c->message), suggestion};
  if (c->path.status != MR_OK || c->message.status != MR_OK)
    c->failed = MR_ERR_MEMORY;
  if (c->problems++ < MR_PROBLEMS_MAX)
    c->report(c->ud, &p);
}

static void say(mr_check *c, const char *text) {
  mr_buf_reset(&c->message);
  mr_buf_puts(&c->message, text);
  mr_check_problem(c, mr_slice_of(""));
}

static size_t push_name(mr_check *c, mr_slice name) {
  size_t before = c->path.len;
  if (before)
    mr_buf_putc(&c->path, '.');
  mr_buf_slice(&c->path, name);
  return before;
}

static size_t push_index(mr_check *c, size_t i) {
  size_t before = c->path.len;
  mr_buf_putc(&c->path, c->server ? '.' : '[');
  mr_text_integer(&c->path, (int64_t)i + 1);
  mr_buf_puts(&c->path, c->server ? ".member" : "]");
  return before;
}

static void pop(mr_check *c, size_t before) {
  if (c->path.len > before)
    c->path.len = before;
}

static const char *type_name(const mr_value *v) {
  switch (v->type) {
  case MR_VALUE_NONE:
    return "nothing";
  case MR_VALUE_BOOL:
    return v->boolean ? "true" : "false";
  case MR_VALUE_INT:
    return "an integer";
  case MR_VALUE_FLOAT:
    return "a number";
  case MR_VALUE_TEXT:
    return "a string";
  case MR_VALUE_TREE:
    return "a table";
  default:
    return NULL;
  }
}

static void expected(mr_check *c, const char *what, const mr_value *v) {
  const char *name = type_name(v);
  mr_buf_reset(&c->message);
  mr_buf_printf(&c->message, "expected %s, got ", what);
  if (name)
    mr_buf_puts(&c->message, name);
  else
    mr_buf_slice(&c->message, v->text);
  mr_check_problem(c, mr_slice_of(""));
}

static void value(mr_check *c, const mr_shape *shape, const mr_member *member);

/* What the place of a member on the wire forbids. */
static void place(mr_check *c, const mr_member *member, const mr_value *v) {
  if (v->type != MR_VALUE_TEXT)
    return;
  if (v->is_secret && (member->location == MR_AT_LABEL || member->location == MR_AT_QUERY))
    say(c, "is a secret, and everybody sees what is in a URL");
  if (member->location == MR_AT_HEADER)
    for (size_t i = 0; i < v->text.len; i++)
      if (memchr("\r\n", v->text.ptr[i], 3)) { /* with the NUL behind them */
        say(c, "travels in a header, which can hold neither line breaks nor NUL");
        return;
      }
}

static void missing(mr_check *c, mr_slice name) {
  size_t before = push_name(c, name);
  mr_buf_reset(&c->message);
  if (c->server) {
    mr_buf_puts(&c->message, "Value null at '");
    mr_buf_slice(&c->message, mr_buf_view(&c->path));
    mr_buf_puts(&c->message, "' failed to satisfy constraint: Member must not be null");
  } else {
    mr_buf_puts(&c->message, "is required");
  }
  mr_check_problem(c, mr_slice_of(""));
  pop(c, before);
}

static void unknown_members(mr_check *c, const mr_shape *shape) {
  bool all_text = true;
  size_t n = c->source->open_keys(c->source, &all_text);
  for (size_t i = 0; i < n; i++) {
    mr_slice key = c->source->key(c->source, i);
    if (shape && mr_member_find(c->models, shape, key))
      continue;
    size_t before = push_name(c, key);
    mr_buf_reset(&c->message);
    mr_buf_puts(&c->message, "no such parameter");
    mr_check_problem(c, shape ? mr_member_suggest(c->models, shape, key) : mr_slice_of(""));
    pop(c, before);
  }
  c->source->close_keys(c->source);
  if (!all_text)
    say(c, "expected names of members, got a list");
}

static void structure(mr_check *c, const mr_shape *shape) {
  unsigned set = 0;
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *member = &c->models->members[shape->first + i];
    mr_slice name = mr_text(c->models, member->name);
    if (!c->source->enter(c->source, name)) {
      if ((member->flags & MR_REQUIRED) && shape->kind == MR_STRUCTURE)
        missing(c, name);
      continue;
    }
    set++;
    size_t before = push_name(c, name);
    value(c, mr_shape_at(c->models, member->shape), member);
    pop(c, before);
    c->source->leave(c->source);
  }
  if (!c->server)
    unknown_members(c, shape);
  if (shape->kind != MR_UNION || set == 1 || (c->server && set == 0))
    return;
  mr_buf_reset(&c->message);
  mr_buf_printf(&c->message, "takes exactly one of its members, has %u: ", set);
  for (uint32_t i = 0; i < shape->count; i++) {
    if (i)
      mr_buf_puts(&c->message, ", ");
    mr_buf_slice(&c->message, mr_text(c->models, c->models->members[shape->first + i].name));
  }
  mr_check_problem(c, mr_slice_of(""));
}

static void list(mr_check *c, const mr_shape *shape) {
  const mr_shape *element = mr_shape_at(c->models, shape->element);
  size_t n = c->source->length(c->source);
  if (n == 0) {
    bool all_text = true;
    size_t keys = c->source->open_keys(c->source, &all_text);
    c->source->close_keys(c->source);
    if (keys) {
      say(c, "expected a list, got a table with names");
      return;
    }
  }
  mr_check_size(c, shape, n, "items");
  for (size_t i = 0; i < n; i++) {
    mr_value item;
    size_t before = push_index(c, i);
    c->source->enter_item(c->source, i);
    c->source->get(c->source, &item);
    if (item.type == MR_VALUE_NONE) {
      if (!(shape->flags & MR_SHAPE_SPARSE))
        say(c, "is null, which this list does not take");
    } else {
      value(c, element, NULL);
    }
    c->source->leave(c->source);
    pop(c, before);
  }
}

static void map(mr_check *c, const mr_shape *shape, const mr_member *member) {
  const mr_shape *element = mr_shape_at(c->models, shape->element);
  const mr_shape *key_shape = mr_shape_at(c->models, shape->key);
  bool all_text = true;
  size_t n = c->source->open_keys(c->source, &all_text);
  mr_check_size(c, shape, n, "entries");
  for (size_t i = 0; i < n; i++) {
    mr_value item;
    mr_slice key = c->source->key(c->source, i);
    size_t before = push_name(c, key);
    mr_check_text(c, key_shape, key);
    c->source->enter_key(c->source, i);
    c->source->get(c->source, &item);
    if (item.type != MR_VALUE_NONE)
      value(c, element, NULL);
    if (member && member->location == MR_AT_HEADERS) {
      mr_member header = *member;
      header.location = MR_AT_HEADER;
      place(c, &header, &item);
      if (!mr_canon_is_token(key))
        say(c, "becomes part of a header's name, which takes only ASCII letters, digits and -_.");
    }
    c->source->leave(c->source);
    pop(c, before);
  }
  c->source->close_keys(c->source);
  if (!all_text)
    say(c, "the keys of a map must be strings");
}

static void scalar(mr_check *c, const mr_shape *shape, const mr_member *member, const mr_value *v) {
  int64_t ms;
  bool stream = (shape->flags & MR_SHAPE_STREAM) || (member && (member->flags & MR_STREAM));
  switch (shape->kind) {
  case MR_STRING:
    if (v->type == MR_VALUE_TEXT) {
      mr_check_text(c, shape, v->text);
    } else if (v->type == MR_VALUE_INT || v->type == MR_VALUE_FLOAT) {
      mr_buf spelled;
      mr_buf_init(&spelled, c->path.alloc);
      if (v->type == MR_VALUE_INT)
        mr_text_integer(&spelled, v->integer);
      else
        mr_text_double(&spelled, v->number);
      char text[64];
      size_t n = spelled.len < sizeof text ? spelled.len : sizeof text;
      if (n)
        memcpy(text, spelled.ptr, n);
      if (spelled.status != MR_OK)
        c->failed = MR_ERR_MEMORY;
      mr_buf_clear(&spelled); /* before a report can jump */
      mr_check_text(c, shape, mr_slice_make(text, n));
    } else if (v->type != MR_VALUE_BOOL) {
      expected(c, "a string", v);
    }
    return;
  case MR_INTEGER:
  case MR_LONG: {
    if (v->type != MR_VALUE_INT && !(v->type == MR_VALUE_FLOAT && v->number == floor(v->number))) {
      expected(c, "an integer", v);
      return;
    }
    double number = v->type == MR_VALUE_INT ? (double)v->integer : v->number;
    double most = shape->kind == MR_INTEGER ? 2147483648.0 : 9223372036854775808.0;
    if (number >= most || number < -most)
      say(c, shape->kind == MR_INTEGER ? "does not fit 32 bits" : "does not fit 64 bits");
    else
      mr_check_number(c, shape, number);
    return;
  }
  case MR_FLOAT:
  case MR_DOUBLE:
    if (v->type == MR_VALUE_INT || v->type == MR_VALUE_FLOAT)
      mr_check_number(c, shape, v->type == MR_VALUE_INT ? (double)v->integer : v->number);
    else if (v->type != MR_VALUE_TEXT ||
             !(mr_slice_is(v->text, "NaN") || mr_slice_is(v->text, "Infinity") ||
               mr_slice_is(v->text, "-Infinity")))
      expected(c, "a number", v);
    return;
  case MR_BOOLEAN:
    if (v->type != MR_VALUE_BOOL)
      expected(c, "true or false", v);
    return;
  case MR_TIMESTAMP:
    if (!mr_value_time(v, &ms))
      expected(c, "a time (seconds since 1970, or ISO 8601)", v);
    return;
  case MR_BLOB:
    if (v->type == MR_VALUE_TEXT)
      mr_check_size(c, shape, v->text.len, "bytes");
    else if (!(stream || (member && (member->flags & MR_PAYLOAD))) ||
             (v->type != MR_VALUE_TREE && v->type != MR_VALUE_OTHER))
      expected(c, "a string", v);
    return;
  default:
    return;
  }
}

/* Free JSON: only what JSON has no word for is wrong. */
static void document(mr_check *c, const mr_value *v) {
  if (v->type == MR_VALUE_OTHER) {
    expected(c, "a value that JSON has", v);
    return;
  }
  if (v->type == MR_VALUE_FLOAT && !isfinite(v->number))
    say(c, "JSON has no such number");
  if (v->type == MR_VALUE_TEXT && !mr_utf8_valid(v->text, NULL))
    say(c, "is no UTF-8");
  if (v->type != MR_VALUE_TREE)
    return;
  if (c->source->is_list(c->source)) {
    size_t n = c->source->length(c->source);
    for (size_t i = 0; i < n; i++) {
      size_t before = push_index(c, i);
      c->source->enter_item(c->source, i);
      value(c, NULL, NULL);
      c->source->leave(c->source);
      pop(c, before);
    }
    return;
  }
  bool all_text = true;
  size_t n = c->source->open_keys(c->source, &all_text);
  for (size_t i = 0; i < n; i++) {
    size_t before = push_name(c, c->source->key(c->source, i));
    c->source->enter_key(c->source, i);
    value(c, NULL, NULL);
    c->source->leave(c->source);
    pop(c, before);
  }
  c->source->close_keys(c->source);
  if (!all_text)
    say(c, "the keys of an object must be strings");
}

static void shaped(mr_check *c, const mr_shape *shape, const mr_member *member) {
  mr_value v;
  c->source->get(c->source, &v);
  if (!shape || shape->kind == MR_DOCUMENT || (member && (member->flags & MR_JSON_VALUE))) {
    document(c, &v);
    return;
  }
  if (shape->kind > MR_MAP) {
    if (member && member->location == MR_AT_LABEL && v.type == MR_VALUE_TEXT && !v.text.len) {
      say(c, "must not be empty"); /* nothing else of it need be told */
      return;
    }
    c->is_secret = v.is_secret;
    scalar(c, shape, member, &v);
    c->is_secret = false;
    if (member)
      place(c, member, &v);
    return;
  }
  if (v.type != MR_VALUE_TREE) {
    expected(c, shape->kind == MR_LIST ? "a list" : "a table", &v);
    return;
  }
  if (shape->kind == MR_LIST)
    list(c, shape);
  else if (shape->kind == MR_MAP)
    map(c, shape, member);
  else if (!(shape->flags & MR_SHAPE_EVENTS))
    structure(c, shape);
}

static void value(mr_check *c, const mr_shape *shape, const mr_member *member) {
  if (c->depth >= MR_DEPTH_MAX) {
    say(c, "nested too deeply (does the table contain itself?)");
    return;
  }
  c->depth++;
  shaped(c, shape, member);
  c->depth--;
}

int mr_check_value(mr_check *c, const mr_shape *shape, mr_source *source) {
  c->source = source;
  c->problems = 0;
  c->depth = 0;
  c->is_secret = false;
  c->failed = MR_OK;
  mr_buf_reset(&c->path);
  if (shape)
    value(c, shape, NULL);
  else
    unknown_members(c, NULL);
  return c->path.status != MR_OK ? MR_ERR_MEMORY : c->failed;
}
