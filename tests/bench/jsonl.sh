#!/bin/sh
# SPDX-License-Identifier: MIT
# A map of JSON Lines beside other programs that do the same:  sh tests/bench/jsonl.sh [BUILD [MEGABYTES]]
# Every round runs all of them in turn; what is not installed is left out. simdjson is C++ written for
# this map, which copies spellings and decodes nothing; the others run a script. It measures and
# asserts nothing; MB/s a core is MEGABYTES / CPU seconds. What two threads gain shows only where
# two processors have nothing else to do: see the load that is printed.
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.." || exit 1
dir=${1:-build} size=${2:-50} here=tests/bench/jsonl
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
lua5.4 "$here/data.lua" "$size" >"$work/in.jsonl" || exit 1
cat >"$work/peer" <<'PEER'
#!/bin/sh
exec "$@" >/dev/null
PEER
chmod +x "$work/peer"
set -- "$dir/tests/measure" 5 "$dir/moonrock" transform --threads 1 "$here/map.lua" "$work/in.jsonl" /dev/null \
  -- "$dir/moonrock" transform --threads 2 "$here/map.lua" "$work/in.jsonl" /dev/null \
  -- "$dir/moonrock" transform --threads 1 "$here/filter.lua" "$work/in.jsonl" /dev/null
c++ -O3 -march=native -o "$work/simdjson" "$here/map_simdjson.cpp" -lsimdjson 2>/dev/null &&
  set -- "$@" -- "$work/peer" "$work/simdjson" "$work/in.jsonl"
command -v python3 >/dev/null && set -- "$@" -- "$work/peer" python3 "$here/map.py" "$work/in.jsonl"
command -v node >/dev/null && set -- "$@" -- "$work/peer" node "$here/map.mjs" "$work/in.jsonl"
lua5.4 -e 'require "cjson"' 2>/dev/null && set -- "$@" -- "$work/peer" lua5.4 "$here/map_cjson.lua" "$work/in.jsonl"
command -v jq >/dev/null && set -- "$@" -- "$work/peer" jq -c -f "$here/map.jq" "$work/in.jsonl"
echo "$size MB of chat records, load $(cut -d' ' -f1 /proc/loadavg) on $(nproc) processors:"
"$@"
