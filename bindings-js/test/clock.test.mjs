import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { RetryHandler } = api;
const { injectErrors, noSleep, virtualClock } = testing;

test("a virtual clock moves only when told to, and wakes sleepers at their own time", async () => {
  const clock = virtualClock({ now: 5, wallNow: 1_000 });
  const woken = [];
  const nap = (ms) => clock.sleep(ms).then(() => woken.push([ms, clock.now(), clock.wallNow()]));
  nap(30);
  nap(10).then(() => nap(10));
  await clock.advance(25);
  assert.deepEqual(woken, [
    [10, 15, 1_010],
    [10, 25, 1_020],
  ]);
  assert.equal(clock.sleeping, 1);
  await clock.advance(100);
  assert.equal(clock.now(), 130);
  assert.equal(woken.length, 3);
});

test("a sleep on a virtual clock ends with its signal", async () => {
  const clock = virtualClock();
  const controller = new AbortController();
  const nap = rejection(clock.sleep(10, controller.signal));
  controller.abort("up");
  assert.equal(await nap, "up");
  assert.equal(await rejection(clock.sleep(10, controller.signal)), "up");
  assert.equal(clock.sleeping, 0);
});

test("without sleep, limits do not ring", async () => {
  const clock = noSleep();
  const handler = new RetryHandler({ attemptTimeout: 10, clock });
  assert.equal(
    await handler.execute(() => new Promise((resolve) => setImmediate(resolve, "slow but virtual"))),
    "slow but virtual",
  );
});

test("injected errors come first, in their order", async () => {
  const operation = injectErrors((a, b) => a + b, ["one", "two"]);
  assert.equal(await rejection(operation(1, 2)), "one");
  assert.equal(await rejection(operation(1, 2)), "two");
  assert.equal(await operation(1, 2), 3);
});

test("a clock of the caller's own needs only now, wallNow and sleep", async () => {
  let time = 0;
  const sleeps = [];
  const clock = {
    now: () => time,
    wallNow: () => time,
    async sleep(ms, signal) {
      sleeps.push(ms);
      // A limit's sleep: it is called off when the attempt is over.
      if (ms === 1_000) await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      time += ms;
    },
  };
  const handler = new RetryHandler({ attemptTimeout: 1_000, maxAttempts: 2, baseDelay: 7, jitter: false, clock });
  const error = await rejection(handler.execute(failing()));
  assert.equal(error.elapsed, 7);
  assert.deepEqual(sleeps, [1_000, 7, 1_000]);
});
