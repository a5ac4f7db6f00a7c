// SPDX-License-Identifier: MIT
// A model that answers over HTTP/2 and breaks off:  node http2_server.mjs KEY CERT
// The model's name tells how: "ok", "goaway", "refused", "reset", "drop", "silent-drop", "stream",
// "stream-reset".  What is broken once is well when it is asked again.
// Prints "ready PORT PORT": HTTP/2, and a server that speaks HTTP/1.1 only.
import http2 from "node:http2";
import https from "node:https";
import { readFileSync } from "node:fs";

const tls = { key: readFileSync(process.argv[2]), cert: readFileSync(process.argv[3]) };
const sockets = new Map(); // of sessions; a session's own hides its methods
let latest, streaming = 0;
const asked = {};

// One message of application/vnd.amazon.eventstream.
const table = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
function crc(bytes) {
  let sum = ~0;
  for (const byte of bytes) sum = table[(sum ^ byte) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
}
function frame(payload) {
  const parts = [];
  for (const [name, value] of Object.entries({
    ":event-type": "chunk", ":content-type": "application/json", ":message-type": "event",
  })) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(value.length);
    parts.push(Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, Buffer.from(value));
  }
  const headers = Buffer.concat(parts);
  const body = Buffer.from(JSON.stringify({ bytes: Buffer.from(payload).toString("base64") }));
  const message = Buffer.alloc(16 + headers.length + body.length);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc(message.subarray(0, 8)), 8);
  headers.copy(message, 12);
  body.copy(message, 12 + headers.length);
  message.writeUInt32BE(crc(message.subarray(0, message.length - 4)), message.length - 4);
  return message;
}

const json = { ":status": 200, "content-type": "application/json", "x-amzn-requestid": "peer" };
const events = { ...json, "content-type": "application/vnd.amazon.eventstream" };

function answer(stream, model, times) {
  const { session } = stream;
  const whole = JSON.stringify({ model, times, streaming });
  switch (times === 1 ? model : "ok") {
    case "goaway": // no new stream may come; this one is answered, late
      session.goaway(http2.constants.NGHTTP2_NO_ERROR, stream.id);
      setTimeout(() => { stream.respond(json); stream.end(whole); }, 100);
      return;
    case "refused": // certainly not carried out
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      return;
    case "reset": // the reply breaks off, the connection stays
      stream.respond(json);
      stream.write("{\"half\":");
      setTimeout(() => stream.destroy(new Error("enough")), 50);
      return;
    case "drop": // everything that was open breaks off
      stream.respond(json);
      stream.write("{\"half\":");
      setTimeout(() => sockets.get(session).destroy(), 50);
      return;
    case "silent-drop":
      sockets.get(session).destroy();
      return;
    case "stream-reset":
      stream.respond(events);
      stream.write(frame("{\"n\":1}"));
      setTimeout(() => stream.destroy(new Error("enough")), 50);
      return;
  }
  if (model.startsWith("stream")) { // for ever
    stream.respond(events);
    let n = 0;
    streaming++;
    const timer = setInterval(() => stream.write(frame(JSON.stringify({ n: ++n }))), 5);
    stream.on("close", () => { clearInterval(timer); streaming--; });
    return;
  }
  setTimeout(() => { stream.respond(json); stream.end(whole); }, 50);
}

const two = http2.createSecureServer({ ...tls, allowHTTP1: false });
two.on("session", (session) => {
  latest = session;
  session.on("close", () => sockets.delete(session));
  session.on("error", () => {});
});
two.on("secureConnection", (socket) => sockets.set(latest, socket)); // after its session's event
two.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  stream.resume();
  stream.on("end", () => {
    const model = decodeURIComponent(headers[":path"].split("/")[2]);
    asked[model] = (asked[model] ?? 0) + 1;
    if (!stream.destroyed) answer(stream, model, asked[model]);
  });
});
two.on("sessionError", () => {});

const one = https.createServer(tls, (request, reply) => {
  request.resume();
  request.on("end", () => reply.writeHead(200, { "content-type": "application/json" })
    .end(JSON.stringify({ version: request.httpVersion })));
});

two.listen(0, "127.0.0.1", () => one.listen(0, "127.0.0.1", () =>
  console.log("ready", two.address().port, one.address().port)));
