/* SPDX-License-Identifier: MIT
 *
 * route.c -- which operation a request is for: the models read in reverse.
 * A raw path is cut at its slashes before anything is decoded, so that an encoded ARN stays
 * one segment.  Among the operations that fit a path, the one wins that asks for the most:
 * constant query keys, then required query and header members, then literal segments. */
#include "bindings/unmarshal.h"
#include "bindings/uri.h"

/* One segment, up to the next slash. */
static mr_slice segment(mr_slice *rest) {
  const char *slash = rest->len ? memchr(rest->ptr, '/', rest->len) : NULL;
  size_t n = slash ? (size_t)(slash - rest->ptr) : rest->len;
  mr_slice s = mr_slice_make(rest->ptr, n);
  rest->ptr += slash ? n + 1 : n;
  rest->len -= slash ? n + 1 : n;
  return s;
}

bool mr_path_match(mr_slice template_path, mr_slice path, mr_slice want, mr_slice *out) {
  const char *mark = memchr(template_path.ptr, '?', template_path.len);
  if (out)
    *out = mr_slice_make(NULL, 0);
  if (mark)
    template_path.len = (size_t)(mark - template_path.ptr);
  if (!path.len || *path.ptr != '/')
    return false;
  mr_slice t = mr_slice_make(template_path.ptr + 1, template_path.len - 1);
  mr_slice p = mr_slice_make(path.ptr + 1, path.len - 1);
  while (t.len) {
    bool more = p.len > 0;
    mr_slice part = segment(&t);
    bool label = part.len > 2 && part.ptr[0] == '{';
    bool greedy = label && part.ptr[part.len - 2] == '+';
    mr_slice name = label ? mr_slice_make(part.ptr + 1, part.len - 2 - (greedy ? 1 : 0)) : part;
    if (!more)
      return false;
    if (greedy) { /* up to what the rest of the template needs */
      mr_slice tail = t;
      size_t stop = p.len;
      for (size_t left = 0; tail.len; left++) {
        (void)segment(&tail);
        while (stop > 0 && p.ptr[stop - 1] != '/')
          stop--;
        if (stop == 0)
          return false;
        stop--;
      }
      if (stop == 0)
        return false;
      if (out && mr_slice_equal(name, want))
        *out = mr_slice_make(p.ptr, stop);
      p.ptr += stop;
      p.len -= stop;
      if (p.len)
        p.ptr++, p.len--;
      continue;
    }
    mr_slice got = segment(&p);
    if (!label) {
      if (!mr_slice_equal(part, got))
        return false;
      continue;
    }
    if (!got.len)
      return false;
    if (out && mr_slice_equal(name, want))
      *out = got;
  }
  if (p.len)
    return false;
  return !out || out->ptr != NULL;
}

static bool query_has(mr_slice query, mr_slice key, mr_slice value, bool any_value) {
  mr_slice name, got;
  while (mr_query_next(&query, &name, &got))
    if (mr_slice_equal(name, key) && (any_value || mr_slice_equal(got, value)))
      return true;
  return false;
}

/* A key without value names a part of an S3 resource ("?acl"): one that the operation does not
 * know means another operation. */
static bool strange_key(const mr_models *m, const mr_shape *input, mr_slice own, mr_slice query) {
  mr_slice name, value;
  while (mr_query_next(&query, &name, &value)) {
    bool known = value.len > 0 || query_has(own, name, name, true);
    for (uint32_t i = 0; input && i < input->count && !known; i++) {
      const mr_member *member = &m->members[input->first + i];
      known = member->location == MR_AT_QUERY && mr_slice_equal(mr_text(m, member->wire), name);
    }
    if (!known)
      return true;
  }
  return false;
}

/* How much of what the operation asks for is there; -1: something is missing. */
static int score(const mr_models *m, const mr_operation *op, const mr_input *in) {
  mr_slice path = mr_text(m, op->path), name, value;
  const char *mark = memchr(path.ptr, '?', path.len);
  int points = 0;
  for (size_t i = 0; i < path.len && path.ptr + i != mark; i++) {
    if (path.ptr[i] == '/')
      points += 1;
    if (path.ptr[i] == '{')
      points -= 1; /* a literal segment is worth more than a label */
  }
  mr_slice own =
      mark ? mr_slice_make(mark + 1, path.len - (size_t)(mark + 1 - path.ptr)) : mr_slice_of("");
  if (mark) {
    mr_slice rest = own;
    while (mr_query_next(&rest, &name, &value)) {
      if (!query_has(in->query, name, value, value.ptr == NULL))
        return -1;
      points += 1000;
    }
  }
  const mr_shape *input = mr_shape_at(m, op->input);
  if (m->services[op->service].protocol == MR_PROTOCOL_REST_XML &&
      strange_key(m, input, own, in->query))
    return -1;
  for (uint32_t i = 0; input && i < input->count; i++) {
    const mr_member *member = &m->members[input->first + i];
    mr_slice wire = mr_text(m, member->wire);
    if (!(member->flags & MR_REQUIRED))
      continue;
    if (member->location == MR_AT_QUERY) {
      if (!query_has(in->query, wire, wire, true)) {
        if (m->services[op->service].protocol == MR_PROTOCOL_REST_XML)
          return -1;
        continue; /* elsewhere a missing parameter is a fault of the request, told later */
      }
      points += 100;
    } else if (member->location == MR_AT_HEADER &&
               m->services[op->service].protocol == MR_PROTOCOL_REST_XML) {
      if (!mr_input_header(in, wire.ptr).ptr)
        return -1;
      points += 100;
    }
  }
  return points;
}

const mr_operation *mr_route(const mr_models *m, const mr_service *s, mr_slice method,
                             const mr_input *in, bool *path_known) {
  const mr_operation *best = NULL;
  int best_points = -1;
  *path_known = false;
  if (s->protocol == MR_PROTOCOL_QUERY) {
    mr_slice action = mr_query_action(in->query);
    if (!action.ptr)
      action = mr_query_action(in->body);
    best = action.ptr ? mr_operation_find(m, s, action) : NULL;
    return best && mr_slice_equal(mr_text(m, best->name), action) ? best : NULL;
  }
  for (uint32_t i = 0; i < s->operations.count; i++) {
    const mr_operation *op = &m->operations[s->operations.first + i];
    if (!mr_path_match(mr_text(m, op->path), in->path, mr_slice_make("", 0), NULL))
      continue;
    if (!mr_slice_equal(mr_text(m, op->http_method), method)) {
      *path_known = true;
      continue;
    }
    int points = score(m, op, in);
    if (points < 0)
      continue;
    /* What asks for the same: the one that the SDK names, and what is not deprecated. */
    points = points * 4 +
             (query_has(in->query, mr_slice_of("x-id"), mr_text(m, op->name), false) ? 2 : 0) +
             (op->flags & MR_OP_DEPRECATED ? 0 : 1);
    if (points > best_points) {
      best = op;
      best_points = points;
    }
  }
  return best;
}
