# SPDX-License-Identifier: MIT
# invoke_boto3.py URL CONCURRENCY SECONDS: prints the invoke_model calls a second of boto3.
import sys
import threading
import time

import boto3
from botocore.config import Config

url, concurrency, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
client = boto3.client(
    "bedrock-runtime", region_name="us-east-1", endpoint_url=url, aws_access_key_id="AKIDEXAMPLE",
    aws_secret_access_key="k" * 40, config=Config(max_pool_connections=concurrency, retries={"max_attempts": 1}))
body = '{"messages":[{"role":"user","content":"' + "word " * 190 + '"}]}'
counts = [0] * concurrency
stop = 0.0


def call():
    reply = client.invoke_model(modelId="anthropic.claude-3-haiku-20240307-v1:0", body=body)
    reply["body"].read()


def work(index):
    while time.monotonic() < stop:
        call()
        counts[index] += 1


call()
start = time.monotonic()
stop = start + seconds
threads = [threading.Thread(target=work, args=(i,)) for i in range(concurrency)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{sum(counts) / (time.monotonic() - start):.0f}")
