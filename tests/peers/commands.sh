#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that speak S3 against `moonrock serve`:  sh tests/peers/commands.sh FOLDER NAME...
# NAME: aws, rclone, s3cmd.  Each uploads 30 MB in parts and small files with odd names, lists,
# downloads, compares bytes, and is refused with a wrong secret.  Endpoint, keys and
# region come from the environment that `serve` prints; MOONROCK is the program, whose sync and that of
# the AWS CLI must find nothing left to do for each other.
set -u
folder=${1:?folder}
shift
failed=0
passed=0
bucket=commands-$$
tree=$folder/tree

check() { # check WHAT COMMAND...
  check_what=$1
  shift
  if "$@" >"$folder/said" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "peers: $program: FAILED $check_what: $*"
    sed 's/^/  /' "$folder/said" | tail -n 20
  fi
}

refused() { # refused TEXT COMMAND...: fails, and its words hold TEXT
  refused_text=$1
  shift
  if "$@" >"$folder/refused" 2>&1; then
    echo "not refused"
    return 1
  fi
  cat "$folder/refused"
  grep -q "$refused_text" "$folder/refused"
}

count() { # count NUMBER COMMAND...: prints that many lines
  count_expected=$1
  shift
  "$@" >"$folder/lines" 2>&1 || { cat "$folder/lines"; return 1; }
  cat "$folder/lines"
  [ "$(wc -l <"$folder/lines")" -eq "$count_expected" ]
}

ours() { # ours COUNT FROM TO: moonrock's sync transfers that many files
  "${MOONROCK:-build/moonrock}" - "$@" <<'LUA'
local count, from, to = ...
local result = require("moonrock").client("s3"):sync(from, to)
for _, action in ipairs(result.actions) do print(action.action, action.path, action.why) end
os.exit(result.transferred == tonumber(count))
LUA
}

mkdir -p "$tree/sub dir" || exit 1
head -c 30000001 /dev/urandom >"$tree/big"
echo one >"$tree/a b+c%20.txt"
echo two >"$tree/sub dir/é☃ & 'x'"
: >"$tree/empty"
host=${AWS_ENDPOINT_URL#*://}
wrong=not-the-secret

# What these programs would read of their user's own is out of reach.
HOME=$folder/home
XDG_CONFIG_HOME=$HOME
mkdir -p "$HOME"
export HOME XDG_CONFIG_HOME
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE
NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export NO_PROXY no_proxy

try_aws() {
  aws=${MOONROCK_AWS:-aws}
  program=$("$aws" --version 2>&1 | cut -d' ' -f1 | tr / ' ')
  AWS_PAGER='' AWS_EC2_METADATA_DISABLED=true
  export AWS_PAGER AWS_EC2_METADATA_DISABLED
  a() { "$aws" --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
  pipe() { a s3 cp - "s3://$bucket/piped" <"$tree/big" && a s3 cp "s3://$bucket/piped" - >"$folder/piped" &&
    cmp "$tree/big" "$folder/piped"; }
  idle() { count 0 a s3 sync "$@" --no-progress; }
  forged() { AWS_SECRET_ACCESS_KEY=$wrong a "$@"; }
  check "mb" a s3 mb "s3://$bucket"
  check "cp of a file in parts" a s3 cp "$tree/big" "s3://$bucket/one" --no-progress
  check "cp back" a s3 cp "s3://$bucket/one" "$folder/back" --no-progress
  check "the same bytes" cmp "$tree/big" "$folder/back"
  check "cp of standard input and output" pipe
  check "cp of a tree" a s3 cp --recursive "$tree" "s3://$bucket/tree/" --no-progress
  check "sync of the same tree" a s3 sync "s3://$bucket/tree/" "$folder/aws-tree" --no-progress
  check "the same tree" diff -r "$tree" "$folder/aws-tree"
  check "ls" count 4 a s3 ls --recursive "s3://$bucket/tree/"
  check "moonrock's sync has nothing to do after that" ours 0 "$folder/aws-tree" "s3://$bucket/tree"
  check "moonrock's sync up" ours 4 "$tree" "s3://$bucket/ours"
  check "sync has nothing to do after that" idle "$tree" "s3://$bucket/ours"
  check "nor back" idle "s3://$bucket/ours" "$tree"
  check "moonrock's sync down" ours 4 "s3://$bucket/tree" "$folder/our-tree"
  check "sync has nothing to do after that one" idle "$folder/our-tree" "s3://$bucket/tree"
  check "nor down" idle "s3://$bucket/tree" "$folder/our-tree"
  check "the same tree again" diff -r "$tree" "$folder/our-tree"
  check "mv" a s3 mv "s3://$bucket/one" "s3://$bucket/a moved one" --no-progress
  check "a wrong secret" refused SignatureDoesNotMatch forged s3 ls
  check "a wrong secret, upload" refused SignatureDoesNotMatch forged s3api put-object --bucket "$bucket" --key x \
    --body "$tree/big"
  check "rb --force" a s3 rb --force "s3://$bucket"
}

try_rclone() {
  program=$(rclone version 2>/dev/null | head -n 1)
  RCLONE_CONFIG=$folder/rclone.conf
  export RCLONE_CONFIG
  printf '[peer]\ntype = s3\nprovider = Other\nenv_auth = false\nendpoint = %s\nregion = %s\n' \
    "$AWS_ENDPOINT_URL" "$AWS_REGION" >"$RCLONE_CONFIG"
  printf 'access_key_id = %s\nsecret_access_key = %s\nlocation_constraint = %s\n' \
    "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$AWS_REGION" >>"$RCLONE_CONFIG"
  r() { rclone --retries 1 --low-level-retries 1 --s3-chunk-size 5Mi --s3-upload-cutoff 5Mi "$@"; }
  check "mkdir" r mkdir "peer:$bucket"
  check "copy of a tree, in parts" r copy "$tree" "peer:$bucket/tree"
  check "check --download" r check --download "$tree" "peer:$bucket/tree"
  check "check by digests" r check "$tree" "peer:$bucket/tree"
  check "lsf" count 4 r lsf -R --files-only "peer:$bucket/tree"
  check "a copy at the server" r copyto "peer:$bucket/tree/big" "peer:$bucket/copy"
  check "copy back" r copy "peer:$bucket/tree" "$folder/rclone-tree"
  check "the same tree" diff -r "$tree" "$folder/rclone-tree"
  check "a second copy moves nothing" r copy --immutable "$tree" "peer:$bucket/tree"
  check "a wrong secret" refused 403 r --s3-secret-access-key "$wrong" copy "$tree/big" "peer:$bucket/w"
  check "purge" r purge "peer:$bucket"
}

try_s3cmd() {
  program=$(s3cmd --version)
  printf '[default]\naccess_key = %s\nsecret_key = %s\nhost_base = %s\nhost_bucket = %s\n' \
    "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$host" "$host" >"$folder/s3cfg"
  printf 'bucket_location = %s\nuse_https = False\nsignature_v2 = False\n' "$AWS_REGION" >>"$folder/s3cfg"
  s() { s3cmd -c "$folder/s3cfg" --no-progress --region="$AWS_REGION" "$@"; }
  check "mb" s mb "s3://$bucket"
  check "put in parts" s put --multipart-chunk-size-mb=5 "$tree/big" "s3://$bucket/big"
  check "get" s get --force "s3://$bucket/big" "$folder/back"
  check "the same bytes" cmp "$tree/big" "$folder/back"
  check "put of a tree" s put --recursive "$tree/" "s3://$bucket/tree/"
  check "ls" count 4 s ls --recursive "s3://$bucket/tree/"
  mkdir -p "$folder/s3cmd-tree"
  check "sync back" s sync "s3://$bucket/tree/" "$folder/s3cmd-tree/"
  check "the same tree" diff -r "$tree" "$folder/s3cmd-tree"
  check "cp" s cp "s3://$bucket/big" "s3://$bucket/copy of it"
  check "info" s info "s3://$bucket/copy of it"
  check "a wrong secret" refused 403 s --secret_key="$wrong" ls "s3://$bucket"
  check "a wrong secret, upload" refused 403 s --secret_key="$wrong" put "$tree/big" "s3://$bucket/w"
  check "rb" s rb --recursive --force "s3://$bucket"
}

for name in "$@"; do
  before=$failed passed=0
  rm -rf "$folder/back" "$folder/our-tree" "$folder/$name-tree"
  "try_$name"
  echo "peers: $program: $passed checks pass, $((failed - before)) fail"
done
[ $failed -eq 0 ]
