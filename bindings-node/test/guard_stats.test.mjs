// What guards of Node's servers count, and tell of requests that no record guards.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import express from "express";
import fastify5 from "fastify";
import fastify4 from "fastify4";
import { idempotencyHandler, idempotencyMiddleware, idempotencyPlugin } from "once-again";
import { MemoryStore } from "once-again/stores";
import { virtualClock } from "once-again/testing";

/** Asks a server that is under way on `port`. */
async function post(port, key, body = "a") {
  const headers = { "Content-Type": "text/plain", "Idempotency-Key": key, Connection: "close" };
  const response = await fetch(`http://127.0.0.1:${port}/pay`, { method: "POST", headers, body });
  await response.arrayBuffer();
  return response;
}

/** A server of `listener`; answers how to ask it. */
async function serve(t, listener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return (key, body) => post(server.address().port, key, body);
}

function guarded(options, handler) {
  const middleware = idempotencyMiddleware(options);
  const app = express();
  app.use(middleware);
  app.post("/pay", handler);
  return { app, stats: middleware.stats };
}

const away = {
  apply() {
    throw new Error("down");
  },
};

/** A store whose answers to `name` never come. */
function stuckAt(name, clock) {
  const records = new MemoryStore({ clock });
  let asked;
  const reached = new Promise((resolve) => (asked = resolve));
  const apply = (op) => {
    if (op.op !== name) return records.apply(op);
    asked();
    return new Promise(() => {});
  };
  return { store: { apply }, reached };
}

/** A first run, its replay, another request under its key and one whose key is malformed. */
async function four(ask) {
  const statuses = [];
  for (const [key, body] of [["k"], ["k"], ["k", "b"], ["\u00e9"]]) statuses.push((await ask(key, body)).status);
  assert.deepEqual(statuses, [200, 200, 422, 400]);
}

/** Of these four: the last was no operation. */
const counts = {
  totalOperations: 3,
  duplicates: 1,
  duplicateRate: 1 / 3,
  cacheHitRate: 1 / 3,
  averageProcessingTime: 0,
  active: 0,
  unprotected: 0,
  lostCompletions: 0,
};

for (const [where, storeOf] of [
  ["this thread's memory", (clock) => new MemoryStore({ clock })],
  [
    "a store that answers later",
    (clock) => {
      const records = new MemoryStore({ clock });
      return { apply: async (op) => records.apply(op) };
    },
  ],
]) {
  test(`over ${where}, a middleware counts what it guards`, async (t) => {
    const clock = virtualClock();
    const { app, stats } = guarded({ clock, store: storeOf(clock) }, (_req, res) => res.send("paid"));
    await four(await serve(t, app));
    assert.deepEqual(stats(), counts);
  });
}

test("a handler counts what it guards", async (t) => {
  const handler = idempotencyHandler({ clock: virtualClock() }, (_request, response) => response.end("paid"));
  await four(await serve(t, handler));
  assert.deepEqual(handler.stats(), counts);
});

for (const [name, fastify] of [
  ["Fastify 5", fastify5],
  ["Fastify 4", fastify4],
]) {
  test(`${name}: an instance has the counts of its own plugin`, async (t) => {
    const app = fastify({ forceCloseConnections: true });
    t.after(() => app.close());
    await app.register(idempotencyPlugin, { clock: virtualClock() });
    app.post("/pay", async () => "paid");
    let inner;
    await app.register(async (below) => {
      inner = below;
      await below.register(idempotencyPlugin, { methods: ["PUT"] });
    });
    await app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = app.server.address();
    await four((key, body) => post(port, key, body));
    assert.deepEqual(app.idempotency.stats(), counts);
    assert.equal(inner.idempotency.stats().totalOperations, 0);
  });
}

test("a request that waits on its handler is under way, and one that meets it is a duplicate", async (t) => {
  let finish;
  const begun = new Promise((resolve) => (finish = resolve));
  const { app, stats } = guarded({}, (_req, res) => finish(res));
  const ask = await serve(t, app);
  const first = ask("k");
  const response = await begun;
  assert.equal((await ask("k")).status, 409);
  const { active, duplicates, cacheHitRate } = stats();
  assert.deepEqual([active, duplicates, cacheHitRate], [1, 1, 0]);
  response.send("paid");
  assert.equal((await first).status, 200);
  assert.equal(stats().active, 0);
});

test("requests that run unprotected are counted and told of, whatever the observer does", async (t) => {
  const told = [];
  const onUnprotected = (event) => {
    told.push(event);
    throw new Error("theirs");
  };
  const options = { clock: virtualClock(), store: away, failOpen: true, onUnprotected };
  const { app, stats } = guarded(options, (_req, res) => res.send("paid"));
  const ask = await serve(t, app);
  assert.equal((await ask("k")).status, 200);
  assert.deepEqual(told, [{ key: "k", reason: "store unavailable" }]);
  const { unprotected, lostCompletions, totalOperations } = stats();
  assert.deepEqual([unprotected, lostCompletions, totalOperations], [1, 0, 1]);
});

test("a completion that is lost is counted once and told of, whatever the observer does", async (t) => {
  const clock = virtualClock();
  const { store, reached } = stuckAt("complete", clock);
  const told = [];
  const onLostCompletion = async (event) => {
    told.push(event);
    throw new Error("theirs");
  };
  const { app, stats } = guarded({ clock, store, onLostCompletion }, (_req, res) => res.send("paid"));
  const answer = (await serve(t, app))("k");
  await reached;
  assert.equal(stats().active, 1);
  await clock.advance(5_000);
  const { status, headers } = await answer;
  assert.deepEqual([status, headers.get("idempotency-completion")], [200, "lost"]);
  await clock.advance(120_000);
  assert.deepEqual(told, [{ key: "k", reason: "not confirmed in time" }]);
  const { lostCompletions, totalOperations, averageProcessingTime, active } = stats();
  assert.deepEqual([lostCompletions, totalOperations, averageProcessingTime, active], [1, 1, 5_000, 0]);
});

test("an answer that was not to be kept has no completion to lose", async (t) => {
  const clock = virtualClock();
  const { store, reached } = stuckAt("release", clock);
  const { app, stats } = guarded({ clock, store }, (_req, res) => res.status(500).send("down"));
  const answer = (await serve(t, app))("k");
  await reached;
  await clock.advance(5_000);
  assert.equal((await answer).status, 500);
  const { lostCompletions, totalOperations } = stats();
  assert.deepEqual([lostCompletions, totalOperations], [0, 1]);
});

test("an observer that is no function is refused by name", () => {
  for (const name of ["onUnprotected", "onLostCompletion"]) {
    assert.throws(() => idempotencyMiddleware({ [name]: "log" }), { field: name });
  }
});
