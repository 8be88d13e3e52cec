// Tabs that die at any moment, while the service loses answers: each write happens exactly once.

import assert from "node:assert/strict";
import test from "node:test";
import { pending, setUp, until } from "./outbox_page.mjs";

const TABS = 12;

test("of tabs closed at random moments, between writes of which some answers are lost, every write kept on disk happens once", async (t) => {
  const { script, log, open } = await setUp(t);
  const faults = [
    { do: "resetAfter" },
    { do: "slowHeaders", ms: 40, status: 503 },
    { do: "resetBefore" },
    { do: "effect" },
  ];
  const rest = { do: "effect", status: 201 };
  await script("crash", ...Array.from({ length: 15 }, () => faults).flat(), rest);
  const watcher = await open({ outbox: { baseDelay: 100, maxDelay: 200, maxAttempts: 1_000 } });
  const kept = new Set();
  let seed = 20_261_122;
  const random = (below) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let tab = 0; tab < TABS; tab += 1) {
    const doomed = await open({ outbox: { baseDelay: 100, maxDelay: 200, maxAttempts: 1_000 } });
    doomed
      .evaluate(async (tab) => {
        for (let i = 0; i < 4; i += 1) await post(`crash?write=${tab}.${i}`);
      }, tab)
      .catch(() => {});
    await new Promise((done) => setTimeout(done, random(150)));
    for (const { url } of await watcher.evaluate(() => outbox.pending())) kept.add(new URL(url).search);
    await doomed.close();
  }
  await until(() => pending(watcher), 0);
  assert.deepEqual(await watcher.evaluate(() => outbox.givenUp()), []);
  const { requests, effects } = await log("crash");
  const keysOf = new Map();
  for (const { url, headers } of requests) {
    const write = new URL(url, "http://service").search;
    keysOf.set(write, (keysOf.get(write) ?? new Set()).add(headers["idempotency-key"]));
  }
  assert.ok(kept.size > 0);
  for (const write of kept) assert.ok(keysOf.has(write), `${write} was on disk, and never came`);
  for (const [write, keys] of keysOf) {
    assert.equal(keys.size, 1, `${write} came under ${keys.size} keys`);
    assert.ok(
      [...keys].every((key) => effects[key] === 1),
      `${write} came, and took no effect`,
    );
  }
  assert.ok(requests.length > keysOf.size, "some came more than once, under their keys");
});
