import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, CircuitOpenError, ConfigError, isCircuitBreakerError } = api;
const { virtualClock } = testing;

/** A breaker that opens at the second failure, on a clock the test moves. */
function breakerOf(options = {}) {
  const clock = virtualClock({ now: 1_000, wallNow: Date.UTC(2030, 0, 1) });
  const breaker = new CircuitBreaker({ failureThreshold: 2, recoveryTimeout: 30_000, clock, ...options });
  return { breaker, clock };
}

async function trip(breaker, failures = 2) {
  for (let i = 0; i < failures; i++) await rejection(breaker.execute(failing()));
}

test("calls pass a closed breaker and come back as they are", async () => {
  const { breaker } = breakerOf();
  const error = new Error("mine");
  assert.equal(await breaker.execute(() => 0), 0);
  assert.equal(await rejection(breaker.execute(failing(error))), error);
  assert.equal(breaker.state, "CLOSED");
  assert.equal(breaker.isOpen(), false);
});

test("it opens at the threshold and rejects with the time to wait, without calling", async () => {
  const { breaker, clock } = breakerOf({ name: "ledger" });
  await trip(breaker);
  await clock.advance(10_000);
  const operation = failing();

  const error = await rejection(breaker.execute(operation));

  assert.equal(operation.calls, 0);
  assert.ok(error instanceof CircuitOpenError);
  assert.equal(error.name, "CircuitOpenError");
  assert.equal(error.code, "CIRCUIT_BREAKER_OPEN");
  assert.equal(error.statusCode, 503);
  assert.equal(error.message, "circuit breaker ledger is OPEN");
  assert.equal(error.retryAfter, 20_000);
  assert.equal(error.breaker, "ledger");
  assert.equal(error.timestamp, "2030-01-01T00:00:10.000Z");
  assert.equal(breaker.isOpen(), true);
});

test("a rejection has no stack trace unless one is asked for", async () => {
  const without = breakerOf();
  const withStack = breakerOf({ captureStack: true });
  await trip(without.breaker);
  await trip(withStack.breaker);
  const frames = (error) => error.stack.split("\n").filter((line) => /^\s+at /.test(line)).length;
  assert.equal(frames(await rejection(without.breaker.execute(failing()))), 0);
  assert.ok(frames(await rejection(withStack.breaker.execute(failing()))) > 0);
  assert.ok(frames(new Error("any other")) > 0, "others keep theirs");
});

test("a rejection is recognised by every breaker, and nothing else is", async () => {
  const { breaker } = breakerOf();
  await trip(breaker);
  const error = await rejection(breaker.execute(failing()));
  const other = new CircuitBreaker();
  for (const is of [
    isCircuitBreakerError,
    CircuitBreaker.isCircuitBreakerError,
    (e) => other.isCircuitBreakerError(e),
  ]) {
    assert.equal(is(error), true);
    assert.equal(is(new Error("CIRCUIT_BREAKER_OPEN")), false);
    assert.equal(is({ code: "CIRCUIT_BREAKER_OPEN" }), false);
    assert.equal(is(undefined), false);
  }
});

test("after the wait as many probes pass as half-open allows, and their successes close it", async () => {
  const { breaker, clock } = breakerOf({ halfOpenMaxCalls: 2 });
  const changes = [];
  breaker.on("stateChange", (change) => changes.push(change));
  await trip(breaker);
  await clock.advance(30_000);

  let release;
  const gate = new Promise((resolve) => {
    release = resolve;
  });
  const probes = [breaker.execute(() => gate), breaker.execute(() => gate)];
  assert.equal(breaker.state, "HALF_OPEN");
  assert.ok((await rejection(breaker.execute(failing()))) instanceof CircuitOpenError);
  release("well");
  assert.deepEqual(await Promise.all(probes), ["well", "well"]);

  assert.equal(breaker.state, "CLOSED");
  assert.deepEqual(changes, [
    { name: "default", from: "CLOSED", to: "OPEN" },
    { name: "default", from: "OPEN", to: "HALF_OPEN" },
    { name: "default", from: "HALF_OPEN", to: "CLOSED" },
  ]);
});

test("one probe that fails opens it again", async () => {
  const { breaker, clock } = breakerOf();
  await trip(breaker);
  await clock.advance(30_000);
  await rejection(breaker.execute(failing()));
  assert.equal(breaker.state, "OPEN");
});

test("a call that left before the trouble began changes nothing when it comes back", async () => {
  const { breaker, clock } = breakerOf();
  let release;
  const early = breaker.execute(
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  await trip(breaker);
  await clock.advance(30_000);
  assert.equal(breaker.state, "OPEN");
  release("late");
  assert.equal(await early, "late");
  assert.equal(breaker.state, "OPEN");
  assert.equal(breaker.stats().stale, 1);
});

test("failures are forgotten with the window", async () => {
  const { breaker, clock } = breakerOf({ monitoringWindow: 1_000 });
  await trip(breaker, 1);
  await clock.advance(2_000);
  await trip(breaker, 1);
  assert.equal(breaker.state, "CLOSED");
  assert.equal(breaker.stats().failures, 1);
});

test("a streak of failures trips too, and a success breaks it", async () => {
  const { breaker } = breakerOf({ failureThreshold: 100, consecutiveFailures: 2 });
  await trip(breaker, 1);
  await breaker.execute(() => "well");
  await trip(breaker, 1);
  assert.equal(breaker.state, "CLOSED");
  await trip(breaker, 1);
  assert.equal(breaker.state, "OPEN");
});

test("the rate shape trips at its share of enough calls, successes counted", async () => {
  const clock = virtualClock();
  const breaker = CircuitBreaker.rate({ failureRate: 0.5, minimumCalls: 4, clock });
  await breaker.execute(() => 1);
  await breaker.execute(() => 2);
  await breaker.execute(() => 3);
  await trip(breaker, 2);
  assert.equal(breaker.state, "CLOSED", "2 of 5");
  await trip(breaker, 1);
  assert.equal(breaker.state, "OPEN", "3 of 6");
});

test("successes leave a rate breaker's window at their own time", async () => {
  const clock = virtualClock();
  const breaker = CircuitBreaker.rate({ failureRate: 0.5, minimumCalls: 4, window: 10_000, clock });
  for (let i = 0; i < 40; i++) await breaker.execute(() => i);
  await clock.advance(9_000);
  for (let i = 0; i < 3; i++) await breaker.execute(() => i);
  assert.deepEqual([breaker.stats().calls, breaker.stats().failures], [43, 0]);
  await clock.advance(2_500);
  assert.equal(breaker.stats().calls, 3);
  await trip(breaker, 3);
  assert.equal(breaker.state, "OPEN", "3 of 6");
});

test("successes that are kept back change no verdict", async () => {
  const shapes = [
    { failureRate: 0.4, minimumCalls: 5, window: 1_000 },
    { failureRate: 0.5, minimumCalls: 3, window: { count: 7 }, consecutiveFailures: 4 },
    { window: "none", consecutiveFailures: 3 },
    { failureThreshold: 4, consecutiveFailures: 3, monitoringWindow: 700 },
  ];
  for (const shape of shapes) {
    let time = 0;
    const clock = { now: () => time, wallNow: () => time, sleep: async () => {} };
    const told = new CircuitBreaker({ ...shape, clock, random: () => 0.5 });
    const kept = new CircuitBreaker({ ...shape, clock, random: () => 0.5 });
    // A linear congruential generator: the same story in every run.
    let seed = 12_345;
    const roll = (n) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * n);
    };
    let opened = 0;
    for (let step = 0; step < 3_000; step++) {
      time += roll(40);
      if (roll(50) === 0) time += 40_000;
      const fails = roll(3) === 0;
      const outcome = await kept.execute(() => (fails ? Promise.reject(new Error("down")) : 1)).then(String, String);
      if (outcome.startsWith("CircuitOpenError")) assert.throws(() => told.admit(), CircuitOpenError);
      else told.settle(told.admit(), fails ? "failure" : "success");
      assert.equal(kept.state, told.state, `step ${step}`);
      if (roll(10) === 0) assert.deepEqual(kept.stats(), told.stats(), `step ${step}`);
      opened = told.stats().opened;
    }
    assert.ok(opened > 20, "the story has enough ups and downs");
  }
});

test("slow calls trip where a duration is set", async () => {
  const clock = virtualClock();
  const breaker = CircuitBreaker.rate({ slowCallDuration: 100, slowCallRate: 0.5, minimumCalls: 2, clock });
  for (const ms of [50, 100]) {
    const call = breaker.execute(() => clock.sleep(ms));
    await clock.advance(ms);
    await call;
  }
  assert.equal(breaker.state, "OPEN");
});

test("errors that do not speak against the dependency count nowhere", async () => {
  const { breaker } = breakerOf({ isFailure: (error) => error.status !== 404 });
  for (let i = 0; i < 5; i++) await rejection(breaker.execute(failing(Object.assign(new Error(), { status: 404 }))));
  assert.equal(breaker.state, "CLOSED");
  await trip(breaker);
  assert.equal(breaker.state, "OPEN");
});

test("the two halves of a call do what execute does", async () => {
  const { breaker, clock } = breakerOf();
  const stale = breaker.admit();
  const first = breaker.admit();
  assert.equal(breaker.settle(first, "success"), "counted");
  assert.equal(breaker.settle(first, "failure"), "duplicate", "a permit is used once");
  assert.equal(breaker.settle(breaker.admit(), "failure"), "counted");
  const last = breaker.admit();
  assert.equal(breaker.settle(last, "failure"), "counted");
  assert.equal(breaker.settle(last, "failure"), "stale", "its epoch is over");
  assert.equal(breaker.settle(stale, "failure"), "stale");
  assert.throws(() => breaker.admit(), CircuitOpenError);
  await clock.advance(30_000);
  assert.equal(breaker.settle(breaker.admit(), "abandoned"), "counted");
  assert.equal(breaker.state, "OPEN");
});

test("a listener can be taken away, may throw, and may use the breaker", async () => {
  const { breaker } = breakerOf({ failureThreshold: 1 });
  const heard = [];
  const off = breaker.on("stateChange", () => heard.push("first"));
  breaker.on("stateChange", () => {
    throw new Error("a listener's own trouble");
  });
  breaker.on("stateChange", () => {
    assert.throws(() => breaker.admit(), CircuitOpenError);
    heard.push(breaker.state);
  });
  off();
  const error = new Error("down");
  assert.equal(await rejection(breaker.execute(failing(error))), error);
  assert.deepEqual(heard, ["OPEN"]);
});

test("a configuration that cannot be is refused by field, value and range", () => {
  const refused = [
    [{ failureThreshold: 0 }, "failureThreshold", "0"],
    [{ recoveryTimeout: -1 }, "recoveryTimeout", "-1"],
    [{ monitoringWindow: Number.NaN }, "monitoringWindow", "NaN"],
    [{ halfOpenMaxCalls: "3" }, "halfOpenMaxCalls", '"3"'],
    [{ failureTreshold: 3 }, "failureTreshold", "3"],
    [{ failureThreshold: 3, failureRate: 0.5 }, "failureRate", "0.5"],
    [{ fallbackStrategy: "FALLBACK" }, "fallback", "nothing"],
    [{ fallbackStrategy: "MAYBE" }, "fallbackStrategy", '"MAYBE"'],
    [{ fallback: 5, fallbackStrategy: "FALLBACK" }, "fallback", "5"],
    [{ healthCheck: { interval: 5 } }, "healthCheck.probe", "nothing"],
  ];
  for (const [options, field, value] of refused) {
    assert.throws(
      () => new CircuitBreaker(options),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual([error.code, error.field, error.value], ["CONFIG_INVALID", field, value]);
        assert.ok(error.message.includes(error.expected));
        return true;
      },
    );
  }
});

test("a breaker that was disposed of rejects calls and forgets those under way", async () => {
  const { breaker } = breakerOf({ name: "gone" });
  let release;
  const under = breaker.execute(
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  const permit = breaker.admit();
  breaker.close();
  breaker.close();
  release("home");
  assert.equal(await under, "home");
  assert.equal(breaker.settle(permit, "success"), "stale");
  const error = await rejection(breaker.execute(() => 1));
  assert.deepEqual([error.code, error.message], ["CANCELLED", "circuit breaker gone was disposed of"]);
  assert.throws(() => breaker.stats(), { code: "CANCELLED" });
});
