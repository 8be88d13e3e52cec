import assert from "node:assert/strict";
import test from "node:test";
import { api } from "./package.mjs";

const { ConfigError, loadPolicies, RetryHandler, RetryPolicyManager } = api;

/** The levels of the retry policy standards, as a YAML reader gives them. */
const STANDARDS = {
  retry_policies: {
    default: {
      max_attempts: 3,
      initial_delay: 0.1,
      max_delay: 10.0,
      exponential_base: 2,
      jitter: true,
      jitter_factor: 0.1,
      slot_count: 10,
      slot_width: 0.1,
      coordination_enabled: true,
      idempotency_ttl: 3600,
    },
    aggressive: { extends: "default", max_attempts: 5, initial_delay: 0.05, max_delay: 5.0, exponential_base: 1.5 },
  },
};

const thrown = (run) => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigError, error);
    return error;
  }
  throw new Error("expected a refusal");
};

test("the levels of the retry policy standards are in seconds, and what one extends is filled in", () => {
  const { default: standard, aggressive } = loadPolicies(STANDARDS);
  assert.deepEqual(standard, new RetryHandler("service.default").config);
  assert.deepEqual(
    [aggressive.maxAttempts, aggressive.baseDelay, aggressive.maxDelay, aggressive.multiplier, aggressive.slotCount],
    [5, 50, 5_000, 1.5, 10],
  );
  assert.equal(aggressive.jitterType, "deviation");
});

test("levels in camelCase are in milliseconds, and may extend presets", () => {
  const policies = loadPolicies({
    patient: { extends: "kernel", maxAttempts: 9 },
    hasty: { extends: "patient", baseDelay: 5, jitter: true },
    same: "quick",
  });
  assert.deepEqual(Object.keys(policies), ["patient", "hasty", "same"]);
  const { hasty, same } = policies;
  assert.deepEqual([hasty.maxAttempts, hasty.baseDelay, hasty.maxDelay, hasty.jitterType], [9, 5, 30_000, "full"]);
  assert.deepEqual(same, new RetryHandler("quick").config);
  assert.ok(Object.isFrozen(policies) && Object.isFrozen(hasty));
  assert.equal(RetryPolicyManager.loadPolicies, loadPolicies);
});

test("a level that is wrong is refused with its path", () => {
  const field = (mapping) => thrown(() => loadPolicies(mapping)).field;
  assert.equal(field({ a: { max_attempts: 0 } }), "a.max_attempts");
  assert.equal(field({ a: { extends: "b" }, b: { extends: "a" } }), "b.extends");
  assert.equal(field({ a: { maxAttempts: 2, initial_delay: 1 } }), "a.initial_delay");
  assert.equal(field({ a: { retries: 2 } }), "a.retries");
  assert.equal(field({ a: { strategy: "schedule" } }), "a.schedule");
  assert.equal(field([]), "policies");
});

test("a level that says half of what another says is checked as a whole", () => {
  const error = thrown(() => loadPolicies({ a: { baseDelay: 10, maxDelay: 5 } }));
  assert.equal(error.message, "a.baseDelay: got 10 milliseconds, expected at most a.maxDelay, 5 milliseconds");
});

test("an argument wins over the environment, and the environment over the preset", () => {
  const variables = { RETRY_MAX_ATTEMPTS: "7", RETRY_INITIAL_DELAY: "0.5", RETRY_MAX_DELAY: " 20 ", HOME: "/" };
  const read = (...more) => {
    const { maxAttempts, baseDelay, maxDelay, jitterType } = RetryPolicyManager.fromEnv(variables, ...more);
    return [maxAttempts, baseDelay, maxDelay, jitterType];
  };
  assert.deepEqual(read(), [7, 500, 20_000, "full"]);
  assert.deepEqual(read({ maxAttempts: 2 }), [2, 500, 20_000, "full"]);
  assert.deepEqual(read({}, "kernel"), [7, 500, 20_000, "none"]);
  const bare = RetryPolicyManager.fromEnv({}, {}, "critical");
  assert.deepEqual(bare, new RetryHandler("critical").config);
});

test("functions given beside the environment stay with the policy", async () => {
  const heard = [];
  const policy = RetryPolicyManager.fromEnv({ RETRY_MAX_ATTEMPTS: "1" }, { onGiveUp: () => heard.push("end") });
  await new RetryHandler(policy).execute(() => Promise.reject(new Error("no"))).catch(() => {});
  assert.deepEqual(heard, ["end"]);
});

test("a malformed variable is an error that names it", () => {
  const message = (variables) => thrown(() => RetryPolicyManager.fromEnv(variables)).message;
  assert.equal(
    message({ RETRY_MAX_ATTEMPTS: "many" }),
    'RETRY_MAX_ATTEMPTS: got "many", expected a whole number from 1 to 10000000',
  );
  assert.equal(
    message({ RETRY_MAX_DELAY: "-1" }),
    "RETRY_MAX_DELAY: got -1, expected a number of seconds from 0 to 31536000",
  );
  assert.match(message(null), /^variables: got null/);
});

test("without a mapping it is the environment of the process", (t) => {
  const before = process.env.RETRY_MAX_ATTEMPTS;
  t.after(() => {
    if (before === undefined) delete process.env.RETRY_MAX_ATTEMPTS;
    else process.env.RETRY_MAX_ATTEMPTS = before;
  });
  process.env.RETRY_MAX_ATTEMPTS = "4";
  assert.equal(RetryPolicyManager.fromEnv().maxAttempts, 4);
});

test("validate answers what has no effect, and refuses what is wrong", () => {
  const fields = { jitterType: "equal", jitterMaxDeviation: 0.1 };
  const [warning, ...others] = RetryPolicyManager.validate(fields);
  assert.match(warning, /^jitterMaxDeviation has no effect/);
  assert.deepEqual(others, []);
  assert.deepEqual(new RetryHandler(fields).validate(), [warning]);
  assert.deepEqual(RetryPolicyManager.validate("http"), []);
  assert.equal(thrown(() => RetryPolicyManager.validate({ maxAttempts: 0 })).field, "maxAttempts");
});
