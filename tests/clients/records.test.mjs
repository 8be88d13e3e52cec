// A client's own records, and who answers while its breaker is open.

import assert from "node:assert/strict";
import { answer, eachPackage, json, quick, rejection, scripted, useServer } from "./story.mjs";

useServer();

const clientOf = ({ IdempotentHttpClient }, { base }, more) =>
  new IdempotentHttpClient({ baseUrl: base, retryPolicy: quick, ...more });
const keyed = (key, more) => ({ "Idempotency-Key": key, ...more });

eachPackage(
  "the same write under one key is sent once: joined while it runs, answered from its record afterwards",
  async (api) => {
    const story = await scripted({ ...json(201, { id: 7 }), do: "slowHeaders", ms: 60 });
    const client = clientOf(api, story, { idempotency: { defaultTtl: 3_600_000, maxRecords: 5_000 } });
    const post = () => client.post(story.path, { a: 1, b: 2 }, keyed("k"));
    const [first, joined] = await Promise.all([post(), post()]);
    const later = await client.post(story.path, { b: 2, a: 1 }, keyed("k"));
    assert.deepEqual(
      [first, joined, later].map(({ data }) => data),
      Array(3).fill({ id: 7 }),
    );
    assert.deepEqual(
      [first, joined, later].map(({ fromCache }) => fromCache),
      [false, false, true],
    );
    assert.deepEqual(
      [first, joined, later].map(({ attempts }) => attempts),
      [1, 0, 0],
    );
    assert.deepEqual([later.status, later.headers["content-type"]], [201, "application/json"]);
    first.data.id = 8;
    assert.equal((await post()).data.id, 7, "nobody changes what another one reads");
    assert.equal((await story.log()).requests.length, 1);
    await client.close();
  },
);

eachPackage("another write under a used key is refused without a request", async (api) => {
  const story = await scripted({ ...json(201, 1), do: "slowHeaders", ms: 40 });
  const client = clientOf(api, story, { idempotency: {} });
  const first = client.post(story.path, { amount: 1 }, keyed("k"));
  for (const when of ["while it runs", "afterwards"]) {
    const error = await rejection(client.post(story.path, { amount: 2 }, keyed("k")));
    assert.deepEqual([error.code, error.statusCode], ["IDEMPOTENCY_KEY_REUSED", 422], when);
    await first;
  }
  assert.equal((await story.log()).requests.length, 1);
});

eachPackage("headers that are named are part of a request, others are not", async (api) => {
  const story = await scripted(json(201, 1));
  const client = clientOf(api, story, { idempotency: { fingerprintHeaders: ["x-qonsent"] } });
  await client.post(story.path, {}, keyed("k", { "x-qonsent": "a", "x-other": "1" }));
  assert.equal((await client.post(story.path, {}, keyed("k", { "x-qonsent": "a", "x-other": "2" }))).fromCache, true);
  const error = await rejection(client.post(story.path, {}, keyed("k", { "x-qonsent": "b" })));
  assert.equal(error.code, "IDEMPOTENCY_KEY_REUSED");
});

eachPackage("a failure is not kept, and binary answers come back byte for byte", async (api) => {
  const story = await scripted(
    answer(422),
    answer(200, { "content-type": "application/octet-stream" }, "\u0000\u007f"),
  );
  const client = clientOf(api, story, { idempotency: {} });
  assert.equal((await rejection(client.post(story.path, {}, keyed("k")))).statusCode, 422);
  for (const fromCache of [false, true]) {
    const got = await client.post(story.path, {}, keyed("k"));
    assert.deepEqual([got.data, got.fromCache], [new Uint8Array([0, 127]), fromCache]);
  }
});

eachPackage(
  "a key that was generated takes no record: only those that are given fill the client's records",
  async (api) => {
    const story = await scripted(json(201, 1));
    const client = clientOf(api, story, { idempotency: { maxRecords: 1 } });
    for (let i = 0; i < 3; i++) assert.equal((await client.post(story.path, {})).fromCache, false);
    await client.post(story.path, {}, keyed("k"));
    assert.equal((await client.post(story.path, {}, keyed("k"))).fromCache, true);
    assert.equal((await rejection(client.post(story.path, {}, keyed("l")))).code, "STORE_FULL");
    await client.put(story.path, {});
    assert.equal((await story.log()).requests.length, 5);
  },
);

eachPackage("a caller who gives up does not take those along who joined", async (api) => {
  const story = await scripted({ do: "hang" }, json(201, 1));
  const client = clientOf(api, story, { idempotency: {} });
  const stop = new AbortController();
  const first = rejection(client.post(story.path, {}, keyed("k"), { signal: stop.signal }));
  const second = client.post(story.path, {}, keyed("k"));
  while ((await story.log()).requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(new Error("enough"));
  assert.equal((await first).message, "enough");
  assert.deepEqual([(await second).status, (await story.log()).requests.length], [201, 2]);
});

const trips = { failureThreshold: 2, recoveryTimeout: 60_000, monitoringWindow: 60_000, halfOpenMaxCalls: 1 };
const once = { ...quick, maxAttempts: 1 };

eachPackage("a breaker opens by what the service does to everybody, for its own origin", async (api) => {
  const story = await scripted(answer(404), answer(401), answer(422), answer(503));
  const client = clientOf(api, story, { retryPolicy: once, circuitBreaker: trips });
  for (let i = 0; i < 3; i++) await rejection(client.get(story.path));
  assert.equal(client.circuitBreaker.state, "CLOSED");
  for (let i = 0; i < 2; i++) await rejection(client.get(story.path));
  const error = await rejection(client.get(story.path));
  assert.deepEqual([error.code, error.statusCode, error.retryable], ["CIRCUIT_BREAKER_OPEN", 503, false]);
  assert.ok(error instanceof api.QError && api.isCircuitBreakerError(error) && error.retryAfter > 0);
  assert.equal((await story.log()).requests.length, 5);
});

eachPackage("createFetch has a breaker for each origin", async ({ createFetch }) => {
  const sent = [];
  const sender = async (url) => {
    sent.push(url);
    return new Response(null, { status: url.includes("bad") ? 503 : 200 });
  };
  const fetch = createFetch({ policy: once, breaker: trips, fetch: sender });
  for (let i = 0; i < 2; i++) assert.equal((await fetch("http://bad.test/")).status, 503);
  assert.equal((await rejection(fetch("http://bad.test/"))).code, "CIRCUIT_BREAKER_OPEN");
  assert.equal((await fetch("http://good.test/")).status, 200);
  assert.equal(sent.length, 3);
});

eachPackage("CACHE answers a GET with its last good answer, marked stale, and never another caller's", async (api) => {
  const story = await scripted(json(200, { v: 1 }), json(200, { v: 2 }), json(201, 1), answer(503));
  const circuitBreaker = { ...trips, fallbackStrategy: "CACHE" };
  const client = clientOf(api, story, { retryPolicy: once, circuitBreaker });
  await client.get(story.path);
  await client.get(story.path, { authorization: "Bearer a" });
  await client.post(story.path, {}, keyed("k"));
  for (let i = 0; i < 2; i++) await rejection(client.get(story.path));
  const [plain, mine] = [await client.get(story.path), await client.get(story.path, { authorization: "Bearer a" })];
  assert.deepEqual([plain.data, plain.stale, plain.fallback, plain.attempts], [{ v: 1 }, true, "CACHE", 0]);
  assert.deepEqual(mine.data, { v: 2 });
  for (const call of [
    client.get(story.path, { authorization: "Bearer b" }),
    client.get(`${story.path}?other`),
    client.post(story.path, {}, keyed("k")),
  ]) {
    assert.equal((await rejection(call)).code, "CIRCUIT_BREAKER_OPEN");
  }
});

eachPackage("FALLBACK and QUEUE answer in the service's place, and are not kept as its answer", async (api) => {
  const open = async (more) => {
    const story = await scripted(answer(503), answer(503), json(201, { paid: true }));
    const client = clientOf(api, story, { retryPolicy: once, idempotency: {}, circuitBreaker: { ...trips, ...more } });
    for (let i = 0; i < 2; i++) await rejection(client.get(story.path));
    return { client, story };
  };
  const answering = await open({ fallbackStrategy: "FALLBACK", fallback: () => ({ from: "here" }) });
  const got = await answering.client.post(answering.story.path, {}, keyed("k"));
  assert.deepEqual([got.data, got.fallback, got.stale, got.fromCache], [{ from: "here" }, "FALLBACK", false, false]);

  const calls = [];
  const queueing = await open({ fallbackStrategy: "QUEUE", queue: (call) => calls.push(call) });
  for (let i = 0; i < 2; i++) {
    const { data, fallback } = await queueing.client.post(queueing.story.path, {}, keyed("k"));
    assert.deepEqual([data.queued, data.id, fallback], [true, calls[i].id, "QUEUE"]);
  }
  queueing.client.circuitBreaker.reset();
  const { status, data } = await calls[0].run();
  assert.deepEqual([status, data], [201, { paid: true }]);
  const sent = (await queueing.story.log()).requests;
  assert.deepEqual([sent.length, sent[2].headers["idempotency-key"]], [3, "k"]);
});

eachPackage("an answer that cannot be written down is the caller's all the same", async (api) => {
  const story = await scripted(json(201, { id: 7 }));
  const memory = new api.MemoryStore();
  const apply = (op) => (op.op === "complete" ? Promise.reject(new Error("away")) : memory.apply(op));
  const client = clientOf(api, story, { idempotency: { store: { apply } } });
  assert.deepEqual((await client.post(story.path, {}, keyed("k"))).data, { id: 7 });
});

eachPackage("an old answer stands in for nobody who says anything else about himself", async (api) => {
  const story = await scripted(json(200, "for alice"), answer(503));
  const once = { failureThreshold: 1, recoveryTimeout: 60_000, monitoringWindow: 60_000, halfOpenMaxCalls: 1 };
  const circuitBreaker = { ...once, fallbackStrategy: "CACHE" };
  const client = clientOf(api, story, { retryPolicy: { maxAttempts: 1 }, circuitBreaker });
  const get = (who, id) => client.get(story.path, { "x-api-key": who, "x-request-id": id });
  await get("alice", "1");
  await rejection(get("alice", "2"));
  assert.equal((await rejection(get("bob", "3"))).code, "CIRCUIT_BREAKER_OPEN");
  const { data, stale } = await get("alice", "4");
  assert.deepEqual([data, stale], ["for alice", true]);
});
