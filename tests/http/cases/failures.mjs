// Handlers that fail: what runs again, and what is kept.

import assert from "node:assert/strict";
import { isFirst, isReplayOf } from "../expected.mjs";
import { keyed, newKey, order } from "./case.mjs";

/** That the same request runs each time. */
async function runsAgain(server, path, status) {
  const key = newKey();
  const runs = await server.runs();
  for (let times = 1; times <= 2; times += 1) {
    const answer = await server.ask({ path, headers: keyed(key), body: order });
    assert.equal(answer.status, status);
    assert.notEqual(answer.header("content-type"), "application/problem+json");
    assert.deepEqual(answer.all("idempotent-replayed"), []);
    assert.equal(await server.runs(), runs + times);
  }
}

export const failures = [
  {
    name: "a handler that throws gets its framework's error page, and runs again",
    stores: ["memory", "redis"],
    run: (server) => runsAgain(server, "/throw", 500),
  },
  ...[500, 503].map((status) => ({
    name: `a ${status} runs again`,
    stores: ["memory", "redis"],
    run: (server) => runsAgain(server, `/status/${status}`, status),
  })),
  ...[401, 408, 425, 429].map((status) => ({
    name: `a ${status} has done nothing, and runs again`,
    stores: ["memory"],
    run: (server) => runsAgain(server, `/status/${status}`, status),
  })),
  {
    name: "stripe_v1 keeps a 500",
    stores: ["memory", "redis"],
    options: { profile: "stripe_v1" },
    run: async (server) => {
      const key = newKey();
      const request = { path: "/status/500", headers: keyed(key), body: order };
      const first = await server.ask(request);
      isFirst(first, key);
      isReplayOf(first, await server.ask(request), key);
      assert.equal(await server.runs(), 1);
    },
  },
  {
    name: "success_only frees the key of a 404, also for another request",
    stores: ["memory"],
    options: { profile: "success_only" },
    run: async (server) => {
      const key = newKey();
      const lost = await server.ask({ path: "/status/404", headers: keyed(key), body: order });
      assert.equal(lost.status, 404);
      isFirst(await server.ask({ headers: keyed(key), body: "{}" }), key);
    },
  },
];
