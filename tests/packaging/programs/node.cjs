const assert = require("node:assert/strict");
const { CircuitBreaker, coreVersion, fingerprint, RetryHandler } = require("once-again");
const { MemoryStore } = require("once-again/stores");
const { noSleep } = require("once-again/testing");

const handler = new RetryHandler({ maxAttempts: 2, baseDelay: 50, jitter: false, clock: noSleep() });
const breaker = new CircuitBreaker({
  failureThreshold: 1,
  recoveryTimeout: 1000,
  monitoringWindow: 1000,
  halfOpenMaxCalls: 1,
});

async function main() {
  assert.equal(
    await handler.execute(({ attempt }) => (attempt === 2 ? "done" : Promise.reject(new Error("no")))),
    "done",
  );
  await assert.rejects(
    breaker.execute(() => Promise.reject(new Error("down"))),
    /down/,
  );
  await assert.rejects(
    breaker.execute(() => "never"),
    { code: "CIRCUIT_BREAKER_OPEN" },
  );
  assert.match(fingerprint([1, 2]), /^jcs:[0-9a-f]{64}$/);
  new MemoryStore().close();
  console.log(`once-again ${coreVersion()}`);
}

main();
