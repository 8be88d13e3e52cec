import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, ConfigError, RetryBudget, RetryHandler, RetryPolicyManager, wrap } = api;

/** Two tokens, and no more. */
const two = (clock) => new RetryBudget({ capacity: 2, ratio: 0, reservePerSecond: 0, clock });
const at = (start) => {
  const clock = { ms: start, now: () => clock.ms, wallNow: () => clock.ms, sleep: () => Promise.resolve() };
  return clock;
};
const eager = { maxAttempts: 5, baseDelay: 0, maxDelay: 0, jitter: false };

test("handlers that share a budget share its tokens", async () => {
  const budget = two();
  const reads = new RetryHandler({ ...eager, budget });
  const writes = new RetryHandler({ ...eager, budget });
  const operation = failing();
  assert.equal((await rejection(reads.execute(operation))).reason, "BUDGET");
  assert.equal(operation.calls, 3);
  assert.equal((await rejection(writes.execute(operation))).attempts, 1);
  assert.equal(operation.calls, 4);
});

test("a call that a budget ends has the last failure as its cause", async () => {
  const failures = [new Error("first"), new Error("second"), new Error("third")];
  const told = [];
  const handler = new RetryHandler({ ...eager, budget: two(), onGiveUp: ({ reason }) => told.push(reason) });
  const error = await rejection(
    handler.execute(
      testing.injectErrors(() => "done", failures),
      { name: "pay" },
    ),
  );
  assert.ok(error instanceof api.RetryExhaustedError);
  assert.equal(error.cause, failures[2]);
  assert.equal(error.message, "pay: given up after 3 attempts: the retry budget is used up");
  assert.deepEqual(told, ["BUDGET"]);
});

test("a minute of a thousand failing calls a second stays within the bound, and a year later all tokens are back", async () => {
  const clock = at(0);
  const budget = new RetryBudget({ clock });
  const handler = new RetryHandler({ ...eager, budget, clock });
  const operation = failing();
  for (; clock.ms < 60_000; clock.ms++) await rejection(handler.execute(operation));
  // (1 + 0.2) · 60 000 calls + 10 · 60 s + 100; the last call comes a millisecond before the minute ends.
  assert.equal(operation.calls, 72_699);
  clock.ms += 365 * 86_400_000;
  assert.equal(budget.tokens, 100);
  const patient = new RetryHandler({ ...eager, maxAttempts: 1_000, budget, clock });
  assert.equal((await rejection(patient.execute(failing()))).attempts, 101);
});

test("a retry whose timer rings past the deadline gives its token back", async () => {
  const clock = at(0);
  clock.timer = () => () => {};
  clock.sleep = async () => {
    clock.ms += 5_000;
  };
  const budget = two(clock);
  const handler = new RetryHandler({ baseDelay: 10, jitter: false, timeout: 1_000, budget, clock });
  assert.equal((await rejection(handler.execute(failing()))).reason, "DEADLINE");
  assert.deepEqual(budget.stats(), { tokens: 2, capacity: 2, deposits: 1, retries: 1, refused: 0, returned: 1 });
});

test("a retry that is called off while its observer is told gives its token back", async () => {
  const controller = new AbortController();
  const budget = two();
  const handler = new RetryHandler({ ...eager, budget, onRetry: () => controller.abort(new Error("called off")) });
  assert.equal((await rejection(handler.execute(failing(), { signal: controller.signal }))).message, "called off");
  assert.equal(budget.tokens, 2);
});

test("under a breaker every call deposits once, and a retry that it rejects gives its token back", async () => {
  const budget = new RetryBudget({ capacity: 2, ratio: 0.5, reservePerSecond: 0 });
  const breaker = new CircuitBreaker({ failureThreshold: 1 });
  const guarded = wrap(new RetryHandler({ ...eager, budget }), breaker);
  assert.ok(api.isCircuitBreakerError(await rejection(guarded.execute(failing()))));
  assert.deepEqual(budget.stats(), { tokens: 2, capacity: 2, deposits: 1, retries: 1, refused: 0, returned: 1 });
  const calm = wrap(new RetryHandler({ ...eager, budget }), new CircuitBreaker(), 1_000);
  await calm.execute(() => "done");
  assert.equal(budget.stats().deposits, 2);
});

test("where successes deposit, each call that succeeds does, however it is run", async () => {
  const budget = new RetryBudget({ preset: "grpc", maxTokens: 100 });
  const handler = new RetryHandler({ ...eager, budget });
  await handler.execute(() => "plain");
  await handler.execute(() => "named", { name: "named" });
  await new RetryHandler({ ...eager, budget, timeout: 1_000 }).execute(() => "limited");
  await wrap(handler, new CircuitBreaker()).execute(() => "guarded");
  await handler.execute(testing.injectErrors(() => "retried", [new Error("first")]));
  await rejection(handler.execute(failing()));
  assert.equal(budget.stats().deposits, 5);
});

test("a call that was cancelled before it began deposits nothing", async () => {
  const budget = new RetryBudget();
  await rejection(new RetryHandler({ budget }).execute(() => "never", { signal: AbortSignal.abort() }));
  assert.equal(budget.stats().deposits, 0);
});

test("vetoes of custom conditions cost nothing", async () => {
  const budget = two();
  const handler = new RetryHandler({ ...eager, budget, customConditions: [(_, attempt) => attempt < 2] });
  const operation = failing();
  await rejection(handler.execute(operation));
  assert.equal(operation.calls, 2);
  assert.equal(budget.stats().retries, 1);
});

test("rules make a budget of the policy's own, which the handlers of that policy share", async () => {
  const own = () => new RetryHandler({ ...eager, budget: { capacity: 1, ratio: 0, reservePerSecond: 0 } });
  assert.equal((await rejection(own().execute(failing()))).attempts, 2);
  assert.equal((await rejection(own().execute(failing()))).attempts, 2);
  const policy = RetryPolicyManager.createCustom({ ...eager, budget: "aws" });
  assert.ok(policy.budget instanceof RetryBudget);
  await rejection(new RetryHandler(policy).execute(failing()));
  await rejection(new RetryHandler({ ...policy, maxAttempts: 3 }).execute(failing()));
  assert.equal(policy.budget.tokens, 500 - 4 * 5 - 2 * 5);
});

test("without a budget, retries are free", async () => {
  for (const budget of [undefined, null, false]) {
    const operation = failing();
    await rejection(new RetryHandler({ ...eager, maxAttempts: 500, budget }).execute(operation));
    assert.equal(operation.calls, 500);
  }
});

test("what is wrong with the option is named with its path", () => {
  const refused = (budget) => {
    assert.throws(
      () => new RetryHandler({ budget }),
      (error) => error instanceof ConfigError && refused.field === error.field,
    );
  };
  for (const [budget, field] of [
    [{ ratio: -1 }, "budget.ratio"],
    [{ preset: "envoy" }, "budget.preset"],
    ["envoy", "budget"],
    [7, "budget"],
    [() => {}, "budget"],
  ]) {
    refused.field = field;
    refused(budget);
  }
});

test("a budget that was disposed of refuses nothing, and has no numbers any more", async () => {
  const budget = two();
  const handler = new RetryHandler({ ...eager, budget });
  budget.close();
  budget.close();
  assert.equal((await rejection(handler.execute(failing()))).reason, "EXHAUSTED");
  assert.throws(() => budget.tokens, /retry budget default was disposed of/);
});
