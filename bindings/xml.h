/* SPDX-License-Identifier: MIT
 *
 * xml.h -- small XML documents, as S3 sends and takes them.
 * Reading builds a tree in one arena.  A DOCTYPE is refused, so no entity but the five
 * predefined ones exists; depth and size are limited.  Namespaces are not resolved: element
 * names lose their prefix ("s3:Key" is "Key"), xmlns attributes are dropped, other attributes
 * keep theirs ("xsi:type"). */
#ifndef MR_XML_H
#define MR_XML_H

#include "host/buf.h"

typedef struct mr_xml_attribute mr_xml_attribute;
struct mr_xml_attribute {
  mr_slice name, value;
  mr_xml_attribute *next;
};

typedef struct mr_xml_node mr_xml_node;
struct mr_xml_node {
  mr_slice name;                /* local name */
  mr_slice text;                /* character data of the element itself, pieces joined;
                                   "" where there are child elements and only white space */
  mr_xml_attribute *attributes; /* in the order of the document */
  mr_xml_node *parent, *first_child, *next_sibling;
  size_t children;
};

typedef struct mr_xml {
  mr_xml_node *root;
  const char *message; /* why parsing failed; a constant, or NULL */
  size_t line, column; /* of the fault, from 1; a column is a byte */
  mr_alloc *alloc;
  void *blocks; /* the arena: names, texts and nodes live in it */
} mr_xml;

enum { MR_XML_DEPTH = 100 };

/* Parses the whole of `text` (UTF-8, or what its declaration says if expat knows it).  MR_OK;
 * MR_ERR_SYNTAX, MR_ERR_LIMIT (deeper than MR_XML_DEPTH) or MR_ERR_MEMORY with message, line
 * and column set.  Everything in the tree lives until mr_xml_clear, which is due in any case
 * and may be called twice. */
int mr_xml_parse(mr_xml *x, mr_slice text, mr_alloc *alloc);
void mr_xml_clear(mr_xml *x);

/* First child of that name, or NULL; node may be NULL. */
const mr_xml_node *mr_xml_child(const mr_xml_node *node, const char *name);
/* Next sibling of the same name, or NULL. */
const mr_xml_node *mr_xml_next(const mr_xml_node *node);
/* The text of that child; ptr NULL if there is none. */
mr_slice mr_xml_child_text(const mr_xml_node *node, const char *name);
/* The attribute's value; ptr NULL if there is none. */
mr_slice mr_xml_attribute_value(const mr_xml_node *node, const char *name);

/* ---- writing ---- */

/* Appends s with & < > " ' and CR escaped (CR would not survive the reader otherwise; in an
 * attribute also TAB and LF).  MR_ERR_ARG, out as it was: ill-formed UTF-8 or a character
 * that XML 1.0 has no spelling for (control characters, U+FFFE, U+FFFF). */
int mr_xml_escape(mr_buf *out, mr_slice s, bool is_attribute);
/* <?xml version="1.0" encoding="UTF-8"?> and a newline. */
void mr_xml_declaration(mr_buf *out);
/* <name attributes>; attributes is "" or begins with a space and is written as it is. */
void mr_xml_open(mr_buf *out, mr_slice name, const char *attributes);
void mr_xml_close(mr_buf *out, mr_slice name);
/* <name>escaped text</name>; as mr_xml_escape. */
int mr_xml_element(mr_buf *out, mr_slice name, mr_slice text);

#endif
