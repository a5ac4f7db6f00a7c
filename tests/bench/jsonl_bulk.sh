#!/bin/sh
# SPDX-License-Identifier: MIT
# Whole files of JSON Lines beside other programs:  sh tests/bench/jsonl_bulk.sh [BUILD [MEGABYTES [ROUNDS]]]
# sort, dedupe, join, group, shuffle, sample, split and redact; each round runs all sides of an operation in
# turn, and what is not to be had is left out. It measures and asserts nothing. The peers do no more than the
# task: sort, awk and shuf see bytes and no JSON, and leave half an output behind if they are stopped.
# DuckDB, whose start of 0.1 s counts, takes all processors. Last comes what a second processor gives, beside
# what it can give: two programs with half of the input each. Files lie in TMPDIR, best in memory.
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.." || exit 1
dir=${1:-build} size=${2:-60} rounds=${3:-3} here=tests/bench/jsonl
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
program=$(cd "$dir" && pwd)/moonrock
lua5.4 "$here/data.lua" "$size" personal >"$work/in" || exit 1
awk 'NR % 3 == 0 { printf "{\"id\": %d, \"label\": \"l%d\"}\n", NR, NR }' "$work/in" >"$work/right"
lua5.4 "$here/data.lua" "$size" personal | awk 'NR % 5 == 0 { print last } { print; last = $0 }' >"$work/twice"

. tests/peers/support.sh
duckdb=
pip_package "$dir/peers-python" duckdb && duckdb=$dir/peers-python

has() { command -v "$1" >/dev/null 2>&1; }

# compare OP JQ SHELL ARGS...: moonrock, and what there is of jq (a filter; "": none), a line of shell, Python
# and DuckDB
compare() {
  op=$1 filter=$2 shell=$3
  shift 3
  in=$work/in
  [ "$op" = dedupe ] && in=$work/twice
  printf '\n%s, %s MB: ' "$op" "$(($(wc -c <"$in") / 1000000))"
  case $op in
    join) set -- "$program" jsonl join "$in" "$work/right" "$work/out" "$@" ;;
    split) set -- "$program" jsonl split "$in" "$work/out" "$work/out2" "$@" ;;
    *) set -- "$program" jsonl "$op" "$in" "$work/out" "$@" ;;
  esac
  IN=$in RIGHT=$work/right OUT=$work/out
  export IN RIGHT OUT
  [ -n "$shell" ] && set -- "$@" -- sh -c "$shell"
  [ -n "$filter" ] && has jq && set -- "$@" -- sh -c "jq $filter >\"\$OUT\""
  has python3 && set -- "$@" -- sh -c "python3 $here/bulk.py $op \"\$IN\" \"\$RIGHT\" >\"\$OUT\""
  [ -n "$duckdb" ] &&
    set -- "$@" -- sh -c "PYTHONPATH=$duckdb python3 $here/bulk_duckdb.py $op \"\$IN\" \"\$RIGHT\" \"\$OUT\""
  "$dir/tests/measure" "$rounds" "$@"
}

echo "load $(cut -d' ' -f1 /proc/loadavg) on $(nproc) processors"
# shellcheck disable=SC2016 # IN, RIGHT and OUT are for the shells that measure starts
{
  compare sort "-c -s 'sort_by(.meta.score)[]' \"\$IN\"" '' --by meta.score:number
  compare dedupe '' 'awk '\''!seen[$0]++'\'' "$IN" >"$OUT"'
  compare dedupe '' 'sort -u "$IN" >"$OUT"'
  compare join "-c -n --slurpfile r \"\$RIGHT\" 'INDEX(\$r[]; .id) as \$i | inputs | \$i[.id|tostring] as \$o | select(\$o) | .right = \$o' \"\$IN\"" \
    '' --by id --into right
  compare group "-c -s 'group_by(.system)[] | {system: .[0].system, count: length}' \"\$IN\"" \
    '' --by system --aggregate count=count
  compare shuffle '' 'shuf "$IN" >"$OUT"'
  compare sample '' 'shuf -n 1000 "$IN" >"$OUT"' --count 1000
  compare split '' 'awk '\''{ print > (rand() < 0.9 ? ENVIRON["OUT"] : "/dev/null") }'\'' "$IN"' --shares 0.9,0.1
  compare redact '' '' --patterns card,email,phone
}

# ceiling NAME COMMAND...: the command takes --threads N IN OUT
ceiling() {
  printf '\n%s: one thread; two (the speed-up is 1/time); one each for half of the input, at once\n' "$1"
  shift
  split -n l/2 "$work/in" "$work/half."
  # shellcheck disable=SC2016 # of the script that is written
  printf '#!/bin/sh\n"$@" --threads 1 "$HALF.aa" /dev/null &\n"$@" --threads 1 "$HALF.ab" /dev/null\nwait\n' >"$work/both"
  chmod +x "$work/both"
  HALF=$work/half "$dir/tests/measure" "$((rounds * 2 + 1))" "$@" --threads 1 "$work/in" /dev/null \
    -- "$@" --threads 2 "$work/in" /dev/null -- "$work/both" "$@"
}
ceiling transform "$program" transform "$here/map.lua"
ceiling redact "$program" jsonl redact
