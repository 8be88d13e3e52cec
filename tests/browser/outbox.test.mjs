// The outbox in a real browser: what was written offline, or lost with a closed tab, arrives once.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { pending, setUp, until } from "./outbox_page.mjs";

const sha256 = (body) => createHash("sha256").update(body).digest("hex");
const effects = async (log, id) => Object.values((await log(id)).effects);

test("online, a write is answered by the service and leaves nothing behind", async (t) => {
  const { script, log, open } = await setUp(t);
  await script("a", { do: "effect", status: 201, body: "done" });
  const page = await open();
  assert.deepEqual(await page.evaluate(() => post("a", "hello")), { status: 201, queued: null, body: "done" });
  const { requests } = await log("a");
  assert.equal(requests.length, 1);
  assert.equal(requests[0].bodySha256, sha256("hello"));
  assert.deepEqual(await page.evaluate(async () => [await outbox.pending(), await outbox.givenUp(), heard]), [
    [],
    [],
    [],
  ]);
});

test("a refusal that the caller sees is the caller's, and is not kept", async (t) => {
  const { script, open } = await setUp(t);
  await script("no", { do: "answer", status: 422, body: "no" });
  const page = await open();
  assert.deepEqual(await page.evaluate(() => post("no")), { status: 422, queued: null, body: "no" });
  assert.deepEqual(await page.evaluate(async () => [await outbox.pending(), await outbox.givenUp()]), [[], []]);
});

test("writes made offline are answered 202, outlive a reload, and are sent once each and in order when the network is back", async (t) => {
  const { browser, script, log, open, prepare } = await setUp(t);
  await script("b", { do: "effect", status: 201 });
  const page = await open();
  await browser.setOffline(true);
  const answers = await page.evaluate(async () => [await post("b", "1"), await post("b", "2"), await post("b", "3")]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [202, 202, 202],
  );
  for (const { queued, body } of answers) assert.deepEqual(JSON.parse(body), { queued: true, id: queued });
  const before = await page.evaluate(async () => outbox.pending());
  assert.deepEqual(
    before.map(({ id, method, attempts, sending }) => [id, method, attempts, sending]),
    answers.map(({ queued }) => [queued, "POST", 0, false]),
  );
  assert.equal((await log("b")).requests.length, 0);

  // The page cannot be loaded offline; what it left is on disk meanwhile.
  await page.goto("about:blank");
  await browser.setOffline(false);
  await page.goBack();
  await prepare(page);
  await until(() => pending(page), 0);
  const { requests, effects } = await log("b");
  assert.deepEqual(
    requests.map(({ bodySha256 }) => bodySha256),
    ["1", "2", "3"].map(sha256),
  );
  assert.deepEqual(Object.values(effects), [1, 1, 1]);
});

test("the online event wakes the outbox", async (t) => {
  const { browser, script, log, open } = await setUp(t);
  await script("c", { do: "effect", status: 201 });
  const page = await open();
  await browser.setOffline(true);
  const { queued } = await page.evaluate(() => post("c"));
  await browser.setOffline(false);
  await until(
    () => page.evaluate(() => heard),
    [
      ["queued", queued, null],
      ["sent", queued, 201],
    ],
  );
  assert.deepEqual(await effects(log, "c"), [1]);
});

test("two tabs, or six, are one sender", async (t) => {
  const { browser, script, log, open } = await setUp(t);
  await script("d", { do: "slowHeaders", ms: 30 }, { do: "effect", status: 201 });
  const tabs = await Promise.all(Array.from({ length: 6 }, () => open()));
  await browser.setOffline(true);
  await Promise.all(tabs.map((page) => page.evaluate(async () => [await post("d", "a"), await post("d", "b")])));
  await browser.setOffline(false);
  for (const page of tabs) await until(() => pending(page), 0);
  const { requests } = await log("d");
  assert.equal(requests.length, 12);
  assert.equal(new Set(requests.map(({ headers }) => headers["idempotency-key"])).size, 12, "no write was sent twice");
});

test("a tab closed in the middle of a write: another one sends it again, with its key and its bytes", async (t) => {
  const { script, log, open } = await setUp(t);
  await script("e", { do: "hang" }, { do: "effect", status: 201 });
  const doomed = await open();
  doomed.evaluate(() => void post("e", new Uint8Array([0, 255, 10]))).catch(() => {});
  await until(async () => (await log("e")).requests.length, 1);
  const other = await open();
  assert.deepEqual(await other.evaluate(async () => (await outbox.pending()).map(({ sending }) => sending)), [true]);
  await doomed.close();
  await until(() => pending(other), 0);
  const { requests, effects } = await log("e");
  assert.deepEqual(Object.values(effects), [1]);
  assert.equal(new Set(requests.map(({ headers }) => headers["idempotency-key"])).size, 1);
  assert.deepEqual(
    requests.map(({ bodySha256 }) => bodySha256),
    Array(2).fill(sha256(Buffer.from([0, 255, 10]))),
  );
});
