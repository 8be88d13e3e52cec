// The outbox in a service worker: pages that know nothing of it lose no write.

import assert from "node:assert/strict";
import test from "node:test";
import { emptyPage, folders, openBrowser, openPage, serve } from "./harness.mjs";
import { until } from "./outbox_page.mjs";

const worker = `
  import { createFetch, init } from "/once-again-web/index.js";

  const send = createFetch({ policy: { maxAttempts: 1 }, outbox: true });
  self.addEventListener("install", (event) => event.waitUntil(init().then(() => self.skipWaiting())));
  self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
  self.addEventListener("fetch", (event) => {
    if (new URL(event.request.url).pathname === "/orders") event.respondWith(send(event.request));
  });
  self.addEventListener("message", (event) => event.waitUntil(send.outbox.then((outbox) => outbox.flush())));
`;

/** A service that loses answers while it is `down`. */
function orders() {
  const service = { down: true, ordered: 0, keys: [], bodies: [], handle };
  async function handle(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    service.keys.push(request.headers["idempotency-key"]);
    service.bodies.push(Buffer.concat(chunks).toString());
    if (service.down) return request.socket.resetAndDestroy();
    service.ordered += 1;
    response.writeHead(201, { connection: "close" }).end("ordered");
  }
  return service;
}

test("a write of a page that is closed at once is sent by its service worker, once, with one key", async (t) => {
  const service = orders();
  const script = (_request, response) => response.writeHead(200, { "content-type": "text/javascript" }).end(worker);
  const origin = await serve(t, { ...folders, "/page": emptyPage, "/sw.js": script, "/orders": service.handle });
  const browser = await openBrowser(t);
  const { page } = await openPage(browser, `${origin}/page`);
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/sw.js", { type: "module" });
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller === null) {
      await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done));
    }
  });
  const answer = await page.evaluate(async () => {
    const response = await fetch("/orders", { method: "POST", body: '{"tea":1}' });
    return [response.status, response.headers.has("idempotency-outbox"), (await response.json()).queued];
  });
  assert.deepEqual(answer, [202, true, true]);
  await page.close();

  service.down = false;
  const { page: next } = await openPage(browser, `${origin}/page`);
  await next.evaluate(() => navigator.serviceWorker.controller.postMessage("flush"));
  await until(() => service.ordered, 1);
  assert.ok(service.bodies.length >= 2 && service.bodies.every((body) => body === '{"tea":1}'));
  assert.equal(new Set(service.keys).size, 1);
  assert.match(service.keys[0], /^[0-9a-f-]{36}$/);

  // What is answered in time is answered as without the outbox.
  const direct = await next.evaluate(async () => {
    const response = await fetch("/orders", { method: "POST", body: "{}" });
    return [response.status, await response.text()];
  });
  assert.deepEqual(direct, [201, "ordered"]);
  assert.equal(service.ordered, 2);
});
