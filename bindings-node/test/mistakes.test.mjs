// What is easily given by mistake is refused by name, and guards nothing silently.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import test from "node:test";
import express from "express";
import express4 from "express4";
import Fastify from "fastify";
import { ConfigError, idempotencyHandler, idempotencyMiddleware, idempotencyPlugin } from "once-again";
import { MemoryStore } from "once-again/stores";

const refused = (field, value, expected) => (error) =>
  error instanceof ConfigError && error.field === field && value.test(error.value) && expected.test(error.expected);

/** What a server that `app` makes says to one order. */
async function order(t, app) {
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address();
  const headers = { "Content-Type": "application/json", "Idempotency-Key": "order-1", Connection: "close" };
  const answer = await fetch(`http://127.0.0.1:${port}/orders`, { method: "POST", headers, body: "{}" });
  return [answer.status, await answer.text()];
}

/** An application that tells the message of an error; `mount` puts the middleware before its handler. */
function shop(framework, mount) {
  const app = framework();
  app.use(framework.json());
  mount(app);
  app.post("/orders", (_req, res) => res.status(201).end("ordered"));
  // Express knows an error's handler by its four arguments.
  app.use((error, _req, res, _next) => res.status(500).end(error.message));
  return app;
}

test("a class in the store's place is no store, though it has an apply as every function has", () => {
  assert.throws(
    () => idempotencyMiddleware({ store: MemoryStore }),
    refused("store", /function/, /a store with apply/),
  );
});

test("what stands in the options' place is refused: a store, a number, a request", () => {
  const expected = /an object of/;
  assert.throws(() => idempotencyMiddleware(new MemoryStore()), refused("options", /a store/, expected));
  assert.throws(() => idempotencyMiddleware(5), refused("options", /5/, expected));
  assert.throws(() => idempotencyHandler(() => {}), refused("options", /a function/, expected));
  assert.throws(() => idempotencyHandler({}), refused("handler", /undefined/, /a function/));
});

for (const [name, framework] of Object.entries({ "Express 5": express, "Express 4": express4 })) {
  test(`${name}: the maker of a middleware that is mounted in its place is named`, async (t) => {
    const answer = await order(
      t,
      shop(framework, (app) => app.use(idempotencyMiddleware)),
    );
    assert.deepEqual(answer, [500, "options: got a request, expected an object of options, such as { store }"]);
  });

  test(`${name}: a middleware that is mounted twice says so, instead of waiting for itself`, async (t) => {
    const guard = idempotencyMiddleware({ store: new MemoryStore() });
    const answer = await order(
      t,
      shop(framework, (app) => app.use(guard, guard)),
    );
    assert.deepEqual(answer, [
      500,
      "store: got that of a guard this request has passed, expected one guard over each store: mount it once",
    ]);
  });

  test(`${name}: two guards over stores of their own both guard`, async (t) => {
    const answer = await order(
      t,
      shop(framework, (app) => app.use(idempotencyMiddleware(), idempotencyMiddleware())),
    );
    assert.deepEqual(answer, [201, "ordered"]);
  });

  test(`${name}: a principal that answers no name is an error, and nobody passes unguarded`, async (t) => {
    for (const [principal, given] of [
      [async () => "ada", "a Promise"],
      [() => ({ id: 1 }), "an object"],
    ]) {
      const answer = await order(
        t,
        shop(framework, (app) => app.use(idempotencyMiddleware({ principal }))),
      );
      const expected = "a function that answers a string, a number, null or undefined at once";
      assert.deepEqual(answer, [500, `principal: got one that answers ${given}, expected ${expected}`]);
    }
    assert.deepEqual(
      await order(
        t,
        shop(framework, (app) => app.use(idempotencyMiddleware({ principal: () => 7 }))),
      ),
      [201, "ordered"],
    );
  });
}

test("Fastify: a middleware of Express that is registered is refused, and no route is left unguarded by it", async () => {
  const app = Fastify();
  await assert.rejects(async () => app.register(idempotencyMiddleware({})), refused("request", /./, /Express/));
});

test("Fastify: a plugin that is registered twice says so", async (t) => {
  const app = Fastify();
  t.after(() => app.close());
  const store = new MemoryStore();
  app.register(idempotencyPlugin, { store });
  app.register(idempotencyPlugin, { store });
  app.post("/orders", async () => "ordered");
  const answer = await app.inject({ method: "POST", url: "/orders", headers: { "idempotency-key": "k" }, payload: {} });
  assert.equal(answer.statusCode, 500);
  assert.match(answer.json().message, /^store: got that of a guard this request has passed/);
});

test("Fastify: an unknown option is named also where nobody awaits the registration", async () => {
  const app = Fastify();
  app.register(idempotencyPlugin, { stor: new MemoryStore() });
  await assert.rejects(async () => app.ready(), refused("stor", /./, /the nearest is store/));
});
