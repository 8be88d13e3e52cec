// Handlers that fail: what runs again, and what is kept.

import assert from "node:assert/strict";
import { isFirst, isReplayOf } from "../expected.mjs";
import { keyed, newKey, order, until } from "./case.mjs";

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

/** That an answer whose handler fails in its midst is never taken for a whole one, and the same request runs again at once. */
async function breaksAndRunsAgain(server, pieces) {
  const request = { path: `/throw-late?pieces=${pieces}`, headers: keyed(newKey()), body: order };
  const isBroken = async () => {
    const answer = await server.ask(request).catch(() => undefined);
    // A server that has sent nothing yet can still say that it failed.
    if (answer === undefined || answer.status === 500) return true;
    // The connection may break before that is recorded everywhere: until then the first request counts as running.
    assert.equal(answer.status, 409, `${answer.status} ${answer.body}`);
    return false;
  };
  const runs = await server.runs();
  for (let times = 1; times <= 2; times += 1) {
    await until(isBroken, "the answer breaks off");
    assert.equal(await server.runs(), runs + times);
  }
}

export const failures = [
  {
    name: "a handler that throws gets its framework's error page, and runs again",
    stores: ["memory", "redis"],
    run: (server) => runsAgain(server, "/throw", 500),
  },
  ...[1, 2].map((pieces) => ({
    name: `a handler that fails after ${pieces} of its pieces breaks its answer off, and runs again`,
    stores: ["memory", "redis"],
    run: (server) => breaksAndRunsAgain(server, pieces),
  })),
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
