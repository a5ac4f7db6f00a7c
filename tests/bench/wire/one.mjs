// SPDX-License-Identifier: MIT
// One small object, then the end: what a start costs.
import { S3Client, GetObjectCommand } from "@aws-sdk/client-s3";
const s3 = new S3Client({ forcePathStyle: true });
const reply = await s3.send(new GetObjectCommand({ Bucket: "b", Key: "1024" }));
if ((await reply.Body.transformToByteArray()).length !== 1024) process.exit(1);
process.exit(0);
