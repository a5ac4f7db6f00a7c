/* SPDX-License-Identifier: MIT
 *
 * http1_test.c -- replies whole, byte by byte and cut anywhere come to the same; what two readers
 * could understand differently is refused. */
#include "host/http1.h"

#include <stdio.h>

#include "tests/support/support.h"

typedef struct seen {
  mr_http1_reply reply;
  mr_pair fields[MR_HTTP1_MAX_FIELDS];
  char head[4096], body[4096];
  size_t body_len;
  int heads;
  mr_http1_event last;
  size_t left; /* bytes that were not taken */
} seen;

static void note_head(seen *s) {
  size_t at = 0;
  s->heads++;
  for (size_t i = 0; i < s->reply.count && at < sizeof s->head; i++) {
    const mr_pair *f = &s->fields[i];
    at += (size_t)snprintf(s->head + at, sizeof s->head - at, "%.*s=%.*s\n", (int)f->name.len,
                           f->name.ptr, (int)f->value.len, f->value.ptr);
  }
}

static void feed(seen *s, mr_slice bytes) {
  mr_slice piece;
  do {
    s->last = mr_http1_read(&s->reply, &bytes, &piece);
    if (s->last == MR_HTTP1_HEAD)
      note_head(s);
    if (s->last == MR_HTTP1_BODY) {
      assert_true(piece.len > 0 && s->body_len + piece.len < sizeof s->body);
      memcpy(s->body + s->body_len, piece.ptr, piece.len);
      s->body_len += piece.len;
    }
  } while (s->last == MR_HTTP1_HEAD || s->last == MR_HTTP1_BODY);
  s->left = bytes.len;
}

/* In pieces of `step` bytes; each lies in memory of its own, so that a look behind it is seen. */
static void read_reply(seen *s, const char *text, size_t n, size_t step, bool no_body) {
  memset(s, 0, sizeof *s);
  s->reply.fields = s->fields;
  mr_http1_begin(&s->reply, no_body);
  for (size_t at = 0; at < n && (at == 0 || s->last == MR_HTTP1_MORE); at += step) {
    size_t size = n - at < step ? n - at : step;
    char *piece = malloc(size);
    memcpy(piece, text + at, size);
    feed(s, mr_slice_make(piece, size));
    if (s->left)
      s->left += n - at - size;
    free(piece);
  }
}

static seen *whole(const char *text) {
  static seen s; /* the test's */
  mr_http1_clear(&s.reply);
  read_reply(&s, text, strlen(text), strlen(text), false);
  return &s;
}

typedef struct good_reply {
  const char *text;
  int status;
  const char *head, *body;
  bool keep;
  bool closes; /* it ends with its connection */
} good_reply;

static const good_reply good[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b c \t\r\n\r\nhello", 200,
     "Content-Length=5\nX-A=b c\n", "hello", true, false},
    {"HTTP/1.1 200\nContent-Length: 2\n\n{}", 200, "Content-Length=2\n", "{}", true, false},
    {"HTTP/1.1 204 No Content\r\n\r\n", 204, "", "", true, false},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", 304, "Content-Length=500\n", "", true, false},
    {"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "Content-Length=1\n", "x", true, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;name=value\r\n world\r\n"
     "0\r\nX-Trailer: 1\r\n\r\n", 200, "Transfer-Encoding=chunked\n", "hello world", true, false},
    {"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n1 \r\nx\n00\n\n", 200,
     "transfer-encoding=Chunked\n", "x", true, false},
    {"HTTP/1.1 200 OK\r\nConnection: upgrade, Close\r\nContent-Length: 0\r\n\r\n", 200,
     "Connection=upgrade, Close\nContent-Length=0\n", "", false, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "Content-Length=1\n", "x", false, false},
    {"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "", "until the end", false, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
     200, "Content-Length=3\nTransfer-Encoding=chunked\n", "abc", false, false},
    {"HTTP/1.1 200 OK\r\nX-Folded: one\r\n  two\r\n\tthree\r\nX-Empty:\r\nno colon\r\nContent-Length: 0\r\n"
     "Content-Length: 0\r\n\r\n", 200,
     "X-Folded=one    two  \tthree\nX-Empty=\nContent-Length=0\nContent-Length=0\n", "", true, false},
    {"HTTP/1.1 503 Slow Down\r\ncontent-length: 2\r\n\r\nno", 503, "content-length=2\n", "no", true, false},
};

static void replies_in_pieces_of_any_size(void **state) {
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(good); i++) {
    const good_reply *g = &good[i];
    for (size_t step = 1; step <= strlen(g->text); step++) {
      seen s;
      read_reply(&s, g->text, strlen(g->text), step, false);
      if (g->closes) {
        assert_int_equal(s.last, MR_HTTP1_MORE);
        s.last = mr_http1_close(&s.reply);
      }
      if (s.last != MR_HTTP1_END || s.heads != 1 || s.reply.status != g->status ||
          strcmp(s.head, g->head) != 0 || strcmp(s.body, g->body) != 0 || s.reply.keep != g->keep || s.left)
        fail_msg("reply %zu by %zu: event %d (%s), status %d, %d heads, %zu left\n%s--\n%s", i, step,
                 (int)s.last, s.reply.why ? s.reply.why : "", s.reply.status, s.heads, s.left, s.head, s.body);
      mr_http1_clear(&s.reply);
    }
  }
}

static void replies_that_are_cut(void **state) {
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(good); i++) {
    const good_reply *g = &good[i];
    for (size_t n = 1; n < strlen(g->text); n++) {
      seen s;
      read_reply(&s, g->text, n, n, false);
      assert_int_equal(s.last, MR_HTTP1_MORE);
      bool ends = mr_http1_close(&s.reply) == MR_HTTP1_END;
      if (ends != (g->closes && s.heads == 1))
        fail_msg("reply %zu cut after %zu bytes", i, n);
      assert_false(ends && s.reply.keep);
      mr_http1_clear(&s.reply);
    }
  }
}

static void replies_that_are_none(void **state) {
  static const struct {
    const char *text, *why;
  } bad[] = {
      {"<html>hello</html>\n", "HTTP/0.9"},
      {"HTTQ", "HTTP/0.9"},
      {"HTTP/2 200\r\n\r\n", "HTTP/1.1 and a status"},
      {"HTTP/1.1 abc Fine\r\n\r\n", "HTTP/1.1 and a status"},
      {"HTTP/1.1 2000 Fine\r\n\r\n", "HTTP/1.1 and a status"},
      {"HTTP/1.1 099 Fine\r\n\r\n", "status is none"},
      {"HTTP/1.1 101 Switching\r\n\r\n", "status is none"},
      {"HTTP/1.1 200 OK\r\n folded: 1\r\n\r\n", "begins with a space"},
      {"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", "Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "there are two"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "not chunked"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "no size"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", "no size"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", "no size"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5 5\r\n", "no size"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "no size"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc", "does not end"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\r\n", "does not end"},
  };
  MR_UNUSED(state);
  for (size_t i = 0; i < MR_COUNT(bad); i++) {
    for (size_t step = 1; step <= strlen(bad[i].text); step += strlen(bad[i].text) - 1) {
      seen s;
      read_reply(&s, bad[i].text, strlen(bad[i].text), step, false);
      if (s.last != MR_HTTP1_BAD || !strstr(s.reply.why, bad[i].why) || s.reply.keep)
        fail_msg("'%s' by %zu: event %d, %s", bad[i].text, step, (int)s.last, s.reply.why ? s.reply.why : "");
      mr_http1_clear(&s.reply);
    }
  }
}

static void sizes_are_bounded(void **state) {
  seen s;
  size_t n = 300 * 1024;
  char *text = malloc(n);
  MR_UNUSED(state);
  memset(text, 'h', n);
  memcpy(text, "HTTP/1.1 200 OK\r\nX-Long: ", 25);
  read_reply(&s, text, n, 1000, false);
  assert_int_equal(s.last, MR_HTTP1_BAD);
  assert_non_null(strstr(s.reply.why, "256 KiB"));
  mr_http1_clear(&s.reply);

  size_t at = (size_t)sprintf(text, "HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 600; i++)
    at += (size_t)sprintf(text + at, "X-%d: 1\r\n", i);
  read_reply(&s, text, at, at, false);
  assert_int_equal(s.last, MR_HTTP1_BAD);
  assert_non_null(strstr(s.reply.why, "512 lines"));
  mr_http1_clear(&s.reply);

  at = (size_t)sprintf(text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
  read_reply(&s, text, at + 5000, 100, false); /* what lies behind is no line end */
  assert_int_equal(s.last, MR_HTTP1_BAD);
  mr_http1_clear(&s.reply);

  at = (size_t)sprintf(text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
  for (int i = 0; i < 600; i++)
    at += (size_t)sprintf(text + at, "X-%d: 1\r\n", i);
  read_reply(&s, text, at, at, false);
  assert_int_equal(s.last, MR_HTTP1_BAD);
  assert_non_null(strstr(s.reply.why, "trailer"));
  mr_http1_clear(&s.reply);
  free(text);
}

static void bytes_behind_a_reply_are_left(void **state) {
  MR_UNUSED(state);
  seen *s = whole("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n");
  assert_int_equal(s->last, MR_HTTP1_END);
  assert_int_equal(s->left, strlen("HTTP/1.1 200 OK\r\n"));
  mr_slice more = mr_slice_of("x"), piece;
  assert_int_equal(mr_http1_read(&s->reply, &more, &piece), MR_HTTP1_BAD);
  mr_http1_clear(&s->reply);
}

static void what_is_missing(void **state) {
  MR_UNUSED(state);
  seen *s = whole("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
  assert_int_equal(mr_http1_missing(&s->reply), 90);
  s = whole("HTTP/1.1 200 OK\r\n\r\n0123456789");
  assert_int_equal(mr_http1_missing(&s->reply), -1);
  mr_http1_clear(&s->reply);
}

static void a_reply_to_head_has_no_body(void **state) {
  seen s;
  const char *text = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
  MR_UNUSED(state);
  read_reply(&s, text, strlen(text), strlen(text), true);
  assert_int_equal(s.last, MR_HTTP1_END);
  assert_true(s.reply.keep);
  mr_http1_clear(&s.reply);
}

static void requests_are_written(void **state) {
  const mr_pair fields[] = {
      {mr_slice_of("x-one"), mr_slice_of("1")},
      {mr_slice_of("Host"), mr_slice_of("given.example")},
      {mr_slice_of("content-length"), mr_slice_of("77")}, /* is written from the body */
      {mr_slice_of("x-empty"), mr_slice_of("")},
  };
  mr_buf out;
  MR_UNUSED(state);
  mr_buf_init(&out, NULL);
  mr_slice target = mr_slice_of("/a//b?x=%20"), authority = mr_slice_of("host.example:8080");
  mr_http1_request(&out, "POST", target, authority, fields, MR_COUNT(fields), 10);
  assert_string_equal(mr_buf_text(&out), "POST /a//b?x=%20 HTTP/1.1\r\nHost: given.example\r\nx-one: 1\r\n"
                                         "x-empty: \r\nContent-Length: 10\r\n\r\n");
  mr_buf_reset(&out);
  mr_http1_request(&out, "GET", target, authority, NULL, 0, -1);
  assert_string_equal(mr_buf_text(&out), "GET /a//b?x=%20 HTTP/1.1\r\nHost: host.example:8080\r\n\r\n");
  mr_buf_reset(&out);
  mr_http1_request(&out, "PUT", target, authority, NULL, 0, INT64_MAX);
  assert_non_null(strstr(mr_buf_text(&out), "Content-Length: 9223372036854775807\r\n"));
  mr_buf_clear(&out);
}

static void lines_are_fields(void **state) {
  mr_pair fields[2];
  MR_UNUSED(state);
  mr_slice lines = mr_slice_of("A: 1\r\n: none\r\nno colon\nB:2\nC: 3");
  assert_int_equal(mr_http1_fields(lines, fields, 2), 2); /* there is no room for the third */
  assert_true(mr_slice_is(fields[1].name, "B") && mr_slice_is(fields[1].value, "2"));
  assert_int_equal(mr_http1_fields(mr_slice_of(""), fields, 2), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(replies_in_pieces_of_any_size),
      cmocka_unit_test(replies_that_are_cut),
      cmocka_unit_test(replies_that_are_none),
      cmocka_unit_test(sizes_are_bounded),
      cmocka_unit_test(bytes_behind_a_reply_are_left),
      cmocka_unit_test(what_is_missing),
      cmocka_unit_test(a_reply_to_head_has_no_body),
      cmocka_unit_test(requests_are_written),
      cmocka_unit_test(lines_are_fields),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
