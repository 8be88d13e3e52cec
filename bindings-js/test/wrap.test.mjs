import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, CircuitOpenError, ConfigError, RetryExhaustedError, RetryHandler, TimeoutError, wrap } = api;
const { injectErrors, noSleep, virtualClock } = testing;

function wrapped({ policy, breaker: options, clock = noSleep() } = {}) {
  const handler = new RetryHandler({ jitter: false, clock, ...policy });
  const breaker = new CircuitBreaker({ clock, ...options });
  return { clock, handler, breaker, both: wrap(handler, breaker) };
}

test("the breaker hears of every attempt", async () => {
  const { both, breaker } = wrapped({ policy: { maxAttempts: 3 }, breaker: { failureThreshold: 100 } });
  await rejection(both.execute(failing()));
  assert.equal(breaker.stats().failures, 3);
  await both.execute(injectErrors(() => "well", [new Error("once")]));
  assert.equal(breaker.stats().failures, 4);
});

test("a breaker that opens in the middle of a call ends it", async () => {
  const { both, breaker, clock } = wrapped({ policy: { maxAttempts: 5 }, breaker: { failureThreshold: 2 } });
  const operation = failing();
  const error = await rejection(both.execute(operation));
  assert.ok(error instanceof CircuitOpenError);
  assert.equal(operation.calls, 2);
  assert.equal(clock.slept.length, 2);
  assert.equal(breaker.state, "OPEN");
});

test("an open breaker ends a call before its first attempt", async () => {
  const { both, breaker, clock } = wrapped({ breaker: { failureThreshold: 1 } });
  await rejection(breaker.execute(failing()));
  const operation = failing();
  assert.ok((await rejection(both.execute(operation))) instanceof CircuitOpenError);
  assert.equal(operation.calls, 0);
  assert.deepEqual(clock.slept, []);
});

test("a policy may wait for an open breaker when it lists that kind", async () => {
  const { both, breaker, clock } = wrapped({
    policy: { maxAttempts: 3, retryableErrors: ["Transient", "Unknown", "CircuitBreaker"], baseDelay: 1 },
    breaker: { failureThreshold: 1, recoveryTimeout: 5_000, halfOpenMaxCalls: 1 },
  });
  const value = await both.execute(injectErrors(() => "back", [new Error("once")]));
  assert.equal(value, "back");
  assert.equal(breaker.state, "CLOSED");
  assert.equal(clock.now(), 5_000, "slept 1 ms, then the 4 999 ms that the breaker asked for");
});

test("a fallback of the breaker is the answer of the attempt", async () => {
  const { both, breaker } = wrapped({
    breaker: { failureThreshold: 1, fallbackStrategy: "FALLBACK", fallback: () => "plan B" },
  });
  await rejection(breaker.execute(failing()));
  assert.equal(await both.execute(failing()), "plan B");
});

test("the time-out is each attempt's, and the breaker hears of it", async () => {
  const clock = virtualClock();
  const handler = new RetryHandler({ maxAttempts: 2, baseDelay: 10, jitter: false, clock });
  const breaker = new CircuitBreaker({ clock });
  const call = rejection(wrap(handler, breaker, 100).execute(() => new Promise(() => {})));
  await clock.advance(210);
  const error = await call;
  assert.ok(error instanceof RetryExhaustedError);
  assert.ok(error.cause instanceof TimeoutError);
  assert.equal(breaker.stats().failures, 2);
  assert.throws(() => wrap(handler, breaker, -1), ConfigError);
});

test("a result of another epoch does not reach a breaker that closed again meanwhile", async () => {
  const clock = virtualClock();
  const { both, breaker } = wrapped({
    clock,
    policy: { maxAttempts: 1 },
    breaker: { failureThreshold: 1, halfOpenMaxCalls: 1 },
  });
  let fail;
  const early = rejection(
    both.execute(
      () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    ),
  );
  await rejection(breaker.execute(failing()));
  await clock.advance(30_000);
  await breaker.execute(() => "well");
  assert.equal(breaker.state, "CLOSED");
  fail(new Error("from before"));
  await early;
  assert.equal(breaker.state, "CLOSED");
  assert.equal(breaker.stats().stale, 1);
});

test("what is no handler or no breaker is refused where it is wrapped", () => {
  assert.throws(
    () => wrap({}, new CircuitBreaker()),
    (error) => error instanceof ConfigError && error.field === "handler",
  );
  assert.throws(
    () => wrap(new RetryHandler(), {}),
    (error) => error instanceof ConfigError && error.field === "breaker",
  );
});
