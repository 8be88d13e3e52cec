#!/usr/bin/env bash
# scripts/setup.sh [demo [sqlite|redis|postgres]|dev|bench]
#
# Installs what is missing on this machine, and says what and why. Nothing is installed twice: when all is there it takes
# well under a second and needs no root. `demo` leaves out what only tests and linters need, and adds the server that the
# demo is to run over; `bench` adds the libraries that the benchmarks compare with.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-dev}
store=${2:-sqlite}
case $mode in
  demo | dev | bench) ;;
  *) echo "usage: scripts/setup.sh [demo [sqlite|redis|postgres]|dev|bench]" >&2 && exit 2 ;;
esac
case $store in
  sqlite | redis | postgres) ;;
  *) echo "STORE: got $store, expected sqlite, redis or postgres" >&2 && exit 2 ;;
esac

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2 && exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
# digest FILE...: one word that changes whenever one of the files does.
digest() { cat "$@" | git hash-object --stdin; }

# --- What a person has to bring ---------------------------------------------------------------------------------------

have cargo || fail "Rust is missing: install it with rustup (https://rustup.rs), then run this again"
have node && have npm || fail "Node.js is missing: install version 20 or later (https://nodejs.org), then run this again"
node_version=$(node --version)
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
  fail "Node.js is $node_version, but the build tools need 20.19 or later"

# --- Debian packages, each only when what it brings is missing --------------------------------------------------------

packages=()
# need WHY PACKAGE...
need() {
  say "$1: will install ${*:2}"
  packages+=("${@:2}")
}

find_python() {
  local python
  for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do
    if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      command -v "$python" && return
    fi
  done
  return 1
}

find_chromium() {
  local browser
  [[ -x ${CHROMIUM:-} ]] && return
  for browser in chromium chromium-browser google-chrome google-chrome-stable; do
    have "$browser" && return
  done
  return 1
}

find_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || { have initdb && have postgres; }; }

# rustup is asked first; behind a closed network it fails at once or is cut short, and Debian's own Rust takes over.
find_wasm_toolchain() {
  scripts/wasm-toolchain.sh >/dev/null 2>&1 && return
  have rustup || return 1
  say "Rust cannot compile for the browser yet: asking rustup for the wasm32-unknown-unknown target"
  timeout 180 rustup target add wasm32-unknown-unknown >.cache/setup-rustup.log 2>&1 &&
    scripts/wasm-toolchain.sh >/dev/null 2>&1 && return
  say "rustup could not bring it (.cache/setup-rustup.log)"
  return 1
}

mkdir -p .cache/stamps
have cc || need "linking Rust needs a C compiler" gcc libc6-dev
have g++ && have make || need "better-sqlite3 is compiled on this machine" g++ make
have python3 || [[ -x .venv/bin/python ]] || need "node-gyp and the Python binding need Python" python3
[[ -x .venv/bin/python ]] || find_python >/dev/null || need "the Python binding needs a virtual environment" python3-venv
find_chromium || need "the browser's part is run in a real browser" chromium
if [[ $mode == dev || $store == redis ]]; then
  have redis-server || have valkey-server || need "tests and demo of the Redis stores start a real server" redis-server
fi
if [[ $mode == dev || $store == postgres ]]; then
  find_postgres || need "tests and demo of the PostgreSQL stores start a real server" postgresql
fi
find_wasm_toolchain || need "the browser's part needs a Rust that compiles to wasm" rustc-web cargo-web rust-web-src lld-19

if ((${#packages[@]} > 0)); then
  have apt-get || fail "this machine has no apt-get: please install what these Debian packages bring: ${packages[*]}"
  as_root=()
  if ((EUID != 0)); then
    have sudo || fail "installing needs root, and there is no sudo: apt-get install ${packages[*]}"
    as_root=(sudo)
  fi
  say "apt-get install ${packages[*]}"
  # Tests start servers of their own: Debian asks this file whether a package may start its service.
  no_services=/usr/sbin/policy-rc.d
  if [[ -e $no_services ]]; then
    no_services=""
  else
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install --mode=755 /dev/stdin "$no_services"
    trap '"${as_root[@]}" rm -f "$no_services"' EXIT
  fi
  {
    "${as_root[@]}" apt-get update &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${packages[@]}"
  } >.cache/setup-apt.log 2>&1 || { tail -20 .cache/setup-apt.log >&2 && fail "apt-get failed (.cache/setup-apt.log)"; }
fi

# --- JavaScript packages, exactly as locked ---------------------------------------------------------------------------

npm_stamp="$node_version $(digest package-lock.json)"
if [[ ! -d node_modules || $(cat .cache/stamps/npm 2>/dev/null) != "$npm_stamp" ]]; then
  say "npm ci: the JavaScript tools and libraries of package-lock.json (better-sqlite3 may compile for a minute)"
  # A Node that carries its own headers spares node-gyp a download.
  prefix=$(dirname "$(dirname "$(node -p process.execPath)")")
  if [[ -f $prefix/include/node/node.h ]]; then export npm_config_nodedir=$prefix; fi
  npm ci >.cache/setup-npm.log 2>&1 || { tail -40 .cache/setup-npm.log >&2 && fail "npm ci failed (.cache/setup-npm.log)"; }
  echo "$npm_stamp" >.cache/stamps/npm
fi

# npm_extra FOLDER WHY: a project of its own, because what it locks would clash with the workspace's.
npm_extra() {
  local stamp=.cache/stamps/npm-${1//\//-} wanted
  wanted=$(digest "$1/package-lock.json")
  [[ ! -d $1/node_modules || $(cat "$stamp" 2>/dev/null) != "$wanted" ]] || return 0
  say "npm ci in $1: $2"
  npm ci --prefix "$1" --ignore-scripts >.cache/setup-npm.log 2>&1 ||
    { tail -40 .cache/setup-npm.log >&2 && fail "npm ci failed (.cache/setup-npm.log)"; }
  echo "$wanted" >"$stamp"
}
if [[ $mode == bench ]]; then npm_extra benches/peers/node24 "Node 24 and the newest libraries to measure beside"; fi

# --- Python packages, in an environment of this folder ----------------------------------------------------------------

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
  python=$(find_python) || fail "no Python 3.10 or later with venv was found"
  say "python -m venv .venv, with $python"
  rm -rf .venv .cache/stamps/pip-*
  "$python" -m venv .venv
fi
# pip_install FILE: unless what it and the files it includes ask for is there already.
pip_install() {
  local stamp=.cache/stamps/pip-${1//\//-} wanted
  wanted=$(digest scripts/requirements-*.txt "$1")
  [[ $(cat "$stamp" 2>/dev/null) != "$wanted" ]] || return 0
  say "pip install: $2, of $1"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$1" \
    >.cache/setup-pip.log 2>&1 || { tail -20 .cache/setup-pip.log >&2 && fail "pip failed (.cache/setup-pip.log)"; }
  echo "$wanted" >"$stamp"
}
case $mode in
  demo) pip_install scripts/requirements-demo.txt "what the build and the demo need" ;;
  dev) pip_install scripts/requirements-dev.txt "what tests and linters need" ;;
  bench)
    pip_install scripts/requirements-demo.txt "what the build needs"
    pip_install benches/peers/python/requirements.txt "the libraries we measure beside"
    ;;
esac
