// createFetch against a real, scripted server. In Node, so that it runs with every build; `tests/browser` runs it in Chromium.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { CircuitBreaker, CircuitBreakerRegistry, createFetch, IdempotentHttpClient, init } from "once-again-web";

let server;
let base;
let script;
let seen;

before(async () => {
  await init();
  server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, headers } = request;
    seen.push({
      method,
      key: headers["idempotency-key"],
      type: headers["content-type"],
      body: Buffer.concat(chunks).toString(),
    });
    const step = script[Math.min(seen.length, script.length) - 1];
    if (step === "reset") return request.socket.destroy();
    const { status, body = "", ...more } = step;
    response.writeHead(status, more.headers).end(body);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  base = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());
beforeEach(() => {
  seen = [];
});

/** No real waiting: every sleep is noted and over at once. */
function instantly() {
  const slept = [];
  let ms = 0;
  const clock = {
    now: () => ms,
    wallNow: () => 1_700_000_000_000 + ms,
    sleep: async (delay, signal) => {
      signal?.throwIfAborted();
      slept.push(delay);
      ms += delay;
    },
  };
  return { clock, slept };
}

const policy = { maxAttempts: 4, baseDelay: 100, maxDelay: 1_000, jitter: false };
const keyed = () => ({ idempotency: { keyOrigins: [base] } });

test("a write keeps one key and the same bytes through resets and 503s", async () => {
  script = ["reset", { status: 503 }, { status: 201, body: "done" }];
  const { clock, slept } = instantly();
  const fetch = createFetch({ policy, clock, ...keyed() });
  const response = await fetch(`${base}/pay`, {
    method: "POST",
    body: '{"a":1}',
    headers: { "content-type": "application/json" },
  });
  assert.deepEqual([response.status, await response.text()], [201, "done"]);
  assert.equal(seen.length, 3);
  assert.match(seen[0].key, /^[0-9a-f-]{36}$/);
  assert.ok(seen.every((one) => one.key === seen[0].key && one.body === '{"a":1}' && one.type === "application/json"));
  assert.deepEqual(slept, [100, 200]);
});

test("a write without a key is sent once: nobody knows whether it happened", async () => {
  script = [{ status: 503 }];
  const response = await createFetch({ policy, clock: instantly().clock })(`${base}/pay`, {
    method: "POST",
    body: "x",
  });
  assert.deepEqual([response.status, seen.length, seen[0].key], [503, 1, undefined]);
});

test("a key that the caller sets is kept, also for another origin", async () => {
  script = [{ status: 503 }, { status: 200 }];
  const { clock } = instantly();
  const fetch = createFetch({ policy, clock });
  await fetch(`${base}/pay`, { method: "POST", body: "x", headers: { "Idempotency-Key": "mine" } });
  assert.deepEqual(
    seen.map((one) => one.key),
    ["mine", "mine"],
  );
});

test("a GET is repeated without a key; 404 and 501 are final; the last answer comes back as it is", async () => {
  const { clock } = instantly();
  const fetch = createFetch({ policy, clock });
  script = [{ status: 502 }, { status: 200 }];
  assert.equal((await fetch(`${base}/x`)).status, 200);
  for (const status of [404, 501]) {
    seen = [];
    script = [{ status }];
    assert.deepEqual([(await fetch(`${base}/x`)).status, seen.length], [status, 1]);
  }
  seen = [];
  script = [{ status: 503, body: "no" }];
  const last = await fetch(`${base}/x`);
  assert.deepEqual([last.status, await last.text(), seen.length], [503, "no", 4]);
});

test("Retry-After is never undercut", async () => {
  script = [{ status: 429, headers: { "retry-after": "7" } }, { status: 200 }];
  const { clock, slept } = instantly();
  await createFetch({ policy, clock })(`${base}/x`);
  assert.deepEqual(slept, [7_000]);
});

test("409 in-progress is waited for without using an attempt up; another 409 and a replayed 500 are final", async () => {
  const { clock } = instantly();
  const fetch = createFetch({ policy, clock, ...keyed() });
  const post = () => fetch(`${base}/pay`, { method: "POST", body: "x" });
  const problem = (type) => ({
    status: 409,
    headers: { "content-type": "application/problem+json", "retry-after": "1" },
    body: JSON.stringify({ type }),
  });
  script = [...Array(8).fill(problem("https://once-again.dev/problems/in-progress")), { status: 200 }];
  assert.deepEqual([(await post()).status, seen.length], [200, 9]);
  seen = [];
  script = [problem("https://example.com/other")];
  assert.deepEqual([(await post()).status, seen.length], [409, 1]);
  seen = [];
  script = [{ status: 500, headers: { "idempotent-replayed": "true" } }];
  assert.deepEqual([(await post()).status, seen.length], [500, 1]);
});

test("the caller's signal ends the wait at once, and no further attempt is made", async () => {
  script = [{ status: 503 }];
  const stop = new AbortController();
  const fetch = createFetch({
    policy: { ...policy, baseDelay: 60_000, maxDelay: 60_000 },
    onRetry: () => stop.abort(new Error("enough")),
  });
  await assert.rejects(fetch(`${base}/x`, { signal: stop.signal }), /enough/);
  assert.equal(seen.length, 1);
});

test("an open breaker ends the call without sending", async () => {
  script = [{ status: 500 }];
  const { clock } = instantly();
  const breaker = new CircuitBreaker({
    failureThreshold: 2,
    recoveryTimeout: 30_000,
    monitoringWindow: 60_000,
    halfOpenMaxCalls: 1,
    clock,
  });
  const fetch = createFetch({ policy, clock, breaker });
  await assert.rejects(fetch(`${base}/x`), { code: "CIRCUIT_BREAKER_OPEN" });
  assert.equal(seen.length, 2);
  await assert.rejects(fetch(`${base}/x`), { code: "CIRCUIT_BREAKER_OPEN" });
  assert.equal(seen.length, 2);
});

test("a network failure that stays is RetryExhaustedError with its cause", async () => {
  script = ["reset"];
  const { clock } = instantly();
  await assert.rejects(createFetch({ policy, clock })(`${base}/x`), (error) => {
    assert.deepEqual([error.code, error.attempts], ["RETRY_EXHAUSTED", 4]);
    assert.ok(error.cause instanceof TypeError);
    return true;
  });
});

test("log lines of a fetch say the status, and carry the trace of their request", async () => {
  script = [{ status: 503 }, { status: 200 }];
  const { clock } = instantly();
  const lines = [];
  const fetch = createFetch({ policy, clock, logger: (line) => lines.push(line) });
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  await fetch(base, { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } });
  seen = [];
  await fetch(base, { headers: { "x-request-id": "req-1" } });
  assert.deepEqual(
    lines.map(({ event, error, trace_id }) => [event, error, trace_id]),
    [
      ["retry", "Server: 503", trace],
      ["success_after_retry", null, trace],
      ["retry", "Server: 503", "req-1"],
      ["success_after_retry", null, "req-1"],
    ],
  );
});

const tripping = { failureThreshold: 1, recoveryTimeout: 60_000, monitoringWindow: 60_000, halfOpenMaxCalls: 1 };

test("a breaker's fallback answers a Response in the service's place", async () => {
  script = [{ status: 503 }];
  const fallbackOf = (fallback) => ({ ...tripping, fallbackStrategy: "FALLBACK", fallback });
  const once = { maxAttempts: 1 };
  const fetch = createFetch({ policy: once, breaker: fallbackOf(() => new Response("closed", { status: 200 })) });
  assert.equal((await fetch(base)).status, 503);
  assert.equal(await (await fetch(base)).text(), "closed");
  const wrong = createFetch({ policy: once, breaker: fallbackOf(() => ({ status: 200 })) });
  await wrong(base);
  await assert.rejects(wrong(base), { code: "CONFIG_INVALID", field: "breaker.fallback" });
  assert.equal(seen.length, 2);
});

test("a fallback that answers no Response is refused by name, as is what is no breaker", async () => {
  const [cache, queue] = [
    { ...tripping, fallbackStrategy: "CACHE" },
    { ...tripping, fallbackStrategy: "QUEUE", queue() {} },
  ];
  const refused = { code: "CONFIG_INVALID", field: "breaker.fallbackStrategy" };
  for (const options of [cache, queue]) {
    assert.throws(() => createFetch({ breaker: options }), refused);
    assert.throws(() => createFetch({ breaker: new CircuitBreaker(options) }), refused);
    const later = createFetch({ breaker: new CircuitBreakerRegistry({ breaker: options }) });
    await assert.rejects(later(base), refused);
  }
  for (const breaker of [true, 5, () => cache]) {
    assert.throws(() => createFetch({ breaker }), { code: "CONFIG_INVALID", field: "breaker" });
    const circuitBreaker = breaker;
    assert.throws(() => new IdempotentHttpClient({ baseUrl: base, circuitBreaker }), { field: "circuitBreaker" });
  }
  script = [{ status: 503 }];
  const without = createFetch({ policy: { maxAttempts: 1 }, breaker: false });
  for (let call = 0; call < 20; call++) await without(base);
  assert.equal(seen.length, 20);
});

test("the caller's signal ends a call whose body never ends", async () => {
  const body = () => new ReadableStream({ pull: () => new Promise(() => {}) });
  const stop = new AbortController();
  const call = createFetch()(base, { method: "POST", body: body(), duplex: "half", signal: stop.signal });
  setTimeout(() => stop.abort(new Error("enough")), 5);
  await assert.rejects(call, /enough/);
  const { signal } = stop;
  await assert.rejects(createFetch()(base, { method: "POST", body: body(), duplex: "half", signal }), /enough/);
  const client = new IdempotentHttpClient({ baseUrl: base });
  await assert.rejects(client.post("/", body(), {}, { signal }), /enough/);
  assert.equal(seen.length, 0);
});

test("null takes a request's own signal away", async () => {
  script = [{ status: 200 }];
  const request = new Request(base, { signal: AbortSignal.abort() });
  await assert.rejects(createFetch()(request), { name: "AbortError" });
  assert.equal((await createFetch()(request, { signal: null })).status, 200);
});

test("what only the host knows of a request comes along in every attempt", async () => {
  const given = [];
  const dispatcher = { dispatch() {} };
  const send = async (_, init) => {
    given.push(init.dispatcher);
    return new Response(null, { status: given.length === 1 ? 503 : 200 });
  };
  const { clock } = instantly();
  await createFetch({ policy, clock, fetch: send })(base, { dispatcher });
  assert.deepEqual(given, [dispatcher, dispatcher]);
});
