// IndexedDB beside the memory store: the random histories that every store is held to, and records that one takes over from
// the other.

import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { init, MemoryStore } from "once-again-web";
import { HistoryClock, histories, play } from "../stores/history.mjs";
import { emptyPage, folders, openBrowser, openPage, serve } from "./harness.mjs";

const RUNS = 40;

/** A page that holds a store, `apply` and `usage`; bytes cross as lists. */
async function openStore(t) {
  const origin = await serve(t, { ...folders, "/page": emptyPage });
  const { page, complaints } = await openPage(await openBrowser(t), `${origin}/page`);
  await page.evaluate(async () => {
    const { IndexedDbStore, init } = await import("once-again-web");
    await init();
    let now = 0;
    const clock = { wallNow: () => now, now: () => now, sleep: () => new Promise(() => {}) };
    const store = new IndexedDbStore({ clock, cleanupInterval: 0 });
    globalThis.apply = async (at, op) => {
      now = at;
      const reply = await store.apply(op.payload ? { ...op, payload: new Uint8Array(op.payload) } : op);
      return reply.payload ? { ...reply, payload: [...reply.payload] } : reply;
    };
    globalThis.usage = () => store.usage();
  });
  const apply = async (clock, op) => {
    const plain = op.payload ? { ...op, payload: [...op.payload] } : op;
    const reply = await page.evaluate(([at, op]) => globalThis.apply(at, op), [clock.wallNow(), plain]);
    return reply.payload ? { ...reply, payload: new Uint8Array(reply.payload) } : reply;
  };
  return { page, complaints, apply, usage: () => page.evaluate(() => globalThis.usage()) };
}

test("IndexedDB answers as the memory store does, and holds as much", async (t) => {
  await init();
  const { apply, usage, complaints } = await openStore(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const clock = new HistoryClock();
      const memory = new MemoryStore({ maxBytes: 2 ** 30, clock });
      run += 1;
      await play(history, run, clock, async (op) => {
        const [reply, expected] = [await apply(clock, op), memory.apply(op)];
        // What was swept is each store's own affair.
        if (op.op !== "sweep") assert.deepEqual(reply, expected, JSON.stringify(op));
        return reply;
      });
      memory.close();
      // The next history begins with nothing.
      clock.pass(10_000_000);
      await apply(clock, { op: "sweep", limit: 1_000 });
      assert.deepEqual(await usage(), { records: 0, bytes: 0 });
    }),
    { numRuns: RUNS },
  );
  assert.deepEqual(complaints, []);
});

test("usage counts records that are alive, with the bytes of them and of their keys", async (t) => {
  const { apply, usage } = await openStore(t);
  const clock = new HistoryClock();
  const begin = (key, retention) => ({
    op: "begin",
    key: key.repeat(64),
    owner: "01".repeat(16),
    fingerprint: `raw:${"ab".repeat(32)}`,
    lease: 1_000_000,
    retention,
    onOrphan: "reexecute",
    maxTakeovers: 5,
    derived: false,
  });
  await apply(clock, begin("1", 5_000_000));
  const { payload } = await apply(clock, { op: "get", key: "1".repeat(64) });
  assert.deepEqual(await usage(), { records: 1, bytes: 64 + payload.length });
  await apply(clock, begin("2", 60_000_000));
  assert.equal((await usage()).records, 2);
  clock.pass(10_000);
  await apply(clock, { op: "get", key: "1".repeat(64) });
  assert.deepEqual(await usage(), { records: 1, bytes: 64 + payload.length }, "nobody swept, but one is over");
});

test("a record that IndexedDB holds is, byte for byte, what the memory store holds after the same operations", async (t) => {
  await init();
  const { apply } = await openStore(t);
  const clock = new HistoryClock();
  const memory = new MemoryStore({ clock });
  const key = "5".repeat(64);
  const owner = "0a".repeat(16);
  const claim = {
    op: "begin",
    key,
    owner,
    fingerprint: `jcs:${"cd".repeat(32)}`,
    caller: "11".repeat(32),
    lease: 1_000_000,
    retention: 5_000_000,
    onOrphan: "reexecute",
    maxTakeovers: 5,
    derived: true,
  };
  const both = async (op) => [await apply(clock, op), memory.apply(op)];
  const [{ epoch }] = await both(claim);
  for (const op of [
    { op: "checkpoint", key, owner, epoch, payload: new Uint8Array([7, 0, 255]) },
    { op: "renew", key, owner, epoch, lease: 2_000_000 },
    { op: "complete", key, owner, epoch, retention: 9_000_000, payload: Uint8Array.from({ length: 256 }, (_, i) => i) },
  ]) {
    clock.pass(10);
    await both(op);
    const [stored, held] = await both({ op: "get", key });
    assert.equal(stored.reply, "found");
    assert.ok(stored.payload.length > 100);
    assert.deepEqual(stored, held, op.op);
  }
});
