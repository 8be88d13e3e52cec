// What a network and a service may do to a request, on real sockets: the effect happens once for each key.

import assert from "node:assert/strict";
import { answer, eachPackage, json, keysOf, problem, quick, rejection, scripted, useServer } from "./story.mjs";

useServer();

const clientOf = ({ IdempotentHttpClient }, { base }, more) =>
  new IdempotentHttpClient({ baseUrl: base, retryPolicy: quick, ...more });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

eachPackage(
  "a reset before the effect and one after it leave one effect, under one key, with the same bytes",
  async (api) => {
    const story = await scripted(
      { do: "resetBefore" },
      { do: "resetAfter" },
      { ...json(201, { ok: true }), do: "effect" },
    );
    const { status, data, attempts } = await clientOf(api, story).post(story.path, { amount: 100 });
    assert.deepEqual([status, data, attempts], [201, { ok: true }, 3]);
    const log = await story.log();
    assert.match(keysOf(log)[0], UUID);
    assert.deepEqual(Object.values(log.effects), [1]);
    assert.deepEqual([keysOf(log).length, new Set(log.requests.map((one) => one.bodySha256)).size], [1, 1]);
    assert.equal(log.requests[0].headers["content-type"], "application/json");
  },
);

eachPackage("the same through createFetch", async ({ createFetch }) => {
  const story = await scripted({ do: "resetAfter" }, { do: "resetBefore" }, { do: "effect", status: 201 });
  const fetch = createFetch({ policy: quick, idempotency: { keyOrigins: [story.base] } });
  assert.equal((await fetch(story.url, { method: "POST", body: "x" })).status, 201);
  const log = await story.log();
  assert.deepEqual([log.requests.length, Object.values(log.effects)], [3, [1]]);
});

eachPackage("a write without a key is sent once, whatever became of it", async ({ createFetch, ...api }) => {
  for (const step of [{ do: "resetAfter" }, answer(503), { do: "hang" }]) {
    const story = await scripted(step);
    const client = clientOf(api, story, { autoKey: false, timeout: 60 });
    await rejection(client.post(story.path, { a: 1 }));
    const policy = { ...quick, attemptTimeout: 60 };
    await createFetch({ policy })(story.url, { method: "PATCH", body: "x" }).catch(() => {});
    assert.deepEqual(
      (await story.log()).requests.map(({ method }) => method),
      ["POST", "PATCH"],
    );
  }
});

eachPackage("slow headers end the attempt at its time-out, and another one is made", async (api) => {
  const story = await scripted({ ...json(200, 1), do: "slowHeaders", ms: 2_000 }, json(200, 2));
  const { data, attempts } = await clientOf(api, story, { timeout: 100 }).post(story.path, {});
  assert.deepEqual([data, attempts], [2, 2]);
  assert.equal(keysOf(await story.log()).length, 1);
});

eachPackage("headers that are always slow are a time-out, 504, retryable", async (api) => {
  const story = await scripted({ do: "hang" });
  const error = await rejection(clientOf(api, story, { timeout: 30 }).get(story.path));
  assert.ok(error instanceof api.QError);
  assert.deepEqual([error.code, error.statusCode, error.retryable], ["TIMEOUT_ERROR", 504, true]);
  assert.deepEqual([error.attempts, error.details.reason, error.response], [4, "EXHAUSTED", undefined]);
});

eachPackage("the total time-out ends a call in the middle of an attempt", async (api) => {
  const story = await scripted({ do: "hang" });
  const begun = performance.now();
  const error = await rejection(clientOf(api, story, { totalTimeout: 80 }).get(story.path));
  assert.ok(performance.now() - begun < 2_000);
  assert.deepEqual([error.code, error.details.reason], ["TIMEOUT_ERROR", "DEADLINE"]);
  assert.equal((await story.log()).requests.length, 1);
});

eachPackage("a body that breaks off is no answer", async (api) => {
  const story = await scripted({ ...json(200, { half: true }), do: "truncate" }, json(200, { whole: true }));
  const { data, attempts } = await clientOf(api, story).get(story.path);
  assert.deepEqual([data, attempts], [{ whole: true }, 2]);
});

eachPackage("nobody who listens is SERVICE_UNAVAILABLE, with the network's own error behind it", async (api) => {
  const client = new api.IdempotentHttpClient({
    baseUrl: "http://127.0.0.1:1",
    retryPolicy: { ...quick, maxAttempts: 2 },
  });
  const error = await rejection(client.post("/x", {}));
  assert.deepEqual([error.code, error.statusCode, error.retryable], ["SERVICE_UNAVAILABLE", 503, true]);
  assert.equal(error.cause.code, "RETRY_EXHAUSTED");
  assert.equal(error.cause.cause.kind, "Network");
});

eachPackage("Retry-After is waited for in both its forms", async (api) => {
  for (const wait of ["1", new Date(Date.now() + 2_000).toUTCString()]) {
    const story = await scripted(answer(429, { "retry-after": wait }), json(200, 1));
    const { attempts } = await clientOf(api, story).get(story.path);
    const [first, second] = (await story.log()).requests;
    assert.equal(attempts, 2);
    // A date has whole seconds, against the server's own Date: one second remains at least, less its fraction.
    assert.ok(second.at - first.at >= (wait === "1" ? 995 : 950), `${wait}: ${second.at - first.at} ms`);
  }
});

eachPackage("retry-after-ms and RateLimit are hints too, and one that is too long ends the call", async (api) => {
  for (const headers of [{ "retry-after-ms": "60" }, { ratelimit: '"default";r=0;t=0.06' }]) {
    const story = await scripted(answer(503, headers), json(200, 1));
    await clientOf(api, story).get(story.path);
    const [first, second] = (await story.log()).requests;
    assert.ok(second.at - first.at >= 58, `${second.at - first.at} ms`);
  }
  const story = await scripted(answer(429, { "retry-after": "3600" }));
  const error = await rejection(clientOf(api, story).get(story.path));
  assert.deepEqual([error.code, error.statusCode, error.retryable], ["RATE_LIMIT_EXCEEDED", 429, true]);
  assert.deepEqual([error.attempts, error.details.reason], [1, "RETRY_AFTER_TOO_LONG"]);
});

eachPackage("in a storm of 503 the budget bounds what all calls together send", async (api) => {
  const story = await scripted(answer(503));
  const budget = { ratio: 0, reservePerSecond: 0, capacity: 7 };
  const client = clientOf(api, story, { budget });
  const calls = Array.from({ length: 40 }, () => rejection(client.get(story.path)));
  const errors = await Promise.all(calls);
  assert.ok(errors.every((error) => error.code === "SERVICE_UNAVAILABLE" && error.statusCode === 503));
  assert.ok(errors.some((error) => error.details?.reason === "BUDGET"));
  assert.equal((await story.log()).requests.length, 40 + 7);
});

eachPackage("the default budget holds in a storm, and budget: false does without", async (api) => {
  const storm = async (more) => {
    const story = await scripted(answer(503));
    const client = clientOf(api, story, { retryPolicy: { ...quick, baseDelay: 0 }, ...more });
    await Promise.all(Array.from({ length: 100 }, () => rejection(client.get(story.path))));
    return (await story.log()).requests.length;
  };
  // 100 tokens to begin with, a fifth for each of 100 calls, 10 a second while it lasts; 300 retries were wanted.
  const sent = await storm();
  assert.ok(sent >= 200 && sent < 300, `${sent} requests`);
  assert.equal(await storm({ budget: false }), 400);
});

eachPackage(
  "redirects are followed with the same key and bytes, and a retry begins at the first address",
  async (api) => {
    const target = await scripted(answer(503), { ...json(200, "there"), do: "effect" });
    const story = await scripted(answer(307, { location: target.path }));
    const { data } = await clientOf(api, story).post(story.path, { a: 1 });
    assert.equal(data, "there");
    const [from, to] = [await story.log(), await target.log()];
    assert.deepEqual([from.requests.length, to.requests.length], [2, 2]);
    assert.deepEqual(keysOf(from), keysOf(to));
    assert.deepEqual(Object.values(to.effects), [1]);
    assert.ok(to.requests.every((one) => one.method === "POST" && one.bodySha256 === from.requests[0].bodySha256));
  },
);

eachPackage("409 in-progress is waited for and uses up no attempt; another 409 is final", async (api) => {
  const running = problem(409, "https://example.com/problems/in-progress", { "retry-after-ms": "5" });
  const story = await scripted(...Array(9).fill(running), json(201, 1));
  const client = clientOf(api, story, { retryPolicy: { ...quick, maxAttempts: 2 } });
  assert.equal((await client.post(story.path, {})).status, 201);
  assert.equal((await story.log()).requests.length, 10);
  const other = await scripted(problem(409, "about:blank"));
  const error = await rejection(client.post(other.path, {}));
  assert.deepEqual([error.code, error.statusCode, error.retryable], ["REQUEST_REFUSED", 409, false]);
  assert.equal((await other.log()).requests.length, 1);
});

eachPackage("waiting for the first request ends with the total time-out", async (api) => {
  const story = await scripted(problem(409, "in-progress", { "retry-after": "10" }));
  const error = await rejection(clientOf(api, story, { totalTimeout: 5_000 }).post(story.path, {}));
  assert.deepEqual([error.code, error.statusCode], ["IDEMPOTENCY_IN_PROGRESS", 409]);
  assert.equal(error.details.reason, "DEADLINE");
});

eachPackage("a replayed 500 is final, and not worth a later call either", async ({ createFetch, ...api }) => {
  const story = await scripted(answer(500, { "Idempotent-Replayed": "true" }));
  const error = await rejection(clientOf(api, story).post(story.path, {}));
  assert.deepEqual([error.statusCode, error.retryable, error.attempts], [500, false, 1]);
  const fetch = createFetch({ policy: quick, idempotency: { keyOrigins: [story.base] } });
  assert.equal((await fetch(story.url, { method: "POST" })).status, 500);
  assert.equal((await story.log()).requests.length, 2);
});

eachPackage("a misdirected request is sent twice, which is the platform's own second try", async (api) => {
  const story = await scripted(answer(421));
  const error = await rejection(clientOf(api, story).get(story.path));
  assert.deepEqual([error.statusCode, error.attempts], [421, 1]);
  assert.equal((await story.log()).requests.length, 2);
  const bare = async (url) => new Response(null, { status: url.endsWith("/ok") ? 200 : 421 });
  const own = await rejection(clientOf(api, story, { fetch: bare }).get(story.path));
  assert.equal(own.attempts, 2);
});

eachPackage("the caller's signal ends a wait at once, and nothing more is sent", async (api) => {
  const story = await scripted(answer(503));
  const stop = new AbortController();
  const onRetry = () => stop.abort(new Error("enough"));
  const client = clientOf(api, story, { retryPolicy: { ...quick, baseDelay: 60_000, maxDelay: 60_000, onRetry } });
  await assert.rejects(client.get(story.path, {}, { signal: stop.signal }), /enough/);
  assert.equal((await story.log()).requests.length, 1);
});

eachPackage("the caller's signal ends a body that is being read, too", async ({ createFetch }) => {
  const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(3)) });
  const endless = async (_, { signal }) => {
    const stream = new TransformStream();
    body.pipeTo(stream.writable, { signal }).catch(() => {});
    return new Response(stream.readable);
  };
  const stop = new AbortController();
  const response = await createFetch({ fetch: endless })("http://a.test/", { signal: stop.signal });
  const text = response.text();
  stop.abort(new Error("enough"));
  await assert.rejects(text, /enough/);
});

eachPackage("traceparent goes out unchanged in every attempt", async (api) => {
  const story = await scripted(answer(503), json(200, 1));
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await clientOf(api, story).get(story.path, { traceparent });
  assert.deepEqual(
    (await story.log()).requests.map(({ headers }) => headers.traceparent),
    [traceparent, traceparent],
  );
});
