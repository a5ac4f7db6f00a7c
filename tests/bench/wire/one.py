# SPDX-License-Identifier: MIT
"""One small object, then the end: what a start costs."""
import boto3

s3 = boto3.client("s3")
assert len(s3.get_object(Bucket="b", Key="1024")["Body"].read()) == 1024
