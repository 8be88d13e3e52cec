// IdempotencyManager as the Q ecosystem's document uses it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IdempotencyManager } from "once-again";
import { virtualClock } from "once-again/testing";

const virtual = () => {
  const clock = { ms: 1_700_000_000_000, now: () => clock.ms, wallNow: () => clock.ms, sleep: async () => {} };
  return clock;
};

const options = {
  defaultTtl: 24 * 60 * 60 * 1000,
  maxRecords: 10000,
  cleanupInterval: 5 * 60 * 1000,
  includeBodyInFingerprint: true,
  fingerprintHeaders: ["x-squid-id", "x-subid", "x-qonsent"],
};

test("the first call with a key is new, every later one is a duplicate, and finds the stored response", async () => {
  const manager = new IdempotencyManager(options);
  const key = manager.generateIdempotencyKey();
  assert.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const print = manager.createRequestFingerprint("POST", "/api/payment", { "x-squid-id": "u" }, { amount: 5 });
  assert.equal((await manager.checkDuplicate(key, print)).isDuplicate, false);
  const running = await manager.checkDuplicate(key, print);
  assert.deepEqual([running.isDuplicate, running.record.state], [true, "inProgress"]);
  await manager.storeResponse(key, { receipt: 7 });
  const done = await manager.checkDuplicate(key, print);
  assert.deepEqual([done.isDuplicate, done.record.state, done.record.response], [true, "completed", { receipt: 7 }]);
  assert.deepEqual((await manager.peek(key)).response, { receipt: 7 });
  assert.equal(await manager.peek("other"), undefined);
  assert.deepEqual(manager.getStats(), { totalOperations: 3, duplicates: 2, duplicateRate: 2 / 3, active: 0 });
  await manager.close();
});

test("the same key with another fingerprint is refused with 422", async () => {
  const manager = new IdempotencyManager(options);
  const print = (amount) => manager.createRequestFingerprint("POST", "/api/payment", {}, { amount });
  await manager.checkDuplicate("k", print(5));
  await assert.rejects(manager.checkDuplicate("k", print(6)), { code: "IDEMPOTENCY_KEY_REUSED", statusCode: 422 });
  await manager.close();
});

test("a released key is new again, and an expired one too", async () => {
  const clock = virtual();
  const manager = new IdempotencyManager({ ...options, defaultTtl: 1_000, clock });
  const print = manager.createRequestFingerprint("POST", "/a", {}, {});
  await manager.checkDuplicate("k", print);
  await manager.release("k");
  assert.equal((await manager.checkDuplicate("k", print)).isDuplicate, false);
  clock.ms += 1_000;
  assert.equal((await manager.checkDuplicate("k", print)).isDuplicate, false);
  await manager.close();
});

test("at maxRecords the manager refuses, and drops no live record", async () => {
  const manager = new IdempotencyManager({ ...options, maxRecords: 2 });
  const print = manager.createRequestFingerprint("POST", "/a", {}, {});
  await manager.checkDuplicate("one", print);
  await manager.checkDuplicate("two", print);
  await assert.rejects(manager.checkDuplicate("three", print), { code: "STORE_FULL" });
  assert.equal((await manager.checkDuplicate("one", print)).isDuplicate, true);
  await manager.close();
});

test("headers that count are compared without case, others are ignored, and the body can be left out", () => {
  const manager = new IdempotencyManager(options);
  const print = (headers, body) => manager.createRequestFingerprint("post", "/a?b=1", headers, body);
  assert.equal(print({ "X-Squid-Id": "u", date: "1" }, {}), print({ "x-squid-id": "u", date: "2" }, {}));
  assert.notEqual(print({ "x-squid-id": "u" }, {}), print({ "x-squid-id": "v" }, {}));
  const bodiless = new IdempotencyManager({ ...options, includeBodyInFingerprint: false });
  assert.equal(
    bodiless.createRequestFingerprint("POST", "/a", {}, { a: 1 }),
    bodiless.createRequestFingerprint("POST", "/a", {}, { a: 2 }),
  );
  assert.notEqual(bodiless.createRequestFingerprint("POST", "/a"), manager.createRequestFingerprint("POST", "/a"));
});

test("bad options and bad keys are typed errors that name field, value and range", async () => {
  assert.throws(() => new IdempotencyManager({ defaultTtl: -1 }), {
    code: "CONFIG_INVALID",
    field: "defaultTtl",
    value: "-1",
  });
  assert.throws(() => new IdempotencyManager({ maxRecords: 1.5 }), { code: "CONFIG_INVALID", field: "maxRecords" });
  assert.throws(() => new IdempotencyManager({ ttl: 5 }), { code: "CONFIG_INVALID" });
  const manager = new IdempotencyManager();
  const print = manager.createRequestFingerprint("POST", "/a");
  await assert.rejects(manager.checkDuplicate("x".repeat(256), print), (error) => {
    assert.equal(error.code, "IDEMPOTENCY_KEY_INVALID");
    assert.match(error.message, /256 characters/);
    assert.match(error.message, /1 to 255/);
    return true;
  });
  await assert.rejects(manager.checkDuplicate("k", "not a fingerprint"), {
    code: "CONFIG_INVALID",
    field: "fingerprint",
  });
  await assert.rejects(manager.storeResponse("never claimed", {}), /checkDuplicate/);
});

test("a store that answers too late counts as unavailable, and the claim it brings is given back", async () => {
  const ops = [];
  const answers = [];
  const store = {
    apply(op) {
      ops.push(op.op);
      return new Promise((resolve) => answers.push(resolve));
    },
  };
  const clock = virtualClock();
  const manager = new IdempotencyManager({ store, storeTimeout: 500, clock });
  const asked = manager.checkDuplicate("k", manager.createRequestFingerprint("POST", "/"));
  const refused = assert.rejects(asked, {
    code: "STORE_UNAVAILABLE",
    message: "the store has not answered within 500 ms",
  });
  await clock.advance(500);
  await refused;
  answers[0]({ reply: "acquired", epoch: 7, attempts: 1, leaseUntil: null });
  await Promise.resolve();
  assert.deepEqual(ops, ["begin", "release"]);
});
