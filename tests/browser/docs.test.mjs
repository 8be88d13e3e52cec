// The guide docs/browser.md as it stands: what it shows is run, in a page and in a service worker.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { emptyPage, folders, openBrowser, openPage, serve } from "./harness.mjs";
import { until } from "./outbox_page.mjs";

const guide = readFileSync(new URL("../../docs/browser.md", import.meta.url), "utf8");
const [ordering, watching, secrets, worker, ...more] = [...guide.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);

/** A shop that answers with `status`, and keeps what it was asked. */
async function shop(t) {
  const shop = { status: 201, asked: [], keys: new Set() };
  const orders = async (request, response) => {
    const chunks = await request.toArray();
    shop.asked.push(request.headers.authorization ?? Buffer.concat(chunks).toString());
    shop.keys.add(request.headers["idempotency-key"]);
    response.writeHead(shop.status, { connection: "close" }).end("sold out");
  };
  const script = (_request, response) => response.writeHead(200, { "content-type": "text/javascript" }).end(worker);
  const origin = await serve(t, { ...folders, "/page": emptyPage, "/orders": orders, "/sw.js": script });
  const browser = await openBrowser(t);
  const open = async () => (await openPage(browser, `${origin}/page`)).page;
  return Object.assign(shop, { browser, open });
}

/** Runs code of the guide as a module of the page, with the names that it leaves to its reader. */
const run = (page, code, names = "") =>
  page.evaluate(
    async ([code, names]) => {
      globalThis.shown = [];
      const given = `const order = { tea: 1 }, show = (text) => shown.push(text);${names}\n`;
      await import(URL.createObjectURL(new Blob([given, code], { type: "text/javascript" })));
      return globalThis.shown;
    },
    [code, names],
  );

test("the guide has the four pieces of code that are run here", () => assert.equal(more.length, 0));

test("an order is made, refused, or noted while the page is offline, and the outbox tells of it", async (t) => {
  const site = await shop(t);
  const page = await site.open();
  assert.deepEqual(await run(page, ordering), ["Ordered."]);
  site.status = 422;
  assert.deepEqual(await run(page, ordering), ["sold out"]);
  await site.browser.setOffline(true);
  assert.deepEqual(await run(page, ordering), ["Noted. It will be ordered when you are online."]);
  await site.browser.setOffline(false);
  await until(() => site.asked.length, 3);
  site.status = 201;
  const names = `
    import { createFetch } from "once-again-web";
    const send = createFetch({ outbox: true });
    const waits = await send.outbox;
    while ((await waits.givenUp()).length === 0) await new Promise((done) => setTimeout(done, 20));
    const [{ id }] = await waits.givenUp();
  `;
  const seen = await run(
    page,
    `${watching.replaceAll("=> …", "=> show(write.id)")}\nshow(await outbox.givenUp());`,
    names,
  );
  assert.deepEqual(seen.at(-1), [], "it was tried again, or thrown away");
  assert.deepEqual(site.asked.slice(0, 3), Array(3).fill('{"tea":1}'));
});

test("a token is put on anew, and lies on no disk", async (t) => {
  const site = await shop(t);
  const page = await site.open();
  const made = secrets.replace("createFetch(", "const send = createFetch(");
  const names = `
    import { createFetch } from "once-again-web";
    const user = { id: 7 };
    let tokens = 0;
    const token = () => ++tokens;
  `;
  await page.evaluate(async () => (await import("once-again-web")).init());
  await site.browser.setOffline(true);
  const post = 'await send("/orders", { method: "POST", headers: { authorization: "Bearer old" }, body: "x" })';
  assert.deepEqual(await run(page, `${made}\nshow((${post}).status);`, names), [202]);
  await site.browser.setOffline(false);
  await until(() => site.asked, ["Bearer 1"]);
});

test("pages that know nothing of it lose no order: the service worker of the guide sends it", async (t) => {
  const site = await shop(t);
  site.status = 503;
  const page = await site.open();
  await page.evaluate(async () => {
    await navigator.serviceWorker.register("/sw.js", { type: "module" });
    await navigator.serviceWorker.ready;
  });
  await page.reload();
  page.evaluate(() => void fetch("/orders", { method: "POST", body: "x" })).catch(() => {});
  await until(() => site.asked.length > 0, true);
  await page.close();
  site.status = 201;
  await until(() => site.asked.length > 1, true);
  assert.deepEqual([site.keys.size, new Set(site.asked)], [1, new Set(["x"])]);
});
