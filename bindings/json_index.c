/* SPDX-License-Identifier: MIT
 *
 * json_index.c -- the second stage: the grammar, over the places that the first one found.
 * A container's opener holds its parent's number until it is closed, so no stack is needed.
 * Only whether the text is good is decided here; what is wrong with a bad one, and where, the
 * pull reader tells, so that there is one list of faults. */
#include "bindings/json_index.h"

enum { FIRST_CAPACITY = 256 };

void mr_json_index_init(mr_json_index *index, mr_alloc *alloc) {
  memset(index, 0, sizeof *index);
  index->alloc = alloc;
}

void mr_json_index_free(mr_json_index *index) {
  mr_alloc_put(index->alloc, index->tokens, index->capacity * sizeof *index->tokens);
  index->tokens = NULL;
  index->count = index->capacity = 0;
}

/* Where the walk is; handed on by value, so that it stays in registers. */
typedef struct cursor {
  const uint32_t *next, *end; /* of the places of the stage's last step */
  mr_json_token *to;          /* the next token; NULL: there is no further place, or no memory */
  uint32_t at;                /* the place under way */
} cursor;

typedef struct walk {
  mr_json_index *index;
  const char *text, *end;
  bool no_memory;
  mr_json_stage stage;
} walk;

static bool reserve(mr_json_index *index, size_t wanted) {
  size_t old = index->capacity, capacity = old ? old : FIRST_CAPACITY;
  if (wanted <= old)
    return true;
  while (capacity < wanted)
    capacity *= 2;
  void *tokens = mr_alloc_resize(index->alloc, index->tokens, old * sizeof *index->tokens,
                                 capacity * sizeof *index->tokens);
  if (!tokens || capacity > UINT32_MAX)
    return false;
  index->tokens = (mr_json_token *)tokens;
  index->capacity = (uint32_t)capacity;
  return true;
}

/* A step of the first stage, and room for a token at each of its places. */
static cursor step(walk *w, cursor c) {
  uint32_t count = (uint32_t)(c.to - w->index->tokens);
  do {
    if (!mr_json_stage_next(&w->stage)) {
      w->index->count = count;
      c.to = NULL;
      return c;
    }
  } while (w->stage.count == 0);
  w->no_memory = !reserve(w->index, (size_t)count + w->stage.count);
  c.to = w->no_memory ? NULL : w->index->tokens + count;
  c.next = w->stage.at;
  c.end = c.next + w->stage.count;
  return c;
}

static inline cursor advance(walk *w, cursor c) {
  if (c.next == c.end) {
    c = step(w, c);
    if (!c.to)
      return c;
  }
  c.at = *c.next++;
  return c;
}

static inline cursor put(cursor c, uint32_t at, uint32_t link) {
  c.to->at = at;
  c.to->link = link;
  c.to++;
  return c;
}

/* c.at is an opening quote; the next place is the closing one. */
static inline cursor put_string(walk *w, cursor c) {
  uint32_t open = c.at;
  c = advance(w, c);
  if (!c.to)
    return c;
  uint32_t behind = c.at % MR_JSON_STEP;
  uint32_t escaped = (uint32_t)(w->stage.escaped_ends[behind / 64] >> behind % 64 & 1) << 31;
  return put(c, open, (c.at - open + 1) | escaped);
}

static inline bool is_digit(char c) {
  return (unsigned char)(c - '0') <= 9;
}

static const char *digits(const char *p, const char *end) {
  while (p < end && is_digit(*p))
    p++;
  return p;
}

/* Behind the number at p, or NULL. */
static const char *number_end(const char *p, const char *end) {
  const char *first;
  p += *p == '-';
  first = p;
  p = digits(p, end);
  if (p == first || (*first == '0' && p - first > 1))
    return NULL;
  if (p < end && *p == '.') {
    first = ++p;
    p = digits(p, end);
    if (p == first)
      return NULL;
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    p++;
    p += p < end && (*p == '+' || *p == '-');
    first = p;
    p = digits(p, end);
    if (p == first)
      return NULL;
  }
  return p;
}

/* Nothing of the same run of bytes may stand behind a scalar; a quote is a place of its own. */
static inline bool is_limit(const char *p, const char *end) {
  return p == end || *p == ',' || *p == ']' || *p == '}' || *p == ' ' || *p == '\n' || *p == '\r' ||
         *p == '\t' || *p == '"' || *p == '[' || *p == '{' || *p == ':';
}

/* Behind the scalar at p, or NULL. */
static const char *scalar_end(const char *p, const char *end) {
  const char *behind;
  size_t left = (size_t)(end - p);
  if (*p == 't')
    behind = left >= 4 && memcmp(p, "true", 4) == 0 ? p + 4 : NULL;
  else if (*p == 'f')
    behind = left >= 5 && memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
  else if (*p == 'n')
    behind = left >= 4 && memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
  else
    behind = number_end(p, end);
  return behind && is_limit(behind, end) ? behind : NULL;
}

/* One value and nothing behind it. */
static bool walk_text(walk *w, int max_depth) {
  cursor c = {w->stage.at, w->stage.at, w->index->tokens, 0};
  const char *text = w->text, *behind;
  mr_json_token *t;
  uint32_t open = 0; /* the container that is being filled */
  int depth = 0;
  bool in_object = false;
#define ADVANCE() (c = advance(w, c)).to
  if (!ADVANCE())
    return false;
value:
  switch (text[c.at]) {
  case '"':
    c = put_string(w, c);
    if (!c.to)
      return false;
    goto behind_value;
  case '{':
  case '[':
    if (depth++ == max_depth)
      return false;
    in_object = text[c.at] == '{';
    c = put(c, c.at, open);
    open = (uint32_t)(c.to - w->index->tokens) - 1;
    if (!ADVANCE())
      return false;
    if (text[c.at] == (in_object ? '}' : ']'))
      goto closed;
    if (in_object)
      goto key;
    goto value;
  default:
    behind = scalar_end(text + c.at, w->end);
    if (!behind)
      return false;
    c = put(c, c.at, (uint32_t)(behind - text) - c.at);
  }
behind_value:
  if (depth == 0)
    return !ADVANCE() && !w->no_memory;
  if (!ADVANCE())
    return false;
  if (text[c.at] == ',') {
    if (!ADVANCE())
      return false;
    if (in_object)
      goto key;
    goto value;
  }
  if (text[c.at] != (in_object ? '}' : ']'))
    return false;
closed:
  t = &w->index->tokens[open];
  c = put(c, c.at, open);
  open = t->link;
  t->link = (uint32_t)(c.to - w->index->tokens);
  if (--depth > 0)
    in_object = text[w->index->tokens[open].at] == '{';
  goto behind_value;
key:
  if (text[c.at] != '"')
    return false;
  c = put_string(w, c);
  if (!c.to || !ADVANCE() || text[c.at] != ':' || !ADVANCE())
    return false;
  goto value;
#undef ADVANCE
}

/* What the reader finds wrong. */
static int find_fault(const mr_json_index *index, mr_slice text, mr_json_fault *fault) {
  mr_json_reader r;
  mr_json_init(&r, text, index->alloc, index->max_depth);
  while (mr_json_next(&r) > MR_JSON_END) {
  }
  fault->status = r.status;
  fault->offset = r.start;
  fault->message = r.message;
  mr_json_clear(&r);
  return fault->status;
}

int mr_json_index_build(mr_json_index *index, mr_slice text, mr_json_fault *fault) {
  mr_json_fault ignored;
  walk w;
  if (!fault)
    fault = &ignored;
  index->count = 0;
  fault->message = "the text is too long";
  fault->offset = MR_JSON_INDEX_MAX;
  if (text.len > MR_JSON_INDEX_MAX)
    return fault->status = MR_ERR_LIMIT;
  w.index = index;
  w.text = text.ptr;
  w.end = text.ptr + text.len;
  mr_json_stage_init(&w.stage, text, index->variant);
  int max_depth = index->max_depth <= 0 ? MR_JSON_DEPTH : index->max_depth;
  w.no_memory = !reserve(index, 1); /* so that there are tokens to count from */
  bool is_good = !w.no_memory &&
                 walk_text(&w, max_depth < MR_JSON_MAX_DEPTH ? max_depth : MR_JSON_MAX_DEPTH) &&
                 !w.stage.carry.bad && !w.stage.carry.in_string;
  if (is_good)
    return MR_OK;
  index->count = 0;
  fault->message = "not enough memory";
  fault->offset = w.stage.done;
  if (w.no_memory)
    return fault->status = MR_ERR_MEMORY;
  return find_fault(index, text, fault);
}
