/* SPDX-License-Identifier: MIT
 *
 * record_block.c -- checks lines one after the other: bytes, JSON, record.
 * A line is indexed first; only one that is refused is looked at for the reason. */
#include "bindings/record_block.h"

#include "bindings/jsonl.h"
#include "bindings/record_family.h"
#include "bindings/text.h"

static const mr_slice NOWHERE = {"", 0};

static void keep(void *ud, const mr_record_finding *f) {
  mr_record_block *b = (mr_record_block *)ud;
  if (f->rule->severity == MR_RECORD_ERROR)
    b->stats.errors++;
  else
    b->stats.warnings++;
  if (b->most_findings == 0 || mr_record_found_count(&b->found) < b->most_findings)
    mr_record_found_keep(&b->found, f);
}

void mr_record_block_init(mr_record_block *b, mr_alloc *alloc) {
  memset(b, 0, sizeof *b);
  mr_buf_init(&b->head, alloc);
  mr_buf_init(&b->entries, alloc);
  mr_record_found_init(&b->found, alloc);
  mr_record_check_init(&b->check, alloc);
  mr_record_json_init(&b->json, alloc);
  b->check.json = &b->json;
  b->check.sink.found = keep;
  b->check.sink.ud = b;
}

void mr_record_block_clear(mr_record_block *b) {
  mr_buf_clear(&b->head);
  mr_buf_clear(&b->entries);
  mr_record_found_clear(&b->found);
  mr_record_check_clear(&b->check);
  mr_record_json_clear(&b->json);
}

static void use_family(mr_record_block *b, mr_record_family family) {
  b->stats.family = family;
  mr_record_check_use(&b->check, family, b->profile);
}

/* ---- equal records ---------------------------------------------------------------------- */

static inline uint64_t mixed(uint64_t h, uint64_t word) {
  h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
  return h ^ h >> 29;
}

static inline uint64_t word_at(const char *p) {
  uint64_t word;
  memcpy(&word, p, sizeof word);
  return word;
}

/* Multiplies and shifts, in four lanes that do not wait for each other; no defence against
 * chosen input, and none is needed for a warning. */
static uint64_t hash_of(mr_slice text) {
  uint64_t a = text.len, b = 1, c = 2, d = 3, last[4] = {0, 0, 0, 0};
  const char *p = text.ptr, *end = p + text.len;
  for (; end - p >= 32; p += 32) {
    a = mixed(a, word_at(p));
    b = mixed(b, word_at(p + 8));
    c = mixed(c, word_at(p + 16));
    d = mixed(d, word_at(p + 24));
  }
  memcpy(last, p, (size_t)(end - p));
  a = mixed(mixed(a, last[0]), mixed(b, last[1]));
  a = mixed(mixed(a, mixed(c, last[2])), mixed(d, last[3]));
  a ^= a >> 32;
  return a ? a : 1;
}

/* The same for texts that differ in letter case and white space, or how JSON spells them. */
static uint64_t near_hash_of(mr_record_json *j) {
  uint64_t h = 1;
  for (uint32_t i = 0; i < j->index.count; i++) {
    char first = mr_record_json_byte(j, i);
    if (first != '"') {
      bool is_bracket = first == '{' || first == '[' || first == '}' || first == ']';
      h = mixed(h, is_bracket ? (unsigned char)first
                              : hash_of(mr_json_token_raw(j->line, j->index.tokens[i])));
      continue;
    }
    mr_slice text = mr_record_json_text(j, i);
    bool is_gap = false, is_inside = false;
    h = mixed(h, '"');
    for (size_t k = 0; k < text.len; k++) {
      unsigned char c = (unsigned char)text.ptr[k];
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        is_gap = is_inside;
        continue;
      }
      h = mixed(h, (is_gap ? ' ' << 8 : 0) | (c >= 'A' && c <= 'Z' ? c + 32u : c));
      is_gap = false;
      is_inside = true;
    }
  }
  return h ? h : 1;
}

static uint64_t id_hash_of(mr_record_json *j) {
  uint32_t id = mr_record_json_member(j, 0, "recordId");
  return id && mr_record_json_kind(j, id) == MR_RECORD_STRING ? hash_of(mr_record_json_text(j, id))
                                                              : 0;
}

static void enter(mr_record_block *b, mr_slice text) {
  const mr_record_check *c = &b->check;
  mr_record_entry e = {.hash = hash_of(text),
                       .offset = c->offset,
                       .line = (uint32_t)b->stats.lines,
                       .findings = (size_t)(b->stats.errors + b->stats.warnings)};
  e.near_hash = b->near_duplicates ? near_hash_of(&b->json) : 0;
  e.id_hash = c->family == MR_RECORD_BATCH ? id_hash_of(&b->json) : 0;
  e.line_findings = c->line_counted == c->line ? c->line_findings : 0;
  mr_buf_put(&b->entries, &e, sizeof e);
}

/* ---- bad lines -------------------------------------------------------------------------- */

/* Bytes that no JSON text may hold: false if there are none. */
static bool report_bytes(mr_record_block *b, mr_slice text) {
  size_t bad = 0;
  const char *nul = text.len ? (const char *)memchr(text.ptr, 0, text.len) : NULL;
  if (!mr_utf8_valid(text, &bad)) {
    mr_record_check_found(&b->check, MR_RULE_UTF8, bad, NOWHERE, NULL,
                          "byte 0x%02X is not part of valid UTF-8: save the file as UTF-8",
                          (unsigned char)text.ptr[bad]);
    return true;
  }
  if (nul)
    mr_record_check_found(&b->check, MR_RULE_NUL, (size_t)(nul - text.ptr), NOWHERE, NULL,
                          "a NUL byte: the file is binary, damaged or UTF-16; remove it, or write "
                          "\\u0000 inside a string");
  return nul != NULL;
}

static void report_syntax(mr_record_block *b, mr_slice text, bool last) {
  const mr_record_json *j = &b->json;
  mr_record_rule_id rule = MR_RULE_JSON;
  const char *more = "";
  if (j->error_trailing) {
    rule = MR_RULE_TRAILING;
    more = ": one record on a line, nothing behind it";
  } else if (j->error_at_end && last) {
    mr_record_check_found(&b->check, MR_RULE_TRUNCATED, j->error_offset, NOWHERE, NULL,
                          "the file ends in the middle of a record (%s): it was cut off; write or "
                          "copy it again",
                          j->error);
    return;
  } else if (j->error_at_end && text.ptr[0] == '[') {
    more = ": the file looks like one JSON array; write each element on a line of its own, without "
           "brackets and commas between them";
  } else if (j->error_at_end) {
    more = ": a record must stand on one line";
  }
  mr_record_check_found(&b->check, rule, j->error_offset, NOWHERE, NULL, "%s%s", j->error, more);
}

static void report_refused(mr_record_block *b, mr_slice text, bool last) {
  if (report_bytes(b, text))
    return;
  if (mr_jsonl_is_blank(text))
    mr_record_check_found(&b->check, MR_RULE_BLANK_LINE, 0, NOWHERE, NULL,
                          "the line is blank: remove it");
  else
    report_syntax(b, text, last);
}

/* ---- one line --------------------------------------------------------------------------- */

static void add_sums(mr_record_block *b) {
  const mr_record_sums *s = &b->check.sums;
  uint64_t characters = s->characters_in + s->characters_out;
  uint64_t tokens = mr_record_check_tokens(characters);
  b->stats.messages += s->messages;
  b->stats.user += s->user;
  b->stats.assistant += s->assistant;
  b->stats.system += s->system;
  b->stats.characters += characters;
  b->stats.tokens += tokens;
  if (tokens > b->stats.most_tokens) {
    b->stats.most_tokens = tokens;
    b->stats.most_tokens_line = b->stats.lines;
  }
}

static mr_slice without_mark(mr_record_block *b, mr_slice text) {
  if (!b->is_first || b->stats.lines > 1 || text.len < 3 ||
      memcmp(text.ptr, "\xef\xbb\xbf", 3) != 0)
    return text;
  mr_record_check_found(&b->check, MR_RULE_BOM, 0, NOWHERE, NULL,
                        "the file starts with a byte order mark (EF BB BF): save it as UTF-8 "
                        "without one");
  b->check.offset += 3;
  return b->check.text = mr_slice_make(text.ptr + 3, text.len - 3);
}

static int check_record(mr_record_block *b, mr_slice text) {
  if (mr_record_json_kind(&b->json, 0) != MR_RECORD_OBJECT) {
    bool is_array = mr_record_json_kind(&b->json, 0) == MR_RECORD_ARRAY;
    mr_record_check_found(&b->check, MR_RULE_OBJECT, mr_record_json_offset(&b->json, 0), NOWHERE,
                          NULL, "the line is not a JSON object: a record is {...}%s",
                          is_array ? "; write each element on its own line" : "");
    return MR_OK;
  }
  b->stats.records++;
  if (b->check.family == MR_RECORD_AUTO) {
    mr_record_family looks = mr_record_family_guess(&b->json);
    use_family(b, looks == MR_RECORD_AUTO ? MR_RECORD_CLAUDE : looks);
  }
  int status = mr_record_family_check(&b->check);
  enter(b, text);
  add_sums(b);
  return status;
}

/* text: without its newline, or nothing where `length` tells that it is too long. */
static int check_line(mr_record_block *b, mr_slice text, uint64_t offset, uint64_t length,
                      bool last) {
  b->stats.lines++;
  if (length > b->stats.longest_bytes) {
    b->stats.longest_bytes = length;
    b->stats.longest_line = b->stats.lines;
  }
  if (length <= b->max_line && text.len > 0 && text.ptr[text.len - 1] == '\r' && !last) {
    text.len--;
    b->crlf++;
  }
  b->check.line = b->stats.lines;
  b->check.offset = offset;
  b->check.text = text;
  if (length > b->max_line) {
    mr_record_check_found(
        &b->check, MR_RULE_LINE_LENGTH, 0, NOWHERE, NULL,
        "the line has %llu bytes and was not read: a record may have about 32,000 "
        "tokens",
        (unsigned long long)length);
    return MR_OK;
  }
  text = without_mark(b, text);
  int status = mr_record_json_parse(&b->json, text);
  if (status == MR_OK)
    return check_record(b, text);
  if (status == MR_ERR_SYNTAX)
    report_refused(b, text, last);
  return status == MR_ERR_SYNTAX ? MR_OK : status;
}

void mr_record_block_begin(mr_record_block *b) {
  static const mr_record_stats nothing = {0};
  b->at = b->offset;
  b->status = b->head.status;
  mr_record_found_reset(&b->found);
  mr_buf_reset(&b->entries);
  b->stats = nothing;
  b->crlf = 0;
  b->check.line_counted = 0;
  use_family(b, b->family);
}

void mr_record_block_lines(mr_record_block *b, mr_slice lines) {
  const char *at = lines.ptr, *end = at + lines.len;
  while (at < end && b->status == MR_OK) {
    const char *newline = (const char *)memchr(at, '\n', (size_t)(end - at));
    size_t n = (size_t)(newline - at);
    b->status = check_line(b, mr_slice_make(at, n), b->at, n, false);
    b->at += n + 1;
    at = newline + 1;
  }
}

void mr_record_block_hold(mr_record_block *b, mr_slice part) {
  b->head_length += part.len;
  if (b->head_length > b->max_line)
    mr_buf_reset(&b->head);
  else
    mr_buf_slice(&b->head, part);
  if (b->status == MR_OK)
    b->status = b->head.status;
}

void mr_record_block_line(mr_record_block *b) {
  if (b->status == MR_OK)
    b->status = check_line(b, mr_buf_view(&b->head), b->at, b->head_length, b->is_last);
  b->at += b->head_length + 1;
}

void mr_record_block_end(mr_record_block *b) {
  if (b->status == MR_OK)
    b->status = mr_record_found_status(&b->found);
  if (b->status == MR_OK)
    b->status = b->check.no_memory ? MR_ERR_MEMORY : b->entries.status;
}

void mr_record_block_check(mr_record_block *b) {
  mr_record_block_begin(b);
  if (b->has_head)
    mr_record_block_line(b);
  mr_record_block_lines(b, b->lines);
  mr_record_block_end(b);
}
