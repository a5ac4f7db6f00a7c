# SPDX-License-Identifier: MIT
"""invoke_model COUNT times, CONCURRENCY threads; prints how many a second."""
import concurrent.futures
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


ask(0)
with concurrent.futures.ThreadPoolExecutor(concurrency) as pool:
    begin = time.monotonic()
    list(pool.map(ask, range(count)))
    print("%.0f" % (count / (time.monotonic() - begin)))
