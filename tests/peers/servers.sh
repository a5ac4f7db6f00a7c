#!/bin/sh
# SPDX-License-Identifier: MIT
# Our S3 client against servers that others wrote:  sh tests/peers/servers.sh BUILD_DIR
# Ceph's object gateway and OpenStack Swift, from Debian's packages, one after the other in
# folders that go away with them.  1 if any check failed or a server that is there did not start.
set -u
dir=$(cd "${1:?build folder}" && pwd)
cd "$(dirname "$0")/../.." || exit 1
. tests/peers/support.sh
work=$(mktemp -d) || exit 1
trap 'stop "$work/server"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
bad=0

try_server() { # try_server NAME
  port=$(free_ports 8) || return 1
  began=$(date +%s)
  if ! timeout 180 sh "tests/peers/$1.sh" "$work/server" "$port"; then
    peers_say "$1 is installed and does not start"
    bad=1
  else
    took=$(($(date +%s) - began))
    mkdir -p "$work/files"
    # shellcheck disable=SC2046
    env -u AWS_PROFILE -u AWS_SESSION_TOKEN NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 $(cat "$work/server/env") \
      timeout 240 "$dir/moonrock" run tests/peers/s3_server.lua "$1" "$work/files" || bad=1
    peers_say "$1: started in $took s, judged in $(($(date +%s) - began - took)) s"
  fi
  stop "$work/server"
}

# Four programs each; a machine that has one has all, unless somebody took them apart.
if need radosgw radosgw ceph-mon ceph-osd ceph-common && need ceph-mon ceph-mon && need ceph-osd ceph-osd &&
  need ceph ceph-common; then
  try_server radosgw
fi
if need swift-proxy-server swift-proxy swift-account swift-container swift-object memcached &&
  need swift-object-server swift-object swift-account swift-container && need memcached memcached; then
  try_server swift
fi
exit $bad
