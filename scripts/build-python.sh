#!/usr/bin/env bash
# Builds the wheel of the Python package once-again in .cache/wheel/ and installs it into .venv, where the tests find it.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/rustflags.sh

python=.venv/bin/python
rm -rf .cache/wheel
.venv/bin/maturin build --quiet --manifest-path bindings-python/Cargo.toml --release --strip \
  --interpreter "$python" --out .cache/wheel
"$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps .cache/wheel/*.whl
