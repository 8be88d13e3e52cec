// Two requests under one key: other content, other callers, at the same time.

import assert from "node:assert/strict";
import { isFirst, isProblem, isReplayOf } from "../expected.mjs";
import { begin, json, keyed, newKey, order, until } from "./case.mjs";

const REUSED = "This key was used with another request.";
const BUSY = "The first request with this key is still being processed.";

export const conflicts = [
  {
    name: "the same key with another request is refused for good",
    stores: ["memory", "redis", "postgres", "sqlite"],
    run: async (server) => {
      const headers = keyed(newKey());
      await server.ask({ headers, body: order });
      const runs = await server.runs();
      isProblem(await server.ask({ headers, body: '{"amount":6,"to":"b"}' }), "key-reused", REUSED);
      isProblem(await server.ask({ headers, body: order, path: "/echo?a=1" }), "key-reused", REUSED);
      isProblem(await server.ask({ headers, body: order, method: "PUT" }), "key-reused", REUSED);
      assert.equal(await server.runs(), runs);
    },
  },
  {
    name: "the same content in other words is the same request",
    stores: ["memory", "redis"],
    run: async (server) => {
      const key = newKey();
      const first = await server.ask({ headers: keyed(key), body: order });
      isReplayOf(first, await server.ask({ headers: keyed(key), body: '{ "to": "\\u0062", "amount": 5.0 }' }), key);
    },
  },
  {
    name: "a second request while the first one runs is told to come back, and then has its answer",
    stores: ["memory", "redis", "postgres", "sqlite"],
    run: async (server) => {
      const key = newKey();
      const request = { path: "/slow?ms=300", headers: keyed(key), body: order };
      const { answered } = await begin(server, request);
      isProblem(await server.ask(request), "in-progress", BUSY);
      const first = await answered;
      isFirst(first, key);
      isReplayOf(first, await server.ask(request), key);
    },
  },
  {
    name: "a second request may wait for the first one's answer",
    stores: ["memory", "redis"],
    options: { conflict: { wait: 10_000 } },
    run: async (server) => {
      const key = newKey();
      const request = { path: "/slow?ms=300", headers: keyed(key), body: order };
      const { answered } = await begin(server, request);
      const second = await server.ask(request);
      isReplayOf(await answered, second, key);
      assert.equal(await server.runs(), 1);
    },
  },
  {
    name: "twenty requests at once run once",
    stores: ["memory", "redis"],
    run: async (server) => {
      const request = { path: "/slow?ms=50", headers: keyed(newKey()), body: order };
      const runs = await server.runs();
      const all = await Promise.all(Array.from({ length: 20 }, () => server.ask(request)));
      assert.equal(await server.runs(), runs + 1);
      assert.equal(all.filter((answer) => answer.header("x-idempotency-replay") === "false").length, 1);
      for (const answer of all) assert.ok([200, 409].includes(answer.status), String(answer.status));
    },
  },
  {
    name: "a handler that never answers keeps its claim, and others are told so",
    stores: ["memory", "redis"],
    run: async (server) => {
      const request = { path: "/hang", headers: keyed(newKey()), body: order };
      const cut = new AbortController();
      await begin(server, { ...request, signal: cut.signal });
      isProblem(await server.ask(request), "in-progress", BUSY);
      cut.abort();
      isProblem(await server.ask(request), "in-progress", BUSY);
    },
  },
  {
    name: "a client that goes away in mid-handler finds the outcome when it comes back",
    stores: ["memory", "redis"],
    run: async (server) => {
      const key = newKey();
      const request = { path: "/slow?ms=200", headers: keyed(key), body: order };
      const runs = await server.runs();
      const cut = new AbortController();
      await begin(server, { ...request, signal: cut.signal });
      cut.abort();
      let answer;
      await until(async () => {
        answer = await server.ask(request);
        return answer.status !== 409;
      }, "the outcome is there");
      assert.deepEqual(answer.json(), { run: runs + 1 });
      assert.deepEqual(answer.all("x-idempotency-replay"), ["true"]);
      assert.equal(await server.runs(), runs + 1);
    },
  },
  {
    name: "each caller has keys of its own where callers are known",
    stores: ["memory", "redis"],
    principal: "x-user",
    run: async (server) => {
      const key = newKey();
      const of = (user) => ({ headers: keyed(key, ["X-User", user]), body: order });
      const ada = await server.ask(of("ada"));
      const bob = await server.ask(of("bob"));
      isFirst(ada, key);
      isFirst(bob, key);
      assert.notDeepEqual(bob.body, ada.body);
      isReplayOf(ada, await server.ask(of("ada")), key);
      isReplayOf(bob, await server.ask(of("bob")), key);
    },
  },
  {
    name: "a stored answer is never shown to other credentials",
    stores: ["memory", "redis"],
    run: async (server) => {
      const key = newKey();
      const of = (token) => ({ headers: keyed(key, ["Authorization", `Bearer ${token}`]), body: order });
      const first = await server.ask(of("one"));
      isFirst(first, key);
      const runs = await server.runs();
      isProblem(await server.ask(of("two")), "key-reused", /principal/);
      assert.equal(await server.runs(), runs);
      isReplayOf(first, await server.ask(of("one")), key);
    },
  },
  {
    name: "without a key, other credentials or cookies make another request",
    stores: ["memory"],
    run: async (server) => {
      const body = JSON.stringify({ wish: newKey() });
      for (const line of [
        ["Authorization", "Bearer one"],
        ["Authorization", "Bearer two"],
        ["Cookie", "sid=1"],
      ]) {
        isFirst(await server.ask({ headers: json(line), body }), /^derived:/);
      }
    },
  },
];
