/* SPDX-License-Identifier: MIT
 *
 * xml_fuzz.c -- any bytes: parsing ends; a tree that was read is written and read again with
 * the same names and texts. */
#include <stdint.h>
#include <stdlib.h>

#include "bindings/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok) {
  if (!ok)
    abort();
}

static void write_node(mr_buf *out, const mr_xml_node *node) {
  mr_buf_putc(out, '<');
  mr_buf_slice(out, node->name);
  if (node->attributes) {
    mr_buf_puts(out, " a=\"");
    need(mr_xml_escape(out, node->attributes->value, true) == MR_OK);
    mr_buf_putc(out, '"');
  }
  mr_buf_putc(out, '>');
  need(mr_xml_escape(out, node->text, false) == MR_OK);
  for (const mr_xml_node *child = node->first_child; child; child = child->next_sibling)
    write_node(out, child);
  mr_xml_close(out, node->name);
}

static void compare(const mr_xml_node *a, const mr_xml_node *b) {
  need(mr_slice_equal(a->name, b->name) && mr_slice_equal(a->text, b->text));
  need(a->children == b->children);
  if (a->attributes)
    need(mr_slice_equal(a->attributes->value, mr_xml_attribute_value(b, "a")));
  const mr_xml_node *x = a->first_child, *y = b->first_child;
  for (; x && y; x = x->next_sibling, y = y->next_sibling)
    compare(x, y);
  need(!x && !y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mr_xml first, second;
  mr_buf out;
  mr_buf_init(&out, NULL);
  if (mr_xml_parse(&first, mr_slice_make((const char *)data, size), NULL) == MR_OK) {
    need(first.root != NULL);
    write_node(&out, first.root);
    need(mr_xml_parse(&second, mr_buf_view(&out), NULL) == MR_OK);
    compare(first.root, second.root);
    mr_xml_clear(&second);
  } else {
    need(first.message && first.root == NULL);
  }
  mr_xml_clear(&first);
  mr_buf_clear(&out);
  return 0;
}
