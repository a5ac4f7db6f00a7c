/* SPDX-License-Identifier: MIT
 *
 * xml_write.c -- XML text: escapes and tags.
 * There is no tree to write from: callers open, fill and close elements in order. */
#include "bindings/text.h"
#include "bindings/xml.h"

/* The spelling of a character that cannot stand for itself, or NULL. */
static const char *reference(unsigned char c, bool is_attribute) {
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&apos;";
  case '\r':
    return "&#13;";
  case '\t':
    return is_attribute ? "&#9;" : NULL;
  case '\n':
    return is_attribute ? "&#10;" : NULL;
  default:
    return NULL;
  }
}

/* XML 1.0 section 2.2 */
static bool is_character(uint32_t code) {
  return code >= 0x20 ? code != 0xfffe && code != 0xffff
                      : code == '\t' || code == '\n' || code == '\r';
}

int mr_xml_escape(mr_buf *out, mr_slice s, bool is_attribute) {
  size_t len = out->len, from = 0, n;
  if (s.len == 0)
    return out->status;
  for (size_t i = 0; i < s.len; i += n) {
    uint32_t code;
    n = mr_utf8_read(mr_slice_make(s.ptr + i, s.len - i), &code);
    if (n == 0 || !is_character(code)) {
      out->len = out->status < 0 ? out->len : len;
      return MR_ERR_ARG;
    }
    const char *text = n == 1 ? reference((unsigned char)s.ptr[i], is_attribute) : NULL;
    if (text) {
      mr_buf_put(out, s.ptr + from, i - from);
      mr_buf_puts(out, text);
      from = i + 1;
    }
  }
  mr_buf_put(out, s.ptr + from, s.len - from);
  return out->status;
}

void mr_xml_declaration(mr_buf *out) {
  mr_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
}

void mr_xml_open(mr_buf *out, mr_slice name, const char *attributes) {
  mr_buf_putc(out, '<');
  mr_buf_slice(out, name);
  mr_buf_puts(out, attributes);
  mr_buf_putc(out, '>');
}

void mr_xml_close(mr_buf *out, mr_slice name) {
  mr_buf_put(out, "</", 2);
  mr_buf_slice(out, name);
  mr_buf_putc(out, '>');
}

int mr_xml_element(mr_buf *out, mr_slice name, mr_slice text) {
  size_t len = out->len;
  mr_xml_open(out, name, "");
  int status = mr_xml_escape(out, text, false);
  if (status == MR_ERR_ARG) {
    out->len = out->status < 0 ? out->len : len;
    return status;
  }
  mr_xml_close(out, name);
  return out->status;
}
