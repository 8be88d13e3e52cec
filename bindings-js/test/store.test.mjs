// What a plain `{ get, set, delete }` store must keep apart.

import assert from "node:assert/strict";
import { test } from "node:test";
import { api } from "./package.mjs";

const { IdempotencyManager, simpleStore } = api;

const KEYS = ["a1".repeat(32), "a2".repeat(32)];
const owner = (byte) => byte.repeat(16);
const begin = { op: "begin", fingerprint: `jcs:${"f1".repeat(32)}`, lease: 1_000_000, retention: 60_000_000 };

test("operations under way at the same time each get their own bytes back", async () => {
  const clock = { ms: 1_000, now: () => clock.ms, wallNow: () => clock.ms, sleep: async () => {} };
  const map = new Map();
  const arrivals = [];
  let slow = false;
  const store = simpleStore(
    {
      get: (key) => map.get(key),
      set: (key, value) => {
        map.set(key, value);
        if (slow) return new Promise((done) => arrivals.push(done));
      },
      delete: (key) => map.delete(key),
    },
    clock,
  );
  for (const [n, key] of KEYS.entries()) {
    const { epoch } = await store.apply({ ...begin, key, owner: owner("01") });
    await store.apply({ op: "checkpoint", key, owner: owner("01"), epoch, payload: Uint8Array.of(n) });
  }
  clock.ms += 1_000;
  slow = true;
  const takeovers = KEYS.map((key) => store.apply({ ...begin, key, owner: owner("02") }));
  while (arrivals.length < KEYS.length) await new Promise((done) => setImmediate(done));
  for (const arrive of arrivals) arrive();
  const replies = await Promise.all(takeovers);
  assert.deepEqual(
    replies.map(({ reply, payload }) => [reply, ...payload]),
    [
      ["acquired", 0],
      ["acquired", 1],
    ],
  );
});

test("a record that a later version wrote is a failure of the store, not of the operation", async () => {
  const later = { get: () => ({ record: btoa("\x02") }), set: () => {}, delete: () => {} };
  const refusal = { code: "STORE_UNAVAILABLE", message: "the stored record has format 2, this version reads 1" };
  await assert.rejects(async () => simpleStore(later).apply({ op: "get", key: KEYS[0] }), refusal);
  await assert.rejects(async () => simpleStore(later).apply({ op: "nonsense", key: KEYS[0] }), {
    code: "CONFIG_INVALID",
  });
  await assert.rejects(async () => new IdempotencyManager({ store: later }).peek("k"), refusal);

  const found = { apply: () => ({ reply: "found", payload: Uint8Array.of(2) }) };
  await assert.rejects(async () => new IdempotencyManager({ store: found }).peek("k"), refusal);
});
