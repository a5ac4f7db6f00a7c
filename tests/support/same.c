/* SPDX-License-Identifier: MIT
 *
 * same.c -- bodies and queries compared by what they say. */
#include "tests/support/same.h"

#include "bindings/uri.h"
#include "bindings/xml.h"

static bool xml_same(const mr_xml_node *a, const mr_xml_node *b) {
  size_t n = 0;
  if (!mr_slice_equal(a->name, b->name) || a->children != b->children)
    return false;
  if (!a->children && !mr_slice_equal(a->text, b->text))
    return false;
  for (const mr_xml_attribute *p = a->attributes; p; p = p->next, n++) {
    const mr_xml_attribute *q = b->attributes;
    while (q && !mr_slice_equal(p->name, q->name))
      q = q->next;
    if (!q || !mr_slice_equal(p->value, q->value))
      return false;
  }
  for (const mr_xml_attribute *q = b->attributes; q; q = q->next)
    n--;
  if (n)
    return false;
  for (const mr_xml_node *p = a->first_child; p;
       p = p->next_sibling) { /* entries of maps have no order */
    const mr_xml_node *q = b->first_child;
    while (q && !xml_same(p, q))
      q = q->next_sibling;
    if (!q)
      return false;
  }
  return true;
}

static int count_of(mr_slice s, const char *what) {
  int n = 0;
  size_t len = strlen(what);
  for (size_t i = 0; i + len <= s.len; i++)
    if (memcmp(s.ptr + i, what, len) == 0)
      n++;
  return n;
}

bool same_body(tree_arena *arena, mr_slice want, mr_slice got) {
  size_t i = 0;
  while (i < want.len && memchr(" \t\r\n", want.ptr[i], 4))
    i++;
  if (i < want.len && (want.ptr[i] == '{' || want.ptr[i] == '[')) {
    const tree *x = tree_parse(arena, want), *y = tree_parse(arena, got);
    if (x && y && tree_equal(x, y))
      return true;
  } else if (i < want.len && want.ptr[i] == '<') {
    mr_xml x, y;
    int p = mr_xml_parse(&x, want, NULL), q = mr_xml_parse(&y, got, NULL);
    bool same = p == MR_OK && q == MR_OK && xml_same(x.root, y.root);
    mr_xml_clear(&x);
    mr_xml_clear(&y);
    /* the reader drops namespaces: compare how often each is declared */
    static const char *const declared[] = {"xmlns=\"http://foo.com\"",
                                           "xmlns:baz=\"http://baz.com\"",
                                           "xmlns=\"http://qux.com\"", "xmlns=\"http://bux.com\""};
    for (size_t k = 0; k < MR_COUNT(declared); k++)
      same = same && count_of(want, declared[k]) == count_of(got, declared[k]);
    if (same)
      return true;
  } else if (mr_slice_equal(want, got)) {
    return true;
  }
  return false;
}

bool same_query(mr_slice a, mr_slice b) {
  mr_slice n1, v1, n2, v2;
  if (a.len != b.len)
    return false;
  while (mr_query_next(&a, &n1, &v1)) {
    mr_slice rest = b;
    bool found = false;
    while (!found && mr_query_next(&rest, &n2, &v2))
      found = mr_slice_equal(n1, n2) && mr_slice_equal(v1, v2);
    if (!found)
      return false;
  }
  return true;
}
