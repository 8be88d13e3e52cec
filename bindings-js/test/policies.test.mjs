import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { ConfigError, RetryHandler, RetryPolicyManager } = api;

const pick = ({ maxAttempts, baseDelay, maxDelay, multiplier, jitterType }) => [
  maxAttempts,
  baseDelay,
  maxDelay,
  multiplier,
  jitterType,
];

test("the five policies of the Q ecosystem are what it says", () => {
  assert.deepEqual(pick(RetryPolicyManager.CONSERVATIVE), [2, 1_000, 30_000, 2, "full"]);
  assert.deepEqual(pick(RetryPolicyManager.STANDARD), [3, 100, 10_000, 2, "full"]);
  assert.deepEqual(pick(RetryPolicyManager.AGGRESSIVE), [5, 50, 10_000, 2, "full"]);
  assert.deepEqual(pick(RetryPolicyManager.FAST), [3, 25, 1_000, 2, "full"]);
  assert.equal(RetryPolicyManager.NO_RETRY.maxAttempts, 1);
});

test("each module of the Q ecosystem has its policy, and an unknown one STANDARD", () => {
  const { CONSERVATIVE, STANDARD, AGGRESSIVE, FAST } = RetryPolicyManager;
  const modules = new Map([
    [CONSERVATIVE, ["qlock", "qwallet", "qerberos", "dao"]],
    [FAST, ["squid", "qonsent"]],
    [AGGRESSIVE, ["qdrive", "qpic", "qindex", "qnet"]],
    [STANDARD, ["qmarket", "qmail", "qchat", "elsewhere"]],
  ]);
  for (const [policy, names] of modules) {
    for (const name of names) assert.equal(RetryPolicyManager.forModule(name), policy, name);
  }
});

test("criticality chooses a policy, and an unknown one is refused", () => {
  const { CONSERVATIVE, STANDARD, AGGRESSIVE } = RetryPolicyManager;
  assert.equal(RetryPolicyManager.forCriticality("CRITICAL"), CONSERVATIVE);
  assert.equal(RetryPolicyManager.forCriticality("HIGH"), CONSERVATIVE);
  assert.equal(RetryPolicyManager.forCriticality("MEDIUM"), STANDARD);
  assert.equal(RetryPolicyManager.forCriticality("LOW"), AGGRESSIVE);
  assert.throws(() => RetryPolicyManager.forCriticality("SOMEWHAT"), { code: "CONFIG_INVALID", field: "criticality" });
});

test("a policy of one's own wins with its hooks", async () => {
  const heard = [];
  const own = RetryPolicyManager.createCustom({
    maxAttempts: 2,
    clock: testing.noSleep(),
    onRetry: ({ attempt }) => heard.push(attempt),
    customConditions: [() => true],
  });
  const chosen = RetryPolicyManager.choose({ retryPolicy: own, module: "qwallet", userFacing: true });
  assert.deepEqual([chosen.maxAttempts, chosen.timeout, chosen.onRetry], [2, 10_000, own.onRetry]);
  const error = await rejection(new RetryHandler(chosen).execute(failing()));
  assert.deepEqual([error.attempts, heard], [2, [1]]);
  assert.throws(() => RetryPolicyManager.choose({ retryPolicy: { onRetry: 5 } }), { field: "onRetry" });
});

test("policies are frozen plain data", () => {
  const policy = RetryPolicyManager.STANDARD;
  assert.equal(Object.getPrototypeOf(policy), Object.prototype);
  assert.throws(() => {
    policy.maxAttempts = 99;
  }, TypeError);
  assert.deepEqual(JSON.parse(JSON.stringify(policy)), { ...policy });
});

test("a custom policy starts from STANDARD and keeps what is given", async () => {
  const clock = testing.noSleep();
  const custom = RetryPolicyManager.createCustom({
    maxAttempts: 5,
    baseDelay: 200,
    maxDelay: 10_000,
    backoffMultiplier: 1.8,
    jitter: false,
    clock,
    customConditions: [(_, attempt) => attempt < 3],
  });
  assert.deepEqual(pick(custom), [5, 200, 10_000, 1.8, "none"]);
  await rejection(new RetryHandler(custom).execute(failing()));
  assert.deepEqual(clock.slept, [200, 360]);
});

test("a handler shows its policy complete, and the policy makes an equal handler", () => {
  const handler = new RetryHandler({ maxAttempts: 4, timeout: 60_000, tags: { team: "payments" } });
  assert.deepEqual(pick(handler.config), [4, 100, 10_000, 2, "full"]);
  assert.equal(handler.config.timeout, 60_000);
  assert.deepEqual(handler.config.tags, { team: "payments" });
  assert.deepEqual(new RetryHandler(handler.config).config, handler.config);
  assert.deepEqual(new RetryHandler().config, RetryPolicyManager.STANDARD);
});

test("a preset can be named, and an ambiguous name is refused", () => {
  assert.equal(new RetryHandler("http").config.maxAttempts, 5);
  assert.throws(() => new RetryHandler("aggressive"), {
    code: "CONFIG_INVALID",
    expected: "q.aggressive or service.aggressive: the bare name means both",
  });
});

test("a policy that cannot be is refused by field, value and range", () => {
  const refused = [
    [{ baseDelay: -5 }, "baseDelay", "-5", "a number of milliseconds from 0 to 31536000000"],
    [{ multiplier: Number.NaN }, "multiplier", "NaN", undefined],
    [{ maxDelay: Number.POSITIVE_INFINITY }, "maxDelay", "Infinity", undefined],
    [{ strategy: "sometimes" }, "strategy", '"sometimes"', undefined],
    [{ maxAttempts: "3" }, "maxAttempts", '"3"', "a whole number from 1 to 10000000"],
    [{ maxAttempts: 3n }, "maxAttempts", "bigint", undefined],
    [{ maxAttemps: 3 }, "maxAttemps", "3", "a known field; the nearest is maxAttempts"],
    [{ baseDelay: 5, initialDelay: 6 }, "initialDelay", "6", undefined],
    [{ baseDelay: 50, maxDelay: 10 }, "baseDelay", undefined, undefined],
    [{ strategy: "custom" }, "strategy", '"custom"', undefined],
    [{ customBackoff: 3 }, "customBackoff", "3", undefined],
    [{ customConditions: [3] }, "customConditions", undefined, undefined],
    [{ onRetry: "loud" }, "onRetry", "string", "a function"],
    [{ perKind: { Timeout: { maxAttempts: 0 } } }, "perKind.Timeout.maxAttempts", "0", undefined],
    [{ tags: new Date(0) }, "tags", "Date", undefined],
  ];
  for (const [policy, field, value, expected] of refused) {
    assert.throws(
      () => new RetryHandler(policy),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.field, field);
        if (value !== undefined) assert.equal(error.value, value);
        if (expected !== undefined) assert.equal(error.expected, expected);
        return true;
      },
      field,
    );
  }
});

test("a configuration that contains itself is refused, not followed", () => {
  const tags = {};
  tags.self = tags;
  assert.throws(() => new RetryHandler({ tags }), ConfigError);
});

test("what has no effect is accepted with a warning", () => {
  const handler = new RetryHandler({ jitterMaxDeviation: 0.2 });
  assert.deepEqual(handler.warnings, ["jitterMaxDeviation has no effect: only jitter deviation reads it"]);
});
