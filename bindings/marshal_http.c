/* SPDX-License-Identifier: MIT
 *
 * marshal_http.c -- members that travel outside the body: path, query, headers, status.
 * A label is encoded to its last byte unless it is greedy, so that an ARN in a path stays one
 * segment ("%3A", "%2F").  Lists in headers are joined by ", ", each item quoted if it holds
 * a comma or a quote. */
#include "bindings/marshal.h"

#include "bindings/canon.h"
#include "bindings/text.h"
#include "bindings/uri.h"

static mr_slice text_of(const mr_marshal *m, uint32_t at) {
  return mr_text(m->models, at);
}

/* ---- labels and query ---- */

static bool may_be_seen(mr_marshal *m, mr_slice name, const mr_value *value) {
  return !value->is_secret ||
         mr_marshal_fail(m, MR_ERR_ARG, name, "is a secret, and everybody sees what is in a URL");
}

static const mr_member *label_member(const mr_marshal *m, const mr_shape *input, mr_slice label) {
  for (uint32_t i = 0; input && i < input->count; i++) {
    const mr_member *member = &m->models->members[input->first + i];
    if (member->location == MR_AT_LABEL && mr_slice_equal(text_of(m, member->wire), label))
      return member;
  }
  return NULL;
}

static bool put_label(mr_marshal *m, const mr_shape *input, mr_slice label, bool greedy) {
  const mr_member *member = label_member(m, input, label);
  mr_value value;
  if (!member || !m->source->enter(m->source, text_of(m, member->name)))
    return mr_marshal_fail(m, MR_ERR_ARG, label, "is missing");
  m->source->get(m->source, &value);
  mr_buf_reset(&m->scratch);
  bool ok = may_be_seen(m, label, &value) &&
            mr_marshal_text(m, &m->scratch, mr_shape_at(m->models, member->shape), member, &value,
                            MR_FORMAT_ISO8601);
  m->source->leave(m->source);
  if (ok && mr_marshal_view(m, &m->scratch).len == 0)
    return mr_marshal_fail(m, MR_ERR_ARG, label, "must not be empty");
  if (ok)
    mr_uri_encode(&m->path, mr_marshal_view(m, &m->scratch), greedy);
  return ok;
}

bool mr_marshal_path(mr_marshal *m, const mr_operation *op, const mr_shape *input) {
  mr_slice path = text_of(m, op->path);
  const char *at = path.ptr, *end = path.ptr + path.len;
  while (at < end && *at != '?') {
    if (*at != '{') {
      mr_buf_putc(&m->path, *at++);
      continue;
    }
    const char *stop = memchr(at, '}', (size_t)(end - at));
    if (!stop)
      return mr_marshal_fail(m, MR_ERR_ARG, path, "is no path");
    bool greedy = stop[-1] == '+';
    if (!put_label(m, input, mr_slice_make(at + 1, (size_t)(stop - at) - 1 - (greedy ? 1 : 0)),
                   greedy))
      return false;
    at = stop + 1;
  }
  if (at < end)
    mr_buf_put(&m->query, at + 1, (size_t)(end - at) - 1);
  return true;
}

/* A list or a map, as the shape demands? */
static bool is_tree(mr_marshal *m, mr_slice name) {
  mr_value value;
  m->source->get(m->source, &value);
  return value.type == MR_VALUE_TREE || mr_marshal_fail(m, MR_ERR_ARG, name, "expected a table");
}

static bool put_query_value(mr_marshal *m, mr_slice name, const mr_shape *shape,
                            const mr_member *member) {
  mr_value value;
  m->source->get(m->source, &value);
  if (value.type == MR_VALUE_NONE)
    return true;
  mr_buf_reset(&m->scratch);
  if (!may_be_seen(m, name, &value) ||
      !mr_marshal_text(m, &m->scratch, shape, member, &value, MR_FORMAT_ISO8601))
    return false;
  if (m->query.len)
    mr_buf_putc(&m->query, '&');
  mr_uri_encode(&m->query, name, false);
  mr_buf_putc(&m->query, '=');
  mr_uri_encode(&m->query, mr_marshal_view(m, &m->scratch), false);
  return true;
}

/* A scalar, or a list of them under one name. */
static bool put_query(mr_marshal *m, mr_slice name, const mr_shape *shape,
                      const mr_member *member) {
  if (shape->kind != MR_LIST)
    return put_query_value(m, name, shape, member);
  if (!is_tree(m, name))
    return false;
  size_t n = m->source->length(m->source);
  for (size_t i = 0; i < n; i++) {
    m->source->enter_item(m->source, i);
    bool ok = put_query_value(m, name, mr_shape_at(m->models, shape->element), NULL);
    m->source->leave(m->source);
    if (!ok)
      return false;
  }
  return true;
}

/* Is there a parameter of that name already?  It wins over an entry of a query map. */
static bool query_has(mr_marshal *m, mr_slice key) {
  mr_slice rest = mr_buf_view(&m->query), name, value;
  mr_buf_reset(&m->scratch2);
  mr_uri_encode(&m->scratch2, key, false);
  while (mr_query_next(&rest, &name, &value))
    if (mr_slice_equal(name, mr_marshal_view(m, &m->scratch2)))
      return true;
  return false;
}

static bool put_query_map(mr_marshal *m, const mr_member *member) {
  const mr_shape *map = mr_shape_at(m->models, member->shape);
  bool all_text = true, ok = true;
  if (!m->source->enter(m->source, text_of(m, member->name)))
    return true;
  if (!is_tree(m, text_of(m, member->name)))
    return false;
  size_t n = m->source->open_keys(m->source, &all_text);
  for (size_t i = 0; i < n && ok; i++) {
    mr_slice key = m->source->key(m->source, i);
    if (query_has(m, key))
      continue;
    m->source->enter_key(m->source, i);
    ok = put_query(m, key, mr_shape_at(m->models, map->element), NULL);
    m->source->leave(m->source);
  }
  m->source->close_keys(m->source);
  m->source->leave(m->source);
  if (ok && !all_text)
    return mr_marshal_fail(m, MR_ERR_ARG, text_of(m, member->name), "the keys must be strings");
  return ok;
}

/* ---- headers ---- */

static void add(mr_marshal *m, mr_slice name, mr_slice value, bool is_secret) {
  if (is_secret && m->secret_count++ < MR_COUNT(m->secret_headers))
    m->secret_headers[m->secret_count - 1] = m->headers.len;
  mr_head_put(&m->headers, name, value);
}

bool mr_marshal_is_secret(const mr_marshal *m, size_t at) {
  bool is_secret = m->secret_count > MR_COUNT(m->secret_headers);
  for (size_t i = 0; i < m->secret_count && !is_secret; i++)
    is_secret = m->secret_headers[i] == at;
  return is_secret;
}

static bool header_text(mr_marshal *m, mr_slice member, mr_slice value) {
  for (size_t i = 0; i < value.len; i++)
    if (value.ptr[i] == '\r' || value.ptr[i] == '\n' || value.ptr[i] == '\0')
      return mr_marshal_fail(m, MR_ERR_ARG, member,
                             "a header can hold neither line breaks nor NUL");
  return true;
}

static void put_list_item(mr_buf *out, mr_slice item, bool quote) {
  if (out->len)
    mr_buf_puts(out, ", ");
  if (!quote || (!memchr(item.ptr, ',', item.len) && !memchr(item.ptr, '"', item.len))) {
    mr_buf_slice(out, item);
    return;
  }
  mr_buf_putc(out, '"');
  for (size_t i = 0; i < item.len; i++) {
    if (item.ptr[i] == '"' || item.ptr[i] == '\\')
      mr_buf_putc(out, '\\');
    mr_buf_putc(out, item.ptr[i]);
  }
  mr_buf_putc(out, '"');
}

static bool put_header_list(mr_marshal *m, const mr_shape *shape, const mr_member *member) {
  const mr_shape *element = mr_shape_at(m->models, shape->element);
  if (!is_tree(m, text_of(m, member->name)))
    return false;
  size_t n = m->source->length(m->source);
  bool is_secret = false;
  mr_buf_reset(&m->scratch2);
  for (size_t i = 0; i < n; i++) {
    mr_value value;
    bool ok = true;
    m->source->enter_item(m->source, i);
    m->source->get(m->source, &value);
    is_secret = is_secret || value.is_secret;
    if (value.type != MR_VALUE_NONE) {
      mr_buf_reset(&m->scratch);
      ok = mr_marshal_text(m, &m->scratch, element, NULL, &value, MR_FORMAT_RFC822);
      if (ok)
        put_list_item(&m->scratch2, mr_marshal_view(m, &m->scratch), element->kind == MR_STRING);
    }
    m->source->leave(m->source);
    if (!ok)
      return false;
  }
  if (!header_text(m, text_of(m, member->name), mr_marshal_view(m, &m->scratch2)))
    return false;
  add(m, text_of(m, member->wire), mr_marshal_view(m, &m->scratch2), is_secret);
  return true;
}

static bool put_header(mr_marshal *m, const mr_member *member) {
  const mr_shape *shape = mr_shape_at(m->models, member->shape);
  mr_slice name = text_of(m, member->name);
  mr_value value = {.is_secret = true}; /* of a document: there may be one anywhere in it */
  bool ok;
  if (!m->source->enter(m->source, name))
    return true;
  if (shape->kind == MR_LIST) {
    ok = put_header_list(m, shape, member);
    m->source->leave(m->source);
    return ok;
  }
  mr_buf_reset(&m->scratch);
  if (member->flags & MR_JSON_VALUE) {
    mr_buf_reset(&m->scratch2);
    ok = mr_marshal_document(m, &m->scratch2);
    mr_base64_encode(&m->scratch, mr_marshal_view(m, &m->scratch2).ptr, m->scratch2.len);
  } else {
    m->source->get(m->source, &value);
    ok = mr_marshal_text(m, &m->scratch, shape, member, &value, MR_FORMAT_RFC822) &&
         header_text(m, name, mr_marshal_view(m, &m->scratch));
  }
  m->source->leave(m->source);
  if (ok)
    add(m, text_of(m, member->wire), mr_marshal_view(m, &m->scratch), value.is_secret);
  return ok;
}

static bool put_prefix_headers(mr_marshal *m, const mr_member *member) {
  const mr_shape *map = mr_shape_at(m->models, member->shape);
  mr_slice name = text_of(m, member->name);
  bool all_text = true, ok = true;
  if (!m->source->enter(m->source, name))
    return true;
  if (!is_tree(m, text_of(m, member->name)))
    return false;
  size_t n = m->source->open_keys(m->source, &all_text);
  for (size_t i = 0; i < n && ok; i++) {
    mr_value value;
    m->source->enter_key(m->source, i);
    m->source->get(m->source, &value);
    if (value.type != MR_VALUE_NONE) {
      mr_buf_reset(&m->scratch);
      mr_buf_reset(&m->scratch2);
      mr_buf_slice(&m->scratch2, text_of(m, member->wire));
      mr_buf_slice(&m->scratch2, m->source->key(m->source, i));
      ok = mr_marshal_text(m, &m->scratch, mr_shape_at(m->models, map->element), NULL, &value,
                           MR_FORMAT_RFC822) &&
           header_text(m, name, mr_marshal_view(m, &m->scratch));
      if (ok && !mr_canon_is_token(mr_marshal_view(m, &m->scratch2)))
        ok = mr_marshal_fail(m, MR_ERR_ARG, name, "a key of it can be no part of a header's name");
      if (ok)
        add(m, mr_marshal_view(m, &m->scratch2), mr_marshal_view(m, &m->scratch), value.is_secret);
    }
    m->source->leave(m->source);
  }
  m->source->close_keys(m->source);
  m->source->leave(m->source);
  if (ok && !all_text)
    return mr_marshal_fail(m, MR_ERR_ARG, name, "the keys must be strings");
  return ok;
}

bool mr_marshal_places(mr_marshal *m, const mr_shape *shape, bool request) {
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *member = &m->models->members[shape->first + i];
    bool ok = true;
    switch (member->location) {
    case MR_AT_QUERY:
      if (request && m->source->enter(m->source, text_of(m, member->name))) {
        ok = put_query(m, text_of(m, member->wire), mr_shape_at(m->models, member->shape), member);
        m->source->leave(m->source);
      }
      break;
    case MR_AT_HEADER:
      ok = put_header(m, member);
      break;
    case MR_AT_HEADERS:
      ok = put_prefix_headers(m, member);
      break;
    case MR_AT_STATUS:
      if (!request && m->source->enter(m->source, text_of(m, member->name))) {
        mr_value value;
        m->source->get(m->source, &value);
        if (value.type == MR_VALUE_INT)
          m->http_status = (int)value.integer;
        m->source->leave(m->source);
      }
      break;
    default:
      break;
    }
    if (!ok)
      return false;
  }
  for (uint32_t i = 0; request && i < shape->count; i++) { /* after those that win over them */
    const mr_member *member = &m->models->members[shape->first + i];
    if (member->location == MR_AT_QUERY_MAP && !put_query_map(m, member))
      return false;
  }
  return true;
}
