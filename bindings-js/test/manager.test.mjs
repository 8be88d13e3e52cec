import assert from "node:assert/strict";
import test from "node:test";
import * as all from "./package.mjs";

const { api, failing, rejection, testing } = all;
const {
  CircuitBreaker,
  ConfigError,
  isCircuitBreakerError,
  JitterTypeNone,
  RetryHandler,
  RetryManager,
  RetryManagerPool,
  StrategyExponentialBackoff,
} = api;
const { noSleep, virtualClock } = testing;

/** The reference table of the advanced retry, in JavaScript's names. */
const TABLE = {
  maxAttempts: 3,
  baseDelay: 100,
  maxDelay: 30_000,
  timeout: 300_000,
  strategy: "exponential",
  multiplier: 2,
  jitterType: "full",
  jitterMaxDeviation: 0.1,
  enableCircuitBreaker: true,
  permanentErrors: ["Permanent", "Client"],
  enableDeadLetter: true,
  enableMetrics: true,
  enableLogging: true,
  logLevel: "info",
  operationName: "default",
  operationType: "unknown",
  tags: {},
  maxRetryAfter: 60_000,
};
const COMMON = ["Transient", "Timeout", "Network"];
const REMOTE = [...COMMON, "Server", "RateLimit"];

test("the configurations of the advanced retry are its tables, and may be changed", () => {
  assert.deepEqual(api.DefaultRetryConfig(), TABLE);
  const database = { ...TABLE, retryableErrors: COMMON, operationType: "database" };
  assert.deepEqual(api.DatabaseRetryConfig(), database);
  const http = { ...TABLE, maxAttempts: 5, baseDelay: 200, retryableErrors: REMOTE, operationType: "http" };
  assert.deepEqual(api.HTTPRetryConfig(), http);
  assert.deepEqual(api.S3RetryConfig(), {
    ...http,
    maxAttempts: 4,
    baseDelay: 500,
    attemptTimeout: 120_000,
    timeout: 900_000,
    operationType: "s3",
  });
  assert.deepEqual(api.CacheRetryConfig(), {
    ...database,
    maxAttempts: 2,
    baseDelay: 50,
    strategy: "fixed",
    jitterType: "none",
    enableCircuitBreaker: false,
    operationType: "cache",
  });
  const mine = api.DefaultRetryConfig();
  mine.maxAttempts = 9;
  assert.equal(new RetryManager(mine).config.maxAttempts, 9);
  assert.equal(api.DefaultRetryConfig().maxAttempts, 3);
});

test("the constants are the strings that the fields take", () => {
  const fields = { Strategy: "strategy", JitterType: "jitterType" };
  const beside = { custom: { customBackoff: () => 1 } };
  let seen = 0;
  for (const [name, value] of Object.entries(api)) {
    const prefix = Object.keys(fields).find((prefix) => name.startsWith(prefix));
    if (prefix === undefined || typeof value !== "string") continue;
    const { config } = new RetryHandler({ [fields[prefix]]: value, ...beside[value] });
    assert.equal(config[fields[prefix]], value, name);
    seen++;
  }
  assert.equal(seen, 10);
});

test("every ErrorType constant is a kind that an error may carry", async () => {
  const kinds = Object.entries(api).filter(([name]) => name.startsWith("ErrorType"));
  assert.equal(kinds.length, 9);
  for (const [name, kind] of kinds) {
    const heard = [];
    const handler = new RetryHandler({ maxAttempts: 1, onGiveUp: (event) => heard.push(event.kind) });
    await rejection(handler.execute(failing(Object.assign(new Error(name), { kind }))));
    assert.deepEqual(heard, [kind], name);
  }
});

test("a manager retries the plain error of the advanced retry's own example", async () => {
  const config = api.DefaultRetryConfig();
  config.maxAttempts = 3;
  config.baseDelay = 100;
  config.strategy = StrategyExponentialBackoff;
  config.jitterType = JitterTypeNone;
  const clock = noSleep();
  const manager = new RetryManager({ ...config, clock }, null, null);
  const result = await manager.execute(({ attempt }) => {
    if (attempt < 3) throw new Error("temporary failure");
    return "success";
  });
  assert.equal(result, "success");
  assert.deepEqual(clock.slept, [100, 200]);
});

test("what a manager is not told is as in the default configuration", () => {
  const { config } = new RetryManager({ maxAttempts: 7 });
  assert.deepEqual([config.maxAttempts, config.timeout, config.maxDelay], [7, 300_000, 30_000]);
  assert.equal(new RetryManager("http").config.maxAttempts, 5);
  assert.ok(new RetryManager() instanceof RetryHandler);
});

test("a manager asks and tells its breaker once per attempt, as in the advanced retry's own example", async () => {
  const breaker = new CircuitBreaker({ failureThreshold: 2, consecutiveFailures: 2 });
  const manager = new RetryManager({ ...api.DefaultRetryConfig(), clock: noSleep() }, breaker);
  for (let i = 0; i < 3; i++) await rejection(manager.execute(failing(new Error("always fails"))));
  assert.ok(breaker.isOpen());
  const never = failing();
  assert.ok(isCircuitBreakerError(await rejection(manager.execute(never))));
  assert.equal(never.calls, 0);
});

test("a manager leaves its breaker alone where the configuration says so", async () => {
  const breaker = new CircuitBreaker({ failureThreshold: 1 });
  const manager = new RetryManager({ maxAttempts: 2, enableCircuitBreaker: false, clock: noSleep() }, breaker);
  await rejection(manager.execute(failing()));
  assert.equal(breaker.state, "CLOSED");
  assert.throws(() => new RetryManager({}, {}), ConfigError);
});

test("a manager writes to its logger, and ends with its caller's signal", async () => {
  const events = [];
  const clock = virtualClock();
  const manager = new RetryManager({ jitter: false, clock }, undefined, (line) => events.push(line.event));
  const caller = new AbortController();
  const call = rejection(manager.execute(failing(), { signal: caller.signal }));
  await clock.advance(50);
  caller.abort("enough");
  assert.equal(await call, "enough");
  assert.deepEqual(events, ["unknown_error", "retry"]);
  manager.close();
});

test("a pool has one manager per type of operation, with a readable configuration", () => {
  const pool = new RetryManagerPool();
  for (const [name, expected] of [
    ["database", api.DatabaseRetryConfig()],
    ["http", api.HTTPRetryConfig()],
    ["s3", api.S3RetryConfig()],
    ["cache", api.CacheRetryConfig()],
    ["default", { ...TABLE, retryableErrors: COMMON }],
    ["queue", { ...TABLE, retryableErrors: COMMON, operationType: "queue" }],
  ]) {
    const manager = pool.getManager(name);
    assert.deepEqual(manager.config, expected, name);
    assert.equal(pool.getManager(name), manager);
    assert.ok(manager instanceof RetryHandler);
  }
  assert.equal(pool.size, 6);
});

test("a pool holds at most a thousand managers, and serves more names all the same", () => {
  const pool = new RetryManagerPool();
  for (let i = 0; i < 1_001; i++) pool.getManager(`type-${i}`);
  assert.equal(pool.size, 1_000);
  assert.equal(pool.getManager("type-0"), pool.getManager("type-0"));
  assert.notEqual(pool.getManager("type-1000"), pool.getManager("type-1000"));
  assert.equal(pool.getManager("type-1000").config.operationType, "type-1000");
});

test("what a pool is given beside its logger, all its managers have", async () => {
  const clock = noSleep();
  const letters = [];
  const deadLetterHandler = (name) => letters.push(name);
  const pool = new RetryManagerPool(null, { clock, jitterType: "none", maxAttempts: 2, deadLetterHandler });
  const down = Object.assign(new Error("down"), { kind: "Network" });
  await rejection(pool.getManager("s3").execute(failing(down), { name: "upload" }));
  await rejection(pool.getManager("http").execute(failing(down), { name: "read" }));
  assert.deepEqual(clock.slept, [500, 200]);
  assert.deepEqual(letters, ["upload", "read"]);
  assert.throws(() => new RetryManagerPool(null, { retries: 2 }), ConfigError);
  assert.throws(() => new RetryManagerPool(5), ConfigError);
});

test("a list that a pool is given is the list, whatever its managers' presets never retry", async () => {
  const pool = new RetryManagerPool(null, { clock: noSleep(), retryableStatusCodes: [404] });
  for (const [name, attempts] of [
    ["http", 5],
    ["queue", 3],
  ]) {
    const missing = failing(Object.assign(new Error("not found"), { status: 404 }));
    await rejection(pool.getManager(name).execute(missing));
    assert.equal(missing.calls, attempts, name);
    const broken = failing(Object.assign(new Error("broken"), { status: 503 }));
    await rejection(pool.getManager(name).execute(broken));
    assert.equal(broken.calls, 1, name);
  }
});

test("a pool hands its logger on, and gives no manager once it was closed", async () => {
  const lines = [];
  const pool = new RetryManagerPool({ error: (line) => lines.push(line) });
  const manager = pool.getManager("cache");
  const operation = failing(Object.assign(new Error("bad"), { status: 503 }));
  await rejection(manager.execute(operation, { name: "get" }));
  assert.equal(operation.calls, 1, "a cache's policy does not retry a server's error");
  await rejection(manager.execute(failing(Object.assign(new Error(), { kind: "Timeout" })), { name: "get" }));
  assert.deepEqual(
    lines.map(({ event, operation }) => [event, operation]),
    [["give_up", "get"]],
  );
  pool.close();
  pool.close();
  assert.equal(pool.size, 0);
  assert.throws(() => pool.getManager("cache"), ConfigError);
  assert.throws(() => new RetryManagerPool().getManager(), ConfigError);
});

test("a manager retries the statuses it is given, also those that its configuration would never retry", async () => {
  const manager = new RetryManager({ retryableStatusCodes: [404, 503], clock: noSleep() });
  const missing = failing(Object.assign(new Error("not found"), { status: 404 }));
  assert.equal((await rejection(manager.execute(missing))).reason, "EXHAUSTED");
  assert.equal(missing.calls, 3);
  const refused = failing(Object.assign(new Error("forbidden"), { status: 403 }));
  await rejection(manager.execute(refused));
  assert.equal(refused.calls, 1);
});
