# SPDX-License-Identifier: MIT
"""Moves a large file:  move.py up|pipe|down FILE SIZE"""
import sys

import boto3

s3 = boto3.client("s3")
if sys.argv[1] == "up":
    s3.upload_file(sys.argv[2], "b", sys.argv[3])
elif sys.argv[1] == "pipe":
    s3.upload_fileobj(sys.stdin.buffer, "b", sys.argv[3])
else:
    s3.download_file("b", sys.argv[3], sys.argv[2])
