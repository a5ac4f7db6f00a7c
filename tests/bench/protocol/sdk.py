# SPDX-License-Identifier: MIT
# sdk.py: signatures, requests built, frames and events a second of botocore, in CPU time.
# Prints one line a row, as protocol.sh wants it: row, tab, who, tab, rate.
import struct
import time
import zlib

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStream, EventStreamBuffer
from botocore.parsers import create_parser
from botocore.validate import ParamValidator

PIECE = 16384


def row(what, count, work, each=1):
    work()
    start = time.process_time()
    for _ in range(count):
        work()
    print(f"{what}\tbotocore\t{count * each / (time.process_time() - start):.0f}")


def frame():
    payload = b'{"contentBlockIndex":0,"delta":{"text":"%s"}}'
    headers = b""
    for name, value in ((":event-type", "contentBlockDelta"), (":content-type", "application/json"),
                        (":message-type", "event")):
        headers += struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
    payload %= b"w" * (243 - 16 - len(headers) - len(payload) + 2)
    prelude = struct.pack("!II", 243, len(headers))
    head = prelude + struct.pack("!I", zlib.crc32(prelude))
    return head + headers + payload + struct.pack("!I", zlib.crc32(head + headers + payload))


class Pieces:
    def __init__(self, data):
        self.data = data

    def stream(self):
        for at in range(0, len(self.data), PIECE):
            yield self.data[at:at + PIECE]


signer = SigV4Auth(Credentials("AKIDEXAMPLE", "k" * 40), "bedrock", "us-east-1")
url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke"
row("signatures, 1 KiB", 2000, lambda: signer.add_auth(AWSRequest(
    method="POST", url=url, data=b"x" * 1024,
    headers={"content-type": "application/json", "accept": "application/json"})))

client = botocore.session.Session().create_client("bedrock-runtime", region_name="us-east-1", aws_access_key_id="A",
                                                  aws_secret_access_key="s")
converse = client.meta.service_model.operation_model("Converse")
params = {"modelId": "anthropic.claude-3-haiku-20240307-v1:0",
          "messages": [{"role": "user", "content": [{"text": "word " * 200}]}],
          "inferenceConfig": {"maxTokens": 200, "temperature": 0.5}}
validator = ParamValidator()


def checked():
    assert not validator.validate(params, converse.input_shape).has_errors()
    client._serializer.serialize_to_request(params, converse)


row("converse built", 4000, lambda: client._serializer.serialize_to_request(params, converse))
row("converse checked, built", 2000, checked)

block = frame() * 500
shape = client.meta.service_model.operation_model("ConverseStream").output_shape.members["stream"]
parser = create_parser("rest-json")


def frames():
    buffer = EventStreamBuffer()
    for piece in Pieces(block).stream():
        buffer.add_data(piece)
        for event in buffer:
            event.headers


def events():
    for event in EventStream(Pieces(block), shape, parser._event_stream_parser, "ConverseStream"):
        assert event["contentBlockDelta"]["delta"]["text"]


row("frames read", 60, frames, 500)
row("events read", 20, events, 500)
