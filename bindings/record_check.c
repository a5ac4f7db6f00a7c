/* SPDX-License-Identifier: MIT
 *
 * record_check.c -- how findings are reported, and the checks that all families share. */
#include "bindings/record_check.h"

#include <stdarg.h>
#include <stdio.h>

#include "bindings/record_text.h"

/* A broken record must not cost more than it says. */
enum { MOST_IN_A_LINE = 100 };

static const char BLANKS[] = " \t\r\n\v\f";

static const char *const KIND_NAMES[] = {"null",     "true or false", "a number",
                                         "a string", "an array",      "an object"};

void mr_record_check_init(mr_record_check *c, mr_alloc *alloc) {
  memset(c, 0, sizeof *c);
  mr_buf_init(&c->path, alloc);
  mr_buf_init(&c->message, alloc);
}

void mr_record_check_clear(mr_record_check *c) {
  mr_buf_clear(&c->path);
  mr_buf_clear(&c->message);
}

void mr_record_check_use(mr_record_check *c, mr_record_family family,
                         const mr_record_profile *model) {
  c->family = family;
  c->is_claude = model && model->family == MR_RECORD_CLAUDE;
  /* What a model is trained with says nothing of a batch job's input. */
  c->profile = model && family != MR_RECORD_BATCH ? model : mr_record_profile_of(family);
}

uint64_t mr_record_check_tokens(uint64_t characters) {
  return (characters + MR_RECORD_CHARACTERS_PER_TOKEN - 1) / MR_RECORD_CHARACTERS_PER_TOKEN;
}

/* ---- reporting -------------------------------------------------------------------------- */

bool mr_record_check_is_full(const mr_record_check *c) {
  return c->line > 0 && c->line == c->line_counted && c->line_findings >= MOST_IN_A_LINE;
}

static void report(mr_record_check *c, mr_record_rule_id rule, size_t at, mr_slice path,
                   const char *suggestion, const char *fmt, va_list args) {
  if (mr_record_check_is_full(c))
    return;
  c->line_findings = c->line == c->line_counted ? c->line_findings + 1 : 1;
  c->line_counted = c->line;
  mr_buf_reset(&c->message);
  mr_buf_vprintf(&c->message, fmt, args);
  if (c->line > 0 && c->line_findings == MOST_IN_A_LINE)
    mr_buf_puts(&c->message, " (what else is wrong with this line is not told)");
  for (size_t i = 0; i < c->message.len; i++) /* of quoted keys: a message is one line */
    if ((unsigned char)c->message.ptr[i] < 0x20)
      c->message.ptr[i] = ' ';
  mr_record_finding f = {.rule = mr_record_rule_at(rule), .line = c->line, .path = path};
  if (c->line > 0) {
    if (at > c->text.len)
      at = c->text.len;
    f.offset = c->offset + at;
    f.column = mr_record_characters(mr_slice_make(c->text.ptr, at)) + 1;
  }
  f.message = mr_buf_view(&c->message);
  f.suggestion = mr_slice_of(suggestion ? suggestion : "");
  c->no_memory |= c->path.status < 0 || c->message.status < 0;
  if (!c->no_memory && c->sink.found)
    c->sink.found(c->sink.ud, &f);
}

void mr_record_check_found(mr_record_check *c, mr_record_rule_id rule, size_t at, mr_slice path,
                           const char *suggestion, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  report(c, rule, at, path, suggestion, fmt, args);
  va_end(args);
}

void mr_record_check_value(mr_record_check *c, mr_record_rule_id rule, uint32_t value, bool at_key,
                           const char *suggestion, const char *fmt, ...) {
  va_list args;
  if (mr_record_check_is_full(c))
    return; /* to tell the path takes a walk */
  mr_buf_reset(&c->path);
  mr_record_json_path(c->json, value, &c->path);
  va_start(args, fmt);
  size_t at =
      at_key ? mr_record_json_key_offset(c->json, value) : mr_record_json_offset(c->json, value);
  report(c, rule, at, mr_buf_view(&c->path), suggestion, fmt, args);
  va_end(args);
}

const char *mr_record_check_kind(const mr_record_check *c, uint32_t value) {
  return KIND_NAMES[mr_record_json_kind(c->json, value)];
}

int mr_record_check_shown(mr_slice text) {
  size_t n = text.len;
  if (n > 60)
    for (n = 60; n > 0 && ((unsigned char)text.ptr[n] & 0xc0) == 0x80;)
      n--;
  return (int)n;
}

/* ---- shared rules ----------------------------------------------------------------------- */

static void list_keys(const char *const *keys, char *out, size_t size) {
  out[0] = '\0';
  for (size_t used = 0; *keys; keys++) {
    int n = snprintf(out + used, size - used, "%s\"%s\"", used ? ", " : "", *keys);
    if (n < 0 || (size_t)n >= size - used)
      return;
    used += (size_t)n;
  }
}

/* Keys are short: no function is called for them. */
static inline bool is_word(mr_slice key, const char *word) {
  for (size_t i = 0; i < key.len; i++)
    if (word[i] == '\0' || word[i] != key.ptr[i])
      return false;
  return word[key.len] == '\0';
}

int mr_record_check_place(mr_slice key, const char *const *keys) {
  for (int i = 0; keys[i]; i++)
    if (is_word(key, keys[i]))
      return i;
  return -1;
}

void mr_record_check_keys(mr_record_check *c, uint32_t object, const char *const *keys,
                          const char *const *required, uint32_t *values) {
  mr_record_json *j = c->json;
  char known[128];
  unsigned there = 0, meant = 0; /* bit i: keys[i] is there, was misspelt */
  bool has_unknown = false;
  uint32_t v;
  for (int i = 0; keys[i]; i++)
    values[i] = 0;
  for (v = mr_record_json_first(j, object); v; v = mr_record_json_next(j, object, v)) {
    int place = mr_record_check_place(mr_record_json_key(j, v), keys);
    has_unknown |= place < 0;
    if (place < 0 || there & 1u << place)
      continue;
    there |= 1u << place;
    values[place] = v;
  }
  v = has_unknown ? mr_record_json_first(j, object) : 0;
  for (; v; v = mr_record_json_next(j, object, v)) {
    mr_slice key = mr_record_json_key(j, v);
    if (mr_record_check_place(key, keys) >= 0)
      continue;
    const char *near = mr_record_nearest(key, keys);
    unsigned bit = near ? 1u << mr_record_check_place(mr_slice_of(near), keys) : 0;
    meant |= bit;
    int shown = mr_record_check_shown(key);
    list_keys(keys, known, sizeof known);
    if (near && !(there & bit))
      mr_record_check_value(c, MR_RULE_UNKNOWN_KEY, v, true, near,
                            "unknown key \"%.*s\": did you mean \"%s\"?", shown, key.ptr, near);
    else
      mr_record_check_value(c, MR_RULE_UNKNOWN_KEY, v, true, NULL,
                            "unknown key \"%.*s\": only %s may be here; remove it", shown, key.ptr,
                            known);
  }
  for (; *required; required++)
    if (!((there | meant) & 1u << mr_record_check_place(mr_slice_of(*required), keys)))
      mr_record_check_value(c, MR_RULE_MISSING_KEY, object, false, *required,
                            "the key \"%s\" is missing: add it", *required);
}

static bool has_mark(mr_slice text, const char *mark) {
  size_t n = strlen(mark);
  const char *at = text.ptr, *end = text.ptr + text.len;
  if (text.len >= n && memcmp(at, mark, n) == 0)
    return true;
  while ((size_t)(end - at) > n && (at = memchr(at, '\n', (size_t)(end - at) - n)) != NULL)
    if (memcmp(++at, mark, n) == 0)
      return true;
  return false;
}

/* A text that may be odd, decoded. */
static void check_words(mr_record_check *c, uint32_t value) {
  mr_slice text = mr_record_json_text(c->json, value);
  size_t i = 0;
  while (i < text.len && text.ptr[i] && strchr(BLANKS, text.ptr[i]))
    i++;
  if (i == text.len)
    mr_record_check_value(
        c, MR_RULE_BLANK, value, false, NULL,
        text.len == 0 ? "the text is empty: write what the model should read or say"
                      : "the text is only white space: write what the model should read or say");
  for (size_t word = 0; mr_record_marks[word]; word++)
    if (has_mark(text, mr_record_marks[word]))
      mr_record_check_value(
          c, MR_RULE_RESERVED, value, false, NULL,
          "a line of the text starts with \"%s\", the mark of an older prompt format: say "
          "turns by messages, or reword it",
          mr_record_marks[word]);
}

void mr_record_check_text(mr_record_check *c, uint32_t value, bool output) {
  mr_json_token token = c->json->index.tokens[value];
  mr_slice raw = mr_json_token_raw(c->json->line, token);
  mr_record_text text = mr_record_text_of(mr_slice_make(raw.ptr + 1, raw.len - 2),
                                          (token.link & MR_JSON_ESCAPED) != 0);
  *(output ? &c->sums.characters_out : &c->sums.characters_in) += text.characters;
  if (text.characters > c->longest_text) {
    c->longest_text = text.characters;
    c->longest_value = value;
  }
  if (text.may_be_blank || text.may_have_mark)
    check_words(c, value);
}
