#!/bin/sh
# SPDX-License-Identifier: MIT
# Reports of evaluations in a browser:  sh tests/peers/report.sh [BUILD_DIR]
# report_runs.lua makes runs of 300 and of 10,000 samples, `moonrock eval report` their pages, and
# report.mjs opens them in Chromium.  The screenshots are left in BUILD_DIR/report-pictures.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=${1:-build}
. tests/peers/support.sh

need chromium chromium && need node nodejs || exit 0
axe=
npm_packages "$dir/peers-node" && axe=$dir/peers-node/node_modules/axe-core/axe.min.js
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$dir/report-pictures" || exit 1
for count in 300 10000; do
  mkdir "$work/$count" && "$dir/moonrock" tests/peers/report_runs.lua $count "$work/$count" || exit 1
done
"$dir/moonrock" eval report "$work/small.html" "$work/300/base.jsonl" "$work/300/tuned.jsonl" \
  --job "$work/300/training.csv" --validation "$work/300/validation.csv" \
  --gate 'exact > base; json_valid >= 0.999' >/dev/null
[ $? = 1 ] || { peers_say "eval report: the gate that is not passed did not set the exit code"; exit 1; }
"$dir/moonrock" eval report "$work/large.html" "$work/10000/base.jsonl" "$work/10000/tuned.jsonl" >/dev/null || exit 1
timeout 60 node tests/peers/report.mjs "$(command -v chromium)" "$work/small.html" "$work/large.html" \
  "$dir/report-pictures" $axe
