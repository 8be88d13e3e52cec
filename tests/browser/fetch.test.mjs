// `createFetch` in a page against `idempotencyMiddleware` in Node, with faults in between: one payment, whatever happens.

import assert from "node:assert/strict";
import test from "node:test";
import express from "express";
import { idempotencyMiddleware } from "once-again";
import { emptyPage, folders, openBrowser, openPage, serve } from "./harness.mjs";

/**
 * A payment service. `faults` says what becomes of request 1, 2, 3…; without a fault it is let through.
 *
 * - `reset`: the connection breaks before the service has seen the request
 * - `503`: a proxy says so
 * - `lost`: the service starts the payment, and the connection breaks
 *
 * A payment whose answer was lost is over when its second `409` has been sent.
 */
function paymentService(faults) {
  const seen = [];
  const statuses = [];
  let payments = 0;
  let finish = () => {};
  const app = express();
  app.use((_request, response, next) => {
    response.on("finish", () => {
      statuses.push(response.statusCode);
      if (statuses.filter((status) => status === 409).length === 2) finish();
    });
    next();
  });
  app.use(idempotencyMiddleware(), express.json(), async (request, response) => {
    payments += 1;
    if (request.lost) {
      const over = new Promise((done) => {
        finish = done;
      });
      request.socket.destroy();
      await over;
    }
    response.status(201).json({ receipt: payments, amount: request.body.amount });
  });
  const handle = (request, response) => {
    const fault = faults[seen.length];
    seen.push(request.headers["idempotency-key"]);
    response.setHeader("connection", "close");
    if (fault === "reset") request.socket.destroy();
    else if (fault === "503") response.writeHead(503).end();
    else app(Object.assign(request, { lost: fault === "lost" }), response);
  };
  return { handle, seen, statuses, payments: () => payments };
}

/** What the browser itself notes about broken connections and refusals is no complaint of the page. */
const own = (complaints) => complaints.filter((one) => !/Failed to load resource|^request: \S+\/pay /.test(one));

test("a payment from a page happens once, through resets, a 503, a lost answer and a 409", async (t) => {
  const service = paymentService(["reset", "503", "lost"]);
  const origin = await serve(t, { ...folders, "/page": emptyPage, "/pay": service.handle });
  const { page, complaints } = await openPage(await openBrowser(t), `${origin}/page`);

  const answer = await page.evaluate(async () => {
    const { createFetch, init } = await import("once-again-web");
    const { noSleep } = await import("once-again-web/testing");
    await init();
    const clock = noSleep();
    const policy = { maxAttempts: 4, baseDelay: 100, maxDelay: 1_000, jitter: "none" };
    const response = await createFetch({ policy, clock })("/pay", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ amount: 1250 }),
    });
    const replayed = response.headers.get("idempotent-replayed");
    return { status: response.status, replayed, body: await response.json(), slept: clock.slept };
  });

  assert.deepEqual(
    { status: answer.status, replayed: answer.replayed, body: answer.body },
    { status: 201, replayed: "true", body: { receipt: 1, amount: 1250 } },
  );
  assert.equal(service.payments(), 1);
  assert.equal(service.seen.length, 6);
  assert.match(service.seen[0], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(service.seen).size, 1, "one key for all attempts");
  assert.deepEqual(service.statuses, [409, 409, 201]);
  assert.deepEqual(answer.slept.slice(0, 3), [100, 200, 400]);
  assert.ok(answer.slept.length === 5 && answer.slept.every((ms, i) => i < 3 || ms >= 1_000), "Retry-After holds");
  assert.deepEqual(own(complaints), []);
});

test("a page's requests with keys of their own never meet", async (t) => {
  const service = paymentService([]);
  const origin = await serve(t, { ...folders, "/page": emptyPage, "/pay": service.handle });
  const { page, complaints } = await openPage(await openBrowser(t), `${origin}/page`);

  const receipts = await page.evaluate(async () => {
    const { createFetch, init } = await import("once-again-web");
    await init();
    const send = createFetch();
    const pay = async (more) => {
      const headers = { "content-type": "application/json", ...more };
      const response = await send("/pay", { method: "POST", headers, body: '{"amount":1}' });
      return [(await response.json()).receipt, response.headers.get("idempotent-replayed")];
    };
    return [
      await pay(),
      await pay(),
      await pay({ "Idempotency-Key": "mine" }),
      await pay({ "Idempotency-Key": "mine" }),
    ];
  });

  assert.deepEqual(receipts, [
    [1, null],
    [2, null],
    [3, null],
    [3, "true"],
  ]);
  assert.deepEqual(complaints, []);
});
