/* SPDX-License-Identifier: MIT
 *
 * ini.c -- see ini.h.
 * A line that starts with white space goes on with the property above it.  A comment behind a
 * value needs white space before it; behind a section it does not.  Names with characters
 * outside the set are skipped with all that belongs to them, as other SDKs do. */
#include "bindings/ini.h"

#include "bindings/text.h"

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static mr_slice trim(mr_slice s) {
  while (s.len > 0 && is_space(s.ptr[0]))
    s = mr_slice_make(s.ptr + 1, s.len - 1);
  while (s.len > 0 && is_space(s.ptr[s.len - 1]))
    s.len--;
  return s;
}

static bool is_name(mr_slice s) {
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && (c == '\0' || !strchr("-/.%@_:+", c)))
      return false;
  }
  return s.len > 0;
}

static bool is_comment(mr_slice line) {
  return line.len > 0 && (line.ptr[0] == '#' || line.ptr[0] == ';');
}

/* The line without the comment at its end. */
static mr_slice without_comment(mr_slice line, bool after_space) {
  for (size_t i = 0; i < line.len; i++)
    if ((line.ptr[i] == '#' || line.ptr[i] == ';') &&
        (!after_space || (i > 0 && is_space(line.ptr[i - 1])))) {
      line.len = i;
      break;
    }
  return trim(line);
}

static bool take_line(mr_ini *r, mr_slice *line) {
  if (r->rest.len == 0)
    return false;
  const char *end = memchr(r->rest.ptr, '\n', r->rest.len);
  size_t n = end ? (size_t)(end - r->rest.ptr) : r->rest.len;
  size_t used = end ? n + 1 : n;
  *line = mr_slice_make(r->rest.ptr, n);
  r->rest = mr_slice_make(r->rest.ptr + used, r->rest.len - used);
  r->line = r->next_line++;
  return true;
}

static mr_ini_event fail(mr_ini *r, const char *fault) {
  r->fault = fault;
  r->rest.len = 0;
  return MR_INI_FAULT;
}

/* ---- sections ---- */

/* "profile x" with prefix "profile": true, and *rest is "x". */
static bool has_prefix(mr_slice s, const char *prefix, mr_slice *rest) {
  size_t n = strlen(prefix);
  if (s.len <= n || memcmp(s.ptr, prefix, n) != 0 || !is_space(s.ptr[n]))
    return false;
  *rest = trim(mr_slice_make(s.ptr + n, s.len - n));
  return true;
}

static mr_ini_event read_section(mr_ini *r, mr_slice line) {
  line = without_comment(line, false);
  if (line.len < 2 || line.ptr[line.len - 1] != ']')
    return fail(r, "Expected a ']' at the end of a profile definition");
  mr_slice title = trim(mr_slice_make(line.ptr + 1, line.len - 2));
  static const char word[] = "default";
  r->prefixed = false;
  r->kind = MR_INI_PROFILE;
  r->name = title;
  if (r->file == MR_INI_CONFIG) {
    if (has_prefix(title, "profile", &r->name))
      r->prefixed = true;
    else if (has_prefix(title, "sso-session", &r->name))
      r->kind = MR_INI_SSO_SESSION;
    else if (has_prefix(title, "services", &r->name))
      r->kind = MR_INI_SERVICES;
    else if (title.len != sizeof word - 1 || memcmp(title.ptr, word, title.len) != 0)
      r->kind = MR_INI_IGNORED;
  }
  if (!is_name(r->name))
    r->kind = MR_INI_IGNORED;
  r->in_section = true;
  return MR_INI_SECTION;
}

/* ---- properties ---- */

/* The lines that go on with the value, joined to it.  Blank lines between them do not count. */
static void read_continuations(mr_ini *r, bool keep) {
  for (;;) {
    mr_ini ahead = *r; /* only its place is used */
    mr_slice line;
    if (!take_line(&ahead, &line))
      return;
    mr_slice text = trim(line);
    if (text.len > 0 && !is_space(line.ptr[0]) && !is_comment(line))
      return;
    r->rest = ahead.rest;
    r->next_line = ahead.next_line;
    if (text.len > 0 && !is_comment(line) && keep) {
      mr_buf_putc(&r->text, '\n');
      mr_buf_slice(&r->text, text);
    }
  }
}

/* MR_INI_END stands for a property that does not count. */
static mr_ini_event read_property(mr_ini *r, mr_slice line) {
  if (!r->in_section)
    return fail(r, "Expected a profile definition");
  if (is_space(line.ptr[0]))
    return fail(r, "Expected a property definition, found continuation");
  line = without_comment(line, true);
  const char *equals = memchr(line.ptr, '=', line.len);
  if (!equals)
    return fail(r, "Expected an '=' sign defining a property");
  mr_slice key = trim(mr_slice_make(line.ptr, (size_t)(equals - line.ptr)));
  mr_slice value = trim(mr_slice_make(equals + 1, line.len - (size_t)(equals + 1 - line.ptr)));
  if (key.len == 0)
    return fail(r, "Expected a name before the '=' sign of a property");
  bool keep = r->kind != MR_INI_IGNORED && is_name(key);
  mr_buf_reset(&r->text);
  for (size_t i = 0; i < key.len; i++)
    mr_buf_putc(&r->text, mr_ascii_lower(key.ptr[i]));
  mr_buf_slice(&r->text, value);
  read_continuations(r, keep);
  if (r->text.status < 0)
    return fail(r, "out of memory");
  mr_slice all = mr_buf_view(&r->text);
  r->key = mr_slice_make(all.ptr, key.len);
  r->value = mr_slice_make(all.ptr + key.len, all.len - key.len);
  return keep ? MR_INI_PROPERTY : MR_INI_END;
}

void mr_ini_init(mr_ini *r, mr_slice text, mr_ini_file file, mr_alloc *alloc) {
  memset(r, 0, sizeof *r);
  if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0) /* byte order mark */
    text = mr_slice_make(text.ptr + 3, text.len - 3);
  r->rest = text;
  r->file = file;
  r->next_line = 1;
  mr_buf_init(&r->text, alloc);
  r->text.wipe = true;
}

mr_ini_event mr_ini_next(mr_ini *r) {
  mr_slice line;
  while (take_line(r, &line)) {
    if (trim(line).len == 0 || is_comment(line))
      continue;
    if (line.ptr[0] == '[')
      return read_section(r, line);
    mr_ini_event event = read_property(r, line);
    if (event != MR_INI_END)
      return event;
  }
  return MR_INI_END;
}

void mr_ini_clear(mr_ini *r) {
  mr_buf_clear(&r->text);
  r->rest.len = 0;
}
