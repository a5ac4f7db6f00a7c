/* SPDX-License-Identifier: MIT
 *
 * record.c -- lines, the file as a whole, and what is counted.
 * A line is checked as soon as it is complete: its bytes, then its JSON, then its record.
 * Equal records are found by a 64-bit hash of their bytes; after a million records no more
 * hashes are kept, so memory stays bounded by the longest line and that table. */
#include "bindings/record.h"

#include "bindings/record_family.h"
#include "bindings/text.h"

#define MAX_LINE ((size_t)64 << 20)
#define MAX_SEEN ((size_t)1 << 20)

typedef struct seen {
  uint64_t hash; /* 0: free */
  uint64_t line;
} seen;

struct mr_record {
  mr_alloc *alloc;
  mr_record_options options;
  mr_record_sink sink; /* the caller's */
  mr_record_stats stats;
  mr_record_check check;
  mr_record_tree tree;
  mr_buf line;      /* the part of a line that earlier chunks held */
  bool too_long;    /* the line's rest is skipped */
  uint64_t skipped; /* bytes of it */
  uint64_t crlf;    /* how many lines */
  seen *seen;
  size_t seen_size, seen_count; /* size is a power of two, or 0 */
};

static const mr_slice NOWHERE = {"", 0};

static void pass_on(void *ud, const mr_record_finding *f) {
  mr_record *r = (mr_record *)ud;
  if (f->rule->severity == MR_RECORD_ERROR)
    r->stats.errors++;
  else
    r->stats.warnings++;
  if (r->sink.found)
    r->sink.found(r->sink.ud, f);
}

static void use_family(mr_record *r, mr_record_family family) {
  const mr_record_profile *p = r->options.profile;
  r->stats.family = r->check.family = family;
  r->check.profile = p ? p : mr_record_profile_of(family);
  r->stats.profile = r->check.profile->name;
}

mr_record *mr_record_new(mr_alloc *alloc, const mr_record_options *options, mr_record_sink sink) {
  mr_record *r = (mr_record *)mr_alloc_get(alloc, sizeof *r);
  if (!r)
    return NULL;
  memset(r, 0, sizeof *r);
  r->alloc = alloc;
  if (options)
    r->options = *options;
  if (r->options.max_line == 0)
    r->options.max_line = MAX_LINE;
  r->sink = sink;
  mr_record_tree_init(&r->tree, alloc);
  mr_record_check_init(&r->check, alloc);
  mr_buf_init(&r->line, alloc);
  r->check.tree = &r->tree;
  r->check.sink.found = pass_on;
  r->check.sink.ud = r;
  mr_record_family family = r->options.family;
  if (family == MR_RECORD_AUTO && r->options.profile)
    family = r->options.profile->family;
  use_family(r, family);
  return r;
}

void mr_record_free(mr_record *r) {
  if (!r)
    return;
  mr_record_tree_clear(&r->tree);
  mr_record_check_clear(&r->check);
  mr_buf_clear(&r->line);
  mr_alloc_put(r->alloc, r->seen, r->seen_size * sizeof *r->seen);
  mr_alloc_put(r->alloc, r, sizeof *r);
}

const mr_record_stats *mr_record_stats_of(const mr_record *r) {
  return &r->stats;
}

/* ---- equal records ---------------------------------------------------------------------- */

/* FNV-1a over eight bytes at a time, mixed at the end; no defence against chosen input, and
 * none is needed for a warning. */
static uint64_t hash_of(mr_slice text) {
  uint64_t h = UINT64_C(0xcbf29ce484222325) ^ text.len;
  size_t i = 0;
  for (; i + 8 <= text.len; i += 8) {
    uint64_t word;
    memcpy(&word, text.ptr + i, 8);
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 29;
  }
  for (; i < text.len; i++)
    h = (h ^ (unsigned char)text.ptr[i]) * UINT64_C(0x100000001b3);
  h = (h ^ (h >> 32)) * UINT64_C(0xd6e8feb86659fd93);
  h ^= h >> 32;
  return h ? h : 1;
}

static int grow_seen(mr_record *r) {
  size_t size = r->seen_size ? r->seen_size * 2 : 1024;
  seen *table = (seen *)mr_alloc_get(r->alloc, size * sizeof *table);
  if (!table)
    return MR_ERR_MEMORY;
  memset(table, 0, size * sizeof *table);
  for (size_t i = 0; i < r->seen_size; i++) {
    if (r->seen[i].hash == 0)
      continue;
    size_t at = (size_t)r->seen[i].hash & (size - 1);
    while (table[at].hash)
      at = (at + 1) & (size - 1);
    table[at] = r->seen[i];
  }
  mr_alloc_put(r->alloc, r->seen, r->seen_size * sizeof *r->seen);
  r->seen = table;
  r->seen_size = size;
  return MR_OK;
}

static int check_duplicate(mr_record *r, mr_slice text) {
  uint64_t hash = hash_of(text);
  if (r->seen_count * 2 >= r->seen_size && r->seen_count < MAX_SEEN) {
    int status = grow_seen(r);
    if (status != MR_OK)
      return status;
  }
  size_t at = (size_t)hash & (r->seen_size - 1);
  for (; r->seen[at].hash; at = (at + 1) & (r->seen_size - 1)) {
    if (r->seen[at].hash != hash)
      continue;
    mr_record_check_found(&r->check, MR_RULE_DUPLICATE, 0, NOWHERE, NULL,
                          "the record is the same as the one on line %llu: keep one",
                          (unsigned long long)r->seen[at].line);
    return MR_OK;
  }
  if (r->seen_count < MAX_SEEN) {
    r->seen[at].hash = hash;
    r->seen[at].line = r->stats.lines;
    r->seen_count++;
  }
  return MR_OK;
}

/* ---- one line --------------------------------------------------------------------------- */

/* Bytes that no JSON text may hold: true if the line can be parsed all the same. */
static bool check_bytes(mr_record *r, mr_slice *text) {
  size_t bad = 0;
  if (r->stats.lines == 1 && text->len >= 3 && memcmp(text->ptr, "\xef\xbb\xbf", 3) == 0) {
    mr_record_check_found(&r->check, MR_RULE_BOM, 0, NOWHERE, NULL,
                          "the file starts with a byte order mark (EF BB BF): save it as UTF-8 "
                          "without one");
    *text = mr_slice_make(text->ptr + 3, text->len - 3);
    r->check.text = *text;
    r->check.offset += 3;
  }
  const char *nul = text->len ? (const char *)memchr(text->ptr, 0, text->len) : NULL;
  if (!mr_utf8_valid(*text, &bad)) {
    mr_record_check_found(&r->check, MR_RULE_UTF8, bad, NOWHERE, NULL,
                          "byte 0x%02X is not part of valid UTF-8: save the file as UTF-8",
                          (unsigned char)text->ptr[bad]);
    return false;
  }
  if (nul) {
    mr_record_check_found(&r->check, MR_RULE_NUL, (size_t)(nul - text->ptr), NOWHERE, NULL,
                          "a NUL byte: the file is binary, damaged or UTF-16; remove it, or write "
                          "\\u0000 inside a string");
    return false;
  }
  return true;
}

static void syntax(mr_record *r, mr_slice text, bool last) {
  const mr_record_tree *t = &r->tree;
  mr_record_rule_id rule = MR_RULE_JSON;
  const char *more = "";
  if (t->error_trailing) {
    rule = MR_RULE_TRAILING;
    more = ": one record on a line, nothing behind it";
  } else if (t->error_at_end && last) {
    mr_record_check_found(&r->check, MR_RULE_TRUNCATED, t->error_offset, NOWHERE, NULL,
                          "the file ends in the middle of a record (%s): it was cut off; write or "
                          "copy it again",
                          t->error);
    return;
  } else if (t->error_at_end && text.ptr[0] == '[') {
    more = ": the file looks like one JSON array; write each element on a line of its own, without "
           "brackets and commas between them";
  } else if (t->error_at_end) {
    more = ": a record must stand on one line";
  }
  mr_record_check_found(&r->check, rule, t->error_offset, NOWHERE, NULL, "%s%s", t->error, more);
}

static void add_sums(mr_record *r) {
  const mr_record_sums *s = &r->check.sums;
  uint64_t characters = s->characters_in + s->characters_out;
  uint64_t tokens = mr_record_check_tokens(characters);
  r->stats.messages += s->messages;
  r->stats.user += s->user;
  r->stats.assistant += s->assistant;
  r->stats.system += s->system;
  r->stats.characters += characters;
  r->stats.tokens += tokens;
  if (tokens > r->stats.most_tokens) {
    r->stats.most_tokens = tokens;
    r->stats.most_tokens_line = r->stats.lines;
  }
}

static bool is_blank(mr_slice text) {
  for (size_t i = 0; i < text.len; i++)
    if (text.ptr[i] != ' ' && text.ptr[i] != '\t' && text.ptr[i] != '\r')
      return false;
  return true;
}

/* text: without its newline.  last: the file ends behind it. */
static int check_line(mr_record *r, mr_slice text, uint64_t length, bool last) {
  r->stats.lines++;
  if (length > r->stats.longest_bytes) {
    r->stats.longest_bytes = length;
    r->stats.longest_line = r->stats.lines;
  }
  if (text.len > 0 && text.ptr[text.len - 1] == '\r' && !last) {
    text.len--;
    r->crlf++;
  }
  r->check.line = r->stats.lines;
  r->check.text = text;
  if (r->too_long) {
    mr_record_check_found(
        &r->check, MR_RULE_LINE_LENGTH, 0, NOWHERE, NULL,
        "the line has %llu bytes and was not read: a record may have about 32,000 "
        "tokens",
        (unsigned long long)length);
    return MR_OK;
  }
  if (!check_bytes(r, &text))
    return MR_OK;
  if (is_blank(text)) {
    mr_record_check_found(&r->check, MR_RULE_BLANK_LINE, 0, NOWHERE, NULL,
                          "the line is blank: remove it");
    return MR_OK;
  }
  int status = mr_record_tree_parse(&r->tree, text);
  if (status == MR_ERR_SYNTAX) {
    syntax(r, text, last);
    return MR_OK;
  }
  if (status != MR_OK)
    return status;
  const mr_record_node *root = mr_record_tree_node(&r->tree, 0);
  if (root->kind != MR_RECORD_OBJECT) {
    mr_record_check_found(&r->check, MR_RULE_OBJECT, root->offset, NOWHERE, NULL,
                          "the line is not a JSON object: a record is {...}%s",
                          root->kind == MR_RECORD_ARRAY ? "; write each element on its own line"
                                                        : "");
    return MR_OK;
  }
  r->stats.records++;
  if (r->check.family == MR_RECORD_AUTO) {
    mr_record_family looks = mr_record_family_guess(&r->tree);
    use_family(r, looks == MR_RECORD_AUTO ? MR_RECORD_CLAUDE : looks);
  }
  status = mr_record_family_check(&r->check);
  if (status == MR_OK)
    status = check_duplicate(r, text);
  add_sums(r);
  return status;
}

/* ---- the input -------------------------------------------------------------------------- */

static int end_line(mr_record *r, mr_slice part, bool last) {
  mr_slice text = part;
  uint64_t length = r->skipped + r->line.len + part.len;
  int status = MR_OK;
  if (r->line.len > 0 && !r->too_long) {
    mr_buf_slice(&r->line, part);
    text = mr_buf_view(&r->line);
    status = r->line.status;
  }
  if (length > r->options.max_line)
    r->too_long = true;
  r->check.offset = r->stats.bytes + part.len - length;
  uint64_t errors = r->stats.errors;
  if (status == MR_OK)
    status = check_line(r, r->too_long ? NOWHERE : text, length, last);
  if (status == MR_OK && last && r->stats.errors == errors)
    mr_record_check_found(&r->check, MR_RULE_FINAL_NEWLINE, r->check.text.len, NOWHERE, NULL,
                          "the last line does not end in a newline: add one, and see that the file "
                          "was not cut off");
  mr_buf_reset(&r->line);
  r->too_long = false;
  r->skipped = 0;
  return status;
}

int mr_record_feed(mr_record *r, const void *bytes, size_t n) {
  const char *at = (const char *)bytes;
  const char *end = at + n;
  while (at < end) {
    const char *newline = (const char *)memchr(at, '\n', (size_t)(end - at));
    if (newline) {
      int status = end_line(r, mr_slice_make(at, (size_t)(newline - at)), false);
      if (status != MR_OK)
        return status;
      r->stats.bytes += (uint64_t)(newline - at) + 1;
      at = newline + 1;
      continue;
    }
    size_t rest = (size_t)(end - at);
    if (r->too_long || r->line.len + rest > r->options.max_line) {
      r->too_long = true;
      r->skipped += rest + r->line.len;
      mr_buf_reset(&r->line);
    } else {
      mr_buf_put(&r->line, at, rest);
    }
    r->stats.bytes += rest;
    at = end;
  }
  return r->line.status;
}

static void check_file(mr_record *r) {
  if (r->check.family == MR_RECORD_AUTO)
    use_family(r, MR_RECORD_CLAUDE); /* no record told which */
  const mr_record_profile *p = r->check.profile;
  bool validation = r->options.validation;
  unsigned long long records = r->stats.records;
  unsigned long most = validation && p->max_validation ? p->max_validation : p->max_records;
  uint64_t largest = validation && p->max_validation_bytes ? p->max_validation_bytes : p->max_bytes;
  r->check.line = 0;
  if (r->crlf > 0)
    mr_record_check_found(&r->check, MR_RULE_CRLF, 0, NOWHERE, NULL,
                          "%llu lines end in CR LF: write LF only, as with dos2unix",
                          (unsigned long long)r->crlf);
  if (r->stats.lines == 0) {
    mr_record_check_found(&r->check, MR_RULE_EMPTY, 0, NOWHERE, NULL,
                          "the file is empty: it must hold one JSON record on each line");
    return;
  }
  if (!validation && p->min_records > 0 && records < p->min_records)
    mr_record_check_found(&r->check, MR_RULE_TOO_FEW, 0, NOWHERE, NULL,
                          "%llu record%s: %s needs at least %lu; add %llu more", records,
                          records == 1 ? "" : "s", p->name, (unsigned long)p->min_records,
                          p->min_records - records);
  if (most > 0 && records > most)
    mr_record_check_found(&r->check, MR_RULE_TOO_MANY, 0, NOWHERE, NULL,
                          "%llu records: %s takes at most %lu%s; leave out %llu", records, p->name,
                          most, validation ? " for validation" : "", records - most);
  if (largest > 0 && r->stats.bytes > largest)
    mr_record_check_found(&r->check, MR_RULE_FILE_SIZE, 0, NOWHERE, NULL,
                          "%llu bytes: %s takes at most %llu", (unsigned long long)r->stats.bytes,
                          p->name, (unsigned long long)largest);
}

int mr_record_finish(mr_record *r) {
  int status = MR_OK;
  if (r->line.len > 0 || r->skipped > 0)
    status = end_line(r, NOWHERE, true);
  if (status == MR_OK)
    check_file(r);
  return status;
}
