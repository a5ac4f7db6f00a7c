/* SPDX-License-Identifier: MIT
 *
 * unmarshal_json.c -- values from JSON, pulled event by event; no tree is built.
 * null is an absent value, save in sparse lists and maps and in documents. */
#include "bindings/text.h"
#include "bindings/unmarshal.h"

static bool value(mr_unmarshal *u, const mr_shape *shape, const mr_member *member,
                  mr_json_event event);

static bool syntax(mr_unmarshal *u) {
  size_t line = 0, column = 0;
  if (u->failed != MR_OK)
    return false;
  mr_json_position(u->json.input, u->json.start, &line, &column);
  u->failed = u->json.status ? u->json.status : MR_ERR_SYNTAX;
  mr_buf_printf(&u->message, "JSON: %s at line %zu, column %zu",
                u->json.message ? u->json.message : "unexpected end", line, column);
  return false;
}

static bool skip(mr_unmarshal *u, mr_json_event event) {
  mr_slice raw;
  return mr_json_skip(&u->json, event, &raw) == MR_OK || syntax(u);
}

/* A value that no shape describes, as it is. */
static bool free_value(mr_unmarshal *u, mr_json_event event) {
  mr_json_reader *r = &u->json;
  mr_sink *s = u->sink;
  bool ok = true;
  switch (event) {
  case MR_JSON_STRING:
    s->put_text(s, r->text);
    return true;
  case MR_JSON_INTEGER:
    s->put_integer(s, r->integer);
    return true;
  case MR_JSON_DOUBLE:
    s->put_double(s, r->number);
    return true;
  case MR_JSON_TRUE:
    s->put_bool(s, true);
    return true;
  case MR_JSON_FALSE:
    s->put_bool(s, false);
    return true;
  case MR_JSON_NULL:
    s->put_null(s);
    return true;
  case MR_JSON_ARRAY:
    s->begin_list(s);
    while (ok && (event = mr_json_next(r)) != MR_JSON_ARRAY_END)
      ok = event == MR_JSON_ERROR ? syntax(u) : value(u, NULL, NULL, event);
    if (ok)
      s->end(s);
    return ok;
  case MR_JSON_OBJECT:
    s->begin_object(s);
    while (ok && (event = mr_json_next(r)) != MR_JSON_OBJECT_END) {
      if (event != MR_JSON_KEY)
        return syntax(u);
      s->name(s, r->text);
      event = mr_json_next(r);
      ok = event == MR_JSON_ERROR ? syntax(u) : value(u, NULL, NULL, event);
    }
    if (ok)
      s->end(s);
    return ok;
  default:
    return syntax(u);
  }
}

static bool refuse(mr_unmarshal *u, const mr_member *member, mr_json_event event, const char *what) {
  if (event == MR_JSON_ERROR)
    return syntax(u);
  return mr_unmarshal_fail(u, MR_ERR_ARG,
                           member ? mr_text(u->models, member->name) : mr_slice_of(""), what);
}

/* A scalar of another kind than the model's: a reply's is taken as it is. */
static bool misfit(mr_unmarshal *u, const mr_member *member, mr_json_event event,
                   const char *what) {
  if (u->strict || (member && (member->flags & MR_SECRET)) || event == MR_JSON_ERROR)
    return refuse(u, member, event, what);
  return free_value(u, event);
}

/* After the opening brace, up to the closing one. */
static bool members(mr_unmarshal *u, const mr_shape *shape, bool body_only) {
  mr_json_event event;
  while ((event = mr_json_next(&u->json)) != MR_JSON_OBJECT_END) {
    if (event != MR_JSON_KEY)
      return syntax(u);
    const mr_member *member = mr_member_by_wire(u->models, shape, u->json.text);
    event = mr_json_next(&u->json);
    if (event == MR_JSON_ERROR)
      return syntax(u);
    if (event == MR_JSON_NULL)
      continue;
    if (!member || (body_only && (member->flags & MR_PAYLOAD))) {
      if (!skip(u, event))
        return false;
      continue;
    }
    u->sink->name(u->sink, mr_text(u->models, member->name));
    if (!value(u, mr_shape_at(u->models, member->shape), member, event))
      return false;
  }
  return true;
}

static bool list(mr_unmarshal *u, const mr_shape *shape) {
  const mr_shape *element = mr_shape_at(u->models, shape->element);
  mr_json_event event;
  bool ok = true;
  u->sink->begin_list(u->sink);
  while (ok && (event = mr_json_next(&u->json)) != MR_JSON_ARRAY_END) {
    if (event == MR_JSON_NULL) {
      if (shape->flags & MR_SHAPE_SPARSE)
        u->sink->put_null(u->sink);
      continue;
    }
    ok = event == MR_JSON_ERROR ? syntax(u) : value(u, element, NULL, event);
  }
  if (ok)
    u->sink->end(u->sink);
  return ok;
}

static bool map(mr_unmarshal *u, const mr_shape *shape) {
  const mr_shape *element = mr_shape_at(u->models, shape->element);
  mr_json_event event;
  bool ok = true;
  u->sink->begin_object(u->sink);
  while (ok && (event = mr_json_next(&u->json)) != MR_JSON_OBJECT_END) {
    if (event != MR_JSON_KEY)
      return syntax(u);
    mr_buf_reset(&u->scratch); /* the name waits until it is known that a value follows */
    mr_buf_slice(&u->scratch, u->json.text);
    event = mr_json_next(&u->json);
    if (event == MR_JSON_ERROR)
      return syntax(u);
    if (event == MR_JSON_NULL && !(shape->flags & MR_SHAPE_SPARSE))
      continue;
    u->sink->name(u->sink, mr_unmarshal_view(u, &u->scratch));
    if (event == MR_JSON_NULL)
      u->sink->put_null(u->sink);
    else
      ok = value(u, element, NULL, event);
  }
  if (ok)
    u->sink->end(u->sink);
  return ok;
}

static bool scalar(mr_unmarshal *u, const mr_shape *shape, const mr_member *member,
                   mr_json_event event) {
  mr_json_reader *r = &u->json;
  mr_sink *s = u->sink;
  int64_t ms;
  switch (shape->kind) {
  case MR_BOOLEAN:
    if (event != MR_JSON_TRUE && event != MR_JSON_FALSE)
      return misfit(u, member, event, "expected true or false");
    s->put_bool(s, event == MR_JSON_TRUE);
    return true;
  case MR_INTEGER:
  case MR_LONG:
    if (event == MR_JSON_INTEGER) {
      s->put_integer(s, r->integer);
      return true;
    }
    if (event == MR_JSON_DOUBLE && r->number > -9e15 && r->number < 9e15 &&
        (double)(int64_t)r->number == r->number) {
      s->put_integer(s, (int64_t)r->number);
      return true;
    }
    return misfit(u, member, event, "expected an integer");
  case MR_FLOAT:
  case MR_DOUBLE:
    if (event == MR_JSON_INTEGER || event == MR_JSON_DOUBLE) {
      s->put_double(s, r->number);
      return true;
    }
    if (event == MR_JSON_STRING)
      return mr_unmarshal_text(u, shape, member, r->text, MR_FORMAT_UNIX);
    return misfit(u, member, event, "expected a number");
  case MR_TIMESTAMP:
    if (event == MR_JSON_INTEGER || event == MR_JSON_DOUBLE) {
      if (event == MR_JSON_INTEGER &&
          (r->integer > INT64_MAX / 1000 || r->integer < INT64_MIN / 1000))
        return misfit(u, member, event, "expected a time");
      if (event == MR_JSON_DOUBLE && !(r->number > -9e15 && r->number < 9e15))
        return misfit(u, member, event, "expected a time");
      ms = event == MR_JSON_INTEGER ? r->integer * 1000
                                    : (int64_t)(r->number * 1000 + (r->number < 0 ? -0.5 : 0.5));
      mr_put_time(s, ms);
      return true;
    }
    if (event == MR_JSON_STRING)
      return mr_unmarshal_text(u, shape, member, r->text, MR_FORMAT_ISO8601);
    return misfit(u, member, event, "expected a time");
  default: /* string, blob */
    if (event == MR_JSON_STRING)
      return mr_unmarshal_text(u, shape, member, r->text, MR_FORMAT_UNIX);
    return misfit(u, member, event, "expected a string");
  }
}

static bool shaped(mr_unmarshal *u, const mr_shape *shape, const mr_member *member,
                   mr_json_event event) {
  bool ok;
  if (!shape || shape->kind == MR_DOCUMENT)
    return free_value(u, event);
  switch (shape->kind) {
  case MR_STRUCTURE:
  case MR_UNION:
    if (event != MR_JSON_OBJECT)
      return refuse(u, member, event, "expected an object");
    u->sink->begin_object(u->sink);
    ok = members(u, shape, false);
    if (ok)
      u->sink->end(u->sink);
    return ok;
  case MR_LIST:
    if (event != MR_JSON_ARRAY)
      return refuse(u, member, event, "expected a list");
    return list(u, shape);
  case MR_MAP:
    if (event != MR_JSON_OBJECT)
      return refuse(u, member, event, "expected an object");
    return map(u, shape);
  default:
    return scalar(u, shape, member, event);
  }
}

static bool value(mr_unmarshal *u, const mr_shape *shape, const mr_member *member,
                  mr_json_event event) {
  if (u->depth >= MR_DEPTH_MAX)
    return mr_unmarshal_fail(u, MR_ERR_LIMIT, mr_slice_of(""), "JSON: nested too deeply");
  u->depth++;
  bool ok = shaped(u, shape, member, event);
  u->depth--;
  return ok;
}

static mr_json_event open_body(mr_unmarshal *u, mr_slice body) {
  if (u->json_open)
    mr_json_clear(&u->json);
  mr_json_init(&u->json, body, NULL, 0);
  mr_json_borrow(&u->json, &u->unescaped);
  u->json_open = true;
  return mr_json_next(&u->json);
}

static bool at_end(mr_unmarshal *u) {
  return mr_json_next(&u->json) == MR_JSON_END || syntax(u);
}

bool mr_unmarshal_json_members(mr_unmarshal *u, const mr_shape *shape, mr_slice body) {
  mr_json_event event = open_body(u, body);
  if (event == MR_JSON_ERROR)
    return syntax(u);
  if (event != MR_JSON_OBJECT)
    return mr_unmarshal_fail(u, MR_ERR_ARG, mr_slice_of(""), "the body is no JSON object");
  return members(u, shape, true) && at_end(u);
}

bool mr_unmarshal_json_value(mr_unmarshal *u, const mr_shape *shape, mr_slice body) {
  mr_json_event event = open_body(u, body);
  if (event == MR_JSON_ERROR)
    return syntax(u);
  return value(u, shape, NULL, event) && at_end(u);
}
