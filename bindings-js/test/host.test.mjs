// What only the driver can check of a configuration is checked when it is made, and named as it was written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { api, rejection } from "./package.mjs";

const { CircuitBreakerRegistry, DeadLetterQueue, IdempotencyManager, MemoryStore, RetryBudget } = api;
const { CircuitBreaker, createFetch, idempotent, RetryHandler, RetryManagerPool, retryWithCheckpoint } = api;

const noop = () => {};

/** The field and the value that `make` is refused for. */
async function refusal(make) {
  const error = await rejection((async () => make())());
  assert.equal(error.code, "CONFIG_INVALID", error.stack);
  return [error.field, error.value];
}

test("options that are no object of fields are refused by name", async () => {
  const makers = {
    policy: (options) => new RetryHandler(options),
    options: (options) => new MemoryStore(options),
    rules: (options) => new RetryBudget(options),
    shared: (options) => new RetryManagerPool(null, options),
  };
  for (const [name, make] of Object.entries(makers)) {
    assert.deepEqual(await refusal(() => make(null)), [name, "null"]);
    assert.deepEqual(await refusal(() => make([1, 2])), [name, "a list of 2"]);
  }
  for (const make of [
    (options) => new CircuitBreaker(options),
    (options) => new CircuitBreakerRegistry(options),
    (options) => new DeadLetterQueue(options),
    (options) => new IdempotencyManager(options),
    (options) => idempotent(noop, options),
    (options) => retryWithCheckpoint(noop, options),
    (options) => createFetch(options),
  ]) {
    assert.deepEqual(await refusal(() => make(null)), ["options", "null"]);
    assert.deepEqual(await refusal(() => make(7)), ["options", "7"]);
  }
});

test("a clock that cannot tell the time is refused wherever one is taken", async () => {
  const clock = { now: noop, wallNow: noop };
  for (const make of [
    () => new RetryHandler({ clock }),
    () => new RetryBudget({ clock }),
    () => new CircuitBreaker({ clock }),
    () => new DeadLetterQueue({ clock }),
    () => new IdempotencyManager({ clock }),
    () => new MemoryStore({ clock }),
    () => idempotent(noop, { name: "work", clock }),
    () => retryWithCheckpoint(noop, { config: { clock } }),
  ]) {
    assert.deepEqual(await refusal(make), ["clock.sleep", "undefined"]);
  }
});

test("functions and loggers that are none are refused wherever they are taken", async () => {
  assert.deepEqual(await refusal(() => new RetryHandler({ random: 4 })), ["random", "number"]);
  assert.deepEqual(await refusal(() => new RetryHandler({ logger: "console" })), ["logger", "string"]);
  assert.deepEqual(await refusal(() => new DeadLetterQueue({ logger: 7 })), ["logger", "number"]);
  assert.deepEqual(await refusal(() => new DeadLetterQueue({ handlers: { pay: 5 } })), ["handlers.pay", "number"]);
  assert.deepEqual(await refusal(() => new DeadLetterQueue().handle("pay", "x")), ["handler", "string"]);
  for (const field of ["key", "input", "isSafeToRetry", "mergeResults"]) {
    assert.deepEqual(await refusal(() => idempotent(noop, { name: "work", [field]: 5 })), [field, "number"]);
  }
});

test("fields that nobody knows are refused", async () => {
  assert.deepEqual(await refusal(() => new DeadLetterQueue({ maxLetter: 5 })), ["maxLetter", "5"]);
  const misspelt = { checkpointLoadr: noop };
  assert.deepEqual(await refusal(() => retryWithCheckpoint(noop, misspelt)), ["checkpointLoadr", "a function"]);
});

test("resuming needs somebody who loads the state", async () => {
  assert.deepEqual(await refusal(() => retryWithCheckpoint(noop, { resume: true })), ["resume", "true"]);
});

test("a function that answers with a promise cannot say what counts, or what a breaker is made of", async () => {
  assert.deepEqual(await refusal(() => new CircuitBreaker({ isFailure: async () => false })), [
    "isFailure",
    "AsyncFunction",
  ]);
  assert.deepEqual(await refusal(() => new CircuitBreakerRegistry({ breaker: async () => ({}) })), [
    "breaker",
    "AsyncFunction",
  ]);
});

test("a registry finds out what is wrong with its breakers before it makes the first", async () => {
  assert.deepEqual(await refusal(() => new CircuitBreakerRegistry({ breaker: { failureThreshold: 0 } })), [
    "failureThreshold",
    "0",
  ]);
  assert.equal((await refusal(() => new CircuitBreakerRegistry({ breaker: "opossom" })))[0], "preset");
  const registry = new CircuitBreakerRegistry({ breaker: (name) => (name === "bad" ? [] : {}) });
  assert.equal(registry.size, 0, "the trial is not kept");
  assert.deepEqual(await refusal(() => registry.get("bad")), ["breaker", "a list of 0"]);
});
