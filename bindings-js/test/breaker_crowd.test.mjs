import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, CircuitOpenError, RetryHandler, wrap } = api;
const { virtualClock } = testing;

/** An open breaker whose wait is over, so that the next calls are probes. */
async function due(options) {
  const clock = virtualClock();
  const breaker = new CircuitBreaker({ failureThreshold: 1, clock, ...options });
  await rejection(breaker.execute(failing()));
  await clock.advance(30_000);
  return { breaker, clock };
}

/** A dependency that answers when the test says so, and counts how many are with it at once. */
function dependency(answer) {
  const waiting = [];
  const seen = { now: 0, most: 0, calls: 0 };
  const call = async () => {
    seen.calls++;
    seen.most = Math.max(seen.most, ++seen.now);
    await new Promise((resolve) => waiting.push(resolve));
    seen.now--;
    return answer();
  };
  const letGo = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { call, letGo, seen };
}

for (const [how, of] of [
  ["execute", (breaker, call) => breaker.execute(call)],
  ["wrap", (breaker, call) => wrap(new RetryHandler({ maxAttempts: 1 }), breaker).execute(call)],
  ["a signal", (breaker, call) => breaker.execute(call, { signal: new AbortController().signal })],
]) {
  test(`of a thousand callers at once no more than the allowed probes get through (${how})`, async () => {
    const { breaker } = await due({ halfOpenMaxCalls: 3 });
    const { call, letGo, seen } = dependency(() => "well");
    const calls = Array.from({ length: 1_000 }, () => of(breaker, call).catch((error) => error));
    await new Promise(setImmediate);
    assert.deepEqual(seen, { now: 3, most: 3, calls: 3 });
    letGo();
    const ends = await Promise.all(calls);
    assert.equal(ends.filter((end) => end === "well").length, 3);
    assert.equal(ends.filter((end) => end instanceof CircuitOpenError).length, 997);
    assert.equal(breaker.state, "CLOSED");
  });
}

test("a thousand callers who come and go never have more probes in flight than allowed", async () => {
  const { breaker, clock } = await due({ halfOpenMaxCalls: 2 });
  let answer = "down";
  const { call, letGo, seen } = dependency(() => {
    if (answer === "down") throw new Error("still down");
    return answer;
  });
  const calls = [];
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 50; i++) calls.push(breaker.execute(call).catch(() => {}));
    await new Promise(setImmediate);
    assert.ok(seen.now <= 2, `round ${round}: ${seen.now} in flight`);
    letGo();
    await new Promise(setImmediate);
    await clock.advance(30_000);
  }
  await Promise.all(calls);
  assert.deepEqual([seen.most, seen.calls, breaker.state], [2, 40, "OPEN"]);
  answer = "well";
  const last = [breaker.execute(call), breaker.execute(call)];
  await new Promise(setImmediate);
  letGo();
  await Promise.all(last);
  assert.equal(breaker.state, "CLOSED");
});

test("probes whose callers give up return their places", async () => {
  const { breaker, clock } = await due({ halfOpenMaxCalls: 1 });
  for (let round = 0; round < 10; round++) {
    const caller = new AbortController();
    const call = rejection(breaker.execute(() => new Promise(() => {}), { signal: caller.signal }));
    const reason = new Error("gone");
    caller.abort(reason);
    assert.equal(await call, reason);
    assert.equal(breaker.state, "OPEN", "who cannot say that it works must not close the breaker");
    await clock.advance(30_000);
  }
  assert.equal(await breaker.execute(() => "well"), "well");
  assert.equal(breaker.state, "CLOSED");
});
