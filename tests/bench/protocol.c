/* SPDX-License-Identifier: MIT
 *
 * protocol.c -- CPU time of the protocol code without Lua: signatures (general signer, 1 KiB of
 * body hashed, key cached) and event frames of 243 bytes, fed in pieces of 16 KiB.
 * Prints one line a row, as protocol.sh wants it: row, tab, who, tab, rate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bindings/eventstream.h"
#include "bindings/sigv4.h"

#define S(text) {"" text, sizeof text - 1}

enum { SIGNATURES = 50000, BLOCK = 2000, BLOCKS = 300, PIECE = 16384, FRAME = 243 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void need(bool ok) {
  if (!ok)
    exit(1);
}

static double signatures(mr_slice body) {
  static const mr_pair headers[] = {{S("content-type"), S("application/json")},
                                    {S("accept"), S("application/json")},
                                    {S("host"), S("bedrock-runtime.us-east-1.amazonaws.com")}};
  mr_sigv4_request r = {S("POST"), S("/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke"), S(""),
                        headers, MR_COUNT(headers), body, S("")};
  mr_sigv4_options o = {.access_key_id = S("AKIDEXAMPLE"),
                        .secret_access_key = S("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"),
                        .region = S("us-east-1"),
                        .time = 1767323045};
  mr_sigv4_keys keys;
  mr_sigv4_stages s;
  memset(&keys, 0, sizeof keys);
  mr_sigv4_defaults(&o, mr_slice_of("bedrock"));
  mr_sigv4_stages_init(&s, NULL);
  double start = now();
  for (int i = 0; i < SIGNATURES; i++) {
    mr_sigv4_stages_reset(&s);
    need(mr_sigv4_sign(&r, &o, &keys, &s) == MR_OK);
  }
  double took = now() - start;
  mr_sigv4_stages_clear(&s);
  mr_sigv4_keys_clear(&keys);
  return SIGNATURES / took;
}

static void make_block(mr_buf *block) {
  static const mr_event_header all[] = {
      {S(":event-type"), S("contentBlockDelta"), 0, MR_EVENT_STRING},
      {S(":content-type"), S("application/json"), 0, MR_EVENT_STRING},
      {S(":message-type"), S("event"), 0, MR_EVENT_STRING}};
  char payload[FRAME];
  mr_buf headers;
  mr_buf_init(&headers, NULL);
  for (size_t i = 0; i < MR_COUNT(all); i++)
    need(mr_event_put_header(&headers, &all[i]) == MR_OK);
  memset(payload, 'w', sizeof payload);
  for (int i = 0; i < BLOCK; i++)
    need(mr_event_put_frame(block, mr_buf_view(&headers),
                            mr_slice_make(payload, FRAME - 16 - headers.len)) == MR_OK);
  mr_buf_clear(&headers);
}

static double frames(mr_slice block) {
  mr_event_reader r;
  mr_event_message m;
  mr_event_header h;
  int status = 0;
  long count = 0;
  mr_event_reader_init(&r, NULL);
  double start = now();
  for (int i = 0; i < BLOCKS; i++) {
    for (size_t at = 0; at < block.len; at += PIECE) {
      need(mr_event_feed(&r, block.ptr + at, block.len - at < PIECE ? block.len - at : PIECE) == MR_OK);
      while ((status = mr_event_next(&r, &m)) == 1)
        for (mr_slice rest = m.headers; mr_event_header_next(&rest, &h);)
          count += h.type == MR_EVENT_STRING;
      need(status == 0);
    }
  }
  double took = now() - start;
  need(count == 3L * BLOCK * BLOCKS);
  mr_event_reader_clear(&r);
  return (double)BLOCK * BLOCKS / took;
}

int main(void) {
  char body[1024];
  mr_buf block;
  memset(body, 'x', sizeof body);
  mr_buf_init(&block, NULL);
  make_block(&block);
  signatures(mr_slice_make(body, sizeof body)); /* warm */
  printf("signatures, 1 KiB\tmoonrock C\t%.0f\n", signatures(mr_slice_make(body, sizeof body)));
  printf("frames read\tmoonrock C\t%.0f\n", frames(mr_buf_view(&block)));
  mr_buf_clear(&block);
  return 0;
}
