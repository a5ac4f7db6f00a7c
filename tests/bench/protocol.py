# SPDX-License-Identifier: MIT
# protocol.py: what protocol.c and model.lua measure, of botocore: CPU time, the best of several rounds.
import time

import botocore
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer
import struct
import zlib


def rate(count, work, rounds=5):
    best = 0
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(count):
            work()
        best = max(best, count / (time.process_time() - start))
    return best


def say(what, value, unit="a second"):
    print(f"botocore {botocore.__version__}: {what:22s} {value:10.0f} {unit}")


signer = SigV4Auth(Credentials("AKIDEXAMPLE", "k" * 40), "bedrock", "us-east-1")
url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke"


def sign():
    signer.add_auth(AWSRequest(method="POST", url=url, data=b"x" * 1024,
                               headers={"content-type": "application/json", "accept": "application/json"}))


say("signatures, 1 KiB", rate(2000, sign))

session = botocore.session.Session()
service = session.create_client("bedrock-runtime", region_name="us-east-1",
                                aws_access_key_id="A", aws_secret_access_key="s")
operation = service.meta.service_model.operation_model("Converse")
params = {"modelId": "m", "messages": [{"role": "assistant" if i % 2 else "user",
                                        "content": [{"text": "word " * 100}]} for i in range(10)]}
say("converse, built", rate(500, lambda: service._serializer.serialize_to_request(params, operation)))


def frame():
    headers = b""
    for name, value in ((":event-type", "contentBlockDelta"), (":content-type", "application/json"),
                        (":message-type", "event")):
        headers += struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
    payload = b"w" * (243 - 16 - len(headers))
    prelude = struct.pack("!II", 243, len(headers))
    head = prelude + struct.pack("!I", zlib.crc32(prelude))
    return head + headers + payload + struct.pack("!I", zlib.crc32(head + headers + payload))


block = frame() * 500


def read():
    buffer = EventStreamBuffer()
    n = 0
    for at in range(0, len(block), 16384):
        buffer.add_data(block[at:at + 16384])
        for event in buffer:
            event.headers
            n += 1
    assert n == 500


say("event frames, 243 B", 500 * rate(20, read))
