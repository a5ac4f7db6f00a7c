/* SPDX-License-Identifier: MIT
 *
 * pattern_find.c -- where a pattern occurs first.
 * Most texts hold no occurrence: an automaton that is built while it runs (each of its states
 * is a list of living steps) takes one look-up for each byte of them.  Where it sees the end of
 * an occurrence the steps are run once more, with their origins, from the last place where no
 * attempt was alive. */
#include "bindings/pattern.h"
#include "bindings/pattern_machine.h"
#include "bindings/text.h"

enum {
  ASCII = 128, /* characters with a transition of their own; one more is for all others */
  STATES = 256,   /* more are forgotten, and found again */
  SETS = 1 << 20 /* so are more bytes of steps than that */
};
enum { UNKNOWN = -1, HIT = -2 };

typedef struct state {
  size_t first; /* its steps in `sets` */
  uint32_t count;
  bool alive; /* some began before this place */
  int16_t next[ASCII + 1];
} state;

/* The byte that the text has at `at` as a code point; bytes it takes in *n. */
static uint32_t code_at(mr_slice text, size_t at, size_t *n) {
  uint32_t code = 0;
  *n = mr_utf8_read(mr_slice_make(text.ptr + at, text.len - at), &code);
  if (*n)
    return code;
  *n = 1;
  return (unsigned char)text.ptr[at];
}

/* As mr_pattern_run, but from every place at once.  Each instruction knows where its attempt began;
 * the earlier attempts stand first and so take an instruction before the later ones do. */
static int longest(mr_pattern_machine *m, mr_slice text, size_t from, uint32_t *origin,
                   uint32_t *next_origin, size_t *start, size_t *end) {
  bool found = false;
  size_t at = from, last = from; /* last: where the character before begins */
  m->now_count = 0;
  for (;;) {
    m->step++;
    uint32_t kept = m->now_count;
    m->next_count = 0;
    size_t n = 0;
    if (at > from) { /* the character before has been taken by what is in now */
      uint32_t code = code_at(text, last, &n);
      for (uint32_t i = 0; i < kept && !(found && origin[i] > *start); i++) {
        const mr_pattern_step *x = &m->code[m->now[i]];
        uint32_t first = m->next_count;
        if (x->op != MR_PATTERN_MATCH && mr_pattern_takes(m, x, code))
          mr_pattern_add(m, m->now[i] + 1, at == 0, at == text.len);
        for (uint32_t k = first; k < m->next_count; k++)
          next_origin[k] = origin[i];
      }
    }
    if (!found) {
      uint32_t first = m->next_count;
      mr_pattern_add(m, 0, at == 0, at == text.len);
      for (uint32_t k = first; k < m->next_count; k++)
        next_origin[k] = (uint32_t)at;
    }
    for (uint32_t i = 0; i < m->next_count; i++)
      if (m->code[m->next[i]].op == MR_PATTERN_MATCH && next_origin[i] < at &&
          (!found || next_origin[i] <= *start)) {
        found = true;
        *start = next_origin[i];
        *end = at;
        break;
      }
    uint32_t *swap = m->now;
    m->now = m->next;
    m->next = swap;
    swap = origin;
    origin = next_origin;
    next_origin = swap;
    m->now_count = m->next_count;
    if (at == text.len || (found && m->now_count == 0))
      return found;
    last = at;
    code_at(text, at, &n);
    at += n;
  }
}

static state *state_at(const mr_pattern_finder *f, size_t i) {
  return (state *)(void *)f->states->ptr + i;
}

/* The state for the steps in m->next: one that is there, or a new one; UNKNOWN without memory. */
static int state_of(const mr_pattern_finder *f, const mr_pattern_machine *m, bool alive) {
  size_t n = f->states->len / sizeof(state), bytes = m->next_count * sizeof(uint32_t);
  for (size_t i = 0; i < n; i++) {
    const state *s = state_at(f, i);
    if (s->count == m->next_count && s->alive == alive &&
        (!bytes || memcmp(f->sets->ptr + s->first, m->next, bytes) == 0))
      return (int)i;
  }
  state fresh = {.first = f->sets->len, .count = m->next_count, .alive = alive};
  for (size_t i = 0; i <= ASCII; i++)
    fresh.next[i] = UNKNOWN;
  mr_buf_put(f->sets, m->next, bytes);
  mr_buf_put(f->states, &fresh, sizeof fresh);
  if (f->sets->status == MR_OK && f->states->status == MR_OK)
    return (int)n;
  mr_buf_reset(f->sets);
  mr_buf_reset(f->states);
  return UNKNOWN;
}

/* What follows when a state takes a character: m->next; HIT if an occurrence ends there. */
static int follow(const mr_pattern_finder *f, mr_pattern_machine *m, int from, uint32_t code) {
  const state *s = state_at(f, (size_t)from);
  const uint32_t *steps = (const uint32_t *)(const void *)(f->sets->ptr + s->first);
  m->step++;
  m->next_count = 0;
  for (uint32_t i = 0; i < s->count; i++)
    if (mr_pattern_takes(m, &m->code[steps[i]], code))
      mr_pattern_add(m, steps[i] + 1, false, false);
  bool alive = m->next_count > 0;
  mr_pattern_add(m, 0, false, false);
  for (uint32_t i = 0; i < m->next_count; i++)
    if (m->code[m->next[i]].op == MR_PATTERN_MATCH)
      return HIT;
  return state_of(f, m, alive);
}

/* No automaton for patterns that look at the ends of the text or that match nothing. */
static bool is_plain(mr_pattern_machine *m, size_t steps) {
  for (size_t i = 0; i < steps; i++)
    if (m->code[i].op == MR_PATTERN_BEGIN || m->code[i].op == MR_PATTERN_END)
      return false;
  m->step++;
  m->next_count = 0;
  mr_pattern_add(m, 0, false, false);
  for (uint32_t i = 0; i < m->next_count; i++)
    if (m->code[m->next[i]].op == MR_PATTERN_MATCH)
      return false;
  return true;
}

/* Too many states: only that before the text, the first, and `now` are kept. */
static int forget(const mr_pattern_finder *f, int now) {
  const state *s = state_at(f, (size_t)now);
  size_t first = s->first, bytes = s->count * sizeof(uint32_t);
  size_t begin = state_at(f, 0)->count * sizeof(uint32_t);
  bool two = now > 0;
  memmove(f->sets->ptr + begin, f->sets->ptr + first, two ? bytes : 0);
  f->sets->len = begin + (two ? bytes : 0);
  if (two) {
    *state_at(f, 1) = *s;
    state_at(f, 1)->first = begin;
  }
  f->states->len = (two ? 2 : 1) * sizeof(state);
  for (int i = 0; i <= two; i++)
    for (size_t k = 0; k <= ASCII; k++)
      state_at(f, (size_t)i)->next[k] = UNKNOWN;
  return two;
}

/* Does the program treat all characters beyond ASCII alike? */
static bool is_uniform(const mr_pattern_machine *m, size_t steps) {
  for (size_t i = 0; i < steps; i++) {
    const mr_pattern_step *x = &m->code[i];
    if (x->op == MR_PATTERN_ANY || (x->op == MR_PATTERN_CHAR && x->arg >= ASCII))
      return false;
    if (x->op == MR_PATTERN_CLASS || x->op == MR_PATTERN_NOT_CLASS)
      for (uint32_t k = 0; k < x->count; k++) {
        const mr_pattern_range *r = m->ranges + x->arg + k;
        if (r->high >= ASCII && (r->low > ASCII || r->high < 0x10ffff))
          return false;
      }
  }
  return true;
}

/* From byte `at` on through ASCII and states that are known; gives where that ends.  Most bytes
 * leave the state as it is: then the look-ups do not wait for each other. */
static size_t run_known(const mr_pattern_finder *f, mr_slice text, size_t at, int *now,
                        size_t *from) {
  const state *first = state_at(f, 0), *s = first + *now;
  const unsigned char *bytes = (const unsigned char *)text.ptr;
  for (;;) {
    while (at < text.len && bytes[at] < ASCII && s->next[bytes[at]] == *now)
      at++;
    if (!s->alive)
      *from = at;
    int next = at < text.len && bytes[at] < ASCII ? s->next[bytes[at]] : UNKNOWN;
    if (next < 0)
      return at;
    s = first + next;
    at++;
    *now = next;
  }
}

/* 1: an occurrence ends somewhere, and the first begins at *from or behind; 0; or a failure. */
static int scan(const mr_pattern_finder *f, mr_pattern_machine *m, size_t steps, mr_slice text,
                size_t *from) {
  if (f->states->len == 0) {
    if (!is_plain(m, steps))
      return 1;
    if (state_of(f, m, false) == UNKNOWN)
      return MR_ERR_MEMORY;
  }
  int now = 0, uniform = -1; /* not known yet */
  for (size_t at = *from;;) {
    at = run_known(f, text, at, &now, from);
    if (at == text.len)
      return 0;
    uint32_t code = (unsigned char)text.ptr[at];
    size_t n = 1, column = code;
    if (code >= ASCII) {
      code = code_at(text, at, &n);
      if (uniform < 0)
        uniform = is_uniform(m, steps);
      column = ASCII;
    }
    int next = code < ASCII || uniform ? state_at(f, (size_t)now)->next[column] : UNKNOWN;
    if (next == UNKNOWN) {
      next = follow(f, m, now, code);
      if (next == UNKNOWN)
        return MR_ERR_MEMORY;
      if (code < ASCII || uniform)
        state_at(f, (size_t)now)->next[column] = (int16_t)next;
      if (next >= STATES || f->sets->len > SETS)
        next = next == HIT ? HIT : forget(f, next);
    }
    at += n;
    if (next == HIT)
      return 1;
    now = next;
    if (!state_at(f, (size_t)now)->alive)
      *from = at;
  }
}

int mr_pattern_find(const mr_pattern_finder *f, mr_slice text, size_t from, size_t *start,
                    size_t *end) {
  size_t n = f->code->len / sizeof(mr_pattern_step);
  mr_buf_reset(f->scratch);
  /* mark, now, next: n each; two lists of origins; the stack: at most two pushes for each step,
   * and the first */
  uint32_t *memory =
      (uint32_t *)(void *)mr_buf_reserve(f->scratch, (n * 7 + 4) * sizeof(uint32_t));
  if (!memory || text.len > UINT32_MAX)
    return MR_ERR_MEMORY;
  memset(memory, 0, n * sizeof(uint32_t));
  mr_pattern_machine m = {
      .code = (const mr_pattern_step *)(const void *)f->code->ptr,
      .ranges = (const mr_pattern_range *)(const void *)(f->ranges->ptr ? f->ranges->ptr : ""),
      .mark = memory,
      .now = memory + n,
      .next = memory + n * 2,
      .stack = memory + n * 5};
  int status = scan(f, &m, n, text, &from);
  if (status != 1)
    return status;
  return longest(&m, text, from, memory + n * 3, memory + n * 4, start, end);
}
