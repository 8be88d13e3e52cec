// What a breaker is handed by its user, and what it makes of that when it is wrong.

import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, CircuitBreakerRegistry, CircuitOpenError, ConfigError } = api;
const { virtualClock } = testing;

/** Asserts that `act` is refused for this field and value. */
function refuses(act, field, value) {
  assert.throws(act, (error) => {
    assert.ok(error instanceof ConfigError, String(error));
    assert.deepEqual([error.field, error.value], [field, value]);
    return true;
  });
}

/** An `isFailure` that cannot say. */
function puzzled() {
  throw new TypeError("the judge's own trouble");
}

test("an isFailure that throws counts the failure and leaves the caller its own error", async () => {
  for (const shape of [{ failureThreshold: 1 }, { slowCallDuration: 60_000, consecutiveFailures: 1 }]) {
    const breaker = new CircuitBreaker({ ...shape, isFailure: puzzled });
    const down = new Error("down");
    assert.equal(await rejection(breaker.execute(failing(down))), down);
    assert.equal(breaker.state, "OPEN");
  }
});

test("an isFailure that throws does not wedge a half-open breaker", async () => {
  const clock = virtualClock();
  const breaker = new CircuitBreaker({
    failureThreshold: 1,
    halfOpenMaxCalls: 1,
    recoveryTimeout: 1_000,
    isFailure: puzzled,
    clock,
  });
  await rejection(breaker.execute(failing()));
  await clock.advance(1_000);
  const down = new Error("still down");
  assert.equal(await rejection(breaker.execute(failing(down))), down);
  assert.equal(breaker.state, "OPEN");
  await clock.advance(1_000);
  assert.equal(await breaker.execute(() => "back"), "back");
  assert.equal(breaker.state, "CLOSED");
});

test("what must be a function is asked for when the breaker is made", () => {
  refuses(() => new CircuitBreaker({ isFailure: "always" }), "isFailure", "string");
  refuses(() => new CircuitBreaker({ random: 0.5 }), "random", "number");
  refuses(() => new CircuitBreakerRegistry({ onEvict: "log" }), "onEvict", "string");
  refuses(() => new CircuitBreaker({ fallbackStrategy: "FALLBACK", fallback: new Map() }), "fallback", "object");
  refuses(() => new CircuitBreaker({ fallbackStrategy: "QUEUE", queue: 5n }), "queue", "bigint");
  refuses(() => new CircuitBreaker({ healthCheck: { probe: new Date(0) } }), "healthCheck.probe", "object");
});

test("a clock that lacks a part is refused when the breaker is made", () => {
  const clock = virtualClock();
  refuses(() => new CircuitBreaker({ clock: 5 }), "clock", "number");
  refuses(() => new CircuitBreaker({ clock: { ...clock, sleep: undefined } }), "clock.sleep", "undefined");
  refuses(() => new CircuitBreaker({ clock: { now: clock.now, sleep: clock.sleep } }), "clock.wallNow", "undefined");
});

test("what is given as null is as if it were not given", async () => {
  const breaker = new CircuitBreaker({
    isFailure: null,
    clock: null,
    random: null,
    healthCheck: null,
    failureThreshold: 1,
  });
  await rejection(breaker.execute(failing()));
  assert.equal(breaker.state, "OPEN");
});

test("an outcome that does not exist is refused, and its permit is still good", () => {
  const breaker = new CircuitBreaker({ failureThreshold: 1 });
  const permit = breaker.admit();
  refuses(() => breaker.settle(permit, "failed"), "outcome", '"failed"');
  refuses(() => breaker.settle(permit, "toString"), "outcome", '"toString"');
  refuses(() => breaker.settle(permit), "outcome", "undefined");
  assert.equal(breaker.settle(permit, "failure"), "counted");
  assert.equal(breaker.state, "OPEN");
});

test("what is no permit is refused", () => {
  const breaker = new CircuitBreaker();
  refuses(() => breaker.settle(undefined, "success"), "permit", "undefined");
  refuses(() => breaker.settle(null, "success"), "permit", "null");
  refuses(() => breaker.settle(7, "success"), "permit", "7");
});

test("an event that nobody tells is refused with those there are", () => {
  const breaker = new CircuitBreaker();
  const listener = () => {};
  refuses(() => breaker.on("nosuch", listener), "event", '"nosuch"');
  refuses(() => breaker.off("toString", listener), "event", '"toString"');
  refuses(() => breaker.on("stateChange", "listener"), "listener", "string");
  assert.throws(
    () => breaker.on("open", listener),
    /stateChange, reject, wouldOpen, stale, fallback, attached, detached/,
  );
});

test("a snapshot is restored under a preset's name too", async () => {
  const before = new CircuitBreaker("gobreaker");
  for (let i = 0; i < 6; i++) await rejection(before.execute(failing()));
  const after = CircuitBreaker.restore(before.snapshot(), "gobreaker");
  assert.equal(after.state, "OPEN");
  assert.ok((await rejection(after.execute(() => 1))) instanceof CircuitOpenError);
});

test("a wrapped method keeps its object", async () => {
  const breaker = new CircuitBreaker();
  class Ledger {
    #balance = 40;
    add = breaker.wrap(function (amount) {
      return this.balance() + amount;
    });
    balance() {
      return this.#balance;
    }
  }
  assert.equal(await new Ledger().add(2), 42);
});

test("every way to make a breaker takes a logger", async () => {
  const lines = [];
  const logger = (line) => lines.push(`${line.breaker} ${line.from}>${line.to}`);
  const rule = { consecutiveFailures: 1 };
  const made = [
    CircuitBreaker.rate({ name: "rate", ...rule }, logger),
    CircuitBreaker.preset("polly", { name: "preset", ...rule }, logger),
    CircuitBreaker.restore(new CircuitBreaker().snapshot(), { name: "restored", ...rule }, logger),
    new CircuitBreakerRegistry({ breaker: rule }, logger).get("kept"),
  ];
  for (const breaker of made) await rejection(breaker.execute(failing()));
  assert.deepEqual(
    lines,
    ["rate", "preset", "restored", "kept"].map((name) => `${name} CLOSED>OPEN`),
  );
  refuses(() => new CircuitBreakerRegistry({}, "console"), "logger", "string");
});

test("a queued call gets its id where the platform has no randomUUID", async () => {
  const { randomUUID } = crypto;
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true, writable: true });
  try {
    const breaker = new CircuitBreaker({ failureThreshold: 1, fallbackStrategy: "QUEUE", queue: () => {} });
    await rejection(breaker.execute(failing()));
    const { queued, id } = await breaker.execute(() => 1);
    assert.equal(queued, true);
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  } finally {
    delete crypto.randomUUID;
    assert.equal(crypto.randomUUID, randomUUID);
  }
});
