#!/usr/bin/env bash
# scripts/node-tests.sh SUITE FOLDER...: runs every *.test.mjs below the folders, readable here and as TAP for the summary.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=$1 && shift
files=$(find "$@" -name '*.test.mjs' -not -path '*/node_modules/*' | sort)
# Without a file, node would go and look for tests by itself.
[[ -n $files ]] || { echo "no *.test.mjs below $*" >&2 && exit 1; }

# shellcheck disable=SC2086 # one word per file
node --test --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination=".cache/test-logs/$suite.tap" $files
