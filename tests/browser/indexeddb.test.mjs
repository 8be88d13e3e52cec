// Records in a real browser's IndexedDB, across tabs, reloads and closed tabs. Its answers are compared in `oracle.test.mjs`.

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
