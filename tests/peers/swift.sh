#!/bin/sh
# SPDX-License-Identifier: MIT
# Starts OpenStack Swift with its S3 face on loopback:  sh tests/peers/swift.sh DIR PORT
# The proxy listens at PORT, memcached and the three stores at the ports after it.  Objects are
# files below DIR, whose file system must know extended attributes.  DIR/pids tells the
# processes, DIR/env the variables of its user.
# Debian: swift-proxy swift-account swift-container swift-object memcached.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support.sh"
dir=${1:?folder} port=${2:?port}
mkdir -p "$dir/log" "$dir/etc" "$dir/store/disk" "$dir/cache" || exit 1
dir=$(cd "$dir" && pwd)
: >"$dir/pids"
user=$(id -un)
secret=$(head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n')

give_up() {
  peers_say "swift: $*; the last words of its parts:" >&2
  tail -n 3 "$dir"/log/* >&2
  exit 1
}

cat >"$dir/etc/swift.conf" <<END
[swift-hash]
swift_hash_path_prefix = moonrock
swift_hash_path_suffix = peers
[storage-policy:0]
name = one
default = yes
[swift-constraints]
max_header_size = 16384
END

# One ring of one disk for each kind of store, and the server that keeps it.
at=$((port + 1))
for kind in account container object; do
  at=$((at + 1))
  (
    cd "$dir/etc" || exit 1
    swift-ring-builder $kind.builder create 4 1 0 &&
      swift-ring-builder $kind.builder add "r1z1-127.0.0.1:$at/disk" 1 &&
      swift-ring-builder $kind.builder rebalance
  ) >"$dir/log/$kind.ring" 2>&1 || give_up "no ring of ${kind}s"
  cat >"$dir/etc/$kind.conf" <<END
[DEFAULT]
swift_dir = $dir/etc
devices = $dir/store
mount_check = false
bind_ip = 127.0.0.1
bind_port = $at
workers = 0
user = $user
recon_cache_path = $dir/cache
log_address = /dev/null
log_level = ERROR
fallocate_reserve = 0
disable_fallocate = true
[pipeline:main]
pipeline = $kind-server
[app:$kind-server]
use = egg:swift#$kind
END
  start "$dir" $kind swift-$kind-server "$dir/etc/$kind.conf"
done
start "$dir" memcached memcached -l 127.0.0.1 -p $((port + 1)) -U 0 -m 32 -u "$user"

filters="catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth copy slo dlo versioned_writes symlink"
{
  cat <<END
[DEFAULT]
swift_dir = $dir/etc
bind_ip = 127.0.0.1
bind_port = $port
workers = 0
user = $user
log_address = /dev/null
[pipeline:main]
pipeline = $filters proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
node_timeout = 30
conn_timeout = 2
END
  for filter in $filters; do
    egg=$filter
    [ "$filter" = cache ] && egg=memcache
    printf '[filter:%s]\nuse = egg:swift#%s\n' "$filter" "$egg"
    case $filter in
      cache) echo "memcache_servers = 127.0.0.1:$((port + 1))" ;;
      tempauth) echo "user_peer_moonrock = $secret .admin" ;;
      versioned_writes) echo "allow_object_versioning = true" ;;
      s3api)
        echo "location = us-east-1"
        echo "storage_domain = localhost"
        echo "s3_acl = false"
        echo "min_segment_size = 5242880"
        ;;
    esac
  done
} >"$dir/etc/proxy.conf"
start "$dir" proxy swift-proxy-server "$dir/etc/proxy.conf"
answers "http://127.0.0.1:$port/healthcheck" 120 || give_up "the proxy does not answer"

cat >"$dir/env" <<END
AWS_ENDPOINT_URL=http://127.0.0.1:$port
AWS_ACCESS_KEY_ID=peer:moonrock
AWS_SECRET_ACCESS_KEY=$secret
AWS_REGION=us-east-1
AWS_REQUEST_CHECKSUM_CALCULATION=when_required
END
