#!/bin/sh
# SPDX-License-Identifier: MIT
# From a fresh machine to a rehearsed fine-tuning job:  sh examples/quickstart.sh [ARGS]
# Sees to the packages and the build (setup.sh), then runs examples/finetune.lua against
# the emulator: no account, no cost, no network.  ARGS go to the script and to rehearse.
set -u
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
sh "$root/examples/setup.sh" || exit 1
exec "$root/build/moonrock" rehearse "$root/examples/finetune.lua" "$@"
