// The plugin in real Fastify applications: what is Fastify's own. tests/http asks it what every server is asked.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import fastify5 from "fastify";
import fastify4 from "fastify4";
import { idempotencyPlugin } from "once-again";

/** Asks `url` as a client on the wire does; answers status, headers and text. */
async function ask(app, url, { key = "k", body = { amount: 5 }, headers = {} } = {}) {
  if (!app.server.listening) await app.listen({ port: 0, host: "127.0.0.1" });
  const response = await fetch(`http://127.0.0.1:${app.server.address().port}${url}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key, ...headers },
    body: JSON.stringify(body),
  });
  const { status } = response;
  return {
    status,
    replay: response.headers.get("x-idempotency-replay"),
    header: (name) => response.headers.get(name),
    text: await response.text(),
  };
}

for (const [name, fastify, settings] of [
  ["Fastify 5", fastify5, {}],
  ["Fastify 4", fastify4, {}],
]) {
  describe(name, () => {
    const make = (t) => {
      const app = fastify({ forceCloseConnections: true, ...settings });
      t.after(() => app.close());
      return app;
    };

    test("routes beside the plugin are guarded, and routes of a sibling are not", async (t) => {
      const app = make(t);
      let runs = 0;
      const handler = async () => ({ run: ++runs });
      await app.register(async (inner) => {
        await inner.register(idempotencyPlugin, {});
        inner.post("/guarded", handler);
      });
      await app.register(async (inner) => inner.post("/free", handler));
      assert.deepEqual([(await ask(app, "/guarded")).replay, (await ask(app, "/guarded")).replay], ["false", "true"]);
      assert.deepEqual([(await ask(app, "/free")).replay, (await ask(app, "/free")).replay], [null, null]);
      assert.equal(runs, 3);
    });

    test("registered inside and outside, it decorates requests once", async (t) => {
      const app = make(t);
      await app.register(idempotencyPlugin, { methods: ["PUT"] });
      await app.register(
        async (inner) => {
          await inner.register(idempotencyPlugin, { prefix: "/v1", logLevel: "warn" });
          inner.post("/pay", async (request) => ({ key: request.idempotency.key }));
        },
        { prefix: "/v1" },
      );
      assert.equal((await ask(app, "/v1/pay", { key: "k-7" })).text, '{"key":"k-7"}');
    });

    test("strings, buffers, streams, objects and a hijacked reply are replayed byte for byte", async (t) => {
      const app = make(t);
      await app.register(idempotencyPlugin);
      const bytes = Buffer.from([0, 255, 10, 13, 128]);
      const kinds = {
        string: (_request, reply) => reply.send("text \u00e9"),
        buffer: (_request, reply) => reply.send(bytes),
        stream: (_request, reply) => reply.send(Readable.from([bytes, bytes])),
        returned: async () => ({ nested: [1, null] }),
        hijacked: (_request, reply) => {
          reply.hijack();
          reply.raw.writeHead(202, "Accepted", { "X-Made": "by hand" });
          reply.raw.end("raw");
        },
      };
      for (const [kind, handler] of Object.entries(kinds)) app.post(`/${kind}`, handler);
      for (const kind of Object.keys(kinds)) {
        const first = await ask(app, `/${kind}`, { key: kind });
        const second = await ask(app, `/${kind}`, { key: kind });
        assert.deepEqual([first.replay, second.replay], ["false", "true"], kind);
        assert.deepEqual([second.status, second.text], [first.status, first.text], kind);
        assert.equal(second.header("content-type"), first.header("content-type"), kind);
        assert.equal(second.header("x-made"), first.header("x-made"), kind);
      }
    });

    test("what an onSend hook makes of an answer is made once, and headers of earlier hooks are on replays too", async (t) => {
      const app = make(t);
      app.addHook("onRequest", async (_request, reply) => {
        reply.header("access-control-allow-origin", "*");
      });
      app.addHook("onSend", async (_request, _reply, payload) => `<${payload}>`);
      await app.register(idempotencyPlugin);
      app.post("/pay", async () => "paid");
      const [first, second] = [await ask(app, "/pay"), await ask(app, "/pay")];
      assert.deepEqual([first.text, second.text, second.replay], ["<paid>", "<paid>", "true"]);
      assert.equal(second.header("access-control-allow-origin"), "*");
    });

    test("an error goes to the error handler, and the request runs again", async (t) => {
      const app = make(t);
      await app.register(idempotencyPlugin);
      app.setErrorHandler((error, _request, reply) => reply.code(500).send({ sorry: error.message }));
      let runs = 0;
      app.post("/pay", async () => {
        runs += 1;
        if (runs === 1) throw new Error("down");
        return { run: runs };
      });
      assert.deepEqual(JSON.parse((await ask(app, "/pay")).text), { sorry: "down" });
      assert.deepEqual([(await ask(app, "/pay")).text, (await ask(app, "/pay")).replay], ['{"run":2}', "true"]);
    });

    test("an answer that fails in its midst is cut off, and the next request runs again", async (t) => {
      const app = make(t);
      await app.register(idempotencyPlugin);
      let runs = 0;
      const broken = async function* () {
        yield "some ";
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error("down");
      };
      app.post("/pay", async (_request, reply) => {
        runs += 1;
        if (runs === 1) return reply.send(Readable.from(broken()));
        reply.raw.write("some ");
        // In the same place Fastify 4 throws at its process, with or without a guard.
        if (runs === 2 && fastify === fastify5) throw new Error("down");
        reply.raw.end("whole");
        return reply;
      });
      await assert.rejects(ask(app, "/pay"));
      if (fastify === fastify5) await assert.rejects(ask(app, "/pay"));
      const { text, replay } = await ask(app, "/pay");
      assert.deepEqual([text, replay], ["some whole", "false"]);
    });

    test("a request that validation refuses has not used its key", async (t) => {
      const app = make(t);
      await app.register(idempotencyPlugin);
      const schema = { body: { type: "object", required: ["amount"], properties: { amount: { type: "integer" } } } };
      app.post("/pay", { schema }, async (request) => ({ paid: request.body.amount }));
      assert.equal((await ask(app, "/pay", { body: {} })).status, 400);
      const mended = await ask(app, "/pay", { body: { amount: 7 } });
      assert.deepEqual([mended.status, mended.text, mended.replay], [200, '{"paid":7}', "false"]);
    });

    test("the caller is whom an earlier hook has found", async (t) => {
      const app = make(t);
      app.decorateRequest("user", null);
      app.addHook("onRequest", async (request) => {
        request.user = { id: request.headers["x-user"] };
      });
      await app.register(idempotencyPlugin);
      app.post("/pay", async (request) => ({ for: request.user.id }));
      const of = (user) => ask(app, "/pay", { headers: { "x-user": user } });
      assert.deepEqual([(await of("ada")).text, (await of("bob")).text], ['{"for":"ada"}', '{"for":"bob"}']);
      assert.deepEqual([(await of("ada")).text, (await of("ada")).replay], ['{"for":"ada"}', "true"]);
    });

    test("an option that does not hold stops the application at its start", async (t) => {
      const app = make(t);
      await assert.rejects(async () => app.register(idempotencyPlugin, { ttl: -1 }), { code: "CONFIG_INVALID" });
    });
  });
}
