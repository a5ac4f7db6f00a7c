/* SPDX-License-Identifier: MIT
 *
 * sigv4_vectors_test.c -- the public signing suites, every stage byte for byte.
 * Walks ../shared/data/sigv4 and tells case and stage of whatever differs.  Without that
 * folder it has nothing to do (sigv4_test.c has vectors of its own); with it, finding no case
 * is a failure. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bindings/text.h"
#include "tests/support/sign_case.h"

#define FOLDER MR_SOURCE_DIR "/../shared/data/sigv4"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

typedef struct tally {
  int cases, failures;
} tally;

static void compare(tally *t, const char *name, const char *stage, const char *want,
                    size_t want_len, mr_slice got) {
  while (want_len > 0 && want[want_len - 1] == '\n')
    want_len--;
  if (want_len == got.len && memcmp(want, got.ptr, got.len) == 0)
    return;
  t->failures++;
  print_error("%s: %s differs\n--- wanted\n%.*s\n--- got\n%.*s\n", name, stage, (int)want_len, want,
              (int)got.len, got.ptr);
}

static void compare_file(tally *t, const char *folder, const char *name, const char *form,
                         const char *stage, mr_slice got) {
  char file[256];
  size_t len;
  snprintf(file, sizeof file, "%s%s", form, stage);
  char *want = sign_case_read(folder, file, &len);
  if (!want) {
    t->failures++;
    print_error("%s: no file %s\n", name, file);
    return;
  }
  compare(t, name, file, want, len, got);
  free(want);
}

/* ---- signed requests: the same lines, whatever their order ---- */

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Splits at `separator`, sorts, joins by newline.  Names of header lines get lower case and
 * the white space after their colon goes away.  NO_AUTHORIZATION leaves that line out: the older
 * suite has it in a file of its own and, in one case, another signature here. */
enum { PARAMETERS, HEADERS, NO_AUTHORIZATION };
static char *sorted(const char *text, size_t len, char separator, int kind) {
  char *copy = malloc(len + 1), *parts[256], *out = calloc(1, len + 260);
  size_t count = 0;
  memcpy(copy, text, len);
  copy[len] = '\0';
  for (char *p = copy; p;) {
    char *next = strchr(p, separator);
    if (next)
      *next++ = '\0';
    if (kind != PARAMETERS) {
      char *q = p;
      for (; *q && *q != ':'; q++)
        *q = *q >= 'A' && *q <= 'Z' ? (char)(*q + 32) : *q;
      if (*q == ':' && q[1] == ' ')
        memmove(q + 1, q + 2, strlen(q + 2) + 1);
      if (kind == NO_AUTHORIZATION && strncmp(p, "authorization:", 14) == 0) {
        p = next;
        continue;
      }
    }
    assert_true(count < MR_COUNT(parts));
    parts[count++] = p;
    p = next;
  }
  qsort(parts, count, sizeof *parts, by_text);
  for (size_t i = 0; i < count; i++) {
    strcat(out, parts[i]);
    strcat(out, "\n");
  }
  free(copy);
  return out;
}

static void compare_signed(tally *t, const char *folder, const char *name, const char *file,
                           const char *mine, size_t mine_len, bool query_form, int kind) {
  size_t len;
  char *want = sign_case_read(folder, file, &len);
  if (!want) {
    t->failures++;
    print_error("%s: no file %s\n", name, file);
    return;
  }
  const char *texts[2] = {want, mine};
  size_t lens[2] = {len, mine_len};
  char *lines[2], *parameters[2], *bodies[2];
  for (int i = 0; i < 2; i++) {
    const char *head = memchr(texts[i], '\n', lens[i]);
    const char *body = strstr(texts[i], "\n\n");
    const char *head_end = body ? body : texts[i] + lens[i];
    const char *mark = memchr(texts[i], '?', (size_t)(head - texts[i]));
    lines[i] =
        sorted(head + 1, head_end > head + 1 ? (size_t)(head_end - head - 1) : 0, '\n', kind);
    while (lines[i][0] == '\n')
      memmove(lines[i], lines[i] + 1, strlen(lines[i]));
    bodies[i] = calloc(1, lens[i] + 1);
    strcpy(bodies[i], body ? body + 2 : "");
    if (query_form && mark)
      parameters[i] = sorted(mark + 1, (size_t)(head - mark - 1 - 9), '&', PARAMETERS);
    else
      parameters[i] = sorted(texts[i], (size_t)(head - texts[i]), '\n', PARAMETERS);
  }
  compare(t, name, "signed request, target", parameters[0], strlen(parameters[0]),
          mr_slice_make(parameters[1], strlen(parameters[1]) - 1));
  compare(t, name, "signed request, headers", lines[0], strlen(lines[0]),
          mr_slice_make(lines[1], strlen(lines[1]) - 1));
  compare(t, name, "signed request, body", bodies[0], strlen(bodies[0]), mr_slice_of(bodies[1]));
  for (int i = 0; i < 2; i++) {
    free(lines[i]);
    free(parameters[i]);
    free(bodies[i]);
  }
  free(want);
}

/* Writes the request as it would go out. */
static void put_request(mr_buf *out, const sign_case *c, mr_slice query, const mr_pair *added,
                        size_t count, bool drop_date) {
  mr_buf_slice(out, c->request.method);
  mr_buf_putc(out, ' ');
  mr_buf_slice(out, c->request.path);
  if (query.len > 0) {
    mr_buf_putc(out, '?');
    mr_buf_slice(out, query);
  }
  mr_buf_puts(out, " HTTP/1.1\n");
  for (size_t i = 0; i < c->request.header_count; i++) {
    if (drop_date && mr_canon_name_is(c->headers[i].name, "x-amz-date"))
      continue;
    mr_buf_slice(out, c->headers[i].name);
    mr_buf_putc(out, ':');
    mr_buf_slice(out, c->headers[i].value);
    mr_buf_putc(out, '\n');
  }
  for (size_t i = 0; i < count; i++) {
    mr_buf_slice(out, added[i].name);
    mr_buf_putc(out, ':');
    mr_buf_slice(out, added[i].value);
    mr_buf_putc(out, '\n');
  }
  mr_buf_putc(out, '\n');
  if (c->request.body.len)
    mr_buf_slice(out, c->request.body);
  mr_buf_text(out);
}

/* ---- aws-c-auth-v4 ---- */

static void run_form(tally *t, const char *path, const char *name, const sign_case *c,
                     const mr_sigv4_options *o, bool query_form) {
  const char *form = query_form ? "query-" : "header-";
  char label[256];
  mr_sigv4_stages s;
  mr_pair added[4];
  mr_buf request;
  snprintf(label, sizeof label, "aws-c-auth-v4/%s", name);
  mr_sigv4_stages_init(&s, NULL);
  mr_buf_init(&request, NULL);
  int status = query_form ? mr_sigv4_presign(&c->request, o, NULL, &s)
                          : mr_sigv4_sign(&c->request, o, NULL, &s);
  t->cases++;
  if (status < 0) {
    t->failures++;
    print_error("%s: %ssignature refused (%d)\n", label, form, status);
  } else {
    compare_file(t, path, label, form, "canonical-request.txt", mr_buf_view(&s.canonical_request));
    compare_file(t, path, label, form, "string-to-sign.txt", mr_buf_view(&s.string_to_sign));
    compare_file(t, path, label, form, "signature.txt", mr_slice_of(s.signature));
    if (query_form)
      put_request(&request, c, mr_buf_view(&s.query), NULL, 0, false);
    else
      put_request(&request, c, c->request.query, added, mr_sigv4_added(o, &s, added), false);
    compare_signed(t, path, label,
                   query_form ? "query-signed-request.txt" : "header-signed-request.txt",
                   request.ptr, request.len, query_form, HEADERS);
  }
  mr_buf_clear(&request);
  mr_sigv4_stages_clear(&s);
}

static void run_aws_c_auth(void *ud, const char *path, const char *name) {
  tally *t = ud;
  char key_id[128], secret[128], token[2048], region[64], service[64], flag[16], stamp[64];
  size_t len;
  sign_case c;
  char *context = sign_case_read(path, "context.json", &len);
  char *text = sign_case_read(path, "request.txt", &len);
  if (!context || !text || !sign_case_parse(&c, text, len)) {
    t->failures++;
    print_error("aws-c-auth-v4/%s: cannot read the case\n", name);
    free(context);
    return;
  }
  mr_sigv4_options o;
  memset(&o, 0, sizeof o);
  sign_case_member(context, "access_key_id", key_id, sizeof key_id);
  sign_case_member(context, "secret_access_key", secret, sizeof secret);
  sign_case_member(context, "token", token, sizeof token);
  sign_case_member(context, "region", region, sizeof region);
  sign_case_member(context, "service", service, sizeof service);
  sign_case_member(context, "timestamp", stamp, sizeof stamp);
  assert_int_equal(mr_time_parse(mr_slice_of(stamp), MR_TIME_ISO, &o.time), MR_OK);
  o.time /= 1000;
  o.access_key_id = mr_slice_of(key_id);
  o.secret_access_key = mr_slice_of(secret);
  o.session_token = mr_slice_of(token);
  o.region = mr_slice_of(region);
  o.service = mr_slice_of(service);
  o.double_encode = true;
  sign_case_member(context, "normalize", flag, sizeof flag);
  o.normalize = strcmp(flag, "true") == 0;
  sign_case_member(context, "sign_body", flag, sizeof flag);
  o.sign_body_header = strcmp(flag, "true") == 0;
  sign_case_member(context, "omit_session_token", flag, sizeof flag);
  o.omit_session_token = strcmp(flag, "true") == 0;
  sign_case_member(context, "expiration_in_seconds", flag, sizeof flag);
  o.expires = atoi(flag);
  run_form(t, path, name, &c, &o, false);
  run_form(t, path, name, &c, &o, true);
  free(context);
  sign_case_free(&c);
}

/* ---- botocore-aws4 ---- */

/* This suite names no credentials: a token that stands only in the signed request was added by
 * the signer, and signed if the canonical request has it too. */
static void token_of(mr_sigv4_options *o, const sign_case *c, const char *path, const char *name,
                     char *token, size_t n) {
  char file[512];
  size_t len;
  const char *at = NULL;
  for (size_t i = 0; i < c->request.header_count; i++)
    if (mr_canon_name_is(c->headers[i].name, "x-amz-security-token"))
      return;
  snprintf(file, sizeof file, "%s.sreq", name);
  char *sreq = sign_case_read(path, file, &len);
  if (sreq && (at = strstr(sreq, "X-Amz-Security-Token:"))) {
    snprintf(token, n, "%s", at + strlen("X-Amz-Security-Token:"));
    token[strcspn(token, "\r\n")] = '\0';
    o->session_token = mr_canon_trim(mr_slice_of(token));
    snprintf(file, sizeof file, "%s.creq", name);
    char *creq = sign_case_read(path, file, &len);
    o->omit_session_token = creq && !strstr(creq, "x-amz-security-token");
    free(creq);
  }
  free(sreq);
}

static void run_botocore(void *ud, const char *path, const char *name) {
  tally *t = ud;
  char file[512], label[512], token[2048];
  size_t len;
  sign_case c;
  mr_sigv4_stages s;
  mr_pair added[4];
  mr_buf request;
  snprintf(file, sizeof file, "%s.req", name);
  snprintf(label, sizeof label, "botocore-aws4/%s", name);
  char *text = sign_case_read(path, file, &len);
  if (!text) { /* a folder of folders */
    sign_case_walk(path, run_botocore, t);
    return;
  }
  assert_true(sign_case_parse(&c, text, len));
  mr_sigv4_options o;
  memset(&o, 0, sizeof o);
  o.access_key_id = mr_slice_of("AKIDEXAMPLE");
  o.secret_access_key = mr_slice_of(SECRET);
  o.region = mr_slice_of("us-east-1");
  mr_sigv4_defaults(&o, mr_slice_of("service"));
  o.time = 1440938160;
  token_of(&o, &c, path, name, token, sizeof token);
  mr_sigv4_stages_init(&s, NULL);
  mr_buf_init(&request, NULL);
  t->cases++;
  if (mr_sigv4_sign(&c.request, &o, NULL, &s) < 0) {
    t->failures++;
    print_error("%s: signature refused\n", label);
  } else {
    snprintf(file, sizeof file, "%s.", name);
    compare_file(t, path, label, file, "creq", mr_buf_view(&s.canonical_request));
    compare_file(t, path, label, file, "sts", mr_buf_view(&s.string_to_sign));
    compare_file(t, path, label, file, "authz", mr_buf_view(&s.authorization));
    put_request(&request, &c, c.request.query, added, mr_sigv4_added(&o, &s, added), true);
    snprintf(file, sizeof file, "%s.sreq", name);
    compare_signed(t, path, label, file, request.ptr, request.len, false, NO_AUTHORIZATION);
  }
  mr_buf_clear(&request);
  mr_sigv4_stages_clear(&s);
  sign_case_free(&c);
}

static void walk(const char *suite, void (*f)(void *, const char *, const char *)) {
  char path[4096];
  tally t = {0, 0};
  size_t len;
  char *readme = sign_case_read(FOLDER, "README.md", &len);
  if (!readme)
    skip();
  free(readme);
  snprintf(path, sizeof path, "%s/%s", FOLDER, suite);
  sign_case_walk(path, f, &t);
  print_message("%s: %d cases, %d differences\n", suite, t.cases, t.failures);
  assert_true(t.cases > 0);
  assert_int_equal(t.failures, 0);
}

static void aws_c_auth_every_stage(void **state) {
  (void)state;
  walk("aws-c-auth-v4", run_aws_c_auth);
}

static void botocore_every_stage(void **state) {
  (void)state;
  walk("botocore-aws4", run_botocore);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(aws_c_auth_every_stage),
                                     cmocka_unit_test(botocore_every_stage)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
