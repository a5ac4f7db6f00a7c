// SPDX-License-Identifier: MIT
// InvokeModel COUNT times, CONCURRENCY at once; prints how many a second, microseconds of CPU each,
// and the peak of memory in KiB.
import http from "node:http";
import https from "node:https";
import { BedrockRuntimeClient, InvokeModelCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
const [count, concurrency] = process.argv.slice(2).map(Number);
const runtime = new BedrockRuntimeClient({ requestHandler: new NodeHttpHandler({
  httpAgent: new http.Agent({ keepAlive: true, maxSockets: concurrency }),
  httpsAgent: new https.Agent({ keepAlive: true, maxSockets: concurrency }) }) });
const body = JSON.stringify({ anthropic_version: "bedrock-2023-05-31", max_tokens: 500,
  messages: [{ role: "user", content: "x".repeat(900) }] });
const ask = async () => {
  const reply = await runtime.send(new InvokeModelCommand({
    modelId: "anthropic.claude-3-haiku-20240307-v1:0", body, contentType: "application/json" }));
  if (!reply.body.length) process.exit(1);
};
const run = (n) => {
  let left = n;
  return Promise.all(Array.from({ length: concurrency }, async () => {
    while (left-- > 0) await ask();
  }));
};
await run(concurrency);
const cpu = process.cpuUsage();
const begin = process.hrtime.bigint();
await run(count);
const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
const used = process.cpuUsage(cpu);
console.log(`${(count / seconds).toFixed(0)} ${((used.user + used.system) / count).toFixed(1)} ${
  process.resourceUsage().maxRSS}`);
process.exit(0);
