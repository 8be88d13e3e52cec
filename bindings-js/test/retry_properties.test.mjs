// What must hold for every policy: properties over random policies, failures and moments.

import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { api, failing, rejection, testing } from "./package.mjs";

const { RetryExhaustedError, RetryHandler } = api;
const { injectErrors, noSleep, virtualClock } = testing;

const delays = fc.integer({ min: 0, max: 100_000 });

/** Policies of every strategy and jitter. `baseDelay` is never above `maxDelay`. */
const policies = fc
  .record({
    maxAttempts: fc.integer({ min: 1, max: 30 }),
    bounds: fc.tuple(delays, delays),
    growth: fc.oneof(
      fc.record({ strategy: fc.constant("exponential"), multiplier: fc.double({ min: 1, max: 1_000, noNaN: true }) }),
      fc.record({ strategy: fc.constant("linear"), multiplier: fc.double({ min: 0, max: 1_000, noNaN: true }) }),
      fc.record({ strategy: fc.constantFrom("fixed", "fibonacci") }),
      fc.record({ schedule: fc.array(delays, { minLength: 1, maxLength: 5 }) }),
      fc.record({ customBackoff: fc.func(delays) }),
    ),
    jitterType: fc.constantFrom("none", "full", "equal", "decorrelated", "deviation"),
    jitterMaxDeviation: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ bounds, growth, ...policy }) => ({
    ...policy,
    ...growth,
    baseDelay: Math.min(...bounds),
    maxDelay: Math.max(...bounds),
  }));

/** `Math.random` with its ends. */
const randoms = fc
  .array(
    fc.oneof(
      fc.constantFrom(0, 1 - 2 ** -32, 1 - 2 ** -53),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    ),
    {
      minLength: 1,
    },
  )
  .map((draws) => {
    let next = 0;
    return () => draws[next++ % draws.length];
  });

const always = (property, runs = { numRuns: 150 }) => fc.assert(property, runs);

test("every delay lies between nothing and maxDelay, and nothing is never slept for", () =>
  always(
    fc.asyncProperty(policies, randoms, async (policy, random) => {
      const clock = noSleep();
      const operation = failing();
      await rejection(new RetryHandler({ ...policy, clock, random }).execute(operation));
      assert.equal(operation.calls, policy.maxAttempts);
      for (const delay of clock.slept) assert.ok(delay > 0 && delay <= policy.maxDelay, `${delay}`);
    }),
  ));

test("no sleep ends at or after the total time-out", () =>
  always(
    fc.asyncProperty(policies, randoms, fc.integer({ min: 1, max: 200_000 }), async (policy, random, totalTimeout) => {
      const clock = noSleep();
      const error = await rejection(new RetryHandler({ ...policy, totalTimeout, clock, random }).execute(failing()));
      assert.ok(clock.now() < totalTimeout);
      if (error.reason === "DEADLINE") assert.ok(error.attempts < policy.maxAttempts);
    }),
  ));

test("Retry-After is never undercut, and one that is too long ends the call", () =>
  always(
    fc.asyncProperty(
      policies,
      randoms,
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 0, max: 120_000 }),
      async (policy, random, seconds, maxRetryAfter) => {
        const clock = noSleep();
        const handler = new RetryHandler({ ...policy, maxAttempts: 5, maxRetryAfter, clock, random });
        const busy = Object.assign(new Error("busy"), { status: 503, headers: { "retry-after": `${seconds}` } });
        const error = await rejection(handler.execute(failing(busy)));
        if (seconds * 1_000 > maxRetryAfter) {
          assert.deepEqual([error.reason, clock.slept.length], ["RETRY_AFTER_TOO_LONG", 0]);
        } else {
          assert.equal(error.attempts, 5);
          assert.ok(seconds === 0 || clock.slept.length === 4);
          for (const delay of clock.slept) assert.ok(delay >= seconds * 1_000, `${delay}`);
        }
      },
    ),
  ));

test("a cancelled call makes no further attempt, and rejects with the signal's reason", () =>
  always(
    fc.asyncProperty(policies, randoms, fc.integer({ min: 0, max: 300_000 }), async (policy, random, at) => {
      const clock = virtualClock();
      const caller = new AbortController();
      const operation = failing();
      const handler = new RetryHandler({ ...policy, clock, random });
      const call = rejection(handler.execute(operation, { signal: caller.signal }));
      await clock.advance(at);
      const made = operation.calls;
      const reason = new Error("enough");
      caller.abort(reason);
      await clock.advance(1e9);
      const error = await call;
      assert.equal(operation.calls, made);
      if (error !== reason) assert.ok(error instanceof RetryExhaustedError || policy.maxAttempts === 1);
      if (made < policy.maxAttempts) assert.equal(error, reason);
      assert.equal(clock.sleeping, 0);
    }),
    { numRuns: 60 },
  ));

test("whatever an operation returns comes back as it is, after however many failures", () =>
  always(
    fc.asyncProperty(
      fc.oneof(fc.constantFrom(0, -0, "", false, null, undefined, 0n, Number.NaN), fc.anything()),
      fc.integer({ min: 0, max: 4 }),
      async (value, failures) => {
        const handler = new RetryHandler({ maxAttempts: 5, clock: noSleep() });
        const errors = Array.from({ length: failures }, () => new Error("once more"));
        assert.ok(Object.is(await handler.execute(injectErrors(() => value, errors)), value));
      },
    ),
  ));

test("ten thousand calls on one policy, failing and succeeding in turn, never mix attempts or histories", async () => {
  const clock = noSleep();
  const retries = new Map();
  const handler = new RetryHandler({
    maxAttempts: 4,
    baseDelay: 10,
    clock,
    onRetry: ({ name, attempt }) => retries.set(name, [...(retries.get(name) ?? []), attempt]),
  });
  const calls = Array.from({ length: 10_000 }, (_, call) => {
    const failures = call % 5;
    const made = [];
    const operation = ({ attempt }) => {
      made.push(attempt);
      if (attempt <= failures) throw new Error(`${call}:${attempt}`);
      return call;
    };
    return handler.execute(operation, { name: `${call}` }).then(
      (value) => ({ made, value }),
      (error) => ({ made, error }),
    );
  });
  for (const [call, { made, value, error }] of (await Promise.all(calls)).entries()) {
    const failures = call % 5;
    const attempts = Array.from({ length: Math.min(failures + 1, 4) }, (_, i) => i + 1);
    assert.deepEqual(made, attempts);
    assert.deepEqual(retries.get(`${call}`) ?? [], attempts.slice(0, -1));
    if (failures < 4) assert.equal(value, call);
    else
      assert.deepEqual(
        error.errors.map(({ message }) => message),
        attempts.map((attempt) => `${call}:${attempt}`),
      );
  }
});
