/* SPDX-License-Identifier: MIT
 *
 * embed_frames.c -- a game's frame loop that never waits for the network.
 * Sixty times a second mr_step gets two milliseconds; meanwhile a script uploads a data set,
 * waits for a fine-tuning job, serves the model and streams its answers.  Point it at
 * `moonrock serve` (its first lines are what to export) and say how long to run:
 *
 *   embed_frames FILE.jsonl [SECONDS]
 */
#define _POSIX_C_SOURCE 200809L
#include <moonrock.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAMES_PER_SECOND 60
#define BUDGET_US 2000
#define MAX_FRAMES (FRAMES_PER_SECOND * 600)

static const char script[] =
    "local path = ...\n"
    "local moonrock = require 'moonrock'\n"
    "local json = require 'moonrock.json'\n"
    "local uuid = require('moonrock.random').uuid\n"
    "local s3, bedrock = moonrock.client 's3', moonrock.client 'bedrock'\n"
    "local runtime = moonrock.client 'bedrock-runtime'\n"
    "local name = 'frames-' .. uuid()\n"
    "s3:create_bucket { Bucket = name, CreateBucketConfiguration = { LocationConstraint = 'us-west-2' } }\n"
    "s3:upload_file(path, name, 'train.jsonl')\n"
    "local job = bedrock:create_model_customization_job {\n"
    "  jobName = name, customModelName = name,\n"
    "  roleArn = 'arn:aws:iam::123456789012:role/FineTuning',\n"
    "  baseModelIdentifier = 'anthropic.claude-3-haiku-20240307-v1:0:200k',\n"
    "  hyperParameters = { epochCount = 1, batchSize = 32 },\n"
    "  trainingDataConfig = { s3Uri = 's3://' .. name .. '/train.jsonl' },\n"
    "  outputDataConfig = { s3Uri = 's3://' .. name .. '/out/' },\n"
    "}\n"
    "bedrock:wait('model_customization_job_completed', { jobIdentifier = job.jobArn }, { delay = 0.5 })\n"
    "local model = bedrock:create_provisioned_model_throughput {\n"
    "  modelUnits = 1, provisionedModelName = name, modelId = name }.provisionedModelArn\n"
    "bedrock:wait('provisioned_model_throughput_in_service', { provisionedModelId = model }, { delay = 0.5 })\n"
    "local answers = 0\n"
    "while true do\n"
    "  local reply = runtime:invoke_model_with_response_stream { modelId = model, body = json.encode {\n"
    "    anthropic_version = 'bedrock-2023-05-31', max_tokens = 200, system = 'JSON Mode: Enabled',\n"
    "    messages = { { role = 'user', content = 'Is 2070 a leap year?' } } } }\n"
    "  local bytes = 0\n"
    "  for event in reply.body:events() do bytes = bytes + #event.chunk.bytes end\n"
    "  answers = answers + 1\n"
    "  print(('answer %d, streamed in %d bytes of events'):format(answers, bytes))\n"
    "  moonrock.sleep(0.25)\n"
    "end\n";

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void show_line(void *ud, mr_level level, const char *text) {
  (void)ud;
  if (level >= MR_INFO) /* print of a script without MR_CAP_WRITE arrives here */
    printf("  %s\n", text);
}

int main(int argc, char **argv) {
  static double steps[MAX_FRAMES];
  const char *args[1];
  int seconds = argc > 2 ? atoi(argv[2]) : 10, count = 0, failures = 0;
  mr_config config = MR_CONFIG_INIT;
  mr_state *state;
  mr_report report;

  if (argc < 2 || seconds < 1 || seconds > 600) {
    fprintf(stderr, "usage: embed_frames FILE.jsonl [SECONDS, at most 600]\n");
    return 2;
  }
  args[0] = argv[1];
  config.caps = MR_CAP_CLOCK | MR_CAP_ENV | MR_CAP_READ | MR_CAP_NET;
  config.max_memory = 64u << 20;
  config.log = show_line;
  if (mr_create(&config, &state) != MR_OK ||
      mr_spawn(state, "frames", script, strlen(script), 1, args, NULL) != MR_OK) {
    fprintf(stderr, "%s\n", mr_errmsg(state));
    mr_destroy(state);
    return 1;
  }
  double frame = 1000.0 / FRAMES_PER_SECOND, start = now_ms();
  for (int i = 0; i < seconds * FRAMES_PER_SECOND && !failures; i++) {
    double before = now_ms();
    if (mr_step(state, BUDGET_US) < 0)
      failures++;
    steps[count++] = now_ms() - before;
    while (mr_reap(state, &report)) {
      fprintf(stderr, "%.*s\n", (int)report.len, report.text);
      failures++;
    }
    /* Here a game would draw.  We sleep until the next frame is due. */
    double rest = start + (i + 1) * frame - now_ms();
    struct timespec pause = {0, rest > 0 ? (long)(rest * 1e6) : 0};
    nanosleep(&pause, NULL);
  }
  mr_destroy(state);
  qsort(steps, (size_t)count, sizeof *steps, compare);
  printf("%d frames, step: median %.3f ms, p99 %.3f ms, longest %.3f ms\n", count,
         steps[count / 2], steps[(size_t)((double)count * 0.99)], steps[count - 1]);
  return failures != 0;
}
