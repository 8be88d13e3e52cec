// Records in a real browser's IndexedDB: the same answers as the memory store's, across tabs, reloads and closed tabs.

import assert from "node:assert/strict";
import test from "node:test";
import { emptyPage, folders, openBrowser, openPage, serve } from "./harness.mjs";

const begin = (key, owner, more) => ({
  op: "begin",
  key,
  owner,
  fingerprint: `raw:${"ab".repeat(32)}`,
  lease: 60_000_000,
  retention: 86_400_000_000,
  onOrphan: "reexecute",
  maxTakeovers: 5,
  derived: false,
  ...more,
});
const hex = (byte, length) => byte.repeat(length);

async function openTabs(t, count) {
  const origin = await serve(t, { ...folders, "/page": emptyPage });
  const browser = await openBrowser(t);
  const tabs = await Promise.all(Array.from({ length: count }, () => openPage(browser, `${origin}/page`)));
  return { origin, browser, tabs };
}

const quiet = (tabs) =>
  assert.deepEqual(
    tabs.flatMap(({ complaints }) => complaints),
    [],
  );

test("IndexedDB and the memory store cannot be told apart by a random history", async (t) => {
  const { tabs } = await openTabs(t, 1);
  const differences = await tabs[0].page.evaluate(async () => {
    const { IndexedDbStore, MemoryStore, init } = await import("once-again-web");
    const { virtualClock } = await import("once-again-web/testing");
    await init();
    const clock = virtualClock({ wallNow: 1_700_000_000_000 });
    const memory = new MemoryStore({ clock });
    const stored = new IndexedDbStore({ clock, name: "history" });

    let seed = 20_261_122;
    const random = (below) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const pick = (...choices) => choices[random(choices.length)];
    const epochs = new Map();
    const ops = {
      begin: (key, owner) => ({
        op: "begin",
        key,
        owner,
        fingerprint: `raw:${pick("ab", "ab", "ab", "cd").repeat(32)}`,
        caller: pick(null, null, "11".repeat(32), "22".repeat(32)),
        lease: pick(null, 1_000_000, 30_000_000),
        retention: pick(5_000_000, 60_000_000),
        onOrphan: pick("reexecute", "fail"),
        maxTakeovers: pick(1, 5),
        derived: pick(true, false),
      }),
      renew: (key, owner, epoch) => ({ op: "renew", key, owner, epoch, lease: 20_000_000 }),
      checkpoint: (key, owner, epoch) => ({
        op: "checkpoint",
        key,
        owner,
        epoch,
        payload: new Uint8Array([random(256)]),
      }),
      complete: (key, owner, epoch) => ({
        op: "complete",
        key,
        owner,
        epoch,
        retention: 30_000_000,
        payload: new Uint8Array([1, random(256), 0, 255]),
      }),
      release: (key, owner, epoch) => ({
        op: "release",
        key,
        owner,
        epoch,
        mode: pick("forget", "retryable", "unknown"),
      }),
      abandon: (key, owner, epoch) => ({ op: "abandon", key, owner, epoch }),
      resolve: (key) => ({ op: "resolve", key, how: "forget", retention: 1_000_000 }),
      get: (key) => ({ op: "get", key }),
      sweep: () => ({ op: "sweep", limit: random(3) }),
    };
    const plain = (reply) => JSON.stringify({ ...reply, payload: reply.payload && [...reply.payload] });
    const differences = [];
    for (let i = 0; i < 1_500; i += 1) {
      const key = pick("1", "2", "3").repeat(64);
      const owner = pick("a", "b").repeat(32);
      const name = pick(...Object.keys(ops), "begin", "begin", "complete");
      // Memory takes expired records away as others begin, IndexedDB does not: a sweep would count differently.
      if (name === "sweep") for (const store of [memory, stored]) await store.apply({ op: "sweep", limit: 100 });
      const op = ops[name](key, owner, epochs.get(key + owner) ?? 1);
      const [expected, got] = [await memory.apply(op), await stored.apply(op)];
      if (expected.reply === "acquired") epochs.set(key + owner, expected.epoch);
      if (plain(expected) !== plain(got)) differences.push([i, op, plain(expected), plain(got)]);
      if (random(4) === 0) await clock.advance(pick(1, 500, 5_000, 40_000));
    }
    return differences;
  });
  assert.deepEqual(differences, []);
  quiet(tabs);
});

test("of 1 000 callers in four tabs with one key, one runs", async (t) => {
  const { tabs } = await openTabs(t, 4);
  const replies = await Promise.all(
    tabs.map(({ page }, tab) =>
      page.evaluate(
        async ([op, tab]) => {
          const { IndexedDbStore } = await import("once-again-web");
          const store = new IndexedDbStore();
          const owners = Array.from({ length: 250 }, (_, i) => (tab * 250 + i + 1).toString(16).padStart(32, "0"));
          const replies = await Promise.all(owners.map((owner) => store.apply({ ...op, owner })));
          return replies.map(({ reply }) => reply);
        },
        [begin(hex("5", 64), ""), tab],
      ),
    ),
  );
  const all = replies.flat();
  assert.equal(all.length, 1_000);
  assert.equal(all.filter((reply) => reply === "acquired").length, 1);
  assert.equal(all.filter((reply) => reply === "busy").length, 999);
  quiet(tabs);
});

test("what a tab completed is replayed after a reload, byte for byte; what a closed tab left is taken over", async (t) => {
  const { origin, browser, tabs } = await openTabs(t, 2);
  const [{ page }, { page: doomed }] = tabs;
  const claim = begin(hex("6", 64), hex("a", 32));
  const orphan = begin(hex("7", 64), hex("b", 32), { lease: 50_000 });
  const first = await page.evaluate(async (op) => {
    const { IndexedDbStore } = await import("once-again-web");
    const store = new IndexedDbStore();
    const { reply, epoch } = await store.apply(op);
    const { key, owner, retention } = op;
    const payload = new Uint8Array([1, 0, 255, 128]);
    const done = await store.apply({ op: "complete", key, owner, epoch, retention, payload });
    await store.close();
    return [reply, done.reply];
  }, claim);
  assert.deepEqual(first, ["acquired", "completed"]);
  const left = await doomed.evaluate(async (op) => {
    const { IndexedDbStore } = await import("once-again-web");
    return (await new IndexedDbStore().apply(op)).reply;
  }, orphan);
  assert.equal(left, "acquired");
  await doomed.close();

  await page.goto(`${origin}/page`);
  const after = await page.evaluate(
    async ([claim, orphan]) => {
      const { IndexedDbStore } = await import("once-again-web");
      const store = new IndexedDbStore();
      const replay = await store.apply({ ...claim, owner: "c".repeat(32) });
      // The lease of the tab that is gone ends on the real clock.
      let taken = await store.apply({ ...orphan, owner: "d".repeat(32) });
      while (taken.reply === "busy") taken = await store.apply({ ...orphan, owner: "d".repeat(32) });
      return [replay.reply, [...replay.payload], taken.reply, taken.attempts];
    },
    [claim, orphan],
  );
  assert.deepEqual(after, ["replay", [1, 0, 255, 128], "acquired", 2]);
  assert.deepEqual(tabs[0].complaints, []);
  assert.equal(
    (await browser.pages()).some((open) => open === doomed),
    false,
  );
});

test("a database that was deleted, closed or refused is a failure of the store, and the next operation tries again", async (t) => {
  const { tabs } = await openTabs(t, 1);
  const seen = await tabs[0].page.evaluate(
    async ([claim]) => {
      const { IndexedDbStore, init } = await import("once-again-web");
      await init();
      const seen = [];
      const store = new IndexedDbStore({ name: "fragile" });
      seen.push((await store.apply(claim)).reply);
      // Another tab clears the site's data: the store lets go of it instead of blocking the deletion.
      await new Promise((resolve, reject) => {
        const deletion = indexedDB.deleteDatabase("fragile");
        deletion.onsuccess = resolve;
        deletion.onerror = deletion.onblocked = reject;
      });
      seen.push((await store.apply({ op: "get", key: claim.key })).reply);

      let refusals = 1;
      const flaky = {
        open(...args) {
          if (refusals-- > 0) throw new DOMException("no databases in this window", "SecurityError");
          return indexedDB.open(...args);
        },
      };
      const unlucky = new IndexedDbStore({ name: "flaky", indexedDB: flaky });
      seen.push(await unlucky.apply(claim).catch(({ code, message }) => [code, message]));
      seen.push((await unlucky.apply(claim)).reply);

      const newer = await new Promise((resolve) => {
        const request = indexedDB.open("newer", 99);
        request.onupgradeneeded = () => request.result.createObjectStore("records");
        request.onsuccess = () => resolve(request.result);
      });
      newer.close();
      const older = new IndexedDbStore({ name: "newer" });
      seen.push(await older.apply(claim).catch(({ code, message }) => [code, message.split(",")[0]]));

      await store.close();
      seen.push(await store.apply(claim).catch(({ code, message }) => [code, message]));
      for (const [name, options] of Object.entries({ name: { name: "" }, interval: { cleanupInterval: -1 } })) {
        try {
          new IndexedDbStore(options);
        } catch (error) {
          seen.push([name, error.code, error.field]);
        }
      }
      return seen;
    },
    [begin(hex("8", 64), hex("a", 32))],
  );
  assert.deepEqual(seen, [
    "acquired",
    "notFound",
    ["STORE_UNAVAILABLE", "IndexedDB: cannot open flaky: SecurityError, no databases in this window"],
    "acquired",
    ["STORE_UNAVAILABLE", "IndexedDB: cannot open newer: VersionError"],
    ["STORE_UNAVAILABLE", "the IndexedDB store was closed"],
    ["name", "CONFIG_INVALID", "name"],
    ["interval", "CONFIG_INVALID", "cleanupInterval"],
  ]);
  quiet(tabs);
});

test("a row that no version of this library wrote is refused, and stays as it is", async (t) => {
  const { tabs } = await openTabs(t, 1);
  const seen = await tabs[0].page.evaluate(
    async ([claim]) => {
      const { IndexedDbStore } = await import("once-again-web");
      const store = new IndexedDbStore({ name: "foreign" });
      await store.apply({ op: "get", key: claim.key });
      const database = await new Promise((resolve) => {
        const request = indexedDB.open("foreign");
        request.onsuccess = () => resolve(request.result);
      });
      const row = { record: new Uint8Array([255, 1, 2]), expiresAt: 4e15 };
      const rows = () => database.transaction("records", "readwrite").objectStore("records");
      await new Promise((resolve) => {
        rows().put(row, claim.key).onsuccess = resolve;
      });
      const refused = await store.apply(claim).catch(({ code }) => code);
      const kept = await new Promise((resolve) => {
        const request = rows().get(claim.key);
        request.onsuccess = () => resolve([...request.result.record]);
      });
      return [refused, kept];
    },
    [begin(hex("9", 64), hex("a", 32))],
  );
  assert.deepEqual(seen, ["STORE_UNAVAILABLE", [255, 1, 2]]);
  quiet(tabs);
});
