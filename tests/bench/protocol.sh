#!/bin/sh
# SPDX-License-Identifier: MIT
# Signatures, requests built and event frames, without Lua, through Lua and in botocore, in one
# run:  sh tests/bench/protocol.sh [BUILD]
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=${1:-build}
program=$(find "$dir" -type f -name protocol -perm -u+x 2>/dev/null | head -n 1)
if [ -z "$program" ]; then
  echo "tests/bench/protocol is not built in $dir; run: sh examples/setup.sh --tests $dir" >&2
  exit 1
fi
echo "== protocol code, C and botocore (through Lua: sigv4.lua, model.lua, eventstream.lua)"
"$program" || exit 1
if python3 -c 'import botocore' 2>/dev/null; then
  python3 tests/bench/protocol.py || exit 1
else
  echo "botocore is not installed (python3-botocore): nothing beside it"
fi
