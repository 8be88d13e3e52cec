// Who else stands around an Express response, and what of it is recorded.

import assert from "node:assert/strict";
import { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import express5 from "express";
import express4 from "express4";
import { idempotencyMiddleware } from "once-again";

async function ask(t, app, path = "/pay") {
  if (app.server === undefined) {
    app.server = app.listen(0, "127.0.0.1");
    t.after(() => app.server.close());
    await new Promise((resolve) => app.server.once("listening", resolve));
  }
  const url = `http://127.0.0.1:${app.server.address().port}${path}`;
  const response = await fetch(url, { method: "POST", headers: { "Idempotency-Key": "k", Connection: "close" } });
  return { text: await response.text(), replay: response.headers.get("x-idempotency-replay") };
}

/** Writes everything twice, as a compressor would write something else. */
function twice(_req, res, next) {
  const { end } = res;
  res.end = function (chunk, encoding, callback) {
    this.removeHeader("Content-Length");
    return end.call(this, `${chunk}${chunk}`, encoding, callback);
  };
  next();
}

for (const [name, express] of [
  ["Express 5", express5],
  ["Express 4", express4],
]) {
  describe(name, () => {
    const pay = () => {
      let runs = 0;
      return (_req, res) => {
        runs += 1;
        res.send(`run ${runs} `);
      };
    };

    test("what stands before the guard changes first answers and replays alike", async (t) => {
      const app = express().use(twice, idempotencyMiddleware());
      app.post("/pay", pay());
      const answers = [await ask(t, app), await ask(t, app)];
      assert.deepEqual(answers, [
        { text: "run 1 run 1 ", replay: "false" },
        { text: "run 1 run 1 ", replay: "true" },
      ]);
    });

    test("what stands behind the guard changes what is recorded, once", async (t) => {
      const app = express().use(idempotencyMiddleware(), twice);
      app.post("/pay", pay());
      const answers = [await ask(t, app), await ask(t, app)];
      assert.deepEqual(answers, [
        { text: "run 1 run 1 ", replay: "false" },
        { text: "run 1 run 1 ", replay: "true" },
      ]);
    });

    test("an application mounted in another is recorded by the outer one's guard, and by one of its own", async (t) => {
      const inner = express().use(idempotencyMiddleware());
      inner.post("/pay", pay());
      const app = express().use(idempotencyMiddleware()).use("/inner", inner);
      const answers = [await ask(t, app, "/inner/pay"), await ask(t, app, "/inner/pay")];
      assert.deepEqual(answers, [
        { text: "run 1 ", replay: "false" },
        { text: "run 1 ", replay: "true" },
      ]);
    });

    test("methods of Node's that are changed later are the ones that send", async (t) => {
      const app = express().use(idempotencyMiddleware());
      app.post("/pay", pay());
      await ask(t, app);
      const { end } = ServerResponse.prototype;
      const traced = [];
      ServerResponse.prototype.end = function (...given) {
        traced.push(this.req.url);
        return end.apply(this, given);
      };
      t.after(() => {
        delete ServerResponse.prototype.end;
      });
      await ask(t, app);
      assert.deepEqual(traced, ["/pay"]);
    });
  });
}
