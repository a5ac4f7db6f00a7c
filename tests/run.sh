#!/bin/sh
# SPDX-License-Identifier: MIT
# Passes the tests:  sh tests/run.sh [--asan] [--tsan] [--fuzz [SECONDS]] [--peers] [--bench]
# Without an option: sets up (examples/setup.sh), builds in build/, runs the default tests.
# Each option runs that part instead; several run one after the other.
#   --asan   the same tests under AddressSanitizer and UBSan, in build-asan/
#   --tsan   what runs on several threads, under ThreadSanitizer, in build-tsan/
#   --fuzz   every target of tests/fuzz for 60 s, or as long as told, in build-fuzz/
#   --peers  beside other programs: tests/peers
#   --bench  measures: tests/bench
# Safe to repeat.  The last line says how it went, the exit code agrees.
set -u
LC_ALL=C
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export LC_ALL PATH
cd "$(dirname "$0")/.." || exit 1

started=$(date +%s)
failed=

finish() { # finish PART CODE
  if [ "$2" -ne 0 ]; then
    failed="$failed $1"
    printf '%s\n' "moonrock: $1 FAILED" >&2
  fi
}

run_ctest() { # run_ctest DIR
  ctest --test-dir "$1" --output-on-failure --timeout 300 -j "$(nproc 2>/dev/null || echo 2)"
}

run_default() {
  sh examples/setup.sh --tests build && run_ctest build
}

run_asan() {
  sh examples/setup.sh --tests build-asan -DCMAKE_BUILD_TYPE=None "-DCMAKE_C_FLAGS=-O1 -g" \
    -DMR_SANITIZE=address,undefined || return 1
  ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1 \
    LSAN_OPTIONS=suppressions="$PWD/tests/support/leaks.txt:print_suppressions=0" UBSAN_OPTIONS=print_stacktrace=1 run_ctest build-asan
}

run_tsan() {
  sh examples/setup.sh --tests build-tsan -DCMAKE_BUILD_TYPE=None "-DCMAKE_C_FLAGS=-O1 -g" \
    -DMR_SANITIZE=thread || return 1
  # The sanitizer holds signals back, so what is stopped by one in a loop would never end.
  TSAN_OPTIONS=halt_on_error=1
  export TSAN_OPTIONS
  LUA_PATH="tests/support/?.lua;;"
  export LUA_PATH
  build-tsan/tests/pool_test && build-tsan/tests/output_order_test &&
    build-tsan/moonrock tests/script/lint_test.lua -x Program -x Command &&
    build-tsan/moonrock tests/script/jsonl_transform_test.lua -x TestProgram -x a_stop_ends &&
    build-tsan/moonrock tests/script/jsonl_redact_test.lua -p number_of_threads
}

# One target: its corpus grows in build-fuzz/corpus, small test files are the seeds.
fuzz_one() { # fuzz_one TARGET SECONDS
  corpus=build-fuzz/corpus/${1##*/}
  log=build-fuzz/${1##*/}.log
  mkdir -p "$corpus" build-fuzz/findings
  if "$1" -max_total_time="$2" -timeout=10 -max_len=4096 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix=build-fuzz/findings/ "$corpus" build-fuzz/seeds >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    printf '%s\n' "  ${1##*/}: ${2} s, ${runs:-?} runs, no finding"
  else
    tail -n 40 "$log"
    printf '%s\n' "  ${1##*/}: FINDING; the input lies in build-fuzz/findings/" >&2
    return 1
  fi
}

run_fuzz() { # run_fuzz SECONDS
  CC=clang sh examples/setup.sh --fuzz build-fuzz -DCMAKE_BUILD_TYPE=None \
    "-DCMAKE_C_FLAGS=-O1 -g" -DMR_FUZZ=ON -DMR_SANITIZE=address,undefined,fuzzer-no-link || return 1
  mkdir -p build-fuzz/seeds
  find tests/data examples/data -type f -size -16k 2>/dev/null | while read -r file; do
    cp "$file" "build-fuzz/seeds/$(printf '%s' "$file" | tr '/ ' '__')"
  done
  found=0
  for source in tests/fuzz/*_fuzz.c; do
    name=${source##*/}
    fuzz_one "$(find build-fuzz -type f -name "${name%.c}" -perm -u+x | head -n 1)" "$1" || found=1
  done
  return $found
}

run_peers() {
  if [ -f tests/peers/run.sh ]; then
    sh examples/setup.sh --tests build && sh tests/peers/run.sh build
  else
    echo "moonrock: there are no tests beside other programs yet"
  fi
}

run_bench() {
  sh examples/setup.sh --tests build && sh tests/bench/start.sh build && sh tests/bench/wire.sh build &&
    sh tests/bench/invoke.sh build && sh tests/bench/protocol.sh build && sh tests/bench/jsonl.sh build &&
    sh tests/bench/jsonl_bulk.sh build || return 1
  for script in tests/bench/*.lua; do
    echo "== $script"
    build/moonrock "$script" || return 1
  done
}

if [ $# -eq 0 ]; then
  run_default
  finish "the default tests" $?
fi
while [ $# -gt 0 ]; do
  case "$1" in
    --asan)
      run_asan
      finish "--asan" $?
      ;;
    --tsan)
      run_tsan
      finish "--tsan" $?
      ;;
    --fuzz)
      seconds=60
      case "${2-}" in
        [0-9]*)
          seconds=$2
          shift
          ;;
      esac
      run_fuzz "$seconds"
      finish "--fuzz" $?
      ;;
    --peers)
      run_peers
      finish "--peers" $?
      ;;
    --bench)
      run_bench
      finish "--bench" $?
      ;;
    *)
      sed -n '3,11s/^# \{0,1\}//p' tests/run.sh >&2
      exit 2
      ;;
  esac
  shift
done

took=$(($(date +%s) - started))
if [ -n "$failed" ]; then
  printf '%s\n' "moonrock: FAILED:$failed (after $took s)"
  exit 1
fi
printf '%s\n' "moonrock: all passed in $took s"
