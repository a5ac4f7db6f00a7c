#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that others wrote drive `moonrock serve`:  sh tests/peers/clients.sh BUILD_DIR
# boto3 and requests signed by hand, the AWS CLI, rclone, s3cmd, the AWS SDK for JavaScript
# v3, and where it lies beside the project, a probe of 32 features.  The last line that this
# prints tells how many of them there were.  1 if any of them failed.
set -u
dir=$(cd "${1:?build folder}" && pwd)
cd "$(dirname "$0")/../.." || exit 1
. tests/peers/support.sh
work=$(mktemp -d) || exit 1
mkdir -p "$work/serve/log" "$work/files"
trap 'stop "$work/serve"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
bad=0
ran=0
missing=

start "$work/serve" serve "$dir/moonrock" serve --port 0 --state "$work/serve/state"
wait_for '^export AWS_REGION' "$work/serve" serve || exit 1
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE
NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost
export NO_PROXY no_proxy
eval "$(grep '^export ' "$work/serve/log/serve.out")"

run() { # run SECONDS COMMAND...
  limit=$1
  shift
  ran=$((ran + 1))
  timeout "$limit" "$@" || {
    peers_say "FAILED: $*"
    bad=1
  }
}

# ---- Python: Debian's boto3, and that of another Python if there is one ------------------

seen=
try_boto3() { # try_boto3 PYTHON
  version=$("$1" -c 'import boto3; print(boto3.__version__)' 2>/dev/null) || return 1
  case " $seen " in *" $version "*) return 0 ;; esac
  seen="$seen $version"
  PYTHONDONTWRITEBYTECODE=1 run 120 "$1" tests/peers/sdk_boto3.py "$work/files"
  probe=../shared/servers/check_server.py
  if [ -f $probe ]; then # its buckets are made without a place, as us-east-1 has it
    ran=$((ran + 1))
    timeout 120 "$1" -W ignore $probe "$AWS_ENDPOINT_URL" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" \
      >"$work/probe" 2>&1
    if grep -q '^-- 32 ok of 32$' "$work/probe"; then
      peers_say "check_server.py with boto3 $version: 32 of 32"
    else
      peers_say "check_server.py with boto3 $version: FAILED"
      grep -E 'FAIL|^--|Error' "$work/probe"
      bad=1
    fi
  fi
}
need_python_module boto3 python3-boto3 && try_boto3 /usr/bin/python3
if [ "$(command -v python3)" != /usr/bin/python3 ]; then
  try_boto3 python3
fi
[ -n "$seen" ] || missing="$missing boto3"

# ---- programs ------------------------------------------------------------------------------

run_commands() { # run_commands NAME
  mkdir -p "$work/$1"
  MOONROCK=$dir/moonrock run 120 sh tests/peers/commands.sh "$work/$1" "$1"
  rm -rf "${work:?}/$1"
}
for program in aws:awscli rclone:rclone s3cmd:s3cmd; do
  if need "${program%:*}" "${program#*:}"; then
    run_commands "${program%:*}"
  else
    missing="$missing ${program%:*}"
  fi
done
if [ -x /usr/bin/aws ] && [ "$(command -v aws)" != /usr/bin/aws ]; then
  MOONROCK_AWS=/usr/bin/aws run_commands aws
fi

# ---- the AWS SDK for JavaScript ----------------------------------------------------------------

if npm_packages "$dir/peers-node"; then
  cp tests/peers/sdk_js.mjs "$dir/peers-node/"
  NODE_NO_WARNINGS=1 run 180 node "$dir/peers-node/sdk_js.mjs" "$PWD/examples/data/json_answers.jsonl" "$work/files"
else
  missing="$missing AWS-SDK-for-JavaScript"
fi

if ! kill -0 "$(cat "$work/serve/pids")" 2>/dev/null; then
  peers_say "moonrock serve died:"
  tail -n 20 "$work/serve/log/serve.out"
  bad=1
fi
peers_say "$ran clients against moonrock serve; not to be had:${missing:- none}"
exit $bad
