#!/bin/sh
# SPDX-License-Identifier: MIT
# What starting costs:  sh tests/bench/start.sh [BUILD_DIR [RUNS]]
# `moonrock -e ''` beside `lua5.4 -e ''`, and the whole rehearsal beside nothing but a start.
# It measures and asserts nothing; the figures depend on the machine.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=${1:-build}
runs=${2:-200}
measure=$(find "$dir" -type f -name measure -perm -u+x 2>/dev/null | head -n 1)
if [ -z "$measure" ]; then
  echo "tests/bench/measure is not built in $dir; run: sh examples/setup.sh --tests $dir" >&2
  exit 1
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cp "$dir/moonrock" "$work/moonrock" || exit 1 # as installed: a file just linked counts up to 0.7 MiB more
echo "== start of the interpreter"
"$measure" "$runs" "$work/moonrock" -e '' -- lua5.4 -e '' || exit 1
if [ -f examples/finetune.lua ]; then
  echo "== the tutorial, rehearsed, beside a bare start"
  "$measure" 5 "$work/moonrock" rehearse examples/finetune.lua -- "$work/moonrock" -e '' || exit 1
fi
