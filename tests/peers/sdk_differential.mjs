// SPDX-License-Identifier: MIT
// Our whole client beside the AWS SDK for JavaScript v3:  node sdk_differential.mjs CASES
// A line of CASES (differential.lua) tells the parameters of a call, the reply's bytes, and ours:
// the request that was sent and what was read.  The SDK gets the same parameters and the same
// bytes over a request handler that has no wire; requests and results must be equal, or stand in
// sdk_differences.mjs with a reason.  Addresses, paths, queries and bodies are those of the real
// service.  Not compared: user agents, dates, signatures and what tells about attempts.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { HttpResponse, buildQueryString } from "@smithy/core/protocols";
import { differences, operations as known, since } from "./sdk_differences.mjs";

for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
process.env.AWS_CONFIG_FILE = process.env.AWS_SHARED_CREDENTIALS_FILE = "/dev/null";
const services = ["s3", "bedrock", "bedrock-runtime", "sts", "sso", "sso-oidc"];

// ---- the SDK's side -----------------------------------------------------------------------------

class Handler {
  metadata = { handlerProtocol: "http/1.1" };
  async handle(request) {
    this.request = request;
    const { status, headers, body } = this.reply;
    const bytes = Buffer.from(body, "base64");
    const stream = Readable.from(bytes.length ? [bytes] : []);
    return { response: new HttpResponse({ statusCode: status, headers: joined(headers), body: stream }) };
  }
  httpHandlerConfigs() { return {}; }
  updateHttpClientConfig() {}
  destroy() {}
}

function joined(headers) {
  const map = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    map[key] = key in map ? `${map[key]}, ${value}` : value;
  }
  return map;
}

const quiet = () => {};
const clients = {};
for (const service of services) {
  const module = await import(`@aws-sdk/client-${service}`);
  const handler = new Handler();
  const Client = Object.entries(module).find(([name]) => /^[A-Z]\w*Client$/.test(name) && name !== "__Client")[1];
  const client = new Client({
    region: "us-west-2", maxAttempts: 1, requestHandler: handler,
    logger: { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
  });
  const names = Object.keys(module).filter((name) => /.Command$/.test(name) && name !== "$Command")
    .map((name) => name.slice(0, -"Command".length));
  clients[service] = { module, handler, client, names };
}

function untag(value) {
  if (Array.isArray(value)) return value.map(untag);
  if (value === null || typeof value !== "object") return value;
  if ("$blob" in value) return Uint8Array.from(Buffer.from(value.$blob, "base64"));
  if ("$time" in value) return new Date(Math.round(value.$time * 1000));
  if ("$number" in value) return Number(value.$number);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, untag(inner)]));
}

function tag(value) {
  if (value instanceof Uint8Array) return { $blob: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return { $time: value.getTime() / 1000 };
  if (value instanceof String) return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (typeof value === "number") return value === 0 ? 0 : value;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(tag);
  if (value === null || typeof value !== "object") return value;
  const out = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== undefined) out[key] = tag(inner);
  return out;
}

function taggedError(error) {
  const fields = {};
  for (const [key, value] of Object.entries(error)) {
    if (!/^\$|^name$|^message$|^Message$|^stack$/.test(key) && value !== undefined) fields[key] = tag(value);
  }
  return { code: error.name, message: error.message, status: error.$metadata?.httpStatusCode, fields };
}

async function sdk(one) {
  const { module, handler, client } = clients[one.service];
  handler.request = undefined;
  handler.reply = one.reply;
  const out = {};
  try {
    const { $metadata, ...result } = await client.send(new module[`${one.operation}Command`](untag(one.params)));
    if (one.events) {
      out.events = { list: [] };
      try {
        for await (const event of result[one.stream] ?? []) out.events.list.push(tag(event));
      } catch (error) {
        out.events.error = taggedError(error);
      }
      delete result[one.stream];
    } else if (typeof result[one.stream]?.transformToByteArray === "function") {
      result[one.stream] = await result[one.stream].transformToByteArray();
    }
    out.result = tag(result);
  } catch (error) {
    out.error = taggedError(error);
  }
  const request = handler.request;
  if (request) {
    out.request = {
      method: request.method, host: request.hostname + (request.port ? `:${request.port}` : ""),
      path: request.path, query: buildQueryString(request.query ?? {}),
      headers: Object.entries(request.headers), body: Buffer.from(request.body ?? "").toString("base64"),
    };
  }
  return out;
}

// ---- comparing ------------------------------------------------------------------------------------

const CRC = { crc32: [0xEDB88320n, 32n], crc32c: [0x82F63B78n, 32n], crc64nvme: [0x9A6C9329AC4BC9B5n, 64n] };
function crc(name, bytes) {
  const [polynomial, width] = CRC[name];
  const ones = (1n << width) - 1n;
  let sum = ones;
  for (const byte of bytes) {
    sum ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) sum = sum & 1n ? (sum >> 1n) ^ polynomial : sum >> 1n;
  }
  return Buffer.from((sum ^ ones).toString(16).padStart(Number(width) / 4, "0"), "hex").toString("base64");
}

// A header that is a digest of the body: whether it is the right one.
function isDigest(name, value, bytes) {
  const kind = name === "x-amz-content-sha256" ? "sha256" : name === "content-md5" ? "md5" : name.match(/^x-amz-checksum-(\w+)$/)?.[1];
  if (!kind || value === undefined) return false;
  if (kind in CRC) return value === crc(kind, bytes);
  if (!["sha1", "sha256", "md5"].includes(kind)) return false;
  return value === createHash(kind).update(bytes).digest(name === "x-amz-content-sha256" ? "hex" : "base64");
}

// An element as [name, attributes, content]: text, or the elements sorted by their names; the
// order of elements of one name stays.
function xmlTree(text) {
  const root = ["", {}, []];
  const open = [root];
  const sorted = (list) => list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const plain = (s) => s.replace(/&(#x?[0-9a-fA-F]+|\w+);/g, (_, name) =>
    name[0] === "#" ? String.fromCodePoint(name[1] === "x" ? parseInt(name.slice(2), 16) : Number(name.slice(1)))
      : { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }[name]);
  for (const [, close, name, rest, empty, words] of
    text.replace(/<\?.*?\?>/g, "").matchAll(/<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/g)) {
    const top = open.at(-1);
    if (words !== undefined) top[2].push(plain(words));
    else if (close) sorted(open.pop()[2]);
    else {
      const attributes = {};
      for (const [, key, a, b] of rest.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) attributes[key] = plain(a ?? b);
      const node = [name, attributes, []];
      top[2].push(node);
      if (!empty) open.push(node);
    }
  }
  return root[2];
}

const ignored = /^(user-agent|x-amz-user-agent|date|x-amz-date|authorization|amz-sdk-.*|host)$/;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

// One line for each place at which two values differ.
function walk(ours, theirs, path, note) {
  if (isDeepStrictEqual(ours, theirs)) return;
  if (uuid.test(ours) && uuid.test(theirs)) return; // tokens that each side made
  const both = [ours, theirs].every((v) => v !== null && typeof v === "object");
  if (both && Array.isArray(ours) === Array.isArray(theirs)) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    for (const key of keys) walk(ours[key], theirs[key], Array.isArray(ours) ? `${path}[]` : `${path}.${key}`, note);
  } else {
    note(path, ours, theirs);
  }
}

function body(ours, theirs, type, note) {
  if (ours.equals(theirs)) return;
  const a = ours.toString();
  const b = theirs.toString();
  if (/json/.test(type)) {
    try {
      return walk(JSON.parse(a), JSON.parse(b), "body", note);
    } catch { /* no JSON: as bytes */ }
  } else if (/form/.test(type)) {
    return walk(Object.fromEntries(new URLSearchParams(a)), Object.fromEntries(new URLSearchParams(b)), "form", note);
  } else if (/xml/.test(type) && /^\s*</.test(a) && /^\s*</.test(b)) {
    const trees = [xmlTree(a), xmlTree(b)];
    if (isDeepStrictEqual(...trees)) return;
    return note("body xml", a, b);
  }
  note("body", a, b);
}

function request(ours, theirs, note) {
  if (!ours || !theirs) return walk(ours && "sent", theirs && "sent", "request", note);
  for (const part of ["method", "host", "path"]) walk(ours[part], theirs[part], part, note);
  const sorted = (query) => query.split("&").map((pair) => pair.replace(/=$/, "")).filter(Boolean).sort();
  const [mine, other] = [sorted(ours.query), sorted(theirs.query)];
  for (const pair of mine.filter((p) => !other.includes(p))) note(`query ${pair.split("=")[0]}`, pair, undefined);
  for (const pair of other.filter((p) => !mine.includes(p))) note(`query ${pair.split("=")[0]}`, undefined, pair);
  const headers = [joined(ours.headers), joined(theirs.headers)];
  const bodies = [ours, theirs].map((r) => Buffer.from(r.body, "base64"));
  for (const name of new Set(headers.flatMap(Object.keys))) {
    if (ignored.test(name) || name === "content-length") continue;
    const both = headers.map((list) => list[name]?.trim());
    if (both[0] !== both[1] && both.every((value, i) => isDigest(name, value, bodies[i]))) continue;
    walk(...both, `header ${name}`, note);
  }
  const length = headers[0]["content-length"] ?? String(bodies[0].length); // else it is the wire's to add
  if (bodies[0].length === bodies[1].length) walk(length, headers[1]["content-length"] ?? "0", "header content-length", note);
  body(...bodies, headers[1]["content-type"] ?? headers[0]["content-type"] ?? "", note);
}

function reply(name, ours, theirs, note) {
  for (const [mine, error] of [[ours.error, theirs.error], [ours.events?.error, theirs.events?.error]]) {
    const members = mine?.members ?? []; // the SDK shows what is not modelled as well
    if (error) error.fields = Object.fromEntries(Object.entries(error.fields).filter(([key]) => members.includes(key)));
  }
  delete ours.error?.members;
  if (ours.events?.error) delete ours.events.error.members, delete ours.events.error.status;
  if (ours.error && !name.includes("error")) note("error where none was meant", ours.error, theirs.error);
  walk(ours.error, theirs.error, "error", note);
  if (!ours.error && !theirs.error) walk(tag(ours.result), theirs.result, "result", note);
  walk(ours.events, theirs.events, "events", note);
}

// ---- all of it ------------------------------------------------------------------------------------

const counts = Object.fromEntries(services.map((name) => [name, { operations: new Set(), requests: 0, refused: 0, replies: 0 }]));
const found = new Map(); // unexplained, by service, operation and place
const used = new Map(); // reason -> how often
for await (const line of createInterface({ input: createReadStream(process.argv[2]), crlfDelay: Infinity })) {
  const one = JSON.parse(line);
  const count = counts[one.service];
  count.operations.add(one.operation);
  const release = !clients[one.service].names.includes(one.operation) && since[one.service]?.[one.operation];
  const absent = release ? `this SDK is older than ${release}` : known[one.service]?.[one.operation];
  if (absent) {
    used.set(absent, (used.get(absent) ?? 0) + 1);
    continue;
  }
  const theirs = await sdk(one);
  const note = (place, ours, other) => {
    const where = `${one.service} ${one.operation} ${place}`;
    const explained = differences.find((d) => d.where.test(where) && (!d.when || d.when(ours, other, one, theirs)));
    if (explained) {
      used.set(explained.why, (used.get(explained.why) ?? 0) + 1);
    } else {
      const entry = found.get(where) ?? { times: 0, name: one.name, ours, other };
      entry.times++;
      found.set(where, entry);
    }
  };
  if (one.name.startsWith("request")) {
    count.requests++;
    if (!one.ours.request && !theirs.request) count.refused++;
    request(one.ours.request, theirs.request, note);
  } else {
    count.replies++;
    reply(one.name, one.ours, theirs, note);
  }
}

let failed = found.size;
const cut = (value) => (JSON.stringify(value) ?? "nothing").slice(0, 400);
for (const [where, { times, name, ours, other }] of found) {
  console.log(`peers: DIFFERS ${where} (${times}, first in "${name}")\n    ours ${cut(ours)}\n    SDK  ${cut(other)}`);
}
for (const service of services) {
  const { operations, requests, refused, replies } = counts[service];
  const { names } = clients[service];
  for (const name of names.filter((n) => !operations.has(n))) { // npm gives the newest release of the day
    console.log(`peers: NEWER ${service} ${name}: the SDK has this operation, the models have it not yet (import.lua)`);
  }
  for (const name of [...operations].filter((n) => !names.includes(n) && !known[service]?.[n] && !since[service]?.[n])) {
    console.log(`peers: DIFFERS ${service} ${name}: the models have this operation, the SDK has not`);
    failed++;
  }
  console.log(`peers: ${service}: ${operations.size} operations, ${requests} requests (${refused} refused by both) and ${replies} `
    + "replies beside the SDK");
}
for (const [why, times] of used) console.log(`peers:   explained, ${times} times: ${why}`);
console.log(`peers: beside the AWS SDK for JavaScript: ${failed} unexplained differences`);
process.exit(failed ? 1 : 0);
