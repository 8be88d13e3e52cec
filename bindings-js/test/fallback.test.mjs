import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, CircuitOpenError } = api;
const { virtualClock } = testing;

async function opened(options) {
  const clock = virtualClock();
  const breaker = new CircuitBreaker({ failureThreshold: 1, recoveryTimeout: 3_600_000, clock, ...options });
  return { breaker, clock, trip: () => rejection(breaker.execute(failing())) };
}

test("FALLBACK answers in place of a rejection, and of nothing else", async () => {
  const { breaker, trip } = await opened({ fallbackStrategy: "FALLBACK", fallback: (error) => error.retryAfter });
  const error = await trip();
  assert.equal(error.message, "still down", "the call was made, so its error comes out");
  assert.equal(await breaker.execute(() => "never"), 3_600_000);
});

test("a fallback that fails rejects with its own error", async () => {
  const own = new Error("no plan B");
  const { breaker, trip } = await opened({
    fallbackStrategy: "FALLBACK",
    fallback() {
      throw own;
    },
  });
  await trip();
  assert.equal(await rejection(breaker.execute(() => "never")), own);
});

test("CACHE gives the last good value of the same key, and says that it is stale", async () => {
  const { breaker, trip } = await opened({ fallbackStrategy: "CACHE", name: "rates" });
  const events = [];
  breaker.on("fallback", (event) => events.push(event));
  await breaker.execute(() => 1, { key: "EUR" });
  await breaker.execute(() => 2, { key: "EUR" });
  await breaker.execute(() => "unkeyed");
  await trip();
  assert.equal(await breaker.execute(() => 3, { key: "EUR" }), 2);
  assert.deepEqual(events, [{ name: "rates", strategy: "CACHE", stale: true, key: "EUR" }]);
  assert.ok((await rejection(breaker.execute(() => 3, { key: "USD" }))) instanceof CircuitOpenError);
  assert.ok((await rejection(breaker.execute(() => 3))) instanceof CircuitOpenError);
});

test("CACHE keeps five minutes and a thousand keys", async () => {
  const { breaker, clock, trip } = await opened({ fallbackStrategy: "CACHE" });
  for (let key = 0; key <= 1_000; key++) await breaker.execute(() => key, { key: String(key) });
  await trip();
  assert.ok(
    (await rejection(breaker.execute(() => "", { key: "0" }))) instanceof CircuitOpenError,
    "the oldest is gone",
  );
  assert.equal(await breaker.execute(() => "", { key: "1" }), 1);
  await clock.advance(300_000);
  assert.equal(await breaker.execute(() => "", { key: "1000" }), 1_000);
  await clock.advance(1);
  assert.ok((await rejection(breaker.execute(() => "", { key: "1000" }))) instanceof CircuitOpenError);
});

test("QUEUE hands the call over and answers with its id", async () => {
  const calls = [];
  const { breaker, clock, trip } = await opened({ fallbackStrategy: "QUEUE", queue: (call) => calls.push(call) });
  await trip();
  const answer = await breaker.execute(() => "made later", { key: "order-1" });
  assert.deepEqual(answer, { queued: true, id: calls[0].id });
  assert.match(calls[0].id, /^[0-9a-f-]{36}$/);
  assert.equal(calls[0].key, "order-1");
  assert.ok((await rejection(calls[0].run())) instanceof CircuitOpenError, "still open: the queue keeps it");
  await clock.advance(3_600_000);
  assert.equal(await calls[0].run(), "made later");
});

test("a health check lets the next call through as a probe before the wait is over", async () => {
  const answers = [false, true];
  let probes = 0;
  const { breaker, clock, trip } = await opened({
    halfOpenMaxCalls: 1,
    healthCheck: {
      interval: 1_000,
      timeout: 100,
      async probe() {
        if (!answers[probes++]) throw new Error("not yet");
      },
    },
  });
  await breaker.execute(() => "well");
  await clock.advance(5_000);
  assert.equal(probes, 0, "a closed breaker is not probed");
  await trip();
  await clock.advance(1_000);
  assert.equal(probes, 1);
  assert.ok((await rejection(breaker.execute(() => 1))) instanceof CircuitOpenError);
  await clock.advance(1_000);
  assert.equal(probes, 2);
  assert.equal(await breaker.execute(() => "back"), "back");
  assert.equal(breaker.state, "CLOSED");
  await clock.advance(10_000);
  assert.equal(probes, 2, "and it is not probed any more");
  assert.equal(clock.sleeping, 0);
});

test("a health check that takes too long has failed, and the next one follows", async () => {
  let aborted = 0;
  const { breaker, clock, trip } = await opened({
    healthCheck: {
      interval: 1_000,
      timeout: 100,
      probe: ({ signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => aborted++);
        }),
    },
  });
  await trip();
  await clock.advance(2_250);
  assert.equal(aborted, 2);
  assert.equal(breaker.state, "OPEN");
});
