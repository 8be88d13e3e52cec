// Express answers what fails in the midst of an answer by destroying the connection; others destroy connections as well.

import assert from "node:assert/strict";
import http from "node:http";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import express5 from "express";
import express4 from "express4";
import { idempotencyMiddleware } from "once-again";

/** A server of `route` behind the middleware, with Express's own error handler. */
async function serve(t, express, route) {
  const app = express().set("env", "test");
  app.use(express.json(), idempotencyMiddleware({ conflict: { wait: 5_000 } }));
  let runs = 0;
  app.post("/pay", (req, res, next) => {
    runs += 1;
    Promise.resolve(route(req, res, runs)).catch(next);
  });
  const server = app.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  return { ask: () => ask(server.address().port), runs: () => runs };
}

function ask(port) {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", method: "POST", path: "/pay", agent: false };
    const request = http.request(options, (response) => {
      const replay = response.headers["x-idempotency-replay"];
      buffer(response).then((body) => resolve({ text: body.toString(), replay }), reject);
    });
    request.on("error", reject).setHeader("content-type", "application/json").setHeader("idempotency-key", "k");
    request.end("{}");
  });
}

for (const [name, express] of [
  ["Express 5", express5],
  ["Express 4", express4],
]) {
  describe(name, () => {
    test("an answer that fails in its midst is cut off by Express, and the next request runs again", async (t) => {
      const { ask } = await serve(t, express, async (_req, res, run) => {
        res.write("some ");
        if (run === 1) throw new Error("down");
        res.end("whole");
      });
      await assert.rejects(ask());
      assert.deepEqual([await ask(), (await ask()).replay], [{ text: "some whole", replay: "false" }, "true"]);
    });

    test("a handler whose connection others close in the midst of its answer still runs", async (t) => {
      const { begun, finished } = { begun: deferred(), finished: deferred() };
      const { ask, runs } = await serve(t, express, async (req, res) => {
        const connection = req.socket;
        res.write("some ");
        assert.equal(req.socket, connection);
        res.write("more ");
        begun.resolve(connection);
        await finished.promise;
        res.end("whole");
      });
      const cut = assert.rejects(ask());
      (await begun.promise).destroy();
      await cut;
      const waiting = ask();
      finished.resolve();
      assert.deepEqual([await waiting, runs()], [{ text: "some more whole", replay: "true" }, 1]);
    });
  });
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => {
    made.resolve = resolve;
  });
  return made;
}
