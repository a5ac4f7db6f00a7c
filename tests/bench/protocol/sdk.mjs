// SPDX-License-Identifier: MIT
// sdk.mjs: signatures, frames and events a second of the AWS SDK for JavaScript, in CPU time.
// Prints one line a row, as protocol.sh wants it: row, tab, who, tab, rate.
import { createHash, createHmac } from "node:crypto";
import { EventStreamCodec, EventStreamMarshaller } from "@smithy/core/event-streams";
import { SignatureV4 } from "@smithy/signature-v4";

const piece = 16384;
const toUtf8 = (bytes) => Buffer.from(bytes).toString("utf8");
const fromUtf8 = (text) => Buffer.from(text, "utf8");

// An asynchronous loop costs what it costs: that is how this SDK is used.
async function row(what, count, work, each = 1) {
  await work();
  const start = process.cpuUsage();
  for (let i = 0; i < count; i++) await work();
  const took = process.cpuUsage(start);
  console.log(`${what}\tAWS SDK for JS\t${Math.round((count * each * 1e6) / (took.user + took.system))}`);
}

class Sha256 {
  constructor(key) { this.hash = key === undefined ? createHash("sha256") : createHmac("sha256", key); }
  update(data) { this.hash.update(data); }
  async digest() { return this.hash.digest(); }
}

const signer = new SignatureV4({ service: "bedrock", region: "us-east-1", sha256: Sha256,
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "k".repeat(40) } });
const body = "x".repeat(1024);
await row("signatures, 1 KiB", 4000, () => signer.sign({
  method: "POST", protocol: "https:", hostname: "bedrock-runtime.us-east-1.amazonaws.com", query: {},
  path: "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke", body,
  headers: { host: "bedrock-runtime.us-east-1.amazonaws.com", "content-type": "application/json",
    accept: "application/json" } }));

const codec = new EventStreamCodec(toUtf8, fromUtf8);
const string = (value) => ({ type: "string", value });
const message = { headers: { ":event-type": string("contentBlockDelta"), ":content-type": string("application/json"),
  ":message-type": string("event") }, body: fromUtf8("") };
const head = '{"contentBlockIndex":0,"delta":{"text":"', tail = '"}}';
const room = 243 - codec.encode(message).length - head.length - tail.length;
message.body = fromUtf8(head + "w".repeat(room) + tail);
const frame = codec.encode(message);
const block = Buffer.concat(Array(500).fill(Buffer.from(frame)));

// Frames that are cut already: what is left is the decoding.
await row("frames read", 60, () => { for (let i = 0; i < 500; i++) codec.decode(frame); }, 500);

const marshaller = new EventStreamMarshaller({ utf8Encoder: toUtf8, utf8Decoder: fromUtf8 });
async function* pieces() {
  for (let at = 0; at < block.length; at += piece) yield block.subarray(at, at + piece);
}
await row("events read", 40, async () => {
  const read = async (event) => {
    const [name] = Object.keys(event);
    return { [name]: JSON.parse(toUtf8(event[name].body)) };
  };
  for await (const event of marshaller.deserialize(pieces(), read))
    if (!event.contentBlockDelta.delta.text) throw new Error("no text");
}, 500);
