import assert from "node:assert/strict";
import test from "node:test";
import { api, rejection, testing } from "./package.mjs";

const { IdempotencyManager } = api;
const { mockStore } = testing;

function managed() {
  const store = mockStore();
  const manager = new IdempotencyManager({ store });
  return { store, manager, fingerprint: api.fingerprint({ amount: 5 }) };
}

test("a mock store answers as the memory store, and remembers what it was asked", async () => {
  const { store, manager, fingerprint } = managed();
  assert.equal((await manager.checkDuplicate("k", fingerprint)).isDuplicate, false);
  await manager.storeResponse("k", { paid: true });
  const { isDuplicate, record } = await manager.checkDuplicate("k", fingerprint);
  assert.deepEqual([isDuplicate, record.response], [true, { paid: true }]);
  assert.deepEqual([...new Set(store.operations.map(({ op }) => op))].slice(0, 2), ["begin", "complete"]);
});

test("it fails as often as it was told to, with the error of one's choice", async () => {
  const { store } = managed();
  const get = { op: "get", key: "a1".repeat(32) };
  const error = new Error("cable cut");
  store.fail(2);
  store.fail(1, { error });
  assert.equal((await rejection(store.apply(get))).code, "STORE_UNAVAILABLE");
  assert.equal((await rejection(store.apply(get))).code, "STORE_UNAVAILABLE");
  assert.equal(await rejection(store.apply(get)), error);
  assert.deepEqual(await store.apply(get), { reply: "notFound" });
  assert.equal(store.operations.length, 4);
});

test("a reply may be lost after the operation took effect", async () => {
  const { store } = managed();
  const begin = {
    op: "begin",
    key: "a1".repeat(32),
    owner: "01".repeat(16),
    fingerprint: `jcs:${"f1".repeat(32)}`,
    lease: 1_000_000,
    retention: 2_000_000,
    onOrphan: "reexecute",
    maxTakeovers: 5,
    derived: false,
  };
  store.fail(1, { applied: true });
  await rejection(store.apply(begin));
  const { reply } = await store.apply({ ...begin, owner: "02".repeat(16) });
  assert.equal(reply, "busy");
});
