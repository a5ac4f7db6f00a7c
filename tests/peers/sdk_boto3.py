# SPDX-License-Identifier: MIT
"""boto3 and hand-signed requests against `moonrock serve`:  python3 sdk_boto3.py FOLDER

The S3 part of the tutorial and every feature of S3 that the emulator has, then all that must be
refused: signatures in headers, in URLs and in chunks, digests, trailers, clocks.  Endpoint, keys
and region come from the environment that `serve` prints.
"""
import base64
import hashlib
import os
import sys
import time
import traceback
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from signed import Signer

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
KEY_ID, SECRET = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
REGION = os.environ["AWS_REGION"]
FOLDER = sys.argv[1]
BUCKET = "boto3-%d" % (time.time() * 1000)
DATA = os.urandom(200000)
TITLE = "boto3 %s" % boto3.__version__
CHECKS = []


def client(secret=SECRET, key_id=KEY_ID):
    return boto3.client(
        "s3", endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id=key_id, aws_secret_access_key=secret,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 0},
                      connect_timeout=5, read_timeout=60))


s3 = client()
by_hand = Signer(ENDPOINT, KEY_ID, SECRET, REGION)


def check(function):
    CHECKS.append(function)
    return function


def refused(code, call, *args, **kwargs):
    """`call` is refused with this code, or with this status."""
    try:
        call(*args, **kwargs)
    except ClientError as error:
        got = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert code in got, "refused with %s, expected %s" % (got, code)
        return
    raise AssertionError("not refused, expected %s" % code)


def read(key, **more):
    return s3.get_object(Bucket=BUCKET, Key=key, **more)["Body"].read()


def path(key):
    return "/%s/%s" % (BUCKET, key)


@check
def the_bucket():
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.get_waiter("bucket_exists").wait(Bucket=BUCKET)
    assert BUCKET in [item["Name"] for item in s3.list_buckets()["Buckets"]]


@check
def put_head_get():
    put = s3.put_object(Bucket=BUCKET, Key="r", Body=DATA, Metadata={"a": "b c"}, ContentType="text/x-peer")
    assert put["ETag"] == '"%s"' % hashlib.md5(DATA).hexdigest()
    head = s3.head_object(Bucket=BUCKET, Key="r")
    assert head["Metadata"] == {"a": "b c"} and head["ContentType"] == "text/x-peer"
    assert head["ContentLength"] == len(DATA)
    assert read("r") == DATA


@check
def ranges():
    reply = s3.get_object(Bucket=BUCKET, Key="r", Range="bytes=100-199")
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert reply["ContentRange"] == "bytes 100-199/%d" % len(DATA)
    assert reply["Body"].read() == DATA[100:200]
    assert read("r", Range="bytes=-5") == DATA[-5:]
    refused("InvalidRange", read, "r", Range="bytes=9999999-")


@check
def odd_keys():
    keys = ["a b+c/\u00e9\u2603?&=%/x", "..", "../x", "a/../b", "//", "%41", "\u65e5\u672c", "x" * 1024]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    for key in keys:
        assert read(key) == key.encode(), key
        s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": key})
        assert read("copy") == key.encode(), key
        assert key in [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["Contents"]]
    gone = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys + ["never there"]]})
    assert len(gone["Deleted"]) == len(keys) + 1 and "Errors" not in gone


@check
def upload_and_download_of_files_in_parts():
    data = os.urandom(1 << 20) * 21 + b"the end"
    source, target = os.path.join(FOLDER, "up"), os.path.join(FOLDER, "down")
    with open(source, "wb") as file:
        file.write(data)
    s3.upload_file(source, BUCKET, "big", Config=TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20))
    s3.download_file(BUCKET, "big", target)
    with open(target, "rb") as file:
        assert file.read() == data
    assert s3.head_object(Bucket=BUCKET, Key="big")["ETag"].endswith('-5"')


@check
def parts_by_hand():
    parts = [os.urandom(5 << 20), os.urandom(5 << 20), b"tail"]
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="m")["UploadId"]
    done = []
    for number, part in enumerate(parts, 1):
        tag = s3.upload_part(Bucket=BUCKET, Key="m", UploadId=upload, PartNumber=number, Body=part)["ETag"]
        done.append({"PartNumber": number, "ETag": tag})
    assert [p["Size"] for p in s3.list_parts(Bucket=BUCKET, Key="m", UploadId=upload)["Parts"]] == [
        len(part) for part in parts]
    reply = s3.complete_multipart_upload(Bucket=BUCKET, Key="m", UploadId=upload, MultipartUpload={"Parts": done})
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    assert reply["ETag"] == '"%s-3"' % hashlib.md5(digests).hexdigest()
    assert read("m") == b"".join(parts)


@check
def small_and_unknown_parts_are_refused():
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="s")["UploadId"]
    done = []
    for number in (1, 2):
        tag = s3.upload_part(Bucket=BUCKET, Key="s", UploadId=upload, PartNumber=number, Body=b"x")["ETag"]
        done.append({"PartNumber": number, "ETag": tag})
    finish = s3.complete_multipart_upload
    refused("EntityTooSmall", finish, Bucket=BUCKET, Key="s", UploadId=upload, MultipartUpload={"Parts": done})
    done[1]["ETag"] = '"0"'
    refused("InvalidPart", finish, Bucket=BUCKET, Key="s", UploadId=upload, MultipartUpload={"Parts": done})
    s3.abort_multipart_upload(Bucket=BUCKET, Key="s", UploadId=upload)
    refused("NoSuchUpload", s3.list_parts, Bucket=BUCKET, Key="s", UploadId=upload)
    refused(404, s3.head_object, Bucket=BUCKET, Key="s")


@check
def a_part_copied_from_a_range():
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="cp")["UploadId"]
    part = s3.upload_part_copy(Bucket=BUCKET, Key="cp", UploadId=upload, PartNumber=1,
                               CopySource={"Bucket": BUCKET, "Key": "r"}, CopySourceRange="bytes=7-106")
    s3.complete_multipart_upload(Bucket=BUCKET, Key="cp", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]})
    assert read("cp") == DATA[7:107]


@check
def listings():
    keys = ["l/a/1", "l/a/2", "l/b", "l/c d", "l/\u00e9"]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    for name in ("list_objects", "list_objects_v2"):
        top = getattr(s3, name)(Bucket=BUCKET, Prefix="l/", Delimiter="/")
        assert [item["Prefix"] for item in top["CommonPrefixes"]] == ["l/a/"]
        assert [item["Key"] for item in top["Contents"]] == keys[2:]
        pages = s3.get_paginator(name).paginate(Bucket=BUCKET, Prefix="l/", PaginationConfig={"PageSize": 1})
        assert [item["Key"] for page in pages for item in page.get("Contents", [])] == keys


@check
def conditions():
    tag = s3.head_object(Bucket=BUCKET, Key="r")["ETag"]
    refused(304, s3.get_object, Bucket=BUCKET, Key="r", IfNoneMatch=tag)
    refused(412, s3.get_object, Bucket=BUCKET, Key="r", IfMatch='"0"')
    assert by_hand.request("PUT", path("r"), b"z", extra={"if-none-match": "*"})[:2] == (412, "PreconditionFailed")
    assert by_hand.request("PUT", path("new"), b"z", extra={"if-none-match": "*"})[0] == 200


@check
def versions():
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=BUCKET, Key="v", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=BUCKET, Key="v", Body=b"2")["VersionId"]
    assert read("v") == b"2" and read("v", VersionId=first) == b"1"
    marker = s3.delete_object(Bucket=BUCKET, Key="v")
    assert marker["DeleteMarker"]
    refused("NoSuchKey", read, "v")
    listed = s3.list_object_versions(Bucket=BUCKET, Prefix="v")
    assert [item["VersionId"] for item in listed["Versions"]] == [second, first]
    s3.delete_object(Bucket=BUCKET, Key="v", VersionId=marker["VersionId"])
    assert read("v") == b"2"
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


@check
def tags():
    s3.put_object_tagging(Bucket=BUCKET, Key="r", Tagging={"TagSet": [{"Key": "k 1", "Value": "v=&"}]})
    assert s3.get_object_tagging(Bucket=BUCKET, Key="r")["TagSet"] == [{"Key": "k 1", "Value": "v=&"}]
    s3.delete_object_tagging(Bucket=BUCKET, Key="r")
    assert s3.get_object_tagging(Bucket=BUCKET, Key="r")["TagSet"] == []


def fetch(url, **more):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **more), timeout=20) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@check
def presigned():
    def sign(operation, life=60, who=s3):
        return who.generate_presigned_url(operation, Params={"Bucket": BUCKET, "Key": "r"}, ExpiresIn=life)

    url = sign("get_object")
    assert fetch(url) == (200, DATA)
    status, said = fetch(url[:-4] + ("0000" if url[-4:] != "0000" else "1111"))
    assert status == 403 and b"SignatureDoesNotMatch" in said
    status, said = fetch(sign("get_object", who=client(SECRET + "x")))
    assert status == 403 and b"SignatureDoesNotMatch" in said
    assert fetch(url, method="DELETE")[0] == 403
    old = sign("get_object", 1)
    time.sleep(2.2)
    status, said = fetch(old)
    assert status == 403 and b"expired" in said
    assert fetch(sign("put_object"), method="PUT", data=DATA)[0] == 200


@check
def a_wrong_secret_or_key_id():
    refused("SignatureDoesNotMatch", client(SECRET + "x").list_buckets)
    refused("SignatureDoesNotMatch", client(SECRET + "x").put_object, Bucket=BUCKET, Key="w", Body=b"x")
    refused("InvalidAccessKeyId", client(key_id="AKIDNOSUCHKEY0000000").list_buckets)
    refused(404, s3.head_object, Bucket=BUCKET, Key="w")


@check
def a_clock_that_is_two_hours_off():
    assert by_hand.request("GET", "/" + BUCKET, age=7200)[:2] == (403, "RequestTimeTooSkewed")
    assert by_hand.request("GET", "/" + BUCKET, age=-7200)[:2] == (403, "RequestTimeTooSkewed")
    assert by_hand.request("GET", "/" + BUCKET, age=600)[0] == 200


@check
def digests_that_do_not_fit():
    other = hashlib.sha256(b"other").hexdigest()
    assert by_hand.request("PUT", path("w"), b"body", payload=other)[:2] == (400, "XAmzContentSHA256Mismatch")
    md5 = base64.b64encode(hashlib.md5(b"y").digest()).decode()
    refused("BadDigest", s3.put_object, Bucket=BUCKET, Key="w", Body=b"x", ContentMD5=md5)
    crc = {"x-amz-checksum-crc32": "AAAAAA=="}
    assert by_hand.request("PUT", path("w"), b"body", extra=crc)[:2] == (400, "BadDigest")
    refused(404, s3.head_object, Bucket=BUCKET, Key="w")


@check
def chunks():
    for mode, trailer in (("signed", False), ("signed", True), ("unsigned", True)):
        for size in (0, 1, 65536, 131072, 200000):
            status, code, _ = by_hand.chunked(path("chunks"), DATA[:size], mode=mode, trailer=trailer)
            assert status == 200, (mode, trailer, size, status, code)
            assert read("chunks") == DATA[:size], (mode, trailer, size)
    head = s3.head_object(Bucket=BUCKET, Key="chunks")
    assert "aws-chunked" not in head.get("ContentEncoding", ""), "stored as the transport's encoding"


@check
def spoiled_chunks():
    cases = [("signed", False, "chunk", "SignatureDoesNotMatch"), ("signed", True, "trailer", "SignatureDoesNotMatch"),
             ("signed", True, "checksum", "BadDigest"), ("unsigned", True, "checksum", "BadDigest"),
             ("signed", False, "cut", "IncompleteBody"), ("unsigned", True, "cut", "IncompleteBody"),
             ("signed", False, "length", "IncompleteBody")]
    for mode, trailer, spoil, expected in cases:
        status, code, said = by_hand.chunked(path("spoiled"), DATA, mode=mode, trailer=trailer, spoil=spoil)
        assert status in (400, 403) and code == expected, (mode, trailer, spoil, status, code, said[:300])
    forger = Signer(ENDPOINT, KEY_ID, SECRET + "x", REGION)
    for mode, trailer in (("signed", False), ("signed", True), ("unsigned", True)):
        assert forger.chunked(path("spoiled"), DATA, mode=mode, trailer=trailer)[:2] == (403, "SignatureDoesNotMatch")
    refused(404, s3.head_object, Bucket=BUCKET, Key="spoiled")


@check
def bucket_in_the_host_name():
    host = "%s.localhost:%d" % (BUCKET, by_hand.address[1])
    status, _, data = by_hand.request("GET", "/r", host=host)
    assert status == 200 and data == DATA


@check
def expect_continue():
    assert " 100 " in by_hand.expecting(path("e"), b"body")
    assert " 403 " in by_hand.expecting(path("e"), b"body", spoiled=True)


@check
def the_clean_up():
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        for item in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=BUCKET, Key=item["Key"], VersionId=item["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)
    refused(404, s3.head_bucket, Bucket=BUCKET)


def main():
    failed = 0
    for function in CHECKS:
        try:
            function()
        except Exception:  # every check is told, whatever the earlier did
            failed += 1
            print("peers: %s: FAILED %s\n  %s" % (
                TITLE, function.__name__.replace("_", " "), traceback.format_exc().strip().replace("\n", "\n  ")))
    print("peers: %s: %d checks pass, %d fail" % (TITLE, len(CHECKS) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
