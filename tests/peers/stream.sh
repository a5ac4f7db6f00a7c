#!/bin/sh
# SPDX-License-Identifier: MIT
# Our client reads streams that the AWS SDK's own encoder made:  sh tests/peers/stream.sh BUILD_DIR
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
cp tests/peers/stream_server.mjs "$dir/peers-node/"
start "$work" node node "$dir/peers-node/stream_server.mjs"
tries=60
until grep -q '^ready' "$work/log/node.out" 2>/dev/null; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || { peers_say "stream_server.mjs does not start: $(tail -n 3 "$work/log/node.out")"; exit 1; }
  sleep 0.1
done
read -r _ port <"$work/log/node.out"
unset AWS_PROFILE AWS_SESSION_TOKEN
NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_ACCESS_KEY_ID=AKIDPEER \
  AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1 timeout 60 "$dir/moonrock" run tests/peers/stream.lua
