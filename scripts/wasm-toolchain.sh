#!/usr/bin/env bash
# Says which installed Rust toolchain can build for wasm32-unknown-unknown: `rustup` (the one in PATH has the target) or
# `distribution` (Debian's, which builds the standard library from its source package). Fails when there is neither.
set -euo pipefail

if [[ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib" ]]; then
  echo rustup
elif [[ -x /usr/bin/cargo && -x /usr/bin/rustc ]] && compgen -c wasm-ld- >/dev/null &&
  [[ -f "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.toml" ]]; then
  echo distribution
else
  exit 1
fi
