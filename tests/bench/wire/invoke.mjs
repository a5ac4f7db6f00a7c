// SPDX-License-Identifier: MIT
// InvokeModel COUNT times, CONCURRENCY at once; prints how many a second.
import { Agent } from "node:http";
import { BedrockRuntimeClient, InvokeModelCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
const [count, concurrency] = process.argv.slice(2).map(Number);
const httpAgent = new Agent({ keepAlive: true, maxSockets: concurrency });
const runtime = new BedrockRuntimeClient({ requestHandler: new NodeHttpHandler({ httpAgent }) });
const body = JSON.stringify({ anthropic_version: "bedrock-2023-05-31", max_tokens: 500,
  messages: [{ role: "user", content: "x".repeat(900) }] });
const ask = async () => {
  const reply = await runtime.send(new InvokeModelCommand({
    modelId: "anthropic.claude-3-haiku-20240307-v1:0", body, contentType: "application/json" }));
  if (!reply.body.length) process.exit(1);
};
await ask();
const begin = process.hrtime.bigint();
let left = count;
await Promise.all(Array.from({ length: concurrency }, async () => {
  while (left-- > 0) await ask();
}));
console.log((count / (Number(process.hrtime.bigint() - begin) / 1e9)).toFixed(0));
process.exit(0);
