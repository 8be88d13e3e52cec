#!/usr/bin/env bash
# scripts/suite.sh NAME COMMAND...
#
# Runs one test suite, keeping what it printed and how it ended in .cache/test-logs/ for scripts/test-summary.mjs.
set -euo pipefail
cd "$(dirname "$0")/.."

name=$1 && shift
logs=.cache/test-logs
mkdir -p "$logs"
printf '\033[1m== test: %s\033[0m\n' "$name"

status=0
"$@" 2>&1 | tee "$logs/$name.log" || status=$?
echo "$status" >"$logs/$name.status"
exit "$status"
