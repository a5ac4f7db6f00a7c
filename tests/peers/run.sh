#!/bin/sh
# SPDX-License-Identifier: MIT
# Beside other programs:  sh tests/peers/run.sh [BUILD_DIR]
#   judge.py    moonrock makes cases and its answers (cases.lua); Python's json, hashlib, zlib
#               and urllib, and botocore's signer judge them
#   stats.R     R judges intervals and tests of moonrock.stats on random data (stats.lua)
#   schema.py   Python's jsonschema judges moonrock.schema on random schemas (schema.lua)
#   json_judge.mjs  Node's JSON.parse judges moonrock.json on random texts, good and spoilt
#   sdk_differential.mjs  every operation: our requests and what we read of replies, beside the
#               AWS SDK for JavaScript (cases of differential.lua, in 15 s)
#   report.sh   reports of evaluations in a browser (Chromium), judged by axe-core as well
#   servers.sh  our S3 client against Ceph's object gateway and OpenStack Swift
#   http2.sh    our client over HTTP/2, against nghttpx before `serve` and node
#   stream.sh   streams of events, whole and broken: ours reads the AWS SDK's for JavaScript, and that SDK the emulator's
#   clients.sh  boto3, the AWS CLI, rclone, s3cmd and the AWS SDK for JavaScript against `serve`
# What is missing is installed by its name with apt-get and npm, if that can be; which peers this
# machine does not have is said, and fails nothing.  A peer that is there and disagrees fails.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=${1:-build}
count=${MOONROCK_PEER_CASES:-2000}
bad=0

if ! command -v python3 >/dev/null 2>&1; then
  echo "peers: python3 is not to be had here, so there is nobody to judge (Debian: python3, python3-botocore)"
  exit 0
fi
cases=$(mktemp) || exit 1
trap 'rm -f "$cases"' EXIT
if "$dir/moonrock" tests/peers/cases.lua "$count" >"$cases"; then
  PYTHONDONTWRITEBYTECODE=1 python3 tests/peers/judge.py "$cases" || bad=1
else
  bad=1
fi
. tests/peers/support.sh
if need Rscript r-base-core r-cran-boot; then
  if "$dir/moonrock" tests/peers/stats.lua >"$cases"; then
    Rscript tests/peers/stats.R "$cases" || bad=1
  else
    bad=1
  fi
fi
if "$dir/moonrock" tests/peers/schema.lua >"$cases"; then
  need_python_module jsonschema python3-jsonschema || :
  /usr/bin/python3 tests/peers/schema.py "$cases" || bad=1
else
  bad=1
fi
if need node nodejs; then
  if "$dir/moonrock" tests/peers/json_texts.lua >"$cases"; then
    node tests/peers/json_judge.mjs "$cases" || bad=1
  else
    bad=1
  fi
fi
if npm_packages "$dir/peers-node"; then
  if LUA_PATH='tests/support/?.lua;;' "$dir/moonrock" tests/peers/differential.lua >"$cases"; then
    cp tests/peers/*.mjs "$dir/peers-node/"
    NODE_NO_WARNINGS=1 timeout 90 node "$dir/peers-node/sdk_differential.mjs" "$cases" || bad=1
  else
    bad=1
  fi
fi
sh tests/peers/report.sh "$dir" || bad=1
sh tests/peers/servers.sh "$dir" || bad=1
sh tests/peers/http2.sh "$dir" || bad=1
sh tests/peers/stream.sh "$dir" || bad=1
sh tests/peers/clients.sh "$dir" || bad=1
exit $bad
