#!/bin/sh
# SPDX-License-Identifier: MIT
# Beside other programs:  sh tests/peers/run.sh [BUILD_DIR]
# moonrock makes cases and its answers (cases.lua), an independent implementation judges
# them (judge.py): Python's json, hashlib, zlib and urllib, and botocore's signer.  Says
# which peers this machine does not have; what is not there fails nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=${1:-build}
count=${MOONROCK_PEER_CASES:-2000}

if ! command -v python3 >/dev/null 2>&1; then
  echo "peers: python3 is not to be had here, so there is nobody to judge (Debian: python3, python3-botocore)"
  exit 0
fi
cases=$(mktemp) || exit 1
trap 'rm -f "$cases"' EXIT
"$dir/moonrock" tests/peers/cases.lua "$count" >"$cases" || exit 1
python3 tests/peers/judge.py "$cases" || exit 1
echo "peers: radosgw, Swift, the AWS CLI, rclone and the AWS SDKs need a server or a client that" \
  "speaks over sockets, which moonrock does not yet; they are not run"
