# SPDX-License-Identifier: MIT
# What the peers' scripts share; read with `.`, not run.
# Packages by name, free ports, servers that are ended by the ids they were started with.
# Every server lives in a folder of its own: DIR/pids holds its processes, DIR/log its words.

peers_say() { printf '%s\n' "peers: $*"; }

# need COMMAND PACKAGE...: the command is there, or is installed; else says why not.
need() {
  need_command=$1
  shift
  command -v "$need_command" >/dev/null 2>&1 && return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    peers_say "$need_command is not to be had: there is no apt-get here (Debian: $*)"
    return 1
  fi
  need_as=
  if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      peers_say "$need_command is not to be had: installing $* needs root"
      return 1
    fi
    need_as="sudo -n"
  fi
  peers_say "installing $*"
  # shellcheck disable=SC2086
  $need_as env DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Use-Pty=0 "$@" </dev/null >"${TMPDIR:-/tmp}/peers-apt.$$" 2>&1 ||
    { $need_as env DEBIAN_FRONTEND=noninteractive timeout 120 apt-get update -qq </dev/null >/dev/null 2>&1 &&
      $need_as env DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Use-Pty=0 "$@" </dev/null >"${TMPDIR:-/tmp}/peers-apt.$$" 2>&1; }
  if command -v "$need_command" >/dev/null 2>&1; then
    rm -f "${TMPDIR:-/tmp}/peers-apt.$$"
    return 0
  fi
  peers_say "$need_command is not to be had: apt-get could not install $*: $(tail -n 1 "${TMPDIR:-/tmp}/peers-apt.$$")"
  rm -f "${TMPDIR:-/tmp}/peers-apt.$$"
  return 1
}

# free_ports COUNT: the first of COUNT free ports in a row, of 127.0.0.1, below those that the
# system hands out to connections.
free_ports() {
  /usr/bin/python3 - "$1" <<'PY'
import os, socket, sys
count = int(sys.argv[1])
first = 17000 + os.getpid() * 37 % 13000
while True:
    held = []
    try:
        for port in range(first, first + count):
            s = socket.socket()
            held.append(s)
            s.bind(("127.0.0.1", port))
        print(first)
        break
    except OSError:
        first = 17000 + (first - 17000 + 37) % 13000
    finally:
        for s in held:
            s.close()
PY
}

# start DIR NAME COMMAND...: in the background, noted in DIR/pids.
start() {
  start_dir=$1 start_name=$2
  shift 2
  "$@" </dev/null >>"$start_dir/log/$start_name.out" 2>&1 &
  echo $! >>"$start_dir/pids"
}

# wait_for PATTERN DIR NAME: until that server says so, 30 s at the most; 1 if it never does.
wait_for() {
  wait_left=300
  until grep -q "$1" "$2/log/$3.out" 2>/dev/null; do
    wait_left=$((wait_left - 1))
    if [ $wait_left -eq 0 ]; then
      peers_say "$3 does not start: $(tail -n 3 "$2/log/$3.out")"
      return 1
    fi
    sleep 0.1
  done
}

# answers URL TRIES: waits in steps of 0.25 s until something answers there.
answers() {
  answers_left=$2
  while [ "$answers_left" -gt 0 ]; do
    curl -s -o /dev/null --noproxy '*' --max-time 2 "$1" && return 0
    answers_left=$((answers_left - 1))
    sleep 0.25
  done
  return 1
}

# stop DIR: ends the processes of DIR/pids, the last first, and removes the folder.
stop() {
  if [ -f "$1/pids" ]; then
    stop_pids=$(sed '1!G;h;$!d' "$1/pids" | tr '\n' ' ')
    # shellcheck disable=SC2086
    kill $stop_pids 2>/dev/null
    for stop_pid in $stop_pids; do
      stop_left=20
      while kill -0 "$stop_pid" 2>/dev/null && [ $stop_left -gt 0 ]; do
        stop_left=$((stop_left - 1))
        sleep 0.25
      done
      kill -9 "$stop_pid" 2>/dev/null
    done
  fi
  rm -rf "$1"
}

# need_python_module MODULE PACKAGE: Debian's Python has it, or gets it.
need_python_module() {
  /usr/bin/python3 -c "import $1" 2>/dev/null && return 0
  # `need` asks for a command: one that can be there only with the package.
  need "/usr/bin/python3-with-$1" "$2" >/dev/null
  /usr/bin/python3 -c "import $1" 2>/dev/null && return 0
  peers_say "$1 is not to be had for /usr/bin/python3 (Debian: $2)"
  return 1
}

# npm_packages FOLDER: what package.json asks for, in a folder of the build; kept for the next run.
npm_packages() {
  if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    peers_say "the AWS SDK for JavaScript is not to be had: it needs node 20 or later, and npm"
    return 1
  elif ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'; then
    peers_say "the AWS SDK for JavaScript is not to be had: it needs node 20 or later, here is $(node --version)"
    return 1
  fi
  mkdir -p "$1" || return 1
  if ! cmp -s tests/peers/package.json "$1/package.json" || [ ! -d "$1/node_modules/@aws-sdk/client-s3" ]; then
    cp tests/peers/package.json "$1/package.json"
    peers_say "npm install of the AWS SDK for JavaScript v3"
    if ! (cd "$1" && timeout 240 npm install --no-audit --no-fund --ignore-scripts --no-package-lock \
      --loglevel=error >npm.log 2>&1); then
      peers_say "the AWS SDK for JavaScript is not to be had: npm install failed: $(tail -n 1 "$1/npm.log")"
      rm -f "$1/package.json"
      return 1
    fi
  fi
}

# pip_package FOLDER PACKAGE: python3 with FOLDER in its path has it; kept for the next run.
pip_package() {
  PYTHONPATH=$1 python3 -c "import $2" 2>/dev/null && return 0
  if ! python3 -m pip --version >/dev/null 2>&1; then
    peers_say "$2 is not to be had: python3 has no pip (Debian: python3-pip)"
    return 1
  fi
  mkdir -p "$1" || return 1
  peers_say "pip install of $2"
  if ! timeout 240 python3 -m pip install --quiet --only-binary :all: --target "$1" "$2" >"$1/$2.log" 2>&1 ||
    ! PYTHONPATH=$1 python3 -c "import $2" 2>>"$1/$2.log"; then
    peers_say "$2 is not to be had: pip install failed: $(tail -n 1 "$1/$2.log")"
    return 1
  fi
}
