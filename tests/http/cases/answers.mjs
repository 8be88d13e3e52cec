// First answers and replays, of every kind of body.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { isFirst, isProblem, isReplayOf, isUntouched } from "../expected.mjs";
import { keyed, newKey, order } from "./case.mjs";

const NOT_KEPT = "The request with this key was processed, but its answer was not kept.";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** Asks twice under one key; the second answer must be the first one's replay. */
async function twice(server, request) {
  const key = newKey();
  const again = { body: order, ...request, headers: keyed(key) };
  const first = await server.ask(again);
  isFirst(first, key);
  const runs = await server.runs();
  const second = await server.ask(again);
  isReplayOf(first, second, key);
  assert.equal(await server.runs(), runs);
  return first;
}

const kept = (name, path, check, stores = ["memory", "redis"]) => ({
  name,
  stores,
  run: async (server) => check(await twice(server, { path })),
});

export const answers = [
  ...["POST", "PUT", "PATCH"].map((method) => ({
    name: `${method} runs once, and its answer is replayed with its headers`,
    stores: method === "POST" ? ["memory", "redis", "postgres", "sqlite"] : ["memory"],
    run: async (server) => {
      const before = await server.runs();
      const first = await twice(server, { method });
      assert.equal(first.status, 201);
      assert.deepEqual(first.json(), { run: before + 1, sha256: sha256(order) });
      assert.deepEqual(first.all("x-run"), [String(before + 1)]);
      assert.deepEqual(first.all("etag"), ['"v1"']);
      assert.deepEqual(first.all("x-multi"), ["a", "b"]);
      assert.equal(first.all("set-cookie").length, 2);
    },
  })),
  kept(
    "every byte of a binary answer is replayed",
    "/binary",
    (first) => {
      assert.deepEqual([...first.body], [...Array(256).keys()]);
      assert.deepEqual(first.all("content-type"), ["application/octet-stream"]);
    },
    ["memory", "redis", "postgres", "sqlite"],
  ),
  kept("an empty answer is replayed", "/empty", (first) => {
    assert.deepEqual([first.status, first.body.length], [204, 0]);
  }),
  kept("a redirection is replayed", "/redirect", (first) => {
    assert.deepEqual([first.status, first.all("location")], [303, ["/done"]]);
  }),
  kept("an answer in chunks is replayed whole", "/chunked", (first) => {
    assert.equal(first.body.toString(), "one\ntwo\nthree\n");
  }),
  kept("a compressed answer is replayed compressed", "/gzip", (first) => {
    assert.deepEqual(first.all("content-encoding"), ["gzip"]);
    assert.equal(typeof JSON.parse(gunzipSync(first.body)).run, "number");
  }),
  kept("an answer of just the limit is replayed", "/large?bytes=1048576", (first) => {
    assert.equal(first.body.length, 1 << 20);
  }),
  kept("a 404 is replayed", "/status/404", (first) => assert.equal(first.status, 404)),
  kept("a 422 of the handler's own is replayed", "/status/422", (first) => {
    assert.deepEqual(Object.keys(first.json()), ["run"]);
  }),
  {
    name: "an answer of 2 MiB passes unchanged, and is told of afterwards",
    stores: ["memory", "redis"],
    run: async (server) => {
      const headers = keyed(newKey());
      const first = await server.ask({ path: "/large?bytes=2097152", headers, body: order });
      assert.equal(first.status, 200);
      assert.ok(first.body.equals(Buffer.alloc(2 << 20, "x")));
      const runs = await server.runs();
      const second = await server.ask({ path: "/large?bytes=2097152", headers, body: order });
      isProblem(second, "response-not-replayable", NOT_KEPT);
      assert.equal(await server.runs(), runs);
    },
  },
  {
    name: "events pass as they come, and are told of afterwards",
    stores: ["memory", "redis"],
    run: async (server) => {
      const headers = keyed(newKey());
      const first = await server.ask({ path: "/stream", headers, body: order });
      assert.equal(first.body.toString(), "data: 1\n\ndata: 2\n\ndata: 3\n\n");
      assert.match(first.header("content-type"), /^text\/event-stream/);
      assert.ok(first.arrivals.at(-1) - first.arrivals[0] > 60, "the first event came long before the last");
      const second = await server.ask({ path: "/stream", headers, body: order });
      isProblem(second, "response-not-replayable", NOT_KEPT);
    },
  },
  ...["GET", "HEAD", "OPTIONS"].map((method) => ({
    name: `${method} is untouched, whatever its key`,
    stores: ["memory"],
    run: async (server) => {
      for (const key of [newKey(), "", "a, b"]) {
        for (let times = 0; times < 2; times += 1) {
          const answer = await server.ask({ method, headers: [["Idempotency-Key", key]] });
          assert.equal(answer.status, 200);
          isUntouched(answer);
        }
      }
    },
  })),
  {
    name: "the handler is shown the key, which attempt it is, and an epoch that grows",
    stores: ["memory", "redis"],
    run: async (server) => {
      const key = newKey();
      const claim = (await server.ask({ path: "/key", headers: keyed(key), body: order })).json();
      assert.deepEqual([claim.key, claim.attempt], [key, 1]);
      const later = (await server.ask({ path: "/key", headers: keyed(newKey()), body: order })).json();
      assert.ok(Number.isSafeInteger(claim.epoch) && later.epoch > claim.epoch);
    },
  },
];
