// SPDX-License-Identifier: MIT
// Where we and the AWS SDK for JavaScript v3 differ on purpose, each with its reason.
// `where` is tried on "service Operation place", `when` on the two values.

// Operations that are not compared.
export const operations = {
  s3: Object.fromEntries(["GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle", "PutBucketNotification"]
    .map((name) => [name, "deprecated operations of S3 that the SDK leaves out"])),
  "bedrock-runtime": {
    InvokeModelWithBidirectionalStream: "needs HTTP/2 duplex streams, which ours refuses with a clear error",
  },
};

// Operations that releases of the SDK before these do not have.
export const since = { sts: { GetScopedCredentials: "3.1173" } };

export const differences = [
  {
    where: /^s3 \w+ query x-id$/, when: (ours) => ours === undefined,
    why: "the SDK names the operation of S3 in the query (x-id); the service does not look at it",
  },
  {
    where: /^s3 \w+ path$/, when: (ours, other) => `${ours}/` === other,
    why: "a bucket that stands in the path has no slash behind it, as boto3 sends it",
  },
  {
    where: /^s3 List(Objects(V2)?|ObjectVersions|MultipartUploads) query encoding-type$/, when: (ours) => ours === "encoding-type=url",
    why: "listings ask for encoded keys and decode them, as boto3 does: XML cannot carry every key",
  },
  {
    where: /^(bedrock|bedrock-runtime|sts|sso-oidc) \w+ header x-amz-content-sha256$/, when: (ours) => ours === undefined,
    why: "only S3 wants the hash of the body in a header",
  },
  {
    where: /^s3 \w+ header x-amz-content-sha256$/, when: (ours) => ours === "UNSIGNED-PAYLOAD",
    why: "over https a body that has a checksum is not hashed a second time, nor one whose operation says so",
  },
  {
    where: /^\S+ \w+ header content-type$/, when: (ours, other, one) => ours === undefined && !one.ours.request.body,
    why: "a request without a body has no content type",
  },
  {
    where: /^s3 \w+ (request|header content-md5)$/,
    when: (ours, other, one) => one.params.ChecksumAlgorithm === "MD5" && /algorithm MD5/.test(one.ours.error?.message),
    why: "the SDK takes Content-MD5 for the checksum MD5; ours refuses, as boto3 does",
  },
  {
    where: /^s3 \w+ request$/,
    when: (ours, other, one) => ours && !other && one.params.ChecksumAlgorithm === "SHA512",
    why: "the SDK cannot compute the checksum SHA512; ours can, as boto3 does",
  },
  {
    where: /^s3 \w+ header x-amz-(copy-source-)?server-side-encryption-customer-key(-md5)?$/,
    when: (ours, other, one) => one.params.SSECustomerKeyMD5 !== undefined || one.params.CopySourceSSECustomerKeyMD5 !== undefined,
    why: "a customer's key that comes with its digest is sent as it is, as boto3 does",
  },
  {
    where: /^s3 (GetObject|HeadObject) result\.ExpiresString$/, when: (ours) => ours === undefined,
    why: "the SDK gives Expires as text as well",
  },
  {
    where: /^s3 (ListParts|GetObjectAttributes) result\.(ObjectParts\.)?(Next)?PartNumberMarker$/,
    when: (ours, other) => String(ours) === other,
    why: "the description that boto3 follows has an integer, the SDK's a text",
  },
  {
    where: /^\S+ \w+ error\.(code|message)$/,
    when: (ours, other, one) => /^reply: error (without a body|of no (message|body)|of a proxy)$/.test(one.name)
      && /^(Unknown(Error)?|SyntaxError)$|is not valid JSON/.test(other),
    why: "what an error does not say (code or message) each puts in its own words",
  },
  {
    where: /^s3 \w+ result\.\w+\.\$time$/, when: (ours, other, one) => one.name.endsWith("RFC 850") && ours === 1700000000,
    why: "the SDK puts a year of two digits into the last century, which RFC 9110 does only if it is 50 years ahead",
  },
  {
    where: /^s3 \w+ error\.status$/, when: (ours, other, one) => ours === one.reply.status && ours === 200 && other === 503,
    why: "an error in a reply of status 200: ours gives the status of the wire",
  },
  {
    where: /^sso-oidc \w+ error\.message$/, when: (ours, other, one) => one.ours.error?.fields.error_description === ours,
    why: "the message of an error of SSO OIDC is its error_description",
  },
  {
    where: /^bedrock-runtime InvokeModel result\.body$/, when: (ours, other) => ours?.$blob === "" && other === null,
    why: "an empty body is still a body",
  },
  {
    where: /^\S+ \w+ result\..*\.(__type|somethingNew)$/,
    when: (ours, other, one) => ours === undefined && one.name.includes("unknown members"),
    why: "below the first level of JSON the SDK passes members that it does not know; ours leaves them out, as boto3 does",
  },
  {
    where: /^sts \w+ error\.code$/, when: (ours, other) => /Exception$/.test(other) && !/Exception$/.test(ours),
    why: "ours is the code on the wire, the SDK's is the name of the shape",
  },
];
