import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";

/** Runs a program of its own and answers what it printed and how it ended. */
function run(program, flags = []) {
  const { stdout, stderr, status, error } = spawnSync(
    process.execPath,
    [...flags, "--input-type=module", "--eval", program],
    { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8", timeout: 30_000 },
  );
  assert.ifError(error);
  return { stdout: stdout.trim(), stderr: stderr.trim(), status };
}

test("idle objects let the process end", () => {
  const { stdout, status } = run(`
    import { CircuitBreaker, RetryHandler } from "once-again";
    const handler = new RetryHandler({ attemptTimeout: 600_000, timeout: 600_000 });
    const breaker = new CircuitBreaker({ failureThreshold: 1, healthCheck: { probe() {}, interval: 600_000 } });
    await handler.execute(() => 1);
    await breaker.execute(() => { throw new Error("down"); }).catch(() => {});
    console.log(breaker.state);
  `);
  assert.deepEqual([stdout, status], ["OPEN", 0]);
});

test("an awaited call in mid-backoff holds the process", () => {
  const { stdout, status } = run(`
    import { RetryHandler } from "once-again";
    const handler = new RetryHandler({ baseDelay: 50, jitter: false });
    console.log(await handler.execute(({ attempt }) => { if (attempt < 3) throw new Error("no"); return attempt; }));
  `);
  assert.deepEqual([stdout, status], ["3", 0]);
});

test("a call that is not to hold the process does not", () => {
  const { stdout, status } = run(`
    import { RetryHandler } from "once-again";
    const handler = new RetryHandler({ baseDelay: 600_000, maxDelay: 600_000, jitter: false });
    handler.execute(() => { throw new Error("no"); }, { unref: true }).finally(() => console.log("never"));
    setImmediate(() => console.log("free"));
  `);
  assert.deepEqual([stdout, status], ["free", 0]);
});

test("a store made from the environment with a wrong option does not hold the process", () => {
  const { stdout, status } = run(`
    import { RedisStore } from "once-again/stores";
    process.env.REDIS_URL = "redis://127.0.0.1:1";
    try { RedisStore.fromEnv({ prefiks: "x" }); } catch (error) { console.log(error.field); }
  `);
  assert.deepEqual([stdout, status], ["prefiks", 0]);
});

test("the platform's clock never wakes early, however long the turn before it was", () => {
  const { stdout } = run(`
    import { RetryHandler } from "once-again";
    const failed = [];
    const handler = new RetryHandler({ baseDelay: 40, jitter: false, maxAttempts: 2 });
    await handler.execute(({ attempt }) => {
      failed.push(performance.now());
      const until = performance.now() + 60;
      while (performance.now() < until);
      failed.push(performance.now());
      if (attempt === 1) throw new Error("after a long turn");
    });
    console.log(failed[2] - failed[1] >= 40);
  `);
  assert.equal(stdout, "true");
});

test("breakers and handlers nobody holds any more are collected, and their machines freed", () => {
  const { stdout } = run(
    `
    import { CircuitBreaker, RetryHandler } from "once-again";
    const rss = () => process.memoryUsage().rss / 2 ** 20;
    async function make(n) {
      for (let i = 0; i < n; i++) {
        CircuitBreaker.rate({ window: { count: 10_000 } });
        new RetryHandler({ maxAttempts: 3 });
        if (i % 500 === 0) { gc(); await new Promise(setImmediate); }
      }
      gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await make(2_000);
    const before = rss();
    await make(20_000);
    console.log(rss() - before < 60);
  `,
    ["--expose-gc"],
  );
  assert.equal(stdout, "true", "20 000 breakers of 2.5 KB each, and as many policies, would be far more than 60 MB");
});
