/* SPDX-License-Identifier: MIT
 *
 * protocol_test.c -- public cases of the REST protocols, and of S3, through our marshalling.
 * The generic cases have shapes of their own, from which tables are made; the S3 cases go by
 * our own model.  A case that its origin calls disputed is run and counted, not required. */
#include "tests/support/support.h"

#include <stdio.h>

#include "bindings/marshal.h"
#include "bindings/unmarshal.h"
#include "bindings/uri.h"
#include "tests/support/botocore_shapes.h"
#include "tests/support/json_tree.h"
#include "tests/support/same.h"

typedef struct tally {
  int passed, failed, disputed_passed, disputed_failed;
} tally;

typedef struct bench {
  tree_arena arena;
  mr_buf why;
} bench;

static void complain(bench *b, const char *what, mr_slice want, mr_slice got) {
  mr_buf_printf(&b->why, "  %s: expected ", what);
  mr_buf_slice(&b->why, want);
  mr_buf_puts(&b->why, "\n      got ");
  mr_buf_slice(&b->why, got);
  mr_buf_putc(&b->why, '\n');
}

static bool body_same(bench *b, mr_slice want, mr_slice got) {
  if (same_body(&b->arena, want, got))
    return true;
  complain(b, "body", want, got);
  return false;
}

static mr_slice header(const mr_marshal *m, mr_slice want) {
  mr_slice rest = mr_buf_view(&m->headers);
  for (mr_pair h; mr_head_next(&rest, &h);)
    if (mr_slice_alike(h.name, want))
      return h.value;
  return mr_slice_make(NULL, 0);
}

static bool headers_same(bench *b, const mr_marshal *m, const tree *want, const tree *forbidden) {
  bool ok = true;
  for (const tree *h = want ? want->first : NULL; h; h = h->next) {
    mr_slice got = header(m, h->name);
    if (got.ptr && mr_slice_equal(got, h->text))
      continue;
    complain(b, h->name.ptr, h->text, got);
    ok = false;
  }
  for (const tree *h = forbidden ? forbidden->first : NULL; h; h = h->next)
    if (header(m, h->text).ptr) {
      complain(b, "forbidden header", h->text, header(m, h->text));
      ok = false;
    }
  return ok;
}

/* What is sent as the body. */
static mr_slice body_of(const mr_marshal *m, const tree *params) {
  return m->verbatim ? tree_text(params, mr_text(m->models, m->verbatim->name).ptr)
                     : mr_buf_view(&m->body);
}

/* ---- the generic suites ---- */

static bool input_case(bench *b, const tree *suite, const tree *c) {
  const mr_models *models = botocore_models(&b->arena, suite, tree_get(c, "given"));
  const tree *want = tree_get(c, "serialized"), *params = tree_get(c, "params");
  mr_slice uri = tree_text(want, "uri");
  tree_source source;
  mr_marshal m;
  mr_marshal_init(&m, models, NULL);
  tree_source_init(&source, params, &b->arena);
  bool ok = mr_marshal_request(&m, models->operations, &source.base) == MR_OK;
  if (!ok) {
    complain(b, "marshalling", mr_slice_of("success"), mr_buf_view(&m.message));
  } else {
    const char *mark = memchr(uri.ptr, '?', uri.len);
    mr_slice path = mr_slice_make(uri.ptr, mark ? (size_t)(mark - uri.ptr) : uri.len);
    mr_slice query = mark ? mr_slice_make(mark + 1, uri.len - path.len - 1) : mr_slice_of("");
    if (!mr_slice_equal(path, mr_buf_view(&m.path))) {
      complain(b, "path", path, mr_buf_view(&m.path));
      ok = false;
    }
    if (!same_query(query, mr_buf_view(&m.query))) {
      complain(b, "query", query, mr_buf_view(&m.query));
      ok = false;
    }
    ok = headers_same(b, &m, tree_get(want, "headers"), tree_get(want, "forbidHeaders")) && ok;
    ok = body_same(b, tree_text(want, "body"), body_of(&m, params)) && ok;
  }
  mr_marshal_clear(&m);
  return ok;
}

static void read_reply(tree_arena *a, const tree *response, const char *status, mr_input *in) {
  const tree *list = tree_get(response, "headers"), *code = tree_get(response, status);
  memset(in, 0, sizeof *in);
  in->status = code ? (int)code->integer : 200;
  in->body = tree_text(response, "body");
  mr_pair *headers = tree_alloc(a, sizeof *headers * (list ? list->count + 1 : 1));
  for (const tree *h = list ? list->first : NULL; h; h = h->next) {
    headers[in->header_count].name = h->name;
    headers[in->header_count++].value = h->text;
  }
  in->headers = headers;
}

static bool result_same(bench *b, const tree *want, const tree *got) {
  if (tree_equal(want, got))
    return true;
  mr_buf x, y;
  mr_buf_init(&x, NULL);
  mr_buf_init(&y, NULL);
  tree_print(&x, want);
  tree_print(&y, got);
  complain(b, "result", mr_buf_view(&x), mr_buf_view(&y));
  mr_buf_clear(&x);
  mr_buf_clear(&y);
  return false;
}

static bool output_case(bench *b, const tree *suite, const tree *c) {
  const mr_models *models = botocore_models(&b->arena, suite, tree_get(c, "given"));
  const tree *code = tree_get(c, "errorCode");
  tree_sink sink;
  mr_input in;
  mr_unmarshal u;
  bool ok;
  read_reply(&b->arena, tree_get(c, "response"), "status_code", &in);
  tree_sink_init(&sink, &b->arena);
  mr_unmarshal_init(&u, models, NULL);
  if (code) {
    mr_unmarshal_error(&u, models->services, models->operations, &in, &sink.base);
    ok = mr_slice_equal(tree_text(sink.root, "code"), code->text);
    if (!ok)
      complain(b, "error code", code->text, tree_text(sink.root, "code"));
  } else {
    ok = mr_unmarshal_reply(&u, models->operations, &in, &sink.base) == MR_OK;
    if (!ok)
      complain(b, "unmarshalling", mr_slice_of("success"), mr_buf_view(&u.message));
    else
      ok = result_same(b, tree_get(c, "result"), sink.root);
  }
  mr_unmarshal_clear(&u);
  return ok;
}

static void note(tally *t, bench *b, const tree *c, bool ok) {
  bool disputed = tree_get(c, "disputed") != NULL;
  int *counter = ok ? (disputed ? &t->disputed_passed : &t->passed)
                    : (disputed ? &t->disputed_failed : &t->failed);
  ++*counter;
  if (!ok)
    printf("%s%s\n%s", tree_text(c, "id").ptr, disputed ? " (disputed)" : "", mr_buf_text(&b->why));
  mr_buf_reset(&b->why);
}

static void run_file(const char *name, bool input, tally *t) {
  size_t len = 0;
  bool own = strncmp(name, "tests/", 6) == 0 || name[0] == '/';
  char *text = own ? support_read(name, &len) : support_read_shared(name, &len);
  bench b = {{NULL}, {0}};
  if (!text)
    return;
  const tree *suites = tree_parse(&b.arena, mr_slice_make(text, len));
  assert_non_null(suites);
  for (const tree *suite = suites->first; suite; suite = suite->next)
    for (const tree *c = tree_get(suite, "cases")->first; c; c = c->next) {
      bench one = {{NULL}, {0}};
      mr_buf_init(&one.why, NULL);
      note(t, &one, c, input ? input_case(&one, suite, c) : output_case(&one, suite, c));
      mr_buf_clear(&one.why);
      tree_arena_clear(&one.arena);
    }
  free(text);
  tree_arena_clear(&b.arena);
}

static void test_generic_suites(void **state) {
  static const struct {
    const char *name;
    bool input;
  } files[] = {{"protocols/botocore/input-rest-json.json", true},
               {"protocols/botocore/input-rest-xml.json", true},
               {"protocols/botocore/output-rest-json.json", false},
               {"protocols/botocore/output-rest-xml.json", false},
               {"tests/data/query-input.json", true},
               {"tests/data/query-output.json", false}};
  int failed = 0;
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(files); i++) {
    tally t = {0, 0, 0, 0};
    run_file(files[i].name, files[i].input, &t);
    printf("%s: %d passed, %d failed; disputed: %d passed, %d failed\n", files[i].name, t.passed,
           t.failed, t.disputed_passed, t.disputed_failed);
    failed += t.failed;
  }
  assert_int_equal(failed, 0);
}

/* ---- unions: cases without shapes, which the generic suites have ---- */

static void put_member(bench *b, tree *object, const char *name, const tree *value) {
  tree *copy = tree_alloc(&b->arena, sizeof *copy);
  if (value)
    *copy = *value;
  copy->name = mr_slice_of(name);
  copy->next = NULL;
  if (object->last)
    object->last->next = copy;
  else
    object->first = copy;
  object->last = copy;
  object->count++;
}

static tree *new_object(bench *b) {
  tree *t = tree_alloc(&b->arena, sizeof *t);
  t->kind = TREE_OBJECT;
  return t;
}

static const tree *suite_of(const tree *suites, mr_slice operation) {
  const tree *s = suites->first;
  while (s && !mr_slice_equal(tree_text(tree_get(tree_get(s, "cases")->first, "given"), "name"),
                              operation))
    s = s->next;
  return s;
}

static bool union_case(bench *b, const tree *inputs, const tree *outputs, const tree *c) {
  bool request = mr_slice_is(tree_text(c, "kind"), "httpRequestTests");
  mr_slice operation = tree_text(c, "operation");
  const tree *suite = suite_of(request ? inputs : outputs, operation);
  if (!suite)
    suite = suite_of(inputs, operation); /* the same shapes go both ways */
  if (!suite)
    return false;
  const tree *given = tree_get(tree_get(suite, "cases")->first, "given");
  tree *members = (tree *)tree_get(tree_get(tree_get(suite, "shapes"), "MyUnion"), "members");
  if (members &&
      !tree_get(members, "unionValue")) { /* the filtered shapes lack the recursive member */
    tree *value = new_object(b), *name = tree_alloc(&b->arena, sizeof *name);
    name->kind = TREE_TEXT;
    name->text = mr_slice_of("MyUnion");
    put_member(b, value, "shape", name);
    put_member(b, members, "unionValue", value);
  }
  tree *made = new_object(b), *reply = new_object(b), *both = new_object(b);
  for (const tree *m = given->first; m; m = m->next)
    put_member(b, both, m->name.ptr, m);
  if (!tree_get(both, "output"))
    put_member(b, both, "output", tree_get(given, "input"));
  put_member(b, made, "given", both);
  if (request) {
    put_member(b, made, "params", tree_get(c, "params"));
    put_member(b, made, "serialized", c);
    return input_case(b, suite, made);
  }
  put_member(b, reply, "status_code", tree_get(c, "code"));
  put_member(b, reply, "headers", tree_get(c, "headers"));
  put_member(b, reply, "body", tree_get(c, "body"));
  put_member(b, made, "response", reply);
  put_member(b, made, "result", tree_get(c, "params"));
  return output_case(b, suite, made);
}

static void test_unions(void **state) {
  static const char *const names[] = {"protocols/smithy/rest-json-unions.json",
                                      "protocols/botocore/input-rest-json.json",
                                      "protocols/botocore/output-rest-json.json"};
  char *texts[3];
  const tree *files[3];
  bench b = {{NULL}, {0}};
  tally t = {0, 0, 0, 0};
  MR_UNUSED(state);
  for (size_t i = 0; i < 3; i++) {
    size_t len = 0;
    texts[i] = support_read_shared(names[i], &len);
    files[i] = texts[i] ? tree_parse(&b.arena, mr_slice_make(texts[i], len)) : NULL;
  }
  mr_buf_init(&b.why, NULL);
  if (files[0] && files[1] && files[2])
    for (const tree *c = tree_get(files[0], "cases")->first; c; c = c->next)
      note(&t, &b, c, union_case(&b, files[1], files[2], c));
  printf("unions: %d passed, %d failed\n", t.passed, t.failed);
  mr_buf_clear(&b.why);
  tree_arena_clear(&b.arena);
  for (size_t i = 0; i < 3; i++)
    free(texts[i]);
  assert_int_equal(t.failed, 0);
}

/* ---- S3 by its own model ---- */

static bool s3_request(bench *b, const mr_service *s3, const tree *c) {
  const mr_models *models = &mr_models_table;
  const mr_operation *op = mr_operation_find(models, s3, tree_text(c, "operation"));
  const tree *params = tree_get(c, "params"), *wanted = tree_get(c, "queryParams");
  mr_slice uri = tree_text(c, "uri"), bucket = tree_text(params, "Bucket");
  tree_source source;
  mr_marshal m;
  bool ok;
  if (!op) {
    complain(b, "operation", tree_text(c, "operation"), mr_slice_of("none"));
    return false;
  }
  mr_marshal_init(&m, models, NULL);
  tree_source_init(&source, params, &b->arena);
  ok = mr_marshal_request(&m, op, &source.base) == MR_OK;
  if (!ok)
    complain(b, "marshalling", mr_slice_of("success"), mr_buf_view(&m.message));
  /* the endpoint rules move the bucket into the host; here it is the first segment */
  mr_slice path = mr_buf_view(&m.path);
  bool path_style = uri.len == bucket.len + 1 && memcmp(uri.ptr + 1, bucket.ptr, bucket.len) == 0;
  if (!path_style && path.len > bucket.len)
    path = mr_slice_make(path.ptr + bucket.len + 1, path.len - bucket.len - 1);
  if (!path.len)
    path = mr_slice_of("/");
  if (!mr_slice_equal(path, uri)) {
    complain(b, "path", uri, path);
    ok = false;
  }
  for (const tree *q = wanted ? wanted->first : NULL; q; q = q->next) {
    mr_slice rest = q->text, name, value, all = mr_buf_view(&m.query), n, v;
    bool found = false;
    assert_true(mr_query_next(&rest, &name, &value));
    while (mr_query_next(&all, &n, &v))
      found = found || (mr_slice_equal(n, name) && mr_slice_equal(v, value));
    if (!found)
      complain(b, "query", q->text, mr_buf_view(&m.query));
    ok = ok && found;
  }
  if (!mr_slice_equal(mr_text(models, op->http_method), tree_text(c, "method")))
    ok = false;
  ok = headers_same(b, &m, tree_get(c, "headers"), NULL) && ok;
  ok = body_same(b, tree_text(c, "body"), body_of(&m, params)) && ok;
  int types = 0;
  mr_slice rest = mr_buf_view(&m.headers);
  for (mr_pair h; mr_head_next(&rest, &h);)
    types += mr_slice_is(h.name, "content-type");
  if (types > 1) {
    complain(b, "content-type", mr_slice_of("once"), mr_slice_of("more often"));
    ok = false;
  }
  mr_marshal_clear(&m);
  return ok;
}

static bool s3_reply(bench *b, const mr_service *s3, const tree *c) {
  const mr_models *models = &mr_models_table;
  const mr_operation *op = mr_operation_find(models, s3, tree_text(c, "operation"));
  tree_sink sink;
  mr_input in;
  mr_unmarshal u;
  bool ok;
  read_reply(&b->arena, c, "code", &in);
  tree_sink_init(&sink, &b->arena);
  mr_unmarshal_init(&u, models, NULL);
  if (op) {
    ok = mr_unmarshal_reply(&u, op, &in, &sink.base) == MR_OK &&
         result_same(b, tree_get(c, "params"), sink.root);
  } else { /* the case is about an error shape: its name is the code */
    mr_unmarshal_error(&u, s3, NULL, &in, &sink.base);
    ok = mr_slice_equal(tree_text(sink.root, "code"), tree_text(c, "operation"));
    if (!ok)
      complain(b, "error", tree_text(c, "operation"), tree_text(sink.root, "code"));
  }
  mr_unmarshal_clear(&u);
  return ok;
}

static void test_s3_details(void **state) {
  static const char *const files[] = {"protocols/smithy/s3.json", "protocols/smithy/s3-extra.json"};
  const mr_service *s3 = mr_service_find(&mr_models_table, mr_slice_of("s3"));
  tally t = {0, 0, 0, 0};
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(files); i++) {
    size_t len = 0;
    char *text = support_read_shared(files[i], &len);
    bench b = {{NULL}, {0}};
    if (!text)
      continue;
    mr_buf_init(&b.why, NULL);
    const tree *file = tree_parse(&b.arena, mr_slice_make(text, len));
    assert_non_null(file);
    for (const tree *c = tree_get(file, "cases")->first; c; c = c->next)
      note(&t, &b, c,
           mr_slice_is(tree_text(c, "kind"), "httpRequestTests") ? s3_request(&b, s3, c)
                                                                 : s3_reply(&b, s3, c));
    mr_buf_clear(&b.why);
    tree_arena_clear(&b.arena);
    free(text);
  }
  printf("S3 details: %d passed, %d failed\n", t.passed, t.failed);
  assert_int_equal(t.failed, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_generic_suites),
                                     cmocka_unit_test(test_unions),
                                     cmocka_unit_test(test_s3_details)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
