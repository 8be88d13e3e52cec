import assert from "node:assert/strict";
import test from "node:test";
import * as web from "once-again-web";

test("before init everything that needs core says so, and can be read", () => {
  const attempts = [
    () => new web.RetryHandler(),
    () => new web.CircuitBreaker(),
    () => web.RetryPolicyManager.STANDARD,
    () => web.coreVersion(),
  ];
  for (const attempt of attempts) {
    assert.throws(attempt, (error) => {
      assert.ok(error instanceof web.OnceAgainError);
      assert.deepEqual([error.code, error.statusCode, error.retryable], ["NOT_READY", 500, false]);
      assert.deepEqual(error.suggestedActions, ["Await init() once before using synchronous classes."]);
      return true;
    });
  }
});

test("init that fails may be tried again, and one that worked is the same for all", async () => {
  await assert.rejects(web.init(new Uint8Array([1, 2, 3])));
  const first = web.init();
  assert.equal(web.init(), first);
  await first;
  assert.match(web.coreVersion(), /^\d+\.\d+\.\d+/);
});

test("the mailbox survives a memory that grows under it", async () => {
  await web.init();
  const breaker = new web.CircuitBreaker({ failureThreshold: 1_000, monitoringWindow: 1_000 });
  // Each remembers up to 10 000 calls, so together they need more memory than the module began with.
  const held = Array.from({ length: 2_000 }, () => web.CircuitBreaker.rate({ window: { count: 10_000 } }));
  for (let i = 0; i < 10; i++) await breaker.execute(() => Promise.reject(new Error("down"))).catch(() => {});
  assert.equal(breaker.stats().failures, 10);
  for (const other of held) other.close();
});
