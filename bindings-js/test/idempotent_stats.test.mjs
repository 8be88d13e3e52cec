// What an idempotent function counts, and tells of calls that no record guards.

import assert from "node:assert/strict";
import { test } from "node:test";
import { api, rejection, testing } from "./package.mjs";

const { idempotent, MemoryStore } = api;
const { virtualClock } = testing;

const away = {
  apply() {
    throw new Error("down");
  },
};

test("runs, replays and refusals are counted, and the time they took", async () => {
  const clock = virtualClock();
  const options = { name: "pay", key: () => "k", clock, store: new MemoryStore({ clock }) };
  const pay = idempotent(async () => clock.sleep(300), options);
  assert.deepEqual(pay.stats(), {
    totalOperations: 0,
    duplicates: 0,
    duplicateRate: 0,
    cacheHitRate: 0,
    averageProcessingTime: 0,
    active: 0,
    unprotected: 0,
    lostCompletions: 0,
  });
  const first = pay("a");
  assert.equal(pay.stats().active, 1);
  await clock.advance(300);
  await first;
  await pay("a");
  assert.equal((await rejection(pay("b"))).code, "IDEMPOTENCY_KEY_REUSED");
  assert.deepEqual(pay.with({ key: "k" }).stats(), {
    totalOperations: 3,
    duplicates: 1,
    duplicateRate: 1 / 3,
    cacheHitRate: 1 / 3,
    averageProcessingTime: 100,
    active: 0,
    unprotected: 0,
    lostCompletions: 0,
  });
});

test("a call that meets one at work is a duplicate and no hit", async () => {
  const clock = virtualClock();
  const options = { name: "busy", key: () => "k", clock, conflict: "reject" };
  let finish;
  const busy = idempotent(() => new Promise((resolve) => (finish = resolve)), options);
  const first = busy();
  assert.equal((await rejection(busy())).code, "IDEMPOTENCY_IN_PROGRESS");
  const { duplicates, cacheHitRate, active } = busy.stats();
  assert.deepEqual([duplicates, cacheHitRate, active], [1, 0, 1]);
  finish();
  await first;
});

test("a call without a record is counted and told of, whatever the observer does", async () => {
  const clock = virtualClock();
  const told = [];
  const onUnprotected = (event) => {
    told.push(event);
    throw new Error("theirs");
  };
  const options = { name: "open", key: () => "k", store: away, clock, failOpen: true, onUnprotected };
  const open = idempotent(() => "done", options);
  const { output, key } = await open.execute();
  assert.equal(output, "done");
  assert.deepEqual(told, [{ key, reason: "store unavailable" }]);
  const { unprotected, lostCompletions, totalOperations } = open.stats();
  assert.deepEqual([unprotected, lostCompletions, totalOperations], [1, 0, 1]);
});

test("a result whose record is not confirmed in time is lost once, also when its store stays away", async () => {
  const clock = virtualClock();
  const records = new MemoryStore({ clock });
  let asked;
  const completing = new Promise((resolve) => (asked = resolve));
  const store = {
    apply(op) {
      if (op.op !== "complete") return records.apply(op);
      asked();
      return Promise.reject(new Error("down"));
    },
  };
  const told = [];
  const onLostCompletion = async (event) => {
    told.push(event);
    throw new Error("theirs");
  };
  const once = idempotent(() => "done", { name: "lost", key: () => "k", store, clock, onLostCompletion });
  const call = once.execute();
  await completing;
  await clock.advance(5_000);
  const { output, confirmed, key } = await call;
  assert.deepEqual([output, confirmed], ["done", false]);
  await clock.advance(60_000);
  assert.deepEqual(told, [{ key, reason: "not confirmed in time" }]);
  const { lostCompletions, totalOperations, active } = once.stats();
  assert.deepEqual([lostCompletions, totalOperations, active], [1, 1, 0]);
});

test("what is thrown was not to be kept, so no completion of it is lost", async () => {
  const clock = virtualClock();
  const records = new MemoryStore({ clock });
  let asked;
  const releasing = new Promise((resolve) => (asked = resolve));
  const store = {
    apply(op) {
      if (op.op !== "release") return records.apply(op);
      asked();
      return Promise.reject(new Error("down"));
    },
  };
  const fail = async () => {
    throw new Error("refused");
  };
  const once = idempotent(fail, { name: "thrown", key: () => "k", store, clock });
  const call = rejection(once());
  await releasing;
  await clock.advance(60_000);
  assert.equal((await call).message, "refused");
  const { lostCompletions, totalOperations } = once.stats();
  assert.deepEqual([lostCompletions, totalOperations], [0, 1]);
});

test("an observer that is no function is refused by name", () => {
  for (const name of ["onUnprotected", "onLostCompletion"]) {
    assert.throws(() => idempotent(() => {}, { name: "wrong", [name]: "log" }), { field: name });
  }
});
