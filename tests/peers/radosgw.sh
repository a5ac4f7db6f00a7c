#!/bin/sh
# SPDX-License-Identifier: MIT
# Starts a Ceph object gateway on loopback:  sh tests/peers/radosgw.sh DIR PORT
# S3 listens at PORT, the monitor at PORT + 1.  One monitor, one store in memory, one
# gateway, no manager: what is put into it lives in RAM until it is stopped.  DIR/pids tells
# the processes, DIR/env the variables of its user.  Debian: radosgw ceph-mon ceph-osd ceph-common.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support.sh"
dir=${1:?folder} port=${2:?port}
mkdir -p "$dir/log" "$dir/mon" "$dir/osd" "$dir/rgw" "$dir/run" || exit 1
dir=$(cd "$dir" && pwd)
: >"$dir/pids"
conf=$dir/ceph.conf
cluster=$(cat /proc/sys/kernel/random/uuid)

give_up() {
  peers_say "radosgw: $*; the last words of its parts:" >&2
  tail -n 3 "$dir"/log/* >&2
  exit 1
}

cat >"$conf" <<END
[global]
fsid = $cluster
mon host = v1:127.0.0.1:$((port + 1))
mon initial members = a
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind ipv6 = false
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
run dir = $dir/run
admin socket = $dir/run/\$name.\$pid.asok
log file = $dir/log/\$name.log
err to stderr = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
# a full disk of this machine is no reason to refuse: everything lies in memory
mon data avail warn = 2
mon data avail crit = 1
[mon.a]
host = localhost
mon data = $dir/mon
mon addr = 127.0.0.1:$((port + 1))
[osd.0]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 6442450944
# told by hand below: as it starts it may ask before it knows the cluster's id, is refused, and ends
osd crush update on start = false
osd class update on start = false
osd class dir = $(dirname "$(find /usr/lib -path '*rados-classes/libcls_rgw.so' 2>/dev/null | head -n 1)")
osd class load list = *
osd class default list = *
[client.rgw]
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
rgw dns name = localhost
rgw enable apis = s3
rgw enable usage log = false
rgw enable ops log = false
END

ceph() { timeout 20 ceph -c "$conf" "$@"; }

monmaptool --create --fsid "$cluster" --addv a "v1:127.0.0.1:$((port + 1))" "$dir/monmap" \
  >"$dir/log/monmap.out" 2>&1 || give_up "no map of monitors"
ceph-mon -c "$conf" -i a --mkfs --monmap "$dir/monmap" >"$dir/log/mkfs.out" 2>&1 || give_up "no monitor store"
start "$dir" mon ceph-mon -c "$conf" -i a -f
tries=60
until ceph -s >/dev/null 2>&1; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || give_up "the monitor does not answer"
  sleep 0.25
done

# The store in memory names itself; the monitor must know it by that name.
ceph-osd -c "$conf" -i 0 --mkfs >"$dir/log/osd-mkfs.out" 2>&1 || give_up "no object store"
name=$(cat "$dir/osd/fs_fsid" 2>/dev/null || cat "$dir/osd/fsid")
ceph osd new "$name" 0 >/dev/null || give_up "the monitor refuses the object store"

ceph osd crush add osd.0 1.0 root=default host=localhost >/dev/null 2>&1 || give_up "no place for the object store"
start "$dir" osd ceph-osd -c "$conf" -i 0 -f
tries=120
until ceph osd stat 2>/dev/null | grep -q ' 1 up'; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || give_up "the object store does not come up"
  sleep 0.25
done
start "$dir" gateway radosgw -c "$conf" -n client.rgw -f
answers "http://127.0.0.1:$port/" 240 || give_up "the gateway does not answer"

key=AKIDPEERSRADOSGW0001
secret=$(head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n')
timeout 60 radosgw-admin -c "$conf" -n client.rgw user create --uid=peer --display-name=peer \
  --access-key=$key --secret="$secret" >"$dir/log/user.out" 2>&1 || give_up "no user"
cat >"$dir/env" <<END
AWS_ENDPOINT_URL=http://127.0.0.1:$port
AWS_ACCESS_KEY_ID=$key
AWS_SECRET_ACCESS_KEY=$secret
AWS_REGION=us-east-1
END
