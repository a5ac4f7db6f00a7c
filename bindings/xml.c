/* SPDX-License-Identifier: MIT
 *
 * xml.c -- an XML document as a tree, by way of libexpat.
 * A DOCTYPE stops the parser, which takes away every entity trick at once; depth is capped.
 * expat's own memory is outside the count and bounded by its input; the tree lies in blocks
 * from the caller's allocator. */
#include "bindings/xml.h"

#include <expat.h>

enum { BLOCK = 8192, CHUNK = 1 << 20 };

typedef struct block block;
struct block {
  block *next;
  size_t size, used; /* size: of the whole allocation */
};

typedef struct parse {
  mr_xml *x;
  XML_Parser parser;
  mr_xml_node *open;
  mr_xml_node *last_child[MR_XML_DEPTH]; /* of each open element */
  size_t text_start[MR_XML_DEPTH];       /* where its text begins in `text` */
  int depth;
  mr_buf text; /* of the open elements, one behind the other */
  int status;
} parse;

/* ---- the arena ---- */

static void *take(mr_xml *x, size_t n) {
  block *b = x->blocks;
  n = (n + 15) & ~(size_t)15;
  if (!b || b->size - b->used < n) {
    size_t head = (sizeof *b + 15) & ~(size_t)15;
    size_t size = n > BLOCK - head ? n + head : BLOCK;
    b = mr_alloc_get(x->alloc, size);
    if (!b)
      return NULL;
    b->next = x->blocks;
    b->size = size;
    b->used = head;
    x->blocks = b;
  }
  void *p = (char *)b + b->used;
  b->used += n;
  return p;
}

/* A copy with a NUL behind it. */
static bool copy(mr_xml *x, const char *text, size_t n, mr_slice *out) {
  char *to = take(x, n + 1);
  if (!to)
    return false;
  if (n > 0)
    memcpy(to, text, n);
  to[n] = '\0';
  *out = mr_slice_make(to, n);
  return true;
}

void mr_xml_clear(mr_xml *x) {
  for (block *b = x->blocks, *next; b; b = next) {
    next = b->next;
    size_t size = b->size;
    mr_wipe(b, b->used); /* STS sends keys in XML */
    mr_alloc_put(x->alloc, b, size);
  }
  x->blocks = NULL;
  x->root = NULL;
}

/* ---- what expat calls ---- */

static void stop(parse *p, int status, const char *message) {
  if (p->status < 0)
    return;
  p->status = status;
  p->x->message = message;
  XML_StopParser(p->parser, XML_FALSE);
}

static void no_memory(parse *p) {
  stop(p, MR_ERR_MEMORY, "not enough memory");
}

static bool is_namespace(const char *name) {
  return strncmp(name, "xmlns", 5) == 0 && (name[5] == '\0' || name[5] == ':');
}

static bool add_attributes(mr_xml *x, mr_xml_node *node, const XML_Char **list) {
  mr_xml_attribute **link = &node->attributes;
  for (; list[0]; list += 2) {
    if (is_namespace(list[0]))
      continue;
    mr_xml_attribute *a = take(x, sizeof *a);
    if (!a || !copy(x, list[0], strlen(list[0]), &a->name) ||
        !copy(x, list[1], strlen(list[1]), &a->value))
      return false;
    a->next = NULL;
    *link = a;
    link = &a->next;
  }
  return true;
}

/* Behind the prefix; without namespaces "a:" and "a:1" are names too, and stay whole. */
static const char *local_name(const char *name) {
  const char *colon = strrchr(name, ':');
  char c = colon ? colon[1] : '\0';
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ? colon + 1 : name;
}

static void XMLCALL on_start(void *ud, const XML_Char *name, const XML_Char **attributes) {
  parse *p = ud;
  if (p->status < 0)
    return;
  if (p->depth == MR_XML_DEPTH) {
    stop(p, MR_ERR_LIMIT, "nested too deeply");
    return;
  }
  name = local_name(name);
  mr_xml_node *node = take(p->x, sizeof *node);
  if (node)
    memset(node, 0, sizeof *node);
  if (!node || !copy(p->x, name, strlen(name), &node->name) ||
      !add_attributes(p->x, node, attributes)) {
    no_memory(p);
    return;
  }
  node->parent = p->open;
  if (!p->open) {
    p->x->root = node;
  } else {
    mr_xml_node *last = p->last_child[p->depth - 1];
    if (last)
      last->next_sibling = node;
    else
      p->open->first_child = node;
    p->last_child[p->depth - 1] = node;
    p->open->children++;
  }
  p->open = node;
  p->last_child[p->depth] = NULL;
  p->text_start[p->depth] = p->text.len;
  p->depth++;
}

static bool is_blank(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (text[i] != ' ' && text[i] != '\t' && text[i] != '\n' && text[i] != '\r')
      return false;
  return true;
}

static void XMLCALL on_end(void *ud, const XML_Char *name) {
  parse *p = ud;
  MR_UNUSED(name);
  if (p->status < 0)
    return;
  p->depth--;
  size_t start = p->text_start[p->depth], n = p->text.len - start;
  const char *text = mr_buf_view(&p->text).ptr + start;
  if (p->open->first_child && is_blank(text, n))
    n = 0;
  if (!copy(p->x, text, n, &p->open->text))
    no_memory(p);
  p->text.len = start;
  p->open = p->open->parent;
}

static void XMLCALL on_text(void *ud, const XML_Char *text, int n) {
  parse *p = ud;
  if (p->status < 0)
    return;
  mr_buf_put(&p->text, text, (size_t)n);
  if (p->text.status < 0)
    no_memory(p);
}

static void XMLCALL on_doctype(void *ud, const XML_Char *name, const XML_Char *system,
                               const XML_Char *public, int has_subset) {
  MR_UNUSED(name);
  MR_UNUSED(system);
  MR_UNUSED(public);
  MR_UNUSED(has_subset);
  stop(ud, MR_ERR_SYNTAX, "a document type declaration is not accepted");
}

/* ---- parsing ---- */

static void run(parse *p, mr_slice text) {
  size_t at = 0;
  bool is_last;
  do {
    size_t n = text.len - at < CHUNK ? text.len - at : CHUNK;
    is_last = at + n == text.len;
    if (XML_Parse(p->parser, text.ptr + at, (int)n, is_last) != XML_STATUS_OK) {
      enum XML_Error code = XML_GetErrorCode(p->parser);
      if (p->status == MR_OK) {
        p->status = code == XML_ERROR_NO_MEMORY ? MR_ERR_MEMORY : MR_ERR_SYNTAX;
        p->x->message = XML_ErrorString(code);
      }
      p->x->line = XML_GetCurrentLineNumber(p->parser);
      p->x->column = XML_GetCurrentColumnNumber(p->parser) + 1;
      return;
    }
    at += n;
  } while (!is_last);
}

int mr_xml_parse(mr_xml *x, mr_slice text, mr_alloc *alloc) {
  parse p;
  memset(x, 0, sizeof *x);
  memset(&p, 0, sizeof p);
  x->alloc = alloc;
  x->line = x->column = 1;
  p.x = x;
  mr_buf_init(&p.text, alloc);
  p.text.wipe = true;
  p.parser = XML_ParserCreate(NULL);
  if (!p.parser) {
    p.status = MR_ERR_MEMORY;
    x->message = "not enough memory";
    goto done;
  }
  XML_SetUserData(p.parser, &p);
  XML_SetElementHandler(p.parser, on_start, on_end);
  XML_SetCharacterDataHandler(p.parser, on_text);
  XML_SetStartDoctypeDeclHandler(p.parser, on_doctype);
  run(&p, text.ptr ? text : mr_slice_make("", 0));
done:
  if (p.parser)
    XML_ParserFree(p.parser);
  mr_buf_clear(&p.text);
  if (p.status < 0)
    mr_xml_clear(x);
  return p.status;
}

/* ---- looking things up ---- */

static const mr_xml_node *first_named(const mr_xml_node *node, mr_slice name) {
  while (node && !mr_slice_equal(node->name, name))
    node = node->next_sibling;
  return node;
}

const mr_xml_node *mr_xml_child(const mr_xml_node *node, const char *name) {
  return node ? first_named(node->first_child, mr_slice_of(name)) : NULL;
}

const mr_xml_node *mr_xml_next(const mr_xml_node *node) {
  return first_named(node->next_sibling, node->name);
}

mr_slice mr_xml_child_text(const mr_xml_node *node, const char *name) {
  const mr_xml_node *child = mr_xml_child(node, name);
  return child ? child->text : mr_slice_make(NULL, 0);
}

mr_slice mr_xml_attribute_value(const mr_xml_node *node, const char *name) {
  for (const mr_xml_attribute *a = node ? node->attributes : NULL; a; a = a->next)
    if (mr_slice_is(a->name, name))
      return a->value;
  return mr_slice_make(NULL, 0);
}
