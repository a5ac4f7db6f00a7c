// SPDX-License-Identifier: MIT
// Streams of events that are not ours:  node stream_server.mjs
// The frames are made by the AWS SDK's own encoder. The model's name tells how a stream goes: "ok", "bytes"
// (one at a time), "inside" (cut in the middle of a frame), "between" (cut behind a frame), "early" (ended
// before the last event), "exception", "error", "damaged". Prints "ready PORT".
import http from "node:http";
import { EventStreamCodec } from "@smithy/core/event-streams";

const codec = new EventStreamCodec((bytes) => Buffer.from(bytes).toString("utf8"), (text) => Buffer.from(text, "utf8"));
const string = (value) => ({ type: "string", value });

function frame(headers, body) {
  const all = { ":content-type": string("application/json") };
  for (const [name, value] of Object.entries(headers)) all[name] = string(value);
  return Buffer.from(codec.encode({ headers: all, body: Buffer.from(JSON.stringify(body)) }));
}
const event = (type, body) => frame({ ":event-type": type, ":message-type": "event" }, body);
const chunk = (value) => event("chunk", { bytes: Buffer.from(JSON.stringify(value)).toString("base64"), p: "abc" });

const words = ["The ", "sm\u00f6rg\u00e5sbord ", "\u{1F311}", " end"];
const usage = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };
const converse = [
  event("messageStart", { role: "assistant" }),
  ...words.map((text) => event("contentBlockDelta", { delta: { text }, contentBlockIndex: 0 })),
  event("contentBlockStop", { contentBlockIndex: 0 }),
  event("messageStop", { stopReason: "end_turn" }),
  event("metadata", { usage, metrics: { latencyMs: 5 } }),
];
const invoke = [
  chunk({ type: "message_start", message: { role: "assistant", usage: { input_tokens: 3, output_tokens: 1 } } }),
  ...words.map((text) => chunk({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
  chunk({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 4 } }),
  chunk({ type: "message_stop", "amazon-bedrock-invocationMetrics": { inputTokenCount: 3, outputTokenCount: 4 } }),
];

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

async function send(reply, model, frames) {
  const begin = Buffer.concat(frames.slice(0, 3));
  switch (model) {
    case "ok":
      return reply.end(Buffer.concat(frames));
    case "bytes":
      for (const byte of Buffer.concat(frames)) {
        if (!reply.write(Buffer.from([byte]))) await pause();
      }
      return reply.end();
    case "inside":
    case "between":
      reply.write(begin);
      if (model === "inside") reply.write(frames[3].subarray(0, frames[3].length - 5));
      await pause();
      return reply.destroy();
    case "early":
      return reply.end(begin);
    case "exception":
      reply.write(begin);
      return reply.end(frame({ ":exception-type": "throttlingException", ":message-type": "exception" },
        { message: "Too many tokens" }));
    case "error":
      reply.write(begin);
      return reply.end(frame({ ":error-code": "InternalError", ":error-message": "it broke", ":message-type": "error" },
        {}));
    case "damaged": {
      const bad = Buffer.from(frames[3]);
      bad[bad.length - 8] ^= 1;
      reply.write(begin);
      return reply.end(bad);
    }
  }
  reply.end();
}

const server = http.createServer((request, reply) => {
  request.resume();
  request.on("end", () => {
    const [, , model, action] = request.url.split("/");
    reply.writeHead(200, { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "peer",
      "x-amzn-bedrock-content-type": "application/json" });
    send(reply, decodeURIComponent(model), action === "converse-stream" ? converse : invoke).catch(() => reply.destroy());
  });
});
server.listen(0, "127.0.0.1", () => console.log(`ready ${server.address().port}`));
