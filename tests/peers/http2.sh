#!/bin/sh
# SPDX-License-Identifier: MIT
# Our client over HTTP/2:  sh tests/peers/http2.sh BUILD_DIR
# Two servers behind TLS with a certificate authority of our own (AWS_CA_BUNDLE): nghttpx
# (Debian: nghttp2-proxy) before `moonrock serve`, and node's http2 with a server that ends
# connections and streams in the middle (http2_server.mjs).  1 if any check failed.
set -u
dir=$(cd "${1:?build folder}" && pwd)
cd "$(dirname "$0")/../.." || exit 1
. tests/peers/support.sh
work=$(mktemp -d) || exit 1
mkdir -p "$work/server/log"
: >"$work/server/pids"
trap 'stop "$work/server"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
bad=0

if ! need openssl openssl; then exit 0; fi
{
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=moonrock test authority" \
    -keyout "$work/ca.key" -out "$work/ca.pem" &&
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=127.0.0.1" \
      -keyout "$work/key.pem" -out "$work/request.pem" &&
    echo "subjectAltName=IP:127.0.0.1" >"$work/names" &&
    openssl x509 -req -in "$work/request.pem" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
      -extfile "$work/names" -out "$work/cert.pem"
} >"$work/openssl.out" 2>&1 || {
  peers_say "no certificate could be made: $(tail -n 1 "$work/openssl.out")"
  exit 1
}

unset AWS_PROFILE AWS_SESSION_TOKEN
NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 AWS_CA_BUNDLE=$work/ca.pem
export NO_PROXY no_proxy AWS_CA_BUNDLE

drive() { # drive NAME ARGS...
  timeout 120 "$dir/moonrock" run tests/peers/http2.lua "$@" || {
    peers_say "FAILED: HTTP/2 against $1"
    bad=1
  }
}

if need nghttpx nghttp2-proxy; then
  port=$(free_ports 2) || exit 1
  start "$work/server" serve "$dir/moonrock" serve --port 0
  wait_for '^export AWS_REGION' "$work/server" serve || exit 1
  eval "$(grep '^export ' "$work/server/log/serve.out")"
  start "$work/server" nghttpx nghttpx --conf=/dev/null --workers=1 --single-process --no-ocsp --errorlog-file=/dev/stderr \
    --accesslog-file="$work/server/log/access" --accesslog-format='$alpn $status $method' \
    --frontend="127.0.0.1,$port" --backend="127.0.0.1,${AWS_ENDPOINT_URL##*:}" \
    "$work/key.pem" "$work/cert.pem"
  if CURL_CA_BUNDLE=$work/ca.pem answers "https://127.0.0.1:$port/" 40; then
    AWS_ENDPOINT_URL=https://127.0.0.1:$port
    export AWS_ENDPOINT_URL
    : >"$work/server/log/access"
    drive nghttpx "$(nghttpx --version)"
    peers_say "nghttpx saw $(cut -d' ' -f1 "$work/server/log/access" | sort | uniq -c | awk '{printf "%s%d by %s", (NR > 1 ? ", " : ""), $1, $2}')"
  else
    peers_say "nghttpx is installed and does not start: $(tail -n 1 "$work/server/log/nghttpx.out")"
    bad=1
  fi
fi
if command -v node >/dev/null 2>&1; then
  start "$work/server" node node tests/peers/http2_server.mjs "$work/key.pem" "$work/cert.pem"
  if wait_for '^ready' "$work/server" node; then
    read -r _ h2 h1 <"$work/server/log/node.out"
    AWS_ENDPOINT_URL=https://127.0.0.1:$h2 AWS_ACCESS_KEY_ID=AKIDPEER AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
    export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION
    drive node "node $(node --version)" "https://127.0.0.1:$h1"
  else
    bad=1
  fi
else
  peers_say "node's http2 is not to be had: there is no node"
fi
exit $bad
