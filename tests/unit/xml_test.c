/* SPDX-License-Identifier: MIT
 *
 * xml_test.c -- the tree of a reply, what is refused, and escapes both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bindings/xml.h"

#define S(text) mr_slice_make(text, sizeof(text) - 1)

static void tree_has_names_texts_and_attributes(void **state) {
  static const char text[] =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
      "  <Name>b &amp; c</Name><!-- a remark -->\n"
      "  <Contents><Key>a&#x20;\xc3\xbc</Key><Size>1</Size></Contents>\n"
      "  <Contents><Key><![CDATA[<x>]]>&gt;</Key><Size/></Contents>\n"
      "  <s3:Grantee xmlns:xsi=\"http://x\" xsi:type=\"Group\" id='7'> y </s3:Grantee>\n"
      "</ListBucketResult>\n";
  mr_xml x;
  (void)state;
  assert_int_equal(mr_xml_parse(&x, S(text), NULL), MR_OK);
  assert_true(mr_slice_is(x.root->name, "ListBucketResult"));
  assert_int_equal(x.root->text.len, 0);
  assert_null(x.root->attributes);
  assert_int_equal(x.root->children, 4);
  assert_true(mr_slice_is(mr_xml_child_text(x.root, "Name"), "b & c"));
  const mr_xml_node *contents = mr_xml_child(x.root, "Contents");
  assert_true(mr_slice_is(mr_xml_child_text(contents, "Key"), "a \xc3\xbc"));
  assert_ptr_equal(contents->parent, x.root);
  contents = mr_xml_next(contents);
  assert_true(mr_slice_is(mr_xml_child_text(contents, "Key"), "<x>>"));
  assert_non_null(mr_xml_child_text(contents, "Size").ptr);
  assert_int_equal(mr_xml_child_text(contents, "Size").len, 0);
  assert_null(mr_xml_child_text(contents, "Missing").ptr);
  assert_null(mr_xml_next(contents));
  const mr_xml_node *grantee = mr_xml_child(x.root, "Grantee");
  assert_true(mr_slice_is(grantee->text, " y "));
  assert_true(mr_slice_is(mr_xml_attribute_value(grantee, "xsi:type"), "Group"));
  assert_true(mr_slice_is(mr_xml_attribute_value(grantee, "id"), "7"));
  assert_null(mr_xml_attribute_value(grantee, "xmlns:xsi").ptr);
  assert_null(mr_xml_child(NULL, "x"));
  mr_xml_clear(&x);
  mr_xml_clear(&x);
}

static void text_around_children_is_joined(void **state) {
  mr_xml x;
  (void)state;
  assert_int_equal(mr_xml_parse(&x, S("<a>one<b>two<c/>three</b>four<d/> </a>"), NULL), MR_OK);
  assert_true(mr_slice_is(x.root->text, "onefour "));
  assert_true(mr_slice_is(mr_xml_child_text(x.root, "b"), "twothree"));
  mr_xml_clear(&x);
}

static void bad_document_is_refused_at_its_place(void **state) {
  static const struct {
    const char *text;
    int status;
    size_t line, column;
  } cases[] = {
      {"", MR_ERR_SYNTAX, 1, 1},
      {"plain", MR_ERR_SYNTAX, 1, 1},
      {"<a>", MR_ERR_SYNTAX, 1, 4},
      {"<a>\n</b>", MR_ERR_SYNTAX, 2, 3},
      {"<a/><b/>", MR_ERR_SYNTAX, 1, 5},
      {"<a>&undefined;</a>", MR_ERR_SYNTAX, 1, 4},
      {"<a>\x01</a>", MR_ERR_SYNTAX, 1, 4},
      {"<a>\xff</a>", MR_ERR_SYNTAX, 1, 4},
      {"<!DOCTYPE a [<!ENTITY x \"xxxx\">]><a>&x;</a>", MR_ERR_SYNTAX, 0, 0},
      {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", MR_ERR_SYNTAX, 0, 0},
  };
  mr_xml x;
  (void)state;
  for (size_t i = 0; i < MR_COUNT(cases); i++) {
    assert_int_equal(mr_xml_parse(&x, mr_slice_of(cases[i].text), NULL), cases[i].status);
    assert_non_null(x.message);
    assert_null(x.root);
    if (cases[i].line > 0) {
      assert_int_equal(x.line, cases[i].line);
      assert_int_equal(x.column, cases[i].column);
    }
    mr_xml_clear(&x);
  }
}

static void depth_is_limited(void **state) {
  mr_buf b;
  mr_xml x;
  (void)state;
  for (int extra = 0; extra < 2; extra++) {
    mr_buf_init(&b, NULL);
    for (int i = 0; i < MR_XML_DEPTH + extra; i++)
      mr_buf_puts(&b, "<a>");
    for (int i = 0; i < MR_XML_DEPTH + extra; i++)
      mr_buf_puts(&b, "</a>");
    assert_int_equal(mr_xml_parse(&x, mr_buf_view(&b), NULL), extra ? MR_ERR_LIMIT : MR_OK);
    mr_xml_clear(&x);
    mr_buf_clear(&b);
  }
}

static void refused_memory_leaves_nothing(void **state) {
  mr_alloc alloc;
  mr_xml x;
  int status;
  (void)state;
  for (size_t max = 1; max < 40000; max += 1000) {
    mr_alloc_init(&alloc, NULL, NULL, max);
    status = mr_xml_parse(
        &x, S("<a b='c'><d>text that is long enough to need room</d><e>f</e></a>"), &alloc);
    assert_true(status == MR_OK || status == MR_ERR_MEMORY);
    mr_xml_clear(&x);
    assert_int_equal(alloc.used, 0);
  }
  assert_int_equal(status, MR_OK);
}

static void written_text_is_read_back(void **state) {
  static const char text[] = "<&>\"'\r\n\t \xc3\xbc\xf0\x9f\x98\x80 ]]>";
  mr_buf b;
  mr_xml x;
  (void)state;
  mr_buf_init(&b, NULL);
  mr_xml_declaration(&b);
  mr_xml_open(&b, S("Outer"), " xmlns=\"http://x\"");
  assert_int_equal(mr_xml_element(&b, S("Inner"), S(text)), MR_OK);
  mr_buf_puts(&b, "<With a=\"");
  assert_int_equal(mr_xml_escape(&b, S(text), true), MR_OK);
  mr_buf_puts(&b, "\"/>");
  mr_xml_close(&b, S("Outer"));
  assert_int_equal(mr_xml_parse(&x, mr_buf_view(&b), NULL), MR_OK);
  assert_true(mr_slice_is(mr_xml_child_text(x.root, "Inner"), text));
  assert_true(mr_slice_is(mr_xml_attribute_value(mr_xml_child(x.root, "With"), "a"), text));
  mr_xml_clear(&x);
  mr_buf_reset(&b);
  assert_int_equal(mr_xml_escape(&b, S("a<b>&\"'"), false), MR_OK);
  assert_string_equal(mr_buf_text(&b), "a&lt;b&gt;&amp;&quot;&apos;");
  assert_int_equal(mr_xml_escape(&b, S("x\x01"), false), MR_ERR_ARG);
  assert_int_equal(mr_xml_escape(&b, S("x\xff"), false), MR_ERR_ARG);
  assert_int_equal(mr_xml_element(&b, S("n"), S("x\xef\xbf\xbf")), MR_ERR_ARG);
  assert_string_equal(mr_buf_text(&b), "a&lt;b&gt;&amp;&quot;&apos;");
  mr_buf_clear(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tree_has_names_texts_and_attributes),
      cmocka_unit_test(text_around_children_is_joined),
      cmocka_unit_test(bad_document_is_refused_at_its_place),
      cmocka_unit_test(depth_is_limited),
      cmocka_unit_test(refused_memory_leaves_nothing),
      cmocka_unit_test(written_text_is_read_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
