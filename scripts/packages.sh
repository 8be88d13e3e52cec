#!/usr/bin/env bash
# Leaves what is published in dist/: two npm tarballs and one Python wheel, for the platform of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf dist
mkdir -p dist
# npm packs a licence only when it lies in the package's own folder.
trap 'rm -f bindings-{node,wasm}/LICENSE-*' EXIT
for folder in bindings-node bindings-wasm; do
  cp LICENSE-MIT LICENSE-APACHE "$folder"
  npm pack --silent --workspace "$folder" --pack-destination dist >/dev/null
done
cp .cache/wheel/*.whl dist

echo "packages:"
(cd dist && ls -l | awk 'NR > 1 { printf "  dist/%s (%d kB)\n", $9, $5 / 1000 }')
