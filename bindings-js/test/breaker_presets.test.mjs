import assert from "node:assert/strict";
import test from "node:test";
import { api, failing, rejection, testing } from "./package.mjs";

const { CircuitBreaker, CircuitBreakerRegistry, ConfigError, DefaultCircuitBreakerConfig } = api;
const { virtualClock } = testing;

async function fail(breaker, times) {
  for (let i = 0; i < times; i++) await rejection(breaker.execute(failing()));
}

test("a breaker that was given nothing is five fields of the Q ecosystem", () => {
  const config = DefaultCircuitBreakerConfig();
  assert.deepEqual(config, {
    failureThreshold: 5,
    recoveryTimeout: 30_000,
    monitoringWindow: 60_000,
    halfOpenMaxCalls: 3,
    fallbackStrategy: "REJECT",
  });
  assert.ok(Object.isFrozen(config));
  new CircuitBreaker(config).close();
});

test("a preset's fields are shown in milliseconds, and make the same breaker", () => {
  assert.deepEqual(DefaultCircuitBreakerConfig("polly"), {
    window: 30_000,
    failureRate: 0.1,
    minimumCalls: 100,
    openWait: { base: 5_000, jitter: 0 },
    halfOpen: { calls: 1 },
    fallbackStrategy: "REJECT",
  });
});

test("a preset is named alone, beside fields, or first", async () => {
  const cockatiel = new CircuitBreaker("cockatiel");
  await fail(cockatiel, 4);
  assert.equal(cockatiel.state, "CLOSED");
  await fail(cockatiel, 1);
  assert.equal(cockatiel.state, "OPEN");
  for (const make of [
    (clock) => new CircuitBreaker({ preset: "gobreaker", consecutiveFailures: 2, clock }),
    (clock) => CircuitBreaker.preset("gobreaker", { consecutiveFailures: 2, clock }),
  ]) {
    const breaker = make(virtualClock());
    await fail(breaker, 2);
    assert.equal((await rejection(breaker.execute(() => 1))).retryAfter, 60_000);
  }
});

test("an unknown preset is refused with those that are known", () => {
  for (const make of [
    () => new CircuitBreaker("istio"),
    () => CircuitBreaker.preset("istio"),
    () => DefaultCircuitBreakerConfig("istio"),
  ])
    assert.throws(make, (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual([error.field, error.value], ["preset", '"istio"']);
      assert.match(error.expected, /resilience4j, gobreaker, opossum, cockatiel, polly, hystrix/);
      return true;
    });
});

test("a registry has one breaker per name and per origin, named after it", () => {
  const breakers = new CircuitBreakerRegistry({ breaker: { failureThreshold: 1 } });
  assert.equal(breakers.get("ledger"), breakers.get("ledger"));
  assert.equal(breakers.get("ledger").name, "ledger");
  const one = breakers.forUrl("https://api.example.com/a?b");
  assert.equal(breakers.forUrl(new URL("https://api.example.com:443/other")), one);
  assert.equal(one.name, "https://api.example.com");
  assert.notEqual(breakers.forUrl("http://api.example.com/a"), one);
  assert.equal(breakers.size, 3);
  assert.equal(breakers.has("ledger"), true);
  assert.equal(breakers.has("nobody"), false);
  assert.deepEqual(
    [...breakers].map(([key]) => key),
    ["ledger", "https://api.example.com", "http://api.example.com"],
  );
});

test("a registry makes each breaker as its key asks", async () => {
  const breakers = new CircuitBreakerRegistry({
    breaker: (key) => ({ slow: "polly", named: { name: "mine", failureThreshold: 1 } })[key],
  });
  await fail(breakers.get("slow"), 5);
  assert.equal(breakers.get("slow").state, "CLOSED");
  await fail(breakers.get("named"), 1);
  assert.equal(breakers.get("named").state, "OPEN");
  assert.equal(breakers.get("named").name, "mine");
  await fail(breakers.get("other"), 5);
  assert.equal(breakers.get("other").state, "OPEN", "what is given nothing is the default");
});

test("a full registry forgets the closed breaker that was asked for longest ago", async () => {
  const evicted = [];
  const breakers = new CircuitBreakerRegistry({
    maxBreakers: 3,
    breaker: { failureThreshold: 1 },
    onEvict: ({ key, state }) => evicted.push([key, state]),
  });
  await fail(breakers.get("open"), 1);
  breakers.get("idle");
  breakers.get("busy");
  breakers.get("idle");
  breakers.get("new");
  assert.deepEqual(evicted, [["busy", "CLOSED"]]);
  assert.deepEqual(
    [...breakers].map(([key]) => key),
    ["open", "idle", "new"],
  );
});

test("an open breaker goes only when none is closed, and not in silence", async (t) => {
  const warned = t.mock.method(console, "warn", () => {});
  const breakers = new CircuitBreakerRegistry({ maxBreakers: 2, breaker: { failureThreshold: 1 } });
  for (const key of ["a", "b", "c", "d"]) await fail(breakers.get(key), 1);
  assert.equal(breakers.size, 2);
  assert.equal(breakers.has("a"), false);
  assert.equal(warned.mock.callCount(), 1);
  assert.match(warned.mock.calls[0].arguments[0], /forgot a, which was OPEN/);
});

test("a registry's metrics are those of all its breakers", () => {
  const breakers = new CircuitBreakerRegistry();
  breakers.get("b").isolate();
  breakers.get("a");
  const states = breakers.toPrometheus().match(/^circuit_breaker_state.* 1$/gm);
  assert.deepEqual(states, [
    'circuit_breaker_state{name="a",state="CLOSED"} 1',
    'circuit_breaker_state{name="b",state="FORCED_OPEN"} 1',
  ]);
});

test("a registry refuses a bound that is none, and URLs without an origin", () => {
  assert.throws(
    () => new CircuitBreakerRegistry({ maxBreakers: 0 }),
    (error) => error instanceof ConfigError && error.field === "maxBreakers",
  );
  const breakers = new CircuitBreakerRegistry();
  for (const url of ["/relative", "data:,x", "no url"])
    assert.throws(
      () => breakers.forUrl(url),
      (error) => error instanceof ConfigError && error.field === "url",
    );
  assert.throws(
    () => new CircuitBreakerRegistry({ breaker: { failureThreshold: 0 } }).get("x"),
    (error) => error instanceof ConfigError && error.field === "failureThreshold",
  );
  assert.equal(breakers.size, 0);
});

test("closing a registry closes its breakers", async () => {
  const breakers = new CircuitBreakerRegistry();
  const breaker = breakers.get("x");
  breakers.close();
  assert.equal(breakers.size, 0);
  assert.equal((await rejection(breaker.execute(() => 1))).code, "CANCELLED");
});
