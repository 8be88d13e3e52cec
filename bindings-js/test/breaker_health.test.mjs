import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, CircuitBreakerRegistry, CircuitOpenError } = api;
const { virtualClock } = testing;

/** Options of a breaker that opens at the first failure and is probed every second while open, for 10 s at most. */
function optionsOf(probe, options = {}) {
  const healthCheck = { interval: 1_000, timeout: 10_000, probe };
  return {
    failureThreshold: 1,
    recoveryTimeout: 60_000,
    halfOpenMaxCalls: 1,
    clock: virtualClock(),
    healthCheck,
    ...options,
  };
}

/** A probe that the test answers, and how many have been started and are under way. */
function slowProbe() {
  const probe = () =>
    new Promise((resolve) => {
      probe.started++;
      probe.running++;
      probe.most = Math.max(probe.most, probe.running);
      probe.answers.push((answer) => {
        probe.running--;
        resolve(answer);
      });
    });
  return Object.assign(probe, { started: 0, running: 0, most: 0, answers: [] });
}

test("a breaker that was closed for good is not probed any more", async () => {
  let probes = 0;
  const options = optionsOf(() => {
    probes++;
  });
  const breaker = new CircuitBreaker(options);
  await rejection(breaker.execute(failing()));
  breaker.close();
  assert.equal(options.clock.sleeping, 0, "no timer is left");
  await options.clock.advance(60_000);
  assert.equal(probes, 0);
});

test("a breaker that is closed during its probe is not probed again", async () => {
  const probe = slowProbe();
  const options = optionsOf(probe);
  const breaker = new CircuitBreaker(options);
  await rejection(breaker.execute(failing()));
  await options.clock.advance(1_000);
  breaker.close();
  probe.answers[0](true);
  await options.clock.advance(60_000);
  assert.equal(probe.started, 1);
  assert.equal(options.clock.sleeping, 0);
});

test("a registry that is closed ends the health checks of its breakers", async () => {
  let probes = 0;
  const options = optionsOf(() => {
    probes++;
    throw new Error("not yet");
  });
  const breakers = new CircuitBreakerRegistry({ breaker: options });
  await rejection(breakers.get("ledger").execute(failing()));
  await options.clock.advance(1_500);
  breakers.close();
  await options.clock.advance(60_000);
  assert.equal(probes, 1);
  assert.equal(options.clock.sleeping, 0);
});

test("a probe of an earlier opening does not end a later one", async () => {
  const probe = slowProbe();
  const options = optionsOf(probe);
  const breaker = new CircuitBreaker(options);
  await rejection(breaker.execute(failing()));
  await options.clock.advance(1_000);
  breaker.reset();
  await rejection(breaker.execute(failing()));
  probe.answers[0](true);
  await options.clock.advance(1);
  assert.throws(() => breaker.admit(), CircuitOpenError);
  assert.equal(breaker.state, "OPEN");
});

test("probes never overlap, also when the breaker opens again during one", async () => {
  const probe = slowProbe();
  const options = optionsOf(probe);
  const breaker = new CircuitBreaker(options);
  await rejection(breaker.execute(failing()));
  await options.clock.advance(1_000);
  breaker.reset();
  await rejection(breaker.execute(failing()));
  await options.clock.advance(5_000);
  assert.deepEqual([probe.started, probe.most], [1, 1]);
  probe.answers[0](false);
  await options.clock.advance(1_000);
  assert.deepEqual([probe.started, probe.most], [2, 1], "the later opening is probed one interval after that");
  probe.answers[1](true);
  await options.clock.advance(1);
  assert.equal(await breaker.execute(() => "back"), "back");
});

test("a probe that answers false is a failed one, and any other answer a good one", async () => {
  for (const [answer, opensWay] of [
    [false, false],
    [undefined, true],
    [0, true],
  ]) {
    const options = optionsOf(() => answer);
    const breaker = new CircuitBreaker(options);
    await rejection(breaker.execute(failing()));
    await options.clock.advance(1_000);
    const came = await breaker.execute(() => "back").catch((error) => error.code);
    assert.equal(came, opensWay ? "back" : "CIRCUIT_BREAKER_OPEN", String(answer));
  }
});
