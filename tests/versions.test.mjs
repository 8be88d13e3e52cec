import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import test from "node:test";
import { fileURLToPath } from "node:url";
import * as node from "once-again";
import * as web from "once-again-web";

const root = new URL("../", import.meta.url);
const require = createRequire(import.meta.url);

/** The one version of the workspace, as a person wrote it. */
const [, version] = /^version = "(.+)"$/m.exec(readFileSync(new URL("Cargo.toml", root), "utf8"));

test("every language carries the core of this workspace", async () => {
  await web.init(await readFile(require.resolve("once-again-web/once_again_bg.wasm")));
  const python = execFileSync(
    fileURLToPath(new URL(".venv/bin/python", root)),
    ["-c", "import once_again; print(once_again.core_version())"],
    { encoding: "utf8" },
  ).trim();

  assert.deepEqual(
    { node: node.coreVersion(), web: web.coreVersion(), python },
    { node: version, web: version, python: version },
  );
});

test("every package is published under the version of the workspace", () => {
  for (const name of ["once-again", "once-again-web", "@once-again/driver"]) {
    const manifest = new URL(`node_modules/${name}/package.json`, root);
    assert.equal(JSON.parse(readFileSync(manifest, "utf8")).version, version, name);
  }
});
