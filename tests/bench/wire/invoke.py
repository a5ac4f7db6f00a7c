# SPDX-License-Identifier: MIT
"""invoke_model COUNT times, CONCURRENCY threads; prints how many a second, microseconds of CPU
each, and the peak of memory in KiB."""
import concurrent.futures
import resource
import sys
import time

import boto3
from botocore.config import Config

count, concurrency = int(sys.argv[1]), int(sys.argv[2])
runtime = boto3.client("bedrock-runtime", config=Config(max_pool_connections=concurrency))
body = ('{"anthropic_version":"bedrock-2023-05-31","max_tokens":500,"messages":[{"role":"user","content":"'
        + "x" * 900 + '"}]}')


def ask(_):
    reply = runtime.invoke_model(modelId="anthropic.claude-3-haiku-20240307-v1:0", body=body)
    assert reply["body"].read()


with concurrent.futures.ThreadPoolExecutor(concurrency) as pool:
    list(pool.map(ask, range(concurrency)))
    cpu, begin = time.process_time(), time.monotonic()
    list(pool.map(ask, range(count)))
    cpu, begin = time.process_time() - cpu, time.monotonic() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("%.0f %.1f %d" % (count / begin, cpu / count * 1e6, peak))
