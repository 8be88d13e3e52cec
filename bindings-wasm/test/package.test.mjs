import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import test from "node:test";
import { coreVersion, init } from "once-again-web";

const require = createRequire(import.meta.url);

test("the core answers once init() has loaded the wasm, and says so before", async () => {
  assert.throws(() => coreVersion(), /await init\(\) first/);
  await init(await readFile(require.resolve("once-again-web/once_again_bg.wasm")));
  assert.equal(coreVersion(), require("once-again-web/package.json").version);
});
