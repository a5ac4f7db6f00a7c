# SPDX-License-Identifier: MIT
"""Judges the cases of cases.lua with independent implementations: python3 judge.py FILE.

Python's own json, hashlib, zlib and urllib; botocore for signatures, if it is installed.
Prints the first few differences of each kind and the counts; exits 1 on any difference.
"""
import base64
import collections
import datetime
import hashlib
import json
import sys
import urllib.parse
import zlib

try:
    import botocore
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    botocore = None

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def judge_json(case):
    yield case["indented"], json.dumps(case["value"], indent=2, sort_keys=True, ensure_ascii=False)
    yield case["ascii"], json.dumps(case["value"], indent=2, sort_keys=True)


def judge_digest(case):
    data = bytes.fromhex(case["data"])
    if case["algorithm"] == "crc32":
        yield case["hex"], "%08x" % zlib.crc32(data)
    else:
        yield case["hex"], hashlib.new(case["algorithm"], data).hexdigest()
    yield case["base64"], base64.b64encode(data).decode()


def judge_uri(case):
    data = bytes.fromhex(case["data"])
    yield case["name"], urllib.parse.quote(data, safe="-_.~")
    yield case["path"], urllib.parse.quote(data, safe="-_.~/")


def freeze(time):
    """Makes botocore believe that it is `time`: old versions ask datetime, new ones a function."""
    moment = datetime.datetime.fromtimestamp(time, datetime.timezone.utc).replace(tzinfo=None)

    class Frozen(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return moment

        @classmethod
        def now(cls, tz=None):
            return moment.replace(tzinfo=datetime.timezone.utc) if tz else moment

    if hasattr(botocore.auth, "get_current_datetime"):
        botocore.auth.get_current_datetime = lambda *args, **kwargs: moment
    botocore.auth.datetime = (
        Frozen if isinstance(botocore.auth.datetime, type) else botocore.auth.datetime
    )


def aws_request(case):
    url = "https://" + case["host"] + case["path"] + ("?" + case["query"] if case["query"] else "")
    request = AWSRequest(
        method=case["method"], url=url, data=bytes.fromhex(case["body"]), headers=dict(case["headers"])
    )
    return request, Credentials("AKIDEXAMPLE", SECRET, case["token"])


def judge_sigv4(case):
    freeze(case["time"])
    request, credentials = aws_request(case)
    kind = botocore.auth.S3SigV4Auth if case["service"] == "s3" else botocore.auth.SigV4Auth
    kind(credentials, case["service"], "us-east-1").add_auth(request)
    ours = case["authorization"].replace(", ", ",")
    yield ours, request.headers["Authorization"].replace(", ", ",")


def judge_presign(case):
    freeze(case["time"])
    request, credentials = aws_request(case)
    botocore.auth.S3SigV4QueryAuth(credentials, case["service"], "us-east-1", expires=900).add_auth(request)

    def parts(url):
        split = urllib.parse.urlsplit(url)
        return split.path, sorted(urllib.parse.parse_qsl(split.query, keep_blank_values=True))

    yield parts(case["url"]), parts(request.url)


def main(path):
    judges = {"json": judge_json, "digest": judge_digest, "uri": judge_uri}
    if botocore:
        judges.update(sigv4=judge_sigv4, presign=judge_presign)
    good, bad, left = collections.Counter(), collections.Counter(), collections.Counter()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            kind = case["kind"]
            if kind not in judges:
                left[kind] += 1
                continue
            for ours, theirs in judges[kind](case):
                if ours == theirs:
                    good[kind] += 1
                    continue
                bad[kind] += 1
                if bad[kind] <= 3:
                    print("peers: %s differs\n  case   %s\n  ours   %s\n  theirs %s"
                          % (kind, line.strip()[:1000], ours, theirs))
    for kind in sorted(set(good) | set(bad)):
        print("peers: %-8s %6d agree, %d differ" % (kind, good[kind], bad[kind]))
    if left:
        print("peers: botocore is not to be had here: %d signatures were not judged "
              "(Debian: python3-botocore)" % sum(left.values()))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
