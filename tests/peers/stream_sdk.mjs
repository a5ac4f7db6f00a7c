// SPDX-License-Identifier: MIT
// The AWS SDK for JavaScript reads the emulator's streams, whole and broken:  node stream_sdk.mjs FAULTS
// FAULTS has the lines of stream_faults.lua. Each stream breaks off at its third event.
import { readFileSync } from "node:fs";
import * as Runtime from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const modelId = "anthropic.claude-3-haiku-20240307-v1:0";
const question = "What is basalt?";
const commands = {
  converse: () => new Runtime.ConverseStreamCommand({ modelId, messages: [{ role: "user", content: [{ text: question }] }] }),
  invoke: () => new Runtime.InvokeModelWithResponseStreamCommand({ modelId, contentType: "application/json",
    body: JSON.stringify({ anthropic_version: "bedrock-2023-05-31", max_tokens: 500,
      messages: [{ role: "user", content: question }] }) }),
};
// The error that each fault is to the SDK. It does not know which event is the last one, so it takes
// what stops between two frames for whole; moonrock's client does not.
const wanted = {
  none: null, stop: null, throttlingException: /^ThrottlingException: The stream was ended/,
  modelStreamErrorException: /^ModelStreamErrorException: /, error: /^InternalError: The stream was ended/,
  cut: /^Error: aborted/, inside: /^Error: Truncated event message/,
};

let checks = 0;
let failed = 0;
function check(good, what) {
  checks++;
  if (good) return;
  failed++;
  console.log(`stream_sdk: ${what}`);
}

for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter((text) => text.includes("\t"))) {
  const [fault, port] = line.split("\t");
  const client = new Runtime.BedrockRuntimeClient({ endpoint: `http://127.0.0.1:${port}`, maxAttempts: 1,
    requestHandler: new NodeHttpHandler() });
  for (const [api, command] of Object.entries(commands)) {
    const events = [];
    let problem = null;
    try {
      const reply = await client.send(command());
      for await (const event of reply.stream ?? reply.body) events.push(event);
    } catch (error) {
      problem = error;
    }
    const where = `${api}, ${fault}`;
    const pattern = wanted[fault];
    check(pattern ? problem && pattern.test(String(problem)) : problem === null, `${where}: ${problem}`);
    check(fault === "none" ? events.length > 10 : events.length === 2, `${where}: ${events.length} events`);
    if (fault === "throttlingException") check(problem instanceof Runtime.ThrottlingException, `${where}: its class`);
  }
}
console.log(`peers: the emulator's streams, read by the AWS SDK for JavaScript: ${checks} checks, ${failed} failed`);
process.exit(failed > 0 || checks !== 4 * Object.keys(wanted).length + 2 ? 1 : 0);
