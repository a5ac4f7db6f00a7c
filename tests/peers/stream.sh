#!/bin/sh
# SPDX-License-Identifier: MIT
# Streams of events, whole and broken:  sh tests/peers/stream.sh BUILD_DIR
# Our client reads those that the AWS SDK's own encoder made, and the SDK for JavaScript those of our emulator.
# 1 if any check failed.
set -u
dir=$(cd "${1:?build folder}" && pwd)
cd "$(dirname "$0")/../.." || exit 1
. tests/peers/support.sh

npm_packages "$dir/peers-node" || exit 0
work=$(mktemp -d) || exit 1
mkdir "$work/log"
: >"$work/pids"
trap 'stop "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
bad=0
unset AWS_PROFILE AWS_SESSION_TOKEN
NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 AWS_ACCESS_KEY_ID=AKIDPEER AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
export NO_PROXY no_proxy AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION
cp tests/peers/stream_server.mjs tests/peers/stream_sdk.mjs "$dir/peers-node/"

start "$work" node node "$dir/peers-node/stream_server.mjs"
start "$work" faults "$dir/moonrock" run tests/peers/stream_faults.lua none stop throttlingException \
  modelStreamErrorException error cut inside
wait_for '^ready' "$work" node || exit 1
wait_for '^ready' "$work" faults || exit 1
read -r _ port <"$work/log/node.out"
AWS_ENDPOINT_URL=http://127.0.0.1:$port timeout 60 "$dir/moonrock" run tests/peers/stream.lua || bad=1
NODE_NO_WARNINGS=1 timeout 60 node "$dir/peers-node/stream_sdk.mjs" "$work/log/faults.out" || bad=1
exit $bad
