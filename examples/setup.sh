#!/bin/sh
# SPDX-License-Identifier: MIT
# Gets this machine ready and builds:  sh examples/setup.sh [--tests | --fuzz] [DIR [-D...]]
# Installs the Debian packages that are missing (none: no apt-get, no network), configures
# in DIR (build) with the given CMake options, and builds.  Safe to repeat.  --tests wants
# what the tests need as well, --fuzz what the fuzz targets need.
set -u
LC_ALL=C
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export LC_ALL PATH
cd "$(dirname "$0")/.." || exit 1

say() { printf '%s\n' "moonrock: $*"; }
die() {
  printf '%s\n' "moonrock: $*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

mode=build
case "${1-}" in
  --tests | --fuzz) mode=${1#--} && shift ;;
  -*) die "unknown option $1; see the head of examples/setup.sh" ;;
esac
dir=build
if [ $# -gt 0 ]; then
  dir=$1
  shift
fi

# ---- packages --------------------------------------------------------------------------

missing=   # names, separated by blanks
reasons=   # one line each

# want PACKAGE REASON [COMMAND...]: missing unless the package is installed or one of the
# commands is there already.
want() {
  package=$1 reason=$2
  shift 2
  for command in "$@"; do
    have "$command" && return
  done
  case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" in
    *not-installed*) ;;
    *installed*) return ;;
  esac
  missing="$missing $package"
  reasons="$reasons  $package: $reason
"
}

# Output is shown on a terminal as it comes, elsewhere only after a failure.
quietly() {
  if [ -t 1 ]; then
    "$@"
    return
  fi
  said=$("$@" 2>&1) && return
  printf '%s\n' "$said" | grep -v '^\[[0-9]*/[0-9]*\] ' >&2
  return 1
}

# Runs apt-get with the rights it needs.
apt() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null
  elif sudo -n true 2>/dev/null; then
    sudo -n env DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null
  else
    sudo env DEBIAN_FRONTEND=noninteractive apt-get "$@"
  fi
}

can_install() {
  [ "$(id -u)" = 0 ] && return 0
  have sudo || return 1
  sudo -n true 2>/dev/null || [ -t 0 ]
}

install_missing() {
  [ -z "$missing" ] && return
  say "these packages are missing:"
  printf '%s' "$reasons"
  if ! can_install; then
    say "installing them needs root, and sudo cannot be asked here; please type as root:" >&2
    printf '%s\n' "  apt-get update && apt-get install -y --no-install-recommends$missing" >&2
    exit 1
  fi
  say "installing them with apt-get (a minute, perhaps)"
  quietly apt update -qq ||
    say "the package lists could not be refreshed; going on with those at hand" >&2
  # shellcheck disable=SC2086
  if ! quietly apt install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 $missing; then
    failed=
    for package in $missing; do # one by one, to tell which
      apt install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
        failed="$failed $package"
    done
    [ -n "$failed" ] && die "apt-get could not install:$failed (its own words are above)"
  fi
  missing='' reasons=''
}

if have dpkg-query; then
  want gcc "the C compiler" cc gcc clang
  want libc6-dev "the headers of the C library"
  want cmake "configures the build" cmake
  want ninja-build "runs the build" ninja make
  want pkg-config "finds the libraries" pkg-config
  want liblua5.4-dev "the Lua that moonrock embeds"
  want lua5.4 "runs the generators of the build" lua5.4
  want libssl-dev "hashes for signatures and checksums"
  want lua-cjson-dev "the module cjson, linked into the program"
  want libexpat1-dev "reads the XML of S3"
  want zlib1g-dev "reads and writes .gz"
  want libzstd-dev "reads and writes .zst"
  want libcurl4-openssl-dev "speaks HTTP to services"
  want ca-certificates "whom to believe that they are AWS"
  want libedit-dev "lines typed at the prompt"
  want libmicrohttpd-dev "serves the emulator on loopback"
  if [ $mode = tests ]; then
    want libcmocka-dev "the tests in C"
    want lua-unit "the tests in Lua"
    want lua-check "checks the Lua files" luacheck
  elif [ $mode = fuzz ]; then
    want clang "the compiler with libFuzzer" clang
  fi
  install_missing
  if [ $mode = fuzz ]; then
    want "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev" "libFuzzer and AddressSanitizer"
    install_missing
  fi
else
  say "this is no Debian: please see to a C compiler, cmake, ninja or make, pkg-config, and" \
    "the development files of Lua 5.4, OpenSSL, lua-cjson, expat, libcurl, libedit and libmicrohttpd yourself"
  have cmake || die "cmake is missing"
fi

# ---- configure and build ---------------------------------------------------------------

# A build folder that was moved or copied here belongs to another source folder.
if [ -f "$dir/CMakeCache.txt" ] &&
  ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$(pwd -P)" "$dir/CMakeCache.txt"; then
  rm -rf "$dir"
fi

tests=OFF
[ $mode = tests ] && tests=ON
mkdir -p "$dir" || exit 1
if [ ! -f "$dir/build.ninja" ] && [ ! -f "$dir/Makefile" ] ||
  { [ $tests = ON ] && ! grep -qx 'MR_TESTS:BOOL=ON' "$dir/CMakeCache.txt"; }; then
  say "configuring in $dir/"
  generator="Unix Makefiles"
  have ninja && generator=Ninja
  [ -f "$dir/Makefile" ] && generator="Unix Makefiles"
  quietly cmake -S . -B "$dir" -G "$generator" -DMR_TESTS=$tests "$@" ||
    die "configuring failed; see above"
fi
say "building in $dir/"
quietly cmake --build "$dir" -j "$(nproc 2>/dev/null || echo 2)" || die "the build failed; see above"
