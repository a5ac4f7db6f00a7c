/* SPDX-License-Identifier: MIT
 *
 * suggest.c -- the name that was probably meant.
 * A guess is offered only if at most a third of the letters differ. */
#include "bindings/suggest.h"

#include "bindings/text.h"

static bool has_members(const mr_shape *shape) {
  return shape->kind == MR_STRUCTURE || shape->kind == MR_UNION;
}

enum { LONGEST = 80 };

/* The optimal string alignment distance over three rows; an edit costs 2, one of case or of
 * an underscore 1. */
unsigned mr_edit_distance(mr_slice a, mr_slice b, unsigned limit) {
  unsigned rows[3][LONGEST + 1];
  if (a.len > LONGEST || b.len > LONGEST)
    return limit + 1;
  for (size_t j = 0; j <= b.len; j++)
    rows[0][j] = (unsigned)j * 2;
  for (size_t i = 1; i <= a.len; i++) {
    unsigned *row = rows[i % 3];
    const unsigned *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    row[0] = (unsigned)i * 2;
    for (size_t j = 1; j <= b.len; j++) {
      char x = a.ptr[i - 1], y = b.ptr[j - 1];
      bool is_case = mr_ascii_lower(x) == mr_ascii_lower(y);
      unsigned best = above[j - 1] + (x == y ? 0u : is_case ? 1u : 2u);
      unsigned drop = above[j] + (x == '_' ? 1u : 2u), add = row[j - 1] + (y == '_' ? 1u : 2u);
      if (drop < best)
        best = drop;
      if (add < best)
        best = add;
      if (i > 1 && j > 1 && x == b.ptr[j - 2] && y == a.ptr[i - 2] && before[j - 2] + 2 < best)
        best = before[j - 2] + 2;
      row[j] = best;
    }
  }
  unsigned distance = rows[a.len % 3][b.len];
  return distance > limit ? limit + 1 : distance;
}

typedef struct guess {
  mr_slice name;
  unsigned best;
} guess;

static guess guess_start(mr_slice word) {
  guess g = {{"", 0}, (unsigned)(word.len / 3 < 2 ? 2 : word.len / 3) * 2 + 1};
  return g;
}

static void guess_try(guess *g, mr_slice word, mr_slice candidate) {
  unsigned distance = mr_edit_distance(word, candidate, g->best);
  if (distance < g->best) {
    g->best = distance;
    g->name = candidate;
  }
}

mr_slice mr_operation_suggest(const mr_models *m, const mr_service *s, mr_slice name) {
  guess g = guess_start(name);
  bool camel = name.len && name.ptr[0] >= 'A' && name.ptr[0] <= 'Z';
  for (uint32_t i = 0; i < s->operations.count; i++) {
    const mr_operation *op = &m->operations[s->operations.first + i];
    guess_try(&g, name, mr_text(m, camel ? op->name : op->method));
  }
  return g.name;
}

mr_slice mr_member_suggest(const mr_models *m, const mr_shape *structure, mr_slice name) {
  guess g = guess_start(name);
  if (has_members(structure))
    for (uint32_t i = 0; i < structure->count; i++)
      guess_try(&g, name, mr_text(m, m->members[structure->first + i].name));
  return g.name;
}

mr_slice mr_word_suggest(const mr_models *m, uint32_t first, uint32_t count, mr_slice word) {
  guess g = guess_start(word);
  for (uint32_t i = 0; i < count; i++)
    guess_try(&g, word, mr_text(m, m->words[first + i]));
  return g.name;
}
