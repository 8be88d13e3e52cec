// What the web package's own classes refuse when they are made.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IndexedDbStore } from "once-again-web";

test("options that IndexedDbStore does not know are refused before a database is asked for", () => {
  assert.throws(() => new IndexedDbStore({ nam: "x" }), { field: "nam", value: '"x"' });
  assert.throws(() => new IndexedDbStore({ clock: { now: 1 } }), { field: "clock.now" });
  assert.throws(() => new IndexedDbStore(null), { field: "options", value: "null" });
  assert.throws(() => new IndexedDbStore({}), { field: "indexedDB" });
});
