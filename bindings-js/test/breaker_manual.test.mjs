import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, CircuitOpenError, ConfigError } = api;
const { virtualClock } = testing;

/** A breaker that opens at the second failure, on a clock the test moves, and what its listeners heard. */
function breakerOf(options = {}) {
  const clock = virtualClock({ now: 1_000 });
  const breaker = new CircuitBreaker({ failureThreshold: 2, recoveryTimeout: 30_000, clock, ...options });
  const heard = [];
  for (const event of ["stateChange", "reject", "wouldOpen", "stale"])
    breaker.on(event, ({ from, to, state, retryAfter }) =>
      heard.push(
        from === undefined ? [event, state, retryAfter].filter((part) => part !== undefined) : `${from}>${to}`,
      ),
    );
  return { breaker, clock, heard };
}

async function fail(breaker, times) {
  for (let i = 0; i < times; i++) await rejection(breaker.execute(failing()));
}

test("an isolated breaker stays open until everybody who holds it has let go", async () => {
  const { breaker, clock, heard } = breakerOf();
  const mine = breaker.isolate();
  const theirs = breaker.isolate();
  mine.release();
  mine.release();
  await clock.advance(3_600_000);
  assert.equal(breaker.state, "FORCED_OPEN");
  assert.equal(breaker.isOpen(), true);
  const error = await rejection(breaker.execute(() => 1));
  assert.ok(error instanceof CircuitOpenError);
  assert.deepEqual([error.state, error.retryAfter], ["FORCED_OPEN", 0]);
  theirs.release();
  assert.equal(await breaker.execute(() => 1), 1);
  assert.deepEqual(heard, ["CLOSED>FORCED_OPEN", ["reject", "FORCED_OPEN", 0], "FORCED_OPEN>CLOSED"]);
});

test("an isolation ends with its block", () => {
  const { breaker } = breakerOf();
  const isolation = breaker.isolate();
  isolation[api.dispose]();
  assert.equal(breaker.state, "CLOSED");
});

test("an isolation may outlive its breaker", () => {
  const { breaker } = breakerOf();
  const isolation = breaker.isolate();
  breaker.close();
  isolation.release();
  assert.throws(() => breaker.isolate(), { code: "CANCELLED" });
});

test("successes from before an isolation do not count after it", async () => {
  const { breaker } = breakerOf({ failureThreshold: 9, consecutiveFailures: 2 });
  await fail(breaker, 1);
  await breaker.execute(() => "kept back");
  breaker.isolate().release();
  await fail(breaker, 1);
  assert.equal(breaker.stats().consecutiveFailures, 1);
  assert.equal(breaker.state, "CLOSED");
});

test("a breaker that is off lets everything through and records nothing, until it is on again", async () => {
  const { breaker, heard } = breakerOf();
  breaker.disable();
  await fail(breaker, 5);
  assert.deepEqual([breaker.state, breaker.isOpen(), breaker.stats().failures], ["DISABLED", false, 0]);
  breaker.enable();
  breaker.enable();
  await fail(breaker, 2);
  assert.equal(breaker.state, "OPEN");
  assert.deepEqual(heard, ["CLOSED>DISABLED", "DISABLED>CLOSED", "CLOSED>OPEN"]);
});

test("a breaker that only watches says once that it would have opened", async () => {
  const { breaker, clock, heard } = breakerOf({ monitoringWindow: 1_000 });
  breaker.monitor();
  await fail(breaker, 5);
  assert.equal(breaker.state, "METRICS_ONLY");
  await clock.advance(2_000);
  await fail(breaker, 3);
  assert.deepEqual(heard, ["CLOSED>METRICS_ONLY", ["wouldOpen"], ["wouldOpen"]]);
});

test("a reset closes whatever was open, and late results count nowhere", async () => {
  const { breaker, heard } = breakerOf();
  const late = breaker.admit();
  await fail(breaker, 2);
  breaker.reset();
  assert.equal(breaker.state, "CLOSED");
  assert.equal(breaker.settle(late, "failure"), "stale");
  await fail(breaker, 1);
  assert.equal(breaker.state, "CLOSED");
  assert.deepEqual(heard, ["CLOSED>OPEN", "OPEN>CLOSED", ["stale"]]);
});

test("whoever checks health by other means may say so", async () => {
  const { breaker } = breakerOf({ halfOpenMaxCalls: 1 });
  await fail(breaker, 2);
  breaker.health(false);
  assert.throws(() => breaker.admit(), CircuitOpenError);
  breaker.health(true);
  assert.equal(await breaker.execute(() => "back"), "back");
  assert.equal(breaker.state, "CLOSED");
});

test("a rejection that has a fallback is announced all the same", async () => {
  const { breaker, heard } = breakerOf({ fallbackStrategy: "FALLBACK", fallback: () => "plan B" });
  await fail(breaker, 2);
  assert.equal(await breaker.execute(() => 1), "plan B");
  assert.deepEqual(heard, ["CLOSED>OPEN", ["reject", "OPEN", 30_000]]);
});

test("an open breaker is open for the rest of its wait in the next process", async () => {
  const { breaker, clock } = breakerOf();
  await fail(breaker, 2);
  await clock.advance(10_000);
  const kept = JSON.stringify(breaker.snapshot());

  const later = virtualClock({ now: 5 });
  const options = { failureThreshold: 2, recoveryTimeout: 30_000, clock: later };
  const next = CircuitBreaker.restore(JSON.parse(kept), options);
  assert.equal(next.state, "OPEN");
  await later.advance(19_999);
  assert.equal((await rejection(next.execute(() => 1))).retryAfter, 1);
  await later.advance(1);
  assert.equal(await next.execute(() => "probe"), "probe");
});

test("successes that were kept back are in a snapshot", async () => {
  const clock = virtualClock();
  const shape = { failureRate: 0.5, minimumCalls: 4, clock };
  const breaker = new CircuitBreaker(shape);
  for (let i = 0; i < 3; i++) await breaker.execute(() => i);
  const next = CircuitBreaker.restore(breaker.snapshot(), shape);
  assert.equal(next.stats().calls, 3);
});

test("a restored breaker that is open is checked for its health", async () => {
  const { breaker } = breakerOf();
  await fail(breaker, 2);
  const clock = virtualClock();
  let probes = 0;
  CircuitBreaker.restore(breaker.snapshot(), { clock, healthCheck: { interval: 1_000, probe: () => probes++ } });
  await clock.advance(1_000);
  assert.equal(probes, 1);
});

test("what is no snapshot is refused by name", () => {
  const refused = [
    [undefined, "snapshot"],
    [{}, "snapshot"],
    [{ ...new CircuitBreaker().snapshot(), version: 99 }, "snapshot.version"],
  ];
  for (const [snapshot, field] of refused)
    assert.throws(
      () => CircuitBreaker.restore(snapshot),
      (error) => error instanceof ConfigError && error.field === field,
    );
});

test("a breaker's metrics are its state, its changes and its rejections", async () => {
  const { breaker } = breakerOf({ name: "ledger" });
  await fail(breaker, 3);
  const lines = breaker.toPrometheus().split("\n");
  for (const line of [
    "# TYPE circuit_breaker_state gauge",
    'circuit_breaker_state{name="ledger",state="OPEN"} 1',
    'circuit_breaker_state{name="ledger",state="CLOSED"} 0',
    'circuit_breaker_transitions_total{name="ledger",from="CLOSED",to="OPEN"} 1',
    'circuit_breaker_rejections_total{name="ledger"} 1',
  ])
    assert.ok(lines.includes(line), line);
  breaker.close();
  assert.ok(!breaker.toPrometheus().includes("ledger"), "a closed breaker has no metrics");
});

test("a wrapped function keeps its arguments and goes through the breaker", async () => {
  const { breaker } = breakerOf();
  const add = breaker.wrap((a, b) => a + b);
  assert.equal(await add(1, 2), 3);
  await fail(breaker, 2);
  assert.ok((await rejection(add(1, 2))) instanceof CircuitOpenError);
});
