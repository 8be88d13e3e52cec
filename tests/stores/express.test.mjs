// The middleware over every store: one run, and its answer for all.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { serve } from "./service.mjs";
import { stores } from "./stores.mjs";

for (const { name, missing, start } of stores) {
  test(`${name}: an answer of any bytes is replayed as it was`, { skip: missing }, async (t) => {
    const { open, stop } = await start();
    t.after(stop);
    let runs = 0;
    const bytes = randomBytes(10_000);
    const ask = await serve(t, { store: open() }, (_request, response) => {
      runs += 1;
      response.status(201).type("application/octet-stream").send(bytes);
    });
    const first = await ask("k");
    const second = await ask("k");
    assert.deepEqual([first.status, first.replayed], [201, false]);
    assert.deepEqual([second.status, second.replayed, second.text], [201, true, first.text]);
    assert.equal((await ask("k", 6)).status, 422);
    assert.equal(runs, 1);
  });
}
