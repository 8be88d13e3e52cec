#!/usr/bin/env bash
# Compiles the native binary of the npm package once-again into bindings-node/native/, with its raw declarations.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/rustflags.sh

node_modules/.bin/napi build --platform --release --no-js --dts index.d.ts --output-dir native \
  --cwd bindings-node --target-dir "$PWD/target"
# Not through the release profile: the other bindings need their sections for one step longer.
case $(uname) in
  Darwin) strip -x bindings-node/native/*.node ;;
  *) strip --strip-unneeded bindings-node/native/*.node ;;
esac
