// What an outbox promises of its writes, where something happens at the wrong moment: order, one key, an end that is told once.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { pending, setUp, until } from "./outbox_page.mjs";

const sha256 = (body) => createHash("sha256").update(body).digest("hex");

test("a write stands behind one that its caller knows to wait, also while that is on its way", async (t) => {
  const { script, log, open } = await setUp(t);
  await script("a", { do: "answer", status: 503 }, { do: "slowHeaders", ms: 400, status: 503 }, { do: "effect" });
  const page = await open({ outbox: { baseDelay: 60_000 } });
  const statuses = await page.evaluate(async () => {
    const first = await post("a", "1");
    const flushed = outbox.flush();
    while (!(await outbox.pending())[0].sending) await new Promise((done) => setTimeout(done, 5));
    const second = await post("a", "2");
    await flushed;
    return [first.status, second.status];
  });
  assert.deepEqual(statuses, [202, 202]);
  await page.evaluate(() => outbox.flush());
  await until(() => pending(page), 0);
  assert.deepEqual(
    (await log("a")).requests.map(({ bodySha256 }) => bodySha256),
    ["1", "1", "1", "2"].map(sha256),
  );
});

test("a write that was thrown away while it grew too old stays away", async (t) => {
  const { browser, open } = await setUp(t);
  const page = await open();
  await browser.setOffline(true);
  const left = await page.evaluate(async () => {
    const { createFetch } = await import("once-again-web");
    const { queued } = await post("b");
    let discarded;
    const locks = {
      query: () => navigator.locks.query(),
      // Between the look at the line and the end of the write, its user throws it away.
      async request(name, options, work) {
        if (options.ifAvailable) {
          discarded ??= outbox.discard(queued);
          await discarded;
        }
        return navigator.locks.request(name, options, work);
      },
    };
    await new Promise((done) => setTimeout(done, 1_100));
    const late = await createFetch({ outbox: { locks, retention: 1_000 } }).outbox;
    await late.flush();
    return [await discarded, await late.pending(), await late.givenUp()];
  });
  assert.deepEqual(left, [true, [], []]);
});

test("a write keeps the key it was made with", async (t) => {
  const { script, log, open } = await setUp(t);
  await script("c", { do: "answer", status: 503 }, { do: "effect", status: 201 });
  const page = await open();
  const [refusals, left] = await page.evaluate(async () => {
    const { createFetch } = await import("once-again-web");
    const refusal = (outbox) => {
      try {
        return createFetch({ outbox, idempotency: { headerName: "X-Key" } });
      } catch ({ field }) {
        return field;
      }
    };
    const refusals = [["x-KEY"], "authorization", [1]].map((omitHeaders) => refusal({ omitHeaders }));
    const outbox = { name: "c", headers: () => ({ "idempotency-key": "another", "x-more": "1" }) };
    const send = createFetch({ policy: { maxAttempts: 1 }, idempotency: { keyOrigins: [service] }, outbox });
    await send(`${service}/r/c`, { method: "POST", body: "x" });
    await (await send.outbox).flush();
    return [[...refusals, refusal(5), refusal(null)], (await (await send.outbox).pending()).length];
  });
  assert.deepEqual(refusals, ["outbox.omitHeaders", "outbox.omitHeaders", "outbox.omitHeaders", "outbox", "outbox"]);
  assert.equal(left, 0);
  const [first, second] = (await log("c")).requests.map(({ headers }) => headers);
  assert.deepEqual([second["idempotency-key"], second["x-more"]], [first["idempotency-key"], "1"]);
});

test("a write in a mode that cannot carry its key is sent once, and is not for the outbox", async (t) => {
  const { script, log, open, browser } = await setUp(t);
  await script("d", { do: "resetAfter" }, { do: "answer", status: 200 });
  const page = await open({ policy: { maxAttempts: 3, baseDelay: 1 } });
  const more = { mode: "no-cors" };
  assert.equal(await page.evaluate((more) => post("d", "x", more).catch(({ name }) => name), more), "TypeError");
  assert.equal((await log("d")).requests.length, 1);
  await browser.setOffline(true);
  assert.equal(await page.evaluate((more) => post("d", "x", more).catch(({ name }) => name), more), "TypeError");
  assert.equal(await pending(page), 0);
});

test("a write whose body never ends is called off by its signal", async (t) => {
  const { open } = await setUp(t);
  const page = await open();
  const message = await page.evaluate(() => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 20);
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    return post("e", body, { duplex: "half", signal: stop.signal }).catch(({ message }) => message);
  });
  assert.equal(message, "enough");
});

test("an outbox that is closed while a write is written down answers it all the same", async (t) => {
  const { browser, open } = await setUp(t);
  const page = await open();
  await browser.setOffline(true);
  const status = await page.evaluate(async () => {
    const posted = post("f");
    while ((await outbox.pending()).length === 0) await Promise.resolve();
    const closed = outbox.close();
    const { status } = await posted.catch(({ name }) => ({ status: name }));
    await closed;
    return status;
  });
  assert.equal(status, 202);
});

test("a write keeps its key, and has no other one, where the next version of a page names another header", async (t) => {
  const { script, log, open } = await setUp(t);
  await script("g", { do: "answer", status: 503 }, { do: "answer", status: 422 }, { do: "effect", status: 201 });
  const page = await open();
  const id = await page.evaluate(async () => (await post("g")).queued);
  await page.evaluate(() => outbox.flush());
  assert.equal((await page.evaluate(() => outbox.givenUp()))[0].id, id);
  await page.close();

  const later = await open();
  await later.evaluate(async (id) => {
    const { createFetch } = await import("once-again-web");
    await outbox.close();
    const headers = () => ({ "idempotency-key": "another" });
    const idempotency = { headerName: "X-Key", keyOrigins: [service] };
    const renamed = await createFetch({ policy: { maxAttempts: 1 }, idempotency, outbox: { headers } }).outbox;
    if (!(await renamed.retry(id))) throw new Error("it was not given up");
    while ((await renamed.pending()).length > 0) await new Promise((done) => setTimeout(done, 20));
  }, id);
  const keys = (await log("g")).requests.map(({ headers }) => [headers["idempotency-key"], headers["x-key"]]);
  const [[key]] = keys;
  assert.deepEqual(keys, [
    [key, undefined],
    [key, undefined],
    [undefined, key],
  ]);
});

test("headers that never come hold up nobody: the write waits, and says what was wrong", async (t) => {
  const { script, log, open } = await setUp(t);
  await script("h", { do: "answer", status: 503 }, { do: "effect", status: 201 });
  const page = await open();
  const seen = await page.evaluate(async () => {
    const { createFetch } = await import("once-again-web");
    const { queued } = await post("h");
    await outbox.close();
    const idempotency = { keyOrigins: [service] };
    const policy = { maxAttempts: 1, attemptTimeout: 50 };
    const hanging = createFetch({ policy, idempotency, outbox: { headers: () => new Promise(() => {}) } });
    await (await hanging.outbox).flush();
    const [write] = await (await hanging.outbox).pending();
    await (await hanging.outbox).close();
    const { held } = await navigator.locks.query();
    const after = await createFetch({ policy: { maxAttempts: 1 }, idempotency, outbox: {} }).outbox;
    await after.flush();
    return [
      write.id === queued,
      write.attempts,
      write.status,
      write.error,
      held.length,
      (await after.pending()).length,
    ];
  });
  const error = "TimeoutError: outbox.headers took longer than 50 ms";
  assert.deepEqual(seen, [true, 2, 503, error, 0, 0]);
  assert.equal((await log("h")).requests.length, 2);
});

test("a tab that dies as the sender leaves the line to the next one", async (t) => {
  const { script, log, open } = await setUp(t);
  await script("i", { do: "answer", status: 503 }, { do: "hang" }, { do: "effect", status: 201 });
  const doomed = await open();
  await doomed.evaluate(() => post("i"));
  doomed.evaluate(() => void outbox.flush()).catch(() => {});
  await until(async () => (await log("i")).requests.length, 2);
  const other = await open();
  const flushed = other.evaluate(() => outbox.flush());
  await doomed.close();
  await flushed;
  await until(() => pending(other), 0);
  assert.deepEqual(Object.values((await log("i")).effects), [1]);
});
