#!/bin/sh
# SPDX-License-Identifier: MIT
# InvokeModel from Lua tasks, 1 KB each way, everything included, beside others:
#   sh tests/bench/invoke.sh [BUILD_DIR]
# Over HTTP and HTTPS at 1, 16 and 64 at once, and 1,000 in flight against replies that take
# 200 ms; the program's own way (inline) and with the I/O thread that embedders get.  In turn,
# as medians; server and client share the machine.  Measures and asserts nothing.
# Peers that are not installed are left out by name.  MOONROCK_BENCH=long takes more rounds.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=$(cd "${1:-build}" && pwd) || exit 1
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
servers=
# shellcheck disable=SC2086
trap 'kill $servers 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

serve() { # serve NAME ARGUMENT...: the URL's port lies in $work/NAME
  name=$1
  shift
  mkfifo "$work/$name.fifo"
  "$dir/tests/reply_server" "$@" >"$work/$name.fifo" &
  servers="$servers $!"
  (read -r port && echo "$port" >"$work/$name" && exec sleep 600) <"$work/$name.fifo" &
  servers="$servers $!"
  until [ -s "$work/$name" ]; do sleep 0.05; done
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key" -out "$work/ca" -days 2 -subj /CN=127.0.0.1 \
  -addext "subjectAltName=IP:127.0.0.1" 2>/dev/null || exit 1
serve plain 0
serve tls 0 "$work/ca" "$work/key"
serve late 200

. tests/bench/wire/peers.sh
AWS_CA_BUNDLE=$work/ca NODE_EXTRA_CA_CERTS=$work/ca
export AWS_CA_BUNDLE NODE_EXTRA_CA_CERTS
cp "$dir/moonrock" "$work/moonrock" || exit 1 # as installed: a file just linked counts more memory

one_round() { # one_round CONCURRENCY OURS BOTO3 NODE: how many requests of each
  "$work/moonrock" tests/bench/wire/invoke.lua "$2" "$1" >>"$work/0 moonrock" || exit 1
  "$dir/tests/threaded" "$work/moonrock" tests/bench/wire/invoke.lua "$2" "$1" >>"$work/1 on a thread" || exit 1
  "$dir/tests/curl_sketch" "$AWS_ENDPOINT_URL" "$2" "$1" "$work/ca" >>"$work/4 C and libcurl" || exit 1
  if [ -n "$python" ]; then
    "$python" tests/bench/wire/invoke.py "$3" "$1" >>"$work/2 boto3" || exit 1
  fi
  if [ -n "$node" ]; then
    node "$node/invoke.mjs" "$4" "$1" >>"$work/3 Node" || exit 1
  fi
}

column() { # column FILE NUMBER: the median
  awk -v n="$2" '{print $n}' "$1" | sort -n |
    awk '{v[NR] = $1} END {print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2)}'
}

measure() { # measure TITLE URL CONCURRENCY ROUNDS OURS BOTO3 NODE
  title=$1 AWS_ENDPOINT_URL=$2 concurrency=$3 rounds=$4
  export AWS_ENDPOINT_URL
  shift 4
  [ "${MOONROCK_BENCH-}" = long ] && rounds=$((rounds * 3))
  rm -f "$work"/[0-9]\ *
  while [ "$rounds" -gt 0 ]; do
    one_round "$concurrency" "$@"
    rounds=$((rounds - 1))
  done
  echo "$title, $concurrency at once"
  ours=$(column "$work/0 moonrock" 1) cpu=$(column "$work/0 moonrock" 2)
  for file in "$work"/[0-9]\ *; do
    name=${file##*/}
    awk -v name="${name#* }" -v rate="$(column "$file" 1)" -v each="$(column "$file" 2)" \
      -v peak="$(column "$file" 3)" -v ours="$ours" -v cpu="$cpu" 'BEGIN {
        printf "  %-16s %8.0f a second %8.1f us CPU each %7.1f MiB   moonrock: %5.1f times the rate, %5.1f times less CPU\n",
          name, rate, each, peak / 1024, ours / rate, each / cpu}'
  done
}

plain=http://127.0.0.1:$(cat "$work/plain")
tls=https://127.0.0.1:$(cat "$work/tls")
late=http://127.0.0.1:$(cat "$work/late")
echo "== InvokeModel, 1 KB each way"
for concurrency in 1 16 64; do
  measure "HTTP" "$plain" $concurrency 3 20000 200 1000
done
for concurrency in 16 64; do
  measure "HTTPS" "$tls" $concurrency 3 20000 200 1000
done
measure "HTTP, replies after 200 ms (5,000 a second is the ideal)" "$late" 1000 1 10000 2000 4000
exit 0
