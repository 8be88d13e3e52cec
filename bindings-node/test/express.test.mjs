// The middleware in front of real Express servers, asked by a client that knows only the wire.

import assert from "node:assert/strict";
import http from "node:http";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import express5 from "express";
import express4 from "express4";
import { idempotencyMiddleware } from "once-again";
import { MemoryStore } from "once-again/stores";

const servers = [];
after(() => {
  for (const server of servers) server.close();
});

/** A server with the middleware in front of `route`, and how to ask it. */
async function serve(express, options, route, { parser = "none" } = {}) {
  const app = express();
  app.disable("x-powered-by");
  if (parser === "before") app.use(express.json());
  app.use(idempotencyMiddleware(options));
  if (parser === "after") app.use(express.json());
  let runs = 0;
  app.all("/pay", async (req, res, next) => {
    runs += 1;
    try {
      await route(req, res, runs);
    } catch (error) {
      next(error);
    }
  });
  app.use((error, _req, res, _next) => res.status(500).json({ error: error.message }));
  const server = app.listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  return { ask: (headers, body, more) => ask(port, headers, body, more), runs: () => runs };
}

/** One request with exactly these header lines. */
function ask(port, headers, body = '{"amount":5}', { method = "POST", path = "/pay", abortOn } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: "127.0.0.1", method, path, agent: false }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
    });
    request.on("error", reject);
    request.setHeader("content-type", "application/json");
    for (const [name, value] of Object.entries(headers)) request.setHeader(name, value);
    request.end(method === "GET" ? undefined : body);
    abortOn?.then(() => request.destroy());
  });
}

const key = (text) => ({ "idempotency-key": text });
const problemOf = ({ body }) => JSON.parse(body).type.split("/").at(-1).split(":").at(-1);

for (const [name, express] of [
  ["Express 5", express5],
  ["Express 4", express4],
]) {
  describe(name, () => {
    test("a second request with the same key replays the first answer, byte for byte", async () => {
      const { ask, runs } = await serve(express, {}, (_req, res, run) =>
        res.status(201).set({ "x-made": "here", "set-cookie": "a=b" }).json({ receipt: run }),
      );
      const first = await ask(key("k-1"));
      const second = await ask(key("k-1"));
      assert.equal(first.status, 201);
      assert.equal(first.headers["x-idempotency-replay"], "false");
      assert.equal(first.headers["x-idempotency-key"], "k-1");
      assert.equal(second.status, 201);
      assert.deepEqual(second.body, first.body);
      assert.equal(second.headers["x-made"], "here");
      assert.equal(second.headers["content-type"], first.headers["content-type"]);
      assert.equal(second.headers["set-cookie"], undefined);
      assert.equal(second.headers["x-idempotency-replay"], "true");
      assert.equal(second.headers["idempotent-replayed"], "true");
      assert.match(second.headers["x-original-timestamp"], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      assert.equal(runs(), 1);
    });

    test("binary, empty and chunked answers replay as they were", async () => {
      const bytes = Buffer.from([0, 255, 1, 254, 10, 13]);
      const kinds = {
        binary: (res) => res.type("application/octet-stream").send(bytes),
        empty: (res) => res.status(204).end(),
        chunked: (res) => {
          res.type("text/plain");
          res.write("one,");
          res.write(Buffer.from("two,"));
          setTimeout(() => res.end("three"), 5);
        },
        redirect: (res) => res.redirect(303, "/done"),
      };
      const { ask, runs } = await serve(express, {}, (req, res) => kinds[req.headers["x-kind"]](res));
      for (const [index, kind] of Object.keys(kinds).entries()) {
        const headers = { ...key(`k-${kind}`), "x-kind": kind };
        const first = await ask(headers);
        const second = await ask(headers);
        assert.deepEqual(
          [second.status, second.body.toString("hex")],
          [first.status, first.body.toString("hex")],
          kind,
        );
        assert.equal(second.headers.location, first.headers.location);
        assert.equal(runs(), index + 1);
      }
    });

    test("the handler's parser finds the body, whether it is mounted before or after", async () => {
      for (const parser of ["before", "after"]) {
        const { ask } = await serve(express, {}, (req, res) => res.json({ got: req.body }), { parser });
        const first = await ask(key("k"), '{"amount": 5, "to": "b"}');
        assert.deepEqual(JSON.parse(first.body), { got: { amount: 5, to: "b" } }, parser);
        const replay = await ask(key("k"), '{"to":"b","amount":5.0}');
        assert.equal(
          replay.headers["x-idempotency-replay"],
          "true",
          `${parser}: key order and 5.0 make no other request`,
        );
      }
    });

    test("a large body sent in pieces and a gzipped one reach the handler whole", async () => {
      const { ask } = await serve(express, {}, (req, res) => res.json({ length: JSON.stringify(req.body).length }), {
        parser: "after",
      });
      const body = JSON.stringify({ text: "x".repeat(90_000) });
      assert.deepEqual(JSON.parse((await ask(key("k-large"), body)).body), { length: body.length });
      const zipped = await ask({ ...key("k-zip"), "content-encoding": "gzip" }, gzipSync(body));
      assert.deepEqual(JSON.parse(zipped.body), { length: body.length });
      assert.equal((await ask(key("k-zip"), body)).headers["x-idempotency-replay"], "true");
    });

    test("the same key with another body is refused with 422", async () => {
      const { ask, runs } = await serve(express, {}, (_req, res) => res.json({}));
      await ask(key("k"), '{"amount":5}');
      const answer = await ask(key("k"), '{"amount":6}');
      assert.equal(answer.status, 422);
      assert.equal(problemOf(answer), "key-reused");
      assert.equal(answer.headers["content-type"], "application/problem+json");
      assert.equal(answer.headers["cache-control"], "no-store");
      assert.equal(runs(), 1);
    });

    test("a second request while the first one runs gets 409 and Retry-After, or waits for the answer", async () => {
      for (const [conflict, expected] of [
        ["reject", 409],
        [{ wait: 5_000 }, 200],
      ]) {
        let finish;
        const entered = new Promise((resolve) => {
          finish = resolve;
        });
        let open;
        const gate = new Promise((resolve) => {
          open = resolve;
        });
        const { ask, runs } = await serve(express, { conflict }, async (_req, res) => {
          finish();
          await gate;
          res.json({ done: true });
        });
        const first = ask(key("k"));
        await entered;
        const second = ask(key("k"));
        if (expected === 409) {
          const answer = await second;
          assert.deepEqual(
            [answer.status, problemOf(answer), answer.headers["retry-after"]],
            [409, "in-progress", "1"],
          );
        }
        open();
        assert.equal((await first).status, 200);
        assert.equal((await second).status, expected);
        assert.equal(runs(), 1);
      }
    });

    test("a missing key is derived, passed or refused", async () => {
      const derive = await serve(express, {}, (_req, res, run) => res.json({ run }));
      const [one, two] = [await derive.ask({}), await derive.ask({})];
      assert.match(one.headers["x-idempotency-key"], /^derived:[0-9a-f]{16}$/);
      assert.deepEqual([two.headers["x-idempotency-replay"], derive.runs()], ["true", 1]);

      const pass = await serve(express, { missingKey: "pass" }, (_req, res) => res.json({}));
      await pass.ask({});
      assert.equal((await pass.ask({})).headers["x-idempotency-replay"], undefined);
      assert.equal(pass.runs(), 2);

      const require = await serve(express, { missingKey: "require" }, (_req, res) => res.json({}));
      const refused = await require.ask({});
      assert.deepEqual([refused.status, problemOf(refused), require.runs()], [400, "key-missing", 0]);
    });

    test("malformed keys and two key lines are refused with 400 and never run", async () => {
      const { ask, runs } = await serve(express, {}, (_req, res) => res.json({}));
      for (const bad of ["x".repeat(256), '""', "a, b", "ü", ["one", "two"]]) {
        const answer = await ask({ "idempotency-key": Array.isArray(bad) ? bad : Buffer.from(bad).toString("latin1") });
        assert.deepEqual([answer.status, problemOf(answer)], [400, "key-invalid"], String(bad));
      }
      assert.equal(runs(), 0);
    });

    test("a quoted and a bare key are the same key", async () => {
      const { ask, runs } = await serve(express, {}, (_req, res) => res.json({}));
      await ask(key("abc"));
      assert.equal((await ask(key('"abc"'))).headers["x-idempotency-replay"], "true");
      assert.equal(runs(), 1);
    });

    test("methods that are not guarded are untouched", async () => {
      const { ask, runs } = await serve(express, {}, (_req, res) => res.json({}));
      for (let i = 0; i < 2; i += 1) {
        const answer = await ask(key("k"), undefined, { method: "GET" });
        assert.equal(answer.headers["x-idempotency-replay"], undefined);
      }
      assert.equal(runs(), 2);
    });

    test("a handler that throws answers 500, and the next request runs again", async () => {
      const { ask, runs } = await serve(express, {}, (_req, res, run) => {
        if (run === 1) throw new Error("down");
        res.json({ run });
      });
      assert.equal((await ask(key("k"))).status, 500);
      const second = await ask(key("k"));
      assert.deepEqual([second.status, second.headers["x-idempotency-replay"]], [200, "false"]);
      assert.equal((await ask(key("k"))).headers["x-idempotency-replay"], "true");
      assert.equal(runs(), 2);
    });

    test("a handler that answers and then throws sends its answer once", async () => {
      const { ask } = await serve(express, {}, (_req, res) => {
        res.status(201).json({ ok: true });
        throw new Error("too late");
      });
      const first = await ask(key("k")).catch((error) => error);
      const second = await ask(key("k"));
      assert.deepEqual([second.status, JSON.parse(second.body)], [201, { ok: true }]);
      if (!(first instanceof Error)) assert.equal(first.status, 201);
    });

    test("the outcome is kept although the client went away", async () => {
      let open;
      const gate = new Promise((resolve) => {
        open = resolve;
      });
      let enter;
      const abortOn = new Promise((resolve) => {
        enter = resolve;
      });
      const { ask, runs } = await serve(express, { conflict: { wait: 5_000 } }, async (_req, res) => {
        enter();
        await gate;
        res.json({ kept: true });
      });
      await assert.rejects(ask(key("k"), undefined, { abortOn }));
      open();
      const answer = await ask(key("k"));
      assert.deepEqual(
        [answer.headers["x-idempotency-replay"], JSON.parse(answer.body), runs()],
        ["true", { kept: true }, 1],
      );
    });

    test("an answer over the limit passes whole and is recorded without its body", async () => {
      const { ask, runs } = await serve(express, { maxBodyBytes: 100 }, (_req, res) => res.send("y".repeat(1_000)));
      assert.equal((await ask(key("k"))).body.length, 1_000);
      const second = await ask(key("k"));
      assert.deepEqual([second.status, problemOf(second), runs()], [409, "response-not-replayable", 1]);
    });

    test("an event stream flows undelayed and is recorded as omitted", async () => {
      const { ask } = await serve(express, {}, (_req, res) => {
        res.set("content-type", "text/event-stream");
        res.write("data: 1\n\n");
        res.end("data: 2\n\n");
      });
      assert.equal((await ask(key("k"))).body.toString(), "data: 1\n\ndata: 2\n\n");
      assert.equal(problemOf(await ask(key("k"))), "response-not-replayable");
    });

    test("a handler that takes too long hears of it by its signal, and its answer counts all the same", async () => {
      const { ask } = await serve(express, { handlerTimeout: 20 }, async (req, res) => {
        const { signal } = req.idempotency;
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        res.status(504).json({ why: signal.reason.message });
      });
      const answer = await ask(key("k"));
      assert.equal(answer.status, 504);
      assert.match(JSON.parse(answer.body).why, /handlerTimeout/);
    });

    test("a stored answer is never shown to another caller", async () => {
      const { ask, runs } = await serve(express, { principal: (req) => req.headers["x-user"] }, (req, res) =>
        res.json({ for: req.headers["x-user"] }),
      );
      await ask({ ...key("k"), "x-user": "ada" });
      const other = await ask({ ...key("k"), "x-user": "bob" });
      assert.deepEqual(JSON.parse(other.body), { for: "bob" });
      assert.equal(runs(), 2);

      const digest = await serve(express, {}, (_req, res) => res.json({ secret: 1 }));
      await digest.ask({ ...key("k"), authorization: "Bearer one" });
      const stolen = await digest.ask({ ...key("k"), authorization: "Bearer two" });
      assert.deepEqual([stolen.status, digest.runs()], [422, 1]);
      assert.match(JSON.parse(stolen.body).detail, /principal/);
    });

    test("a store that fails closes the door with 503, and opens it with failOpen", async () => {
      const store = { apply: () => Promise.reject(new Error("away")) };
      const closed = await serve(express, { store }, (_req, res) => res.json({}));
      const answer = await closed.ask(key("k"));
      assert.deepEqual([answer.status, problemOf(answer), closed.runs()], [503, "store-unavailable", 0]);
      assert.ok(answer.headers["retry-after"]);

      const open = await serve(express, { store, failOpen: true }, (_req, res) => res.json({}));
      assert.deepEqual([(await open.ask(key("k"))).status, open.runs()], [200, 1]);
    });

    test("a store whose replies cannot be read counts as away, and nobody waits for it", async () => {
      for (const reply of [undefined, null, {}, { reply: "hello" }, { reply: "acquired", epoch: "one" }]) {
        const { ask, runs } = await serve(express, { store: { apply: () => reply } }, (_req, res) => res.json({}));
        const answer = await ask(key("k"));
        assert.deepEqual([answer.status, problemOf(answer), runs()], [503, "store-unavailable", 0]);
      }
    });

    test("a full memory store refuses a keyed request and lets one without a key of its own run", async () => {
      const store = new MemoryStore({ maxRecords: 1 });
      const { ask, runs } = await serve(express, { store }, (_req, res) => res.json({}));
      await ask(key("k-1"));
      const full = await ask(key("k-2"));
      assert.equal(full.status, 503);
      assert.ok(Number(full.headers["retry-after"]) > 0);
      assert.equal((await ask({})).status, 200);
      assert.equal(runs(), 2);
      store.close();
    });

    test("a plain get/set/delete store works, and is given seconds", async () => {
      const kept = new Map();
      const ttls = [];
      const store = {
        get: async (k) => (kept.has(k) ? JSON.parse(kept.get(k)) : null),
        set: async (k, value, ttl) => {
          ttls.push(ttl);
          kept.set(k, JSON.stringify(value));
        },
        delete: async (k) => void kept.delete(k),
      };
      const { ask, runs } = await serve(express, { store }, (_req, res) => res.json({ n: 1 }));
      await ask(key("k"));
      assert.equal((await ask(key("k"))).headers["x-idempotency-replay"], "true");
      assert.equal(runs(), 1);
      assert.equal(ttls.at(-1), 86_400);
    });
  });
}

test("a wrong option is refused where it is written, with field, value and range", () => {
  for (const [options, field] of [
    [{ ttl: -1 }, "ttl"],
    [{ ttl: 86_400_000 }, "ttl"],
    [{ ttl: 1, ttlMs: 1 }, "ttlMs"],
    [{ leese: 3 }, "leese"],
    [{ missingKey: "ask" }, "missingKey"],
    [{ methods: "POST" }, "methods"],
    [{ store: {} }, "store"],
  ]) {
    assert.throws(
      () => idempotencyMiddleware(options),
      (error) => {
        assert.equal(error.code, "CONFIG_INVALID");
        assert.equal(error.field, field);
        return true;
      },
    );
  }
});
