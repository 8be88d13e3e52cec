// One payment, told by a page and by Node: both must mean the same by it.

import assert from "node:assert/strict";
import test from "node:test";
import { fingerprint, IdempotencyManager } from "once-again";
import { emptyPage, folders, openBrowser, openPage, serve } from "./harness.mjs";

const payment = { currency: "EUR", amount: 12.5, note: "caf\u00e9 \u2615", items: [{ sku: "a-1", count: 2 }] };
/** The same payment as another client writes it. */
const sent = Buffer.from(
  '{ "amount": 1250e-2, "items": [{"count": 2.0, "sku": "a-1"}],\n "note": "caf\\u00e9 \\u2615", "currency": "EUR" }',
);

test("an object in a page, bytes in Node and an object in Node have one fingerprint", async (t) => {
  const origin = await serve(t, { ...folders, "/page": emptyPage });
  const { page, complaints } = await openPage(await openBrowser(t), `${origin}/page`);
  const options = { method: "POST", path: "/payments", query: "dry=1" };
  const headers = { "X-Squid-Id": "user-1", date: "now" };

  const inPage = await page.evaluate(
    async ({ payment, options, headers }) => {
      const { fingerprint, IdempotencyManager, init } = await import("once-again-web");
      await init();
      const manager = new IdempotencyManager({ fingerprintHeaders: ["x-squid-id"] });
      const prints = [
        fingerprint(payment, options),
        manager.createRequestFingerprint("POST", "/payments?dry=1", headers, payment),
      ];

      const key = manager.generateIdempotencyKey();
      const print = prints[1];
      const states = [];
      for (const step of ["claim", "ask", "store", "ask"]) {
        if (step === "store") await manager.storeResponse(key, { receipt: 7 });
        else states.push(await manager.checkDuplicate(key, print));
      }
      const other = manager.createRequestFingerprint("POST", "/payments?dry=1", headers, { ...payment, amount: 12.51 });
      const reused = await manager.checkDuplicate(key, other).catch(({ code }) => code);
      const peeked = await manager.peek(key);
      await manager.close();
      return {
        prints,
        states: states.map(({ isDuplicate, record }) => [isDuplicate, record.state, record.response ?? null]),
        reused,
        peeked,
      };
    },
    { payment, options, headers },
  );

  const manager = new IdempotencyManager({ fingerprintHeaders: ["x-squid-id"] });
  const inNode = (body) => [
    fingerprint(body, options),
    manager.createRequestFingerprint("POST", "/payments?dry=1", headers, body),
  ];
  assert.deepEqual(inPage.prints, inNode(payment));
  assert.deepEqual(inPage.prints, inNode(sent));
  await manager.close();

  assert.deepEqual(inPage.states, [
    [false, "inProgress", null],
    [true, "inProgress", null],
    [true, "completed", { receipt: 7 }],
  ]);
  assert.equal(inPage.reused, "IDEMPOTENCY_KEY_REUSED");
  assert.deepEqual(inPage.peeked.response, { receipt: 7 });
  assert.deepEqual(complaints, []);
});
