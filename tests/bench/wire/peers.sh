# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
# For wire.sh, invoke.sh and protocol.sh: the environment that all programs share; $python, one with boto3,
# and $node, the folder with the SDK for JavaScript, or empty.  $dir is the build's folder.
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE
AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 AWS_ACCESS_KEY_ID=AKIDBENCH
AWS_SECRET_ACCESS_KEY=secret AWS_EC2_METADATA_DISABLED=true NODE_NO_WARNINGS=1 PYTHONDONTWRITEBYTECODE=1
export AWS_REGION AWS_DEFAULT_REGION NO_PROXY no_proxy AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY \
  AWS_EC2_METADATA_DISABLED NODE_NO_WARNINGS PYTHONDONTWRITEBYTECODE

# boto3 takes the endpoint from the environment from 1.31 on; only such a one is measured.
python=
for candidate in python3 /usr/bin/python3; do
  if [ -z "$python" ] && "$candidate" -c 'import boto3; assert tuple(map(int, boto3.__version__.split(".")[:2])) >= (1, 31)' \
    2>/dev/null; then
    python=$candidate
  fi
done
[ -n "$python" ] || echo "bench: no boto3 of 1.31 or later, which takes AWS_ENDPOINT_URL: left out"
node=
if [ -d "$dir/peers-node/node_modules" ] && command -v node >/dev/null 2>&1; then
  node=$dir/peers-node
  cp tests/bench/wire/*.mjs "$node/"
else
  echo "bench: no AWS SDK for JavaScript (tests/run.sh --peers installs it): left out"
fi
