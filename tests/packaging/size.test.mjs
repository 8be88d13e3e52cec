// What a page downloads before its first call. Every kilobyte is paid for at each first visit, so it has a budget; whoever
// adds to it says so here.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { npmProject } from "./project.mjs";

/** Which of two toolchains has built the wasm here. */
const toolchain = execFileSync(fileURLToPath(new URL("../../scripts/wasm-toolchain.sh", import.meta.url)), {
  encoding: "utf8",
}).trim();

/**
 * Kilobytes (1 000 bytes) after brotli, of each file. With rustup's standard library, which is compiled for speed, the wasm may
 * be larger than with one compiled for size (scripts/build-wasm.sh).
 */
const BUDGET = { "index.js": 10, "driver.js": 26, "once_again_bg.wasm": toolchain === "rustup" ? 170 : 147 };

test("once-again-web stays within what a page may download", async (t) => {
  const { folder } = await npmProject(t, "module", "once-again-web");
  for (const [file, budget] of Object.entries(BUDGET)) {
    const bytes = readFileSync(join(folder, "node_modules/once-again-web/dist", file));
    const size = brotliCompressSync(bytes).length / 1_000;
    t.diagnostic(`${file}: ${size.toFixed(1)} kB after brotli`);
    assert.ok(size <= budget, `${file} has ${size.toFixed(1)} kB after brotli, ${budget} kB are its budget`);
  }
});

test("bundlers do not see the Node module that the web package reads its wasm with under Node", async (t) => {
  const { folder } = await npmProject(t, "module", "once-again-web");
  const code = readFileSync(join(folder, "node_modules/once-again-web/dist/index.js"), "utf8");
  const imports = code.match(/\bimport\([^)]*\)/g);
  assert.equal(imports?.length, 1);
  assert.match(imports[0], /webpackIgnore: true.*@vite-ignore \*\/\s*\w+\)$/);
});
