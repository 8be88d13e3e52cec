// Redirects of a client that sends in somebody's name, and paths that lead out of its address. In Node, which shows redirects;
// in browsers the other origin must have allowed each header by name (CORS).

import assert from "node:assert/strict";
import test from "node:test";
import { IdempotentHttpClient } from "once-again";
import { answer, eachPackage, json, keysOf, quick, rejection, scripted, useServer } from "./story.mjs";

useServer();

const identity = { squidId: "me", subId: "sub", daoId: "dao" };
const own = {
  "x-qonsent": "token",
  "x-api-key": "secret",
  authorization: "secret",
  accept: "text/x",
  traceparent: "t",
};
const says = ({ headers }) =>
  ["x-squid-id", "x-subid", "x-dao-id", "x-qonsent", "x-api-key", "authorization", "accept", "traceparent"].map(
    (name) => headers[name],
  );
const ALL = ["me", "sub", "dao", "token", "secret", "secret", "text/x", "t"];
const NOBODY = [undefined, undefined, undefined, undefined, undefined, undefined, "text/x", "t"];
const elsewhere = (story) => story.url.replace("127.0.0.1", "localhost");
const clientOf = (story) => new IdempotentHttpClient({ baseUrl: story.base, retryPolicy: quick, identity });

test("to another origin a write goes on with its key and its bytes, and without a word on who asks", async () => {
  const there = await scripted(answer(503), json(201, "done"));
  const here = await scripted(answer(307, { location: elsewhere(there) }));
  const { data, attempts } = await clientOf(here).post(here.path, { a: 1 }, own);
  assert.deepEqual([data, attempts], ["done", 2]);
  const [first, second] = [await here.log(), await there.log()];
  assert.deepEqual(first.requests.map(says), [ALL, ALL]);
  assert.deepEqual(second.requests.map(says), [NOBODY, NOBODY]);
  assert.deepEqual(keysOf(second), keysOf(first));
  assert.equal(keysOf(first).length, 1);
  assert.equal(new Set([...first.requests, ...second.requests].map(({ bodySha256 }) => bodySha256)).size, 1);
});

test("within an origin a redirect keeps every header", async () => {
  const there = await scripted(json(200, "there"));
  const here = await scripted(answer(308, { location: there.path }));
  await clientOf(here).put(here.path, { a: 1 }, own);
  assert.deepEqual((await there.log()).requests.map(says), [ALL]);
});

test("after a 303 a write is answered by a GET without body, and elsewhere without its key", async () => {
  const there = await scripted(json(200, "seen"));
  for (const status of [301, 302, 303]) {
    const here = await scripted(answer(status, { location: elsewhere(there) }));
    assert.equal((await clientOf(here).post(here.path, { a: 1 }, own)).data, "seen");
  }
  const { requests } = await there.log();
  assert.deepEqual(
    requests.map(({ method, headers }) => [method, headers["idempotency-key"], headers["content-type"]]),
    Array(3).fill(["GET", undefined, undefined]),
  );
});

test("redirects that go round, or where nobody goes, end the call: another attempt would end there too", async () => {
  for (const location of ["", "ftp://localhost/x", "http://[", "http://me:secret@localhost/"]) {
    const here = await scripted(answer(307, { location }));
    const error = await rejection(clientOf(here).post(here.path, {}));
    assert.deepEqual([error.code, error.kind, error.attempts], ["SERVICE_UNAVAILABLE", "Permanent", 1], location);
    // The first request and 20 more.
    assert.equal((await here.log()).requests.length, location === "" ? 21 : 1, location);
  }
});

test("a relative location is one of the address that was asked last", async () => {
  const there = await scripted(json(200, "there"));
  const between = await scripted(answer(307, { location: `./${there.path.split("/").at(-1)}?x=1` }));
  const here = await scripted(answer(308, { location: elsewhere(between) }));
  await clientOf(here).put(here.path, { a: 1 }, own);
  const { requests } = await there.log();
  assert.deepEqual([requests[0].url, requests[0].headers.host.split(":")[0]], [`${there.path}?x=1`, "localhost"]);
  // What was left behind on the way does not come back.
  assert.deepEqual(says(requests[0]), NOBODY);
});

eachPackage("a path cannot lead above the client's address", async (api) => {
  const story = await scripted(json(200, "ok"));
  const client = new api.IdempotentHttpClient({ baseUrl: `${story.base}/r`, retryPolicy: quick });
  for (const path of ["../admin", "/a/../../admin", "a/%2e%2E/../../x", "..", "\\..\\..\\x"]) {
    const error = await rejection(client.get(path));
    assert.deepEqual([error.code, error.field], ["CONFIG_INVALID", "path"], path);
  }
  assert.equal((await client.get(`a/..${story.path.slice(2)}?next=/../..`)).data, "ok");
  assert.equal((await story.log()).requests.length, 1);
});
