import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import * as imported from "once-again";
import * as stores from "once-again/stores";

const require = createRequire(import.meta.url);

test("the core inside is the one this package was made with", () => {
  assert.equal(imported.coreVersion(), require("once-again/package.json").version);
});

test("import and require give the same objects, so an application may mix them", () => {
  assert.equal(imported.coreVersion, require("once-again").coreVersion);
});

test("the entries of the package share their code", () => {
  assert.equal(stores.MemoryStore, imported.MemoryStore);
});
