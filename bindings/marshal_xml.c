/* SPDX-License-Identifier: MIT
 *
 * marshal_xml.c -- values as XML.
 * A flattened list or map has no element of its own: its items stand side by side under the
 * member's name.  Attributes are members too; they are written into the start tag first. */
#include "bindings/marshal.h"
#include "bindings/xml.h"

static void put_xmlns(mr_marshal *m, mr_slice uri, mr_slice prefix) {
  if (!uri.len)
    return;
  mr_buf_puts(&m->body, prefix.len ? " xmlns:" : " xmlns");
  mr_buf_slice(&m->body, prefix);
  mr_buf_puts(&m->body, "=\"");
  mr_xml_escape(&m->body, uri, true);
  mr_buf_putc(&m->body, '"');
}

static void close_element(mr_marshal *m, mr_slice name) {
  mr_xml_close(&m->body, name);
}

static bool put_escaped(mr_marshal *m, mr_slice text, bool attribute, mr_slice member) {
  int status = mr_xml_escape(&m->body, text, attribute);
  if (status == MR_ERR_ARG)
    return mr_marshal_fail(m, status, member, "XML has no spelling for a character in this text");
  return true;
}

/* Writes `<name xmlns attributes>`; the cursor is at the structure. */
static bool open_structure(mr_marshal *m, const mr_shape *shape, mr_slice name, mr_slice xmlns,
                           mr_slice prefix) {
  mr_buf_putc(&m->body, '<');
  mr_buf_slice(&m->body, name);
  put_xmlns(m, xmlns, prefix);
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *member = &m->models->members[shape->first + i];
    mr_value value;
    if (!(member->flags & MR_ATTRIBUTE))
      continue;
    mr_slice name_of = mr_text(m->models, member->name);
    if (!m->source->enter(m->source, name_of))
      continue;
    m->source->get(m->source, &value);
    mr_buf_reset(&m->scratch);
    bool ok = mr_marshal_text(m, &m->scratch, mr_shape_at(m->models, member->shape), member, &value,
                              MR_FORMAT_ISO8601);
    m->source->leave(m->source);
    if (!ok)
      return false;
    mr_buf_putc(&m->body, ' ');
    mr_buf_slice(&m->body, mr_text(m->models, member->wire));
    mr_buf_puts(&m->body, "=\"");
    if (!put_escaped(m, mr_marshal_view(m, &m->scratch), true, name_of))
      return false;
    mr_buf_putc(&m->body, '"');
  }
  mr_buf_putc(&m->body, '>');
  return true;
}

static bool put_members(mr_marshal *m, const mr_shape *shape, bool body_only, bool *any) {
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *member = &m->models->members[shape->first + i];
    if (member->flags & MR_ATTRIBUTE)
      continue;
    if (body_only && member->location != MR_AT_BODY)
      continue;
    if (!m->source->enter(m->source, mr_text(m->models, member->name)))
      continue;
    *any = true;
    bool ok = mr_marshal_xml(m, mr_shape_at(m->models, member->shape), member,
                             mr_text(m->models, member->wire));
    m->source->leave(m->source);
    if (!ok)
      return false;
  }
  return true;
}

static void open_plain(mr_marshal *m, const mr_shape *shape, const mr_member *member,
                       mr_slice name) {
  bool of_member = member && member->xmlns;
  mr_buf_putc(&m->body, '<');
  mr_buf_slice(&m->body, name);
  put_xmlns(m, mr_text(m->models, of_member ? member->xmlns : shape->xmlns),
            mr_text(m->models, of_member ? member->xmlns_prefix : shape->xmlns_prefix));
  mr_buf_putc(&m->body, '>');
}

static bool put_list(mr_marshal *m, const mr_shape *shape, const mr_member *member, mr_slice name) {
  const mr_shape *element = mr_shape_at(m->models, shape->element);
  bool flat = (shape->flags & MR_SHAPE_FLAT) || (member && (member->flags & MR_FLAT));
  mr_slice item = flat          ? name
                  : shape->wire ? mr_text(m->models, shape->wire)
                                : mr_slice_of("member");
  mr_member as_member = {0};
  as_member.name = member ? member->name : shape->name;
  as_member.xmlns = shape->item_xmlns;
  as_member.xmlns_prefix = shape->item_prefix;
  size_t n = m->source->length(m->source);
  if (!flat)
    open_plain(m, shape, member, name);
  for (size_t i = 0; i < n; i++) {
    m->source->enter_item(m->source, i);
    bool ok = mr_marshal_xml(m, element, &as_member, item);
    m->source->leave(m->source);
    if (!ok)
      return false;
  }
  if (!flat)
    close_element(m, name);
  return true;
}

static bool put_map(mr_marshal *m, const mr_shape *shape, const mr_member *member, mr_slice name) {
  const mr_shape *element = mr_shape_at(m->models, shape->element);
  bool flat = (shape->flags & MR_SHAPE_FLAT) || (member && (member->flags & MR_FLAT));
  mr_slice entry = flat ? name : mr_slice_of("entry");
  mr_slice key_name = shape->key_wire ? mr_text(m->models, shape->key_wire) : mr_slice_of("key");
  mr_slice value_name = shape->wire ? mr_text(m->models, shape->wire) : mr_slice_of("value");
  bool all_text = true, ok = true;
  if (!flat)
    open_plain(m, shape, member, name);
  size_t n = m->source->open_keys(m->source, &all_text);
  for (size_t i = 0; i < n && ok; i++) {
    mr_value value;
    m->source->enter_key(m->source, i);
    m->source->get(m->source, &value);
    if (value.type != MR_VALUE_NONE || (shape->flags & MR_SHAPE_SPARSE)) {
      mr_xml_open(&m->body, entry, "");
      mr_xml_open(&m->body, key_name, "");
      ok = put_escaped(m, m->source->key(m->source, i), false, name);
      close_element(m, key_name);
      ok = ok && mr_marshal_xml(m, element, NULL, value_name);
      close_element(m, entry);
    }
    m->source->leave(m->source);
  }
  m->source->close_keys(m->source);
  if (!flat)
    close_element(m, name);
  if (ok && !all_text)
    return mr_marshal_fail(m, MR_ERR_ARG, name, "the keys of a map must be strings");
  return ok;
}

static bool put(mr_marshal *m, const mr_shape *shape, const mr_member *member, mr_slice name) {
  mr_value value;
  bool any = false, of_member = member && member->xmlns;
  m->source->get(m->source, &value);
  mr_slice place = member && member->name ? mr_text(m->models, member->name) : name;
  if (shape->kind == MR_DOCUMENT)
    return mr_marshal_fail(m, MR_ERR_ARG, place, "a document cannot travel in XML");
  if (value.type == MR_VALUE_NONE) { /* a gap in a sparse list */
    open_plain(m, shape, member, name);
    close_element(m, name);
    return true;
  }
  if (shape->kind >= MR_STRUCTURE && shape->kind <= MR_MAP && value.type != MR_VALUE_TREE)
    return mr_marshal_fail(m, MR_ERR_ARG, place, "expected a table");
  switch (shape->kind) {
  case MR_STRUCTURE:
  case MR_UNION:
    if (!open_structure(
            m, shape, name, mr_text(m->models, of_member ? member->xmlns : shape->xmlns),
            mr_text(m->models, of_member ? member->xmlns_prefix : shape->xmlns_prefix)) ||
        !put_members(m, shape, false, &any))
      return false;
    close_element(m, name);
    return true;
  case MR_LIST:
    return put_list(m, shape, member, name);
  case MR_MAP:
    return put_map(m, shape, member, name);
  default:
    break;
  }
  open_plain(m, shape, member, name);
  mr_buf_reset(&m->scratch);
  if (!mr_marshal_text(m, &m->scratch, shape, member && member->name ? member : NULL, &value,
                       MR_FORMAT_ISO8601) ||
      !put_escaped(m, mr_marshal_view(m, &m->scratch), false, place))
    return false;
  close_element(m, name);
  return true;
}

bool mr_marshal_xml(mr_marshal *m, const mr_shape *shape, const mr_member *member, mr_slice name) {
  if (m->depth >= MR_DEPTH_MAX)
    return mr_marshal_fail(m, MR_ERR_LIMIT, name, "nested too deeply");
  m->depth++;
  bool ok = put(m, shape, member, name);
  m->depth--;
  return ok;
}

bool mr_marshal_xml_body(mr_marshal *m, const mr_shape *shape, mr_slice name, mr_slice xmlns,
                         mr_slice prefix, bool *any) {
  size_t before = m->body.len;
  *any = false;
  if (!xmlns.len) {
    xmlns = mr_text(m->models, shape->xmlns);
    prefix = mr_text(m->models, shape->xmlns_prefix);
  }
  if (!open_structure(m, shape, name, xmlns, prefix) || !put_members(m, shape, true, any))
    return false;
  close_element(m, name);
  if (!*any)
    m->body.len = before;
  return true;
}
