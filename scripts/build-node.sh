#!/usr/bin/env bash
# Compiles the native binary of the npm package once-again into bindings-node/native/, with its raw declarations.
set -euo pipefail
cd "$(dirname "$0")/.."

npx --no-install napi build --platform --release --no-js --dts index.d.ts --output-dir native \
  --cwd bindings-node --target-dir "$PWD/target"
