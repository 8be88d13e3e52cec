// What becomes of writes in the outbox: refusals that nobody hears, bounds, calling off, order, storms; and what is sent.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { pending, setUp, until } from "./outbox_page.mjs";

const sha256 = (body) => createHash("sha256").update(body).digest("hex");

test("a refusal that no caller hears is kept until it is retried, with its key, or discarded", async (t) => {
  const { script, log, open, browser } = await setUp(t);
  await script("a", { do: "answer", status: 422 }, { do: "effect", status: 201 });
  const page = await open();
  await browser.setOffline(true);
  const { queued } = await page.evaluate(() => post("a"));
  await browser.setOffline(false);
  await until(() => page.evaluate(() => heard.at(-1)), ["givenUp", queued, "refused"]);
  const [dead] = await page.evaluate(() => outbox.givenUp());
  assert.deepEqual([dead.id, dead.status, dead.givenUp], [queued, 422, "refused"]);
  assert.equal(await pending(page), 0);

  assert.equal(await page.evaluate((id) => outbox.retry(id), queued), true);
  await until(() => page.evaluate(() => heard.at(-1)), ["sent", queued, 201]);
  const { requests, effects } = await log("a");
  assert.equal(new Set(requests.map(({ headers }) => headers["idempotency-key"])).size, 1);
  assert.deepEqual(Object.values(effects), [1]);
  const gone = await page.evaluate(async (id) => [await outbox.retry(id), await outbox.discard(id)], queued);
  assert.deepEqual(gone, [false, false]);
});

test("what was thrown away is not sent", async (t) => {
  const { script, log, open, browser } = await setUp(t);
  await script("b", { do: "effect" });
  const page = await open();
  await browser.setOffline(true);
  const ids = await page.evaluate(async () => [(await post("b", "1")).queued, (await post("b", "2")).queued]);
  assert.equal(await page.evaluate((id) => outbox.discard(id), ids[0]), true);
  await browser.setOffline(false);
  await until(() => pending(page), 0);
  assert.deepEqual(
    (await log("b")).requests.map(({ bodySha256 }) => bodySha256),
    [sha256("2")],
  );
});

test("a full outbox refuses a write by name, before it is sent, and keeps what it has", async (t) => {
  const { script, log, open, browser } = await setUp(t);
  await script("c", { do: "effect" });
  const page = await open({ outbox: { maxRecords: 2 } });
  const small = await open({ outbox: { name: "small", maxBytes: 1_000 } });
  await browser.setOffline(true);
  const refusal = await page.evaluate(async () => {
    await post("c");
    await post("c");
    return post("c").catch(({ code, message }) => [code, message]);
  });
  assert.deepEqual(refusal, ["STORE_FULL", "the outbox holds as much as maxRecords allows: flush it, or discard some"]);
  assert.equal(await small.evaluate(() => post("c", "x".repeat(1_000)).catch(({ code }) => code)), "STORE_FULL");
  assert.equal((await log("c")).requests.length, 0);
  assert.equal(await pending(page), 2);
});

test("the caller's signal calls a write off, and nothing of it is kept", async (t) => {
  const { script, log, open } = await setUp(t);
  await script("d", { do: "hang" });
  const page = await open();
  const early = await page.evaluate(() => post("d", "x", { signal: AbortSignal.abort() }).catch(({ name }) => name));
  assert.equal(early, "AbortError");
  const stopped = await page.evaluate(async () => {
    const stop = new AbortController();
    const posted = post("d", "x", { signal: stop.signal });
    while ((await outbox.pending()).length === 0) await new Promise((done) => setTimeout(done, 5));
    setTimeout(() => stop.abort(new Error("enough")), 100);
    return [await posted.catch(({ message }) => message), (await outbox.pending()).length];
  });
  assert.deepEqual(stopped, ["enough", 0]);
  assert.equal((await log("d")).requests.length, 1);
});

test("a write stands behind an older one that waits for the same service, and passes one for another", async (t) => {
  const { script, log, open, service } = await setUp(t);
  await script("e", { do: "answer", status: 503 }, { do: "effect", status: 201 });
  const other = service.url.replace("127.0.0.1", "localhost");
  // Not before it is asked to, however slow the machine.
  const outbox = { baseDelay: 60_000 };
  const page = await open({ outbox, idempotency: { keyOrigins: [service.url, other] } });
  const answers = await page.evaluate(async (other) => {
    const first = await post("e", "1");
    const second = await post("e", "2");
    const elsewhere = await send(`${other}/r/e`, { method: "POST", body: "3" });
    return [first.status, second.status, elsewhere.status];
  }, other);
  assert.deepEqual(answers, [202, 202, 201]);
  await page.evaluate(() => outbox.flush());
  await until(() => pending(page), 0);
  const { requests, effects } = await log("e");
  assert.deepEqual(
    requests.map(({ bodySha256 }) => bodySha256),
    ["1", "3", "1", "2"].map(sha256),
  );
  assert.deepEqual(Object.values(effects), [1, 1, 1]);
});

test("what an open breaker holds back waits without an attempt", async (t) => {
  const { service, script, log, open } = await setUp(t);
  await script("k", { do: "answer", status: 503 });
  const breaker = { failureThreshold: 1, recoveryTimeout: 60_000, monitoringWindow: 60_000, halfOpenMaxCalls: 1 };
  const page = await open({ breaker });
  await page.evaluate(() => send(`${service}/r/k`));
  assert.equal((await page.evaluate(() => post("k"))).status, 202);
  assert.deepEqual(await page.evaluate(async () => (await outbox.pending()).map(({ attempts }) => attempts)), [0]);
  assert.equal((await log("k")).requests.length, 1, `of the GET to ${service.url}`);
});

test("an outbox that is closed while a write is on its way leaves it to the next", async (t) => {
  const { script, log, open } = await setUp(t);
  await script("l", { do: "slowHeaders", ms: 300, status: 503 }, { do: "effect", status: 201 });
  const page = await open();
  const [answer, next] = await page.evaluate(async () => {
    const posted = post("l");
    while (!(await outbox.pending()).some(({ sending }) => sending)) await new Promise((done) => setTimeout(done, 5));
    await new Promise((done) => setTimeout(done, 100));
    await outbox.close();
    const { createFetch } = await import("once-again-web");
    const again = await createFetch({ outbox: true }).outbox;
    return [(await posted).status, again];
  });
  assert.equal(answer, 503);
  assert.ok(next);
  await until(async () => (await log("l")).requests.length, 2);
  const { requests, effects } = await log("l");
  assert.equal(new Set(requests.map(({ headers }) => headers["idempotency-key"])).size, 1);
  assert.deepEqual(Object.values(effects), [1]);
});

test("a storm of 503 meets one attempt per wait, however many writes there are, and bad answers come to an end", async (t) => {
  const { script, log, open } = await setUp(t);
  await script("f", { do: "answer", status: 503 });
  const page = await open({ outbox: { baseDelay: 100, maxDelay: 200, maxAttempts: 3 } });
  await page.evaluate(async () => {
    await post("f", "0");
    await Promise.all(Array.from({ length: 50 }, (_, i) => post("f", `${i + 1}`)));
  });
  await until(() => page.evaluate(async () => (await outbox.givenUp()).length > 0), true);
  const [dead] = await page.evaluate(() => outbox.givenUp());
  assert.deepEqual([dead.givenUp, dead.status, dead.attempts], ["exhausted", 503, 2]);
  const { requests } = await log("f");
  assert.equal(requests.filter(({ bodySha256 }) => bodySha256 === sha256("0")).length, 3);
  assert.ok(requests.length < 15, `${requests.length} requests for 51 writes`);
});

test("forms, blobs and streams are sent later as the bytes they were, under their media types", async (t) => {
  const { script, log, open, browser } = await setUp(t);
  await script("g", { do: "effect" });
  const page = await open();
  await browser.setOffline(true);
  await page.evaluate(async () => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array([0, 200, 255])]), "raw.bin");
    await post("g", form);
    await post("g", new Blob(["{}"], { type: "application/json" }));
    const stream = new Response("from a stream").body;
    await post("g", stream, { duplex: "half", headers: { "content-type": "text/plain" } });
    await send(`${service}/r/g`, { method: "PUT", headers: { "x-mine": "kept" } });
  });
  await browser.setOffline(false);
  await until(() => pending(page), 0);
  const { requests } = await log("g");
  const [form, blob, stream, empty] = requests.map(({ method, headers, bodySha256 }) => ({
    method,
    type: headers["content-type"],
    mine: headers["x-mine"],
    bodySha256,
  }));
  assert.match(form.type, /^multipart\/form-data; boundary=/);
  assert.deepEqual([blob.type, blob.bodySha256], ["application/json", sha256("{}")]);
  assert.deepEqual([stream.type, stream.bodySha256], ["text/plain", sha256("from a stream")]);
  assert.deepEqual([empty.method, empty.mine, empty.bodySha256], ["PUT", "kept", sha256("")]);
});

test("credentials need not lie on the disk: what is omitted there comes anew with the later attempt", async (t) => {
  const { script, log, prepare, browser, origin } = await setUp(t);
  await script("h", { do: "answer", status: 503 }, { do: "effect" });
  const page = await browser.newPage();
  await page.goto(`${origin}/page`);
  await prepare(page);
  const stored = await page.evaluate(async () => {
    const { createFetch } = await import("once-again-web");
    const outbox = {
      name: "secrets",
      omitHeaders: ["Authorization"],
      headers: async ({ url }) => ({ authorization: `fresh for ${new URL(url).pathname}` }),
    };
    const send = createFetch({ policy: { maxAttempts: 1 }, idempotency: { keyOrigins: [service] }, outbox });
    await send(`${service}/r/h`, { method: "POST", headers: { authorization: "secret", "x-other": "kept" } });
    const database = await new Promise((resolve) => {
      const request = indexedDB.open("secrets");
      request.onsuccess = () => resolve(request.result);
    });
    const rows = database.transaction("writes").objectStore("writes").getAll();
    await new Promise((resolve) => {
      rows.onsuccess = resolve;
    });
    database.close();
    await (await send.outbox).flush();
    return rows.result.map(({ headers }) => headers.map(([name]) => name).sort());
  });
  assert.deepEqual(stored, [["idempotency-key", "x-other"]]);
  const { requests } = await log("h");
  assert.deepEqual(
    requests.map(({ headers }) => [headers.authorization, headers["x-other"]]),
    [
      ["secret", "kept"],
      ["fresh for /r/h", "kept"],
    ],
  );
});

test("a write without a key is not for the outbox, and neither is a GET", async (t) => {
  const { open, browser } = await setUp(t);
  const page = await open({ idempotency: {} });
  await browser.setOffline(true);
  const names = await page.evaluate(async () => [
    await post("i").catch(({ name }) => name),
    await send("/page").catch(({ name }) => name),
    (await outbox.pending()).length,
  ]);
  assert.deepEqual(names, ["TypeError", "TypeError", 0]);
});

test("wrong options and a closed outbox are refused by name", async (t) => {
  const { open } = await setUp(t);
  const page = await open();
  const seen = await page.evaluate(async () => {
    const { createFetch } = await import("once-again-web");
    const refusal = (options) => {
      try {
        createFetch({ outbox: options });
      } catch ({ code, message }) {
        return [code, message];
      }
    };
    const first = [refusal({ maxRecords: 0 }), refusal({ maxRecord: 1 }), refusal({ name: "" })];
    await outbox.close();
    return [...first, await post("j").catch(({ code }) => code), await outbox.flush().catch(({ code }) => code)];
  });
  assert.deepEqual(seen, [
    ["CONFIG_INVALID", "outbox.maxRecords: got 0, expected a whole number from 1 to 1000000"],
    ["CONFIG_INVALID", "outbox.maxRecord: got 1, expected a known field; the nearest is maxRecords"],
    ["CONFIG_INVALID", "outbox.name: got , expected a database's name"],
    "STORE_UNAVAILABLE",
    "STORE_UNAVAILABLE",
  ]);
});
