#!/bin/sh
# SPDX-License-Identifier: MIT
# Signatures, requests built, event frames and events a second: C, through Lua, botocore and the
# AWS SDK for JavaScript:  sh tests/bench/protocol.sh [BUILD]
# All take turns, five times; every figure is a median, every ratio that of the pairs of one round.
# CPU time, user and system, of one process each.  The SDK's frames come cut, ours and botocore's in
# pieces of 16 KiB.  Peers that are not here are left out.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=${1:-build}
program=$(find "$dir" -type f -name protocol -perm -u+x 2>/dev/null | head -n 1)
if [ -z "$program" ] || [ ! -x "$dir/moonrock" ]; then
  echo "tests/bench/protocol is not built in $dir; run: sh examples/setup.sh --tests $dir" >&2
  exit 1
fi
. tests/bench/wire/peers.sh
[ -z "$node" ] || cp tests/bench/protocol/sdk.mjs "$node/" || exit 1
rows=$(mktemp) || exit 1
trap 'rm -f "$rows" "$rows.round"' EXIT

echo "== protocol code, how many in a second of CPU, and that as a multiple of the others"
for round in 1 2 3 4 5; do
  {
    "$program" && "$dir/moonrock" tests/bench/protocol/moonrock.lua &&
      { [ -z "$python" ] || "$python" tests/bench/protocol/sdk.py; } &&
      { [ -z "$node" ] || node "$node/sdk.mjs"; }
  } >"$rows.round" || exit 1
  sed "s/^/$round	/" "$rows.round" >>"$rows"
done
awk -F '\t' '
  function median(list, n,  i, k, v) { # sorts by insertion: five of them
    for (i = 2; i <= n; i++) {
      v = list[i]
      for (k = i - 1; k > 0 && list[k] > v; k--) list[k + 1] = list[k]
      list[k + 1] = v
    }
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
  }
  !($2 in row) { row[$2] = ++rows; names[rows] = $2 }
  !($3 in who) { who[$3] = ++people; labels[people] = $3 }
  { rate[$2, $3, $1] = $4; if ($1 > rounds) rounds = $1 }
  END {
    for (i = 1; i <= rows; i++)
      for (k = 1; k <= people; k++) {
        n = 0
        for (r = 1; r <= rounds; r++)
          if ((names[i], labels[k], r) in rate) list[++n] = rate[names[i], labels[k], r]
        if (!n) continue
        line = sprintf("%-24s %-15s %10.0f", names[i], labels[k], median(list, n))
        for (p = 1; p <= people && labels[k] ~ /^moonrock/; p++) {
          if (labels[p] ~ /^moonrock/) continue
          n = 0
          for (r = 1; r <= rounds; r++)
            if ((names[i], labels[k], r) in rate && (names[i], labels[p], r) in rate)
              list[++n] = rate[names[i], labels[k], r] / rate[names[i], labels[p], r]
          if (n) line = line sprintf("   %.1f x %s", median(list, n), labels[p])
        }
        print line
      }
  }' "$rows"
