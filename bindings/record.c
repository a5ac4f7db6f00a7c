/* SPDX-License-Identifier: MIT
 *
 * record.c -- the input as a whole: cut into blocks, their findings put in order, files counted.
 * Equal records are found by a 64-bit hash of their bytes; after a million records no more
 * hashes are kept, so memory stays bounded by the longest line and that table. */
#include "bindings/record.h"

#include "bindings/record_seen.h"

#define MAX_LINE ((size_t)64 << 20)
/* Bytes that are fed at once: what is noted of the lines of a block should stay small. */
#define PIECE ((size_t)1 << 20)
/* Records whose place among the seen ones is fetched beforehand. */
#define AHEAD 8

struct mr_record {
  mr_alloc *alloc;
  mr_record_options options;
  mr_record_sink sink; /* the caller's */
  size_t told;         /* findings that it got */
  mr_record_stats stats;
  mr_record_check check; /* for what no block can find */
  mr_record_block block; /* of mr_record_feed */
  mr_buf line;           /* the beginning of a line whose end has not come */
  uint64_t skipped;      /* bytes of it that were not kept: it is too long */
  uint64_t crlf;         /* how many lines */
  bool is_cut;           /* the first block was cut */
  mr_record_seen exact, near, ids;
};

static const mr_slice NOWHERE = {"", 0};

static void tell(mr_record *r, const mr_record_finding *f) {
  if (r->options.most_findings > 0 && r->told == r->options.most_findings)
    return;
  r->told++;
  if (r->sink.found)
    r->sink.found(r->sink.ud, f);
}

static void pass_on(void *ud, const mr_record_finding *f) {
  mr_record *r = (mr_record *)ud;
  if (f->rule->severity == MR_RECORD_ERROR)
    r->stats.errors++;
  else
    r->stats.warnings++;
  tell(r, f);
}

static void use_family(mr_record *r, mr_record_family family) {
  r->stats.family = family;
  mr_record_check_use(&r->check, family, r->options.profile);
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
  mr_record_check_init(&r->check, alloc);
  mr_record_block_init(&r->block, alloc);
  mr_buf_init(&r->line, alloc);
  mr_record_seen_init(&r->exact, alloc);
  mr_record_seen_init(&r->near, alloc);
  mr_record_seen_init(&r->ids, alloc);
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
  mr_record_check_clear(&r->check);
  mr_record_block_clear(&r->block);
  mr_buf_clear(&r->line);
  mr_record_seen_clear(&r->exact);
  mr_record_seen_clear(&r->near);
  mr_record_seen_clear(&r->ids);
  mr_alloc_put(r->alloc, r, sizeof *r);
}

const mr_record_stats *mr_record_stats_of(const mr_record *r) {
  return &r->stats;
}

bool mr_record_family_known(const mr_record *r) {
  return r->check.family != MR_RECORD_AUTO;
}

/* ---- equal records ---------------------------------------------------------------------- */

static int check_duplicate(mr_record *r, const mr_record_entry *e) {
  uint64_t line = r->stats.lines + e->line, exact, near, id;
  int status = mr_record_seen_add(&r->exact, e->hash, line, &exact);
  if (status == MR_OK)
    status = mr_record_seen_add(&r->near, e->near_hash, line, &near);
  if (status == MR_OK)
    status = mr_record_seen_add(&r->ids, e->id_hash, line, &id);
  if (status != MR_OK || !(exact || near || id))
    return status;
  r->check.line = r->check.line_counted = line;
  r->check.line_findings = e->line_findings;
  r->check.offset = e->offset;
  r->check.text = NOWHERE;
  if (exact)
    mr_record_check_found(&r->check, MR_RULE_DUPLICATE, 0, NOWHERE, NULL,
                          "the record is the same as the one on line %llu: keep one",
                          (unsigned long long)exact);
  else if (near)
    mr_record_check_found(&r->check, MR_RULE_NEAR_DUPLICATE, 0, NOWHERE, NULL,
                          "but for letter case and white space the record is the same as the one "
                          "on line %llu: keep one",
                          (unsigned long long)near);
  if (id && !exact)
    mr_record_check_found(&r->check, MR_RULE_DUPLICATE_ID, 0, mr_slice_of("recordId"), NULL,
                          "line %llu has the same recordId: give each record its own",
                          (unsigned long long)id);
  return MR_OK;
}

/* ---- blocks ----------------------------------------------------------------------------- */

/* Adds to the line whose end has not come, or drops it once it is too long. */
static void hold(mr_record *r, mr_slice part) {
  if (r->skipped > 0 || r->line.len + part.len > r->options.max_line) {
    r->skipped += r->line.len + part.len;
    mr_buf_reset(&r->line);
  } else {
    mr_buf_slice(&r->line, part);
  }
}

static void begin_block(mr_record *r, mr_record_block *b) {
  b->family = r->check.family;
  b->profile = r->options.profile;
  b->near_duplicates = r->options.near_duplicates;
  b->max_line = r->options.max_line;
  b->most_findings = r->options.most_findings;
  b->is_first = !r->is_cut;
  b->is_last = b->has_head = b->has_rest = false;
  b->head_length = 0;
  b->lines = NOWHERE;
  b->offset = r->stats.bytes - r->line.len - r->skipped;
}

/* The line that was held becomes the block's first. */
static void move_line(mr_record *r, mr_record_block *b) {
  b->has_head = true;
  b->head_length = r->line.len + r->skipped;
  mr_buf_reset(&b->head);
  mr_buf_slice(&b->head, mr_buf_view(&r->line));
  if (r->line.status < 0)
    b->head.status = r->line.status; /* not all of it could be kept */
  mr_buf_reset(&r->line);
  r->skipped = 0;
  r->is_cut = true;
}

int mr_record_cut(mr_record *r, const void *bytes, size_t n, mr_record_block *b) {
  mr_slice rest = mr_slice_make((const char *)bytes, n);
  begin_block(r, b);
  r->stats.bytes += n;
  if (r->line.len > 0 || r->skipped > 0) {
    const char *newline = n ? (const char *)memchr(rest.ptr, '\n', n) : NULL;
    size_t part = newline ? (size_t)(newline - rest.ptr) : n;
    hold(r, mr_slice_make(rest.ptr, part));
    if (!newline)
      return r->line.status;
    move_line(r, b);
    rest = mr_slice_make(newline + 1, n - part - 1);
  }
  size_t whole = rest.len;
  while (whole > 0 && rest.ptr[whole - 1] != '\n')
    whole--;
  b->lines = mr_slice_make(rest.ptr, whole);
  r->is_cut |= whole > 0;
  hold(r, mr_slice_make(rest.ptr + whole, rest.len - whole));
  return r->line.status != MR_OK ? r->line.status : b->head.status;
}

void mr_record_claim(mr_record *r, uint64_t n, mr_record_block *b) {
  begin_block(r, b);
  mr_buf_reset(&b->head);
  r->stats.bytes += n;
  r->is_cut = true;
}

/* The beginning of a last line that a block has found. */
static int take_rest(mr_record *r, const mr_record_block *b) {
  if (b->head_length > b->head.len)
    r->skipped = b->head_length;
  else
    mr_buf_slice(&r->line, mr_buf_view(&b->head));
  return r->line.status;
}

static void add_stats(mr_record *r, const mr_record_stats *s) {
  mr_record_stats *all = &r->stats;
  all->records += s->records;
  all->errors += s->errors;
  all->warnings += s->warnings;
  all->messages += s->messages;
  all->user += s->user;
  all->assistant += s->assistant;
  all->system += s->system;
  all->characters += s->characters;
  all->tokens += s->tokens;
  if (s->longest_bytes > all->longest_bytes) {
    all->longest_bytes = s->longest_bytes;
    all->longest_line = all->lines + s->longest_line;
  }
  if (s->most_tokens > all->most_tokens) {
    all->most_tokens = s->most_tokens;
    all->most_tokens_line = all->lines + s->most_tokens_line;
  }
  all->lines += s->lines;
}

/* Tells of a block's findings those before number `end`. */
static size_t tell_some(mr_record *r, const mr_record_block *b, size_t from, size_t end) {
  for (; from < end && from < mr_record_found_count(&b->found); from++) {
    mr_record_finding f = mr_record_found_at(&b->found, from);
    f.line += r->stats.lines;
    tell(r, &f);
  }
  return from;
}

int mr_record_take(mr_record *r, mr_record_block *b) {
  if (b->status != MR_OK)
    return b->status;
  size_t told = 0, n = b->entries.len / sizeof(mr_record_entry);
  const mr_record_entry *entries = (const mr_record_entry *)(const void *)b->entries.ptr;
  for (size_t i = 0; i < n; i++) {
    if (i + AHEAD < n)
      mr_record_seen_expect(&r->exact, entries[i + AHEAD].hash);
    told = tell_some(r, b, told, entries[i].findings);
    int status = check_duplicate(r, &entries[i]);
    if (status != MR_OK)
      return status;
  }
  tell_some(r, b, told, SIZE_MAX);
  if (!mr_record_family_known(r) && b->stats.family != MR_RECORD_AUTO)
    use_family(r, b->stats.family);
  r->crlf += b->crlf;
  add_stats(r, &b->stats);
  if (b->has_rest && take_rest(r, b) != MR_OK)
    return r->line.status;
  return r->check.no_memory ? MR_ERR_MEMORY : MR_OK;
}

int mr_record_feed(mr_record *r, const void *bytes, size_t n) {
  const char *at = (const char *)bytes;
  int status = MR_OK;
  while (n > 0 && status == MR_OK) {
    size_t piece = n < PIECE ? n : PIECE;
    status = mr_record_cut(r, at, piece, &r->block);
    if (status == MR_OK) {
      mr_record_block_check(&r->block);
      status = mr_record_take(r, &r->block);
    }
    at += piece;
    n -= piece;
  }
  return status;
}

/* ---- the end ---------------------------------------------------------------------------- */

/* A last line without a newline. */
static int end_line(mr_record *r) {
  mr_record_block *b = &r->block;
  begin_block(r, b);
  b->is_last = true;
  move_line(r, b);
  mr_record_block_check(b);
  int status = mr_record_take(r, b);
  if (status != MR_OK || b->stats.errors > 0)
    return status;
  if (r->check.line != r->stats.lines) { /* else its findings were counted for a duplicate */
    r->check.line = r->check.line_counted = r->stats.lines;
    r->check.line_findings = b->check.line_counted ? b->check.line_findings : 0;
  }
  r->check.offset = b->offset;
  r->check.text = mr_buf_view(&b->head);
  mr_record_check_found(&r->check, MR_RULE_FINAL_NEWLINE, r->check.text.len, NOWHERE, NULL,
                        "the last line does not end in a newline: add one, and see that the file "
                        "was not cut off");
  return r->check.no_memory ? MR_ERR_MEMORY : MR_OK;
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
    status = end_line(r);
  if (status == MR_OK)
    check_file(r);
  return status == MR_OK && r->check.no_memory ? MR_ERR_MEMORY : status;
}
