#!/bin/sh
# SPDX-License-Identifier: MIT
# What requests cost, beside others:  sh tests/bench/wire.sh [BUILD_DIR]
# One request from start to end; 1 GiB up and down; a folder of small files, also as a sync with all
# or nothing to do (invocations: invoke.sh); each against the same server of next to no cost
# (sink.c), in turn, as medians.  Measures and asserts nothing.
# Peers that are not installed are left out by name.  MOONROCK_BENCH=long takes more rounds.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=$(cd "${1:-build}" && pwd) || exit 1
measure=$dir/tests/measure
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
"$dir/tests/sink" "$work/port" &
sink=$!
trap 'kill $sink; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
until [ -s "$work/port" ]; do sleep 0.05; done

. tests/bench/wire/peers.sh
url=http://127.0.0.1:$(cat "$work/port")
AWS_ENDPOINT_URL=$url
export AWS_ENDPOINT_URL
rounds=3 count=1000
[ "${MOONROCK_BENCH-}" = long ] && rounds=11 count=10000

echo "== load, sign, send one request, exit"
cp "$dir/moonrock" "$work/moonrock" || exit 1 # as installed: a file just linked counts up to 0.7 MiB more
set -- "$work/moonrock" tests/bench/wire/one.lua
if curl --help all 2>/dev/null | grep -q -e --aws-sigv4; then
  set -- "$@" -- curl -s -o "$work/got" --aws-sigv4 aws:amz:us-east-1:s3 --user AKIDBENCH:secret "$url/b/1024"
else
  echo "bench: no curl that signs: left out"
fi
[ -n "$python" ] && set -- "$@" -- "$python" tests/bench/wire/one.py
[ -n "$node" ] && set -- "$@" -- node "$node/one.mjs"
aws=
if command -v aws >/dev/null 2>&1; then
  aws="aws --endpoint-url $url"
  # shellcheck disable=SC2086
  set -- "$@" -- $aws s3api get-object --bucket b --key 1024 "$work/got"
else
  echo "bench: no AWS CLI: left out"
fi
[ $# -gt 2 ] && { "$measure" "$((rounds * 2))" "$@" || exit 1; }

size=1073741824
echo "== upload of 1 GiB"
head -c $size /dev/urandom >"$work/file"
printf '[sink]\ntype = s3\nprovider = Other\nendpoint = %s\naccess_key_id = AKIDBENCH\nsecret_access_key = secret\n' \
  "$url" >"$work/rclone.conf"
rclone=
if command -v rclone >/dev/null 2>&1; then
  rclone="rclone --config $work/rclone.conf --ignore-times"
else
  echo "bench: no rclone: left out"
fi
set -- "$dir/moonrock" tests/bench/wire/move.lua up "$work/file" $size -- \
  "$dir/moonrock" tests/bench/wire/move.lua unsigned "$work/file" $size
[ -n "$python" ] && set -- "$@" -- "$python" tests/bench/wire/move.py up "$work/file" $size
# shellcheck disable=SC2086
[ -n "$aws" ] && set -- "$@" -- $aws s3 cp --no-progress "$work/file" s3://b/$size
# shellcheck disable=SC2086
[ -n "$rclone" ] && set -- "$@" -- $rclone copyto "$work/file" sink:b/$size
"$measure" $rounds "$@" || exit 1

echo "== upload of 1 GiB from a pipe"
piped() { # piped COMMAND...: sets `line`, which runs it behind a pipe
  line="cat '$work/file' | $*"
}
piped "'$dir/moonrock' tests/bench/wire/move.lua pipe - $size"
set -- sh -c "$line"
[ -n "$python" ] && piped "$python tests/bench/wire/move.py pipe - $size" && set -- "$@" -- sh -c "$line"
[ -n "$aws" ] && piped "$aws s3 cp - s3://b/$size" && set -- "$@" -- sh -c "$line"
[ -n "$rclone" ] && piped "$rclone rcat sink:b/$size" && set -- "$@" -- sh -c "$line"
"$measure" $rounds "$@" || exit 1
rm -f "$work/file"

echo "== download of 1 GiB"
set -- "$dir/moonrock" tests/bench/wire/move.lua down "$work/back" $size
[ -n "$python" ] && set -- "$@" -- "$python" tests/bench/wire/move.py down "$work/back" $size
# shellcheck disable=SC2086
[ -n "$aws" ] && set -- "$@" -- $aws s3 cp --no-progress s3://b/$size "$work/back"
# shellcheck disable=SC2086
[ -n "$rclone" ] && set -- "$@" -- $rclone copyto sink:b/$size "$work/back"
[ $# -gt 5 ] && { "$measure" $rounds "$@" || exit 1; }
rm -f "$work/back"

echo "== upload of $count files of 1 to 4 KB"
mkdir "$work/many"
awk -v count=$count -v folder="$work/many" 'BEGIN {
  for (i = 0; i < 4096; i++) text = text "x"
  for (i = 1; i <= count; i++) {
    name = sprintf("%s/%05d", folder, i)
    printf "%s", substr(text, 1, 1024 + i * 7919 % 3073) >name
    close(name)
  }
}'
set -- "$dir/moonrock" tests/bench/wire/many.lua "$work/many"
# shellcheck disable=SC2086
[ -n "$aws" ] && set -- "$@" -- $aws s3 cp --recursive --quiet "$work/many" s3://b/many
# One PUT for each file is asked of rclone too: no look before, none after.
# shellcheck disable=SC2086
[ -n "$rclone" ] && set -- "$@" -- $rclone --no-traverse --s3-no-head --ignore-size --transfers 32 \
  copy "$work/many" sink:b
if command -v s5cmd >/dev/null 2>&1; then
  set -- "$@" -- s5cmd --endpoint-url "$url" cp "$work/many/" s3://b/many/
else
  echo "bench: no s5cmd: left out"
fi
[ $# -gt 3 ] && { "$measure" $rounds "$@" || exit 1; }

# By time, as the AWS CLI compares: rclone would ask after each object's metadata otherwise.  With a "/" at
# its end it does not take the prefix for an object.
sync_with() { # sync_with PREFIX
  prefix=$1
  set -- "$dir/moonrock" tests/bench/wire/sync.lua "$work/many" "s3://b/$prefix"
  # shellcheck disable=SC2086
  [ -n "$aws" ] && set -- "$@" -- $aws s3 sync --quiet "$work/many" "s3://b/$prefix"
  # shellcheck disable=SC2086
  [ -n "$rclone" ] && set -- "$@" -- rclone --config "$work/rclone.conf" --update --use-server-modtime \
    --s3-no-head --transfers 32 --checkers 32 sync "$work/many" "sink:b/$prefix/"
  [ $# -gt 4 ] || return 0
  "$measure" $rounds "$@"
}
echo "== sync of $count new files"
sync_with many || exit 1
echo "== sync of $count files with nothing to do"
sync_with "sync$count" || exit 1
exit 0
