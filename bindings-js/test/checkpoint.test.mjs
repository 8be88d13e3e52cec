import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { ConfigError, RetryExhaustedError, retryWithCheckpoint, TimeoutError } = api;
const { noSleep, virtualClock } = testing;

const config = () => ({ maxAttempts: 3, initialDelay: 10, clock: noSleep() });

/** A task that notes what it was called with and fails a number of times. */
function task(failures) {
  const seen = [];
  const run = async (...args) => {
    const { attempt, signal } = args.pop();
    seen.push([...args, attempt]);
    assert.ok(signal instanceof AbortSignal);
    if (seen.length <= failures) throw new Error("died");
    return `${args[0]} done`;
  };
  return { seen, run };
}

test("the state is loaded before every retry, with the call's own arguments, and not before the first attempt", async () => {
  const loads = [];
  const { seen, run } = task(2);
  const retried = retryWithCheckpoint(run, {
    config: config(),
    checkpointLoader(...args) {
      loads.push(args);
      return { step: loads.length };
    },
  });
  assert.equal(await retried("t1", 7), "t1 done");
  assert.deepEqual(loads, [
    ["t1", 7],
    ["t1", 7],
  ]);
  assert.deepEqual(seen, [
    ["t1", 7, undefined, 1],
    ["t1", 7, { step: 1 }, 2],
    ["t1", 7, { step: 2 }, 3],
  ]);
});

test("with resume it is loaded before the first attempt too", async () => {
  const { seen, run } = task(0);
  const retried = retryWithCheckpoint(run, { config: config(), resume: true, checkpointLoader: async () => "saved" });
  await retried("t1");
  assert.deepEqual(seen, [["t1", "saved", 1]]);
});

test("the result is saved once, after success, and before it is returned", async () => {
  const saved = [];
  const { run } = task(1);
  const retried = retryWithCheckpoint(run, {
    config: config(),
    checkpointSaver: async (...args) => {
      await null;
      saved.push(args);
    },
  });
  await retried("t1");
  assert.deepEqual(saved, [["t1", "t1 done"]]);
  const broken = retryWithCheckpoint(failing(), { config: config(), checkpointSaver: (...args) => saved.push(args) });
  assert.ok((await rejection(broken("t2"))) instanceof RetryExhaustedError);
  assert.equal(saved.length, 1);
});

test("a loader that fails is a failed attempt", async () => {
  const { seen, run } = task(1);
  const errors = [new Error("store down")];
  const retried = retryWithCheckpoint(run, {
    config: config(),
    checkpointLoader() {
      if (errors.length > 0) throw errors.pop();
      return "state";
    },
  });
  assert.equal(await retried("t1"), "t1 done");
  assert.deepEqual(seen, [
    ["t1", undefined, 1],
    ["t1", "state", 3],
  ]);
  const never = retryWithCheckpoint(run, { config: config(), resume: true, checkpointLoader: failing() });
  assert.equal((await rejection(never("t1"))).attempts, 3);
});

test("a saver that fails is counted, and the result is returned", async () => {
  const retried = retryWithCheckpoint(async () => 0, { config: config(), checkpointSaver: failing() });
  assert.deepEqual([await retried(), await retried(), retried.failedSaves], [0, 0, 2]);
});

test("what the configuration leaves open is that of the kernel tasks", async () => {
  const clock = noSleep();
  const retried = retryWithCheckpoint(failing(), { config: { clock } });
  assert.equal((await rejection(retried())).attempts, 3);
  assert.deepEqual(clock.slept, [1_000, 2_000]);
});

test("a call may have a signal and a name of its own", async () => {
  const clock = virtualClock();
  const retried = retryWithCheckpoint(failing(), { config: { clock, maxAttempts: 2 } });
  const caller = new AbortController();
  const cancelled = rejection(retried.with({ signal: caller.signal })("t1"));
  await clock.advance(500);
  caller.abort("enough");
  assert.equal(await cancelled, "enough");
  const named = rejection(retried.with({ name: "import" })("t1"));
  await clock.advance(1_000);
  assert.match((await named).message, /^import: given up after 2 attempts/);
});

test("the function keeps its name, and what is no function is refused", () => {
  assert.equal(retryWithCheckpoint(async function work() {}).name, "work");
  assert.throws(() => retryWithCheckpoint("work"), ConfigError);
  assert.throws(() => retryWithCheckpoint(() => {}, { checkpointLoader: 5 }), ConfigError);
  assert.throws(() => retryWithCheckpoint(() => {}, { config: { retries: 5 } }), ConfigError);
});

for (const [ends, policy, reason] of [
  ["the caller cancels", {}, "enough"],
  ["the attempt's time is up", { attemptTimeout: 100 }, undefined],
  ["the call's time is up", { timeout: 100 }, undefined],
]) {
  test(`an attempt that ends while its state is loaded does not begin its work: ${ends}`, async () => {
    const clock = virtualClock();
    const caller = new AbortController();
    const loads = [];
    let worked = 0;
    const retried = retryWithCheckpoint(() => worked++, {
      config: { maxAttempts: 1, clock, ...policy },
      resume: true,
      checkpointLoader: () => new Promise((loaded) => loads.push(loaded)),
    });
    const ended = rejection(retried.with({ signal: caller.signal })("t1"));
    await clock.advance(100);
    if (reason !== undefined) caller.abort(reason);
    const error = await ended;
    if (reason !== undefined) assert.equal(error, reason);
    else assert.ok(error instanceof TimeoutError || error.cause instanceof TimeoutError, String(error));
    loads[0]("state");
    await new Promise(setImmediate);
    assert.deepEqual([loads.length, worked], [1, 0]);
  });
}
