// `createFetch` in Chromium against the scripted server that every language's client is tested with, on another origin.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { setUp } from "./outbox_page.mjs";

const problem = (type, status = 409) => ({
  do: "answer",
  status,
  headers: { "content-type": "application/problem+json", "retry-after": "0" },
  body: JSON.stringify({ type: `https://once-again.dev/problems/${type}` }),
});
const done = { do: "effect", status: 201, body: "done" };
const exhausted = "RETRY_EXHAUSTED";

/** What the service does, and what becomes of one POST: its status and body or the error's code, requests made, effects. */
const stories = [
  [
    "the connection breaks before the effect, twice",
    [{ do: "resetBefore" }, { do: "resetBefore" }, done],
    [201, "done"],
    3,
    1,
  ],
  ["the connection breaks after the effect", [{ do: "resetAfter" }, done], [201, "done"], 2, 1],
  ["the head of the answer comes too late", [{ do: "slowHeaders", ms: 9_000 }, done], [201, "done"], 2, 1],
  ["nobody ever answers", [{ do: "hang" }], [exhausted], 4, 0],
  [
    "the service asks to be called later, by a number or by a date",
    [
      { do: "answer", status: 429, headers: { "retry-after": "0" } },
      { do: "answer", status: 503, headers: { "retry-after": "Mon, 01 Jan 2024 00:00:00 GMT" } },
      done,
    ],
    [201, "done"],
    3,
    1,
  ],
  [
    "the service asks for a longer wait than anybody has",
    [{ do: "answer", status: 429, headers: { "retry-after": "3600" }, body: "later" }, done],
    [429, "later"],
    1,
    0,
  ],
  ["the first attempt is still running", [problem("in-progress"), problem("in-progress"), done], [201, "done"], 3, 1],
  ["the key belongs to another request", [problem("key-reused", 422), done], [422], 1, 0],
  [
    "a stored 500 is replayed",
    [{ do: "answer", status: 500, headers: { "idempotent-replayed": "true" }, body: "then" }, done],
    [500, "then"],
    1,
    0,
  ],
  ["attempts run out", [{ do: "answer", status: 503, body: "no" }], [503, "no"], 4, 0],
  [
    "a redirect that keeps the method",
    [{ do: "answer", status: 307, headers: { location: "./moved" } }, done],
    [201, "done"],
    2,
    1,
  ],
  ["a 404", [{ do: "answer", status: 404, body: "nothing" }, done], [404, "nothing"], 1, 0],
];

const page = async ([service, id]) => {
  const { createFetch } = await import("once-again-web");
  const policy = { maxAttempts: 4, baseDelay: 10, maxDelay: 20, attemptTimeout: 2_000 };
  const send = createFetch({ policy, idempotency: { keyOrigins: [service] } });
  try {
    const headers = { "content-type": "application/json" };
    const response = await send(`${service}/r/${id}`, { method: "POST", headers, body: '{"amount":1}' });
    return [response.status, await response.text()];
  } catch (error) {
    return [error.code ?? error.name];
  }
};

test("one POST meets whatever can go wrong, under one key and with the same bytes", async (t) => {
  const { service, script, log, open } = await setUp(t);
  const tab = await open();
  for (const [index, [name, steps, expected, requests, effects]] of stories.entries()) {
    await t.test(name, async () => {
      const id = `story${index}`;
      // A redirect goes to another place of the same story.
      await script(id, ...JSON.parse(JSON.stringify(steps).replace("./moved", `${service.url}/r/${id}/moved`)));
      const answer = await tab.evaluate(page, [service.url, id]);
      assert.deepEqual(answer.slice(0, expected.length), expected);
      const seen = await log(id);
      assert.equal(seen.requests.length, requests);
      assert.equal(Object.keys(seen.effects).length, effects);
      assert.equal(new Set(seen.requests.map(({ headers }) => headers["idempotency-key"])).size, 1);
      const bytes = createHash("sha256").update('{"amount":1}').digest("hex");
      assert.ok(seen.requests.every(({ bodySha256 }) => bodySha256 === bytes));
    });
  }
});

test("a body that breaks off is the reader's to see, and is not sent again behind its back", async (t) => {
  const { service, script, log, open } = await setUp(t);
  await script("broken", { do: "truncate", status: 200, body: "half" });
  const tab = await open();
  assert.deepEqual(await tab.evaluate(page, [service.url, "broken"]), ["TypeError"]);
  assert.equal((await log("broken")).requests.length, 1);
});

test("in a storm of 503 the budget holds without being asked for", async (t) => {
  const { service, script, log, open } = await setUp(t);
  await script("storm", { do: "answer", status: 503 });
  const tab = await open();
  await tab.evaluate(async (service) => {
    const { createFetch } = await import("once-again-web");
    const send = createFetch({ policy: { maxAttempts: 5, baseDelay: 1, maxDelay: 2 } });
    await Promise.all(Array.from({ length: 300 }, () => send(`${service}/r/storm`)));
  }, service.url);
  const { requests } = await log("storm");
  // 300 first attempts; 100 tokens, 0.2 for each first attempt, and 10 a second: far from the 1 200 retries of the policy.
  assert.ok(requests.length >= 400 && requests.length < 700, `${requests.length} requests`);
});

test("breakers are one for each origin", async (t) => {
  const { service, script, log, open } = await setUp(t);
  await script("down", { do: "answer", status: 503 });
  const tab = await open();
  const answers = await tab.evaluate(async (service) => {
    const { createFetch } = await import("once-again-web");
    const breaker = { failureThreshold: 2, recoveryTimeout: 60_000, monitoringWindow: 60_000, halfOpenMaxCalls: 1 };
    const send = createFetch({ policy: { maxAttempts: 1 }, breaker });
    const other = service.replace("127.0.0.1", "localhost");
    const get = (origin) =>
      send(`${origin}/r/down`).then(
        ({ status }) => status,
        ({ code }) => code,
      );
    return [await get(service), await get(service), await get(service), await get(other)];
  }, service.url);
  assert.deepEqual(answers, [503, 503, "CIRCUIT_BREAKER_OPEN", 503]);
  assert.equal((await log("down")).requests.length, 3);
});

test("a key is for the page's own origin and those that know it: nobody else's POST is preflighted or sent twice", async (t) => {
  const { service, script, log, open } = await setUp(t);
  await script("foreign", { do: "answer", status: 503 });
  const tab = await open();
  const status = await tab.evaluate(async (service) => {
    const { createFetch } = await import("once-again-web");
    return (await createFetch()(`${service}/r/foreign`, { method: "POST", body: "x" })).status;
  }, service.url);
  const { requests, preflights } = await log("foreign");
  assert.deepEqual([status, requests.length, preflights.length], [503, 1, 0]);
  assert.equal(requests[0].headers["idempotency-key"], undefined);
});
