/* SPDX-License-Identifier: MIT
 *
 * unmarshal_xml.c -- values from an XML tree.
 * Members are looked for among an element's children one after the other, so that the items
 * of a flattened list are found wherever they stand between others.  The name of the root is
 * of no interest. */
#include "bindings/unmarshal.h"

static bool same(mr_slice a, mr_slice b) {
  return mr_slice_equal(a, b);
}

/* "xsi:type" as an attribute keeps its prefix in the tree. */
static mr_slice attribute(const mr_xml_node *node, mr_slice name) {
  for (const mr_xml_attribute *a = node->attributes; a; a = a->next)
    if (same(a->name, name))
      return a->value;
  return mr_slice_make(NULL, 0);
}

static const mr_xml_node *find(const mr_xml_node *child, mr_slice name) {
  while (child && !same(child->name, name))
    child = child->next_sibling;
  return child;
}

static bool is_flat(const mr_shape *shape, const mr_member *member) {
  return (shape->flags & MR_SHAPE_FLAT) || (member && (member->flags & MR_FLAT));
}

static bool list_items(mr_unmarshal *u, const mr_shape *shape, const mr_xml_node *child,
                       mr_slice name) {
  const mr_shape *element = mr_shape_at(u->models, shape->element);
  u->sink->begin_list(u->sink);
  for (child = find(child, name); child; child = find(child->next_sibling, name))
    if (!mr_unmarshal_xml_value(u, element, NULL, child))
      return false;
  u->sink->end(u->sink);
  return true;
}

static bool map_entry(mr_unmarshal *u, const mr_shape *shape, const mr_xml_node *entry) {
  mr_slice key_name = shape->key_wire ? mr_text(u->models, shape->key_wire) : mr_slice_of("key");
  mr_slice value_name = shape->wire ? mr_text(u->models, shape->wire) : mr_slice_of("value");
  const mr_xml_node *key = find(entry->first_child, key_name);
  const mr_xml_node *value = find(entry->first_child, value_name);
  if (!key || !value)
    return true;
  u->sink->name(u->sink, key->text);
  return mr_unmarshal_xml_value(u, mr_shape_at(u->models, shape->element), NULL, value);
}

static bool map_entries(mr_unmarshal *u, const mr_shape *shape, const mr_xml_node *child,
                        mr_slice name) {
  u->sink->begin_object(u->sink);
  for (child = find(child, name); child; child = find(child->next_sibling, name))
    if (!map_entry(u, shape, child))
      return false;
  u->sink->end(u->sink);
  return true;
}

static bool member_value(mr_unmarshal *u, const mr_member *member, const mr_xml_node *node) {
  const mr_shape *shape = mr_shape_at(u->models, member->shape);
  mr_slice wire = mr_text(u->models, member->wire), name = mr_text(u->models, member->name);
  if (member->flags & MR_ATTRIBUTE) {
    mr_slice value = attribute(node, wire);
    if (!value.ptr)
      return true;
    u->sink->name(u->sink, name);
    return mr_unmarshal_text(u, shape, member, value, MR_FORMAT_ISO8601);
  }
  bool container = shape->kind == MR_LIST || shape->kind == MR_MAP;
  if (container && is_flat(shape, member) && shape->kind == MR_LIST && shape->wire &&
      member->wire == member->name && !find(node->first_child, wire))
    wire = mr_text(u->models, shape->wire);
  const mr_xml_node *child = find(node->first_child, wire);
  if (!child)
    return true;
  u->sink->name(u->sink, name);
  if (!container || !is_flat(shape, member))
    return mr_unmarshal_xml_value(u, shape, member, child);
  return shape->kind == MR_LIST ? list_items(u, shape, child, wire)
                                : map_entries(u, shape, child, wire);
}

bool mr_unmarshal_xml_members(mr_unmarshal *u, const mr_shape *shape, const mr_xml_node *node) {
  for (uint32_t i = 0; i < shape->count; i++) {
    const mr_member *member = &u->models->members[shape->first + i];
    if (member->location == MR_AT_BODY && !member_value(u, member, node))
      return false;
  }
  return true;
}

static bool shaped(mr_unmarshal *u, const mr_shape *shape, const mr_member *member,
                   const mr_xml_node *node) {
  switch (shape->kind) {
  case MR_STRUCTURE:
  case MR_UNION:
    u->sink->begin_object(u->sink);
    if (!mr_unmarshal_xml_members(u, shape, node))
      return false;
    u->sink->end(u->sink);
    return true;
  case MR_LIST:
    return list_items(u, shape, node->first_child,
                      shape->wire ? mr_text(u->models, shape->wire) : mr_slice_of("member"));
  case MR_MAP:
    return map_entries(u, shape, node->first_child, mr_slice_of("entry"));
  case MR_DOCUMENT:
    return mr_unmarshal_fail(u, MR_ERR_ARG, node->name, "a document in XML");
  default:
    if (u->strict && node->first_child)
      return mr_unmarshal_fail(u, MR_ERR_ARG, node->name, "elements where text is expected");
    return mr_unmarshal_text(u, shape, member, node->text, MR_FORMAT_ISO8601);
  }
}

bool mr_unmarshal_xml_value(mr_unmarshal *u, const mr_shape *shape, const mr_member *member,
                            const mr_xml_node *node) {
  if (u->depth >= MR_DEPTH_MAX)
    return mr_unmarshal_fail(u, MR_ERR_LIMIT, node->name, "nested too deeply");
  u->depth++;
  bool ok = shaped(u, shape, member, node);
  u->depth--;
  return ok;
}

bool mr_unmarshal_xml_open(mr_unmarshal *u, mr_slice body) {
  if (u->xml_open)
    mr_xml_clear(&u->xml);
  u->xml_open = true;
  while (body.len && memchr(" \t\r\n", *body.ptr, 4))
    body.ptr++, body.len--; /* sent to keep the line alive */
  int status = mr_xml_parse(&u->xml, body, u->scratch.alloc);
  if (status == MR_OK)
    return true;
  if (u->failed == MR_OK) {
    u->failed = status;
    mr_buf_printf(&u->message, "XML: %s at line %zu, column %zu",
                  u->xml.message ? u->xml.message : "malformed", u->xml.line, u->xml.column);
  }
  return false;
}
