#!/usr/bin/env bash
# Compiles the wasm of once-again-web into bindings-wasm/wasm/ and prints its size.
#
# A Rust toolchain that has the wasm target is used first. Where it cannot be had, the distribution's own Rust builds the
# standard library for the target as well; scripts/setup.sh installs one of the two.
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32-unknown-unknown
name=once_again
out=bindings-wasm/wasm

# Each toolchain keeps a target folder of its own: they would throw away each other's work.
toolchain=$(scripts/wasm-toolchain.sh) || {
  echo "wasm: no Rust toolchain here can build for $target; run scripts/setup.sh" >&2
  exit 1
}

# The generator of the glue runs here; only the wasm ships.
cargo build --quiet --package wasm-bindgen-step
step=target/debug/wasm-bindgen-step

source scripts/rustflags.sh
# A page waits for every kilobyte; what a decision loses by this is far below the cost of a timer.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=z
# SHA-256 with its rounds in a loop: five kilobytes of code less, and bodies hash as fast within a tenth.
export RUSTFLAGS="$RUSTFLAGS --cfg sha2_backend_soft=\"compact\""
case $toolchain in
  rustup)
    echo "wasm: building with $(rustc --version)"
    cargo build --package once-again-wasm --target "$target" --release --target-dir target/wasm
    raw=target/wasm/$target/release/${name}_wasm.wasm
    ;;
  distribution)
    echo "wasm: building with the distribution's $(/usr/bin/rustc --version), the standard library included"
    linker=$(compgen -c wasm-ld- | sort --version-sort | tail -1)
    # A panic is a trap in either case; this way its message, which no page would see, is not downloaded.
    export RUSTFLAGS="$RUSTFLAGS -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none"
    PATH=/usr/bin:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker \
      /usr/bin/cargo build --package once-again-wasm --target "$target" --release --target-dir target/wasm-distribution \
      -Zbuild-std=std -Zbuild-std-features=optimize_for_size
    raw=target/wasm-distribution/$target/release/${name}_wasm.wasm
    ;;
esac

# The glue and the optimiser run only when what they read has changed.
stamp=.cache/stamps/wasm
inputs=$(cat "$raw" "$step" node_modules/binaryen/package.json "$0" | sha256sum)
if [[ ! -f $out/${name}_bg.wasm || $(cat "$stamp" 2>/dev/null) != "$inputs" ]]; then
  "$step" "$raw" "$out" "$name"
  node_modules/.bin/wasm-opt -Oz --flatten --rereloop -Oz -Oz --strip-debug --strip-producers --strip-target-features \
    "$out/${name}_bg.wasm" --output "$out/${name}_bg.wasm"
  mkdir -p "$(dirname "$stamp")"
  echo "$inputs" >"$stamp"
fi

node --input-type=module - "$out/${name}_bg.wasm" <<'EOF'
import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
const wasm = readFileSync(process.argv[2]);
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
console.log(`wasm: ${process.argv[2]} is ${kilobytes(wasm.length)}, ${kilobytes(brotliCompressSync(wasm).length)} after brotli`);
EOF
