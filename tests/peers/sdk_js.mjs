// SPDX-License-Identifier: MIT
// The AWS SDK for JavaScript v3 drives `moonrock serve`:  node sdk_js.mjs DATASET FOLDER
// Endpoint, keys and region come from the environment that `serve` prints.  The tutorial of
// fine-tuning from its first to its last call, both streams, uploads as streams, and what
// must be refused.  bedrock-runtime needs NodeHttpHandler: its default speaks HTTP/2 only.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { createReadStream, createWriteStream, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import * as S3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import * as Bedrock from "@aws-sdk/client-bedrock";
import * as Runtime from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const [dataset, folder] = process.argv.slice(2);
const endpoint = process.env.AWS_ENDPOINT_URL;
const region = process.env.AWS_REGION;
const credentials = {
  accessKeyId: process.env.AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
};
const wrong = { ...credentials, secretAccessKey: "another secret" };
const quiet = () => {};
const logger = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
const common = { endpoint, region, credentials, logger, requestHandler: new NodeHttpHandler(), maxAttempts: 1 };
const s3 = new S3.S3Client({ ...common, forcePathStyle: true });
const bedrock = new Bedrock.BedrockClient(common);
const runtime = new Runtime.BedrockRuntimeClient(common);

const bucket = `sdk-js-${Date.now()}`;
const haiku = "anthropic.claude-3-haiku-20240307-v1:0";
let passed = 0;
let failed = 0;

async function check(name, f) {
  try {
    await f();
    passed++;
  } catch (error) {
    failed++;
    console.log(`peers: AWS SDK for JavaScript: FAILED ${name}: ${error.stack ?? error}`);
    if (error.$response) console.log("  status", error.$response.statusCode, "headers", error.$response.headers);
  }
}

async function refused(name, f, status) {
  let error;
  try {
    await f();
  } catch (caught) {
    error = caught;
  }
  assert.ok(error, `not refused; expected ${name}`);
  assert.equal(error.name, name, String(error));
  if (status) assert.equal(error.$metadata?.httpStatusCode, status);
  return error;
}

async function until(what, f) {
  for (const end = Date.now() + 60000; Date.now() < end; await sleep(50)) {
    const value = await f();
    if (value) return value;
  }
  throw new Error(`${what}: not within 60 s`);
}

const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const send = (client, command) => client.send(command);
const words = (body) => JSON.parse(new TextDecoder().decode(body));

// ---- the tutorial -----------------------------------------------------------------------------

await check("the bucket", async () => {
  await send(s3, new S3.CreateBucketCommand({
    Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
  await S3.waitUntilBucketExists({ client: s3, maxWaitTime: 10, minDelay: 1 }, { Bucket: bucket });
});

await check("the training data, as a stream of a file", async () => {
  await new Upload({ client: s3, params: {
    Bucket: bucket, Key: basename(dataset), Body: createReadStream(dataset) } }).done();
  const back = await send(s3, new S3.GetObjectCommand({ Bucket: bucket, Key: basename(dataset) }));
  assert.equal(sha256(await back.Body.transformToByteArray()), sha256(readFileSync(dataset)));
});

const jobName = `sdk-js-${Date.now()}`;
const modelName = `${jobName}-model`;
let jobArn;
let provisioned;

await check("the job", async () => {
  const request = {
    jobName, customModelName: modelName, customizationType: "FINE_TUNING",
    roleArn: "arn:aws:iam::123456789012:role/FineTuning", clientRequestToken: `token-${jobName}`,
    baseModelIdentifier: `${haiku}:200k`,
    hyperParameters: { epochCount: "2", batchSize: "4", learningRateMultiplier: "1.0" },
    trainingDataConfig: { s3Uri: `s3://${bucket}/${basename(dataset)}` },
    outputDataConfig: { s3Uri: `s3://${bucket}/out/` },
  };
  ({ jobArn } = await send(bedrock, new Bedrock.CreateModelCustomizationJobCommand(request)));
  const again = await send(bedrock, new Bedrock.CreateModelCustomizationJobCommand(request));
  assert.equal(again.jobArn, jobArn, "the same token is the same job");
});

await check("the job by its ARN, to its end", async () => {
  const job = await until("the job", async () => {
    const now = await send(bedrock, new Bedrock.GetModelCustomizationJobCommand({ jobIdentifier: jobArn }));
    return now.status !== "InProgress" && now;
  });
  assert.equal(job.status, "Completed", job.failureMessage);
  assert.ok(job.endTime instanceof Date && job.endTime > job.creationTime);
  const listed = [];
  for await (const page of Bedrock.paginateListModelCustomizationJobs({ client: bedrock }, {})) {
    listed.push(...page.modelCustomizationJobSummaries);
  }
  assert.ok(listed.some((item) => item.jobArn === jobArn));
});

await check("the metrics", async () => {
  const listed = await send(s3, new S3.ListObjectsV2Command({ Bucket: bucket, Prefix: "out/" }));
  const metrics = listed.Contents.find((item) => item.Key.endsWith("step_wise_training_metrics.csv"));
  const reply = await send(s3, new S3.GetObjectCommand({ Bucket: bucket, Key: metrics.Key }));
  assert.match(await reply.Body.transformToString(), /^step_number,epoch_number,training_loss/);
});

await check("the custom model", async () => {
  const model = await send(bedrock, new Bedrock.GetCustomModelCommand({ modelIdentifier: modelName }));
  assert.equal(model.jobArn, jobArn);
  assert.equal(model.hyperParameters.epochCount, "2");
});

await check("provisioned throughput", async () => {
  ({ provisionedModelArn: provisioned } = await send(bedrock,
    new Bedrock.CreateProvisionedModelThroughputCommand({
      modelUnits: 1, provisionedModelName: jobName, modelId: modelName })));
  await until("the throughput", async () => {
    const now = await send(bedrock,
      new Bedrock.GetProvisionedModelThroughputCommand({ provisionedModelId: provisioned }));
    return now.status === "InService";
  });
});

await check("a batch job, to its output", async () => {
  const records = Array.from({ length: 100 }, (_, i) => JSON.stringify({ recordId: `r${i}`, modelInput: {
    anthropic_version: "bedrock-2023-05-31", max_tokens: 30, messages: [{ role: "user", content: `Say ${i}` }] } }));
  await send(s3, new S3.PutObjectCommand({ Bucket: bucket, Key: "batch/in.jsonl", Body: records.join("\n") }));
  const request = {
    jobName: `batch-${jobName}`, roleArn: "arn:aws:iam::123456789012:role/Batch", modelId: haiku,
    clientRequestToken: `batch${Date.now()}`, timeoutDurationInHours: 48,
    inputDataConfig: { s3InputDataConfig: { s3Uri: `s3://${bucket}/batch/in.jsonl`, s3InputFormat: "JSONL" } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${bucket}/batch/out/` } },
  };
  const made = await send(bedrock, new Bedrock.CreateModelInvocationJobCommand(request));
  const again = await send(bedrock, new Bedrock.CreateModelInvocationJobCommand(request));
  assert.equal(again.jobArn, made.jobArn, "the same token is the same job");
  const job = await until("the batch job", async () => {
    const now = await send(bedrock, new Bedrock.GetModelInvocationJobCommand({ jobIdentifier: made.jobArn }));
    return ["Completed", "Failed"].includes(now.status) && now;
  });
  assert.equal(job.status, "Completed", job.message);
  assert.equal((job.jobExpirationTime - job.submitTime) / 1000, 48 * 3600 / 3600); // serve goes 3600 times faster
  const listed = [];
  for await (const page of Bedrock.paginateListModelInvocationJobs({ client: bedrock }, { statusEquals: "Completed" })) {
    listed.push(...page.invocationJobSummaries);
  }
  assert.ok(listed.some((item) => item.jobArn === made.jobArn));
  const folder = `batch/out/${made.jobArn.split("/").at(-1)}/`;
  const read = async (name) => (await send(s3, new S3.GetObjectCommand({ Bucket: bucket, Key: folder + name })))
    .Body.transformToString();
  const lines = (await read("in.jsonl.out")).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map((line) => line.recordId).sort(), records.map((line) => JSON.parse(line).recordId).sort());
  assert.ok(lines.every((line) => line.modelOutput.type === "message" && line.modelInput.max_tokens === 30));
  assert.equal(JSON.parse(await read("manifest.json.out")).successRecordCount, 100);
  await refused("ConflictException", () => send(bedrock, new Bedrock.StopModelInvocationJobCommand({
    jobIdentifier: made.jobArn })), 400);
});

const question = "What is the capital of France?";
const body = JSON.stringify({
  anthropic_version: "bedrock-2023-05-31", max_tokens: 500, system: "JSON Mode: Enabled",
  messages: [{ role: "user", content: question }],
});
const conversation = {
  system: [{ text: "JSON Mode: Enabled" }], inferenceConfig: { maxTokens: 500 },
  messages: [{ role: "user", content: [{ text: question }] }],
};
let answer;

await check("InvokeModel of the tuned model (an ARN in the path)", async () => {
  const reply = await send(runtime, new Runtime.InvokeModelCommand({
    modelId: provisioned, body, contentType: "application/json", accept: "application/json" }));
  const said = words(reply.body);
  assert.equal(said.type, "message");
  answer = said.content[0].text;
  JSON.parse(answer);
});

await check("Converse", async () => {
  const reply = await send(runtime, new Runtime.ConverseCommand({ modelId: provisioned, ...conversation }));
  assert.equal(reply.output.message.role, "assistant");
  assert.equal(reply.output.message.content[0].text, answer);
  assert.equal(reply.stopReason, "end_turn");
  assert.equal(reply.usage.totalTokens, reply.usage.inputTokens + reply.usage.outputTokens);
});

await check("ConverseStream", async () => {
  const reply = await send(runtime, new Runtime.ConverseStreamCommand({ modelId: provisioned, ...conversation }));
  const order = [];
  let text = "";
  let usage;
  for await (const event of reply.stream) {
    const [name] = Object.keys(event);
    if (order.at(-1) !== name) order.push(name);
    text += event.contentBlockDelta?.delta?.text ?? "";
    usage = event.metadata?.usage ?? usage;
  }
  assert.deepEqual(order, ["messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]);
  assert.equal(text, answer);
  assert.ok(usage.outputTokens > 0);
});

await check("InvokeModelWithResponseStream", async () => {
  const reply = await send(runtime, new Runtime.InvokeModelWithResponseStreamCommand({
    modelId: provisioned, body, contentType: "application/json" }));
  const types = [];
  let text = "";
  for await (const event of reply.body) {
    const piece = words(event.chunk.bytes);
    if (types.at(-1) !== piece.type) types.push(piece.type);
    text += piece.delta?.text ?? "";
  }
  assert.equal(types[0], "message_start");
  assert.equal(types.at(-1), "message_stop");
  assert.equal(text, answer);
});

await check("a stream that is left early, and a call after it", async () => {
  const reply = await send(runtime, new Runtime.ConverseStreamCommand({ modelId: provisioned, ...conversation }));
  for await (const event of reply.stream) {
    assert.ok(event);
    break;
  }
  await send(runtime, new Runtime.ConverseCommand({ modelId: provisioned, ...conversation }));
});

await check("64 conversations at once", async () => {
  const replies = await Promise.all(Array.from({ length: 64 }, () =>
    send(runtime, new Runtime.ConverseCommand({ modelId: provisioned, ...conversation }))));
  for (const reply of replies) assert.equal(reply.output.message.content[0].text, answer);
});

await check("errors that the SDK knows by class", async () => {
  await refused("ValidationException", () => send(runtime, new Runtime.ConverseCommand({
    modelId: "no-such.model-v1:0", ...conversation })));
  const missing = await refused("ResourceNotFoundException", () => send(bedrock,
    new Bedrock.GetModelCustomizationJobCommand({ jobIdentifier: "no-such-job" })), 404);
  assert.ok(missing instanceof Bedrock.ResourceNotFoundException);
});

// ---- S3 beyond the tutorial ---------------------------------------------------------------------

await check("20 MB in parts, from a stream without a length", async () => {
  const data = randomBytes(20_000_003);
  async function* pieces() {
    for (let at = 0; at < data.length; at += 65_537) yield data.subarray(at, at + 65_537);
  }
  await new Upload({ client: s3, queueSize: 4, params: {
    Bucket: bucket, Key: "parts", Body: Readable.from(pieces()) } }).done();
  const path = join(folder, "parts.back");
  const reply = await send(s3, new S3.GetObjectCommand({ Bucket: bucket, Key: "parts" }));
  await pipeline(reply.Body, createWriteStream(path));
  assert.equal(statSync(path).size, data.length);
  assert.equal(sha256(readFileSync(path)), sha256(data));
});

let payload; // what the SDK has signed as the hash of the last body
s3.middlewareStack.add((next) => async (args) => {
  const result = await next(args);
  payload = args.request.headers["x-amz-content-sha256"];
  return result;
}, { step: "finalizeRequest", priority: "low" });

for (const size of [0, 1, 65_536, 200_000, 3_000_000]) {
  await check(`PutObject of a stream of ${size} bytes (chunks with a trailer)`, async () => {
    const data = randomBytes(size);
    const path = join(folder, `stream-${size}`);
    writeFileSync(path, data);
    await send(s3, new S3.PutObjectCommand({
      Bucket: bucket, Key: `stream ${size}`, Body: createReadStream(path), ContentLength: size }));
    assert.equal(payload, "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    const reply = await send(s3, new S3.GetObjectCommand({ Bucket: bucket, Key: `stream ${size}` }));
    assert.equal(sha256(await reply.Body.transformToByteArray()), sha256(data));
  });
}

for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
  await check(`PutObject with ${ChecksumAlgorithm}, compared on the way back`, async () => {
    await send(s3, new S3.PutObjectCommand({ Bucket: bucket, Key: "sum", Body: "some data", ChecksumAlgorithm }));
    const reply = await send(s3, new S3.GetObjectCommand({ Bucket: bucket, Key: "sum", ChecksumMode: "ENABLED" }));
    assert.ok(reply[`Checksum${ChecksumAlgorithm}`]);
    assert.equal(await reply.Body.transformToString(), "some data");
  });
}

await check("odd keys, listed in pages, copied and deleted", async () => {
  const keys = ["a b+c", "per%cent", "q?u=e&r#y", "\u{e9}\u{2603}", "\u{1f600}", "//x", "quote\"'", "trailing/"];
  for (const key of keys) await send(s3, new S3.PutObjectCommand({ Bucket: bucket, Key: `odd/${key}`, Body: key }));
  const seen = [];
  for await (const page of S3.paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket: bucket, Prefix: "odd/" })) {
    seen.push(...page.Contents.map((item) => item.Key.slice(4)));
  }
  assert.deepEqual(seen.sort(), [...keys].sort());
  for (const key of keys) {
    await send(s3, new S3.CopyObjectCommand({ Bucket: bucket, Key: "copy",
      CopySource: `${bucket}/${encodeURIComponent(`odd/${key}`)}` }));
    const reply = await send(s3, new S3.GetObjectCommand({ Bucket: bucket, Key: "copy" }));
    assert.equal(await reply.Body.transformToString(), key);
  }
  const gone = await send(s3, new S3.DeleteObjectsCommand({
    Bucket: bucket, Delete: { Objects: keys.map((key) => ({ Key: `odd/${key}` })) } }));
  assert.equal(gone.Deleted.length, keys.length);
});

await check("conditional requests", async () => {
  const put = () => send(s3, new S3.PutObjectCommand({ Bucket: bucket, Key: "once", Body: "1", IfNoneMatch: "*" }));
  await put();
  await refused("PreconditionFailed", put, 412);
});

await check("presigned GET and PUT", async () => {
  const put = await getSignedUrl(s3, new S3.PutObjectCommand({ Bucket: bucket, Key: "pre signed" }), { expiresIn: 60 });
  assert.equal((await fetch(put, { method: "PUT", body: "by URL" })).status, 200);
  const get = await getSignedUrl(s3, new S3.GetObjectCommand({ Bucket: bucket, Key: "pre signed" }), { expiresIn: 60 });
  assert.equal(await (await fetch(get)).text(), "by URL");
});

await check("bucket.localhost", async () => {
  const url = new URL(endpoint);
  const lookup = (name, options, done) => // every name below localhost is this machine, whatever DNS says
    options.all ? done(null, [{ address: url.hostname, family: 4 }]) : done(null, url.hostname, 4);
  const requestHandler = new NodeHttpHandler({ httpAgent: new Agent({ lookup }) });
  const named = new S3.S3Client({ ...common, requestHandler, endpoint: `http://localhost:${url.port}` });
  const reply = await send(named, new S3.HeadObjectCommand({ Bucket: bucket, Key: "pre signed" }));
  assert.equal(reply.ContentLength, 6);
});

// ---- a wrong secret ------------------------------------------------------------------------------

const forger = new S3.S3Client({ ...common, credentials: wrong, forcePathStyle: true });

await check("a wrong secret, in the header", async () => {
  await refused("SignatureDoesNotMatch", () => send(forger, new S3.ListBucketsCommand({})), 403);
  await refused("SignatureDoesNotMatch", () => send(forger, new S3.PutObjectCommand({
    Bucket: bucket, Key: "forged", Body: "x" })), 403);
});

await check("a wrong secret, presigned", async () => {
  const url = await getSignedUrl(forger, new S3.GetObjectCommand({ Bucket: bucket, Key: "pre signed" }));
  const reply = await fetch(url);
  assert.equal(reply.status, 403);
  assert.match(await reply.text(), /SignatureDoesNotMatch/);
});

await check("a wrong secret, in chunks", async () => {
  const path = join(folder, "stream-3000000");
  await refused("SignatureDoesNotMatch", () => send(forger, new S3.PutObjectCommand({
    Bucket: bucket, Key: "forged", Body: createReadStream(path), ContentLength: 3_000_000 })), 403);
  await refused("NotFound", () => send(s3, new S3.HeadObjectCommand({ Bucket: bucket, Key: "forged" })), 404);
});

await check("a wrong secret, at bedrock and bedrock-runtime", async () => {
  const other = { ...common, credentials: wrong };
  await refused("InvalidSignatureException", () => send(new Bedrock.BedrockClient(other),
    new Bedrock.ListCustomModelsCommand({})), 403);
  const say = () => send(new Runtime.BedrockRuntimeClient(other),
    new Runtime.ConverseStreamCommand({ modelId: haiku, ...conversation }));
  await refused("InvalidSignatureException", say, 403);
});

// ---- the end of the tutorial ------------------------------------------------------------------------

await check("the clean-up", async () => {
  await send(bedrock, new Bedrock.DeleteProvisionedModelThroughputCommand({ provisionedModelId: provisioned }));
  await until("the throughput's end", async () => {
    const left = await send(bedrock, new Bedrock.ListProvisionedModelThroughputsCommand({}));
    return !left.provisionedModelSummaries.some((item) => item.provisionedModelArn === provisioned);
  });
  await send(bedrock, new Bedrock.DeleteCustomModelCommand({ modelIdentifier: modelName }));
  for await (const page of S3.paginateListObjectsV2({ client: s3 }, { Bucket: bucket })) {
    await send(s3, new S3.DeleteObjectsCommand({
      Bucket: bucket, Delete: { Objects: page.Contents.map(({ Key }) => ({ Key })) } }));
  }
  await send(s3, new S3.DeleteBucketCommand({ Bucket: bucket }));
});

console.log(`peers: AWS SDK for JavaScript: ${passed} checks pass, ${failed} fail`);
process.exit(failed ? 1 : 0);
